//! From output pixels to source pixels.

use std::ops::Range;
use std::sync::Arc;

use super::curve::{Curve, Shift, affine};
use super::patch::{CELL, CENTRES, CHECKS, NODES, Patch, Span, Spans};
use super::place;
use crate::crs::{TransformOptions, Transformer};
use crate::kernel::{Corners, Quads};
use crate::raster::{GeoTransform, Grid, Point, Size, Window};
use crate::{Error, Result};

/// The side of the smallest leaf; what is still not smooth there is exact per pixel.
const SMALLEST: u32 = 8;

/// The error in source pixels within which a leaf's *bounds* are known where
/// its coordinates are exact.
const LOOSE: f64 = 0.125;

/// How many of its own pixels' footprints a leaf must keep clear of the source
/// to be left less accurate than asked for.
const CLEAR: f64 = 16.0;

/// The map from positions in an output raster to positions in a source raster.
///
/// Positions count pixels from the top left corner of the top left pixel, x
/// along the columns: the centre of a pixel lies at (column + 0.5, row + 0.5),
/// and a source of width w covers 0 to w. NaN stands for "no such place in the
/// source's coordinate system".
///
/// The output is divided into cells of [`CELL`] x [`CELL`] pixels that start at
/// multiples of [`CELL`], whatever part is asked for. In a cell the exact
/// coordinates are replaced by a biquadratic patch through nine of them; where
/// eight more show that it is off by more than the permitted error, in either
/// coordinate, the cell is cut in four, down to 8 x 8 pixels, and those that
/// are not smooth even then are exact in every pixel. So seams and poles stay
/// sharp. A pixel's value is computed by the same operations whatever window
/// asks for it.
///
/// Leaves that stay clear of the source by 16 of their pixels' footprints need
/// not meet the permitted error: nothing that is read there exists. Places
/// narrower than 16 output pixels, all around which no source coordinates
/// exist, may be overlooked.
///
/// Cloning is cheap.
#[derive(Debug, Clone)]
pub struct PixelMap(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    source: Size,
    max_error: f64,
    path: Path,
}

#[derive(Debug)]
enum Path {
    Affine { transform: GeoTransform, shift: Option<Shift> },
    Curved(Curve),
}

/// One square of the lattice, [`CELL`] output pixels wide and high.
#[derive(Debug, Clone)]
pub struct Cell {
    leaves: Vec<Leaf>,
    max_error: f64,
}

/// A square part of a cell in which coordinates are found in one way.
#[derive(Debug, Clone)]
pub struct Leaf {
    window: Window,
    form: Form,
}

#[derive(Debug, Clone)]
enum Form {
    /// No pixel has a place in the source's coordinate system.
    Empty,
    Affine(GeoTransform),
    Patch(Patch),
    /// Computed pixel by pixel; bounds of position and scale are known.
    Exact {
        bounds: Spans,
        scale: Spans,
    },
}

impl PixelMap {
    /// Makes the map from the pixels of `to` to those of `from`.
    ///
    /// `max_error` is the permitted error of each source coordinate, in source
    /// pixels; 0 makes every pixel exact. If both grids are in the same system,
    /// or in none, the map is affine and exact in any case.
    ///
    /// A source whose longitudes (or eastings that repeat) reach beyond the
    /// range that transformations give, such as 0 to 360 degrees, is met on
    /// whichever turn lies nearest to its middle.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] if `max_error` is negative or NaN, if only one of the
    /// grids has a reference system, or if pixels of `from` have no area;
    /// [`Error::Unsupported`] if swath cannot transform between the systems.
    pub fn between(to: &Grid, from: &Grid, max_error: f64) -> Result<Self> {
        Self::with_options(to, from, max_error, &TransformOptions::default())
    }

