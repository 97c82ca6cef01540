//! Inverses of projections that have none in closed form, or only an approximate one.

/// Ten steps are twice what any point inside a projection's domain needs.
const STEPS: usize = 20;
/// The step of the differences that stand for derivatives, in radians.
const DIFFERENCE: f64 = 1e-6;
/// Well below a micrometre on the Earth.
const ENOUGH: f64 = 1e-14;

/// Finds the longitude and latitude that a projection takes to a point, by
/// Newton's method with two unknowns from a guess; NaN where it does not settle.
/// All in radians and radii.
pub(super) fn solve(
    forward: impl Fn(f64, f64) -> (f64, f64),
    (x, y): (f64, f64),
    guess: (f64, f64),
) -> (f64, f64) {
    let (mut lam, mut phi) = guess;
    for _ in 0..STEPS {
        let (px, py) = forward(lam, phi);
        let (dx, dy) = (px - x, py - y);
        // One-sided towards the equator, so that a pole is no obstacle.
        let step = if phi > 0.0 { -DIFFERENCE } else { DIFFERENCE };
        let (east, north) = (forward(lam + DIFFERENCE, phi), forward(lam, phi + step));
        let (xl, yl) = ((east.0 - px) / DIFFERENCE, (east.1 - py) / DIFFERENCE);
        let (xp, yp) = ((north.0 - px) / step, (north.1 - py) / step);
        let determinant = xl * yp - xp * yl;
        let (dl, dp) = ((dx * yp - dy * xp) / determinant, (dy * xl - dx * yl) / determinant);
        if !(dl.is_finite() && dp.is_finite()) {
            // At a pole the longitude means nothing: fine if it is hit.
            return if dx.hypot(dy) < 1e-12 { (lam, phi) } else { (f64::NAN, f64::NAN) };
        }
        lam -= dl;
        phi = (phi - dp).clamp(-std::f64::consts::FRAC_PI_2, std::f64::consts::FRAC_PI_2);
        if dl.abs() + dp.abs() < ENOUGH {
            return (lam, phi);
        }
    }
    let (px, py) = forward(lam, phi);
    if (px - x).hypot(py - y) < 1e-11 { (lam, phi) } else { (f64::NAN, f64::NAN) }
}
