//! A slow warp by the definitions: every position transformed exactly, every
//! sum made directly in `f64`, nothing shared with the library but coordinates.
//!
//! Coordinates are known to a tolerance only. So a pixel is computed at several
//! places within it, and what lies between the results is right.

use swath::crs::Transformer;
use swath::kernel::Resampling;
use swath::raster::{Grid, Point, Raster, Sample, Size};

/// One band of a source.
pub(crate) struct Band {
    pub(crate) size: Size,
    pub(crate) samples: Vec<f64>,
    pub(crate) valid: Vec<bool>,
}

impl Band {
    pub(crate) fn of<T: Sample>(raster: &Raster, band: u16) -> Self {
        let size = raster.info().grid.size;
        let whole = raster.read(size.window()).expect("reads");
        let samples = whole.plane::<T>(band).iter().map(|v| v.to_f64()).collect::<Vec<_>>();
        let valid = (0..samples.len()).map(|i| whole.valid(band).is_none_or(|v| v[i] != 0));
        Self { valid: valid.collect(), samples, size }
    }

    fn at(&self, col: i64, row: i64) -> Option<f64> {
        let (w, h) = (i64::from(self.size.width), i64::from(self.size.height));
        let inside = (0..w).contains(&col) && (0..h).contains(&row);
        let at = (row * w + col) as usize;
        (inside && self.valid[at]).then(|| self.samples[at])
    }
}

/// Exact coordinates from an output to a source.
pub(crate) struct Place {
    to: Grid,
    from: Grid,
    transformer: Option<Transformer>,
}

/// What a pixel may come to.
pub(crate) struct Allowed {
    pub(crate) values: Vec<f64>,
    /// Whether it may be missing.
    pub(crate) none: bool,
}

impl Place {
    pub(crate) fn new(to: &Grid, from: &Grid) -> Self {
        let transformer = match (&to.crs, &from.crs) {
            (Some(a), Some(b)) if a != b => Some(Transformer::new(a, b).expect("transforms")),
            _ => None,
        };
        Self { to: to.clone(), from: from.clone(), transformer }
    }

    fn source(&self, x: f64, y: f64) -> Point {
        let p = self.to.transform.apply(Point { x, y });
        let (mut xs, mut ys) = ([p.x], [p.y]);
        if let Some(transformer) = &self.transformer {
            transformer.transform(&mut xs, &mut ys);
        }
        let inverse = self.from.transform.inverse().expect("pixels have area");
        inverse.apply(Point { x: xs[0], y: ys[0] })
    }

    /// Returns what a pixel of the output may come to, `off` being the tolerance
    /// of coordinates in source pixels.
    pub(crate) fn pixel(
        &self,
        bands: &[Band],
        band: usize,
        how: Resampling,
        (col, row): (u32, u32),
        off: f64,
    ) -> Allowed {
        let (x, y) = (f64::from(col), f64::from(row));
        let centre = self.source(x + 0.5, y + 0.5);
        let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)]
            .map(|(dx, dy)| self.source(x + dx, y + dy));
        // Slopes by small differences: the derivative at the centre.
        let slope = |dx: f64, dy: f64| {
            let step = 1.0 / 64.0;
            let a = self.source(x + 0.5 - dx * step / 2.0, y + 0.5 - dy * step / 2.0);
            let b = self.source(x + 0.5 + dx * step / 2.0, y + 0.5 + dy * step / 2.0);
            Point { x: (b.x - a.x) / step, y: (b.y - a.y) / step }
        };
        let (across, down) = (slope(1.0, 0.0), slope(0.0, 1.0));
        let scale = Point { x: across.x.hypot(down.x), y: across.y.hypot(down.y) };
        let mut allowed = Allowed { values: Vec::new(), none: false };
        for (dx, dy) in
            [(0, 0), (-1, -1), (1, -1), (-1, 1), (1, 1), (-1, 0), (1, 0), (0, 1), (0, -1)]
        {
            let at = Point { x: centre.x + off * f64::from(dx), y: centre.y + off * f64::from(dy) };
            for grow in [-1.0, 0.0, 1.0] {
                let by = 1.0 + grow * off;
                let found = if how.is_summary() {
                    // Pushed aside, and blown up or shrunk.
                    let middle = centre_of(&corners);
                    let corners = corners.map(|p| Point {
                        x: middle.x + (p.x - middle.x) * by + off * f64::from(dx),
                        y: middle.y + (p.y - middle.y) * by + off * f64::from(dy),
                    });
                    summary(&bands[band], how, corners)
                } else {
                    let scale = Point { x: scale.x * by, y: scale.y * by };
                    let lies_on = |b: &Band| near(b, at).is_some();
                    let gap = how != Resampling::Near && !bands.iter().any(lies_on);
                    if gap { None } else { pointwise(&bands[band], how, at, scale) }
                };
                match found {
                    Some(value) => allowed.values.push(value),
                    None => allowed.none = true,
                }
            }
        }
        allowed
    }
}

