//! The output grid of a warp, as gdalwarp chooses it.

use super::suggest::{Resolution, Suggestion, limit};
use crate::crs::{Crs, TransformOptions, Transformer};
use crate::raster::{Bounds, GeoTransform, Grid, Size};
use crate::{Error, Result};

/// What is asked of the output grid of a warp; the rest is chosen.
///
/// ```
/// use swath::crs::Crs;
/// use swath::ops::warp::{GridRequest, Resolution};
/// use swath::raster::{GeoTransform, Grid, Size};
///
/// let scene = Grid {
///     size: Size::new(3660, 3660),
///     transform: GeoTransform::north_up(399_960.0, 5_300_040.0, 30.0, 30.0),
///     crs: Some(Crs::from_epsg(32633)),
/// };
/// let mut request = GridRequest::new(Crs::from_epsg(3857));
/// assert_eq!(request.grid(&scene)?.size, Size::new(3689, 3694));
///
/// request.resolution = Some(Resolution { x: 100.0, y: 100.0 });
/// assert_eq!(request.grid(&scene)?.size, Size::new(1634, 1636));
/// # Ok::<(), swath::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct GridRequest {
    /// The system to warp to.
    pub to: Crs,
    /// The extent of a pixel in units of `to`.
    pub resolution: Option<Resolution>,
    /// The area to cover, in units of `to`.
    pub bounds: Option<Bounds>,
    /// The number of columns and rows; 0 for one of them takes it from the
    /// other, so that pixels are square.
    pub size: Option<Size>,
    /// What `bounds` mean, if not coordinates of `to`: then what is covered is
    /// the extent in `to` of their edge, 21 points along each side.
    pub bounds_crs: Option<Crs>,
    /// Whether the edges of pixels lie on multiples of `resolution`: the area
    /// grows outwards to the next (gdalwarp's -tap).
    pub align: bool,
    /// Whether pixels are square where neither a resolution nor a size says
    /// otherwise. Pixels of another system are square in any case.
    pub square: bool,
    /// Which operation between the datums is taken; without an area, that for
    /// where the source lies.
    pub transform: TransformOptions,
}

/// How far beyond a multiple an edge may lie and still count as on it, in pixels.
const ON_EDGE: f64 = 1e-6;

impl GridRequest {
    /// Asks for the grid that shows all of a source at its own resolution.
    pub fn new(to: Crs) -> Self {
        Self {
            to,
            resolution: None,
            bounds: None,
            size: None,
            bounds_crs: None,
            align: false,
            square: false,
            transform: TransformOptions::default(),
        }
    }

    /// Chooses the grid for a source, always north up.
    ///
    /// - Nothing else asked for: the source's own grid if it is north up and in
    ///   the same system; else the extent of the source's edge in the target
    ///   system, and square pixels such that the diagonal counts as many.
    /// - A resolution, a size or bounds replace that part of the choice, with
    ///   gdalwarp's rules for -tr, -ts and -te: bounds alone keep the chosen
    ///   resolution to the nearest whole pixel; with a resolution the right and
    ///   lower edges give way to it, counted in whole pixels to the nearest.
    ///
    /// Without options the numbers are those of GDAL 3.10
    /// (`calculate_default_transform` of rasterio 1.4, a `WarpedVRT`, gdalwarp).
    /// GDAL 3.12 also takes in the bounds that a densified edge has in the target
    /// system, and may choose a larger extent where a pole or the antimeridian
    /// lies inside. Two rules differ between versions of gdalwarp and are kept
    /// simple here: with bounds alone it guesses the resolution anew from the
    /// part of the source that they show (since 3.2, otherwise since 3.9); with
    /// a resolution alone it leaves out lines at the edge that would be blank
    /// (since 3.8).
    ///
    /// `align` and `square` then change that choice as their fields say.
    ///
    /// Where a projection sends a pole to infinity, GDAL takes a large number
    /// for it (240 million metres in EPSG:3857); here it is left out, and the
    /// extent ends at the last sample that has coordinates.
    ///
    /// # Errors
    ///
    /// [`Error::Usage`] for both a resolution and a size, for aligned pixels
    /// without a resolution, for bounds that are
    /// empty or inverted, for a resolution that is not positive, for a size of
    /// 0 x 0 or beyond 2^31 - 1, for a source without a coordinate system, and
    /// for one that does not lie in the domain of `to`; [`Error::Unsupported`]
    /// if swath cannot transform between the systems.
    pub fn grid(&self, source: &Grid) -> Result<Grid> {
        self.check()?;
        let crs = source.crs.as_ref().ok_or_else(|| {
            Error::usage("the source's coordinate reference system")
                .expected("one to warp from")
                .found("none")
                .hint("say what its coordinates mean")
        })?;
        if self.resolution.is_none()
            && self.bounds.is_none()
            && self.size.is_none()
            && (!self.square || is_square(source.transform))
            && source.transform.is_north_up()
            && *crs == self.to
        {
            return Ok(source.clone());
        }
        let bounds = match (self.bounds, &self.bounds_crs) {
            (Some(bounds), Some(crs)) if *crs != self.to => Some(self.extent_in(bounds, crs)?),
            (bounds, _) => bounds,
        };
        // With an area and a pixel or a size, nothing depends on the source.
        let suggestion = match bounds {
            Some(_) if self.resolution.is_some() || self.size.is_some() => None,
            _ => Some(Suggestion::new(source, &self.to, &self.transform)?),
        };
        let area = match (bounds, &suggestion) {
            (Some(bounds), _) => bounds,
            (None, Some(suggestion)) => suggestion.bounds,
            (None, None) => return Err(Error::defect("no area to cover")),
        };
        let mut area = area;
        let (size, pixel) = match (self.resolution, self.size, &suggestion) {
            (Some(pixel), _, _) => {
                if self.align {
                    area = aligned(area, pixel);
                }
                (count(area, pixel)?, pixel)
            }
            (None, Some(size), _) => sized(area, size)?,
            (None, None, Some(s)) if self.square && s.resolution.x != s.resolution.y => {
                let (w, h) = (f64::from(s.size.width), f64::from(s.size.height));
                let side = (w * s.resolution.x).hypot(h * s.resolution.y) / w.hypot(h);
                let pixel = Resolution { x: side, y: side };
                (count(area, pixel)?, pixel)
            }
            (None, None, Some(s)) if bounds.is_none() => (s.size, s.resolution),
            (None, None, Some(s)) => {
                let size = count(area, s.resolution)?;
                (size, fit(area, size))
            }
            (None, None, None) => return Err(Error::defect("no resolution to choose from")),
        };
        Ok(Grid {
            size,
            transform: GeoTransform::north_up(area.left, area.top, pixel.x, pixel.y),
            crs: Some(self.to.clone()),
        })
    }