    /// Makes the map as [`PixelMap::between`] does, with a choice of grids of datum
    /// shifts and of the operation; without an area, that for where `from` lies.
    ///
    /// # Errors
    ///
    /// Those of [`PixelMap::between`] and [`Transformer::with_options`].
    pub fn with_options(
        to: &Grid,
        from: &Grid,
        max_error: f64,
        how: &TransformOptions,
    ) -> Result<Self> {
        if max_error.is_nan() || max_error < 0.0 {
            return Err(Error::usage("largest error of coordinates")
                .expected("0 or more source pixels")
                .found(max_error));
        }
        let inverse = from.transform.inverse().ok_or_else(|| {
            Error::usage("the source's geotransform")
                .expected("pixels with an area")
                .found(format!("{:?}", from.transform.to_gdal()))
        })?;
        let how = place::options(from, how);
        let transformer = match (&to.crs, &from.crs) {
            (None, None) => None,
            (Some(to), Some(from)) => {
                Some(Transformer::with_options(to, from, &how)?).filter(|t| !t.is_identity())
            }
            (Some(crs), None) | (None, Some(crs)) => {
                return Err(Error::usage("the coordinate reference system")
                    .expected(format!("{crs} on both sides, or one that is known"))
                    .found("none on one side")
                    .hint("say what the coordinates of the source mean"));
            }
        };
        let path = match transformer {
            Some(transformer) => Path::Curved(Curve::new(to.transform, transformer, from, inverse)),
            None => {
                let (transform, shift) = affine(to, from.transform, inverse);
                Path::Affine { transform, shift }
            }
        };
        Ok(Self(Arc::new(Inner { source: from.size, max_error, path })))
    }

    /// Returns the displacement, if the map is one by whole pixels (to a millionth).
    pub fn shift(&self) -> Option<Shift> {
        match self.0.path {
            Path::Affine { shift, .. } => shift,
            Path::Curved(_) => None,
        }
    }

    /// Returns the affine map from output to source positions, if it is one.
    pub fn affine(&self) -> Option<GeoTransform> {
        match self.0.path {
            Path::Affine { transform, .. } => Some(transform),
            Path::Curved(_) => None,
        }
    }

    /// Returns the transformation between the systems, from output to source;
    /// `None` if there is nothing to transform.
    pub fn transformer(&self) -> Option<&Transformer> {
        match &self.0.path {
            Path::Affine { .. } => None,
            Path::Curved(curve) => Some(curve.transformer()),
        }
    }

    /// Returns the permitted error in source pixels.
    pub fn max_error(&self) -> f64 {
        self.0.max_error
    }

    /// Takes output positions to source positions in place, without approximation.
    ///
    /// # Panics
    ///
    /// Panics if the slices differ in length.
    pub fn exact(&self, xs: &mut [f64], ys: &mut [f64]) {
        match &self.0.path {
            Path::Curved(curve) => curve.apply(xs, ys),
            Path::Affine { transform, .. } => {
                assert_eq!(xs.len(), ys.len(), "as many x as y");
                for (x, y) in xs.iter_mut().zip(ys) {
                    let p = transform.apply(Point { x: *x, y: *y });
                    (*x, *y) = (p.x, p.y);
                }
            }
        }
    }

