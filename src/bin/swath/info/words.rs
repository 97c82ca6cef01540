//! The words that `swath info` says things in.

use serde_json::{Value, json};
use swath::codec::{Compression, Fax, LercPacking};
use swath::geotiff::{Image, Interleave};
use swath::io::ByteOrder;
use swath::raster::{ColorInterpretation, DataType, GeoTransform, Info, NoData, Validity};

/// What the bands mean as colours; of many bands that mean nothing, how many.
pub(super) fn colors(info: &Info) -> String {
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
pub(super) fn validity(validity: Validity) -> &'static [&'static str] {
    match validity {
        Validity::All => &["ALL_VALID"],
        Validity::NoData => &["NODATA"],
        Validity::Mask => &["PER_DATASET"],
        Validity::Alpha => &["PER_DATASET", "ALPHA"],
        _ => &["PER_BAND"],
    }
}

pub(super) fn size_text(image: &Image) -> String {
    format!("{} x {}", image.layout().size.width, image.layout().size.height)
}

pub(super) fn nodata_json(nodata: NoData) -> Value {
    match nodata {
        NoData::Integer(i) => i64::try_from(i)
            .map(Value::from)
            .or_else(|_| u64::try_from(i).map(Value::from))
            .unwrap_or_else(|_| json!(i.to_string())),
        NoData::Float(x) => number(x),
    }
}

/// JSON has no NaN or infinity: they are strings, as gdalinfo writes them.
pub(super) fn number(value: f64) -> Value {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity" } else { "-Infinity" }.into()
    } else {
        json!(value)
    }
}

pub(super) fn gdal_type(dtype: DataType) -> &'static str {
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

pub(super) fn codec(compression: Compression) -> &'static str {
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

pub(super) fn interleave(interleave: Interleave) -> &'static str {
    match interleave {
        Interleave::Pixel => "PIXEL",
        Interleave::Band => "BAND",
    }
}

pub(super) fn order(order: ByteOrder) -> &'static str {
    match order {
        ByteOrder::Little => "little endian",
        ByteOrder::Big => "big endian",
    }
}

/// Whether a virtual raster says where it lies.
pub(super) fn has_transform(info: &Info) -> bool {
    info.grid.transform != GeoTransform::IDENTITY
}
