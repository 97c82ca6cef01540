//! `swath info` for people.

use std::fmt::Write;

use swath::codec::Predictor;
use swath::geotiff::{GeoTiff, Image};
use swath::input::Virtual;
use swath::ops::stats::BandStatistics;
use swath::raster::Info;

use super::ImageSurvey;
use super::words::{codec, colors, has_transform, interleave, order, size_text, validity};

pub(super) fn human(name: &str, file: &GeoTiff, found: &[ImageSurvey]) -> String {
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
    place(info, image.has_transform(), &mut line);
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
    let masked = |i: &Image| if i.mask().is_some() { " with mask" } else { "" };
    let overviews: Vec<_> = image.overviews().map(|o| size_text(o) + masked(o)).collect();
    line("overviews", if overviews.is_empty() { "none".into() } else { overviews.join(", ") });
    line("validity", validity(info.validity(0)).join(", "));
    for sidecar in file.sidecars() {
        line("beside it", format!("{} ({})", sidecar.path.display(), sidecar.kind.name()));
    }
    let masks = std::iter::once(image).chain(image.overviews()).filter(|i| i.mask().is_some());
    if file.pages() > 1 + image.overviews().len() + masks.count() {
        line("pages", format!("{} (this is {})", file.pages(), file.page() + 1));
    }
    super::said::human(&info.metadata, &mut line);
    samples(info.bands, found, &mut line);
    text
}

/// What a virtual raster says, and its sources.
pub(super) fn of_virtual(name: &str, raster: &Virtual, found: &[ImageSurvey]) -> String {
    let (info, mut text) = (&raster.info, String::new());
    // Writing to a string cannot fail.
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key:<12} {value}");
    };
    line("file", name.to_owned());
    line("format", "virtual raster".into());
    let size = info.grid.size;
    line("size", format!("{} x {} pixels", size.width, size.height));
    line("bands", format!("{} of {}, {}", info.bands, info.dtype, colors(info)));
    place(info, has_transform(info), &mut line);
    let mut nodata: Vec<String> =
        raster.nodata.iter().map(|n| n.map_or("none".into(), |n| n.to_string())).collect();
    // One word for all bands if they agree.
    nodata.dedup();
    line("nodata", nodata.join(", "));
    for source in &raster.sources {
        let mut remarks = vec![if source.there { "there" } else { "missing" }];
        if source.outside {
            remarks.push("outside its folder: read with --vrt-anywhere alone");
        }
        line("source", format!("{} ({})", source.path.display(), remarks.join(", ")));
    }
    super::said::human(&info.metadata, &mut line);
    samples(info.bands, found, &mut line);
    text
}

/// Where a raster lies.
fn place(info: &Info, has_transform: bool, line: &mut impl FnMut(&str, String)) {
    let crs = info.grid.crs.as_ref();
    line("crs", crs.map_or("none".into(), |c| format!("{c}, {}", c.name())));
    let transform = info.grid.transform;
    if has_transform {
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
}

fn samples(bands: u16, found: &[ImageSurvey], line: &mut impl FnMut(&str, String)) {
    for (level, found) in found.iter().enumerate() {
        let of = if level == 0 { String::new() } else { format!(" of overview {level}") };
        for band in 0..usize::from(bands) {
            let told = survey(found, band);
            if !told.is_empty() {
                line("samples", format!("band {}{of}: {told}", band + 1));
            }
        }
    }
}

fn survey(found: &ImageSurvey, band: usize) -> String {
    let mut parts = Vec::new();
    if let Some(BandStatistics { summary, .. }) = found.statistics.get(band) {
        parts.extend(
            summary
                .map(|s| format!("min {}, max {}, mean {}, std {}", s.min, s.max, s.mean, s.std)),
        );
        parts.push(format!("{} valid", summary.map_or(0, |s| s.valid)));
    }
    parts.extend(found.checksums.get(band).map(|sum| format!("checksum {sum}")));
    parts.join(", ")
}
