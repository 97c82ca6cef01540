//! Typed values of a directory's entries.

use std::borrow::Cow;

use tiff::tags::{Tag, Type};

use super::header::Header;
use super::limits::Limits;
use crate::error::{Error, Result};
use crate::io::{ByteOrder, ByteSource};

/// One entry of a directory: a tag and where its values are. Values outside the entry are read
/// only when they are asked for.
///
/// Types convert as in libtiff: integers of any size where an integer is wanted, if they fit; any
/// number where a float is wanted; bytes of any kind where text is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    tag: u16,
    kind: u16,
    count: u64,
    /// The values themselves if they fit, else where they are, as stored.
    field: [u8; 8],
    order: ByteOrder,
    big: bool,
}

/// The bytes of one value of a type; `None` for types nobody knows.
pub(super) fn type_bytes(kind: u16) -> Option<u64> {
    Some(match Type::from_u16(kind)? {
        Type::BYTE | Type::SBYTE | Type::ASCII | Type::UNDEFINED => 1,
        Type::SHORT | Type::SSHORT => 2,
        Type::LONG | Type::SLONG | Type::FLOAT | Type::IFD => 4,
        Type::LONG8 | Type::SLONG8 | Type::DOUBLE | Type::IFD8 => 8,
        Type::RATIONAL | Type::SRATIONAL => 8,
        _ => return None,
    })
}

impl Entry {
    /// Makes an entry of its 12 bytes, or 20 in a BigTIFF.
    pub(super) fn parse(header: Header, bytes: &[u8]) -> Option<Self> {
        let (order, big) = (header.order, header.big);
        let (tag, rest) = bytes.split_first_chunk()?;
        let (kind, rest) = rest.split_first_chunk()?;
        let (count, field) = rest.split_at_checked(header.offset_bytes() as usize)?;
        let widen = |bytes: &[u8]| {
            let mut wide = [0; 8];
            wide.get_mut(..bytes.len())?.copy_from_slice(bytes);
            Some(wide)
        };
        Some(Self {
            tag: order.u16(*tag),
            kind: order.u16(*kind),
            count: header.offset(widen(count)?),
            field: widen(field)?,
            order,
            big,
        })
    }

    /// The tag.
    pub fn tag(&self) -> Tag {
        Tag::from_u16_exhaustive(self.tag)
    }

    /// The number of the tag.
    pub fn tag_number(&self) -> u16 {
        self.tag
    }

    /// The type as stored; `None` if it is none that TIFF knows.
    pub fn kind(&self) -> Option<Type> {
        Type::from_u16(self.kind)
    }

    /// The number of the type as stored, known or not.
    pub(super) fn kind_number(&self) -> u16 {
        self.kind
    }

    /// The values or where they are, as stored: what follows type and count.
    pub(super) fn field(&self) -> &[u8] {
        if self.big { &self.field } else { &self.field[..4] }
    }

    /// The order of the bytes of the file it is in.
    pub(super) fn order(&self) -> ByteOrder {
        self.order
    }

    /// The number of values.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The bytes that the values take; 0 if the type is unknown.
    pub fn size(&self) -> u64 {
        self.count.saturating_mul(type_bytes(self.kind).unwrap_or(0))
    }

    /// Where the values lie in the file, in bytes; `None` if they are in the entry itself or of an
    /// unknown type.
    pub fn offset(&self) -> Option<u64> {
        match self.locate() {
            Ok((_, Place::At(offset))) => Some(offset),
            _ => None,
        }
    }

    /// The type of the values and where they are.
    fn locate(&self) -> Result<(Type, Place)> {
        let (Some(kind), Some(width)) = (self.kind(), type_bytes(self.kind)) else {
            return Err(Error::format("type").expected("1 to 18").found(self.kind));
        };
        let header = Header { order: self.order, big: self.big, first: 0 };
        let inline = self.count.checked_mul(width).is_some_and(|n| n <= header.offset_bytes());
        let place =
            if inline { Place::Inline(self.field) } else { Place::At(header.offset(self.field)) };
        Ok((kind, place))
    }

