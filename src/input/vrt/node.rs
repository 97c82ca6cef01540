//! The pixels of a virtual raster.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

use super::read::{Band, Piece, Rect};
use crate::error::{Error, Result};
use crate::input::Files;
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, Context, Info, Masked, NoData, Raster, Sample, Shelf, Size, Source, Tell, Window,
    dispatch,
};

/// The most columns, there, that are read at once of a piece that shrinks.
const MOST_COLUMNS: f64 = 8192.0;
/// The most rows, here, that are made at once.
const MOST_ROWS: u32 = 256;

/// A virtual raster. Pieces are laid on one another in order; where they are of another
/// size here than there, the nearest pixel is taken, as GDAL does.
#[derive(Debug)]
pub(super) struct Vrt {
    info: Info,
    bands: Vec<Band>,
    files: Files,
    /// The keys on the shelf, by file.
    keys: HashMap<PathBuf, u64>,
}

impl Vrt {
    pub(super) fn new(info: Info, bands: Vec<Band>, files: &Files) -> Self {
        let mut keys = HashMap::new();
        for piece in bands.iter().flat_map(|band| &band.pieces) {
            if !keys.contains_key(&piece.path) {
                keys.insert(piece.path.clone(), files.shelf.new_key());
            }
        }
        Self { info, bands, files: files.clone(), keys }
    }

    fn raster(&self, piece: &Piece) -> Result<Raster> {
        let shelf: &Shelf = &self.files.shelf;
        let key = self.keys.get(&piece.path).copied().unwrap_or_default();
        let raster = shelf.get(key, || Ok(self.files.open_tiff(&piece.path)?.raster()))?;
        let info = raster.info();
        if piece.band >= info.bands || info.dtype.is_complex() {
            return Err(Error::format("band of a virtual raster's source")
                .expected(format!("one of {} real ones", info.bands))
                .found(u32::from(piece.band) + 1)
                .at_path(&piece.path));
        }
        Ok(raster)
    }

    /// The pieces of a band that may fill pixels of a window.
    fn pieces(&self, band: u16, window: Window) -> impl Iterator<Item = &Piece> {
        let inside = window.intersection(self.info.grid.size.window());
        let (cols, rows) =
            inside.map_or((0..0, 0..0), |w| (w.col..w.col_end(), w.row..w.row_end()));
        let meets = |start: f64, extent: f64, range: &Range<i64>| {
            start < range.end as f64 && start + extent > range.start as f64
        };
        self.bands[usize::from(band)].pieces.iter().filter(move |piece| {
            inside.is_some()
                && piece
                    .to
                    .is_none_or(|r| meets(r.x, r.width, &cols) && meets(r.y, r.height, &rows))
        })
    }

    /// A piece's raster, how it is laid, and the part of a window that it fills, if any.
    fn placed(&self, piece: &Piece, window: Window) -> Result<Option<(Raster, Place, Window)>> {
        let (raster, whole) = (self.raster(piece)?, self.info.grid.size);
        let place = Place::of(piece, raster.info().grid.size, whole);
        let part = place.target().and_then(|target| target.intersection(window));
        Ok(part.map(|part| (raster, place, part)))
    }
}

/// What is less than this of a pixel is taken for an error of rounding, as GDAL takes it.
const LITTLE: f64 = 1e-3;

/// How positions here become pixels there, along one axis; as GDAL's
/// `VRTSimpleSource::GetSrcDstWindow` and its reading by the nearest pixel have it.
#[derive(Debug)]
struct Axis {
    /// Pixels there of one here.
    ratio: f64,
    /// Where 0 here lies there.
    origin: f64,
    /// The pixels there are.
    len: u32,
    /// The pixels here that are filled: those that what is there of the piece touches.
    filled: Range<i64>,
}

