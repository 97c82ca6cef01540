//! From the pixels of a tile to its compressed chunks.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use super::plan::{LevelPlan, Plan};
use super::smooth::smooth;
use crate::codec::{ChunkShape, Compression, Encoder, Plain, Predictor, RowShape, predictor};
use crate::error::Result;
use crate::geotiff::codec_parameters;
use crate::kernel;
use crate::raster::{Buffer, Context, DataType, Info, NoData, Sample, Size, dispatch};

/// What encoding a chunk needs besides its samples; one set a worker, as codec
/// contexts are large and slow to make.
#[derive(Default)]
struct Tools {
    encoder: Encoder,
    row: Vec<u8>,
}

thread_local! {
    static TOOLS: RefCell<Tools> = RefCell::default();
}

/// Memory of compressed chunks that were stored, to be used again.
pub(super) type Spent = Arc<Mutex<Vec<Vec<u8>>>>;

/// How masks are compressed.
pub(super) const MASK_CODEC: Compression = Compression::Deflate { level: 6 };

/// Makes chunks of tiles.
#[derive(Debug)]
pub(super) struct ChunkMaker {
    plan: Arc<Plan>,
    nodata: Option<NoData>,
    spent: Spent,
}

impl ChunkMaker {
    pub(super) fn new(info: &Info, plan: Arc<Plan>, spent: Spent) -> Self {
        Self { plan, nodata: info.nodata.filter(|n| n.fits(info.dtype)), spent }
    }

    /// Gives the missing samples of a tile the value they are stored with:
    /// nodata, or 0 without it. Where no mask tells, valid samples that happen
    /// to equal nodata are moved to a value beside it; returns how many. JPEG gets
    /// neighbours' colours beneath a mask.
    pub(super) fn settle(&self, pixels: &mut Buffer) -> usize {
        let mut displaced = 0;
        dispatch!(pixels.dtype(), T => {
            let nodata = self.nodata.and_then(NoData::sample::<T>);
            for band in 0..pixels.bands() {
                let (samples, valid) = pixels.plane_and_valid_mut::<T>(band);
                match nodata {
                    Some(nodata) if !self.plan.masked => {
                        displaced += kernel::avoid_nodata(nodata, valid.as_deref(), samples);
                    }
                    nodata => {
                        let missing = nodata.unwrap_or(<T as bytemuck::Zeroable>::zeroed());
                        fill_invalid(missing, valid.as_deref(), samples);
                    }
                }
            }
        });
        // Other samples than bytes JPEG refuses.
        let jpeg = matches!(self.plan.compression, Compression::Jpeg { .. });
        if self.plan.masked && jpeg && pixels.dtype() == DataType::U8 {
            smooth(pixels);
        }
        displaced
    }

    /// Returns the shape of a chunk of so many pixels.
    pub(super) fn shape(&self, stored: Size) -> ChunkShape {
        ChunkShape {
            width: stored.width,
            height: stored.height,
            samples: self.plan.bands_in_chunk(),
            bits: self.plan.dtype.bytes() as u16 * 8,
            kind: codec_parameters::kind(self.plan.dtype),
        }
    }

    /// Lays the samples of a settled tile's bands from `first` on out as a chunk
    /// of a shape has them, in native byte order.
    pub(super) fn lay_out(&self, pixels: &Buffer, first: u16, shape: ChunkShape, raw: &mut [u8]) {
        let (bands, stored) = (shape.samples, Size::new(shape.width, shape.height));
        match self.plan.dtype.bytes() {
            1 => interleave::<1>(pixels, first, bands, stored, raw),
            2 => interleave::<2>(pixels, first, bands, stored, raw),
            4 => interleave::<4>(pixels, first, bands, stored, raw),
            8 => interleave::<8>(pixels, first, bands, stored, raw),
            _ => interleave::<16>(pixels, first, bands, stored, raw),
        }
    }

