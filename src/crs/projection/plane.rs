//! A projected system's plane: from radians on its own datum to its coordinates and back.

use super::batch::{BATCH, copies};
use super::proj4rs::Library;
use super::sure::Sure;
use super::{Projection, wrapped};

/// How far a point may lie from where it started after a projection and its
/// inverse: metres of a projected coordinate.
const METRES: f64 = 0.1;

/// The same on the sphere, in radians: 1e-5 degree, about 1 m on the ground. At
/// a pole an equal-area projection is flat, and its inverse no better than that.
const RADIANS: f64 = 1e-5 * std::f64::consts::PI / 180.0;

/// A projection with its origin, unit and axes.
#[derive(Debug)]
pub(in crate::crs) struct Plane {
    pub(super) engine: Engine,
    pub(super) axes: Axes,
    /// Metres (or radians, for a rotated pole) in one unit of the axes.
    pub(super) unit: f64,
    /// The easting after which a cylindrical projection repeats, in units of the axes.
    pub(super) period: Option<f64>,
    pub(super) false_easting: f64,
    /// How far a point may come back from where it started, in units of the axes.
    pub(super) tolerance: f64,
    /// The same of longitudes and latitudes, in radians.
    pub(super) slack: f64,
    /// Where nothing has to be looked at on its way back.
    pub(super) sure: Option<Sure>,
}

/// What does the projecting.
#[derive(Debug)]
pub(super) enum Engine {
    /// proj4rs: it knows of origins itself.
    Library(Box<Library>),
    Own(Own),
}

/// One of our projections and where it lies.
#[derive(Debug)]
pub(super) struct Own {
    pub(super) projection: Box<dyn Projection>,
    /// The central meridian in radians.
    pub(super) lam0: f64,
    /// Metres in a radius.
    pub(super) radius: f64,
    pub(super) false_easting: f64,
    pub(super) false_northing: f64,
}

/// Which way x and y grow: PROJ's order for display, see [`crate::crs::Axes`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axes {
    /// Whether x runs along the meridian and y across it.
    pub(super) is_turned: bool,
    /// Whether x or y grow the other way: -1, or 1.
    pub(super) signs: [f64; 2],
}

impl Axes {
    fn of_map(self, east: f64, north: f64) -> (f64, f64) {
        let (x, y) = if self.is_turned { (north, east) } else { (east, north) };
        (x * self.signs[0], y * self.signs[1])
    }

    fn to_map(self, x: f64, y: f64) -> (f64, f64) {
        let (x, y) = (x * self.signs[0], y * self.signs[1]);
        if self.is_turned { (y, x) } else { (x, y) }
    }
}

impl Plane {
    pub(super) fn new(engine: Engine, axes: Axes, unit: f64, cylinder: bool) -> Self {
        let false_easting = match &engine {
            Engine::Library(library) => library.false_easting(),
            Engine::Own(own) => own.false_easting,
        };
        let mut plane = Self {
            engine,
            axes,
            unit,
            period: None,
            false_easting: false_easting / unit,
            tolerance: METRES / unit,
            slack: RADIANS,
            sure: None,
        };
        if cylinder {
            let middle = plane.central_meridian();
            let (mut x, mut y) = ([middle, middle + 1.0], [0.0, 0.0]);
            plane.project(&mut x, &mut y);
            plane.period = Some((x[1] - x[0]).abs() * std::f64::consts::TAU);
        }
        plane
    }

    /// The same of a projection whose pieces do not quite meet: Robinson's polynomials leave up to
    /// 1.6 m between them (in PROJ too, whose coefficients they are).
    pub(super) fn in_pieces(self) -> Self {
        Self { tolerance: 3.0 / self.unit, slack: 3.0 * RADIANS, ..self }
    }

    /// The plane of a globe about another pole, whose coordinates are degrees.
    pub(super) fn turned(own: Own, axes: Axes) -> Self {
        Self {
            engine: Engine::Own(own),
            axes,
            unit: 1_f64.to_radians(),
            period: Some(360.0),
            false_easting: 0.0,
            tolerance: RADIANS.to_degrees(),
            slack: RADIANS,
            sure: None,
        }
    }

    /// The same with where nothing has to be looked at on its way back.
    pub(super) fn surely(self, sure: Option<Sure>) -> Self {
        Self { sure, ..self }
    }

    fn central_meridian(&self) -> f64 {
        match &self.engine {
            Engine::Library(library) => library.central_meridian(),
            Engine::Own(own) => own.lam0,
        }
    }

