//! Exact coordinates: output pixel to output CRS to source CRS to source pixel.

use super::patch::{CELL, CENTRES, Span, Spans};
use crate::crs::{Repeat, Transformer};
use crate::kernel::Quad;
use crate::raster::{GeoTransform, Grid, Point, Window};

/// A displacement by whole pixels: source position = output position + shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shift {
    /// Added to a column.
    pub cols: i64,
    /// Added to a row.
    pub rows: i64,
}

/// The spacing in pixels at which places without coordinates are searched.
const SEARCH: u32 = 16;

/// The map between two grids in different systems.
#[derive(Debug)]
pub(super) struct Curve {
    to: GeoTransform,
    transformer: Transformer,
    /// Where source coordinates lie on another turn than the transformer's.
    turn: Option<Repeat>,
    inverse: GeoTransform,
}

impl Shift {
    /// Returns the displacement of one grid's pixels against another's, if they are the
    /// same pixels.
    pub(in crate::ops) fn between(to: &Grid, from: &Grid) -> Option<Self> {
        let inverse = from.transform.inverse().filter(|_| to.crs == from.crs)?;
        affine(to, from.transform, inverse).1
    }
}

impl Curve {
    pub(super) fn new(
        to: GeoTransform,
        transformer: Transformer,
        from: &Grid,
        inverse: GeoTransform,
    ) -> Self {
        let bounds = from.bounds();
        let turn = transformer.repeat().filter(|usual| {
            let edge = usual.period * (0.5 + 1e-9);
            bounds.left < usual.middle - edge || bounds.right > usual.middle + edge
        });
        let middle = 0.5 * (bounds.left + bounds.right);
        let turn = turn.map(|usual| Repeat { middle, ..usual });
        Self { to, transformer, turn, inverse }
    }

    pub(super) fn transformer(&self) -> &Transformer {
        &self.transformer
    }

    /// Takes output positions to source positions in place; NaN where there is none.
    pub(super) fn apply(&self, xs: &mut [f64], ys: &mut [f64]) {
        let each = |map: GeoTransform, xs: &mut [f64], ys: &mut [f64]| {
            for (x, y) in xs.iter_mut().zip(ys) {
                let p = map.apply(Point { x: *x, y: *y });
                (*x, *y) = (p.x, p.y);
            }
        };
        each(self.to, xs, ys);
        self.transformer.transform(xs, ys);
        if let Some(Repeat { middle, period }) = self.turn {
            for x in xs.iter_mut() {
                *x -= ((*x - middle) / period).round() * period;
            }
        }
        each(self.inverse, xs, ys);
    }

    /// Returns whether a lattice over the square finds no coordinates at all.
    pub(super) fn is_nowhere(&self, window: Window) -> bool {
        let (mut xs, mut ys) =
            ([0.0; 1 + (CELL / SEARCH) as usize], [0.0; 1 + (CELL / SEARCH) as usize]);
        let step = SEARCH.min(window.width);
        let count = (window.width / step) as usize + 1;
        let (xs, ys) = (&mut xs[..count], &mut ys[..count]);
        (0..count).all(|j| {
            for (i, x) in xs.iter_mut().enumerate() {
                *x = window.col as f64 + i as f64 * f64::from(step);
            }
            ys.fill(window.row as f64 + j as f64 * f64::from(step));
            self.apply(xs, ys);
            xs.iter().zip(ys.iter()).all(|(x, y)| x.is_nan() || y.is_nan())
        })
    }

    /// Returns the bounds of positions and scales over the pixels of a square,
    /// or `None` if no pixel has a position.
    pub(super) fn survey(&self, window: Window) -> Option<(Spans, Spans)> {
        const NONE: Spans = Spans { x: Span::EMPTY, y: Span::EMPTY };
        let (mut bounds, mut scale) = (NONE, NONE);
        let (mut xs, mut ys) = ([0.0; CELL as usize], [0.0; CELL as usize]);
        let (xs, ys) = (&mut xs[..window.width as usize], &mut ys[..window.width as usize]);
        let take_in = |spans: &mut Spans, xs: &[f64], ys: &[f64]| {
            for (&x, &y) in xs.iter().zip(ys) {
                *spans = Spans { x: spans.x.with(x), y: spans.y.with(y) };
            }
        };
        for row in window.row..window.row_end() {
            for (x, centre) in xs.iter_mut().zip(CENTRES) {
                *x = window.col as f64 + centre;
            }
            ys.fill(row as f64 + 0.5);
            self.apply(xs, ys);
            take_in(&mut bounds, xs, ys);
            self.scale_row(window.col, row, xs, ys);
            take_in(&mut scale, xs, ys);
        }
        if bounds.x.min > bounds.x.max {
            return None;
        }
        if scale.x.min > scale.x.max {
            // Lone pixels without neighbours have no slope: read one pixel each.
            scale = Spans { x: Span { min: 1.0, max: 1.0 }, y: Span { min: 1.0, max: 1.0 } };
        }
        Some((bounds, scale))
    }

    /// Fills the extents of footprints of the pixels from `col` on in a row.
    pub(super) fn scale_row(&self, col: i64, row: i64, sx: &mut [f64], sy: &mut [f64]) {
        self.slopes(col, row, sx.len(), |i, slopes| {
            sx[i] = slopes.across.x.hypot(slopes.down.x);
            sy[i] = slopes.across.y.hypot(slopes.down.y);
        });
    }