    /// Returns the stored bytes of all values.
    ///
    /// # Errors
    ///
    /// `Format` if the type is unknown or the values lie outside the file, `Limit` if they are
    /// more than `limits.value_bytes`, `Io` if reading fails.
    pub fn raw<'a>(&self, source: &'a ByteSource, limits: &Limits) -> Result<Cow<'a, [u8]>> {
        self.raw_bare(source, limits).map_err(|e| self.place(e))
    }

    fn raw_bare<'a>(&self, source: &'a ByteSource, limits: &Limits) -> Result<Cow<'a, [u8]>> {
        let (_, place) = self.locate()?;
        let width = type_bytes(self.kind).unwrap_or(1);
        let len = self.count.checked_mul(width).ok_or_else(|| {
            Error::format("number of values").expected("one that fits a file").found(self.count)
        })?;
        match place {
            Place::Inline(field) => {
                // At most 8 bytes, by the rule for values in the entry.
                Ok(Cow::Owned(field.into_iter().take(len as usize).collect()))
            }
            // Values that lie outside are the file's fault, however many are claimed.
            Place::At(offset) if len > limits.value_bytes && source.holds(offset, len) => {
                Err(Error::limit("bytes of values")
                    .expected(format!("at most {}", limits.value_bytes))
                    .found(len)
                    .hint("--limit-value allows more, for a file that is trusted"))
            }
            Place::At(offset) => source.range(offset, len),
        }
    }

    /// Returns all values as unsigned integers.
    ///
    /// # Errors
    ///
    /// As for [`Entry::raw`]; `Format` also if the values are not integers or are negative.
    pub fn u64s(&self, source: &ByteSource, limits: &Limits) -> Result<Vec<u64>> {
        let raw = self.raw(source, limits)?;
        let kind = self.array()?.kind;
        self.each(&raw, |bytes| unsigned(kind, self.order, bytes))
    }

    /// Returns all values as floats. A fraction over 0 is 0, as in libtiff.
    ///
    /// # Errors
    ///
    /// As for [`Entry::raw`]; `Format` also if the values are not numbers.
    pub fn f64s(&self, source: &ByteSource, limits: &Limits) -> Result<Vec<f64>> {
        let raw = self.raw(source, limits)?;
        let kind = self.array()?.kind;
        self.each(&raw, |bytes| float(kind, self.order, bytes))
    }

    fn each<T>(&self, raw: &[u8], make: impl Fn(&[u8]) -> Result<T>) -> Result<Vec<T>> {
        let width = type_bytes(self.kind).unwrap_or(1) as usize;
        // Whole values only, and what they become is at most 8 times as large as `raw`.
        raw.chunks_exact(width).map(|b| make(b).map_err(|e| self.place(e))).collect()
    }

    /// Returns the one value as an unsigned integer; of several values the first.
    ///
    /// # Errors
    ///
    /// As for [`Entry::u64s`]; `Format` also if there is no value.
    pub fn u64(&self, source: &ByteSource) -> Result<u64> {
        self.array()?.get(source, 0)
    }

    /// Returns the one value as a `u32`; of several values the first.
    ///
    /// # Errors
    ///
    /// As for [`Entry::u64`]; `Format` also if the value is larger.
    pub fn u32(&self, source: &ByteSource) -> Result<u32> {
        self.narrow(source)
    }

    /// Returns the one value as a `u16`; of several values the first.
    ///
    /// # Errors
    ///
    /// As for [`Entry::u64`]; `Format` also if the value is larger.
    pub fn u16(&self, source: &ByteSource) -> Result<u16> {
        self.narrow(source)
    }

    fn narrow<T: TryFrom<u64>>(&self, source: &ByteSource) -> Result<T> {
        let value = self.u64(source)?;
        value.try_into().map_err(|_| {
            let most = u64::MAX >> (64 - 8 * size_of::<T>());
            self.place(Error::format("value").expected(format!("at most {most}")).found(value))
        })
    }

    /// Returns the one value as a float; of several values the first.
    ///
    /// # Errors
    ///
    /// As for [`Entry::f64s`]; `Format` also if there is no value.
    pub fn f64(&self, source: &ByteSource) -> Result<f64> {
        let array = self.array()?;
        let mut bytes = [0; 8];
        let bytes = array.bytes_of(source, 0, &mut bytes)?;
        float(array.kind, array.order, bytes).map_err(|e| self.place(e))
    }

    /// Returns the values as bytes: those of a BYTE, SBYTE, ASCII or UNDEFINED entry.
    ///
    /// # Errors
    ///
    /// As for [`Entry::raw`]; `Format` also if the values are of another type.
    pub fn bytes<'a>(&self, source: &'a ByteSource, limits: &Limits) -> Result<Cow<'a, [u8]>> {
        match self.kind() {
            Some(Type::BYTE | Type::SBYTE | Type::ASCII | Type::UNDEFINED) => {
                self.raw(source, limits)
            }
            _ => Err(self.place(Error::format("type").expected("bytes or text").found(self.kind))),
        }
    }

    /// Returns the values as text, up to the first NUL if there is one. Text that is not UTF-8 is
    /// taken for Latin-1.
    ///
    /// # Errors
    ///
    /// As for [`Entry::bytes`].
    pub fn string(&self, source: &ByteSource, limits: &Limits) -> Result<String> {
        Ok(text_of(&self.bytes(source, limits)?))
    }

    /// Returns the values as an array that is read element by element.
    ///
    /// # Errors
    ///
    /// `Format` if the type is unknown.
    pub fn array(&self) -> Result<Array> {
        let (kind, place) = self.locate().map_err(|e| self.place(e))?;
        Ok(Array { tag: self.tag, kind, count: self.count, order: self.order, place })
    }

    fn place(&self, error: Error) -> Error {
        in_tag(self.tag, error)
    }
}

