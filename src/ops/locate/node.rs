//! The verb and the node: an image whose pixels are a reference system.

use std::sync::Arc;

use super::Pair;
use super::domain::Domain;
use super::heights::{Heights, Model};
use super::homography::Homography;
use super::polynomial::Polynomial;
use super::rational::Rational;
use super::spline::Spline;
use crate::crs::{Crs, Locate, Locator};
use crate::raster::{
    Bounds, Buffer, Context, Gcp, Gcps, GeoTransform, Grid, Info, Metadata, Point, Raster, Rpc,
    Source, Tell, Window,
};
use crate::{Error, Result};

/// What places an image that has no GeoTransform.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Placement {
    /// What the image has: control points, as [`Placement::Points`], or else rational
    /// polynomials.
    #[default]
    Auto,
    /// Control points: a homography if there are four or five, else polynomials, of degree 2 if
    /// there are more and 1 if there are less; as gdalwarp.
    Points,
    /// Polynomials of a degree, 1 to 3, fitted to control points.
    Polynomial(u8),
    /// The view of a plane fitted to control points.
    Homography,
    /// Thin plate splines through control points.
    Spline,
    /// Rational polynomials.
    Rational,
}

/// How an image is placed that has no GeoTransform.
#[derive(Debug, Clone, Default)]
pub struct LocateOptions {
    /// What places it.
    pub placement: Placement,
    /// The heights of the ground in metres above the ellipsoid of WGS 84, for rational
    /// polynomials; the first band counts.
    pub heights: Option<Raster>,
    /// The height of the ground in metres where there is no such raster; added to its heights
    /// where there is.
    pub height: f64,
    /// The height in metres where the raster knows none; without it such places are not seen.
    pub missing_height: Option<f64>,
}

/// An image that was placed.
#[derive(Debug, Clone)]
pub struct Located {
    /// The image, on a grid of its own pixels: their reference system knows where they lie.
    pub raster: Raster,
    /// What places it; neither [`Placement::Auto`] nor [`Placement::Points`].
    pub placement: Placement,
    /// How many control points were used; 0 for rational polynomials.
    pub points: usize,
    /// The root of the mean square of how far control points lie from where they are put, in
    /// pixels; 0 for splines.
    pub error: f64,
}

impl Raster {
    /// Returns this raster placed by its control points or rational polynomials, to be warped: in
    /// the reference system of its own pixels (its columns and rows), which can be transformed
    /// to any other.
    ///
    /// Numbers are those of GDAL's transformers (`GCP_POLYNOMIAL`, `GCP_TPS`, `RPC`), each way
    /// fitted by itself; the ground of rational polynomials is found to a millionth of a pixel.
    /// Rational polynomials are on WGS 84; heights are taken between the four nearest
    /// samples.
    ///
    /// # Errors
    /// [`Error::Unsupported`] if the raster has no such points or polynomials, too few, on a line,
    /// or in no system that swath knows; [`Error::Usage`] for a degree of 0 or beyond 3, and for
    /// heights that lie elsewhere; [`Error::Limit`] for more than 2048 points of a spline; whatever
    /// keeps heights from being read.
    pub fn locate(&self, how: &LocateOptions) -> Result<Located> {
        let metadata = &self.info().metadata;
        let placement = match how.placement {
            Placement::Auto if metadata.gcps.is_none() && metadata.rpc.is_some() => {
                Placement::Rational
            }
            Placement::Auto | Placement::Points => {
                let count = metadata.gcps.as_ref().map_or(0, |gcps| gcps.points.len());
                match count {
                    4 | 5 => Placement::Homography,
                    _ if count >= Polynomial::least(2) => Placement::Polynomial(2),
                    _ => Placement::Polynomial(1),
                }
            }
            Placement::Polynomial(degree) if !(1..=3).contains(&degree) => {
                return Err(Error::usage("degree of polynomials").expected("1 to 3").found(degree));
            }
            other => other,
        };
        if !how.height.is_finite() || how.missing_height.is_some_and(|height| !height.is_finite()) {
            return Err(Error::usage("height of the ground").expected("a number of metres").found(
                how.missing_height.filter(|_| how.height.is_finite()).unwrap_or(how.height),
            ));
        }
        if placement == Placement::Rational {
            let rpc = metadata.rpc.as_ref().ok_or_else(|| none("rational polynomials"))?;
            let locate = Rational::new(rpc, heights(rpc, how)?);
            let raster = self.on(&Crs::from_epsg(4326), locate)?;
            return Ok(Located { raster, placement, points: 0, error: 0.0 });
        }
        if how.heights.is_some() || how.height != 0.0 {
            return Err(Error::usage("heights for an image placed by control points")
                .hint("only rational polynomials ask how high the ground is"));
        }
        let gcps = metadata.gcps.as_ref().ok_or_else(|| none("ground control points"))?;
        let ground = gcps.crs.as_ref().or(self.info().grid.crs.as_ref());
        let ground = ground.ok_or_else(|| {
            Error::unsupported("ground control points without a coordinate reference system")
                .hint("say what their coordinates mean, with swath edit --crs")
        })?;
        let pairs = pairs(gcps, turn(ground));
        let (error, raster) = match placement {
            Placement::Polynomial(degree) => {
                let locate = Polynomial::new(&pairs, degree)?;
                (distance(&pairs, &locate), self.on(ground, locate)?)
            }
            Placement::Homography => {
                let locate = Homography::new(&pairs)?;
                (distance(&pairs, &locate), self.on(ground, locate)?)
            }
            _ => (0.0, self.on(ground, Spline::new(&pairs)?)?),
        };
        Ok(Located { raster, placement, points: pairs.len(), error })
    }

