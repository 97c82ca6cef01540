//! Grids of datum shifts from files: GeoTIFF grids (GTG) and NTv2.
//!
//! GTG is described in PROJ's documentation, "Geodetic TIFF grids": two bands of
//! offsets at the centres of pixels, finer grids in further pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::{GeoTiff, OpenOptions};
use crate::crs::{GridPiece, GridStore, ShiftGrid};
use crate::raster::{Items, Point};
use crate::{Error, Result};

/// The most nodes of a grid file: ten times what the largest known one has.
const MOST_NODES: u64 = 100_000_000;

/// Grids in directories, each read once, when it is first asked for.
#[derive(Debug, Default)]
pub struct GridDirectories {
    directories: Vec<PathBuf>,
    read: Mutex<BTreeMap<String, Option<Arc<ShiftGrid>>>>,
}

impl GridDirectories {
    /// Makes a store of directories, searched in order. Nothing is ever downloaded.
    pub fn new(directories: Vec<PathBuf>) -> Self {
        Self { directories, read: Mutex::default() }
    }

    fn path(&self, name: &str) -> Option<PathBuf> {
        // Names come from files too: none may lead out of the directories.
        let is_plain = !name.contains(['/', '\\']) && name != "..";
        let paths = self.directories.iter().map(|directory| directory.join(name));
        paths.filter(|_| is_plain).find(|path| path.is_file())
    }
}

impl GridStore for GridDirectories {
    /// Whether the grid is there and can be used: a file that cannot be read counts as absent.
    fn has(&self, name: &str) -> bool {
        self.load(name).is_ok()
    }

    fn load(&self, name: &str) -> Result<Arc<ShiftGrid>> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(Some(grid)) = read.get(name) {
            return Ok(Arc::clone(grid));
        }
        let found = match self.path(name) {
            Some(path) => open(&path).map(Arc::new).map_err(|error| error.at_path(&path)),
            None => Err(Error::usage(format!("grid {name}")).expected("a file").found("none")),
        };
        read.insert(name.to_owned(), found.as_ref().ok().cloned());
        found
    }
}

fn open(path: &Path) -> Result<ShiftGrid> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gsb")) {
        let bytes = fs::read(path).map_err(|error| Error::io("reading a grid", error))?;
        return ShiftGrid::from_ntv2(&bytes);
    }
    let first = GeoTiff::open(path, &OpenOptions::default())?;
    let mut pieces = vec![piece(&first)?];
    for page in 1..first.pages() {
        let options = OpenOptions { page: page as u32, ..OpenOptions::default() };
        pieces.push(piece(&GeoTiff::open(path, &options)?)?);
    }
    ShiftGrid::new(pieces)
}

/// One page of a GeoTIFF grid.
fn piece(file: &GeoTiff) -> Result<GridPiece> {
    let raster = file.raster();
    let info = raster.info();
    let nothing = Items::new();
    let items = info.metadata.domains.get("").unwrap_or(&nothing);
    let refuse = |what: &str, found: &str| Err(Error::unsupported(what.to_owned()).found(found));
    match items.get("TYPE").map(String::as_str) {
        None | Some("HORIZONTAL_OFFSET") => {}
        Some(other) => return refuse("a grid of this type", other),
    }
    match items.get("interpolation_method").map(String::as_str) {
        None | Some("bilinear") => {}
        Some(other) => return refuse("a grid with this interpolation", other),
    }
    let t = info.grid.transform;
    let is_usable = info.bands >= 2
        && t.is_unrotated()
        && t.pixel_width > 0.0
        && t.pixel_height < 0.0
        && info.grid.size.pixels() <= MOST_NODES
        && info.grid.crs.as_ref().is_none_or(crate::crs::Crs::is_geographic);
    if !is_usable {
        return refuse("this raster as a grid of shifts", "another layout");
    }
    let (mut lat, mut lon) = (0, 1);
    let (mut unit, mut west_positive) = (1.0 / 3600.0, false);
    for (&band, about) in info.metadata.bands.iter().filter(|(band, _)| **band < info.bands) {
        match about.description.as_deref() {
            Some("latitude_offset") => lat = band,
            Some("longitude_offset") => lon = band,
            _ => {}
        }
        match about.unit.as_deref() {
            Some("degree") => unit = 1.0,
            Some("radian") => unit = 1_f64.to_degrees(),
            _ => {}
        }
        let positive = about.domains.get("").and_then(|items| items.get("positive_value"));
        west_positive |= positive.is_some_and(|value| value == "west");
    }
    let size = info.grid.size;
    let buffer = raster.read(size.window())?;
    let unit = unit.to_radians();
    let band = |band: u16| -> Result<Vec<f32>> {
        let values = match info.dtype {
            crate::raster::DataType::F32 => buffer.plane::<f32>(band).to_vec(),
            crate::raster::DataType::F64 => {
                buffer.plane::<f64>(band).iter().map(|&v| v as f32).collect()
            }
            other => {
                return Err(
                    Error::unsupported("a grid of such samples").found(format!("{other:?}"))
                );
            }
        };
        let valid = buffer.valid(band);
        let is_there = |at: usize| valid.is_none_or(|valid| valid[at] != 0);
        let values = values.into_iter().enumerate();
        Ok(values.map(|(at, v)| if is_there(at) { v } else { f32::NAN }).collect())
    };
    let (north, east) = (band(lat)?, band(lon)?);
    let sign = if west_positive { -1.0 } else { 1.0 };
    let (columns, rows) = (size.width as usize, size.height as usize);
    let mut shifts = Vec::with_capacity(columns * rows);
    for row in (0..rows).rev() {
        for at in row * columns..(row + 1) * columns {
            let scale = |v: f32| (f64::from(v) * unit) as f32;
            shifts.push([scale(sign * east[at]), scale(north[at])]);
        }
    }
    let corner = t.apply(Point { x: 0.5, y: f64::from(size.height) - 0.5 });
    let text = |key: &str| items.get(key).cloned().unwrap_or_default();
    Ok(GridPiece {
        name: text("grid_name"),
        parent: text("parent_grid_name"),
        west: corner.x.to_radians(),
        south: corner.y.to_radians(),
        step_x: t.pixel_width.to_radians(),
        step_y: -t.pixel_height.to_radians(),
        columns,
        rows,
        shifts,
    })
}
