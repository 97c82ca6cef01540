//! The first bytes of a file.

use crate::error::{Error, Result};
use crate::io::{ByteOrder, ByteSource};

/// The first bytes of a TIFF: 8, or 16 in a BigTIFF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The order of the bytes of all numbers in the file.
    pub order: ByteOrder,
    /// Whether this is a BigTIFF, with offsets of 8 bytes.
    pub big: bool,
    /// Where the first directory lies, in bytes from the start of the file.
    pub first: u64,
}

impl Header {
    /// Reads the header of a file.
    ///
    /// # Errors
    ///
    /// `Format` if the file is not a TIFF, `Io` if reading fails.
    pub fn read(source: &ByteSource) -> Result<Self> {
        Self::read_bare(source).map_err(|e| source.place(e))
    }

    fn read_bare(source: &ByteSource) -> Result<Self> {
        let mut head = [0; 8];
        let len = source.len().min(8) as usize;
        source.read_into(0, &mut head[..len])?;
        let order = match &head[..2] {
            b"II" => ByteOrder::Little,
            b"MM" => ByteOrder::Big,
            _ => return Err(not_a_tiff(&head[..len])),
        };
        if len < 8 {
            return Err(Error::format("TIFF header").expected("8 bytes").found(len));
        }
        match order.u16([head[2], head[3]]) {
            42 => {
                let first = order.u32([head[4], head[5], head[6], head[7]]);
                Ok(Self { order, big: false, first: first.into() })
            }
            43 => {
                let size = order.u16([head[4], head[5]]);
                let zero = order.u16([head[6], head[7]]);
                if size != 8 || zero != 0 {
                    return Err(Error::format("size of offsets in a BigTIFF")
                        .expected("8 and 0")
                        .found(format!("{size} and {zero}")));
                }
                let mut first = [0; 8];
                source.read_into(8, &mut first)?;
                Ok(Self { order, big: true, first: order.u64(first) })
            }
            _ => Err(not_a_tiff(&head[..len])),
        }
    }

    /// Bytes in an offset, and in the count of an entry.
    pub(super) fn offset_bytes(self) -> u64 {
        if self.big { 8 } else { 4 }
    }

    /// Makes an offset of the first 4 or, in a BigTIFF, all 8 bytes.
    pub(super) fn offset(self, bytes: [u8; 8]) -> u64 {
        if self.big {
            self.order.u64(bytes)
        } else {
            let [a, b, c, d, ..] = bytes;
            self.order.u32([a, b, c, d]).into()
        }
    }
}

fn not_a_tiff(head: &[u8]) -> Error {
    Error::format("not a TIFF").expected(r"II*\0, MM\0*, II+\0 or MM\0+").found(
        head.iter()
            .take(4)
            .copied()
            .flat_map(std::ascii::escape_default)
            .map(char::from)
            .collect::<String>(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<Header> {
        Header::read(&ByteSource::from_vec(bytes.to_vec()))
    }

    #[test]
    fn all_four_kinds_are_read() {
        let header = |order, big| Header { order, big, first: 258 };
        let cases: [(&[u8], _); 4] = [
            (b"II*\0\x02\x01\0\0", header(ByteOrder::Little, false)),
            (b"MM\0*\0\0\x01\x02", header(ByteOrder::Big, false)),
            (b"II+\0\x08\0\0\0\x02\x01\0\0\0\0\0\0", header(ByteOrder::Little, true)),
            (b"MM\0+\0\x08\0\0\0\0\0\0\0\0\x01\x02", header(ByteOrder::Big, true)),
        ];
        for (bytes, wanted) in cases {
            assert_eq!(read(bytes).unwrap(), wanted);
            for len in 0..bytes.len() {
                assert!(matches!(read(&bytes[..len]), Err(Error::Format(_))));
            }
        }
    }

    #[test]
    fn other_files_are_named() {
        let error = read(b"\x89PNG\r\n\x1a\n").unwrap_err().to_string();
        assert_eq!(error, r"not a TIFF: expected II*\0, MM\0*, II+\0 or MM\0+, found \x89PNG");
        assert!(read(b"IIU\0\0\0\0\0").unwrap_err().to_string().contains("not a TIFF"));
        assert!(read(b"II+\0\x04\0\0\0\0\0\0\0\0\0\0\0").is_err());
    }
}
