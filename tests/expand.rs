//! Colours spelled out: against GDAL's tables and colours, libtiff's inks, and CSS.

use serde_json::Value;
use sha2::{Digest, Sha256};
use swath::Error;
use swath::ops::expand::Expand;
use swath::raster::{
    Buffer, Colors, DataType, GeoTransform, Grid, Info, Masked, NoData, Pool, Raster, Size,
};

mod common;

fn hash(pixels: &Buffer, band: u16) -> String {
    Sha256::digest(pixels.plane_bytes(band)).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The first 16 digits of the SHA-256 of each band that rasterio 1.5.2 (GDAL
/// 3.12.2) gives by `colormap(1)` of the samples.
const TABLES: [(&str, [&str; 3]); 6] = [
    ("gdalgen/palette.tif", ["e3fbf3418da31eed", "37f886f9ab54a7d4", "d50b6da07ce97077"]),
    (
        "georust__gdal/fixtures/test_color_table.tif",
        ["32e615d609b54896", "45152c64d4bf9d98", "d938dd8bd283b7f8"],
    ),
    ("gdalgen/uint8_nbits1_lzw.tif", ["e3f348f9f05a9178"; 3]),
    ("developmentseed__async-tiff/fixtures/image-tiff/palette-1c-1b.tiff", ["8d374877da140927"; 3]),
    ("gdalgen/miniswhite.tif", ["84c8e0b4f8487d36"; 3]),
    ("image-rs__image-tiff/tests/images/miniswhite-1c-3b.tiff", ["7f4f7f93b4ec5c50"; 3]),
];

#[test]
fn tables_and_inks_become_what_gdal_makes_of_them() {
    let Some(data) = common::shared_data() else { return };
    for (name, wanted) in TABLES {
        let raster = swath::open(data.join(name)).expect("opens").expand(Expand::Rgb).expect(name);
        let pixels = raster.read(raster.info().grid.size.window()).expect("reads");
        assert_eq!((pixels.bands(), pixels.dtype()), (3, DataType::U8), "{name}");
        for (band, wanted) in (0..).zip(wanted) {
            assert_eq!(hash(&pixels, band)[..16], *wanted, "{name}: band {band}");
        }
    }
    // GDAL itself gives RGB for CMYK of 8 bits.
    let oracle = common::oracle(&data);
    for name in
        ["gdalgen/cmyk.tif", "image-rs__image-tiff/tests/images/seq/seq-4c-8b-cmyk-352ac1da.tiff"]
    {
        let raster = swath::open(data.join(name)).expect("opens").expand(Expand::Rgb).expect(name);
        let pixels = raster.read(raster.info().grid.size.window()).expect("reads");
        let bands: &Vec<Value> = oracle[name]["gdal"]["bands"].as_array().expect("a list");
        for band in 0..3 {
            let wanted = bands[usize::from(band)]["sha256"].as_str();
            assert_eq!(Some(&*hash(&pixels, band)), wanted, "{name}: band {band}");
        }
    }
}

/// One pixel a value of each band.
fn raster(colors: Colors, dtype: DataType, bands: &[&[u16]], nodata: Option<NoData>) -> Raster {
    let size = Size::new(bands[0].len() as u32, 1);
    let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    let mut info = Info::new(grid, bands.len() as u16, dtype);
    (info.colors, info.nodata) = (colors, nodata);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), info.bands, dtype);
    for (band, values) in (0..).zip(bands) {
        match dtype {
            DataType::U8 => {
                let to = pixels.plane_mut::<u8>(band).iter_mut();
                to.zip(*values).for_each(|(to, &v)| *to = v as u8);
            }
            _ => pixels.plane_mut::<u16>(band).copy_from_slice(values),
        }
    }
    if let Some(nodata) = nodata {
        pixels.add_mask();
        for (at, &value) in bands[0].iter().enumerate() {
            if f64::from(value) == nodata.to_f64() {
                pixels.valid_mut(0).expect("made")[at] = 0;
            }
        }
    }
    Raster::from_buffer(info, pixels).expect("a raster")
}

