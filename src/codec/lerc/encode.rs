//! From values to a blob, version 2.4 as libtiff writes it.

use super::head::{Head, finish};
use super::huffman;
use super::mask::Mask;
use super::stuff;
use super::value::{Kind, Value};
use crate::error::Result;

/// The side of blocks, and the one tried where a pixel takes less than a bit and a half.
const BLOCKS: [u32; 2] = [8, 16];
/// The finest grid that floats are looked at for, 2 to the power of minus this.
const FINEST: i32 = 24;
/// The most steps in a block.
const STEPS: f64 = (1 << 28) as f64;

/// The values of a blob.
pub(super) struct Values<'a, T> {
    /// Rows of pixels, the values of each side by side.
    pub(super) values: &'a [T],
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) depth: usize,
    pub(super) mask: &'a Mask,
    pub(super) nodata: Option<f64>,
}

/// Encodes a blob of values that come back at most `max_error` away.
pub(super) fn blob<T: Value>(
    from: &Values<'_, T>,
    max_error: f64,
    out: &mut Vec<u8>,
) -> Result<()> {
    let start = out.len();
    let depth = from.depth;
    let ranges = ranges(from);
    let low = ranges.iter().flatten().map(|r| r.0.to_f64()).fold(f64::INFINITY, f64::min);
    let high = ranges.iter().flatten().map(|r| r.1.to_f64()).fold(f64::NEG_INFINITY, f64::max);
    let empty = from.mask.count() == 0;
    let mut head = Head {
        version: 4,
        width: from.width as u32,
        height: from.height as u32,
        depth: depth as u32,
        valid: from.mask.count() as u32,
        block: BLOCKS[0],
        size: 0,
        kind: T::KIND,
        max_error: match T::FLOAT {
            false => max_error.floor().max(0.5),
            true if max_error == 0.0 => grid(from) / 2.0,
            true => max_error - rounding::<T>(low.abs().max(high.abs()), max_error),
        },
        low: if empty { 0.0 } else { low },
        high: if empty { 0.0 } else { high },
    };
    let mut body = Vec::new();
    from.mask.write(&mut body);
    if head.low != head.high {
        for (low, _) in ranges.iter().flatten() {
            low.append(&mut body);
        }
        for (_, high) in ranges.iter().flatten() {
            high.append(&mut body);
        }
        if ranges.iter().flatten().any(|(low, high)| low != high) {
            values(from, &mut head, &ranges, max_error, &mut body);
        }
    }
    head.write(out);
    out.append(&mut body);
    finish(&mut out[start..])
}

/// Returns the least and the largest value of each band; `None` for one without values.
fn ranges<T: Value>(from: &Values<'_, T>) -> Vec<Option<(T, T)>> {
    let (values, depth) = (from.values, from.depth);
    let wider = |(low, high): (T, T), value: T| {
        (if value < low { value } else { low }, if value > high { value } else { high })
    };
    if from.mask.is_all() && depth == 1 {
        let first = values.first();
        let range = first.map(|&first| values.iter().copied().fold((first, first), wider));
        return vec![range];
    }
    let mut ranges = vec![None; depth];
    for pixel in (0..from.width * from.height).filter(|&pixel| from.mask.has(pixel)) {
        for (range, &value) in ranges.iter_mut().zip(&values[pixel * depth..]) {
            *range = Some(range.map_or((value, value), |range| wider(range, value)));
        }
    }
    ranges
}

