//! From XML to bands and their sources.

use std::path::PathBuf;
use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::raster::{
    Alpha, BandMetadata, ColorInterpretation, Colors, DataType, GeoTransform, Grid, Info, Masked,
    Metadata, NoData, Size,
};

/// Elements and texts in a file: some 40,000 sources.
const MOST_NODES: u32 = 1 << 20;
/// Points of one table of values.
const MOST_POINTS: usize = 1 << 16;

/// A rectangle, which may begin and end within a pixel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// Where samples of a band come from.
#[derive(Debug, Clone)]
pub(super) struct Piece {
    pub(super) path: PathBuf,
    /// From 0.
    pub(super) band: u16,
    /// The pixels there; `None` for all.
    pub(super) from: Option<Rect>,
    /// The pixels here; `None` for all, or for as many as there if those are not said either.
    pub(super) to: Option<Rect>,
    /// The value of samples that are passed over.
    pub(super) nodata: Option<f64>,
    /// Whether samples that its mask or nodata value makes invalid are passed over.
    pub(super) masked: bool,
    /// What values are multiplied by, and what is added then.
    pub(super) scale: Option<(f64, f64)>,
    /// Values and what becomes of them, in between by straight lines.
    pub(super) table: Vec<(f64, f64)>,
}

/// A band: what stands for no value, and its pieces, the lowest first.
#[derive(Debug)]
pub(super) struct Band {
    pub(super) nodata: Option<NoData>,
    /// What is where no piece is: the nodata value, though no sample can have it.
    pub(super) fill: Option<NoData>,
    pub(super) pieces: Vec<Piece>,
}

/// Finds the file of a source by its name, and whether that is relative.
type Find<'a> = dyn Fn(&str, bool) -> Result<PathBuf> + 'a;

/// Reads a virtual raster.
pub(super) fn parse(text: &str, find: &Find<'_>) -> Result<(Info, Vec<Band>)> {
    let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options)
        .map_err(|e| Error::format("XML").expected("a document").found(e))?;
    let root = document.root_element();
    if !root.has_tag_name("VRTDataset") {
        return Err(Error::format("virtual raster")
            .expected("VRTDataset")
            .found(root.tag_name().name()));
    }
    refuse_subclass(root)?;
    let size = Size::new(side(root, "rasterXSize")?, side(root, "rasterYSize")?);
    let mut grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    let (mut bands, mut dtypes, mut metadata) = (Vec::new(), Vec::new(), Metadata::default());
    let mut colors = None;
    for node in root.children().filter(Node::is_element) {
        match node.tag_name().name() {
            "SRS" => {
                let text = node.text().unwrap_or_default().trim();
                grid.crs = Crs::parse(text).ok();
                metadata.crs_text = (grid.crs.is_none() && !text.is_empty()).then(|| text.into());
            }
            "GeoTransform" => {
                let numbers = list(node, ',').and_then(|n| <[f64; 6]>::try_from(n).ok());
                let numbers = numbers.ok_or_else(|| wrong("GeoTransform", "six numbers", node))?;
                grid.transform = GeoTransform::from_gdal(numbers);
            }
            "MaskBand" => return Err(Error::unsupported("a mask band in a virtual raster")),
            "VRTRasterBand" => {
                let (band, dtype, said) = read_band(node, find)?;
                dtypes.push(dtype);
                let index = u16::try_from(bands.len())
                    .map_err(|_| Error::limit("bands").expected("at most 65535"))?;
                if let Some(table) = node.children().find(|n| n.has_tag_name("ColorTable")) {
                    colors = palette(table, dtype);
                }
                metadata.bands.insert(index, said);
                bands.push(band);
            }
            _ => {}
        }
    }
    let Some(&dtype) = dtypes.first() else {
        return Err(Error::format("virtual raster").expected("a band").found("none"));
    };
    if let Some(other) = dtypes.iter().find(|other| **other != dtype) {
        return Err(Error::unsupported("bands of several types in a virtual raster")
            .found(format!("{dtype} and {other}")));
    }
    let count = bands.len() as u16;
    let mut info = Info::new(grid, count, dtype);
    info.chunk = Size::new(256.min(size.width), 256.min(size.height));
    let color = |band: u16| metadata.bands.get(&band).and_then(|b| b.color);
    if count > 1 && color(count - 1) == Some(ColorInterpretation::Alpha) {
        info.alpha = Some(Alpha::Straight);
    }
    let rgb = [ColorInterpretation::Red, ColorInterpretation::Green, ColorInterpretation::Blue];
    if (0u16..).zip(rgb).all(|(band, wanted)| color(band) == Some(wanted)) {
        info.colors = Colors::Rgb;
    }
    if let Some(colors) = colors.filter(|_| count == 1) {
        info.colors = colors;
    }
    // A NaN equals a NaN here.
    let text = |band: &Band| band.nodata.map(|n| n.to_string());
    if bands.iter().all(|band| text(band) == text(&bands[0])) {
        info.nodata = bands[0].nodata;
    } else {
        info.masked = Masked::EachBand;
    }
    info.metadata = Arc::new(metadata);
    Ok((info, bands))
}