    /// Returns this raster on the grid of its pixels, which lie on the ground as a locator says.
    fn on(&self, ground: &Crs, locate: impl Locate + 'static) -> Result<Self> {
        let info = self.info();
        let locator = Locator::new(Domain::around(locate, info.grid.size, turn(ground)));
        let crs = ground.of_image(format!("pixels on {ground}"), locator)?;
        let grid = Grid { size: info.grid.size, transform: GeoTransform::IDENTITY, crs: Some(crs) };
        let metadata = Metadata { gcps: None, rpc: None, ..(*info.metadata).clone() };
        let metadata = Arc::new(metadata);
        let info = Info { grid, metadata, ..info.clone() };
        Ok(Self::new(OnPixels { input: self.clone(), info }))
    }
}

fn none(what: &str) -> Error {
    Error::unsupported(format!("placing an image by {what}")).expected(what).found("none")
}

/// Returns after how much x means the same place again, if it does.
fn turn(ground: &Crs) -> Option<f64> {
    ground.unit_of_angle().map(|unit| std::f64::consts::TAU / unit)
}

/// Returns control points with longitudes on the turn of the first: those on both sides of the
/// antimeridian are neighbours.
fn pairs(gcps: &Gcps, turn: Option<f64>) -> Vec<Pair> {
    let first = gcps.points.first().map_or(0.0, |gcp| gcp.ground.x);
    let near = |x: f64| turn.map_or(x, |turn| x - ((x - first) / turn).round() * turn);
    let pair = |gcp: &Gcp| Pair {
        image: gcp.pixel,
        ground: Point { x: near(gcp.ground.x), y: gcp.ground.y },
    };
    gcps.points.iter().map(pair).collect()
}

/// Returns how far control points lie from where they are put, in pixels.
fn distance(pairs: &[Pair], locate: &impl Locate) -> f64 {
    let (mut xs, mut ys): (Vec<f64>, Vec<f64>) =
        pairs.iter().map(|p| (p.ground.x, p.ground.y)).unzip();
    locate.to_image(&mut xs, &mut ys);
    let away = |((x, y), pair): ((&f64, &f64), &Pair)| {
        (x - pair.image.x).powi(2) + (y - pair.image.y).powi(2)
    };
    let squares: f64 = xs.iter().zip(&ys).zip(pairs).map(away).sum();
    (squares / pairs.len().max(1) as f64).sqrt()
}

/// The heights over what rational polynomials are for.
fn heights(rpc: &Rpc, how: &LocateOptions) -> Result<Heights> {
    let Some(raster) = &how.heights else { return Ok(Heights::Level(how.height)) };
    let v = &rpc.values;
    // A tenth more on each side: images reach beyond what their polynomials are for.
    let side = |middle: f64, scale: f64| (middle - 1.1 * scale.abs(), middle + 1.1 * scale.abs());
    let ((left, right), (bottom, top)) = (side(v[5], v[10]), side(v[4], v[9]));
    let area = Bounds::new(left, bottom, right, top);
    Model::read(raster, area, how.height, how.missing_height).map(Box::new).map(Heights::Model)
}

#[derive(Debug)]
struct OnPixels {
    input: Raster,
    info: Info,
}

impl Source for OnPixels {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        self.input.source().read(out, cx)
    }

    fn footprint(&self, window: Window) -> u64 {
        self.input.source().footprint(window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(window, tell);
    }

    fn overviews(&self) -> Vec<Raster> {
        let again = |overview: Raster| {
            let grid = self.info.grid.resized(overview.info().grid.size);
            let info =
                Info { grid, metadata: self.info.metadata.clone(), ..overview.info().clone() };
            Raster::new(Self { input: overview, info })
        };
        self.input.overviews().into_iter().map(again).collect()
    }
}
