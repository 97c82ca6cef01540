//! Directories and ghost area: everything in front of the first chunk.

use super::chunk::MASK_CODEC;
use super::plan::{LevelPlan, Plan};
use crate::error::{Error, Result};
use crate::geotiff::{codec_parameters, georeference, metadata};
use crate::ifd::{DirectoryBuilder, Tag, Value};
use crate::raster::{Alpha, Colors, DataType, GeoTransform, Info};

/// Where a chunk lies.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Placed {
    /// Its first byte.
    pub(super) offset: u64,
    /// Its length without leader and trailer.
    pub(super) bytes: u64,
}

/// Where the chunks of one level lie.
#[derive(Debug)]
pub(super) struct Level {
    /// Those of the image in row order, band after band if each has its own.
    pub(super) image: Vec<Placed>,
    /// Those of the mask in row order, if there is one.
    pub(super) mask: Vec<Placed>,
}

/// What GDAL's readers are promised of a COG, as GDAL's own COG driver words it
/// (<https://gdal.org/en/stable/drivers/raster/cog.html>, "Header ghost area").
/// The space leaves room for "YES" if somebody edits the file.
fn ghost(plan: &Plan) -> String {
    let promises = format!(
        "LAYOUT=IFDS_BEFORE_DATA\n\
         BLOCK_ORDER=ROW_MAJOR\n\
         BLOCK_LEADER=SIZE_AS_UINT4\n\
         BLOCK_TRAILER=LAST_4_BYTES_REPEATED\n\
         {}KNOWN_INCOMPATIBLE_EDITION=NO\n {}",
        if plan.apart { "INTERLEAVE=BAND\n" } else { "" },
        if plan.mask_is_interleaved() { "MASK_INTERLEAVED_WITH_IMAGERY=YES\n" } else { "" },
    );
    format!("GDAL_STRUCTURAL_METADATA_SIZE={:06} bytes\n{promises}", promises.len())
}

/// Fails if a raster of this kind cannot be described by tags, but for its reference system.
pub(super) fn check(info: &Info) -> Result<()> {
    let fits_table = |table: &[u16]| table_len(info.dtype).is_some_and(|most| table.len() <= most);
    match &info.colors {
        Colors::Palette(table) if info.bands != 1 || !fits_table(table) => {
            Err(Error::unsupported("writing a colour table")
                .expected("one band of uint8 with up to 256 colours, or of uint16")
                .found(format!("{} band(s) of {}", info.bands, info.dtype)))
        }
        Colors::Cmyk if info.bands < 4 => {
            Err(Error::usage("CMYK image").expected("4 bands or more").found(info.bands))
        }
        Colors::Rgb if info.bands < 3 => {
            Err(Error::usage("RGB image").expected("3 bands or more").found(info.bands))
        }
        _ => Ok(()),
    }
}

/// Fails if where the chunks lie takes more than a quarter of the memory: it is kept to the end, and
/// written as often again.
pub(super) fn check_places(plan: &Plan, memory: u64) -> Result<()> {
    let tiles = plan.levels.iter().map(|level| level.tiling.len()).sum::<u64>();
    let chunks = tiles.saturating_mul(plan.chunks_in_tile() + u64::from(plan.masked));
    let bytes = chunks.saturating_mul(2 * size_of::<Placed>() as u64);
    if bytes <= memory / 4 {
        return Ok(());
    }
    Err(Error::limit("positions of the output's chunks")
        .expected(format!("at most {} bytes, a quarter of the memory", memory / 4))
        .found(format!("{bytes} bytes for {chunks} chunks"))
        .hint("write larger tiles, ask for fewer pixels, or allow more memory"))
}

/// Returns the length of a colour table for indices of a type.
fn table_len(dtype: DataType) -> Option<usize> {
    match dtype {
        DataType::U8 => Some(3 << 8),
        DataType::U16 => Some(3 << 16),
        _ => None,
    }
}

/// Returns the bytes in front of the first chunk.
pub(super) fn size(info: &Info, plan: &Plan, levels: &[Level], big: bool) -> Result<u64> {
    let directories = directories(info, plan, levels)?;
    Ok(start(plan, big) + directories.iter().map(|d| d.size(big)).sum::<u64>())
}

