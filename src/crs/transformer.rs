//! Transformation of coordinates between two reference systems.

use std::fmt;
use std::sync::Arc;

use super::datum::{self, DatumOperation, Frame, GridUse, Step};
use super::grid::{GridState, Grids};
use super::projection::{self, BATCH, Plane};
use super::{Area, Crs, Definition, Geographic, Locator};
use crate::{Error, Result};

/// A transformation of coordinates from one [`Crs`] to another.
///
/// x is always easting or longitude and y northing or latitude, whatever order
/// the authority gives the axes; geographic coordinates are in degrees (or in
/// the unit of a system that has another, as grads). Cloning is cheap.
///
/// **No garbage.** A point that cannot be transformed becomes NaN in both
/// coordinates. So does one that a projection maps, but not back again to
/// within 0.1 m or 1e-5 degree: it lies outside the projection's domain.
/// Cylindrical projections repeat: an easting beyond their edge means the same
/// longitude as in PROJ. Longitudes beyond ±180 are wrapped on input, up to 10 radians, results
/// lie in [-180, 180]; between two geographic systems on one datum longitudes
/// stay as they are.
///
/// **Datums.** One operation is taken for all points: PROJ's first choice for
/// the area, out of the same list. [`operation`](Self::operation) names it and
/// says how accurate it is.
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
    operation: Arc<DatumOperation>,
    better: Option<Arc<DatumOperation>>,
    damaged: Arc<[GridUse]>,
    description: Arc<str>,
    steps: Option<Arc<Steps>>,
}

/// What decides which operation a [`Transformer`] takes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TransformOptions {
    /// The area that is to be transformed, in degrees; by default the smaller
    /// of the areas that the two systems are meant for. Operations that touch no
    /// part of it are left out of the list.
    pub area: Option<Area>,
    /// The grids that may be used; by default none.
    pub grids: Grids,
    /// The operation to take, by its place in the list of
    /// [`Transformer::operations`]; by default the best.
    pub operation: Option<usize>,
}

/// How the x of a coordinate system repeats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Repeat {
    /// The middle of the range that transformations give.
    pub middle: f64,
    /// The distance after which x means the same place again.
    pub period: f64,
}

/// All that changes coordinates, in order.
#[derive(Debug)]
struct Steps {
    from: Side,
    datum: Vec<Step>,
    to: Side,
}

/// What the coordinates of a system are.
#[derive(Debug)]
enum Side {
    /// Angles, each so many radians.
    Angles(f64),
    Plane(Box<Plane>),
    /// Pixels of an image that lie on the ground.
    Image(Locator, Box<Self>),
    /// What the other side knows too: nothing is to be done.
    Shared,
}

impl Transformer {
    /// Makes the transformation from one system to another, with the best
    /// operation for the area that both are meant for and without grids.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if swath has no definition of one of the systems,
    /// or lacks its projection.
    pub fn new(from: &Crs, to: &Crs) -> Result<Self> {
        Self::with_options(from, to, &TransformOptions::default())
    }

    /// Makes the transformation from one system to another by choice.
    ///
    /// # Errors
    ///
    /// [`Error::Unsupported`] if swath has no definition of one of the systems
    /// or lacks its projection, [`Error::Usage`] if there is no operation of the
    /// number asked for or it needs a grid that is not there, or the area is none;
    /// those of reading a grid.
    pub fn with_options(from: &Crs, to: &Crs, options: &TransformOptions) -> Result<Self> {
        if from == to {
            let operation = datum::same(&from.name());
            return Ok(Self {
                from: from.clone(),
                to: to.clone(),
                operation: Arc::new(operation),
                better: None,
                damaged: Arc::new([]),
                description: "identity".into(),
                steps: None,
            });
        }
        let (a, b) = (from.definition()?, to.definition()?);
        let (sides, list) = (Side::pair(a, b)?, operations(a, b, options)?);
        let chosen = match options.operation {
            Some(number) => list.get(number).ok_or_else(|| {
                Error::usage("operation")
                    .expected(format!("a number from 0 to {}", list.len().saturating_sub(1)))
                    .found(number)
            })?,
            None => &list[datum::choose(&list, area(a, b, options)).unwrap_or(list.len() - 1)],
        };
        let offset = |degrees: f64| Step::Offset { lon: degrees.to_radians(), lat: 0.0 };
        let mut steps = Vec::new();
        if !matches!(sides, (Side::Shared, _) | (_, Side::Shared)) {
            steps.extend(own_meridian(a).map(offset));
            steps.extend(Step::plan(chosen, false, &options.grids)?);
            steps.extend(own_meridian(b).map(|degrees| offset(-degrees)));
        }
        let changes = !steps.is_empty() || !sides.0.is_same_angles(&sides.1);
        Ok(Self {
            from: from.clone(),
            to: to.clone(),
            better: better(&list, chosen, area(a, b, options)).map(|o| Arc::new(o.clone())),
            damaged: damaged(&list, chosen),
            operation: Arc::new(chosen.clone()),
            description: chosen.to_string().into(),
            steps: changes.then(|| Arc::new(Steps { from: sides.0, datum: steps, to: sides.1 })),
        })
    }

