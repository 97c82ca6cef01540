//! The Lanczos kernel, by polynomials: its sines would cost more than all else.

use std::f64::consts::PI;
use std::sync::LazyLock;

use super::real::{Real, floor, low_bits};
use super::resampling::Kernel;

/// Sinc of radius 3 under a sinc window.
pub(super) struct Lanczos;

/// The taps of an axis at scale 1.
pub(super) const TAPS: usize = 6;

/// Those and two of weight 0: as many as fill registers.
pub(super) const LANES: usize = 8;

/// The parts of a pixel in each of which weights are one polynomial.
const PHASES: usize = 32;

/// The coefficients of a part: what the next would add is below the rounding of
/// `f64` (the eighth derivative of the kernel is below 10^5, and
/// 10^5 / 8! / 2^7 / 64^8 below 10^-16).
const TERMS: usize = 8;

/// As many of them as matter to `f32`: the next is below 1e-8.
const TERMS_F32: usize = 5;

/// Returns the weight at a distance by its definition.
pub(super) fn definition(distance: f64) -> f64 {
    let d = distance.abs();
    if d < 1e-9 {
        1.0
    } else if d < 3.0 {
        (PI * d).sin() * (PI * d / 3.0).sin() * 3.0 / (PI * PI * d * d)
    } else {
        0.0
    }
}

/// The weights of six taps as functions of the position between the third and the
/// fourth, made to sum to 1.
struct Tables {
    taps: [[[f64; LANES]; TERMS]; PHASES],
    taps_f32: [[[f32; LANES]; TERMS_F32]; PHASES],
}

static TABLES: LazyLock<Box<Tables>> = LazyLock::new(|| {
    let mut tables = Box::new(Tables {
        taps: [[[0.0; LANES]; TERMS]; PHASES],
        taps_f32: [[[0.0; LANES]; TERMS_F32]; PHASES],
    });
    for phase in 0..PHASES {
        let mut terms: [[f64; TERMS]; TAPS] = std::array::from_fn(|tap| {
            polynomial(phase, |t| {
                let weight = |tap: usize| definition(t + 2.0 - tap as f64);
                weight(tap) / (0..TAPS).map(weight).sum::<f64>()
            })
        });
        for power in 0..TERMS {
            // Rounding must not show in a constant: sums to 1 and 0s exactly.
            let off = terms.iter().map(|t| t[power]).sum::<f64>() - f64::from(power == 0);
            for (tap, terms) in terms.iter_mut().enumerate() {
                terms[power] -= off / TAPS as f64;
                tables.taps[phase][power][tap] = terms[power];
                if power < TERMS_F32 {
                    tables.taps_f32[phase][power][tap] = terms[power] as f32;
                }
            }
        }
    }
    tables
});

/// Returns the polynomial in the distance from a part's middle that meets a
/// function at the Chebyshev nodes of the part; constant term first.
fn polynomial(phase: usize, function: impl Fn(f64) -> f64) -> [f64; TERMS] {
    let half = 0.5 / PHASES as f64;
    let middle = (phase as f64 + 0.5) / PHASES as f64;
    let n = TERMS as f64;
    let angle = |k: usize| PI * (k as f64 + 0.5) / n;
    let values: [f64; TERMS] = std::array::from_fn(|k| function(middle + half * angle(k).cos()));
    let mut terms = [0.0; TERMS];
    // The Chebyshev polynomials in powers, by their recurrence.
    let (mut before, mut now) = ([0.0; TERMS], [0.0; TERMS]);
    now[0] = 1.0;
    for degree in 0..TERMS {
        let sum: f64 =
            (0..TERMS).map(|k| values[k] * (degree as f64 * angle(k)).cos()).sum::<f64>();
        let factor = sum * if degree == 0 { 1.0 } else { 2.0 } / n;
        for (term, coefficient) in terms.iter_mut().zip(now) {
            *term += factor * coefficient;
        }
        let mut next = [0.0; TERMS];
        for power in 0..TERMS {
            let double = if degree == 0 { 1.0 } else { 2.0 };
            let raised = if power > 0 { double * now[power - 1] } else { 0.0 };
            next[power] = raised - before[power];
        }
        (before, now) = (now, next);
    }
    let mut scale = 1.0;
    for term in &mut terms {
        *term *= scale;
        scale /= half;
    }
    terms
}

/// The part that a position lies in, and how far it is from the part's middle.
#[derive(Clone, Copy, Default)]
pub(super) struct Part {
    phase: i32,
    off: f64,
}

impl Part {
    /// Of a position `t`, in `[0, 1)`, past the third tap.
    #[inline(always)]
    pub(super) fn of(t: f64) -> Self {
        let phase = low_bits(floor(t * PHASES as f64)).min(PHASES as i32 - 1);
        Self { phase, off: t - (f64::from(phase) + 0.5) * (1.0 / PHASES as f64) }
    }
}

impl Kernel for Lanczos {
    const RADIUS: usize = 3;
    const RINGS: bool = true;
    // The sum of its |weights| is half as much again as that of other kernels.
    const MOST_IN_F32: usize = 20;

