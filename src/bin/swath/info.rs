//! `swath info`: shows what a file is.

use std::fmt::Write;

use serde_json::{Value, json};
use swath::Result;
use swath::codec::{Compression, Fax, LercPacking, Predictor};
use swath::geotiff::{GeoTiff, Image, Interleave};
use swath::io::ByteOrder;
use swath::raster::{ColorInterpretation, DataType, Info, NoData, Point, Validity};

use crate::args::InfoArgs;
use crate::report::say;

pub(crate) fn run(args: &InfoArgs) -> Result<()> {
    let file = GeoTiff::open(&args.file, &args.read.options())?;
    let name = args.file.display().to_string();
    if args.json {
        say(&format!("{:#}\n", machine(&name, &file)))
    } else {
        say(&human(&name, &file))
    }
}

/// The corners and the centre, as gdalinfo names them, in pixels of a unit square.
const CORNERS: [(&str, f64, f64); 5] = [
    ("upperLeft", 0.0, 0.0),
    ("lowerLeft", 0.0, 1.0),
    ("lowerRight", 1.0, 1.0),
    ("upperRight", 1.0, 0.0),
    ("center", 0.5, 0.5),
];

fn corner(image: &Image, x: f64, y: f64) -> Point {
    let size = image.layout().size;
    let pixel = Point { x: x * f64::from(size.width), y: y * f64::from(size.height) };
    image.info().grid.transform.apply(pixel)
}

fn human(name: &str, file: &GeoTiff) -> String {
    let (image, mut text) = (file.image(), String::new());
    let (layout, info) = (image.layout(), image.info());
    // Writing to a string cannot fail.
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key:<12} {value}");
    };
    line("file", name.to_owned());
    let kind = if file.is_big() { "BigTIFF" } else { "TIFF" };
    line("format", format!("{kind}, {}", order(layout.order)));
    line("size", format!("{} x {} pixels", layout.size.width, layout.size.height));
    line("bands", format!("{} of {}, {}", layout.bands, layout.dtype, colors(info)));
    let crs = info.grid.crs.as_ref();
    line("crs", crs.map_or("none".into(), |c| format!("{c}, {}", c.name())));
    let transform = info.grid.transform;
    if image.has_transform() {
        line("origin", format!("{}, {}", transform.origin_x, transform.origin_y));
        line("pixel", format!("{}, {}", transform.pixel_width, transform.pixel_height));
        if !transform.is_unrotated() {
            let rotation = format!("{}, {}", transform.row_rotation, transform.column_rotation);
            line("rotation", rotation);
        }
        let b = info.grid.bounds();
        line("bounds", format!("{}, {}, {}, {}", b.left, b.bottom, b.right, b.top));
    } else {
        line("position", "none".into());
    }
    line("pixel is", if image.pixel_is_point() { "point" } else { "area" }.into());
    line("nodata", info.nodata.map_or("none".into(), |n| n.to_string()));
    let chunk = layout.chunk;
    let shape = if layout.tiled { "tiles" } else { "strips" };
    line("chunks", format!("{} {shape} of {} x {}", layout.chunks(), chunk.width, chunk.height));
    let predictor = match layout.predictor {
        Predictor::None => "no predictor",
        Predictor::Horizontal => "horizontal predictor",
        Predictor::Float => "float predictor",
    };
    line("compression", format!("{}, {predictor}", codec(layout.compression).to_lowercase()));
    line("interleave", interleave(layout.interleave).to_lowercase());
    let overviews: Vec<_> = image.overviews().map(size_text).collect();
    line("overviews", if overviews.is_empty() { "none".into() } else { overviews.join(", ") });
    line("validity", validity(info.validity(0)).join(", "));
    let masks = std::iter::once(image).chain(image.overviews()).filter(|i| i.mask().is_some());
    if file.pages() > 1 + image.overviews().len() + masks.count() {
        line("pages", file.pages().to_string());
    }
    crate::said::human(&info.metadata, &mut line);
    text
}

/// What the bands mean as colours; of many bands that mean nothing, how many.
fn colors(info: &Info) -> String {
    let known = (0..info.bands).rev().find(|&b| info.color(b) != ColorInterpretation::Undefined);
    let known = known.map_or(0, |last| last + 1);
    let mut names: Vec<_> = (0..known).map(|b| info.color(b).name().to_owned()).collect();
    match info.bands - known {
        0 => {}
        1 => names.push("Undefined".into()),
        rest => names.push(format!("{rest} Undefined")),
    }
    names.join(", ")
}

/// The words of GDAL's mask flags.
fn validity(validity: Validity) -> &'static [&'static str] {
    match validity {
        Validity::All => &["ALL_VALID"],
        Validity::NoData => &["NODATA"],
        Validity::Mask => &["PER_DATASET"],
        Validity::Alpha => &["PER_DATASET", "ALPHA"],
        _ => &["PER_BAND"],
    }
}

fn size_text(image: &Image) -> String {
    format!("{} x {}", image.layout().size.width, image.layout().size.height)
}

