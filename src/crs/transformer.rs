//! Transformation of coordinates between two reference systems.

use std::fmt;
use std::sync::Arc;

use proj4rs::Proj;
use proj4rs::transform::{Transform, TransformClosure, transform};

use super::Crs;
use super::registry::Entry;
use crate::{Error, Result};

/// Points converted at a time: their copies live on the stack.
const BATCH: usize = 128;

/// How far a point may lie from where it started after a projection and its
/// inverse: metres of a projected coordinate.
const METRES: f64 = 0.1;

/// The same on the sphere, in radians: 1e-5 degree, about 1 m on the ground. At
/// a pole an equal-area projection is flat, and its inverse no better than that.
const RADIANS: f64 = 1e-5 * std::f64::consts::PI / 180.0;

/// A transformation of coordinates from one [`Crs`] to another.
///
/// x is always easting or longitude and y northing or latitude, whatever order
/// the authority gives the axes; geographic coordinates are in degrees.
/// Cloning is cheap.
///
/// **No garbage.** A point that cannot be transformed becomes NaN in both
/// coordinates. So does one that a projection maps, but not back again to
/// within 0.1 m or 1e-5 degree: it lies outside the projection's domain.
/// Cylindrical projections repeat: an easting beyond their edge means the same
/// longitude as in PROJ. Longitudes beyond ±180 are wrapped on input, results
/// lie in [-180, 180]; between two geographic systems longitudes stay as they are.
///
/// **Datums.** Between the datums swath knows, coordinates are taken over
/// unchanged, as PROJ does in its default operation; [`accuracy`](Self::accuracy)
/// says how far off that may be.
///
/// ```
/// use swath::crs::{Crs, Transformer};
///
/// let to_utm = Transformer::new(&Crs::from_epsg(4326), &Crs::from_epsg(32633))?;
/// let (mut x, mut y) = ([15.0], [52.0]);
/// to_utm.transform(&mut x, &mut y);
/// assert!((x[0] - 500_000.0).abs() < 1e-6 && (y[0] - 5_761_038.212).abs() < 1e-3);
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Clone)]
pub struct Transformer {
    from: Crs,
    to: Crs,
    accuracy: Option<f64>,
    description: Arc<str>,
    steps: Option<Arc<Steps>>,
}

/// How the x of a coordinate system repeats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeat {
    /// The middle of the range that transformations give.
    pub middle: f64,
    /// The distance after which x means the same place again.
    pub period: f64,
}

/// Where the coordinates change at all: a projection left, one entered, or both.
struct Steps {
    from: Option<Side>,
    to: Option<Side>,
}

impl Transformer {
    /// Makes the transformation from one system to another.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if swath has no definition of one of the systems.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self> {
        if from == to {
            return Ok(Self {
                from: from.clone(),
                to: to.clone(),
                accuracy: Some(0.0),
                description: "identity".into(),
                steps: None,
            });
        }
        let (a, b) = (from.entry()?, to.entry()?);
        let accuracy = a.datum.null_accuracy(b.datum);
        let steps = Steps { from: Side::new(&a)?, to: Side::new(&b)? };
        let changes = steps.from.is_some() || steps.to.is_some();
        Ok(Self {
            from: from.clone(),
            to: to.clone(),
            accuracy,
            description: describe(&a, &b, accuracy).into(),
            steps: changes.then(|| Arc::new(steps)),
        })
    }

    /// Returns the system that coordinates come from.
    pub fn from(&self) -> &Crs {
        &self.from
    }

    /// Returns the system that coordinates are brought to.
    pub fn to(&self) -> &Crs {
        &self.to
    }

    /// Returns whether coordinates are left as they are.
    pub fn is_identity(&self) -> bool {
        self.steps.is_none()
    }

    /// Returns how far off the result may be in metres for want of a datum
    /// shift, or `None` where nobody has published a figure.
    ///
    /// 0 means the same datum; the projections themselves are good to 1 mm.
    pub fn accuracy(&self) -> Option<f64> {
        self.accuracy
    }

    /// Returns a line for a report: what is done about the datums, and how accurate it is.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// Returns how the target system's x repeats, or `None` where it does not.
    ///
    /// Longitudes repeat, and so do the eastings of cylindrical projections:
    /// results lie within half a period of the middle, and a raster that reaches
    /// beyond that range means the same places by other numbers.
    pub fn repeat(&self) -> Option<Repeat> {
        match self.steps.as_ref()?.to.as_ref() {
            None => Some(Repeat { middle: 0.0, period: 360.0 }),
            Some(side) => {
                side.period.map(|period| Repeat { middle: side.projected.false_easting(), period })
            }
        }
    }

    /// Transforms points in place; those that cannot be become NaN.
    ///
    /// Each point's result depends on nothing but that point. Allocates nothing.
    ///
    /// # Panics
    ///
    /// Panics if the slices differ in length.
    pub fn transform(&self, x: &mut [f64], y: &mut [f64]) {
        assert_eq!(x.len(), y.len(), "as many x as y");
        let Some(steps) = &self.steps else { return };
        for (x, y) in x.chunks_mut(BATCH).zip(y.chunks_mut(BATCH)) {
            match &steps.from {
                Some(side) => side.leave(x, y),
                None => Batch { x, y }.each(|x, y| (x.to_radians(), y.to_radians())),
            }
            match &steps.to {
                Some(side) => side.enter(x, y),
                None => Batch { x, y }.each(|x, y| {
                    // A hair beyond the edge is the edge: 180 degrees are not exact in radians.
                    (x.to_degrees().clamp(-180.0, 180.0), y.to_degrees().clamp(-90.0, 90.0))
                }),
            }
        }
    }
}