fn centre_of(corners: &[Point; 4]) -> Point {
    let mean = |pick: fn(&Point) -> f64| corners.iter().map(pick).sum::<f64>() / 4.0;
    Point { x: mean(|p| p.x), y: mean(|p| p.y) }
}

fn near(band: &Band, at: Point) -> Option<f64> {
    let (w, h) = (f64::from(band.size.width), f64::from(band.size.height));
    if !((0.0..=w).contains(&at.x) && (0.0..=h).contains(&at.y)) {
        return None;
    }
    band.at((at.x + 1e-10).floor().min(w - 1.0) as i64, (at.y + 1e-10).floor().min(h - 1.0) as i64)
}

/// The weight of a sample by the kernel's textbook definition.
fn weight(how: Resampling, distance: f64) -> f64 {
    let d = distance.abs();
    let sinc = |x: f64| if x == 0.0 { 1.0 } else { x.sin() / x };
    match how {
        Resampling::Bilinear => (1.0 - d).max(0.0),
        Resampling::Cubic if d < 1.0 => 1.5 * d.powi(3) - 2.5 * d.powi(2) + 1.0,
        Resampling::Cubic if d < 2.0 => -0.5 * d.powi(3) + 2.5 * d.powi(2) - 4.0 * d + 2.0,
        Resampling::CubicSpline if d < 1.0 => 2.0 / 3.0 - d.powi(2) + 0.5 * d.powi(3),
        Resampling::CubicSpline if d < 2.0 => (2.0 - d).powi(3) / 6.0,
        Resampling::Lanczos if d < 3.0 => {
            let x = std::f64::consts::PI * d;
            sinc(x) * sinc(x / 3.0)
        }
        _ => 0.0,
    }
}

fn radius(how: Resampling) -> f64 {
    match how {
        Resampling::Bilinear => 1.0,
        Resampling::Lanczos => 3.0,
        _ => 2.0,
    }
}

fn pointwise(band: &Band, how: Resampling, at: Point, scale: Point) -> Option<f64> {
    let (w, h) = (f64::from(band.size.width), f64::from(band.size.height));
    if !((0.0..=w).contains(&at.x) && (0.0..=h).contains(&at.y)) {
        return None;
    }
    if how == Resampling::Near {
        return near(band, at);
    }
    let widen = |s: f64| if s > 1.0 / 0.95 { s } else { 1.0 };
    let scale = Point { x: widen(scale.x), y: widen(scale.y) };
    let sum = |how: Resampling| {
        let taps = |p: f64, s: f64| {
            let base = (p - 0.5).floor() as i64;
            let side = (radius(how) * s).ceil() as i64;
            base - side + 1..=base + side
        };
        let (mut sum, mut weights, mut all, mut missing) = (0.0, 0.0, 0.0, false);
        for row in taps(at.y, scale.y) {
            for col in taps(at.x, scale.x) {
                let w = weight(how, (col as f64 + 0.5 - at.x) / scale.x)
                    * weight(how, (row as f64 + 0.5 - at.y) / scale.y);
                all += w;
                match band.at(col, row) {
                    Some(value) => {
                        sum += w * value;
                        weights += w;
                    }
                    None => missing = true,
                }
            }
        }
        ((weights >= 1e-6 * all).then(|| sum / weights), missing)
    };
    match (how, sum(how)) {
        (Resampling::Cubic | Resampling::Lanczos, (_, true)) => sum(Resampling::Bilinear).0,
        (_, (value, _)) => value,
    }
}