    /// Makes the cells that a window of the output touches, row by row.
    pub fn cells(&self, window: Window) -> impl Iterator<Item = Cell> + '_ {
        let side = i64::from(CELL);
        let range = move |start: i64, end: i64| {
            // An empty window touches none.
            let last = if end > start { (end - 1).div_euclid(side) + 1 } else { i64::MIN };
            start.div_euclid(side)..last
        };
        let cols = range(window.col, window.col_end());
        range(window.row, window.row_end())
            .flat_map(move |row| cols.clone().map(move |col| self.cell(col, row)))
    }

    /// Makes one cell: the one whose top left pixel is ([`CELL`] x `col`, [`CELL`] x `row`).
    ///
    /// Costs 17 exact transformations where the map is smooth; a few thousand
    /// where a seam crosses.
    pub fn cell(&self, col: i64, row: i64) -> Cell {
        let side = i64::from(CELL);
        let window = Window::new(col * side, row * side, CELL, CELL);
        let mut cell = Cell { leaves: Vec::new(), max_error: 0.0 };
        match &self.0.path {
            Path::Affine { transform, .. } => {
                cell.leaves.push(Leaf { window, form: Form::Affine(*transform) });
            }
            Path::Curved(curve) => self.grow(curve, window, &mut cell),
        }
        cell
    }

    /// Returns the part of the source that a kernel reads for a window of the
    /// output; `None` if that is nothing.
    ///
    /// `radius` is the kernel's reach around a position, in source pixels where
    /// the output is no coarser than the source, and in footprints of output
    /// pixels where it is.
    pub fn source_window(&self, window: Window, radius: f64) -> Option<Window> {
        let mut need: Option<Window> = None;
        for cell in self.cells(window) {
            for leaf in &cell.leaves {
                if let Some(part) = leaf.source_window(window, radius, self.0.source) {
                    need = Some(need.map_or(part, |all| all.union(part)));
                }
            }
        }
        need
    }

    /// Fills the source coordinates of the centres of some pixels of one row.
    ///
    /// `row` and `cols` are absolute output pixels within the leaf's window.
    ///
    /// # Panics
    ///
    /// Panics if they are not, or if a slice's length is not that of `cols`.
    pub fn row(&self, leaf: &Leaf, row: i64, cols: Range<i64>, xs: &mut [f64], ys: &mut [f64]) {
        let (v, u) = leaf.locate(row, cols, xs.len(), ys.len());
        let (left, y) = (leaf.window.col as f64, row as f64 + 0.5);
        match &leaf.form {
            Form::Patch(patch) => patch.row(v, u, xs, ys),
            Form::Empty => {
                xs.fill(f64::NAN);
                ys.fill(f64::NAN);
            }
            Form::Affine(map) => {
                let (x0, y0) =
                    (map.origin_x + y * map.row_rotation, map.origin_y + y * map.pixel_height);
                for ((x, y), centre) in xs.iter_mut().zip(ys).zip(&CENTRES[u]) {
                    *x = x0 + (left + centre) * map.pixel_width;
                    *y = y0 + (left + centre) * map.column_rotation;
                }
            }
            Form::Exact { .. } => {
                for ((x, out), centre) in xs.iter_mut().zip(ys.iter_mut()).zip(&CENTRES[u]) {
                    (*x, *out) = (left + centre, y);
                }
                self.exact(xs, ys);
            }
        }
    }

    /// Fills the extent of each pixel's footprint in the source, in source
    /// pixels along x and along y: the length of the gradient of that
    /// coordinate over the output's columns and rows.
    ///
    /// Where coordinates are exact, gradients are differences between the
    /// pixel's edges; across a seam, twice that of the unbroken half. NaN where
    /// a pixel has no place in the source, or neither half has.
    ///
    /// # Panics
    ///
    /// Panics as [`PixelMap::row`] does.
    pub fn scale_row(
        &self,
        leaf: &Leaf,
        row: i64,
        cols: Range<i64>,
        sx: &mut [f64],
        sy: &mut [f64],
    ) {
        let start = cols.start;
        let (v, u) = leaf.locate(row, cols, sx.len(), sy.len());
        match (&leaf.form, &self.0.path) {
            (Form::Patch(patch), _) => patch.scale_row(v, u, sx, sy),
            (Form::Affine(map), _) => {
                sx.fill(map.pixel_width.hypot(map.row_rotation));
                sy.fill(map.column_rotation.hypot(map.pixel_height));
            }
            (Form::Exact { .. }, Path::Curved(curve)) => curve.scale_row(start, row, sx, sy),
            (Form::Empty | Form::Exact { .. }, _) => {
                sx.fill(f64::NAN);
                sy.fill(f64::NAN);
            }
        }
    }

    /// Fills the corners of some pixels of one row, as places in the source: a
    /// corner that pixels share is the same for all of them, bit for bit, within
    /// a leaf; with `shared` also between leaves, whose borders are then exact.
    ///
    /// Where coordinates are exact and a seam or pole cuts a pixel, or part of it
    /// has no place, its corners are those of the parallelogram that its slopes
    /// span ([`PixelMap::scale_row`] says how they are found).
    ///
    /// # Panics
    ///
    /// Panics as [`PixelMap::row`] does.
    pub fn quad_row(
        &self,
        leaf: &Leaf,
        row: i64,
        cols: Range<i64>,
        shared: bool,
        quads: &mut Quads,
    ) {
        let len = (cols.end - cols.start) as usize;
        leaf.locate(row, cols.clone(), len, len);
        let count = len + 1;
        for (row, Corners { x, y }) in [(row, &mut quads.upper), (row + 1, &mut quads.lower)] {
            self.corner_row(leaf, row, cols.start, shared, &mut x[..count], &mut y[..count]);
        }
        quads.share();
        if let (Form::Exact { .. }, Path::Curved(curve)) = (&leaf.form, &self.0.path) {
            curve.slopes(cols.start, row, len, |i, slopes| {
                if !slopes.are_of(&quads.get(i)) {
                    quads.set(i, slopes.quad());
                }
            });
        }
    }

    /// Fills the places of the corners of one row from corner `col` on; `row` and
    /// `col` count corners from the output's upper left one.
    fn corner_row(
        &self,
        leaf: &Leaf,
        row: i64,
        col: i64,
        shared: bool,
        xs: &mut [f64],
        ys: &mut [f64],
    ) {
        let (window, count) = (leaf.window, xs.len());
        let on_border = row == window.row || row == window.row_end();
        let exact = match leaf.form {
            Form::Empty => {
                xs.fill(f64::NAN);
                ys.fill(f64::NAN);
                return;
            }
            Form::Patch(patch) if !(shared && on_border) => {
                let (v, u) = ((row - window.row) as usize, (col - window.col) as usize);
                patch.corner_row(v, u..u + count, xs, ys);
                // The ends alone, and they only where they are the leaf's own.
                let last = col + count as i64 - 1;
                [(0, shared && col == window.col), (count - 1, shared && last == window.col_end())]
            }
            _ => {
                for (i, x) in xs.iter_mut().enumerate() {
                    *x = (col + i as i64) as f64;
                }
                ys.fill(row as f64);
                self.exact(xs, ys);
                return;
            }
        };
        for (i, _) in exact.into_iter().filter(|&(_, is)| is) {
            (xs[i], ys[i]) = ((col + i as i64) as f64, row as f64);
            self.exact(&mut xs[i..=i], &mut ys[i..=i]);
        }
    }

    /// Adds the leaves of a square to the cell.
    fn grow(&self, curve: &Curve, window: Window, cell: &mut Cell) {
        let side = f64::from(window.width);
        let (mut xs, mut ys) = ([0.0; 17], [0.0; 17]);
        for (i, (s, t)) in NODES.into_iter().chain(CHECKS).enumerate() {
            xs[i] = window.col as f64 + s * side;
            ys[i] = window.row as f64 + t * side;
        }
        curve.apply(&mut xs, &mut ys);
        let finite = xs.iter().zip(&ys).filter(|(x, y)| x.is_finite() && y.is_finite()).count();
        if finite == xs.len() {
            let (patch, off) = Patch::through(&xs, &ys, 1.0 / side);
            let exact = self.0.max_error == 0.0;
            let near_enough = off <= if exact { LOOSE } else { self.0.max_error };
            if near_enough && !exact {
                cell.max_error = cell.max_error.max(off);
            }
            if near_enough || self.clear_of(&patch, off) {
                let form = if exact { Form::exact(&patch, off) } else { Form::Patch(patch) };
                cell.leaves.push(Leaf { window, form });
                return;
            }
        } else if finite == 0 && curve.is_nowhere(window) {
            cell.leaves.push(Leaf { window, form: Form::Empty });
            return;
        }
        if window.width <= SMALLEST {
            let form = curve
                .survey(window)
                .map_or(Form::Empty, |(bounds, scale)| Form::Exact { bounds, scale });
            cell.leaves.push(Leaf { window, form });
            return;
        }
        let half = window.width / 2;
        for (right, down) in [(0, 0), (half, 0), (0, half), (half, half)] {
            let (col, row) = (window.col + i64::from(right), window.row + i64::from(down));
            self.grow(curve, Window::new(col, row, half, half), cell);
        }
    }

    /// Returns whether nothing near the source depends on a patch, `off` pixels wrong.
    fn clear_of(&self, patch: &Patch, off: f64) -> bool {
        let (bounds, scale) = (patch.bounds(0.0..1.0, 0.0..1.0), patch.scale());
        let apart = |span: Span, scale: Span, size: u32| {
            // An error that large may hide more of its kind: four times over.
            let reach = 4.0 * off + CLEAR * scale.max.max(1.0);
            span.max + reach < 0.0 || span.min - reach > f64::from(size)
        };
        apart(bounds.x, scale.x, self.0.source.width)
            || apart(bounds.y, scale.y, self.0.source.height)
    }
}