    /// Returns all operations between two systems, best first as PROJ sorts
    /// them; those that lack a grid come after those that do not, and last the
    /// ballpark one.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if swath has no definition of one of the systems,
    /// [`Error::Usage`] for an area that is none.
    pub fn operations(
        from: &Crs,
        to: &Crs,
        options: &TransformOptions,
    ) -> Result<Vec<DatumOperation>> {
        operations(from.definition()?, to.definition()?, options)
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

    /// Returns what is done about the datums.
    pub fn operation(&self) -> &DatumOperation {
        &self.operation
    }

    /// Returns the operation that would be more accurate, but lacks a grid.
    pub fn better(&self) -> Option<&DatumOperation> {
        self.better.as_deref()
    }

    /// Returns the grids that are there but damaged, of operations that are more accurate
    /// than the one taken: nobody who has a grid wants to do without it unawares.
    pub fn damaged(&self) -> &[GridUse] {
        &self.damaged
    }

    /// Returns what share of points, from 0 to 1, the grids of the operation reach; beyond them
    /// nothing can be transformed. Points that are no places count for nothing. `None` without
    /// grids or places.
    ///
    /// # Panics
    ///
    /// Panics if the slices differ in length.
    pub fn grid_share(&self, x: &[f64], y: &[f64]) -> Option<f64> {
        assert_eq!(x.len(), y.len(), "as many x as y");
        let steps = self.steps.as_ref().filter(|_| !self.operation.grids().is_empty())?;
        let (mut places, mut reached) = (0u64, 0u64);
        for (x, y) in x.chunks(BATCH).zip(y.chunks(BATCH)) {
            let (mut x, mut y) = (x.to_vec(), y.to_vec());
            steps.from.leave(&mut x, &mut y);
            places += x.iter().filter(|x| x.is_finite()).count() as u64;
            steps.datum.iter().for_each(|step| step.apply(&mut x, &mut y));
            reached += x.iter().filter(|x| x.is_finite()).count() as u64;
        }
        (places > 0).then(|| reached as f64 / places as f64)
    }

    /// Returns how far off the result may be in metres, or `None` where nobody
    /// has published a figure.
    ///
    /// 0 means the same datum; the projections themselves are good to 1 mm.
    pub fn accuracy(&self) -> Option<f64> {
        self.operation.accuracy()
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
        match &self.steps.as_ref()?.to {
            Side::Angles(unit) => {
                Some(Repeat { middle: 0.0, period: std::f64::consts::TAU / unit })
            }
            Side::Plane(plane) => plane.repeat().map(|(middle, period)| Repeat { middle, period }),
            Side::Image(..) | Side::Shared => None,
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
            steps.from.leave(x, y);
            for step in &steps.datum {
                step.apply(x, y);
            }
            steps.to.enter(x, y);
        }
    }
}

/// The frame of a definition.
fn frame(definition: &Definition) -> Result<Frame> {
    definition.geographic().map(Frame::of_definition).ok_or_else(|| refuse(definition))
}

/// How far east of its datum's prime meridian a system's own lies, in degrees, if it is another:
/// texts give the code of a datum and a meridian beside it.
fn own_meridian(definition: &Definition) -> Option<f64> {
    let system = definition.geographic()?;
    let datum = super::registry::system_of(system)?;
    let degrees = system.datum.prime_meridian.longitude - datum.meridian();
    (degrees.abs() > 1e-9).then_some(degrees)
}

fn refuse(definition: &Definition) -> Error {
    Error::unsupported(format!("transforming coordinates of {:?}", definition.name()))
        .hint("only longitudes and latitudes and projected coordinates can be transformed")
}

/// The smaller of the areas that the two systems are meant for.
fn area_of_use(from: &Definition, to: &Definition) -> Option<Area> {
    let areas = [from, to].into_iter().filter_map(super::registry::area_of);
    areas.min_by(|a, b| a.size().total_cmp(&b.size()))
}

/// The area that decides: that asked for, or that of use.
fn area(from: &Definition, to: &Definition, options: &TransformOptions) -> Option<Area> {
    options.area.or_else(|| area_of_use(from, to))
}

fn operations(
    from: &Definition,
    to: &Definition,
    options: &TransformOptions,
) -> Result<Vec<DatumOperation>> {
    let state = |name: &str| options.grids.state(name);
    options.area.map_or(Ok(()), |area| area.check())?;
    let area = area(from, to, options);
    let (from_frame, to_frame) = (frame(from)?, frame(to)?);
    Ok(datum::candidates(&from_frame, &to_frame, area, area_of_use(from, to), &state))
}

/// How accurate an operation is, for comparison.
fn figure(operation: &DatumOperation) -> f64 {
    operation.accuracy().unwrap_or(f64::INFINITY)
}

/// The damaged grids of operations that are more accurate than the one taken, each once.
fn damaged(list: &[DatumOperation], chosen: &DatumOperation) -> Arc<[GridUse]> {
    let mut damaged: Vec<GridUse> = Vec::new();
    for grid in list.iter().filter(|o| figure(o) < figure(chosen)).flat_map(DatumOperation::grids) {
        if matches!(grid.state, GridState::Damaged(_)) && !damaged.contains(grid) {
            damaged.push(grid.clone());
        }
    }
    damaged.into()
}

/// The most accurate operation that would be taken if its grids were there.
fn better<'a>(
    list: &'a [DatumOperation],
    chosen: &DatumOperation,
    area: Option<Area>,
) -> Option<&'a DatumOperation> {
    list.iter()
        .filter(|o| !o.is_available() && figure(o) < figure(chosen))
        .filter(|o| match (o.area(), area) {
            (Some(own), Some(area)) => own.contains(&area),
            _ => true,
        })
        .min_by(|a, b| figure(a).total_cmp(&figure(b)))
}