/// The part of pixel (col, row) in a convex polygon, by clipping (Sutherland and
/// Hodgman 1974) and the shoelace formula.
fn part_in(polygon: &[Point], col: i64, row: i64) -> f64 {
    let (left, top) = (col as f64, row as f64);
    let mut points = polygon.to_vec();
    let sides: [fn(Point) -> f64; 4] = [|p| p.x, |p| 1.0 - p.x, |p| p.y, |p| 1.0 - p.y];
    for p in &mut points {
        *p = Point { x: p.x - left, y: p.y - top };
    }
    for inside in sides {
        let mut kept = Vec::new();
        for (i, &b) in points.iter().enumerate() {
            let a = points[(i + points.len() - 1) % points.len()];
            let (da, db) = (inside(a), inside(b));
            if (da >= 0.0) != (db >= 0.0) {
                let t = da / (da - db);
                kept.push(Point { x: a.x + t * (b.x - a.x), y: a.y + t * (b.y - a.y) });
            }
            if db >= 0.0 {
                kept.push(b);
            }
        }
        points = kept;
    }
    let twice: f64 = (0..points.len())
        .map(|i| (points[i], points[(i + 1) % points.len()]))
        .map(|(a, b)| a.x * b.y - b.x * a.y)
        .sum();
    twice.abs() / 2.0
}

fn summary(band: &Band, how: Resampling, corners: [Point; 4]) -> Option<f64> {
    let quad = matches!(how, Resampling::Sum | Resampling::Area);
    // The diagonal that gdalwarp takes: none of the tests' grids is turned by more than 14 degrees.
    let ends: &[Point] = if quad { &corners } else { &[corners[0], corners[2]] };
    let least = |pick: fn(&Point) -> f64| ends.iter().map(pick).fold(f64::INFINITY, f64::min);
    let most = |pick: fn(&Point) -> f64| ends.iter().map(pick).fold(f64::NEG_INFINITY, f64::max);
    let (x0, x1, y0, y1) = (least(|p| p.x), most(|p| p.x), least(|p| p.y), most(|p| p.y));
    if !(x0.is_finite() && x1.is_finite() && y0.is_finite() && y1.is_finite()) {
        return None;
    }
    let span = |a: f64, b: f64, size: u32| {
        ((a + 1e-10).floor().max(0.0) as i64)..((b - 1e-10).ceil().min(f64::from(size)) as i64)
    };
    let mut found = Vec::new();
    for row in span(y0, y1, band.size.height) {
        for col in span(x0, x1, band.size.width) {
            let side =
                |a: f64, b: f64, at: i64| (b.min(at as f64 + 1.0) - a.max(at as f64)).max(0.0);
            let part = if quad {
                part_in(&corners, col, row)
            } else {
                side(x0, x1, col) * side(y0, y1, row)
            };
            if let Some(value) = band.at(col, row).filter(|_| part > 1e-10 * f64::from(quad)) {
                found.push((value, part));
            }
        }
    }
    if found.is_empty() {
        return None;
    }
    let total = |of: fn(f64) -> f64| found.iter().map(|&(v, w)| of(v) * w).sum::<f64>();
    let area: f64 = found.iter().map(|&(_, w)| w).sum();
    let mut sorted: Vec<f64> = found.iter().map(|&(v, _)| v).collect();
    sorted.sort_by(f64::total_cmp);
    let ranked = |q: f64| sorted[(q * sorted.len() as f64 - 1.0).ceil().max(0.0) as usize];
    Some(match how {
        Resampling::Sum => total(|v| v),
        Resampling::Average | Resampling::Area => total(|v| v) / area,
        Resampling::Rms => (total(|v| v * v) / area).sqrt(),
        Resampling::Min => sorted[0],
        Resampling::Max => sorted[sorted.len() - 1],
        Resampling::Med => ranked(0.5),
        Resampling::Q1 => ranked(0.25),
        Resampling::Q3 => ranked(0.75),
        _ => {
            // The first to reach the largest weight.
            let mut counts: Vec<(f64, f64)> = Vec::new();
            let mut best = (f64::NAN, 0.0);
            for (value, weight) in found {
                let at = counts.iter().position(|c| c.0 == value).unwrap_or_else(|| {
                    counts.push((value, 0.0));
                    counts.len() - 1
                });
                counts[at].1 += weight;
                if counts[at].1 > best.1 {
                    best = counts[at];
                }
            }
            best.0
        }
    })
}