impl Cell {
    /// Returns the parts: together they cover the cell without overlap.
    pub fn leaves(&self) -> &[Leaf] {
        &self.leaves
    }

    /// Returns an upper bound of the error of each coordinate near the source,
    /// in source pixels: a quarter more than the largest that was seen. 0 if all is exact.
    pub fn max_error(&self) -> f64 {
        self.max_error
    }
}

impl Form {
    /// Exact coordinates with the bounds of a patch that is off by no more than `off`.
    fn exact(patch: &Patch, off: f64) -> Self {
        let (bounds, scale) = (patch.bounds(0.0..1.0, 0.0..1.0), patch.scale());
        // Slopes stray further than values; a tenth is ample for what passed the checks.
        let by = |span: Span| Span { min: span.min * 0.9, max: span.max * 1.1 };
        Self::Exact {
            bounds: Spans { x: bounds.x.widened(4.0 * off), y: bounds.y.widened(4.0 * off) },
            scale: Spans { x: by(scale.x), y: by(scale.y) },
        }
    }
}

impl Leaf {
    /// Returns the square of output pixels.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Returns whether no pixel has a place in the source's coordinate system.
    pub fn is_empty(&self) -> bool {
        matches!(self.form, Form::Empty)
    }

    /// Returns whether coordinates are computed pixel by pixel, at some hundred
    /// times the cost.
    pub fn is_exact(&self) -> bool {
        matches!(self.form, Form::Exact { .. })
    }

