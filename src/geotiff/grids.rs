//! Grids of datum shifts from files: GeoTIFF grids (GTG) and NTv2.
//!
//! GTG is described in PROJ's documentation, "Geodetic TIFF grids": two bands of
//! offsets (or three of translations) at the centres of pixels, finer grids in
//! further pages.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{GeoTiff, OpenOptions};
use crate::crs::{GridInterpolation, GridKind, GridPiece, GridState, GridStore, ShiftGrid};
use crate::raster::{DataType, Info, Items, Point, Raster};
use crate::{Error, Result};

/// The most nodes of a grid file: ten times what the largest known one has.
const MOST_NODES: u64 = 100_000_000;

/// Grids in directories, each read once, when it is first asked for.
#[derive(Debug, Default)]
pub struct GridDirectories {
    directories: Vec<PathBuf>,
    /// The grids, and of damaged ones what is wrong with them.
    read: Mutex<BTreeMap<String, Result<Arc<ShiftGrid>, String>>>,
}

impl GridDirectories {
    /// Makes a store of directories, searched in order. Nothing is ever downloaded.
    pub fn new(directories: Vec<PathBuf>) -> Self {
        Self { directories, read: Mutex::default() }
    }

    /// Returns whether there are no directories, and so no grids.
    pub fn is_empty(&self) -> bool {
        self.directories.is_empty()
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<String, Result<Arc<ShiftGrid>, String>>> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the file of a grid, if it is in one of the directories.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        // Names come from files too: none may lead out of the directories.
        let is_plain = !name.contains(['/', '\\']) && name != "..";
        let paths = self.directories.iter().map(|directory| directory.join(name));
        paths.filter(|_| is_plain).find(|path| path.is_file())
    }
}

impl GridStore for GridDirectories {
    fn state(&self, name: &str) -> GridState {
        match self.known().get(name) {
            Some(Ok(_)) => return GridState::Present,
            Some(Err(reason)) => return GridState::Damaged(reason.clone()),
            None => {}
        }
        match self.path(name).map(|_| self.load(name)) {
            None => GridState::Absent,
            Some(Ok(_)) => GridState::Present,
            Some(Err(error)) => GridState::Damaged(error.to_string()),
        }
    }

    fn load(&self, name: &str) -> Result<Arc<ShiftGrid>> {
        let mut known = self.known();
        if let Some(Ok(grid)) = known.get(name) {
            return Ok(Arc::clone(grid));
        }
        let Some(path) = self.path(name) else {
            return Err(Error::usage(format!("grid {name}")).expected("a file").found("none"));
        };
        let found = open(&path).map(Arc::new).map_err(|error| error.at_path(&path));
        let kept = found.as_ref().map(Arc::clone).map_err(ToString::to_string);
        known.insert(name.to_owned(), kept);
        found
    }
}

fn open(path: &Path) -> Result<ShiftGrid> {
    if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("gsb")) {
        let bytes = fs::read(path).map_err(|error| Error::io("reading a grid", error))?;
        return ShiftGrid::from_ntv2(&bytes);
    }
    let first = GeoTiff::open(path, &OpenOptions::default())?;
    let raster = first.raster();
    let (kind, interpolation) = kind(items(raster.info()))?;
    let mut pieces = vec![piece(&raster, kind)?];
    for page in 1..first.pages() {
        let options = OpenOptions { page: page as u32, ..OpenOptions::default() };
        pieces.push(piece(&GeoTiff::open(path, &options)?.raster(), kind)?);
    }
    ShiftGrid::new(kind, interpolation, pieces)
}

fn refuse<T>(what: &str, found: &str) -> Result<T> {
    Err(Error::unsupported(what.to_owned()).found(found))
}

fn items(info: &Info) -> &Items {
    static NOTHING: Items = Items::new();
    info.metadata.domains.get("").unwrap_or(&NOTHING)
}

