//! Codecs that hold images, and LZMA: the bands of real files, read through the library, against
//! what GDAL reads from them.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde_json::Value;
use sha2::{Digest, Sha256};
use swath::Result;
use swath::geotiff::{GeoTiff, OpenOptions};
use swath::ifd::{Chain, Header, Limits, Tag};
use swath::io::ByteSource;
use swath::raster::{Buffer, DataType};

mod common;

/// The Compression tags looked at here, and whether pixels may differ by a rounding.
const CODECS: [(u64, &str, bool); 7] = [
    (7, "JPEG", true),
    (34712, "JPEG 2000", false),
    (34887, "LERC", false),
    (34925, "LZMA", false),
    (50001, "WebP", true),
    (50002, "JPEG XL", false),
    (52546, "JPEG XL", false),
];

/// Files that GDAL gives as something else than what is stored, and why.
const CONVERTED: [(&str, &str); 4] = [
    ("gdalgen/complex_int16_lzma_p1_3b_band_s24_be.tif", "rasterio has no complex int16"),
    ("gdalgen/complex_int16_lzma_p1_3b_pixel_s30_le.tif", "rasterio has no complex int16"),
    (
        "haraldk__TwelveMonkeys/imageio/imageio-tiff-jdk-interop/src/test/resources/tiff/cmyk_jpeg.tif",
        "CMYK to RGB with opacity",
    ),
    ("python-pillow__Pillow/Tests/images/tiff_tiled_cmyk_jpeg.tif", "CMYK to RGB with opacity"),
];

/// How far band statistics may be from GDAL's where a codec is lossy: decoders round differently.
const MEAN: f64 = 0.5;
const STD: f64 = 1.0;
/// The same for the smallest and the largest sample, where statistics leave masked pixels out.
const RANGE: f64 = 4.0;

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Reads all pixels of the first image.
fn read(path: &Path) -> Result<Buffer> {
    let raster = GeoTiff::open(path, &OpenOptions::default())?.raster();
    raster.read(raster.info().grid.size.window())
}

