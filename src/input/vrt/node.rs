//! The pixels of a virtual raster.

use std::collections::HashMap;
use std::ops::Range;
use std::path::PathBuf;

use super::read::{Band, Piece, Rect};
use crate::error::{Error, Result};
use crate::input::Files;
use crate::kernel::mark_nodata;
use crate::raster::{
    Buffer, Context, Info, Masked, NoData, Raster, Sample, Shelf, Size, Source, Window, dispatch,
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
        let raster = shelf.get(key, || self.files.open_tiff(&piece.path))?;
        let info = raster.info();
        if piece.band >= info.bands || info.dtype.is_complex() {
            return Err(Error::format("band of a virtual raster's source")
                .expected(format!("one of {} real ones", info.bands))
                .found(u32::from(piece.band) + 1)
                .at_path(&piece.path));
        }
        Ok(raster)
    }

    /// The pixels here that a piece fills.
    fn target(&self, piece: &Piece) -> Window {
        let whole = self.info.grid.size;
        piece.to.map_or(whole.window(), |r| {
            let span = |start: f64, extent: f64| {
                let (first, end) = ((start + 0.5).floor(), (start + extent + 0.5).floor());
                (first as i64, (end - first).clamp(0.0, f64::from(u32::MAX)) as u32)
            };
            let ((col, width), (row, height)) = (span(r.x, r.width), span(r.y, r.height));
            Window::new(col, row, width, height)
        })
    }

    /// The pieces of a band in a window, and the parts of it that they fill.
    fn pieces(&self, band: u16, window: Window) -> impl Iterator<Item = (&Piece, Window)> {
        let inside = window.intersection(self.info.grid.size.window());
        let pieces = self.bands[usize::from(band)].pieces.iter();
        pieces.filter_map(move |piece| Some((piece, self.target(piece).intersection(inside?)?)))
    }
}

/// How positions here become pixels there.
#[derive(Debug)]
struct Place {
    from: Rect,
    to: Rect,
    size: Size,
}

impl Place {
    fn of(piece: &Piece, size: Size, whole: Size) -> Self {
        let all = |size: Size| Rect {
            x: 0.0,
            y: 0.0,
            width: f64::from(size.width),
            height: f64::from(size.height),
        };
        Self {
            from: piece.from.unwrap_or_else(|| all(size)),
            to: piece.to.unwrap_or_else(|| all(whole)),
            size,
        }
    }

    fn col(&self, col: i64) -> i64 {
        let x = (col as f64 + 0.5 - self.to.x) * (self.from.width / self.to.width);
        (self.from.x + x).floor().clamp(0.0, f64::from(self.size.width) - 1.0) as i64
    }

    fn row(&self, row: i64) -> i64 {
        let y = (row as f64 + 0.5 - self.to.y) * (self.from.height / self.to.height);
        (self.from.y + y).floor().clamp(0.0, f64::from(self.size.height) - 1.0) as i64
    }

    /// The size, here, of what is made at once, so that little is read there.
    fn step(&self) -> Size {
        let (x, y) = (self.from.width / self.to.width, self.from.height / self.to.height);
        let columns = (MOST_COLUMNS / x.max(1.0)).max(1.0) as u32;
        Size::new(columns, if y > 2.0 { 1 } else { MOST_ROWS })
    }

    /// The pixels there of some here.
    fn need(&self, part: Window) -> Window {
        let (left, right) = (self.col(part.col), self.col(part.col_end() - 1));
        let (top, bottom) = (self.row(part.row), self.row(part.row_end() - 1));
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
        for (band, said) in (0u16..).zip(&self.bands) {
            dispatch!(out.dtype(), T => {
                let fill = said.nodata.and_then(NoData::sample::<T>);
                out.plane_mut::<T>(band).fill(fill.unwrap_or(<T as bytemuck::Zeroable>::zeroed()));
            });
            for (piece, all) in self.pieces(band, window) {
                let raster = self.raster(piece)?;
                let place = Place::of(piece, raster.info().grid.size, self.info.grid.size);
                for part in parts(all, place.step()) {
                    let pixels =
                        cx.read(&raster, place.need(part)).map_err(|e| e.at_path(&piece.path))?;
                    lay(piece, raster.info(), &place, &pixels, part, band, out);
                }
            }
        }
        for (band, said) in (0u16..).zip(&self.bands) {
            said.nodata.into_iter().for_each(|nodata| mark_nodata(nodata, band..band + 1, out));
        }
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let one = |(piece, part): (&Piece, Window)| {
            let raster = self.raster(piece).ok()?;
            let info = raster.info();
            let place = Place::of(piece, info.grid.size, self.info.grid.size);
            let step = place.step();
            let (width, height) = (part.width.min(step.width), part.height.min(step.height));
            let need = place.need(Window { width, height, ..part });
            let own = Buffer::bytes_for(need, info.bands, info.dtype);
            Some(own + raster.source().footprint(need))
        };
        let all = (0..self.info.bands).flat_map(|band| self.pieces(band, window));
        all.filter_map(one).max().unwrap_or(0)
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
        (part.col..part.col_end()).map(|col| (place.col(col) - there.col) as usize).collect();
    // In two steps, by way of f64: once for each type, not for each pair of types.
    let mut values: Vec<Option<f64>> = Vec::with_capacity(columns.len());
    for row in part.row..part.row_end() {
        let line = (place.row(row) - there.row) as usize * there.width as usize;
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