/// What a grid says, and how it is interpolated.
fn kind(items: &Items) -> Result<(GridKind, GridInterpolation)> {
    let kind = match items.get("TYPE").map(String::as_str) {
        // Of shifts in three dimensions the heights are left out, as for points of height 0.
        None | Some("HORIZONTAL_OFFSET" | "GEOGRAPHIC_3D_OFFSET") => GridKind::Offsets,
        Some("GEOCENTRIC_TRANSLATION") => GridKind::Translations,
        Some(other) => return refuse("a grid of this type", other),
    };
    match items.get("interpolation_method").map(String::as_str) {
        None | Some("bilinear") => Ok((kind, GridInterpolation::Bilinear)),
        Some("biquadratic") if kind == GridKind::Offsets => {
            Ok((kind, GridInterpolation::Biquadratic))
        }
        Some(other) => refuse("a grid with this interpolation", other),
    }
}

/// Which band each part of a node is in, and what its numbers are multiplied by to
/// make them radians to the east and north, or metres.
fn parts(info: &Info, kind: GridKind) -> Result<Vec<(u16, f64)>> {
    let names: &[&str] = match kind {
        // Without descriptions latitudes come first.
        GridKind::Offsets => &["latitude_offset", "longitude_offset"],
        GridKind::Translations => &["x_translation", "y_translation", "z_translation"],
    };
    let mut parts: Vec<(u16, f64)> = (0..names.len()).map(|band| (band as u16, 1.0)).collect();
    for (&band, about) in info.metadata.bands.iter().filter(|(band, _)| **band < info.bands) {
        let name = about.description.as_deref();
        if let Some(part) = names.iter().position(|known| Some(*known) == name) {
            parts[part].0 = band;
        }
    }
    for (part, (band, factor)) in parts.iter_mut().enumerate() {
        let about = info.metadata.bands.get(band);
        let unit = about.and_then(|about| about.unit.as_deref()).filter(|unit| !unit.is_empty());
        *factor = match (kind, unit) {
            (GridKind::Translations, None | Some("metre")) => 1.0,
            (GridKind::Offsets, None | Some("arc-second")) => (1.0_f64 / 3600.0).to_radians(),
            (GridKind::Offsets, Some("degree")) => 1_f64.to_radians(),
            (GridKind::Offsets, Some("radian")) => 1.0,
            (_, Some(other)) => return refuse("a grid of shifts in this unit", other),
        };
        let items = about.and_then(|about| about.domains.get(""));
        let positive = items.and_then(|items| items.get("positive_value")).map(String::as_str);
        if names[part] == "longitude_offset" && positive == Some("west") {
            *factor = -*factor;
        }
    }
    if kind == GridKind::Offsets {
        parts.swap(0, 1);
    }
    Ok(parts)
}

/// One page of a GeoTIFF grid.
fn piece(raster: &Raster, wanted: GridKind) -> Result<GridPiece> {
    let info = raster.info();
    let items = items(info);
    if kind(items)?.0 != wanted {
        return refuse("a grid of several types", "pages that differ");
    }
    let t = info.grid.transform;
    let is_usable = usize::from(info.bands) >= wanted.parts()
        && t.is_unrotated()
        && t.pixel_width > 0.0
        && t.pixel_height < 0.0
        && info.grid.size.pixels() <= MOST_NODES
        && info.grid.crs.as_ref().is_none_or(crate::crs::Crs::is_geographic);
    if !is_usable {
        return refuse("this raster as a grid of shifts", "another layout");
    }
    let size = info.grid.size;
    let buffer = raster.read(size.window())?;
    let (columns, rows) = (size.width as usize, size.height as usize);
    let parts = parts(info, wanted)?;
    let mut shifts = vec![0.0; columns * rows * parts.len()];
    for (part, &(band, factor)) in parts.iter().enumerate() {
        let valid = buffer.valid(band);
        let mut put = |at: usize, value: f64| {
            let (row, column) = (rows - 1 - at / columns, at % columns);
            let is_there = valid.is_none_or(|valid| valid[at] != 0);
            let value = if is_there { (value * factor) as f32 } else { f32::NAN };
            shifts[(row * columns + column) * parts.len() + part] = value;
        };
        match info.dtype {
            DataType::F32 => {
                let values = buffer.plane::<f32>(band).iter().enumerate();
                values.for_each(|(at, &value)| put(at, f64::from(value)));
            }
            DataType::F64 => {
                let values = buffer.plane::<f64>(band).iter().enumerate();
                values.for_each(|(at, &value)| put(at, value));
            }
            other => return refuse("a grid of such samples", &format!("{other:?}")),
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