/// Returns by how much the steps of floats up to `largest` are finer than the error that is
/// allowed: rounding a value that comes back to its type then takes none of it beyond. 0 where that
/// would be more than half of the error, and each block has to show what comes back.
fn rounding<T: Value>(largest: f64, max_error: f64) -> f64 {
    let epsilon = match T::KIND {
        Kind::F32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let most = largest * epsilon;
    if most <= max_error / 2.0 { most } else { 0.0 }
}

/// Writes the values the shortest way.
fn values<T: Value>(
    from: &Values<'_, T>,
    head: &mut Head,
    ranges: &[Option<(T, T)>],
    max_error: f64,
    out: &mut Vec<u8>,
) {
    let count = from.mask.count() * from.depth;
    let raw = count * size_of::<T>();
    let highs: Vec<f64> = ranges.iter().flatten().map(|(_, high)| high.to_f64()).collect();
    let mut packed = blocks(from, head, &highs, max_error);
    if packed.len() * 16 < count * 3 {
        let wide = Head { block: BLOCKS[1], ..*head };
        let other = blocks(from, &wide, &highs, max_error);
        if other.len() < packed.len() {
            (packed, *head) = (other, wide);
        }
    }
    let bytes = size_of::<T>() == 1 && head.max_error == 0.5;
    if bytes {
        let mut coded = Vec::new();
        let most = packed.len().min(raw);
        let values = bytemuck::cast_slice(from.values);
        let differs =
            huffman::encode(values, T::KIND, from.width, from.depth, from.mask, most, &mut coded);
        if let Some(differs) = differs
            && coded.len() < most
        {
            out.extend([0, if differs { 1 } else { 2 }]);
            out.append(&mut coded);
            return;
        }
    }
    if packed.len() < raw {
        out.push(0);
        if bytes {
            out.push(0);
        }
        out.append(&mut packed);
        return;
    }
    out.push(1);
    for (pixel, values) in from.values.chunks_exact(from.depth).enumerate() {
        if from.mask.has(pixel) {
            values.iter().for_each(|value| value.append(out));
        }
    }
}

/// Returns the largest power of two, at most 1, that all values are multiples of; 0 if there is
/// none that pays.
///
/// Steps of that size lose nothing: what is computed with them is exact, which is checked block by
/// block all the same.
fn grid<T: Value>(from: &Values<'_, T>) -> f64 {
    let mut scale = 1.0;
    for (pixel, values) in from.values.chunks_exact(from.depth).enumerate() {
        if !from.mask.has(pixel) {
            continue;
        }
        for value in values {
            let value = value.to_f64();
            while (value * scale).fract() != 0.0 {
                scale *= 2.0;
                if !(value * scale).is_finite() || scale > f64::from(FINEST).exp2() {
                    return 0.0;
                }
            }
        }
    }
    1.0 / scale
}

/// Encodes block by block.
fn blocks<T: Value>(from: &Values<'_, T>, head: &Head, highs: &[f64], max_error: f64) -> Vec<u8> {
    let mut out = Vec::with_capacity(from.values.len());
    let mut block = Block { values: Vec::new(), numbers: Vec::new(), sorted: Vec::new() };
    let side = head.block as usize;
    for row in (0..from.height).step_by(side) {
        for column in (0..from.width).step_by(side) {
            for (index, &high) in highs.iter().enumerate() {
                block.values.clear();
                for row in row..from.height.min(row + side) {
                    let first = row * from.width;
                    let pixels = first + column..first + from.width.min(column + side);
                    if from.mask.is_all() {
                        let values = &from.values[pixels.start * from.depth + index..];
                        let values = values.iter().step_by(from.depth).take(pixels.len());
                        block.values.extend(values);
                    } else {
                        let valid = pixels.filter(|&pixel| from.mask.has(pixel));
                        let values = valid.map(|pixel| from.values[pixel * from.depth + index]);
                        block.values.extend(values);
                    }
                }
                // Bits that readers hold against the place.
                let place = ((column >> 3) as u8 & 15) << 2;
                block.encode(place, head.max_error, max_error, high, from.nodata, &mut out);
            }
        }
    }
    out
}

/// The valid values of a block, and scratch.
struct Block<T> {
    values: Vec<T>,
    numbers: Vec<u32>,
    sorted: Vec<u32>,
}

impl<T: Value> Block<T> {
    fn encode(
        &mut self,
        place: u8,
        half_step: f64,
        max_error: f64,
        high: f64,
        nodata: Option<f64>,
        out: &mut Vec<u8>,
    ) {
        let Some(&first) = self.values.first() else {
            out.push(place | 2);
            return;
        };
        let (mut low, mut top) = (first, first);
        for &value in &self.values {
            low = if value < low { value } else { low };
            top = if value > top { value } else { top };
        }
        let (low, top) = (low.to_f64(), top.to_f64());
        if low == 0.0 && top == 0.0 {
            out.push(place | 2);
            return;
        }
        let start = out.len();
        let steps = (top - low) / (2.0 * half_step);
        if low == top || (half_step > 0.0 && steps <= STEPS) {
            let scale = if low == top { 0.0 } else { 1.0 / (2.0 * half_step) };
            let mut largest = 0;
            self.numbers.clear();
            self.numbers.extend(self.values.iter().map(|&value| {
                let number = ((value.to_f64() - low) * scale + 0.5) as i32 as u32;
                largest = largest.max(number);
                number
            }));
            // Steps of 1 between whole numbers lose nothing.
            let exact = !T::FLOAT && half_step == 0.5;
            if exact || self.comes_back(low, 2.0 * half_step, max_error, high, nodata) {
                out.push(0);
                let shorter = T::KIND.smaller().iter().find(|(_, kind)| kind.append(low, out));
                let number = shorter.map_or(0, |(number, _)| *number);
                if shorter.is_none() {
                    T::from_f64(low).append(out);
                }
                out[start] = place | number << 6 | if largest == 0 { 3 } else { 1 };
                if largest > 0 {
                    stuff::write(&self.numbers, largest, &mut self.sorted, out);
                }
                if out.len() - start < 1 + self.values.len() * size_of::<T>() {
                    return;
                }
                out.truncate(start);
            }
        }
        out.push(place);
        self.values.iter().for_each(|value| value.append(out));
    }

    /// Returns whether all values come back near enough, and those that are missing, and only
    /// those, as the value that says so.
    fn comes_back(
        &self,
        low: f64,
        step: f64,
        max_error: f64,
        high: f64,
        nodata: Option<f64>,
    ) -> bool {
        let back = |number: u32| {
            let value = low + f64::from(number as i32) * step;
            T::from_f64(if high < value { high } else { value }).to_f64()
        };
        let numbers = || self.numbers.iter().map(|&number| back(number));
        let pairs = || self.values.iter().map(|value| value.to_f64()).zip(numbers());
        let near =
            pairs().fold(true, |near, (value, back)| near & ((value - back).abs() <= max_error));
        let missing = |value: f64| nodata.is_some_and(|nodata| nodata == value);
        near && (nodata.is_none() || pairs().all(|(value, back)| missing(value) == missing(back)))
    }
}
