//! GDAL's checksum of the samples of each band.

use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::error::Result;
use crate::raster::{Buffer, Context, DataType, Info, Raster, Sample, Size, Window};

impl Raster {
    /// Returns the checksum of each band as `GDALChecksumImage` and `gdalinfo
    /// -checksum` have it: of samples as they are, valid or not. It does not
    /// depend on threads, memory or the unit of work.
    ///
    /// It is short and weak: for telling files apart that should be equal, not
    /// for proving that they are.
    ///
    /// # Errors
    /// Whatever keeps a sample from being made.
    pub fn checksums(&self, engine: &Engine, observer: &mut dyn Observer) -> Result<Vec<u16>> {
        engine.run(self, Checksums(Vec::new()), observer)
    }
}

struct Checksums(Vec<u16>);

struct Share {
    /// Columns of the raster.
    width: u32,
}

impl Encode for Share {
    type Packet = Vec<u16>;

    fn encode(&self, tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<Vec<u16>> {
        Ok((0..pixels.bands()).map(|b| share(&pixels, b, tile.window, self.width)).collect())
    }

    fn footprint(&self, _window: Window) -> u64 {
        0
    }
}

impl Sink for Checksums {
    type Encoder = Share;
    type Output = Vec<u16>;

    fn begin(&mut self, info: &Info, options: &EngineOptions) -> Result<(Tiling, Share)> {
        self.0 = vec![0; info.bands.into()];
        // Whole chunks where they are small, so that none is decoded twice.
        let side = |chunk: u32| chunk.clamp(256, 1024);
        let tile = Size::new(side(info.chunk.width), side(info.chunk.height));
        let tiling = Tiling::new(info.grid.size, options.work.unwrap_or(tile));
        Ok((tiling, Share { width: info.grid.size.width }))
    }

    fn put(&mut self, _tile: Tile, shares: Vec<u16>) -> Result<()> {
        for (own, share) in self.0.iter_mut().zip(shares) {
            *own = own.wrapping_add(share);
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<u16>> {
        Ok(self.0)
    }
}

/// GDAL takes each number modulo one of these, in turn from the first number
/// of the raster on, and sums the remainders modulo 2^16.
const PRIMES: [i32; 11] = [7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43];

/// Returns the share of a window in the checksum of a band of a raster that is
/// so wide. What is summed does not depend on the order.
fn share(pixels: &Buffer, band: u16, window: Window, width: u32) -> u16 {
    let numbers = if pixels.dtype().is_complex() { 2 } else { 1 };
    let row_bytes = window.width as usize * pixels.dtype().bytes();
    let rows = pixels.plane_bytes(band).chunks_exact(row_bytes.max(1));
    let mut sum = 0i64;
    for (row, bytes) in (window.row..).zip(rows) {
        // Rows and columns of a window inside a raster are not negative.
        let first = (row as u64 * u64::from(width) + window.col as u64) * numbers % 11;
        sum += match pixels.dtype().part() {
            DataType::U8 => remainders(first, bytes, |v: u8| v.into()),
            DataType::I8 => remainders(first, bytes, |v: i8| v.into()),
            DataType::U16 => remainders(first, bytes, |v: u16| v.into()),
            DataType::I16 => remainders(first, bytes, |v: i16| v.into()),
            DataType::U32 => remainders(first, bytes, |v: u32| v.min(i32::MAX as u32) as i32),
            DataType::I32 => remainders(first, bytes, |v: i32| v),
            DataType::U64 => remainders(first, bytes, |v: u64| v.min(i32::MAX as u64) as i32),
            DataType::I64 => {
                remainders(first, bytes, |v: i64| v.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
            }
            DataType::F32 => remainders(first, bytes, |v: f32| whole(v.into())),
            _ => remainders(first, bytes, whole),
        };
    }
    sum as u16
}

/// Rounds as GDAL does for a checksum: halves up, what is no number to the least integer.
fn whole(value: f64) -> i32 {
    if !value.is_finite() {
        return i32::MIN;
    }
    (value + 0.5).floor().clamp(f64::from(-i32::MAX), f64::from(i32::MAX)) as i32
}

/// Sums remainders, the first by prime number `first`.
fn remainders<T: Sample>(first: u64, bytes: &[u8], to_integer: impl Fn(T) -> i32) -> i64 {
    let numbers: &[T] = bytemuck::cast_slice(bytes);
    // Up to the first prime again, so that whole turns follow.
    let (head, rest) = numbers.split_at(((11 - first) as usize % 11).min(numbers.len()));
    let (turns, tail) = rest.as_chunks::<11>();
    let one = |sum: i64, (&number, prime): (&T, &i32)| sum + i64::from(to_integer(number) % prime);
    let mut sum = head.iter().zip(&PRIMES[first as usize..]).fold(0, one);
    for turn in turns {
        // Of known length: divisions by constants.
        let part: i32 = (0..11).map(|at| to_integer(turn[at]) % PRIMES[at]).sum();
        sum += i64::from(part);
    }
    tail.iter().zip(&PRIMES).fold(sum, one)
}