    #[inline(always)]
    fn weight<A: Real>(distance: A) -> A {
        let one = A::new(1.0);
        let u = distance * distance;
        let mut rest = A::ZERO;
        for &term in A::WITHOUT_ZEROS.iter().rev() {
            rest = rest * u + term;
        }
        let third = one - u * A::new(1.0 / 9.0);
        let weight = ((one - u) * (one - u * A::new(0.25))) * (third * third) * rest;
        if u < A::new(9.0) { weight } else { A::ZERO }
    }
}

/// The kernel without its zeros, w(d) / ((1 - u) (1 - u/4) (1 - u/9)^2) for u = d^2, as a polynomial
/// in u, constant term first: by least squares at 120 Chebyshev nodes of [0, 9], each error counted
/// as that of w, off by less than 5e-16. What is left has no zero before u = 16, so that a short
/// polynomial does, and the kernel is 0 where it has to be.
const WITHOUT_ZEROS: [f64; 14] = [
    1.0,
    -0.355_482_296_498_013_16,
    0.058_936_886_102_834_55,
    -0.006_100_567_282_977_767,
    0.000_445_073_975_219_386_1,
    -2.448_817_057_683_654_7e-5,
    1.061_452_544_074_081_4e-6,
    -3.737_843_365_974_554e-8,
    1.094_132_851_982_088e-9,
    -2.708_517_510_544_076_8e-11,
    5.726_394_100_539_05e-13,
    -1.022_583_738_324_812_2e-14,
    1.425_832_700_308_826_2e-16,
    -1.163_594_344_294_833e-18,
];

/// The same of fewer terms, for `f32`: off by less than 1e-8.
const WITHOUT_ZEROS_F32: [f32; 9] = [
    1.0,
    -0.355_482_17,
    0.058_936_224,
    -0.006_099_55,
    0.000_444_354_67,
    -2.421_070_3e-5,
    9.988_86e-7,
    -2.899_052_6e-8,
    4.436_516_5e-10,
];

/// The weights of the kernel in one type.
pub(super) trait Phases: Sized + 'static {
    /// The kernel without its zeros.
    const WITHOUT_ZEROS: &'static [Self];

    /// The polynomials of each part of a pixel.
    type Table;

    /// Returns what [`Phases::lanczos`] looks up, to be got once for many pixels.
    fn phases() -> &'static Self::Table;

    /// Returns the weights of the taps from left to right for a position
    /// ([`Part::of`]). They sum to 1 but for rounding.
    fn lanczos(phases: &Self::Table, at: Part) -> [Self; LANES];
}

macro_rules! phases {
    ($t:ty, $table:ident, $terms:expr, $without_zeros:ident) => {
        impl Phases for $t {
            const WITHOUT_ZEROS: &'static [Self] = &$without_zeros;

            type Table = [[[$t; LANES]; $terms]; PHASES];

            fn phases() -> &'static Self::Table {
                &TABLES.$table
            }

            #[inline(always)]
            fn lanczos(phases: &Self::Table, at: Part) -> [Self; LANES] {
                let (terms, u) = (&phases[at.phase as usize], at.off as $t);
                let mut weights = terms[$terms - 1];
                for power in (0..$terms - 1).rev() {
                    for tap in 0..LANES {
                        weights[tap] = weights[tap] * u + terms[power][tap];
                    }
                }
                weights
            }
        }
    };
}

phases!(f32, taps_f32, TERMS_F32, WITHOUT_ZEROS_F32);
phases!(f64, taps, TERMS, WITHOUT_ZEROS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_the_definition() {
        // Each of k roundings of a weight can be off by 2^-53 (2^-24) of what a polynomial of the
        // terms' magnitudes gives, which is below 2.4 for all d: f64 has 35 of them. Those of f32
        // do not add up like that; 3e-7 is 5 of them.
        for step in 0..=40_000 {
            let d = f64::from(step) * 1e-4;
            let (exact, wide) = (definition(d), Lanczos::weight(d));
            assert!((exact - wide).abs() < 1e-14, "{d}: {exact} {wide}");
            let narrow = f64::from(Lanczos::weight(-d as f32));
            assert!((definition(f64::from(d as f32)) - narrow).abs() < 3e-7, "{d}: {narrow}");
        }
        for d in [1.0, 2.0, 3.0, 3.5, 1e10] {
            assert_eq!((Lanczos::weight(d), Lanczos::weight(-d as f32)), (0.0, 0.0), "{d}");
        }
        assert_eq!((Lanczos::weight(0.0), Lanczos::weight(0.0f32)), (1.0, 1.0));
    }

    #[test]
    fn taps_are_normalised() {
        for step in 0..10_000 {
            let t = f64::from(step) * 1e-4;
            let exact: [f64; TAPS] = std::array::from_fn(|tap| definition(t + 2.0 - tap as f64));
            let sum: f64 = exact.iter().sum();
            let (wide, narrow) = (
                f64::lanczos(f64::phases(), Part::of(t)),
                f32::lanczos(f32::phases(), Part::of(t)),
            );
            for tap in 0..TAPS {
                assert!((exact[tap] / sum - wide[tap]).abs() < 1e-14, "{t} {tap}");
                assert!((exact[tap] / sum - f64::from(narrow[tap])).abs() < 2e-7, "{t} {tap}");
            }
        }
    }
}