impl Axis {
    /// `from` and `to` are starts and extents, there and here; `len` pixels are there,
    /// `own` here.
    fn new(from: (f64, f64), to: (f64, f64), len: u32, own: u32) -> Self {
        let ratio = from.1 / to.1;
        let first = to.0.max(0.0);
        // What the piece would take from beyond its source is not filled.
        let start = (from.0 + (first - to.0) * ratio).max(0.0);
        let snapped = if start.ceil() - start < LITTLE { start.ceil() } else { start };
        let origin = from.0 - to.0 * ratio + (snapped - start);
        let last = (to.0 + to.1).min(f64::from(own)).min((f64::from(len) - origin) / ratio);
        let first = first.max((snapped - origin) / ratio);
        let filled = if last > first {
            (first + LITTLE).floor() as i64..((last - LITTLE).ceil() as i64).min(own.into())
        } else {
            0..0
        };
        Self { ratio, origin, len, filled }
    }

    /// The pixel there of one here.
    fn at(&self, here: i64) -> i64 {
        // As GDAL: a middle that lies on an edge belongs to the pixel behind it.
        let there = (here as f64 + 0.5) * self.ratio + self.origin + 1e-10;
        there.floor().clamp(0.0, f64::from(self.len) - 1.0) as i64
    }
}

/// Where a piece lies.
#[derive(Debug)]
struct Place {
    x: Axis,
    y: Axis,
}

impl Place {
    fn of(piece: &Piece, size: Size, whole: Size) -> Self {
        let all = |size: Size| Rect {
            x: 0.0,
            y: 0.0,
            width: f64::from(size.width),
            height: f64::from(size.height),
        };
        let from = piece.from.unwrap_or_else(|| all(size));
        // Of neither, GDAL lays pixel on pixel.
        let to = piece.to.unwrap_or_else(|| all(if piece.from.is_some() { whole } else { size }));
        let (x, y) = ((from.x, from.width), (from.y, from.height));
        Self {
            x: Axis::new(x, (to.x, to.width), size.width, whole.width),
            y: Axis::new(y, (to.y, to.height), size.height, whole.height),
        }
    }

    /// The pixels here that are filled.
    fn target(&self) -> Option<Window> {
        let (cols, rows) = (&self.x.filled, &self.y.filled);
        let len =
            |range: &Range<i64>| u32::try_from(range.end - range.start).ok().filter(|&n| n > 0);
        Some(Window::new(cols.start, rows.start, len(cols)?, len(rows)?))
    }

    /// The size, here, of what is made at once, so that little is read there.
    fn step(&self) -> Size {
        let columns = (MOST_COLUMNS / self.x.ratio.max(1.0)).max(1.0) as u32;
        Size::new(columns, if self.y.ratio > 2.0 { 1 } else { MOST_ROWS })
    }

    /// The pixels there of some here.
    fn need(&self, part: Window) -> Window {
        let (left, right) = (self.x.at(part.col), self.x.at(part.col_end() - 1));
        let (top, bottom) = (self.y.at(part.row), self.y.at(part.row_end() - 1));
        Window::new(left, top, (right - left + 1) as u32, (bottom - top + 1) as u32)
    }
}

/// Cuts a window into parts of at most a size.
fn parts(window: Window, step: Size) -> impl Iterator<Item = Window> {
    let cut = |range: Range<i64>, step: u32| {
        range
            .clone()
            .step_by(step as usize)
            .map(move |start| (start, (range.end - start).min(step.into()) as u32))
    };
    cut(window.row..window.row_end(), step.height).flat_map(move |(row, height)| {
        let columns = cut(window.col..window.col_end(), step.width);
        columns.map(move |(col, width)| Window::new(col, row, width, height))
    })
}

