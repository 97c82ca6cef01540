//! From a blob to values.

use super::head::{Bytes, Head};
use super::huffman;
use super::mask::Mask;
use super::stuff;
use super::value::{Kind, Target, Value, broken};
use crate::error::{Error, Result};

/// The largest side of a block.
const BLOCK: u32 = 32;

/// Decodes what comes after the head of a blob; pixels without values are left as they are.
/// `mask` is the one of the blob before, and becomes this one's.
pub(super) fn blob<T: Value>(
    head: &Head,
    mut rest: Bytes<'_>,
    mask: &mut Mask,
    to: &mut Target<'_, T>,
) -> Result<()> {
    let pixels = head.width as usize * head.height as usize;
    mask.read(pixels, head.valid as usize, &mut rest)?;
    if head.valid == 0 {
        return Ok(());
    }
    let depth = head.depth as usize;
    let mut highs = vec![head.high; depth];
    let mut lows = vec![T::from_f64(head.low); depth];
    if head.low != head.high && head.version >= 4 {
        for low in &mut lows {
            *low = T::from_le(rest.take(size_of::<T>())?);
        }
        let mut one = true;
        for (high, low) in highs.iter_mut().zip(&lows) {
            let value = T::from_le(rest.take(size_of::<T>())?);
            one &= value == *low;
            *high = value.to_f64();
        }
        if depth == 1 {
            highs[0] = head.high;
        }
        if one {
            constant(&lows, mask, to, pixels);
            return Ok(());
        }
    } else if head.low == head.high {
        constant(&lows, mask, to, pixels);
        return Ok(());
    }
    if rest.u8()? != 0 {
        return raw(depth, rest, mask, to, pixels);
    }
    let bytes = size_of::<T>() == 1 && head.version >= 2 && head.max_error == 0.5;
    let floats = T::FLOAT && head.version >= 6 && head.max_error == 0.0;
    if bytes || floats {
        match rest.u8()? {
            0 => {}
            mode @ (1 | 2) if bytes && (mode == 1 || head.version >= 4) => {
                let to = Target {
                    values: bytemuck::cast_slice_mut::<T, u8>(to.values),
                    first: to.first,
                    stride: to.stride,
                };
                return huffman::decode(head, rest, mask, mode == 1, to);
            }
            3 if head.version >= 6 => {
                return Err(Error::unsupported("LERC stream").found("bytes of floats in codes"));
            }
            mode => return Err(broken("coding").found(mode)),
        }
    }
    blocks(head, &highs, rest, mask, to)
}

/// Gives all pixels the same values.
fn constant<T: Value>(lows: &[T], mask: &Mask, to: &mut Target<'_, T>, pixels: usize) {
    for pixel in (0..pixels).filter(|&pixel| mask.has(pixel)) {
        to.values[pixel * to.stride + to.first..][..lows.len()].copy_from_slice(lows);
    }
}

/// Takes the values as they are.
fn raw<T: Value>(
    depth: usize,
    mut rest: Bytes<'_>,
    mask: &Mask,
    to: &mut Target<'_, T>,
    pixels: usize,
) -> Result<()> {
    let size = size_of::<T>();
    let mut from = rest.take(mask.count() * depth * size)?.chunks_exact(size);
    for pixel in (0..pixels).filter(|&pixel| mask.has(pixel)) {
        let to = &mut to.values[pixel * to.stride + to.first..][..depth];
        to.iter_mut().zip(&mut from).for_each(|(to, from)| *to = T::from_le(from));
    }
    Ok(())
}

/// Decodes block by block.
fn blocks<T: Value>(
    head: &Head,
    highs: &[f64],
    mut rest: Bytes<'_>,
    mask: &Mask,
    to: &mut Target<'_, T>,
) -> Result<()> {
    if !(1..=BLOCK).contains(&head.block) {
        return Err(broken("size of blocks").expected("1 to 32").found(head.block));
    }
    let side = head.block as usize;
    let (width, height) = (head.width as usize, head.height as usize);
    let mut numbers = [0; stuff::MOST];
    for row in (0..height).step_by(side) {
        for column in (0..width).step_by(side) {
            let block = Block {
                head,
                row,
                column,
                width: side.min(width - column),
                height: side.min(height - row),
            };
            for (index, &high) in highs.iter().enumerate() {
                block.decode(index, high, &mut rest, mask, to, &mut numbers)?;
            }
        }
    }
    Ok(())
}

