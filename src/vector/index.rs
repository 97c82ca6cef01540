//! An index: where rasters lie and what they are, as GeoJSON.

use std::path::Path;

use geo::{Coord, LineString, Polygon};
use serde_json::{Value, json};

use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::raster::{
    Alpha, Colors, DataType, GeoTransform, Grid, Info, Items, Masked, NoData, Size,
};

/// What an index says of a raster.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where its file is: a path, if it is relative against the index's own folder.
    pub location: String,
    /// What it is; of its metadata the time alone (`TIFFTAG_DATETIME`).
    pub info: Info,
    /// Whether that is all there is to know before pixels are read; else (a colour table
    /// is stated nowhere) the file must be looked at.
    pub complete: bool,
    /// Its edge in longitudes and latitudes on WGS 84; `None` if its place is unknown.
    pub edge: Option<Polygon<f64>>,
}

/// Writes an index: a feature collection of footprints in longitudes and latitudes, the
/// path of each file in the property `location`, as gdaltindex has it.
pub fn write_index(entries: &[Entry]) -> String {
    // One feature a line: lists of many files can be compared and cut by line.
    let lines: Vec<String> = entries.iter().map(|entry| feature(entry).to_string()).collect();
    format!("{{\"type\":\"FeatureCollection\",\"features\":[\n{}\n]}}\n", lines.join(",\n"))
}

fn feature(entry: &Entry) -> Value {
    let Entry { location, info, edge, .. } = entry;
    let grid = &info.grid;
    let ring =
        |ring: &LineString<f64>| -> Value { ring.0.iter().map(|c| json!([c.x, c.y])).collect() };
    let geometry = edge
        .as_ref()
        .map(|edge| json!({ "type": "Polygon", "coordinates": [ring(edge.exterior())] }));
    let crs = grid.crs.as_ref().map(|crs| match crs.epsg() {
        Some(code) => format!("EPSG:{code}"),
        None => crs.to_wkt2().unwrap_or_default(),
    });
    let t = grid.transform;
    json!({
        "type": "Feature",
        "geometry": geometry,
        "properties": {
            "location": location,
            "crs": crs,
            "width": grid.size.width,
            "height": grid.size.height,
            "geotransform": t.to_gdal(),
            "resolution": t.pixel_width.hypot(t.column_rotation),
            "bands": info.bands,
            "dtype": info.dtype.name(),
            "nodata": info.nodata.map(|n| n.to_string()),
            "colors": info.colors.word(),
            "alpha": info.alpha.map(|a| a == Alpha::Straight),
            "masked": info.masked != Masked::No,
            "block": [info.chunk.width, info.chunk.height],
            "datetime": info.metadata.domains.get("").and_then(|items| items.get(TIME)),
        },
    })
}

/// The side of the largest block that is believed of a smaller image.
const LARGE_BLOCK: u32 = 4096;

const TIME: &str = "TIFFTAG_DATETIME";

/// Reads an index that [`write_index`] wrote.
///
/// # Errors
/// [`Error::Format`] if it is none, or what it says of a raster makes no sense.
pub fn read_index(text: &str) -> Result<Vec<Entry>> {
    let root: Value = serde_json::from_str(text)
        .map_err(|e| Error::format("index").expected("a GeoJSON text").found(e))?;
    let features = root.get("features").and_then(Value::as_array).ok_or_else(|| {
        Error::format("index").expected("a FeatureCollection").hint("swath index makes one")
    })?;
    let entry = |(number, feature): (usize, &Value)| {
        read_feature(feature).map_err(|e| e.about(format!("feature {number}")))
    };
    features.iter().enumerate().map(entry).collect()
}

