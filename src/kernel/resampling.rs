//! How output pixels are made of source pixels.

use std::fmt;
use std::str::FromStr;

use super::lanczos::{self, Lanczos};
use super::real::{MOST_TAPS_IN_F32, Real, ceil};
use crate::error::Error;
use crate::raster::DataType;

/// How output pixels are made of source pixels.
///
/// There are three families. `Near` picks one sample. The kernels (`Bilinear`,
/// `Cubic`, `CubicSpline`, `Lanczos`) weigh the samples around a position;
/// where pixels shrink they are widened along each axis of the source by the
/// footprint on that axis, so that they become ellipses where the scales differ.
/// All others summarise the samples that a pixel's footprint covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Resampling {
    /// The sample of the pixel that contains the position, unchanged. Fit for
    /// classes and masks; never mixes values, aliases when minifying.
    #[default]
    Near,
    /// Triangle of radius 1: never exceeds the range of what it mixes.
    Bilinear,
    /// Catmull-Rom of radius 2 (Keys 1981, a = -0.5, as in GDAL): sharper, and
    /// may exceed the range of what it mixes.
    Cubic,
    /// Cubic B-spline of radius 2, without prefilter as in GDAL: blurs, never
    /// exceeds the range of what it mixes.
    CubicSpline,
    /// Sinc of radius 3 under a sinc window (Duchon 1979): the sharpest, and may
    /// exceed the range of what it mixes.
    Lanczos,
    /// The mean over the footprint's box, weighted by how much of each source
    /// pixel lies in it.
    Average,
    /// The root of the mean of squares, weighted like `Average`.
    Rms,
    /// The value that covers most of the footprint's box; of several that cover
    /// as much, the first to do so, row by row.
    Mode,
    /// The least value that the footprint's box touches.
    Min,
    /// The largest value that the footprint's box touches.
    Max,
    /// The median of the values that the footprint's box touches: of an even
    /// number, the lower of the middle two.
    Med,
    /// The first quartile of the values that the footprint's box touches.
    Q1,
    /// The third quartile of the values that the footprint's box touches.
    Q3,
    /// The sum over the footprint's quadrilateral of each source pixel's value
    /// times the part of that pixel it covers. For counts and amounts: every
    /// total is conserved.
    Sum,
    /// The mean over the footprint's quadrilateral, weighted by the exact area
    /// covered. For densities: value times area is conserved.
    Area,
}

impl Resampling {
    /// Every resampling: `Near`, then kernels, then summaries.
    pub const ALL: [Self; 15] = [
        Self::Near,
        Self::Bilinear,
        Self::Cubic,
        Self::CubicSpline,
        Self::Lanczos,
        Self::Average,
        Self::Rms,
        Self::Mode,
        Self::Min,
        Self::Max,
        Self::Med,
        Self::Q1,
        Self::Q3,
        Self::Sum,
        Self::Area,
    ];