/// A block of pixels.
struct Block<'a> {
    head: &'a Head,
    row: usize,
    column: usize,
    width: usize,
    height: usize,
}

impl Block<'_> {
    /// Decodes the values of one place in the pixels.
    fn decode<T: Value>(
        &self,
        index: usize,
        high: f64,
        rest: &mut Bytes<'_>,
        mask: &Mask,
        to: &mut Target<'_, T>,
        numbers: &mut [u32; stuff::MOST],
    ) -> Result<()> {
        let head = rest.u8()?;
        let newer = self.head.version >= 5;
        // From version 5 on a block may hold differences to the value before in the pixel.
        let differs = newer && head & 4 != 0;
        let pattern = if newer { 14 } else { 15 };
        if usize::from(head >> 2) & pattern != (self.column >> 3) & pattern
            || (differs && index == 0)
        {
            return Err(broken("block").found(format!("head {head:02x}")));
        }
        let first = to.first + index;
        let before = |values: &[T], at: usize| {
            if differs { values[at - 1].to_f64() } else { 0.0 }
        };
        match head & 3 {
            0 if differs => return Err(broken("block").found("differences that are not packed")),
            0 => {
                for row in self.rows() {
                    for pixel in row.filter(|&pixel| mask.has(pixel)) {
                        to.values[pixel * to.stride + first] =
                            T::from_le(rest.take(size_of::<T>())?);
                    }
                }
            }
            2 => {
                for row in self.rows() {
                    for pixel in row.filter(|&pixel| mask.has(pixel)) {
                        let at = pixel * to.stride + first;
                        to.values[at] = T::from_f64(before(to.values, at));
                    }
                }
            }
            coding => {
                // Differences of integers are of 32 bits.
                let kind = match T::KIND {
                    Kind::F32 | Kind::F64 => T::KIND,
                    _ if differs => Kind::I32,
                    kind => kind,
                };
                let number = head >> 6;
                let kind = match kind.smaller().iter().find(|(n, _)| *n == number) {
                    Some((_, kind)) => *kind,
                    None => kind,
                };
                let offset = rest.number(kind)?;
                let limit = |z: f64| if high < z { high } else { z };
                if coding == 3 {
                    for row in self.rows() {
                        for pixel in row.filter(|&pixel| mask.has(pixel)) {
                            let at = pixel * to.stride + first;
                            to.values[at] = if differs {
                                T::from_f64(limit(offset + before(to.values, at)))
                            } else {
                                T::from_f64(offset)
                            };
                        }
                    }
                    return Ok(());
                }
                let pixels = self.width * self.height;
                let count = stuff::read(rest, self.head.version, pixels, numbers)?;
                let scale = 2.0 * self.head.max_error;
                // Numbers have at most 31 bits.
                let value = |number: u32| offset + f64::from(number as i32) * scale;
                if count == pixels && !differs {
                    for (row, numbers) in self.rows().zip(numbers.chunks_exact(self.width)) {
                        let from = row.start * to.stride + first;
                        let row = &mut to.values[from..][..(row.len() - 1) * to.stride + 1];
                        if to.stride == 1 {
                            let pairs = row.iter_mut().zip(numbers);
                            pairs.for_each(|(to, &n)| *to = T::from_f64(limit(value(n))));
                        } else {
                            let pairs = row.iter_mut().step_by(to.stride).zip(numbers);
                            pairs.for_each(|(to, &n)| *to = T::from_f64(limit(value(n))));
                        }
                    }
                    return Ok(());
                }
                let mut numbers = numbers[..count].iter();
                for row in self.rows() {
                    for pixel in row.filter(|&pixel| count == pixels || mask.has(pixel)) {
                        let at = pixel * to.stride + first;
                        let number = numbers.next().ok_or_else(|| broken("block"))?;
                        to.values[at] = T::from_f64(limit(value(*number) + before(to.values, at)));
                    }
                }
            }
        }
        Ok(())
    }

    /// The pixels of each row of the block.
    fn rows(&self) -> impl Iterator<Item = std::ops::Range<usize>> + use<> {
        let (columns, column, width) = (self.head.width as usize, self.column, self.width);
        (self.row..self.row + self.height).map(move |row| {
            let from = row * columns + column;
            from..from + width
        })
    }
}