impl fmt::Debug for Transformer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transformer")
            .field("from", &self.from)
            .field("to", &self.to)
            .field("description", &self.description)
            .finish_non_exhaustive()
    }
}

fn describe(from: &Entry, to: &Entry, accuracy: Option<f64>) -> String {
    let (a, b) = (from.datum.name(), to.datum.name());
    match accuracy {
        Some(0.0) => format!("same datum ({a})"),
        Some(metres) => format!("null transformation from {a} to {b}, accuracy {metres} m"),
        None => format!("ballpark (null) transformation from {a} to {b}, accuracy unknown"),
    }
}

/// A projection and the geographic system it starts from.
#[derive(Clone)]
struct Side {
    geographic: Proj,
    projected: Proj,
    /// The easting, in metres, after which a cylindrical projection repeats.
    period: Option<f64>,
}

impl Side {
    /// Returns `None` for a geographic system: nothing to do on that side.
    fn new(entry: &Entry) -> Result<Option<Self>> {
        let Some(definition) = entry.projection() else { return Ok(None) };
        let build = |text: &str| {
            Proj::from_proj_string(text)
                .map_err(|error| Error::defect(format!("definition of {}: {error}", entry.name)))
        };
        let mut side = Self {
            geographic: build(&entry.base())?,
            projected: build(&definition)?,
            period: None,
        };
        if matches!(side.projected.projname(), "merc" | "cea" | "eqc") {
            let middle = side.projected.longitude_of_origin();
            let (mut x, mut y) = ([middle, middle + 1.0], [0.0, 0.0]);
            side.project(&mut x, &mut y);
            side.period = Some((x[1] - x[0]) * std::f64::consts::TAU);
        }
        Ok(Some(side))
    }

    /// Takes radians to projected coordinates, unchecked.
    fn project(&self, x: &mut [f64], y: &mut [f64]) {
        convert(&self.geographic, &self.projected, x, y);
    }

    /// Takes projected coordinates to radians, unchecked.
    fn unproject(&self, x: &mut [f64], y: &mut [f64]) {
        convert(&self.projected, &self.geographic, x, y);
    }

    /// Takes projected coordinates to radians; NaN outside the domain.
    fn leave(&self, x: &mut [f64], y: &mut [f64]) {
        let (mut x0, mut y0) = ([0.0; BATCH], [0.0; BATCH]);
        let (x0, y0) = (&mut x0[..x.len()], &mut y0[..y.len()]);
        x0.copy_from_slice(x);
        y0.copy_from_slice(y);
        self.unproject(x, y);
        let (mut back_x, mut back_y) = ([0.0; BATCH], [0.0; BATCH]);
        let (back_x, back_y) = (&mut back_x[..x.len()], &mut back_y[..y.len()]);
        back_x.copy_from_slice(x);
        back_y.copy_from_slice(y);
        self.project(back_x, back_y);
        for i in 0..x.len() {
            let mut dx = back_x[i] - x0[i];
            if let Some(period) = self.period {
                dx -= (dx / period).round() * period;
            }
            let near = dx.abs() <= METRES && (back_y[i] - y0[i]).abs() <= METRES;
            keep_if(near, &mut x[i], &mut y[i]);
        }
    }

    /// Takes radians to projected coordinates; NaN outside the domain.
    fn enter(&self, x: &mut [f64], y: &mut [f64]) {
        let (mut lon, mut lat) = ([0.0; BATCH], [0.0; BATCH]);
        let (lon, lat) = (&mut lon[..x.len()], &mut lat[..y.len()]);
        lon.copy_from_slice(x);
        lat.copy_from_slice(y);
        self.project(x, y);
        let (mut back_lon, mut back_lat) = ([0.0; BATCH], [0.0; BATCH]);
        let (back_lon, back_lat) = (&mut back_lon[..x.len()], &mut back_lat[..y.len()]);
        back_lon.copy_from_slice(x);
        back_lat.copy_from_slice(y);
        self.unproject(back_lon, back_lat);
        for i in 0..x.len() {
            // The chord between the two meridians: blind to whole turns, and
            // small near a pole, where longitude means little.
            let east = 2.0 * (0.5 * (back_lon[i] - lon[i])).sin() * lat[i].cos();
            let near = east.abs() <= RADIANS && (back_lat[i] - lat[i]).abs() <= RADIANS;
            keep_if(near, &mut x[i], &mut y[i]);
        }
    }
}