    /// Tells the place and slopes of `n` pixels from `col` on in a row.
    pub(super) fn slopes(&self, col: i64, row: i64, n: usize, mut tell: impl FnMut(usize, Slopes)) {
        const N: usize = CELL as usize;
        let (left, top) = (col as f64, row as f64);
        let place = |dx: f64, dy: f64, count: usize| {
            let (mut xs, mut ys) = ([0.0; N + 1], [0.0; N + 1]);
            for (i, x) in xs[..count].iter_mut().enumerate() {
                *x = left + i as f64 + dx;
            }
            ys[..count].fill(top + dy);
            self.apply(&mut xs[..count], &mut ys[..count]);
            (xs, ys)
        };
        let centre = place(0.5, 0.5, n);
        let sides = place(0.0, 0.5, n + 1);
        let upper = place(0.5, 0.0, n);
        let lower = place(0.5, 1.0, n);
        for i in 0..n {
            let at =
                |(xs, ys): &([f64; N + 1], [f64; N + 1]), i: usize| Point { x: xs[i], y: ys[i] };
            let here = at(&centre, i);
            let across = slope(at(&sides, i), here, at(&sides, i + 1));
            let down = slope(at(&upper, i), here, at(&lower, i));
            tell(i, Slopes { here, across, down });
        }
    }
}

/// Where a pixel's centre lies in the source, and how positions change from
/// there to the next column and row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slopes {
    pub(super) here: Point,
    pub(super) across: Point,
    pub(super) down: Point,
}

impl Slopes {
    /// Returns the parallelogram that these slopes span.
    pub(super) fn quad(self) -> Quad {
        let Self { here, across, down } = self;
        [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)].map(|(a, d)| Point {
            x: here.x + a * across.x + d * down.x,
            y: here.y + a * across.y + d * down.y,
        })
    }

    /// Returns whether opposite corners lie about as far from the centre as each
    /// other: on both sides of a seam, or without a place, they do not.
    pub(super) fn are_of(self, [a, b, c, d]: &Quad) -> bool {
        let away = |p: &Point| (p.x - self.here.x).hypot(p.y - self.here.y);
        let alike = |p: f64, q: f64| p <= 4.0 * q && q <= 4.0 * p;
        alike(away(a), away(c)) && alike(away(b), away(d))
    }
}

/// Returns the change of position over one pixel, from those on two opposite
/// edges and in the middle; blind to a seam in one of the halves.
fn slope(before: Point, here: Point, after: Point) -> Point {
    let half = |a: Point, b: Point| Point { x: b.x - a.x, y: b.y - a.y };
    let (first, second) = (half(before, here), half(here, after));
    let (a, b) = (first.x.hypot(first.y), second.x.hypot(second.y));
    // On smooth ground both halves are about as long; at a seam one of them
    // spans the source.
    if a <= 4.0 * b && b <= 4.0 * a {
        half(before, after)
    } else if a < b || b.is_nan() {
        Point { x: 2.0 * first.x, y: 2.0 * first.y }
    } else {
        Point { x: 2.0 * second.x, y: 2.0 * second.y }
    }
}

/// Returns the affine map between two grids in the same system, and the
/// displacement if that is all it is.
pub(super) fn affine(
    to: &Grid,
    from: GeoTransform,
    inverse: GeoTransform,
) -> (GeoTransform, Option<Shift>) {
    if !(to.transform.is_unrotated() && from.is_unrotated()) {
        let origin = inverse.apply(Point { x: to.transform.origin_x, y: to.transform.origin_y });
        let (t, f) = (to.transform, inverse);
        let map = GeoTransform {
            origin_x: origin.x,
            pixel_width: f.pixel_width * t.pixel_width + f.row_rotation * t.column_rotation,
            row_rotation: f.pixel_width * t.row_rotation + f.row_rotation * t.pixel_height,
            origin_y: origin.y,
            column_rotation: f.column_rotation * t.pixel_width + f.pixel_height * t.column_rotation,
            pixel_height: f.column_rotation * t.row_rotation + f.pixel_height * t.pixel_height,
        };
        return (map, None);
    }
    // Quotients, not products with the inverse: equal pixels give exactly 1.
    let x = (to.transform.origin_x - from.origin_x) / from.pixel_width;
    let y = (to.transform.origin_y - from.origin_y) / from.pixel_height;
    let w = to.transform.pixel_width / from.pixel_width;
    let h = to.transform.pixel_height / from.pixel_height;
    let whole = |offset: f64, scale: f64, size: u32| {
        let stray = (offset - offset.round()).abs() + (scale - 1.0).abs() * f64::from(size);
        stray < 1e-6 && offset.abs() < 1e15
    };
    if whole(x, w, to.size.width) && whole(y, h, to.size.height) {
        let shift = Shift { cols: x.round() as i64, rows: y.round() as i64 };
        let map = GeoTransform {
            origin_x: x.round(),
            origin_y: y.round(),
            pixel_height: 1.0,
            ..GeoTransform::IDENTITY
        };
        return (map, Some(shift));
    }
    let map = GeoTransform {
        origin_x: x,
        pixel_width: w,
        origin_y: y,
        pixel_height: h,
        ..GeoTransform::IDENTITY
    };
    (map, None)
}