fn read(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

#[test]
fn lab_becomes_the_srgb_of_css() {
    // CSS Color 4: red, green (#008000), blue and white in CIE L*a*b* of D50.
    let colors: [([f64; 3], [f64; 3]); 4] = [
        ([54.2905, 80.8049, 69.8910], [255.0, 0.0, 0.0]),
        ([46.2775, -47.5621, 48.5837], [0.0, 128.0, 0.0]),
        ([29.5683, 68.2874, -112.0297], [0.0, 0.0, 255.0]),
        ([100.0, 0.0, 0.0], [255.0, 255.0, 255.0]),
    ];
    let l: Vec<u16> = colors.iter().map(|(lab, _)| (lab[0] * 655.35) as u16).collect();
    let signed = |at: usize| colors.iter().map(move |(lab, _)| (lab[at] * 256.0) as i16 as u16);
    let offset = |at: usize| colors.iter().map(move |(lab, _)| ((lab[at] + 128.0) * 256.0) as u16);
    let icc_l: Vec<u16> = colors.iter().map(|(lab, _)| (lab[0] * 652.8) as u16).collect();
    let (a, b): (Vec<u16>, Vec<u16>) = (signed(1).collect(), signed(2).collect());
    let (icc_a, icc_b): (Vec<u16>, Vec<u16>) = (offset(1).collect(), offset(2).collect());
    for (number, bands) in [(8, [&l, &a, &b]), (9, [&icc_l, &icc_a, &icc_b])] {
        let bands = bands.map(|band| &band[..]);
        let lab = raster(Colors::Other(number), DataType::U16, &bands, None);
        let rgb = read(&lab.expand(Expand::Rgb).expect("RGB"));
        for (at, (_, wanted)) in colors.iter().enumerate() {
            for band in 0..3 {
                let found = f64::from(rgb.plane::<u16>(band)[at]) / 257.0;
                let wanted = wanted[usize::from(band)];
                assert!((found - wanted).abs() < 0.5, "{number}: {at}: {band}: {found} {wanted}");
            }
        }
    }
}

#[test]
fn greys_invert_and_validity_goes_along() {
    let white =
        || raster(Colors::WhiteIsZero, DataType::U8, &[&[0, 7, 255]], Some(NoData::Integer(7)));
    let gray = white().expand(Expand::Gray).expect("grey");
    assert_eq!(gray.info().nodata, Some(NoData::Integer(248)));
    let pixels = read(&gray);
    assert_eq!(pixels.plane::<u8>(0), [255, 248, 0]);
    assert_eq!(pixels.valid(0), Some(&[255, 0, 255][..]));
    let rgb = white().expand(Expand::Rgb).expect("RGB");
    assert_eq!((rgb.info().bands, rgb.info().colors.clone()), (3, Colors::Rgb));
    assert_eq!(read(&rgb).plane::<u8>(2), [255, 248, 0]);
    assert_eq!(rgb.expand(Expand::Rgb).expect("stays").info(), rgb.info());

    // A table of scaled bytes, one of multiples of 256, one of bytes; opacity stays behind.
    for (scale, table) in [(257, 65535), (256, 65280), (1, 255)] {
        let table = [0, 10 * scale, 0, 0, table, 0, 0, 0, table];
        let palette = Colors::Palette(table.as_slice().into());
        let index =
            raster(palette, DataType::U8, &[&[0, 1, 2], &[9, 8, 7]], Some(NoData::Integer(1)));
        let rgb = index.expand(Expand::Rgb).expect("RGB");
        assert_eq!((rgb.info().nodata, rgb.info().masked), (None, Masked::Shared));
        let pixels = read(&rgb);
        let planes: Vec<_> = (0..4).map(|band| pixels.plane::<u8>(band)).collect();
        assert_eq!(planes, [[0, 10, 0], [0, 255, 0], [0, 0, 255], [9, 8, 7]]);
        assert_eq!(pixels.valid(1), Some(&[255, 0, 255][..]));
        assert!(matches!(index.expand(Expand::Gray), Err(Error::Usage(_))));
    }
    let other = raster(Colors::Other(32844), DataType::U16, &[&[1]], None);
    assert!(matches!(other.expand(Expand::Rgb), Err(Error::Unsupported(_))));
}