/// Returns everything in front of the first chunk: as many bytes as [`size`] says.
pub(super) fn bytes(info: &Info, plan: &Plan, levels: &[Level], big: bool) -> Result<Vec<u8>> {
    let start = start(plan, big);
    let mut out = b"II".to_vec();
    if big {
        out.extend(43u16.to_le_bytes());
        out.extend([8, 0, 0, 0]);
        out.extend(start.to_le_bytes());
    } else {
        out.extend(42u16.to_le_bytes());
        // A ghost area is some 200 bytes.
        out.extend((start as u32).to_le_bytes());
    }
    if plan.cog {
        out.extend(ghost(plan).as_bytes());
    }
    out.resize(start as usize, 0);
    let directories = directories(info, plan, levels)?;
    for (index, directory) in directories.iter().enumerate() {
        let at = out.len() as u64;
        let last = index + 1 == directories.len();
        let next = if last { 0 } else { at + directory.size(big) };
        out.extend(directory.serialize(big, at, next)?);
    }
    Ok(out)
}

/// Where the first directory lies.
fn start(plan: &Plan, big: bool) -> u64 {
    let header = if big { 16 } else { 8 };
    let ghost = if plan.cog { ghost(plan).len() as u64 } else { 0 };
    (header + ghost).next_multiple_of(2)
}

/// The directories of all levels in the order that GDAL has them: the image,
/// its mask, the overviews, largest first, then their masks.
fn directories(info: &Info, plan: &Plan, levels: &[Level]) -> Result<Vec<DirectoryBuilder>> {
    let (mut directories, mut masks) = (Vec::new(), Vec::new());
    for (index, (level, places)) in plan.levels.iter().zip(levels).enumerate() {
        let mut directory = DirectoryBuilder::new();
        image(info, plan, &mut directory)?;
        chunks(level, &places.image, &mut directory);
        if index == 0 {
            georeference(info, &mut directory);
            metadata::write(&info.metadata, &mut directory)?;
        } else {
            directory.set(Tag::NewSubfileType, Value::Longs(vec![REDUCED]));
        }
        directories.push(directory);
        if plan.masked {
            let mut directory = DirectoryBuilder::new();
            let kind = if index == 0 { MASK } else { MASK | REDUCED };
            mask(kind, &mut directory);
            chunks(level, &places.mask, &mut directory);
            if index == 0 { directories.push(directory) } else { masks.push(directory) }
        }
    }
    directories.extend(masks);
    Ok(directories)
}

/// `NewSubfileType`: a smaller copy of another image.
const REDUCED: u32 = 1;
/// `NewSubfileType`: a transparency mask of another image.
const MASK: u32 = 4;

/// What the bits of a mask are.
fn mask(kind: u32, directory: &mut DirectoryBuilder) {
    let short = |value: u16| Value::Shorts(vec![value]);
    directory
        .set(Tag::NewSubfileType, Value::Longs(vec![kind]))
        .set(Tag::BitsPerSample, short(1))
        .set(Tag::Compression, short(MASK_CODEC.tag()))
        .set(Tag::PhotometricInterpretation, short(4))
        .set(Tag::SamplesPerPixel, short(1))
        .set(Tag::PlanarConfiguration, short(1))
        .set(Tag::SampleFormat, short(1));
}

/// What the samples are.
fn image(info: &Info, plan: &Plan, directory: &mut DirectoryBuilder) -> Result<()> {
    let short = |value: u16| Value::Shorts(vec![value]);
    let each = |value: u16| Value::Shorts(vec![value; info.bands.into()]);
    directory
        .set(Tag::BitsPerSample, each(info.dtype.bytes() as u16 * 8))
        .set(Tag::Compression, short(plan.compression.tag()))
        .set(Tag::SamplesPerPixel, short(info.bands))
        .set(Tag::PlanarConfiguration, short(if plan.apart { 2 } else { 1 }))
        .set(Tag::SampleFormat, each(sample_format(info.dtype)));
    let predictor = plan.predictor.tag();
    if predictor != 1 {
        directory.set(Tag::Predictor, short(predictor));
    }
    let (photometric, color_bands) = match &info.colors {
        Colors::WhiteIsZero => (0, 1),
        Colors::Gray => (1, 1),
        Colors::Rgb => (2, 3),
        Colors::Palette(table) => {
            // As many as there are indices; those that had none are black.
            let colors = table_len(info.dtype).unwrap_or(table.len()) / 3;
            let padded = table
                .chunks(table.len().div_ceil(3).max(1))
                .flat_map(|one| one.iter().copied().chain(std::iter::repeat(0)).take(colors));
            directory.set(Tag::ColorMap, Value::Shorts(padded.collect()));
            (3, 1)
        }
        Colors::Cmyk => (5, 4),
        // Lab has three; of what else there is nothing is known.
        Colors::Other(number @ 8..=10) if info.bands >= 3 => (*number, 3),
        Colors::Other(_) => (1, 1),
    };
    directory.set(Tag::PhotometricInterpretation, short(photometric));
    for (tag, value) in codec_parameters::entries(plan.compression, plan.bands_in_chunk())? {
        directory.set(tag, value);
    }
    if info.bands > color_bands {
        let mut extra = vec![0; usize::from(info.bands - color_bands)];
        if let Some(last) = extra.last_mut() {
            *last = match info.alpha {
                None => 0,
                Some(Alpha::Premultiplied) => 1,
                Some(Alpha::Straight) => 2,
            };
        }
        directory.set(Tag::ExtraSamples, Value::Shorts(extra));
    }
    if let Some(nodata) = info.nodata {
        directory.set(Tag::GdalNodata, Value::Ascii(nodata.to_string()));
    }
    Ok(())
}

