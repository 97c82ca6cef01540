//! The regions of one canonical tile.

use crate::kernel::{Connect, label};
use crate::raster::{Buffer, DataType, Pool, Sample, Size, Window, dispatch_real};
use crate::vector::{Kind, Value};

/// Regions are found in tiles of so many pixels, counted from the raster's top left corner,
/// whatever the engine's tiles: what is told of them is then the same for all.
pub(super) const TILE: Size = Size::new(256, 256);

/// Returns a sample as 64 bits that are equal just where the samples are.
pub(super) fn to_bits<T: Sample>(sample: T) -> u64 {
    if T::DTYPE.is_float() {
        // Adding 0 makes the two zeros one.
        (sample.to_f64() + 0.0).to_bits()
    } else if size_of::<T>() == 8 {
        bytemuck::pod_read_unaligned(bytemuck::bytes_of(&sample))
    } else {
        sample.to_f64() as i64 as u64
    }
}

/// Returns the sample that the bits are of.
pub(super) fn from_bits<T: Sample>(bits: u64) -> T {
    if T::DTYPE.is_float() {
        T::from_f64(f64::from_bits(bits))
    } else if size_of::<T>() == 8 {
        bytemuck::pod_read_unaligned(bytemuck::bytes_of(&bits))
    } else {
        T::from_f64(bits as i64 as f64)
    }
}

/// Returns the bits of a sample of some type as a value.
pub(super) fn to_value(bits: u64, dtype: DataType) -> Value {
    match value_kind(dtype) {
        Kind::Unsigned => Value::Unsigned(bits),
        Kind::Float => Value::Float(f64::from_bits(bits)),
        _ => Value::Integer(bits as i64),
    }
}

/// Returns the kind of the values of regions of samples of a type.
pub fn value_kind(dtype: DataType) -> Kind {
    match dtype {
        DataType::U64 => Kind::Unsigned,
        dtype if dtype.is_float() => Kind::Float,
        _ => Kind::Integer,
    }
}

/// Labels the regions of a buffer's only band; returns the labels, row by row, and the number
/// of regions.
pub(super) fn labels_of(pixels: &Buffer, connect: Connect) -> (Vec<u32>, u32) {
    let window = pixels.window();
    let mut labels = vec![0; window.pixels() as usize];
    let found = dispatch_real!(pixels.dtype(), T => label(
        pixels.plane::<T>(0), pixels.valid(0), window.width as usize, connect, &mut labels,
    ));
    (labels, found)
}

/// Copies the part of a buffer's only band that lies in a window.
pub(super) fn part(pixels: &Buffer, window: Window, pool: &Pool) -> Buffer {
    let mut part = Buffer::new(pool, window, 1, pixels.dtype());
    part.copy_band(0, pixels, 0);
    part
}

/// Returns the bits of the samples of a buffer's only band at these places.
pub(super) fn bits_at(pixels: &Buffer, places: impl Iterator<Item = usize>) -> Vec<u64> {
    dispatch_real!(pixels.dtype(), T => {
        let samples = pixels.plane::<T>(0);
        places.map(|at| to_bits(samples[at])).collect()
    })
}

/// Where the regions of a tile that may go on in others are numbered.
#[derive(Debug)]
pub(super) struct Open {
    /// For each label the number of its region among those, from 1, or 0.
    pub(super) numbers: Vec<u32>,
    /// How many those are.
    pub(super) count: u32,
}

impl Open {
    /// Numbers the regions that touch a side of the tile which is no side of the raster.
    pub(super) fn of(labels: &[u32], regions: u32, window: Window, raster: Size) -> Self {
        let mut numbers = vec![0; regions as usize + 1];
        for rim in Rim::all(window) {
            if rim.is_inner(window, raster) {
                rim.pixels(window).for_each(|at| numbers[labels[at] as usize] = 1);
            }
        }
        numbers[0] = 0;
        let mut count = 0;
        for number in &mut numbers {
            count += *number;
            *number *= count;
        }
        Self { numbers, count }
    }
}