    /// Returns the name that GDAL uses, such as `bilinear`; GDAL has no `area`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Near => "near",
            Self::Bilinear => "bilinear",
            Self::Cubic => "cubic",
            Self::CubicSpline => "cubicspline",
            Self::Lanczos => "lanczos",
            Self::Average => "average",
            Self::Rms => "rms",
            Self::Mode => "mode",
            Self::Min => "min",
            Self::Max => "max",
            Self::Med => "med",
            Self::Q1 => "q1",
            Self::Q3 => "q3",
            Self::Sum => "sum",
            Self::Area => "area",
        }
    }

    /// Returns whether it weighs samples by a kernel around a position.
    pub const fn is_kernel(self) -> bool {
        matches!(self, Self::Bilinear | Self::Cubic | Self::CubicSpline | Self::Lanczos)
    }

    /// Returns whether it summarises what a footprint covers ([`Cover`](super::Cover));
    /// the others look at a position ([`Segment`](super::Segment)).
    pub const fn is_summary(self) -> bool {
        !self.is_kernel() && !matches!(self, Self::Near)
    }

    /// Returns whether it takes the footprint for a quadrilateral, not for a box.
    pub const fn is_exact_cover(self) -> bool {
        matches!(self, Self::Sum | Self::Area)
    }

    /// Returns whether results are samples of the source, never mixed.
    pub const fn picks(self) -> bool {
        matches!(
            self,
            Self::Near | Self::Mode | Self::Min | Self::Max | Self::Med | Self::Q1 | Self::Q3
        )
    }

    /// Returns the type in which samples of a type are resampled: `float64` for integers of 32 and of
    /// 64 bits and signed ones of 8, which few rasters have and whose sums are made in it anyway, so
    /// that kernels need not be compiled for each of them. What is picked of 64 bits stays as it is,
    /// as not all of them have a `float64`; all others are their own, complex ones too: what is not
    /// [`Resampling::Near`] resamples the parts of these.
    pub const fn working(self, dtype: DataType) -> DataType {
        if dtype.is_complex() || self.works_in(dtype) { dtype } else { DataType::F64 }
    }

    /// Returns whether kernels are made for samples of a type.
    pub(super) const fn works_in(self, dtype: DataType) -> bool {
        match dtype {
            DataType::U8 | DataType::U16 | DataType::I16 | DataType::F32 | DataType::F64 => true,
            DataType::U64 | DataType::I64 => self.picks(),
            _ => matches!(self, Self::Near),
        }
    }

    /// Returns whether it is defined for complex numbers, which have no order:
    /// picked by place, or a sum of parts.
    pub const fn takes_complex(self) -> bool {
        self.is_kernel() || matches!(self, Self::Near | Self::Average | Self::Sum | Self::Area)
    }

    /// Returns the radius of the kernel in source pixels at scale 1; 0 for
    /// [`Resampling::Near`], and 1 for summaries: more than half the diagonal of
    /// a footprint.
    pub const fn radius(self) -> u32 {
        match self {
            Self::Near => 0,
            Self::Bilinear => Triangle::RADIUS as u32,
            Self::Cubic => CatmullRom::RADIUS as u32,
            Self::CubicSpline => BSpline::RADIUS as u32,
            Self::Lanczos => Lanczos::RADIUS as u32,
            _ => 1,
        }
    }

    /// Returns the weight of a sample whose centre is `distance` kernel units
    /// (source pixels, divided by the footprint when minifying) from the position,
    /// before all weights are made to sum to 1. It is 0 beyond the radius; for
    /// all but kernels it is 1 up to 0.5.
    pub fn weight(self, distance: f64) -> f64 {
        match self {
            Self::Bilinear => Triangle::weight(distance),
            Self::Cubic => CatmullRom::weight(distance),
            Self::CubicSpline => BSpline::weight(distance),
            Self::Lanczos => lanczos::definition(distance),
            _ => f64::from(distance.abs() <= 0.5),
        }
    }

    /// Returns whether this footprint of an output pixel, in source pixels along
    /// an axis, is one that the kernel is widened for: above 1/0.95.
    pub fn minifies(self, footprint: f64) -> bool {
        self.is_kernel() && effective_scale(footprint, f64::MAX) > 1.0
    }

    /// Returns how many pixels beyond the one that contains a position can
    /// count, to each side along an axis, for output pixels whose footprint on
    /// that axis is at most `footprint` source pixels.
    pub fn reach(self, footprint: f64) -> u32 {
        match self {
            // A position a rounding error left of a border counts as right of it.
            Self::Near => 1,
            _ => ceil(f64::from(self.radius()) * effective_scale(footprint, f64::MAX)) as u32,
        }
    }
}

impl fmt::Display for Resampling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Resampling {
    type Err = Error;

    /// Reads the name that GDAL or rasterio uses, in any case; `nearest` is `near`.
    ///
    /// # Errors
    /// [`Error::Usage`] for any other name, with the known ones.
    fn from_str(name: &str) -> Result<Self, Error> {
        let lower = name.to_ascii_lowercase().replace('_', "");
        let wanted = if lower == "nearest" { "near" } else { &lower };
        Self::ALL.into_iter().find(|r| r.name() == wanted).ok_or_else(|| {
            Error::usage("resampling")
                .expected(Self::ALL.map(Self::name).join(", "))
                .found(format!("'{name}'"))
        })
    }
}

/// Footprints up to this count as 1, as in GDAL (a scale of at least 0.95):
/// blurring a raster that is hardly minified would cost more than it mends.
const LEAST_MINIFICATION: f64 = 1.0 / 0.95;

/// Returns the scale that the kernel is widened by on an axis: the footprint if
/// it minifies, at most `most`, else 1. NaN counts as 1.
#[inline(always)]
pub(super) fn effective_scale(footprint: f64, most: f64) -> f64 {
    if footprint > LEAST_MINIFICATION { footprint.min(most) } else { 1.0 }
}

/// A separable kernel.
pub(super) trait Kernel {
    /// Radius in source pixels at scale 1.
    const RADIUS: usize;
    /// Whether some weights are negative, so that the kernel rings.
    const RINGS: bool;
    /// The most taps an axis whose sum may be made in `f32`.
    const MOST_IN_F32: usize = MOST_TAPS_IN_F32;

    /// Returns the weight at a distance in kernel units, of either sign.
    fn weight<A: Real>(distance: A) -> A;
}

/// Bilinear interpolation.
pub(super) struct Triangle;

impl Kernel for Triangle {
    const RADIUS: usize = 1;
    const RINGS: bool = false;

    #[inline(always)]
    fn weight<A: Real>(distance: A) -> A {
        let height = A::new(1.0) - distance.magnitude();
        if height > A::ZERO { height } else { A::ZERO }
    }
}

/// Keys's cubic convolution with a = -0.5.
pub(super) struct CatmullRom;

impl Kernel for CatmullRom {
    const RADIUS: usize = 2;
    const RINGS: bool = true;

