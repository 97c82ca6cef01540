//! Many files, a line each.

use swath::geotiff::GeoTiff;
use swath::input::Virtual;

use super::words::{codec, colors, has_transform};

const HEAD: [&str; 9] =
    ["file", "size", "bands", "type", "crs", "pixel", "compression", "chunks", "overviews"];

/// Lines whose columns line up.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<[String; HEAD.len()]>,
}

impl Table {
    pub(super) fn add(&mut self, name: &str, file: &GeoTiff) {
        let image = file.image();
        let (layout, info) = (image.layout(), image.info());
        let crs = info.grid.crs.as_ref().map_or("none".into(), ToString::to_string);
        let transform = info.grid.transform;
        let pixel = if image.has_transform() {
            format!("{} x {}", transform.pixel_width, transform.pixel_height)
        } else {
            "none".into()
        };
        let shape = if layout.tiled { "tiles" } else { "strips" };
        self.rows.push([
            name.to_owned(),
            format!("{} x {}", layout.size.width, layout.size.height),
            format!("{} {}", layout.bands, colors(info)),
            layout.dtype.to_string(),
            crs,
            pixel,
            codec(layout.compression).to_lowercase(),
            format!("{shape} of {} x {}", layout.chunk.width, layout.chunk.height),
            image.overviews().len().to_string(),
        ]);
    }

    pub(super) fn add_virtual(&mut self, name: &str, raster: &Virtual) {
        let info = &raster.info;
        let grid = &info.grid;
        self.rows.push([
            name.to_owned(),
            format!("{} x {}", grid.size.width, grid.size.height),
            format!("{} {}", info.bands, colors(info)),
            info.dtype.to_string(),
            grid.crs.as_ref().map_or("none".into(), ToString::to_string),
            match has_transform(info) {
                true => format!("{} x {}", grid.transform.pixel_width, grid.transform.pixel_height),
                false => "none".into(),
            },
            "virtual".into(),
            format!("{} sources", raster.sources.len()),
            "0".into(),
        ]);
    }

    pub(super) fn text(&self) -> String {
        let head = HEAD.map(str::to_owned);
        let rows = || std::iter::once(&head).chain(&self.rows);
        let widths: [usize; HEAD.len()] = std::array::from_fn(|column| {
            rows().map(|row| row[column].chars().count()).max().unwrap_or(0)
        });
        let line = |row: &[String; HEAD.len()]| {
            let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
        };
        rows().map(line).collect()
    }
}