/// The JSON form. Keys that gdalinfo has mean what they mean there; what it has
/// no key for is under `swath`.
fn machine(name: &str, file: &GeoTiff) -> Value {
    let image = file.image();
    let (layout, info) = (image.layout(), image.info());
    let mut out = json!({
        "description": name,
        "driverShortName": "GTiff",
        "driverLongName": "GeoTIFF",
        "size": [layout.size.width, layout.size.height],
    });
    if let Some(crs) = &info.grid.crs {
        let epsg = crs.epsg();
        out["coordinateSystem"] = json!({ "name": crs.name(), "epsg": epsg });
    }
    if image.has_transform() {
        out["geoTransform"] = json!(info.grid.transform.to_gdal());
    }
    let mut structure = json!({ "INTERLEAVE": interleave(layout.interleave) });
    if layout.compression != Compression::None {
        structure["COMPRESSION"] = codec(layout.compression).into();
    }
    if layout.predictor != Predictor::None {
        structure["PREDICTOR"] = layout.predictor.tag().to_string().into();
    }
    let meaning = if image.pixel_is_point() { "Point" } else { "Area" };
    let mut domains = crate::said::domains(&info.metadata.domains);
    domains.entry("").or_insert(json!({}))["AREA_OR_POINT"] = meaning.into();
    domains.insert("IMAGE_STRUCTURE".into(), structure);
    crate::said::machine(&info.metadata, &mut domains, &mut out);
    out["metadata"] = domains.into();
    out["cornerCoordinates"] = CORNERS
        .iter()
        .map(|&(key, x, y)| {
            let at = corner(image, x, y);
            (key.to_owned(), json!([at.x, at.y]))
        })
        .collect::<serde_json::Map<_, _>>()
        .into();
    let overviews: Vec<_> = image
        .overviews()
        .map(|o| json!({ "size": [o.layout().size.width, o.layout().size.height] }))
        .collect();
    let band = |index: u16| {
        let mut band = json!({
            "band": u32::from(index) + 1,
            "block": [layout.chunk.width, layout.chunk.height],
            "type": gdal_type(layout.dtype),
            "colorInterpretation": info.color(index).name(),
            "mask": { "flags": validity(info.validity(index)) },
        });
        if let Some(said) = info.metadata.bands.get(&index) {
            crate::said::band(said, &mut band);
        }
        if layout.bits != layout.dtype.bytes() as u16 * 8 {
            band["metadata"]["IMAGE_STRUCTURE"]["NBITS"] = layout.bits.to_string().into();
        }
        if let Some(nodata) = info.nodata {
            band["noDataValue"] = nodata_json(nodata);
        }
        if !overviews.is_empty() {
            band["overviews"] = json!(overviews);
        }
        band
    };
    out["bands"] = (0..info.bands).map(band).collect();
    out["swath"] = json!({
        "bigtiff": file.is_big(),
        "byteOrder": order(layout.order),
        "tiled": layout.tiled,
        "chunks": layout.chunks(),
        "dtype": layout.dtype.name(),
        "pages": file.pages(),
    });
    out
}

/// JSON has no NaN or infinity: they are strings, as gdalinfo writes them.
fn nodata_json(nodata: NoData) -> Value {
    match nodata {
        NoData::Integer(i) => i64::try_from(i)
            .map(Value::from)
            .or_else(|_| u64::try_from(i).map(Value::from))
            .unwrap_or_else(|_| json!(i.to_string())),
        NoData::Float(x) if x.is_nan() => "NaN".into(),
        NoData::Float(x) if x.is_infinite() => {
            if x > 0.0 { "Infinity" } else { "-Infinity" }.into()
        }
        NoData::Float(x) => json!(x),
    }
}

fn gdal_type(dtype: DataType) -> &'static str {
    match dtype {
        DataType::U8 => "Byte",
        DataType::I8 => "Int8",
        DataType::U16 => "UInt16",
        DataType::I16 => "Int16",
        DataType::U32 => "UInt32",
        DataType::I32 => "Int32",
        DataType::U64 => "UInt64",
        DataType::I64 => "Int64",
        DataType::F32 => "Float32",
        DataType::F64 => "Float64",
        DataType::CI16 => "CInt16",
        DataType::CI32 => "CInt32",
        DataType::CF32 => "CFloat32",
        DataType::CF64 => "CFloat64",
        _ => "Unknown",
    }
}

fn codec(compression: Compression) -> &'static str {
    match compression {
        Compression::None => "NONE",
        Compression::Deflate { .. } => "DEFLATE",
        Compression::Lzw => "LZW",
        Compression::PackBits => "PACKBITS",
        Compression::Zstd { .. } => "ZSTD",
        Compression::Ccitt(Fax::Rle) => "CCITTRLE",
        Compression::Ccitt(Fax::RleWords) => "CCITTRLEW",
        Compression::Ccitt(Fax::Group3 { .. }) => "CCITTFAX3",
        Compression::Ccitt(Fax::Group4) => "CCITTFAX4",
        Compression::Jpeg { ycbcr: true, .. } => "YCbCr JPEG",
        Compression::Jpeg { ycbcr: false, .. } => "JPEG",
        Compression::Jpeg2000 => "JPEG2000",
        Compression::JpegXl => "JXL",
        Compression::Lerc { packing: LercPacking::None, .. } => "LERC",
        Compression::Lerc { packing: LercPacking::Deflate { .. }, .. } => "LERC_DEFLATE",
        Compression::Lerc { packing: LercPacking::Zstd { .. }, .. } => "LERC_ZSTD",
        Compression::Lzma { .. } => "LZMA",
        Compression::WebP => "WEBP",
        _ => "UNKNOWN",
    }
}

fn interleave(interleave: Interleave) -> &'static str {
    match interleave {
        Interleave::Pixel => "PIXEL",
        Interleave::Band => "BAND",
    }
}

fn order(order: ByteOrder) -> &'static str {
    match order {
        ByteOrder::Little => "little endian",
        ByteOrder::Big => "big endian",
    }
}
