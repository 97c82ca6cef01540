//! `swath info --json`; `docs/info.md` describes its keys.

use serde_json::{Map, Value, json};
use swath::codec::{Compression, Predictor};
use swath::geotiff::{Damaged, GeoTiff, Image};
use swath::input::{Virtual, VirtualSource};
use swath::kernel::Summary;
use swath::ops::stats::BandStatistics;
use swath::raster::{Grid, NoData, Point};

use super::ImageSurvey;
use super::words::{
    codec, gdal_type, has_transform, interleave, nodata_json, number, order, validity,
};

/// The corners and the centre, as gdalinfo names them, in pixels of a unit square.
const CORNERS: [(&str, f64, f64); 5] = [
    ("upperLeft", 0.0, 0.0),
    ("lowerLeft", 0.0, 1.0),
    ("lowerRight", 1.0, 1.0),
    ("upperRight", 1.0, 0.0),
    ("center", 0.5, 0.5),
];

fn corner(grid: &Grid, x: f64, y: f64) -> Point {
    let size = grid.size;
    let pixel = Point { x: x * f64::from(size.width), y: y * f64::from(size.height) };
    grid.transform.apply(pixel)
}

/// Adds where a raster lies.
fn place(grid: &Grid, has_transform: bool, out: &mut Value) {
    if let Some(crs) = &grid.crs {
        out["coordinateSystem"] = super::said::system(crs);
    }
    if has_transform {
        out["geoTransform"] = json!(grid.transform.to_gdal());
    }
    let corner = |&(key, x, y): &(&str, f64, f64)| {
        let at = corner(grid, x, y);
        (key.to_owned(), json!([at.x, at.y]))
    };
    out["cornerCoordinates"] = CORNERS.iter().map(corner).collect::<Map<_, _>>().into();
}

/// What is said of a virtual raster: under `swath` its sources.
pub(super) fn of_virtual(name: &str, raster: &Virtual, found: &[ImageSurvey]) -> Value {
    let info = &raster.info;
    let path = |source: &VirtualSource| source.path.display().to_string();
    let there = raster.sources.iter().filter(|source| source.there).map(path);
    let mut out = json!({
        "description": name,
        "driverShortName": "VRT",
        "driverLongName": "Virtual Raster",
        "files": std::iter::once(name.to_owned()).chain(there).collect::<Vec<_>>(),
        "size": [info.grid.size.width, info.grid.size.height],
    });
    place(&info.grid, has_transform(info), &mut out);
    let mut domains = super::said::domains(&info.metadata.domains);
    super::said::machine(&info.metadata, &mut domains, &mut out);
    out["metadata"] = domains.into();
    let band = |(nodata, index): (&Option<NoData>, u16)| {
        let flags: &[&str] = match nodata {
            Some(_) => &["NODATA"],
            None => validity(info.validity(index)),
        };
        let mut band = json!({
            "band": u32::from(index) + 1,
            "type": gdal_type(info.dtype),
            "colorInterpretation": info.color(index).name(),
            "mask": { "flags": flags },
        });
        found.iter().take(1).for_each(|found| survey(found, index, &mut band));
        if let Some(said) = info.metadata.bands.get(&index) {
            super::said::band(said, &mut band);
        }
        if let Some(nodata) = nodata {
            band["noDataValue"] = nodata_json(*nodata);
        }
        band
    };
    out["bands"] = raster.nodata.iter().zip(0..).map(band).collect();
    let source = |source: &VirtualSource| json!({ "path": path(source), "there": source.there, "outside": source.outside });
    out["swath"] = json!({
        "dtype": info.dtype.name(),
        "sources": raster.sources.iter().map(source).collect::<Vec<_>>(),
    });
    out
}

