//! From pixels to compressed chunks, on any worker.

use std::cell::RefCell;
use std::sync::{Arc, Mutex, PoisonError};

use super::pyramid::{LevelTile, Pyramid, Waiting};
use super::{OverviewResampling, WriteOptions};
use crate::codec::{ChunkShape, Compression, Encoder, Plain, Predictor, RowShape, predictor};
use crate::engine::{Encode, Tile, Tiling};
use crate::error::Result;
use crate::geotiff::codec_parameters;
use crate::kernel;
use crate::raster::{Alpha, Buffer, Colors, Context, Info, NoData, Sample, Size, Window, dispatch};

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

/// Turns tiles into chunks of the image and of its overviews.
#[derive(Debug)]
pub(super) struct TileEncoder {
    tilings: Vec<Tiling>,
    pyramid: Pyramid,
    spent: Spent,
    compression: Compression,
    predictor: Predictor,
    nodata: Option<NoData>,
    tile: u32,
    bands: u16,
    sample_bytes: usize,
    shrink: OverviewResampling,
    /// Whether the last band is the opacity of the others.
    alpha: bool,
}

/// A compressed chunk and its place.
#[derive(Debug)]
pub(super) struct Encoded {
    pub(super) place: LevelTile,
    pub(super) bytes: Vec<u8>,
}

impl TileEncoder {
    pub(super) fn new(
        info: &Info,
        options: &WriteOptions,
        sizes: &[Size],
        waiting: Waiting,
        spent: Spent,
    ) -> Result<Self> {
        let side = Size::new(options.tile, options.tile);
        let tilings: Vec<_> = sizes.iter().map(|&size| Tiling::new(size, side)).collect();
        Ok(Self {
            pyramid: Pyramid::new(tilings.clone(), waiting),
            tilings,
            spent,
            compression: options.compression,
            predictor: options.predictor_for(info.dtype)?,
            nodata: info.nodata.filter(|n| n.fits(info.dtype)),
            tile: options.tile,
            bands: info.bands,
            sample_bytes: info.dtype.bytes(),
            // The mean of two indices is a third colour.
            shrink: match info.colors {
                Colors::Palette(_) => OverviewResampling::Nearest,
                _ => options.overview_resampling,
            },
            // Premultiplied colours average as they are.
            alpha: info.alpha == Some(Alpha::Straight) && info.bands > 1,
        })
    }

    /// Encodes one tile, and every overview tile that it completes.
    fn tile(
        &self,
        place: LevelTile,
        mut pixels: Buffer,
        cx: &Context<'_>,
        done: &mut Vec<Encoded>,
    ) -> Result<()> {
        let mut place = place;
        loop {
            let parent = self.pyramid.parent(place);
            done.push(Encoded { place, bytes: self.chunk(&mut pixels, cx)? });
            let Some(parent) = parent else { return Ok(()) };
            if self.alpha {
                drop_transparent(&mut pixels);
            }
            let part = self.half(&pixels, cx);
            drop(pixels);
            match self.pyramid.add(parent, part, cx.pool)? {
                Some(whole) => (place, pixels) = (parent, whole),
                None => return Ok(()),
            }
        }
    }

    /// Returns a tile at half its size, rounded up.
    fn half(&self, pixels: &Buffer, cx: &Context<'_>) -> Buffer {
        let Window { col, row, width, height } = pixels.window();
        // Tiles begin at multiples of 16.
        let window = Window::new(col / 2, row / 2, width.div_ceil(2), height.div_ceil(2));
        let mut half = Buffer::new(cx.pool, window, pixels.bands(), pixels.dtype());
        for band in 0..pixels.bands() {
            match self.shrink {
                OverviewResampling::Average => kernel::halve_average(band, pixels, band, &mut half),
                OverviewResampling::Nearest => kernel::halve_nearest(band, pixels, band, &mut half),
            }
        }
        half
    }

    /// Encodes the chunk of a tile.
    fn chunk(&self, pixels: &mut Buffer, cx: &Context<'_>) -> Result<Vec<u8>> {
        self.settle_nodata(pixels);
        let row_bytes = self.tile as usize * usize::from(self.bands) * self.sample_bytes;
        let mut raw = cx.pool.take((row_bytes * self.tile as usize).div_ceil(8));
        let raw = raw.as_mut_slice::<u8>();
        match self.sample_bytes {
            1 => self.interleave::<1>(pixels, raw),
            2 => self.interleave::<2>(pixels, raw),
            4 => self.interleave::<4>(pixels, raw),
            8 => self.interleave::<8>(pixels, raw),
            _ => self.interleave::<16>(pixels, raw),
        }
        let mut bytes =
            self.spent.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        // Without a predictor the parts of complex samples have a byte order each.
        let parts = match (self.predictor, pixels.dtype().is_complex()) {
            (Predictor::None, true) => 2,
            _ => 1,
        };
        let shape = RowShape {
            row_bytes,
            samples_per_pixel: usize::from(self.bands) * parts,
            bytes_per_sample: self.sample_bytes / parts,
        };
        let stored = ChunkShape {
            width: self.tile,
            height: self.tile,
            samples: self.bands,
            bits: self.sample_bytes as u16 * 8,
            kind: codec_parameters::kind(pixels.dtype()),
        };
        TOOLS.with_borrow_mut(|Tools { encoder, row }| {
            if !self.compression.decodes_samples() {
                predictor::apply(self.predictor, raw, shape, row)?;
            }
            let nodata = self.nodata.and_then(NoData::sample::<f64>);
            let plain = Plain { bytes: raw, shape: stored, nodata };
            encoder.encode(self.compression, plain, &mut bytes)
        })?;
        Ok(bytes)
    }