fn read_feature(feature: &Value) -> Result<Entry> {
    let said = |name: &str| feature.get("properties").and_then(|p| p.get(name));
    let wrong = |name: &str, expected: &str| {
        let found = said(name).map_or("none".into(), Value::to_string);
        Error::format(name).expected(expected).found(found)
    };
    let text = |name: &str| said(name).and_then(Value::as_str);
    let count = |name: &str| {
        let number = said(name).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok());
        number.filter(|&n| n > 0).ok_or_else(|| wrong(name, "a number above 0"))
    };
    let numbers = |name: &str| -> Option<Vec<f64>> {
        said(name)?.as_array()?.iter().map(Value::as_f64).collect()
    };
    let location = text("location").ok_or_else(|| wrong("location", "a path"))?.to_owned();
    let transform = numbers("geotransform").and_then(|n| <[f64; 6]>::try_from(n).ok());
    let transform = transform.filter(|t| t.iter().all(|v| v.is_finite()));
    let transform = transform.ok_or_else(|| wrong("geotransform", "six numbers"))?;
    let crs = text("crs").map(|text| Crs::parse(text).map_err(|_| wrong("crs", "a system")));
    let grid = Grid {
        size: Size::new(count("width")?, count("height")?),
        transform: GeoTransform::from_gdal(transform),
        crs: crs.transpose()?,
    };
    let bands = u16::try_from(count("bands")?).map_err(|_| wrong("bands", "at most 65535"))?;
    let dtype = DataType::ALL.into_iter().find(|d| Some(d.name()) == text("dtype"));
    let dtype = dtype.ok_or_else(|| wrong("dtype", "a type such as uint8"))?;
    let nodata =
        text("nodata").map(|n| NoData::parse(n).ok_or_else(|| wrong("nodata", "a number")));
    let chunk = match numbers("block").as_deref() {
        Some(&[w, h]) if w >= 1.0 && h >= 1.0 => {
            // A block may be larger than its image, if not by much.
            let most = |side: u32| f64::from(side.max(LARGE_BLOCK));
            Size::new(w.min(most(grid.size.width)) as u32, h.min(most(grid.size.height)) as u32)
        }
        _ => return Err(wrong("block", "two numbers")),
    };
    let colors = match text("colors") {
        Some("gray") => Some(Colors::Gray),
        Some("rgb") => Some(Colors::Rgb),
        Some("cmyk") => Some(Colors::Cmyk),
        Some("whiteiszero") => Some(Colors::WhiteIsZero),
        _ => None,
    };
    let mut info = Info::new(grid, bands, dtype);
    info.nodata = nodata.transpose()?;
    info.chunk = chunk;
    info.alpha = said("alpha")
        .and_then(Value::as_bool)
        .map(|straight| if straight { Alpha::Straight } else { Alpha::Premultiplied });
    if said("masked").and_then(Value::as_bool) == Some(true) {
        info.masked = Masked::Shared;
    }
    if let Some(time) = text("datetime") {
        let items = Items::from([(TIME.to_owned(), time.to_owned())]);
        let mut metadata = crate::raster::Metadata::default();
        metadata.domains.insert(String::new(), items);
        info.metadata = metadata.into();
    }
    let complete = colors.is_some();
    info.colors = colors.unwrap_or(Colors::Gray);
    Ok(Entry { location, info, complete, edge: edge(feature) })
}

fn edge(feature: &Value) -> Option<Polygon<f64>> {
    let ring = feature.pointer("/geometry/coordinates/0")?.as_array()?;
    let coord = |p: &Value| Some(Coord { x: p.get(0)?.as_f64()?, y: p.get(1)?.as_f64()? });
    let ring: Option<Vec<_>> = ring.iter().map(coord).collect();
    Some(Polygon::new(LineString::new(ring?), Vec::new()))
}

impl Entry {
    /// Returns the path of the raster's file, by that of the index.
    pub fn path(&self, index: &Path) -> std::path::PathBuf {
        index.parent().unwrap_or(Path::new("")).join(&self.location)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Raster, Shelf};

    #[test]
    fn what_is_written_is_read() {
        let transform = GeoTransform::north_up(0.1 + 0.2, 51.7 / 3.0, 1.0 / 3600.0, 1.0 / 3600.0);
        let grid = Grid { size: Size::new(30, 20), transform, crs: Some(Crs::from_epsg(4326)) };
        let mut info = Info::new(grid, 3, DataType::U64);
        info.nodata = Some(NoData::Integer(u64::MAX.into()));
        (info.colors, info.alpha, info.masked) =
            (Colors::Rgb, Some(Alpha::Straight), Masked::Shared);
        info.chunk = Size::new(16, 16);
        let ring = vec![(0.3, 17.2), (0.4, 17.2), (0.4, 17.1), (0.3, 17.2)];
        let edge = Some(Polygon::new(LineString::from(ring), Vec::new()));
        let entry = Entry { location: "a \"b\".tif".into(), info, complete: true, edge };
        assert_eq!(read_index(&write_index(std::slice::from_ref(&entry))).expect("reads"), [entry]);
    }

    #[test]
    fn forged_numbers_do_no_harm() {
        let grid = Grid { size: Size::new(30, 6000), transform: GeoTransform::IDENTITY, crs: None };
        let info = Info::new(grid, 65535, DataType::CF64);
        let entry = Entry { location: "a.tif".into(), info, complete: true, edge: None };
        let text = write_index(&[entry]);
        for (block, wanted) in [
            ("[30,6000]", Size::new(30, 6000)),
            ("[512,256]", Size::new(512, 256)),
            ("[4294967295,4294967295]", Size::new(4096, 6000)),
            ("[1e300,1.5]", Size::new(4096, 1)),
        ] {
            let forged = text.replace("[30,6000]", block);
            let entry = read_index(&forged).expect("reads").remove(0);
            assert_eq!(entry.info.chunk, wanted, "{block}");
        }
        // As large as a raster can be said to be: no size of it overflows.
        let forged = text.replace(":30,", ":4294967295,").replace(":6000,", ":4294967295,");
        let forged = forged.replace("[30,6000]", "[4294967295,4294967295]");
        let info = read_index(&forged).expect("reads").remove(0).info;
        assert_eq!(info.grid.size, Size::new(u32::MAX, u32::MAX));
        let whole = info.grid.size.window();
        let unread = || Err(Error::usage("unread"));
        let raster = Raster::lazy(info, Vec::new(), &Shelf::new(1), unread);
        assert_eq!(raster.source().footprint(whole), u64::MAX);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        assert!(matches!(read_index("{}"), Err(Error::Format(_))));
        let text = r#"{"features":[{"properties":{"location":"a.tif","width":0}}]}"#;
        let error = read_index(text).expect_err("has no geotransform").to_string();
        assert!(error.starts_with("feature 0: geotransform: expected six numbers"), "{error}");
    }
}