fn wrong(what: &str, expected: &str, node: Node<'_, '_>) -> Error {
    let found: String = node.text().unwrap_or_default().chars().take(80).collect();
    Error::format(what).expected(expected).found(format!("{found:?}"))
}

fn refuse_subclass(node: Node<'_, '_>) -> Result<()> {
    match node.attribute("subClass") {
        None => Ok(()),
        Some(name) => Err(Error::unsupported("a virtual raster that is computed").found(name)),
    }
}

fn side(node: Node<'_, '_>, name: &str) -> Result<u32> {
    let found = node.attribute(name);
    let number = found.and_then(|text| text.trim().parse::<i32>().ok()).filter(|&n| n > 0);
    number.map(i32::cast_unsigned).ok_or_else(|| {
        Error::format(name).expected("a number of pixels").found(found.unwrap_or("none"))
    })
}

fn list(node: Node<'_, '_>, by: char) -> Option<Vec<f64>> {
    let numbers = node.text()?.split(by).map(|part| part.trim().parse::<f64>());
    let numbers: Vec<f64> = numbers.collect::<Result<_, _>>().ok()?;
    numbers.iter().all(|v| v.is_finite()).then_some(numbers)
}

fn data_type(name: &str) -> Option<DataType> {
    Some(match name {
        "Byte" => DataType::U8,
        "Int8" => DataType::I8,
        "UInt16" => DataType::U16,
        "Int16" => DataType::I16,
        "UInt32" => DataType::U32,
        "Int32" => DataType::I32,
        "UInt64" => DataType::U64,
        "Int64" => DataType::I64,
        "Float32" => DataType::F32,
        "Float64" => DataType::F64,
        _ => return None,
    })
}

fn read_band(node: Node<'_, '_>, find: &Find<'_>) -> Result<(Band, DataType, BandMetadata)> {
    refuse_subclass(node)?;
    let name = node.attribute("dataType").unwrap_or("Byte");
    let dtype = data_type(name)
        .ok_or_else(|| Error::unsupported("type of a virtual raster's band").found(name))?;
    let mut band = Band { nodata: None, fill: None, pieces: Vec::new() };
    let mut said = BandMetadata::default();
    for node in node.children().filter(Node::is_element) {
        let text = || node.text().unwrap_or_default().trim();
        match node.tag_name().name() {
            "NoDataValue" => {
                let value = NoData::parse(text());
                let value = value.ok_or_else(|| wrong("NoDataValue", "a number", node))?;
                band.fill = Some(value);
                band.nodata = band.fill.filter(|n| dtype.is_float() || n.fits(dtype));
            }
            "Description" => said.description = Some(text().to_owned()),
            "UnitType" => said.unit = Some(text().to_owned()),
            "Scale" => said.scale = text().parse().ok(),
            "Offset" => said.offset = text().parse().ok(),
            "ColorInterp" => said.color = ColorInterpretation::parse(text()),
            "SimpleSource" => band.pieces.push(piece(node, false, find)?),
            "ComplexSource" => band.pieces.push(piece(node, true, find)?),
            "MaskBand" => return Err(Error::unsupported("a mask band in a virtual raster")),
            other if other.ends_with("Source") => {
                return Err(Error::unsupported("a source of a virtual raster")
                    .expected("SimpleSource or ComplexSource")
                    .found(other));
            }
            _ => {}
        }
    }
    Ok((band, dtype, said))
}

