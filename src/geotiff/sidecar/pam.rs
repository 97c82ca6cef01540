//! GDAL's persistent auxiliary metadata (`.aux.xml`): what it says wins over
//! what the file itself says, item by item.

use std::collections::BTreeMap;
use std::sync::Arc;

use roxmltree::{Document, Node, ParsingOptions};

use super::read_crs;
use crate::error::{Error, Result};
use crate::raster::{
    BandMetadata, ColorInterpretation, Colors, DataType, Gcp, Gcps, GeoTransform, Info, Items,
    Masked, Metadata, NoData, Point, Rpc,
};

/// Elements and texts in a file; a table of 65,536 colours has 131,072.
const MOST_NODES: u32 = 1 << 19;

/// What a file of auxiliary metadata says.
#[derive(Debug, Default)]
pub(super) struct Pam {
    crs: Option<String>,
    transform: Option<GeoTransform>,
    gcps: Option<(Option<String>, Vec<Gcp>)>,
    /// Control points of ArcGIS: in inches from the lower left corner.
    inches: Option<(Option<String>, Vec<Gcp>)>,
    domains: BTreeMap<String, Items>,
    bands: BTreeMap<u16, Band>,
}

#[derive(Debug, Default)]
struct Band {
    said: BandMetadata,
    nodata: Option<NoData>,
    /// Red, green, blue of each entry.
    colors: Vec<[u8; 3]>,
}

impl Pam {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let options = ParsingOptions { nodes_limit: MOST_NODES, ..ParsingOptions::default() };
        let document = Document::parse_with_options(text, options)
            .map_err(|e| Error::format("XML").expected("a document").found(e))?;
        let mut pam = Self::default();
        let root = document.root_element();
        if root.has_tag_name("GeodataXform") {
            // ArcGIS 9.3 writes nothing around it.
            pam.geodata(root);
            return Ok(pam);
        }
        for node in root.children() {
            match node.tag_name().name() {
                "SRS" => pam.crs = content(node),
                "GeoTransform" => pam.transform = transform(node),
                "GCPList" => pam.gcps = Some(gcps(node)),
                "Metadata" => pam.metadata(node),
                "PAMRasterBand" => {
                    let number = node.attribute("band").and_then(|n| n.trim().parse::<u16>().ok());
                    if let Some(index) = number.and_then(|n| n.checked_sub(1)) {
                        pam.bands.insert(index, band(node));
                    }
                }
                _ => {}
            }
        }
        Ok(pam)
    }

    fn metadata(&mut self, node: Node<'_, '_>) {
        if let Some(xform) = node.children().find(|n| n.has_tag_name("GeodataXform")) {
            self.geodata(xform);
        }
        add_items(&mut self.domains, node);
    }

    /// Reads how ArcGIS places an image by points.
    fn geodata(&mut self, node: Node<'_, '_>) {
        let own = document_text(node);
        self.domains.entry("xml:ESRI".into()).or_default().insert("xml:ESRI".into(), own);
        let child = |name| node.children().find(|n| n.has_tag_name(name));
        let numbers = |name| -> Vec<f64> {
            let list = child(name).map(|n| n.children().filter_map(number).collect());
            list.unwrap_or_default()
        };
        let (from, to) = (numbers("SourceGCPs"), numbers("TargetGCPs"));
        if from.is_empty() || from.len() != to.len() {
            return;
        }
        let crs = child("SpatialReference")
            .and_then(|n| n.children().find(|n| n.has_tag_name("WKT")))
            .and_then(content);
        let points = from.as_chunks::<2>().0.iter().zip(to.as_chunks::<2>().0);
        let points = points.map(|(&[col, row], &[x, y])| Gcp {
            pixel: Point { x: col, y: row },
            ground: Point { x, y },
            z: 0.0,
        });
        self.inches = Some((crs, points.collect()));
    }

    /// Adds it to what the file says; returns the nodata value of each band
    /// where they differ.
    pub(super) fn apply(self, info: &mut Info, has_transform: &mut bool) -> Vec<Option<NoData>> {
        let metadata = Arc::make_mut(&mut info.metadata);
        for (domain, items) in self.domains {
            match domain.as_str() {
                // Said by tags, or derived of what is.
                "IMAGE_STRUCTURE" | "DERIVED_SUBDATASETS" | "COLOR_PROFILE" => {}
                "RPC" => metadata.rpc = rpc(&items).map(Arc::new).or(metadata.rpc.take()),
                _ => metadata.domains.entry(domain).or_default().extend(items),
            }
        }
        let unnamed = metadata.domains.get_mut("");
        if let Some(meaning) = unnamed.and_then(|items| items.remove("AREA_OR_POINT")) {
            metadata.pixel_is_point = meaning.eq_ignore_ascii_case("point");
        }
        if let Some(text) = &self.crs {
            info.grid.crs = read_crs(text, metadata);
        }
        let gcps = self.gcps.or_else(|| in_pixels(self.inches?, info.grid.size.height, metadata));
        if let Some((crs, points)) = gcps.filter(|(_, points)| !points.is_empty()) {
            let crs = crs.as_deref().and_then(|text| read_crs(text, metadata));
            if self.transform.is_none() && !*has_transform {
                // The points place the image, and nothing else does.
                info.grid.crs = crs.clone();
            }
            metadata.gcps = Some(Gcps { crs, points: points.into() });
        }
        if let Some(transform) = self.transform {
            info.grid.transform = transform;
            *has_transform = true;
        }
        let mut nodata = vec![info.nodata; usize::from(info.bands)];
        for (index, band) in self.bands {
            let Some(nodata) = nodata.get_mut(usize::from(index)) else { continue };
            *nodata = band.nodata.or(*nodata);
            if index == 0 && info.bands == 1 {
                set_colors(&band.colors, info.dtype, &mut info.colors);
            }
            merge(metadata.bands.entry(index).or_default(), band.said);
        }
        nodata.iter_mut().for_each(|n| {
            *n = n.filter(|n| info.dtype.part().is_float() || n.fits(info.dtype));
        });
        // A NaN equals a NaN here.
        let alike =
            |a: &Option<NoData>| a.map(|n| n.to_string()) == nodata[0].map(|n| n.to_string());
        if nodata.iter().all(alike) {
            info.nodata = nodata[0];
            return Vec::new();
        }
        info.nodata = None;
        info.masked = Masked::EachBand;
        nodata
    }
}