/// Where the chunks of a level lie, and what they are of.
fn chunks(level: &LevelPlan, places: &[Placed], directory: &mut DirectoryBuilder) {
    let offsets = Value::Offsets(places.iter().map(|c| c.offset).collect());
    // A chunk of 4 GiB was refused when it was stored.
    let lengths = Value::Longs(places.iter().map(|c| c.bytes as u32).collect());
    directory
        .set(Tag::ImageWidth, Value::Longs(vec![level.size.width]))
        .set(Tag::ImageLength, Value::Longs(vec![level.size.height]));
    if level.tiled {
        // At most 8192.
        directory
            .set(Tag::TileWidth, Value::Shorts(vec![level.chunk.width as u16]))
            .set(Tag::TileLength, Value::Shorts(vec![level.chunk.height as u16]))
            .set(Tag::TileOffsets, offsets)
            .set(Tag::TileByteCounts, lengths);
    } else {
        directory
            .set(Tag::RowsPerStrip, Value::Longs(vec![level.chunk.height]))
            .set(Tag::StripOffsets, offsets)
            .set(Tag::StripByteCounts, lengths);
    }
}

/// Where the image lies.
fn georeference(info: &Info, directory: &mut DirectoryBuilder) {
    let is_point = info.metadata.pixel_is_point;
    let placed = info.grid.transform != GeoTransform::IDENTITY;
    match &info.metadata.gcps {
        Some(gcps) if !placed => georeference::set_gcps(gcps, is_point, directory),
        _ => georeference::set_transform(info.grid.transform, is_point, directory),
    }
    // A system that keys have no words for lies beside the file.
    let of_points = info.metadata.gcps.as_ref().filter(|_| !placed);
    let crs = info.grid.crs.as_ref().or_else(|| of_points?.crs.as_ref());
    let keys = crs.and_then(|crs| crs.to_geokeys().ok());
    // Keys that name no CRS are one without a name to GDAL.
    if keys.is_some() || is_point {
        georeference::set_geokeys(&keys.unwrap_or_default(), is_point, directory);
    }
}

/// The value of the `SampleFormat` tag.
fn sample_format(dtype: DataType) -> u16 {
    if dtype.is_complex() {
        if dtype.part().is_float() { 6 } else { 5 }
    } else if dtype.is_float() {
        3
    } else if dtype.is_signed_integer() {
        2
    } else {
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geotiff::{Interleave, Mask, WriteOptions};
    use crate::raster::{Grid, Size};

    #[test]
    fn the_ghost_area_states_its_own_length() {
        let grid = Grid { size: Size::new(9, 9), transform: GeoTransform::IDENTITY, crs: None };
        let info = Info::new(grid, 3, DataType::U8);
        // As GDAL's are.
        for (interleave, mask, bytes) in [
            (Interleave::Pixel, Mask::None, 140),
            (Interleave::Pixel, Mask::Internal, 174),
            (Interleave::Band, Mask::None, 156),
            (Interleave::Band, Mask::Internal, 156),
        ] {
            let options = WriteOptions { interleave, mask, ..WriteOptions::default() };
            let ghost = ghost(&Plan::new(&info, &options).expect("sound"));
            let (first, rest) = ghost.split_once('\n').expect("has lines");
            assert_eq!(first, format!("GDAL_STRUCTURAL_METADATA_SIZE={bytes:06} bytes"));
            assert_eq!(rest.len(), bytes);
        }
    }
}