    /// Returns bounds on the source coordinates of the pixels in `within`, an
    /// output window; `None` if there are none.
    pub fn bounds(&self, within: Window) -> Option<Spans> {
        let part = self.window.intersection(within)?;
        let (left, top) = (part.col - self.window.col, part.row - self.window.row);
        match &self.form {
            Form::Empty => None,
            Form::Exact { bounds, .. } => Some(*bounds),
            Form::Patch(patch) => {
                let range = |start: i64, length: u32| {
                    let start = start as f64;
                    start * patch.step..(start + f64::from(length)) * patch.step
                };
                Some(patch.bounds(range(left, part.width), range(top, part.height)))
            }
            Form::Affine(map) => {
                let cols = [part.col as f64, part.col_end() as f64];
                let rows = [part.row as f64, part.row_end() as f64];
                let corner = |i: usize| map.apply(Point { x: cols[i % 2], y: rows[i / 2] });
                Some(Spans {
                    x: Span::of((0..4).map(|i| corner(i).x)),
                    y: Span::of((0..4).map(|i| corner(i).y)),
                })
            }
        }
    }

    /// Returns bounds on what [`PixelMap::scale_row`] gives; `None` for an empty leaf.
    pub fn scale(&self) -> Option<Spans> {
        match &self.form {
            Form::Empty => None,
            Form::Exact { scale, .. } => Some(*scale),
            Form::Patch(patch) => Some(patch.scale()),
            Form::Affine(map) => {
                let point = |v: f64| Span { min: v, max: v };
                Some(Spans {
                    x: point(map.pixel_width.hypot(map.row_rotation)),
                    y: point(map.column_rotation.hypot(map.pixel_height)),
                })
            }
        }
    }

    /// Returns the part of a source of some size that a kernel of some radius
    /// reads for the pixels in `within`, as [`PixelMap::source_window`] does.
    pub fn source_window(&self, within: Window, radius: f64, source: Size) -> Option<Window> {
        let (bounds, scale) = (self.bounds(within)?, self.scale()?);
        let side = |span: Span, scale: Span, size: u32| {
            // Taps count from the pixel before the position, in whole pixels: less
            // than 1.5 further than the radius; the rest covers rounding.
            let span = span.widened(radius * scale.max.max(1.0) + 2.0);
            let clamp = |v: f64| v.floor().clamp(-1.0, f64::from(size)) as i64;
            let (start, end) = (clamp(span.min).max(0), clamp(span.max) + 1);
            let end = end.min(i64::from(size));
            (end > start).then_some((start, (end - start) as u32))
        };
        let (col, width) = side(bounds.x, scale.x, source.width)?;
        let (row, height) = side(bounds.y, scale.y, source.height)?;
        Some(Window::new(col, row, width, height))
    }

    /// Returns row and columns counted from the leaf's top left pixel.
    fn locate(&self, row: i64, cols: Range<i64>, xs: usize, ys: usize) -> (usize, Range<usize>) {
        let w = self.window;
        assert!(
            (w.row..w.row_end()).contains(&row) && w.col <= cols.start && cols.end <= w.col_end(),
            "row {row}, columns {cols:?} lie in {w:?}"
        );
        let start = (cols.start - w.col) as usize;
        let length = (cols.end - cols.start).max(0) as usize;
        assert!(xs == length && ys == length, "as many coordinates as columns");
        ((row - w.row) as usize, start..start + length)
    }
}