/// Turns inches from the lower left corner into pixels, if the file says how
/// many pixels an inch has.
fn in_pixels(
    (crs, mut points): (Option<String>, Vec<Gcp>),
    height: u32,
    metadata: &Metadata,
) -> Option<(Option<String>, Vec<Gcp>)> {
    let items = metadata.domains.get("")?;
    let resolution = |name: &str| items.get(name)?.parse::<f64>().ok();
    let (x, y) = (resolution("TIFFTAG_XRESOLUTION")?, resolution("TIFFTAG_YRESOLUTION")?);
    items.get("TIFFTAG_RESOLUTIONUNIT").filter(|unit| unit.starts_with('2'))?;
    for Gcp { pixel, .. } in &mut points {
        *pixel = Point { x: pixel.x * x, y: f64::from(height) - pixel.y * y };
    }
    Some((crs, points))
}

/// Takes a colour table where the file has none.
fn set_colors(colors: &[[u8; 3]], dtype: DataType, own: &mut Colors) {
    let len = match dtype {
        DataType::U8 => 1 << 8,
        DataType::U16 => 1 << 16,
        _ => return,
    };
    if colors.is_empty() || matches!(own, Colors::Palette(_)) {
        return;
    }
    let value = |band: usize, at: usize| colors.get(at).map_or(0, |c| u16::from(c[band]) * 257);
    *own = Colors::Palette((0..3).flat_map(|b| (0..len).map(move |at| value(b, at))).collect());
}

/// Puts what is said of a band over what was said of it.
fn merge(own: &mut BandMetadata, said: BandMetadata) {
    let BandMetadata { description, scale, offset, unit, color, domains } = said;
    own.description = description.or(own.description.take());
    own.scale = scale.or(own.scale);
    own.offset = offset.or(own.offset);
    own.unit = unit.or(own.unit.take());
    own.color = color.or(own.color);
    for (domain, items) in domains {
        own.domains.entry(domain).or_default().extend(items);
    }
}