    /// Gives invalid samples the nodata value, or 0 without one, and moves
    /// valid samples that happen to equal it.
    fn settle_nodata(&self, pixels: &mut Buffer) {
        dispatch!(pixels.dtype(), T => {
            let nodata = self.nodata.and_then(NoData::sample::<T>);
            for band in 0..pixels.bands() {
                let (samples, valid) = pixels.plane_and_valid_mut::<T>(band);
                match nodata {
                    Some(nodata) => {
                        kernel::avoid_nodata(nodata, valid.as_deref(), samples);
                    }
                    None => zero_invalid(valid.as_deref(), samples),
                }
            }
        });
    }

    /// Lays the bands of a tile side by side; beyond the raster's edge the last
    /// column and row repeat, which compresses best.
    fn interleave<const BYTES: usize>(&self, pixels: &Buffer, raw: &mut [u8]) {
        let (side, bands) = (self.tile as usize, usize::from(self.bands));
        let (width, height) = (pixels.window().width as usize, pixels.window().height as usize);
        let row_bytes = side * bands * BYTES;
        for band in 0..bands {
            let plane = pixels.plane_bytes(band as u16).as_chunks::<BYTES>().0;
            for (from, to) in plane.chunks_exact(width).zip(raw.chunks_exact_mut(row_bytes)) {
                let to = to.as_chunks_mut::<BYTES>().0;
                if bands == 1 {
                    to[..width].copy_from_slice(from);
                    to[width..].fill(from[width - 1]);
                } else {
                    let last = std::iter::repeat(&from[width - 1]);
                    let pixels = to.chunks_exact_mut(bands);
                    for (pixel, sample) in pixels.zip(from.iter().chain(last)) {
                        pixel[band] = *sample;
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
}

/// Makes the colours of wholly transparent pixels invalid, so that they do not
/// darken the edges of what is seen.
fn drop_transparent(pixels: &mut Buffer) {
    let last = pixels.bands() - 1;
    dispatch!(pixels.dtype(), T => {
        let clear: Vec<bool> =
            pixels.plane::<T>(last).iter().map(|&v| v == <T as bytemuck::Zeroable>::zeroed()).collect();
        if !clear.contains(&true) {
            return;
        }
        pixels.add_mask();
        for band in 0..last {
            let valid = pixels.valid_mut(band).unwrap_or_default();
            for (valid, &clear) in valid.iter_mut().zip(&clear) {
                *valid &= if clear { 0 } else { 255 };
            }
        }
    });
}

fn zero_invalid<T: Sample>(valid: Option<&[u8]>, samples: &mut [T]) {
    for (sample, &valid) in samples.iter_mut().zip(valid.unwrap_or_default()) {
        if valid == 0 {
            *sample = T::zeroed();
        }
    }
}

impl Encode for TileEncoder {
    type Packet = Vec<Encoded>;

    /// Encodes a unit of work: one stored tile, or several side by side.
    fn encode(&self, unit: Tile, pixels: Buffer, cx: &Context<'_>) -> Result<Self::Packet> {
        let side = i64::from(self.tile);
        let across = self.tilings[0].across();
        let first = (unit.window.row / side) as u64 * across + (unit.window.col / side) as u64;
        let mut done = Vec::new();
        if unit.window.width <= self.tile {
            self.tile(LevelTile { level: 0, index: first }, pixels, cx, &mut done)?;
            return Ok(done);
        }
        for index in first..first + u64::from(unit.window.width.div_ceil(self.tile)) {
            let Some(tile) = self.tilings[0].tile(index) else { break };
            let mut part = Buffer::new(cx.pool, tile.window, pixels.bands(), pixels.dtype());
            for band in 0..pixels.bands() {
                part.copy_band(band, &pixels, band);
            }
            self.tile(LevelTile { level: 0, index }, part, cx, &mut done)?;
        }
        Ok(done)
    }

    fn footprint(&self, window: Window) -> u64 {
        // Of one stored tile at a time, whole even at the edge: its bytes side by
        // side, and compressed. Besides, a copy of its pixels, and its half.
        let stored = u64::from(self.tile).pow(2) * u64::from(self.bands) * self.sample_bytes as u64;
        let pixels = window.pixels() * u64::from(self.bands) * (self.sample_bytes as u64 + 1);
        2 * stored + pixels + pixels / 4
    }

    fn held(&self) -> u64 {
        self.pyramid.held()
    }
}