    /// Whether these radians are sure to come back from the plane.
    fn is_sure_to_enter(&self, lon: &[f64], lat: &[f64]) -> bool {
        self.sure.as_ref().is_some_and(|sure| sure.holds(self.central_meridian(), lon, lat))
    }

    /// Whether these coordinates are sure to come back from the globe. To find out where they are
    /// costs as much as some hundred points, so that it pays for many.
    fn is_sure_to_leave(&self, x: &[f64], y: &[f64]) -> bool {
        let field = self.sure.as_ref().filter(|_| x.len() == BATCH).and_then(|sure| {
            sure.field(
                self.central_meridian(),
                self.tolerance,
                |x, y| self.project(x, y),
                |x, y| self.unproject_all(x, y),
            )
        });
        field.is_some_and(|field| field.holds(x, y))
    }

    /// Takes any number of coordinates to radians, unchecked.
    fn unproject_all(&self, x: &mut [f64], y: &mut [f64]) {
        for (x, y) in x.chunks_mut(BATCH).zip(y.chunks_mut(BATCH)) {
            self.unproject(x, y);
        }
    }

    /// The middle of the eastings that the projection gives and the distance
    /// after which they repeat; `None` where they do not.
    pub(in crate::crs) fn repeat(&self) -> Option<(f64, f64)> {
        self.period.map(|period| (self.false_easting, period))
    }

    /// Takes radians to coordinates, unchecked.
    fn project(&self, x: &mut [f64], y: &mut [f64]) {
        match &self.engine {
            Engine::Library(library) => library.project(x, y),
            Engine::Own(own) => {
                for (x, y) in x.iter_mut().zip(y.iter_mut()) {
                    let (east, north) = own.projection.forward(wrapped(*x - own.lam0), *y);
                    *x = east * own.radius + own.false_easting;
                    *y = north * own.radius + own.false_northing;
                }
            }
        }
        for (x, y) in x.iter_mut().zip(y) {
            (*x, *y) = self.axes.of_map(*x / self.unit, *y / self.unit);
        }
    }

    /// Takes coordinates to radians, unchecked.
    fn unproject(&self, x: &mut [f64], y: &mut [f64]) {
        for (x, y) in x.iter_mut().zip(y.iter_mut()) {
            (*x, *y) = self.axes.to_map(*x * self.unit, *y * self.unit);
        }
        match &self.engine {
            Engine::Library(library) => library.unproject(x, y),
            Engine::Own(own) => {
                for (x, y) in x.iter_mut().zip(y) {
                    let east = (*x - own.false_easting) / own.radius;
                    let north = (*y - own.false_northing) / own.radius;
                    let (lam, phi) = own.projection.inverse(east, north);
                    (*x, *y) = (wrapped(lam + own.lam0), phi);
                }
            }
        }
    }

    /// Takes coordinates to radians; NaN outside the domain. At most [`BATCH`] points.
    pub(in crate::crs) fn leave(&self, x: &mut [f64], y: &mut [f64]) {
        if self.is_sure_to_leave(x, y) {
            return self.unproject(x, y);
        }
        self.leave_checked(x, y);
    }

    /// The same of points that are not sure to come back.
    fn leave_checked(&self, x: &mut [f64], y: &mut [f64]) {
        let (mut x0, mut y0) = ([0.0; BATCH], [0.0; BATCH]);
        let (x0, y0) = copies(x, y, &mut x0, &mut y0);
        self.unproject(x, y);
        let (mut back_x, mut back_y) = ([0.0; BATCH], [0.0; BATCH]);
        let (back_x, back_y) = copies(x, y, &mut back_x, &mut back_y);
        self.project(back_x, back_y);
        for i in 0..x.len() {
            let mut dx = back_x[i] - x0[i];
            if let Some(period) = self.period {
                dx -= (dx / period).round() * period;
            }
            let dy = back_y[i] - y0[i];
            // Beyond the poles some formulas go on, and come back.
            let is_place = y[i].abs() <= std::f64::consts::FRAC_PI_2 + RADIANS;
            let is_near = dx.abs() <= self.tolerance && dy.abs() <= self.tolerance;
            keep_if(is_place && is_near, &mut x[i], &mut y[i]);
        }
    }

    /// Takes radians to coordinates; NaN outside the domain. At most [`BATCH`] points.
    pub(in crate::crs) fn enter(&self, x: &mut [f64], y: &mut [f64]) {
        if self.is_sure_to_enter(x, y) {
            return self.project(x, y);
        }
        self.enter_checked(x, y);
    }