/// Returns bytes as text, up to the first NUL; what is not UTF-8 is taken for Latin-1.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let text = bytes.split(|&b| b == 0).next().unwrap_or_default();
    match std::str::from_utf8(text) {
        Ok(text) => text.to_owned(),
        Err(_) => text.iter().copied().map(char::from).collect(),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    Inline([u8; 8]),
    At(u64),
}

/// The values of an entry, read element by element: an array of a million offsets costs as
/// little memory as an array of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Array {
    tag: u16,
    kind: Type,
    count: u64,
    order: ByteOrder,
    place: Place,
}

impl Array {
    /// The number of elements, as stated.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Tells whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The number of elements, from the first on, that lie inside the file.
    pub fn inside(&self, source: &ByteSource) -> u64 {
        match self.place {
            Place::Inline(_) => self.count,
            Place::At(offset) => {
                let width = type_bytes(self.kind.to_u16()).unwrap_or(1);
                self.count.min(source.len().saturating_sub(offset) / width)
            }
        }
    }

    /// Reads element `index`, counted from 0, as an unsigned integer. Costs one read of at most 8
    /// bytes.
    ///
    /// # Errors
    ///
    /// `Format` if there is no such element, it lies outside the file, is no integer or negative;
    /// `Io` if reading fails.
    pub fn get(&self, source: &ByteSource, index: u64) -> Result<u64> {
        let mut bytes = [0; 8];
        let bytes = self.bytes_of(source, index, &mut bytes)?;
        unsigned(self.kind, self.order, bytes).map_err(|e| in_tag(self.tag, e))
    }