    /// Returns the extent in the target system of bounds given in another.
    fn extent_in(&self, bounds: Bounds, from: &Crs) -> Result<Bounds> {
        const STEPS: u32 = 21;
        // The number of an operation is one between the source's system and this one.
        let how = TransformOptions { operation: None, ..self.transform.clone() };
        let to = &self.to;
        let transformer = Transformer::with_options(from, to, &how)?;
        let (mut xs, mut ys) = (Vec::new(), Vec::new());
        for i in 0..=STEPS {
            let t = f64::from(i) / f64::from(STEPS);
            let (x, y) = (bounds.left + t * bounds.width(), bounds.bottom + t * bounds.height());
            xs.extend([x, x, bounds.left, bounds.right]);
            ys.extend([bounds.bottom, bounds.top, y, y]);
        }
        transformer.transform(&mut xs, &mut ys);
        let least = |v: &[f64]| v.iter().copied().fold(f64::INFINITY, f64::min);
        let most = |v: &[f64]| v.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let found = Bounds::new(least(&xs), least(&ys), most(&xs), most(&ys));
        if found.left < found.right && found.bottom < found.top {
            return Ok(found);
        }
        Err(Error::usage("bounds").expected(format!("an area that {to} can show")).found(format!(
            "{} {} {} {} in {from}",
            bounds.left, bounds.bottom, bounds.right, bounds.top
        )))
    }

    fn check(&self) -> Result<()> {
        if self.align && self.resolution.is_none() {
            return Err(Error::usage("aligned pixels without a resolution")
                .hint("they lie on its multiples: give one"));
        }
        if self.resolution.is_some() && self.size.is_some() {
            return Err(Error::usage("both a resolution and a size")
                .hint("give one of them: the area and one decide the other"));
        }
        if let Some(Resolution { x, y }) = self.resolution
            && !(x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite())
        {
            return Err(Error::usage("resolution")
                .expected("two positive numbers")
                .found(format!("{x} by {y}")));
        }
        if let Some(b) = self.bounds
            && !(b.left < b.right
                && b.bottom < b.top
                && b.width().is_finite()
                && b.height().is_finite())
        {
            return Err(Error::usage("bounds")
                .expected("left < right and bottom < top")
                .found(format!("{} {} {} {}", b.left, b.bottom, b.right, b.top))
                .hint("the order is left, bottom, right, top, x before y"));
        }
        match self.size {
            Some(Size { width: 0, height: 0 }) => {
                Err(Error::usage("size").expected("at least one pixel").found("0 x 0"))
            }
            Some(size) => limit(f64::from(size.width), f64::from(size.height)).map(|_| ()),
            None => Ok(()),
        }
    }
}

fn is_square(transform: GeoTransform) -> bool {
    transform.pixel_width.abs() == transform.pixel_height.abs()
}

/// Grows an area outwards until its edges lie on multiples of a pixel.
fn aligned(area: Bounds, pixel: Resolution) -> Bounds {
    let before = |v: f64, pixel: f64| (v / pixel + ON_EDGE).floor() * pixel;
    let after = |v: f64, pixel: f64| (v / pixel - ON_EDGE).ceil() * pixel;
    Bounds::new(
        before(area.left, pixel.x),
        before(area.bottom, pixel.y),
        after(area.right, pixel.x),
        after(area.top, pixel.y),
    )
}

/// Counts the pixels over an area, to the nearest, at least one.
fn count(area: Bounds, pixel: Resolution) -> Result<Size> {
    let whole = |extent: f64, pixel: f64| ((extent + 0.5 * pixel) / pixel).floor().max(1.0);
    limit(whole(area.width(), pixel.x), whole(area.height(), pixel.y))
}

/// Returns the pixels that fill an area exactly.
fn fit(area: Bounds, size: Size) -> Resolution {
    Resolution {
        x: area.width() / f64::from(size.width),
        y: area.height() / f64::from(size.height),
    }
}

/// Returns the size asked for and its pixels; square ones if a side is left open.
fn sized(area: Bounds, size: Size) -> Result<(Size, Resolution)> {
    let square = match size {
        Size { width: 0, height } => area.height() / f64::from(height),
        Size { width, height: 0 } => area.width() / f64::from(width),
        _ => return Ok((size, fit(area, size))),
    };
    let pixel = Resolution { x: square, y: square };
    let counted = count(area, pixel)?;
    let or = |asked: u32, counted: u32| if asked == 0 { counted } else { asked };
    let size = Size::new(or(size.width, counted.width), or(size.height, counted.height));
    Ok((size, pixel))
}
