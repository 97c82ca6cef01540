//! What is stored: every default of the options resolved.

use super::options::{BigTiff, Format, Mask, Overviews, WriteOptions};
use crate::codec::{Compression, Predictor};
use crate::engine::Tiling;
use crate::error::{Error, Result};
use crate::geotiff::{Interleave, codec_parameters};
use crate::kernel::OverviewResampling;
use crate::raster::{Colors, DataType, Info, Masked, Size};

/// One level of the image.
#[derive(Debug, Clone, Copy)]
pub(super) struct LevelPlan {
    pub(super) size: Size,
    /// Columns and rows of a chunk.
    pub(super) chunk: Size,
    /// Whether chunks are tiles, stored whole even beyond the edge, or strips.
    pub(super) tiled: bool,
    pub(super) tiling: Tiling,
    /// The level that this one is made of; the image is made of none.
    pub(super) source: usize,
    /// How many columns, and rows, of that level a pixel of this one stands for.
    pub(super) factor: u32,
}

/// What is stored, every default of the options resolved.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// The image, then its overviews, largest first.
    pub(super) levels: Vec<LevelPlan>,
    pub(super) bands: u16,
    pub(super) dtype: DataType,
    /// Whether a chunk holds one band.
    pub(super) apart: bool,
    /// Whether the image's own chunks are stored, not the overviews' alone.
    pub(super) image: bool,
    /// Whether every level has a mask.
    pub(super) masked: bool,
    pub(super) cog: bool,
    pub(super) sparse: bool,
    pub(super) bigtiff: BigTiff,
    pub(super) compression: Compression,
    pub(super) predictor: Predictor,
    pub(super) resampling: OverviewResampling,
}

impl Plan {
    pub(super) fn new(info: &Info, options: &WriteOptions) -> Result<Self> {
        let apart = options.interleave == Interleave::Band && info.bands > 1;
        let photo = info.colors == Colors::Rgb && info.bands == 3 && !apart;
        let compression = match options.compression {
            Compression::Jpeg { ycbcr, quality } => {
                Compression::Jpeg { ycbcr: ycbcr && photo, quality }
            }
            other => other,
        };
        let lossy = matches!(compression, Compression::Jpeg { .. });
        let masked = match (options.mask, info.masked) {
            (Mask::Auto, Masked::EachBand) if info.nodata.is_none() && info.bands > 1 => {
                return Err(Error::unsupported("writing a mask for each band").hint(
                    "ask for an internal mask, under which a pixel is valid if any band is, or \
                     for a nodata value",
                ));
            }
            (Mask::Auto, Masked::EachBand) => info.nodata.is_none(),
            (Mask::Auto, Masked::No) => lossy && info.nodata.is_some(),
            (Mask::Auto, Masked::Shared) => true,
            (mask, _) => mask == Mask::Internal,
        };
        // The mean of two indices is a third colour.
        let resampling = match (&info.colors, options.overview_resampling) {
            (Colors::Palette(_), OverviewResampling::Mode) => OverviewResampling::Mode,
            (Colors::Palette(_), _) => OverviewResampling::Nearest,
            (_, asked) => asked,
        };
        let levels = levels(info.grid.size, options);
        let parts = matches!(
            resampling,
            OverviewResampling::Nearest | OverviewResampling::Average | OverviewResampling::Mode
        );
        if info.dtype.is_complex() && levels.len() > 1 && !parts {
            return Err(Error::unsupported("overviews of complex samples")
                .expected("nearest, average or mode")
                .found(resampling.name()));
        }
        let plan = Self {
            levels,
            bands: info.bands,
            dtype: info.dtype,
            // One band is the same either way.
            apart,
            image: true,
            masked,
            cog: options.format == Format::Cog,
            sparse: options.sparse,
            bigtiff: options.bigtiff,
            compression,
            predictor: options.predictor_for(info.dtype)?,
            resampling,
        };
        // Refused before anything is written, not at the end.
        codec_parameters::entries(plan.compression, plan.bands_in_chunk())?;
        plan.check_classic()?;
        Ok(plan)
    }

    /// Returns how many chunks store a tile of the image.
    pub(super) fn chunks_in_tile(&self) -> u64 {
        if self.apart { self.bands.into() } else { 1 }
    }

    /// Returns how many bands a chunk holds.
    pub(super) fn bands_in_chunk(&self) -> u16 {
        if self.apart { 1 } else { self.bands }
    }

    /// Returns how many bytes stand before and after a chunk: in a COG its
    /// length, and its last 4 bytes again, as GDAL's readers expect.
    pub(super) fn frame(&self) -> u64 {
        if self.cog { 4 } else { 0 }
    }