fn keep_if(keep: bool, x: &mut f64, y: &mut f64) {
    if !keep {
        (*x, *y) = (f64::NAN, f64::NAN);
    }
}

fn convert(from: &Proj, to: &Proj, x: &mut [f64], y: &mut [f64]) {
    // Fails only where a projection has no inverse: then no point has one.
    if transform(from, to, &mut Batch { x, y }).is_err() {
        x.fill(f64::NAN);
        y.fill(f64::NAN);
    }
}

/// Coordinates of points, which goes on after a point that fails.
struct Batch<'a> {
    x: &'a mut [f64],
    y: &'a mut [f64],
}

impl Batch<'_> {
    fn each(self, f: impl Fn(f64, f64) -> (f64, f64)) {
        for (x, y) in self.x.iter_mut().zip(self.y) {
            (*x, *y) = f(*x, *y);
        }
    }
}

impl Transform for Batch<'_> {
    fn transform_coordinates<F: TransformClosure>(
        &mut self,
        f: &mut F,
    ) -> proj4rs::errors::Result<()> {
        for (x, y) in self.x.iter_mut().zip(self.y.iter_mut()) {
            // Iterative inverses need not stop on NaN: it is not shown to them.
            let point = if x.is_finite() && y.is_finite() { f(*x, *y, 0.0).ok() } else { None };
            (*x, *y) = point.map_or((f64::NAN, f64::NAN), |(x, y, _)| (x, y));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(from: u32, to: u32) -> Transformer {
        Transformer::new(&Crs::from_epsg(from), &Crs::from_epsg(to)).unwrap()
    }

    fn one(t: &Transformer, x: f64, y: f64) -> (f64, f64) {
        let (mut x, mut y) = ([x], [y]);
        t.transform(&mut x, &mut y);
        (x[0], y[0])
    }

    #[test]
    fn transformers_cross_threads() {
        fn assert_send_sync<T: Send + Sync>() {}
        assert_send_sync::<Transformer>();
    }

    #[test]
    fn points_outside_a_domain_are_nan_and_the_rest_goes_on() {
        let t = between(4326, 32633);
        // 90 degrees from its central meridian a transverse Mercator has no end.
        let (mut x, mut y) = ([15.0, 104.9, 15.0, f64::NAN, 16.0], [50.0, 0.1, 91.0, 0.0, 51.0]);
        t.transform(&mut x, &mut y);
        assert!(x[0].is_finite() && x[4].is_finite());
        for i in 1..4 {
            assert!(x[i].is_nan() && y[i].is_nan(), "point {i}: {} {}", x[i], y[i]);
        }
        let (x, _) = one(&between(32633, 4326), 5e7, 5e7);
        assert!(x.is_nan());
        let (x, _) = one(&between(3857, 4326), 0.0, 1e9);
        assert!(x.is_nan());
        // The far side of the globe lies at infinity in a polar projection.
        let (x, _) = one(&between(4326, 3031), 0.0, 90.0);
        assert!(x.is_nan());
        let (x, _) = one(&between(3035, 4326), 3e7, 3e7);
        assert!(x.is_nan());
    }

    #[test]
    fn longitudes_wrap_as_in_proj() {
        // PROJ 9.5.1: 190 E is 170 W, and an easting beyond the edge comes round.
        let (x, _) = one(&between(4326, 3857), 190.0, 0.0);
        assert!((x + 18_924_313.434_856_5).abs() < 1e-6, "{x}");
        let (lon, lat) = one(&between(3857, 4326), 21_000_000.0, 1_000_000.0);
        assert!((lon + 171.353_790_334_900_5).abs() < 1e-9, "{lon}");
        assert!((lat - 8.946_573_850_543_4).abs() < 1e-9, "{lat}");
        assert_eq!(one(&between(4326, 4258), 190.0, 40.0), (190.0, 40.0));
    }

    #[test]
    fn accuracy_tells_how_far_off_a_null_shift_may_be() {
        assert_eq!(between(4326, 3857).accuracy(), Some(0.0));
        assert_eq!(between(32632, 25832).accuracy(), Some(1.0));
        assert_eq!(between(5070, 3857).accuracy(), Some(4.0));
        assert_eq!(between(5070, 31983).accuracy(), Some(5.0));
        assert_eq!(between(3035, 2154).accuracy(), Some(0.1));
        let ballpark = between(3035, 5070);
        assert_eq!(ballpark.accuracy(), None);
        assert!(ballpark.description().starts_with("ballpark"), "{}", ballpark.description());
    }

    #[test]
    fn unknown_codes_are_refused_unless_nothing_is_to_be_done() {
        let (a, b) = (Crs::from_epsg(27700), Crs::from_epsg(4326));
        let error = Transformer::new(&a, &b).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)) && error.to_string().contains("27700"));
        assert!(Transformer::new(&a, &a).unwrap().is_identity());
    }
}