    #[inline(always)]
    fn weight<A: Real>(distance: A) -> A {
        let d = distance.magnitude();
        let inner = (A::new(1.5) * d - A::new(2.5)) * d * d + A::new(1.0);
        let outer = ((A::new(-0.5) * d + A::new(2.5)) * d - A::new(4.0)) * d + A::new(2.0);
        if d < A::new(1.0) {
            inner
        } else if d < A::new(2.0) {
            outer
        } else {
            A::ZERO
        }
    }
}

/// The cubic B-spline.
pub(super) struct BSpline;

impl Kernel for BSpline {
    const RADIUS: usize = 2;
    const RINGS: bool = false;

    #[inline(always)]
    fn weight<A: Real>(distance: A) -> A {
        let d = distance.magnitude();
        let inner = (A::new(0.5) * d - A::new(1.0)) * d * d + A::new(2.0 / 3.0);
        let rest = A::new(2.0) - d;
        let outer = rest * rest * rest * A::new(1.0 / 6.0);
        if d < A::new(1.0) {
            inner
        } else if d < A::new(2.0) {
            outer
        } else {
            A::ZERO
        }
    }
}

/// A kernel of radius 2 that is a cubic polynomial between samples.
pub(super) trait FourTaps: Kernel {
    /// Coefficients of t^3, t^2, t and 1, each for the four taps from left to
    /// right, t being how far the position is past the second.
    const POLYNOMIALS: [[f64; 4]; 4];

    /// Returns the weights of the four taps. They sum to 1 but for rounding.
    #[inline(always)]
    fn weights<A: Real>(t: A) -> [A; 4] {
        let [cubic, square, linear, constant] = Self::POLYNOMIALS;
        let mut weights = [A::ZERO; 4];
        for lane in 0..4 {
            weights[lane] =
                ((A::new(cubic[lane]) * t + A::new(square[lane])) * t + A::new(linear[lane])) * t
                    + A::new(constant[lane]);
        }
        weights
    }
}

impl FourTaps for CatmullRom {
    const POLYNOMIALS: [[f64; 4]; 4] = [
        [-0.5, 1.5, -1.5, 0.5],
        [1.0, -2.5, 2.0, -0.5],
        [-0.5, 0.0, 0.5, 0.0],
        [0.0, 1.0, 0.0, 0.0],
    ];
}

impl FourTaps for BSpline {
    const POLYNOMIALS: [[f64; 4]; 4] = [
        [-1.0 / 6.0, 0.5, -0.5, 1.0 / 6.0],
        [0.5, -1.0, 0.5, 0.0],
        [-0.5, 0.0, 0.5, 0.0],
        [1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0, 0.0],
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        for r in Resampling::ALL {
            assert_eq!(r.to_string().parse::<Resampling>().expect("a known name"), r);
        }
        assert_eq!("Nearest".parse::<Resampling>().expect("rasterio's name"), Resampling::Near);
        let error = "lanczos17".parse::<Resampling>().expect_err("no such name");
        assert!(error.to_string().ends_with("sum, area, found 'lanczos17'"), "{error}");
    }

    #[test]
    fn weights_sum_to_one_at_every_phase_and_vanish_at_the_radius() {
        for r in Resampling::ALL.into_iter().filter(|r| r.is_kernel()) {
            for step in 0..=100 {
                let t = f64::from(step) / 100.0;
                let sum: f64 = (-3..=4).map(|k| r.weight(f64::from(k) - t)).sum();
                // A windowed sinc needs to be normalised: it is off by up to 1 %.
                let tolerance = if r == Resampling::Lanczos { 0.011 } else { 1e-12 };
                assert!((sum - 1.0).abs() < tolerance, "{r} {t}: {sum}");
            }
            assert!(r.weight(f64::from(r.radius())).abs() < 1e-16);
            assert_eq!(r.weight(-0.3), r.weight(0.3));
        }
    }

    #[test]
    fn polynomials_are_the_weight_function() {
        for step in 0..=64 {
            let t = f64::from(step) / 64.0;
            let weights = CatmullRom::weights(t);
            for (tap, weight) in (-1..).zip(weights) {
                assert!((weight - Resampling::Cubic.weight(f64::from(tap) - t)).abs() < 1e-15);
            }
            for (tap, weight) in (-1..).zip(BSpline::weights(t)) {
                let wanted = Resampling::CubicSpline.weight(f64::from(tap) - t);
                assert!((weight - wanted).abs() < 1e-15);
            }
        }
    }

    #[test]
    fn reach_grows_with_the_footprint() {
        assert_eq!(Resampling::Near.reach(9.0), 1);
        assert_eq!((Resampling::Bilinear.reach(1.05), Resampling::Bilinear.reach(1.06)), (1, 2));
        assert_eq!((Resampling::Cubic.reach(0.1), Resampling::Cubic.reach(2.7)), (2, 6));
    }
}