    fn bytes_of<'b>(
        &self,
        source: &ByteSource,
        index: u64,
        bytes: &'b mut [u8; 8],
    ) -> Result<&'b [u8]> {
        let width = type_bytes(self.kind.to_u16()).unwrap_or(1);
        let bytes = &mut bytes[..width as usize];
        let result = if index >= self.count {
            Err(Error::format("number of values")
                .expected(format!("more than {index}"))
                .found(self.count))
        } else {
            match &self.place {
                Place::Inline(field) => {
                    // The entry's own values are at most 8 bytes, so this product is too.
                    let start = (index * width) as usize;
                    bytes.copy_from_slice(&field[start..start + width as usize]);
                    Ok(())
                }
                Place::At(offset) => index
                    .checked_mul(width)
                    .and_then(|n| n.checked_add(*offset))
                    .ok_or_else(|| Error::format("offset of a value").found("an overflow"))
                    .and_then(|at| source.read_into(at, bytes)),
            }
        };
        result.map(|()| &*bytes).map_err(|e| in_tag(self.tag, e))
    }
}

/// Names the tag in what went wrong.
fn in_tag(tag: u16, error: Error) -> Error {
    match Tag::from_u16_exhaustive(tag) {
        Tag::Unknown(_) => error.about(format!("tag {tag}")),
        known => error.about(format!("tag {tag} ({known:?})")),
    }
}

/// Copies a value's bytes to an array of the size its type has.
fn sized<const N: usize>(bytes: &[u8]) -> Result<[u8; N]> {
    bytes.try_into().map_err(|_| Error::format("bytes of a value").expected(N).found(bytes.len()))
}

fn unsigned(kind: Type, order: ByteOrder, bytes: &[u8]) -> Result<u64> {
    let signed = match kind {
        Type::BYTE | Type::UNDEFINED => return Ok(u8::from_ne_bytes(sized(bytes)?).into()),
        Type::SHORT => return Ok(order.u16(sized(bytes)?).into()),
        Type::LONG | Type::IFD => return Ok(order.u32(sized(bytes)?).into()),
        Type::LONG8 | Type::IFD8 => return Ok(order.u64(sized(bytes)?)),
        Type::SBYTE => i8::from_ne_bytes(sized(bytes)?).into(),
        Type::SSHORT => order.u16(sized(bytes)?).cast_signed().into(),
        Type::SLONG => order.u32(sized(bytes)?).cast_signed().into(),
        Type::SLONG8 => order.u64(sized(bytes)?).cast_signed(),
        _ => {
            return Err(Error::format("type").expected("integers").found(format!("{kind:?}")));
        }
    };
    u64::try_from(signed).map_err(|_| Error::format("value").expected("at least 0").found(signed))
}

fn float(kind: Type, order: ByteOrder, bytes: &[u8]) -> Result<f64> {
    let halves = || -> Result<(u32, u32)> {
        let [a, b, c, d, e, f, g, h] = sized(bytes)?;
        Ok((order.u32([a, b, c, d]), order.u32([e, f, g, h])))
    };
    let fraction = |over: f64, under: f64| if under == 0.0 { 0.0 } else { over / under };
    Ok(match kind {
        Type::FLOAT => f32::from_bits(order.u32(sized(bytes)?)).into(),
        Type::DOUBLE => f64::from_bits(order.u64(sized(bytes)?)),
        Type::RATIONAL => {
            let (over, under) = halves()?;
            fraction(over.into(), under.into())
        }
        Type::SRATIONAL => {
            let (over, under) = halves()?;
            fraction(over.cast_signed().into(), under.cast_signed().into())
        }
        Type::SBYTE => i8::from_ne_bytes(sized(bytes)?).into(),
        Type::SSHORT => order.u16(sized(bytes)?).cast_signed().into(),
        Type::SLONG => order.u32(sized(bytes)?).cast_signed().into(),
        Type::SLONG8 => order.u64(sized(bytes)?).cast_signed() as f64,
        _ => unsigned(kind, order, bytes)
            .map_err(|_| Error::format("type").expected("numbers").found(format!("{kind:?}")))?
            as f64,
    })
}
