//! An index: where rasters lie and what they are, as GeoJSON.

use std::path::Path;

use geo::{Coord, LineString, Polygon};
use serde_json::{Value, json};

use super::flatgeobuf::{is_flatgeobuf, to_geojson};
use super::geojson::text;
use super::{Coordinates, FeatureWriter, Field, Kind, Schema, Shape};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::io::{Overwrite, Staged};
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

/// What the fields of an index are, in the order in which they are written.
const FIELDS: [(&str, Kind); 14] = [
    ("location", Kind::Text),
    ("crs", Kind::Text),
    ("width", Kind::Integer),
    ("height", Kind::Integer),
    ("geotransform", Kind::Json),
    ("resolution", Kind::Float),
    ("bands", Kind::Integer),
    ("dtype", Kind::Text),
    ("nodata", Kind::Text),
    ("colors", Kind::Text),
    ("alpha", Kind::Bool),
    ("masked", Kind::Bool),
    ("block", Kind::Json),
    ("datetime", Kind::Text),
];

/// Writes an index to a file, whole or absent: as FlatGeobuf if its name ends in `.fgb`, else as
/// [`write_index`] has it.
///
/// # Errors
/// Those of [`Staged::create`] and of writing.
pub fn save_index(path: &Path, overwrite: Overwrite, entries: &[Entry]) -> Result<()> {
    if !path.extension().is_some_and(|end| end.eq_ignore_ascii_case("fgb")) {
        let mut staged = Staged::create(path, overwrite)?;
        staged.append(write_index(entries).as_bytes())?;
        return staged.commit();
    }
    let field = |(name, kind): (&str, Kind)| Field { name: name.to_owned(), kind };
    let schema = Schema {
        name: "index".into(),
        shape: Shape::Polygons,
        fields: FIELDS.into_iter().map(field).collect(),
        crs: Some(Crs::from_epsg(4326)),
    };
    let mut file = FeatureWriter::create(path, overwrite, schema, Coordinates::AsTheyAre)?;
    for entry in entries {
        let said = feature(entry);
        let value = |(name, kind): (&str, Kind)| of_json(&said["properties"][name], kind);
        let values: Vec<_> = FIELDS.into_iter().map(value).collect();
        file.write(entry.edge.clone().map(Into::into), &values)?;
    }
    file.commit()?;
    Ok(())
}

/// A value of a property, for a field of some kind.
fn of_json(value: &Value, kind: Kind) -> super::Value {
    use super::Value as Said;
    let text = value.as_str().map(str::to_owned);
    let found = match kind {
        Kind::Bool => value.as_bool().map(Said::Bool),
        Kind::Integer => value.as_i64().map(Said::Integer),
        Kind::Unsigned => value.as_u64().map(Said::Unsigned),
        Kind::Float => value.as_f64().map(Said::Float),
        Kind::Text => text.map(Said::Text),
        Kind::Json => (!value.is_null()).then(|| Said::Json(value.to_string())),
    };
    found.unwrap_or(Said::Null)
}

/// Reads an index that [`save_index`] wrote: GeoJSON, or FlatGeobuf, which its first bytes say.
///
/// # Errors
/// [`Error::Format`] if it is none, or what it says of a raster makes no sense.
pub fn read_index(bytes: &[u8]) -> Result<Vec<Entry>> {
    let root: Value = if is_flatgeobuf(bytes) {
        to_geojson(bytes)?
    } else {
        serde_json::from_str(text(bytes)?)
            .map_err(|e| Error::format("index").expected("a GeoJSON text").found(e))?
    };
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
    // FlatGeobuf has multipolygons of one part.
    let parts = feature.pointer("/geometry/type").and_then(Value::as_str) == Some("MultiPolygon");
    let outer = if parts { "/geometry/coordinates/0/0" } else { "/geometry/coordinates/0" };
    let ring = feature.pointer(outer)?.as_array()?;
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
        let entries = std::slice::from_ref(&entry);
        assert_eq!(read_index(write_index(entries).as_bytes()).expect("reads"), entries);
        let dir = tempfile::tempdir().expect("a directory");
        for name in ["a.fgb", "a.geojson"] {
            let path = dir.path().join(name);
            save_index(&path, Overwrite::Refuse, entries).expect("writes");
            let bytes = std::fs::read(&path).expect("reads");
            assert_eq!(bytes.starts_with(b"fgb"), name == "a.fgb");
            assert_eq!(read_index(&bytes).expect("reads"), entries);
        }
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
            let entry = read_index(forged.as_bytes()).expect("reads").remove(0);
            assert_eq!(entry.info.chunk, wanted, "{block}");
        }
        // As large as a raster can be said to be: no size of it overflows.
        let forged = text.replace(":30,", ":4294967295,").replace(":6000,", ":4294967295,");
        let forged = forged.replace("[30,6000]", "[4294967295,4294967295]");
        let info = read_index(forged.as_bytes()).expect("reads").remove(0).info;
        assert_eq!(info.grid.size, Size::new(u32::MAX, u32::MAX));
        let whole = info.grid.size.window();
        let unread = || Err(Error::usage("unread"));
        let raster = Raster::lazy(info, None, &Shelf::new(1), unread);
        assert_eq!(raster.source().footprint(whole), u64::MAX);
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        assert!(matches!(read_index(b"{}"), Err(Error::Format(_))));
        let text = r#"{"features":[{"properties":{"location":"a.tif","width":0}}]}"#;
        let error = read_index(text.as_bytes()).expect_err("has no geotransform").to_string();
        assert!(error.starts_with("feature 0: geotransform: expected six numbers"), "{error}");
    }
}