    /// Encodes the chunk of a settled tile that holds its bands from `first` on;
    /// `None` if it is left out.
    pub(super) fn image(
        &self,
        level: &LevelPlan,
        pixels: &Buffer,
        first: u16,
        cx: &Context<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let bands = self.plan.bands_in_chunk();
        if self.plan.sparse && self.is_empty(pixels, first..first + bands) {
            return Ok(None);
        }
        let size = stored_size(level, pixels);
        let stored = self.shape(size);
        let len = stored.row_bytes() * stored.height as usize;
        let Plan { compression, predictor, .. } = *self.plan;
        // Without a predictor the parts of complex samples have a byte order each.
        let parts = match (predictor, pixels.dtype().is_complex()) {
            (Predictor::None, true) => 2,
            _ => 1,
        };
        let shape = RowShape {
            row_bytes: stored.row_bytes(),
            samples_per_pixel: usize::from(bands) * parts,
            bytes_per_sample: self.plan.dtype.bytes() / parts,
        };
        let mut bytes = self.take_spent();
        TOOLS.with_borrow_mut(|Tools { encoder, row }| {
            // What is stored as it is is laid out where it is stored from.
            if compression == Compression::None {
                bytes.resize(len, 0);
                self.lay_out(pixels, first, stored, &mut bytes);
                return predictor::apply(predictor, &mut bytes, shape, row);
            }
            let mut raw = cx.pool.take(len.div_ceil(8));
            let raw = &mut raw.as_mut_slice::<u8>()[..len];
            let is_whole = bands == 1 && pixels.window().size() == size;
            if is_whole && !compression.decodes_samples() {
                predictor::apply_to(predictor, pixels.plane_bytes(first), raw, shape, row)?;
            } else {
                self.lay_out(pixels, first, stored, raw);
                if !compression.decodes_samples() {
                    predictor::apply(predictor, raw, shape, row)?;
                }
            }
            let nodata = self.nodata.and_then(NoData::sample::<f64>);
            encoder.encode(compression, Plain { bytes: raw, shape: stored, nodata }, &mut bytes)
        })?;
        Ok(Some(bytes))
    }

    /// Encodes the chunk of a tile's mask: a bit for each pixel, the highest of
    /// a byte first, set where any band is valid. `None` if it is left out.
    pub(super) fn mask(
        &self,
        level: &LevelPlan,
        pixels: &Buffer,
        cx: &Context<'_>,
    ) -> Result<Option<Vec<u8>>> {
        let stored = stored_size(level, pixels);
        let row_bytes = stored.width.div_ceil(8) as usize;
        let mut raw = cx.pool.take((row_bytes * stored.height as usize).div_ceil(8));
        let raw = &mut raw.as_mut_slice::<u8>()[..row_bytes * stored.height as usize];
        raw.fill(0);
        let width = pixels.window().width as usize;
        for band in 0..pixels.bands() {
            match pixels.valid(band) {
                None => {
                    for row in raw.chunks_exact_mut(row_bytes).take(pixels.window().height as usize)
                    {
                        row[..width / 8].fill(255);
                        if !width.is_multiple_of(8) {
                            row[width / 8] = !(255 >> (width % 8));
                        }
                    }
                    break;
                }
                Some(valid) => {
                    for (row, valid) in raw.chunks_exact_mut(row_bytes).zip(valid.chunks(width)) {
                        for (byte, eight) in row.iter_mut().zip(valid.chunks(8)) {
                            let bits = eight.iter().zip(0..8).map(|(v, bit)| (v & 128) >> bit);
                            *byte |= bits.fold(0, |byte, bit| byte | bit);
                        }
                    }
                }
            }
        }
        if self.plan.sparse && raw.iter().all(|&byte| byte == 0) {
            return Ok(None);
        }
        let mut bytes = self.take_spent();
        let plain = Plain::bytes(raw, stored.width.div_ceil(8));
        TOOLS.with_borrow_mut(|tools| tools.encoder.encode(MASK_CODEC, plain, &mut bytes))?;
        Ok(Some(bytes))
    }

