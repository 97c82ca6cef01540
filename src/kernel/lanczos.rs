//! The Lanczos kernel, by tables: its sines would cost more than all else.

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

/// The weight function from 0 to 3, and the weights of six taps as functions of
/// the position between the third and the fourth, made to sum to 1.
struct Tables {
    weight: [[f64; TERMS]; 3 * PHASES],
    taps: [[[f64; LANES]; TERMS]; PHASES],
    taps_f32: [[[f32; LANES]; TERMS_F32]; PHASES],
}

static TABLES: LazyLock<Box<Tables>> = LazyLock::new(|| {
    let mut tables = Box::new(Tables {
        weight: [[0.0; TERMS]; 3 * PHASES],
        taps: [[[0.0; LANES]; TERMS]; PHASES],
        taps_f32: [[[0.0; LANES]; TERMS_F32]; PHASES],
    });
    for (phase, terms) in tables.weight.iter_mut().enumerate() {
        *terms = polynomial(phase, definition);
    }
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

/// The part that a place lies in, and how far it is from the part's middle.
#[derive(Clone, Copy, Default)]
pub(super) struct Part {
    phase: i32,
    off: f64,
}

impl Part {
    #[inline(always)]
    fn of(place: f64, parts: usize) -> Self {
        let phase = low_bits(floor(place * PHASES as f64)).min(parts as i32 - 1);
        Self { phase, off: place - (f64::from(phase) + 0.5) * (1.0 / PHASES as f64) }
    }

    /// Of a position `t`, in `[0, 1)`, past the third tap.
    #[inline(always)]
    pub(super) fn of_tap(t: f64) -> Self {
        Self::of(t, PHASES)
    }
}

impl Kernel for Lanczos {
    const RADIUS: usize = 3;
    const RINGS: bool = true;
    // The sum of its |weights| is half as much again as that of other kernels.
    const MOST_IN_F32: usize = 20;

    #[inline(always)]
    fn weight<A: Real>(distance: A) -> A {
        let d = distance.magnitude().wide();
        if d < 3.0 {
            let part = Part::of(d, 3 * PHASES);
            let terms = &TABLES.weight[part.phase as usize];
            A::new(terms.iter().rev().fold(0.0, |sum, &term| sum * part.off + term))
        } else {
            A::ZERO
        }
    }
}

/// The weights of six taps in one type.
pub(super) trait Phases: Sized + 'static {
    /// The polynomials of each part of a pixel.
    type Table;

    /// Returns what [`Phases::lanczos`] looks up, to be got once for many pixels.
    fn phases() -> &'static Self::Table;

    /// Returns the weights of the taps from left to right for a position
    /// ([`Part::of_tap`]). They sum to 1 but for rounding.
    fn lanczos(phases: &Self::Table, at: Part) -> [Self; LANES];
}

macro_rules! phases {
    ($t:ty, $table:ident, $terms:expr) => {
        impl Phases for $t {
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

phases!(f32, taps_f32, TERMS_F32);
phases!(f64, taps, TERMS);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_the_definition() {
        for step in 0..=40_000 {
            let d = f64::from(step) * 1e-4;
            let (exact, wide) = (definition(d), Lanczos::weight(d));
            assert!((exact - wide).abs() < 1e-14, "{d}: {exact} {wide}");
            assert!((exact - f64::from(Lanczos::weight(-d as f32))).abs() < 1e-6, "{d}");
        }
    }

    #[test]
    fn taps_are_normalised() {
        for step in 0..10_000 {
            let t = f64::from(step) * 1e-4;
            let exact: [f64; TAPS] = std::array::from_fn(|tap| definition(t + 2.0 - tap as f64));
            let sum: f64 = exact.iter().sum();
            let (wide, narrow) = (
                f64::lanczos(f64::phases(), Part::of_tap(t)),
                f32::lanczos(f32::phases(), Part::of_tap(t)),
            );
            for tap in 0..TAPS {
                assert!((exact[tap] / sum - wide[tap]).abs() < 1e-14, "{t} {tap}");
                assert!((exact[tap] / sum - f64::from(narrow[tap])).abs() < 2e-7, "{t} {tap}");
            }
        }
    }
}