impl Source for Vrt {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        out.validate();
        let window = out.window();
        for (said, band) in self.bands.iter().zip(0u16..) {
            dispatch!(out.dtype(), T => {
                // GDAL takes the nearest value that a sample can have.
                let near = |n: NoData| n.sample().unwrap_or_else(|| T::from_f64(n.to_f64().round()));
                let none = <T as bytemuck::Zeroable>::zeroed();
                out.plane_mut::<T>(band).fill(said.fill.map_or(none, near));
            });
            for piece in self.pieces(band, window) {
                let Some((raster, place, all)) = self.placed(piece, window)? else { continue };
                for part in parts(all, place.step()) {
                    let pixels =
                        cx.read(&raster, place.need(part)).map_err(|e| e.at_path(&piece.path))?;
                    lay(piece, raster.info(), &place, &pixels, part, band, out);
                }
            }
        }
        for (said, band) in self.bands.iter().zip(0u16..) {
            said.nodata.into_iter().for_each(|nodata| mark_nodata(nodata, band..band + 1, out));
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let one = |piece: &Piece| {
            let (raster, place, part) = self.placed(piece, window).ok()??;
            let info = raster.info();
            let step = place.step();
            let (width, height) = (part.width.min(step.width), part.height.min(step.height));
            let need = place.need(Window { width, height, ..part });
            let own = Buffer::bytes_for(need, info.bands, info.dtype);
            Some(own + raster.source().footprint(need))
        };
        let all = (0..self.info.bands).flat_map(|band| self.pieces(band, window));
        all.filter_map(one).max().unwrap_or(0)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        if !tell.may_read() {
            return;
        }
        for piece in (0..self.info.bands).flat_map(|band| self.pieces(band, window)) {
            let Ok(Some((raster, place, all))) = self.placed(piece, window) else { continue };
            for part in parts(all, place.step()) {
                raster.source().needs(place.need(part), tell);
            }
        }
    }
}

/// Lays a part of a piece over a band.
fn lay(
    piece: &Piece,
    info: &Info,
    place: &Place,
    pixels: &Buffer,
    part: Window,
    band: u16,
    out: &mut Buffer,
) {
    let (own, there, dtype) = (out.window(), pixels.window(), out.dtype());
    let mask = pixels.valid(piece.band);
    // What is missing by the source's nodata value is that value to a virtual raster.
    let stated = info.nodata.filter(|_| info.masked == Masked::No).map(NoData::to_f64);
    let plain = piece.nodata.is_none() && piece.scale.is_none() && piece.table.is_empty();
    let columns: Vec<usize> =
        (part.col..part.col_end()).map(|col| (place.x.at(col) - there.col) as usize).collect();
    // In two steps, by way of f64: once for each type, not for each pair of types.
    let mut values: Vec<Option<f64>> = Vec::with_capacity(columns.len());
    for row in part.row..part.row_end() {
        let line = (place.y.at(row) - there.row) as usize * there.width as usize;
        let start = (row - own.row) as usize * own.width as usize + (part.col - own.col) as usize;
        values.clear();
        dispatch!(info.dtype, S => {
            let from = pixels.plane::<S>(piece.band);
            values.extend(columns.iter().map(|column| {
                let at = line + column;
                match (mask.is_some_and(|mask| mask[at] == 0), stated) {
                    (true, _) if piece.masked => None,
                    (true, Some(stated)) => piece.value(stated),
                    _ => piece.value(from[at].to_f64()),
                }
            }));
        });
        dispatch!(dtype, T => {
            let to = &mut out.plane_mut::<T>(band)[start..start + columns.len()];
            // A number beyond 2^53 is copied, not computed with.
            let same = plain && info.dtype == T::DTYPE;
            let from = same.then(|| pixels.plane::<T>(piece.band));
            for ((to, value), column) in to.iter_mut().zip(&values).zip(&columns) {
                match (value, from) {
                    (None, _) => {}
                    (Some(_), Some(from)) => *to = from[line + column],
                    // GDAL rounds halves away from 0.
                    (Some(value), None) if T::DTYPE.is_float() => *to = T::from_f64(*value),
                    (Some(value), None) => *to = T::from_f64(value.round()),
                }
            }
        });
    }
}

impl Piece {
    /// Returns what becomes of a value; `None` if it is passed over.
    fn value(&self, value: f64) -> Option<f64> {
        let passed = self.nodata.is_some_and(|n| n == value || n.is_nan() && value.is_nan());
        if passed {
            return None;
        }
        let scaled = self.scale.map_or(value, |(ratio, offset)| value * ratio + offset);
        let (Some(first), Some(last)) = (self.table.first(), self.table.last()) else {
            return Some(scaled);
        };
        if scaled <= first.0 {
            return Some(first.1);
        }
        if scaled >= last.0 {
            return Some(last.1);
        }
        let above = self.table.partition_point(|(x, _)| *x <= scaled);
        let ((x0, y0), (x1, y1)) = (self.table[above - 1], self.table[above]);
        Some(y0 + (scaled - x0) * ((y1 - y0) / (x1 - x0)))
    }
}