/// Mean and standard deviation of a band of bytes, of the pixels that `valid` is not 0 for.
fn statistics(band: &[u8], valid: Option<&[u8]>) -> (f64, f64) {
    let all = band.iter().enumerate();
    let counted = all.filter(|(at, _)| valid.is_none_or(|valid| valid[*at] != 0));
    let (mut n, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for (_, &value) in counted {
        n += 1.0;
        sum += f64::from(value);
        squares += f64::from(value) * f64::from(value);
    }
    let mean = sum / n;
    (mean, (squares / n - mean * mean).max(0.0).sqrt())
}

/// How a file compares.
enum Verdict {
    Equal,
    Tolerated,
    Wrong(String),
}

fn compare(buffer: &Buffer, truth: &Value, lossy: bool) -> Verdict {
    let mut equal = true;
    let bands = truth["bands"].as_array().map_or(&[][..], Vec::as_slice);
    if bands.len() != usize::from(buffer.bands()) {
        return Verdict::Wrong(format!("{} bands for {}", buffer.bands(), bands.len()));
    }
    let alpha =
        truth["colorinterp"].as_array().is_some_and(|c| c.last().is_some_and(|c| c == "alpha"));
    for (index, band) in bands.iter().enumerate() {
        let pixels = buffer.plane_bytes(index as u16);
        if band["sha256"] == sha256(pixels) {
            continue;
        }
        equal = false;
        if !lossy || buffer.dtype() != DataType::U8 {
            return Verdict::Wrong(format!("band {} differs", index + 1));
        }
        if !alpha && band["n_valid"].as_u64() != Some(pixels.len() as u64) {
            // The statistics are those of what a mask leaves.
            let off = |key: &str, own: Option<&u8>| {
                (band[key].as_f64().unwrap_or(f64::NAN) - own.map_or(0.0, |&v| f64::from(v))).abs()
            };
            let low = off("raw_min", pixels.iter().min());
            let high = off("raw_max", pixels.iter().max());
            if !(low <= RANGE && high <= RANGE) {
                return Verdict::Wrong(format!("band {}: range off by {low}, {high}", index + 1));
            }
            continue;
        }
        let valid =
            (alpha && index + 1 < bands.len()).then(|| buffer.plane_bytes(buffer.bands() - 1));
        let (mean, std) = statistics(pixels, valid);
        let off = |key: &str, own: f64| (band[key].as_f64().unwrap_or(f64::NAN) - own).abs();
        let (mean, std) = (off("mean", mean), off("std", std));
        if !(mean <= MEAN && std <= STD) {
            return Verdict::Wrong(format!("band {}: mean off by {mean}, std by {std}", index + 1));
        }
    }
    if equal { Verdict::Equal } else { Verdict::Tolerated }
}

#[test]
fn bands_are_those_of_gdal() {
    let Some(data) = common::shared_data() else { return };
    let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (name, truth) in common::oracle(&data) {
        let tag = truth["struct"]["ifds"][0]["comp_id"].as_u64();
        let Some(&(_, codec, lossy)) = CODECS.iter().find(|(number, ..)| Some(*number) == tag)
        else {
            continue;
        };
        let large = ["w", "h"].map(|k| truth["struct"]["ifds"][0][k].as_u64().unwrap_or(0));
        if large[0] * large[1] > 1 << 26 {
            println!("{name}: too large to be read whole here");
            continue;
        }
        let [equal, tolerated, converted, neither] = counts.entry(codec).or_default();
        let gdal = &truth["gdal"];
        let fails = gdal.get("error").is_some() || gdal["bands"][0].get("error").is_some();
        match read(&data.join(&name)) {
            Ok(_) if CONVERTED.iter().any(|(known, _)| *known == name) => *converted += 1,
            Ok(buffer) if !fails => match compare(&buffer, gdal, lossy) {
                Verdict::Equal => *equal += 1,
                Verdict::Tolerated => *tolerated += 1,
                Verdict::Wrong(why) => wrong.push(format!("{codec}: {name}: {why}")),
            },
            Ok(buffer) => {
                // GDAL was built without the codec: tifffile's pixels, band beside band.
                let truth = &truth["struct"]["tifffile_page0"]["sha256"];
                let planes: Vec<_> = (0..buffer.bands()).map(|b| buffer.plane_bytes(b)).collect();
                let size = buffer.dtype().bytes();
                let mixed: Vec<u8> = (0..planes[0].len() / size)
                    .flat_map(|at| planes.iter().flat_map(move |p| &p[at * size..][..size]))
                    .copied()
                    .collect();
                if *truth == sha256(&mixed) || *truth == sha256(&planes.concat()) {
                    *equal += 1;
                } else {
                    wrong.push(format!("{codec}: {name}: GDAL fails, and tifffile differs"));
                }
            }
            Err(_) if fails => *neither += 1,
            Err(error) => wrong.push(format!("{codec}: {name}: {error}")),
        }
    }
    for (codec, [equal, tolerated, converted, neither]) in &counts {
        println!(
            "{codec}: {equal} equal, {tolerated} within the tolerance, {converted} converted by \
             GDAL, {neither} that GDAL cannot read either"
        );
    }
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Small files of each codec whose first chunk is damaged here.
const SMALL: [&str; 14] = [
    "gdalgen/uint8_jpeg_3b_ycbcr_pixel_tiled.tif",
    "gdalgen/uint8_jpeg_4b_rgb_pixel_strip.tif",
    "rouault__gdal/autotest/gcore/data/byte_jpg_unusual_jpegtable.tif",
    "gdalgen/uint8_webp_3b_rgb_pixel_tiled.tif",
    "gdalgen/uint8_webp_4b_rgb_pixel_strip.tif",
    "gdalgen/uint8_webp_lossless_3b.tif",
    "gdalgen/float32_lerc_p1_2b_pixel_t16x32_le.tif",
    "gdalgen/uint16_lerc_p1_1b_pixel_s36_le.tif",
    "gdalgen/int32_lerc_deflate_p1_4b_band_t32x16_le_big.tif",
    "gdalgen/float64_lerc_zstd_p1_3b_pixel_s16_le.tif",
    "gdalgen/uint16_lzma_p1_3b_pixel_s28_le.tif",
    "rouault__gdal/autotest/gcore/data/gtiff/byte_JXL_tiled.tif",
    "rouault__gdal/autotest/gcore/data/gtiff/rgbsmall_JXL.tif",
    "rouault__gdal/autotest/gcore/data/gtiff/rgbsmall_JXL_separate.tif",
];

/// How often each is damaged.
const ROUNDS: usize = 2000;

#[test]
fn damaged_chunks_neither_panic_nor_take_long() {
    let Some(data) = common::shared_data() else { return };
    let mut state = 9_u64;
    // Xorshift.
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % end
    };
    for name in SMALL {
        let whole = std::fs::read(data.join(name)).expect("the file is readable");
        let source = ByteSource::from_vec(whole.clone());
        let header = Header::read(&source).expect("a header");
        let chain = Chain::read(&source, &header, &Limits::default()).expect("directories");
        let first = |tags: [Tag; 2]| {
            let arrays = tags.map(|tag| chain.directories[0].array(&source, tag).ok().flatten());
            let array = arrays.into_iter().flatten().next().expect("a list of chunks");
            array.get(&source, 0).expect("a chunk") as usize
        };
        let from = first([Tag::TileOffsets, Tag::StripOffsets]);
        let len = first([Tag::TileByteCounts, Tag::StripByteCounts]);
        let start = Instant::now();
        let (mut read, mut slowest) = (0, 0.0_f64);
        for round in 0..ROUNDS {
            let mut bad = whole.clone();
            for _ in 0..=below(3) {
                // Heads are damaged more often than what follows them.
                let range = if round % 2 == 0 { len.min(48) } else { len };
                bad[from + below(range)] = below(256) as u8;
            }
            let began = Instant::now();
            let raster =
                GeoTiff::from_bytes(bad, &OpenOptions::default()).expect("directories").raster();
            read += usize::from(raster.read(raster.info().grid.size.window()).is_ok());
            slowest = slowest.max(began.elapsed().as_secs_f64());
        }
        println!("{name}: {read} of {ROUNDS} read, {:?}, at most {slowest} s", start.elapsed());
        assert!(slowest < 2.0, "{name}: a damaged chunk took {slowest} s");
    }
}