fn piece(node: Node<'_, '_>, complex: bool, find: &Find<'_>) -> Result<Piece> {
    let child = |name: &str| node.children().find(|n| n.has_tag_name(name));
    let number = |name: &str| -> Result<Option<f64>> {
        let Some(node) = child(name) else { return Ok(None) };
        let value = node.text().and_then(|text| text.trim().parse().ok());
        value.map(Some).ok_or_else(|| wrong(name, "a number", node))
    };
    let file = child("SourceFilename").ok_or_else(|| Error::format("a source without a file"))?;
    let relative = file.attribute("relativeToVRT") == Some("1");
    let path = find(file.text().unwrap_or_default(), relative)?;
    let band = child("SourceBand").and_then(|n| n.text()).unwrap_or("1").trim();
    let band = band.parse::<u16>().ok().and_then(|n| n.checked_sub(1)).ok_or_else(|| {
        Error::unsupported("SourceBand").expected("a number from 1").found(format!("{band:?}"))
    })?;
    let rect = |name: &str| child(name).map(rectangle).transpose();
    let mut piece = Piece {
        path,
        band,
        from: rect("SrcRect")?,
        to: rect("DstRect")?,
        nodata: None,
        masked: false,
        scale: None,
        table: Vec::new(),
    };
    let resampling = node.attribute("resampling").unwrap_or("nearest");
    if !resampling.eq_ignore_ascii_case("nearest") {
        return Err(Error::unsupported("resampling in a virtual raster").found(resampling));
    }
    if complex {
        for name in ["Exponent", "SrcMin", "SrcMax", "DstMin", "DstMax", "ColorTableComponent"] {
            if child(name).is_some() {
                return Err(Error::unsupported("a source of a virtual raster").found(name));
            }
        }
        piece.nodata = number("NODATA")?;
        piece.masked = child("UseMaskBand").and_then(|n| n.text()) == Some("true");
        let (ratio, offset) = (number("ScaleRatio")?, number("ScaleOffset")?);
        if ratio.is_some() || offset.is_some() {
            piece.scale = Some((ratio.unwrap_or(1.0), offset.unwrap_or(0.0)));
        }
        if let Some(lut) = child("LUT") {
            piece.table = table(lut)?;
        }
    }
    Ok(piece)
}

fn rectangle(node: Node<'_, '_>) -> Result<Rect> {
    let part = |name: &str| {
        let value = node.attribute(name).and_then(|text| text.trim().parse::<f64>().ok());
        value.filter(|v| v.is_finite() && v.abs() < 2f64.powi(40)).ok_or_else(|| {
            Error::format(format!("{name} of {}", node.tag_name().name()))
                .expected("a number of pixels")
                .found(node.attribute(name).unwrap_or("none"))
        })
    };
    let rect =
        Rect { x: part("xOff")?, y: part("yOff")?, width: part("xSize")?, height: part("ySize")? };
    if rect.width > 0.0 && rect.height > 0.0 {
        return Ok(rect);
    }
    Err(Error::format(node.tag_name().name()).expected("a width and height above 0"))
}

fn table(node: Node<'_, '_>) -> Result<Vec<(f64, f64)>> {
    let bad = || wrong("LUT", "pairs such as 0:10,255:20, growing", node);
    let text = node.text().unwrap_or_default();
    let pair = |part: &str| {
        let (x, y) = part.split_once(':')?;
        Some((x.trim().parse().ok()?, y.trim().parse().ok()?))
    };
    let points = text.split(',').take(MOST_POINTS).map(pair);
    let points: Vec<(f64, f64)> = points.collect::<Option<_>>().ok_or_else(bad)?;
    let grows = points.windows(2).all(|pair| pair[0].0 < pair[1].0);
    if grows { Ok(points) } else { Err(bad()) }
}

fn palette(node: Node<'_, '_>, dtype: DataType) -> Option<Colors> {
    let len = match dtype {
        DataType::U8 => 1usize << 8,
        DataType::U16 => 1 << 16,
        _ => return None,
    };
    let entries: Vec<_> = node.children().filter(|n| n.has_tag_name("Entry")).take(len).collect();
    let value = |name: &str, at: usize| {
        let text = entries.get(at).and_then(|entry| entry.attribute(name));
        text.and_then(|v| v.trim().parse::<u8>().ok()).map_or(0, |v| u16::from(v) * 257)
    };
    let all = ["c1", "c2", "c3"].into_iter().flat_map(|name| (0..len).map(move |at| (name, at)));
    Some(Colors::Palette(all.map(|(name, at)| value(name, at)).collect()))
}