    /// Returns whether the mask's chunks lie right after those of their tiles.
    pub(super) fn mask_is_interleaved(&self) -> bool {
        self.masked && !self.apart
    }

    /// Refuses what may not fit a classic TIFF where no other is wanted.
    fn check_classic(&self) -> Result<()> {
        let most = self.most_bytes();
        if self.bigtiff == BigTiff::No && most > u64::from(u32::MAX) {
            return Err(Error::usage("a classic TIFF")
                .expected("at most 4 GiB, whatever the pixels are")
                .found(format!("up to {most} bytes"))
                .hint("leave the choice to --bigtiff auto: it is made by the actual size"));
        }
        Ok(())
    }

    /// Returns the size of the file in bytes that it cannot exceed, whatever the pixels are.
    pub(super) fn most_bytes(&self) -> u64 {
        let pixel = u64::from(self.bands) * self.dtype.bytes() as u64;
        self.levels.iter().fold(0_u64, |sum, level| {
            let tiles = level.tiling.len();
            let tile = level.chunk.pixels().saturating_mul(pixel);
            // What a codec adds at worst (LZW half as much), and what every chunk adds.
            let stored = tile.saturating_add(tile / 2).saturating_add(level.chunk.pixels() / 4);
            let entries = 64 * (self.chunks_in_tile() + 1);
            sum.saturating_add(tiles.saturating_mul(stored.saturating_add(entries)))
        })
    }
}

/// Returns the image and its overviews. Sizes round up, as gdaladdo has it: a
/// pixel of an overview stands for exactly as many pixels above it as the
/// factor says, or what there is of them at the edge.
fn levels(size: Size, options: &WriteOptions) -> Vec<LevelPlan> {
    let tile = Size::new(options.tile, options.tile);
    let (chunk, tiled) = match options.format {
        Format::Striped { rows } => (Size::new(size.width, rows.min(size.height)), false),
        _ => (tile, true),
    };
    let tiling = Tiling::new(size, chunk);
    let mut levels = vec![LevelPlan { size, chunk, tiled, tiling, source: 0, factor: 1 }];
    let factors = match &options.overviews {
        Overviews::Auto if options.format == Format::Cog => halves(size, options.tile),
        Overviews::Auto | Overviews::None => Vec::new(),
        Overviews::Factors(factors) => factors.clone(),
    };
    for (index, &factor) in factors.iter().enumerate() {
        // The smallest level above whose pixels these are whole blocks of.
        let above = factors[..index].iter().rposition(|&above| factor.is_multiple_of(above));
        let (source, factor) = above.map_or((0, factor), |i| (i + 1, factor / factors[i]));
        let above = levels[source].size;
        let size = Size::new(above.width.div_ceil(factor), above.height.div_ceil(factor));
        let tiling = Tiling::new(size, tile);
        levels.push(LevelPlan { size, chunk: tile, tiled: true, tiling, source, factor });
    }
    levels
}

/// Returns the powers of 2 down to the first overview that fits a tile.
pub(in crate::geotiff) fn halves(size: Size, tile: u32) -> Vec<u32> {
    let largest = size.width.max(size.height);
    (1..32).map(|n| 1 << n).take_while(|factor| largest.div_ceil(factor / 2) > tile).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sizes(size: Size, overviews: Overviews) -> Vec<Size> {
        let options = WriteOptions { overviews, ..WriteOptions::default() };
        levels(size, &options)[1..].iter().map(|level| level.size).collect()
    }

    #[test]
    fn levels_halve_until_one_tile_holds_all() {
        let size = Size::new(1301, 700);
        assert_eq!(sizes(size, Overviews::Auto), [Size::new(651, 350), Size::new(326, 175)]);
        assert!(sizes(Size::new(512, 512), Overviews::Auto).is_empty());
        assert_eq!(sizes(Size::new(513, 1), Overviews::Auto), [Size::new(257, 1)]);
        assert!(sizes(Size::new(9000, 9000), Overviews::None).is_empty());
    }

    #[test]
    fn a_level_is_made_of_the_smallest_that_it_divides() {
        let overviews = Overviews::Factors(vec![2, 3, 4, 12, 18]);
        let options = WriteOptions { overviews, ..WriteOptions::default() };
        let levels = levels(Size::new(1000, 999), &options);
        let made_of: Vec<_> = levels[1..].iter().map(|l| (l.source, l.factor)).collect();
        assert_eq!(made_of, [(0, 2), (0, 3), (1, 2), (3, 3), (2, 6)]);
        assert_eq!(levels[5].size, Size::new(56, 56));
    }
}