fn band(node: Node<'_, '_>) -> Band {
    let mut band = Band::default();
    for node in node.children() {
        let said = &mut band.said;
        match node.tag_name().name() {
            "Description" => said.description = content(node),
            "Scale" => said.scale = number(node),
            "Offset" => said.offset = number(node),
            "UnitType" => said.unit = content(node),
            "ColorInterp" => {
                said.color = content(node).as_deref().and_then(ColorInterpretation::parse)
            }
            "NoDataValue" => band.nodata = content(node).as_deref().and_then(NoData::parse),
            "Metadata" => add_items(&mut said.domains, node),
            "ColorTable" => band.colors = colors(node),
            _ => {}
        }
    }
    band
}

fn colors(node: Node<'_, '_>) -> Vec<[u8; 3]> {
    let entries = node.children().filter(|n| n.has_tag_name("Entry")).take(1 << 16);
    let part = |n: Node<'_, '_>, name| n.attribute(name).and_then(|v| v.trim().parse().ok());
    entries.map(|n| ["c1", "c2", "c3"].map(|name| part(n, name).unwrap_or(0))).collect()
}

fn gcps(node: Node<'_, '_>) -> (Option<String>, Vec<Gcp>) {
    let points = node.children().filter(|n| n.has_tag_name("GCP")).map(|n| {
        let part = |name| n.attribute(name).and_then(|v| v.trim().parse().ok()).unwrap_or(0.0);
        Gcp {
            pixel: Point { x: part("Pixel"), y: part("Line") },
            ground: Point { x: part("X"), y: part("Y") },
            z: part("Z"),
        }
    });
    (node.attribute("Projection").map(str::to_owned), points.collect())
}

/// Adds the items of a `Metadata` element to those of its domain.
fn add_items(domains: &mut BTreeMap<String, Items>, node: Node<'_, '_>) {
    let domain = node.attribute("domain").unwrap_or_default();
    let items = domains.entry(domain.to_owned()).or_default();
    if node.attribute("format") == Some("xml") {
        let inside = node.children().find(Node::is_element).map(document_text);
        items.extend(inside.map(|text| (domain.to_owned(), text)));
        return;
    }
    for item in node.children().filter(|n| n.has_tag_name("MDI")) {
        let Some(key) = item.attribute("key") else { continue };
        items.insert(key.to_owned(), item.text().unwrap_or_default().to_owned());
    }
}

/// Reads the items of GDAL's RPC domain.
fn rpc(items: &Items) -> Option<Rpc> {
    let numbers = |name: &str| -> Vec<f64> {
        let text = items.get(name).map(String::as_str).unwrap_or_default();
        text.split_whitespace().map_while(|n| n.parse().ok()).collect()
    };
    let mut values = Vec::new();
    for (at, name) in Rpc::SINGLE.into_iter().enumerate() {
        match numbers(name)[..] {
            [value, ..] => values.push(value),
            // Errors need not be known.
            [] if at < 2 => values.push(-1.0),
            [] => return None,
        }
    }
    Rpc::POLYNOMIALS.into_iter().for_each(|name| values.extend(numbers(name)));
    Some(Rpc { values: values.try_into().ok()? })
}

fn transform(node: Node<'_, '_>) -> Option<GeoTransform> {
    let text = content(node)?;
    let numbers: Vec<f64> = text.split(',').map_while(|n| n.trim().parse().ok()).collect();
    let numbers = <[f64; 6]>::try_from(numbers).ok()?;
    numbers.iter().all(|n| n.is_finite()).then(|| GeoTransform::from_gdal(numbers))
}

fn number(node: Node<'_, '_>) -> Option<f64> {
    content(node)?.trim().parse().ok()
}

/// The text of an element, if there is any.
fn content(node: Node<'_, '_>) -> Option<String> {
    node.text().map(str::to_owned).filter(|text| !text.trim().is_empty())
}

/// An element as it stands in the file.
fn document_text(node: Node<'_, '_>) -> String {
    node.document().input_text().get(node.range()).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_document_takes_long_or_much() {
        // Elements a million deep, entities that multiply, and half of a document.
        let deep = "<a>".repeat(1_000_000);
        let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]><x>&b;</x>";
        for text in [&deep, bomb, "<PAMDataset><SRS>", "", "no XML"] {
            assert!(Pam::parse(text).is_err());
        }
        let many = format!("<PAMDataset>{}</PAMDataset>", "<x/>".repeat(1 << 20));
        assert!(Pam::parse(&many).is_err());
    }
}