    /// Returns whether the samples are those that readers make up for a chunk
    /// that is left out.
    fn is_empty(&self, pixels: &Buffer, mut bands: std::ops::Range<u16>) -> bool {
        dispatch!(pixels.dtype(), T => {
            let zero = <T as bytemuck::Zeroable>::zeroed();
            let value = self.nodata.and_then(NoData::sample::<T>).unwrap_or(zero);
            // Bit by bit: NaN equals nothing, and -0 is not 0.
            let value = bytemuck::bytes_of(&value);
            bands.all(|band| pixels.plane_bytes(band).chunks_exact(value.len()).all(|v| v == value))
        })
    }

    fn take_spent(&self) -> Vec<u8> {
        self.spent.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }
}

/// Returns the extent of a tile as it is stored: whole, or as high as the strip.
fn stored_size(level: &LevelPlan, pixels: &Buffer) -> Size {
    if level.tiled { level.chunk } else { pixels.window().size() }
}

/// Lays the bands of a tile side by side; beyond the raster's edge the last
/// column and row repeat, which compresses best.
fn interleave<const BYTES: usize>(
    pixels: &Buffer,
    first: u16,
    bands: u16,
    stored: Size,
    raw: &mut [u8],
) {
    let (side, bands) = (stored.width as usize, usize::from(bands));
    let (width, height) = (pixels.window().width as usize, pixels.window().height as usize);
    let row_bytes = side * bands * BYTES;
    let plane = |band: usize| pixels.plane_bytes(first + band as u16).as_chunks::<BYTES>().0;
    match bands {
        1 => {
            for (from, to) in plane(0).chunks_exact(width).zip(raw.chunks_exact_mut(row_bytes)) {
                let to = to.as_chunks_mut::<BYTES>().0;
                to[..width].copy_from_slice(from);
                to[width..].fill(from[width - 1]);
            }
        }
        // The number of bands is known to the compiler: several times as fast.
        2 => side_by_side([0, 1].map(plane), width, side, raw),
        3 => side_by_side([0, 1, 2].map(plane), width, side, raw),
        4 => side_by_side([0, 1, 2, 3].map(plane), width, side, raw),
        _ => {
            for band in 0..bands {
                for (from, to) in
                    plane(band).chunks_exact(width).zip(raw.chunks_exact_mut(row_bytes))
                {
                    let last = std::iter::repeat(&from[width - 1]);
                    let pixels = to.as_chunks_mut::<BYTES>().0.chunks_exact_mut(bands);
                    for (pixel, sample) in pixels.zip(from.iter().chain(last)) {
                        pixel[band] = *sample;
                    }
                }
            }
        }
    }
    let (image, below) = raw.split_at_mut(height * row_bytes);
    let last = &image[(height - 1) * row_bytes..];
    for row in below.chunks_exact_mut(row_bytes) {
        row.copy_from_slice(last);
    }
}

/// Lays the rows of planes side by side, `width` pixels of each row of `side`; the last repeats.
fn side_by_side<const BYTES: usize, const BANDS: usize>(
    planes: [&[[u8; BYTES]]; BANDS],
    width: usize,
    side: usize,
    raw: &mut [u8],
) {
    let rows = raw.as_chunks_mut::<BYTES>().0.as_chunks_mut::<BANDS>().0.chunks_exact_mut(side);
    for (row, to) in rows.take(planes[0].len() / width).enumerate() {
        let from = planes.map(|plane| &plane[row * width..][..width]);
        let (to, beyond) = to.split_at_mut(width);
        for (at, pixel) in to.iter_mut().enumerate() {
            *pixel = std::array::from_fn(|band| from[band][at]);
        }
        beyond.fill(to[width - 1]);
    }
}

fn fill_invalid<T: Sample>(value: T, valid: Option<&[u8]>, samples: &mut [T]) {
    for (sample, &valid) in samples.iter_mut().zip(valid.unwrap_or_default()) {
        if valid == 0 {
            *sample = value;
        }
    }
}