impl Frame {
    /// The frame of a geographic system: that of the registry with its code, or
    /// with its datum's, or one of its own.
    fn of_definition(system: &Geographic) -> Self {
        let known = super::registry::system_of(system);
        Self {
            name: system.name.to_string(),
            system: known,
            ellipsoid: datum::Shape::of(&system.datum.ellipsoid),
            meridian: known.map_or(system.datum.prime_meridian.longitude, |s| s.meridian()),
            to_wgs84: system.datum.to_wgs84,
            grids: system
                .datum
                .grids
                .iter()
                .flat_map(|list| list.split(','))
                .map(str::to_owned)
                .collect(),
        }
    }
}

impl Side {
    fn new(definition: &Definition) -> Result<Self> {
        match definition.horizontal() {
            Definition::Geographic(system) => Ok(Self::Angles(exact(system.unit))),
            Definition::Projected(system) => {
                projection::plane(system).map(|p| Self::Plane(Box::new(p)))
            }
            Definition::Derived(system) => {
                projection::turned(system).map(|p| Self::Plane(Box::new(p)))
            }
            Definition::Image { ground, locator, .. } => {
                Ok(Self::Image(locator.clone(), Box::new(Self::new(ground)?)))
            }
            _ => Err(refuse(definition)),
        }
    }

    /// Both sides. Between an image and the very system that it lies in its locator is all there is:
    /// longitudes stay on their turn.
    fn pair(a: &Definition, b: &Definition) -> Result<(Self, Self)> {
        let image = |image: &Definition, other: &Definition| match image {
            Definition::Image { ground, locator, .. } if ground.is_same(other.horizontal()) => {
                Some(Self::Image(locator.clone(), Box::new(Self::Shared)))
            }
            _ => None,
        };
        match (image(a, b), image(b, a)) {
            (Some(image), _) => Ok((image, Self::Shared)),
            (None, Some(image)) => Ok((Self::Shared, image)),
            (None, None) => Ok((Self::new(a)?, Self::new(b)?)),
        }
    }

    /// Whether both are angles of the same unit.
    fn is_same_angles(&self, other: &Self) -> bool {
        matches!((self, other), (Self::Angles(a), Self::Angles(b)) if a == b)
    }