/// A side of a tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rim {
    Top,
    Bottom,
    Left,
    Right,
}

impl Rim {
    /// The sides of a tile that has pixels.
    fn all(window: Window) -> impl Iterator<Item = Self> {
        let all = [Self::Top, Self::Bottom, Self::Left, Self::Right];
        all.into_iter().filter(move |_| !window.is_empty())
    }

    /// Whether there are pixels of the raster beyond it.
    fn is_inner(self, window: Window, raster: Size) -> bool {
        match self {
            Self::Top => window.row > 0,
            Self::Bottom => window.row_end() < raster.height.into(),
            Self::Left => window.col > 0,
            Self::Right => window.col_end() < raster.width.into(),
        }
    }

    /// The places of its pixels, from the left or the top.
    pub(super) fn pixels(self, window: Window) -> impl Iterator<Item = usize> {
        let (width, height) = (window.width as usize, window.height as usize);
        let (first, step, count) = match self {
            Self::Top => (0, 1, width),
            Self::Bottom => ((height - 1) * width, 1, width),
            Self::Left => (0, width, height),
            Self::Right => (width - 1, width, height),
        };
        (0..count).map(move |i| first + i * step)
    }
}

/// A pixel at the rim of a tile: the bits of its value, and its region.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RimPixel {
    pub(super) bits: u64,
    /// The region's number, from 1, or 0 for none.
    pub(super) region: u32,
}

/// The four rims of a tile, with regions numbered in the tile, from 1.
#[derive(Debug)]
pub(super) struct Rims {
    pub(super) top: Vec<RimPixel>,
    pub(super) bottom: Vec<RimPixel>,
    pub(super) left: Vec<RimPixel>,
    pub(super) right: Vec<RimPixel>,
}

impl Rims {
    /// Takes what lies at the rims of a tile, of which a buffer holds the samples of just
    /// its pixels.
    pub(super) fn of(pixels: &Buffer, labels: &[u32], open: &Open) -> Self {
        let window = pixels.window();
        let rim = |rim: Rim| -> Vec<RimPixel> {
            let bits = bits_at(pixels, rim.pixels(window));
            let regions = rim.pixels(window).map(|at| open.numbers[labels[at] as usize]);
            bits.into_iter().zip(regions).map(|(bits, region)| RimPixel { bits, region }).collect()
        };
        Self {
            top: rim(Rim::Top),
            bottom: rim(Rim::Bottom),
            left: rim(Rim::Left),
            right: rim(Rim::Right),
        }
    }

    /// The bytes that the rims of a tile take.
    pub(super) fn bytes(window: Window) -> u64 {
        (u64::from(window.width) + u64::from(window.height)) * 2 * size_of::<RimPixel>() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_the_samples() {
        fn back<T: Sample>(samples: &[T]) {
            for &sample in samples {
                assert_eq!(from_bits::<T>(to_bits(sample)), sample);
            }
        }
        back(&[u64::MAX, 0, 1 << 63]);
        back(&[i64::MIN, -1, i64::MAX]);
        back(&[i32::MIN, -1, i32::MAX]);
        back(&[u32::MAX, 0]);
        back(&[i8::MIN, 127]);
        back(&[0.1f32, f32::INFINITY, f32::MIN_POSITIVE / 2.0]);
        back(&[0.1f64, f64::NEG_INFINITY, 5e-324]);
        assert_eq!(to_bits(-0.0f32), to_bits(0.0f32));
        assert_eq!(to_value(to_bits(-3i16), DataType::I16), Value::Integer(-3));
        assert_eq!(to_value(to_bits(u64::MAX), DataType::U64), Value::Unsigned(u64::MAX));
        assert_eq!(to_value(to_bits(0.5f32), DataType::F32), Value::Float(0.5));
    }
}