/// The JSON form. Keys that gdalinfo has mean what they mean there; what it has
/// no key for is under `swath`.
pub(super) fn machine(name: &str, file: &GeoTiff, found: &[ImageSurvey]) -> Value {
    let image = file.image();
    let (layout, info) = (image.layout(), image.info());
    let mut out = json!({
        "description": name,
        "driverShortName": "GTiff",
        "driverLongName": "GeoTIFF",
        "files": std::iter::once(name.to_owned())
            .chain(file.sidecars().iter().map(|s| s.path.display().to_string()))
            .collect::<Vec<_>>(),
        "size": [layout.size.width, layout.size.height],
    });
    place(&info.grid, image.has_transform(), &mut out);
    let mut structure = json!({ "INTERLEAVE": interleave(layout.interleave) });
    if layout.compression != Compression::None {
        structure["COMPRESSION"] = codec(layout.compression).into();
    }
    if layout.predictor != Predictor::None {
        structure["PREDICTOR"] = layout.predictor.tag().to_string().into();
    }
    let meaning = if image.pixel_is_point() { "Point" } else { "Area" };
    let mut domains = super::said::domains(&info.metadata.domains);
    domains.entry("").or_insert(json!({}))["AREA_OR_POINT"] = meaning.into();
    domains.insert("IMAGE_STRUCTURE".into(), structure);
    super::said::machine(&info.metadata, &mut domains, &mut out);
    out["metadata"] = domains.into();
    let band = |index: u16| {
        let mut band = json!({
            "band": u32::from(index) + 1,
            "block": [layout.chunk.width, layout.chunk.height],
            "type": gdal_type(layout.dtype),
            "colorInterpretation": info.color(index).name(),
            "mask": { "flags": validity(info.validity(index)) },
        });
        found.iter().take(1).for_each(|found| survey(found, index, &mut band));
        let masks: Vec<_> = image.overviews().filter_map(Image::mask).map(size).collect();
        if !masks.is_empty() {
            band["mask"]["overviews"] = json!(masks);
        }
        if let Some(said) = info.metadata.bands.get(&index) {
            super::said::band(said, &mut band);
        }
        if layout.bits != layout.dtype.bytes() as u16 * 8 {
            band["metadata"]["IMAGE_STRUCTURE"]["NBITS"] = layout.bits.to_string().into();
        }
        if let Some(nodata) = info.nodata {
            band["noDataValue"] = nodata_json(nodata);
        }
        let overviews = image.overviews().enumerate().map(|(level, overview)| {
            let mut told = size(overview);
            found.iter().skip(level + 1).take(1).for_each(|f| survey(f, index, &mut told));
            told
        });
        let overviews: Vec<_> = overviews.collect();
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
        "page": file.page() + 1,
        "sidecars": file.sidecars().iter().map(|sidecar| {
            json!({ "kind": sidecar.kind.name(), "path": sidecar.path.display().to_string() })
        }).collect::<Vec<_>>(),
    });
    let unread = file.image().unread();
    if !unread.is_empty() {
        out["swath"]["unread"] = unread.iter().map(ToString::to_string).collect();
    }
    let (damaged, more) = file.damaged();
    if !damaged.is_empty() {
        out["swath"]["damaged"] = damaged.iter().map(damage).collect();
        out["swath"]["moreDamaged"] = more.into();
    }
    out
}

fn size(image: &Image) -> Value {
    json!({ "size": [image.layout().size.width, image.layout().size.height] })
}

/// Adds what the samples of a band come to, under gdalinfo's names.
fn survey(found: &ImageSurvey, band: u16, out: &mut Value) {
    let band = usize::from(band);
    if let Some(BandStatistics { summary, .. }) = found.statistics.get(band) {
        if let &Some(Summary { min, max, mean, std, .. }) = summary {
            for (key, value) in
                [("minimum", min), ("maximum", max), ("mean", mean), ("stdDev", std)]
            {
                out[key] = number(value);
            }
        }
        out["validCount"] = summary.map_or(0, |summary| summary.valid).into();
    }
    if let Some(checksum) = found.checksums.get(band) {
        out["checksum"] = (*checksum).into();
    }
}

fn damage(chunk: &Damaged) -> Value {
    let window = chunk.window;
    json!({
        "path": chunk.path.as_ref().map(|path| path.display().to_string()),
        "directory": chunk.ifd,
        "chunk": chunk.chunk,
        "window": [window.col, window.row, window.width, window.height],
        "bands": [u32::from(chunk.band) + 1, u32::from(chunk.band) + u32::from(chunk.bands)],
        "cause": chunk.cause,
    })
}