    /// Takes coordinates to radians.
    fn leave(&self, x: &mut [f64], y: &mut [f64]) {
        match self {
            Self::Plane(plane) => plane.leave(x, y),
            Self::Shared => {}
            Self::Image(locator, ground) => {
                locator.to_ground(x, y);
                ground.leave(x, y);
            }
            Self::Angles(unit) => {
                for (x, y) in x.iter_mut().zip(y) {
                    // No place on the globe, though the formulas would make one of it. A
                    // longitude of more than 10 radians is none, as in PROJ.
                    let is_place = y.abs() * unit <= std::f64::consts::FRAC_PI_2 + 1e-9
                        && x.abs() * unit <= 10.0;
                    *y = if is_place { *y * unit } else { f64::NAN };
                    *x = if is_place { *x * unit } else { f64::NAN };
                }
            }
        }
    }

    /// Takes radians to coordinates.
    fn enter(&self, x: &mut [f64], y: &mut [f64]) {
        match self {
            Self::Plane(plane) => plane.enter(x, y),
            Self::Shared => {}
            Self::Image(locator, ground) => {
                ground.enter(x, y);
                locator.to_image(x, y);
            }
            Self::Angles(unit) => {
                let half = std::f64::consts::PI / unit;
                for (x, y) in x.iter_mut().zip(y) {
                    *x = turned_back(*x / unit, half);
                    *y = (*y / unit).clamp(-0.5 * half, 0.5 * half);
                }
            }
        }
    }
}

/// Takes the 15 digits that EPSG gives a degree for all of it: half a turn has to
/// come out as 180.
fn exact(unit: f64) -> f64 {
    let degree = 1f64.to_radians();
    if (unit / degree - 1.0).abs() < 1e-13 { degree } else { unit }
}

/// Brings a longitude into plus or minus half a turn. A hair beyond the edge is
/// the edge: half a turn is not exact in radians.
fn turned_back(longitude: f64, half: f64) -> f64 {
    if longitude.abs() <= half * (1.0 + 1e-12) {
        longitude.clamp(-half, half)
    } else {
        (longitude + half).rem_euclid(2.0 * half) - half
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
    fn the_operation_follows_the_area() {
        // PROJ 9.5.1: (6) is for the western United States, (7) for Alaska.
        assert_eq!(between(4326, 3857).accuracy(), Some(0.0));
        assert_eq!(between(32632, 25832).accuracy(), Some(1.0));
        assert_eq!(between(5070, 3857).accuracy(), Some(4.0));
        let (nad27, wgs84) = (Crs::from_epsg(4267), Crs::from_epsg(4326));
        let at = |lon, lat| {
            let area = Some(Area::point(lon, lat));
            let options = TransformOptions { area, ..TransformOptions::default() };
            let there = Transformer::with_options(&nad27, &wgs84, &options).unwrap();
            let back = Transformer::with_options(&wgs84, &nad27, &options).unwrap();
            let name = there.operation().name().to_owned();
            assert_eq!(back.operation().name(), format!("Inverse of {name}"));
            name
        };
        assert_eq!(at(-100.0, 40.0), "NAD27 to WGS 84 (6)");
        assert_eq!(at(-150.0, 64.0), "NAD27 to WGS 84 (7)");
    }

    #[test]
    fn the_british_grid_is_shifted_not_dropped() {
        // PROJ 9.5.1 without grids, OSGB36 to WGS 84 (6), 2 m.
        let t = between(4326, 27700);
        assert_eq!(t.operation().name(), "Inverse of OSGB36 to WGS 84 (6)");
        let (x, y) = one(&t, -1.5, 52.0);
        assert!(
            (x - 434_423.007_236).abs() < 1e-3 && (y - 233_624.374_787).abs() < 1e-3,
            "{x} {y}"
        );
        let better = t.better().expect("a grid is better");
        assert_eq!(better.grids()[0].name, "uk_os_OSTN15_NTv2_OSGBtoETRS.tif");
        assert_eq!(better.accuracy(), Some(1.0));
    }

    #[test]
    fn systems_without_a_place_are_refused_unless_nothing_is_to_be_done() {
        let (a, b) = (Crs::from_epsg(1), Crs::from_epsg(4326));
        let error = Transformer::new(&a, &b).unwrap_err();
        assert!(matches!(error, Error::Unsupported(_)) && error.to_string().contains("EPSG:1"));
        assert!(Transformer::new(&a, &a).unwrap().is_identity());
        let height = Crs::from_epsg(5709);
        assert!(matches!(Transformer::new(&height, &b), Err(Error::Unsupported(_))));
    }
}