    /// The same of points that are not sure to come back.
    fn enter_checked(&self, x: &mut [f64], y: &mut [f64]) {
        let (mut lon, mut lat) = ([0.0; BATCH], [0.0; BATCH]);
        let (lon, lat) = copies(x, y, &mut lon, &mut lat);
        self.project(x, y);
        let (mut back_lon, mut back_lat) = ([0.0; BATCH], [0.0; BATCH]);
        let (back_lon, back_lat) = copies(x, y, &mut back_lon, &mut back_lat);
        self.unproject(back_lon, back_lat);
        for i in 0..x.len() {
            // The chord between the two meridians: blind to whole turns, and
            // small near a pole, where longitude means little.
            let east = 2.0 * (0.5 * (back_lon[i] - lon[i])).sin() * lat[i].cos();
            let near = east.abs() <= self.slack && (back_lat[i] - lat[i]).abs() <= self.slack;
            keep_if(near, &mut x[i], &mut y[i]);
        }
    }
}

fn keep_if(keep: bool, x: &mut f64, y: &mut f64) {
    if !keep {
        (*x, *y) = (f64::NAN, f64::NAN);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::{Crs, Definition, projection};

    /// Of every code: what is not looked at on its way back would have come back, bit for bit the
    /// same; and most of what is asked for is not looked at.
    #[test]
    fn what_is_skipped_would_have_come_back() {
        // Points of their own, spread by the golden ratio and its kin.
        let spread = |i: usize, ratio: f64| (i as f64 * ratio).fract();
        let (mut planes, mut fields, mut homes, mut expectations) = (0, 0, 0, 0);
        for crs in Crs::known() {
            let Ok(Definition::Projected(system)) = crs.definition() else { continue };
            let Ok(plane) = projection::plane(system) else { continue };
            let Some(sure) = &plane.sure else { continue };
            planes += 1;
            let (lam0, [half, south, north]) = (plane.central_meridian(), sure.edges());
            // Not the edge itself, which rounding may put outside.
            let half = 0.999_999 * half;
            let lon = (0..BATCH).map(|i| lam0 + (2.0 * spread(i, 0.618_033_988_7) - 1.0) * half);
            let lat = (0..BATCH).map(|i| south + (north - south) * spread(i, 0.754_877_666_2));
            let (lon, lat): (Vec<f64>, Vec<f64>) = (lon.collect(), lat.collect());
            assert!(plane.is_sure_to_enter(&lon, &lat), "{crs}");
            let same = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a == b);
            let (mut x, mut y) = (lon.clone(), lat.clone());
            let (mut u, mut v) = (lon, lat);
            plane.enter(&mut x, &mut y);
            plane.enter_checked(&mut u, &mut v);
            assert!(same(&x, &u) && same(&y, &v), "{crs}: into the plane");
            // Where a raster of the system may lie.
            let expected = crs.area().is_some_and(|area| {
                let near = |lon: f64| (lon.to_radians() - lam0).abs() < 0.1;
                near(area.west) && near(area.east) && area.south.abs().max(area.north.abs()) < 80.0
            });
            // Away from the globe's image there is none to be sure of.
            assert!(!plane.is_sure_to_leave(&[1e9; BATCH], &[1e9; BATCH]), "{crs}");
            let Some([[west, east], [bottom, top]]) = sure.known_field() else { continue };
            fields += 1;
            if expected {
                let area = crs.area().expect("has one");
                let middle = 0.5 * (area.south + area.north);
                let (mut x, mut y) = ([lam0; BATCH], [middle.to_radians(); BATCH]);
                plane.enter(&mut x, &mut y);
                homes += usize::from(plane.is_sure_to_leave(&x, &y));
                expectations += 1;
            }
            let x = (0..BATCH).map(|i| west + (east - west) * spread(i, 0.618_033_988_7));
            let y = (0..BATCH).map(|i| bottom + (top - bottom) * spread(i, 0.754_877_666_2));
            let (mut x, mut y): (Vec<f64>, Vec<f64>) = (x.collect(), y.collect());
            let (mut u, mut v) = (x.clone(), y.clone());
            assert!(plane.is_sure_to_leave(&x, &y), "{crs}");
            plane.leave(&mut x, &mut y);
            plane.leave_checked(&mut u, &mut v);
            assert!(same(&x, &u) && same(&y, &v), "{crs}: out of the plane");
        }
        println!("{planes} planes, {fields} with a field, {homes} of {expectations} at home in it");
        assert!(planes > 5000 && fields > 5000, "{planes} planes, {fields} with a field");
        assert!(homes * 100 > expectations * 95, "{homes} of {expectations} at home");
    }
}
