//! Where a locator is to be believed.

use crate::crs::Locate;
use crate::raster::{Bounds, Size};

/// Positions looked at along each side of an image.
const STEPS: u32 = 20;

/// A locator that knows nothing of places farther from an image than the image is wide or high:
/// polynomials return from far away, and would show the image in two places.
#[derive(Debug)]
pub(super) struct Domain<L> {
    locate: L,
    /// The ground that is near enough.
    near: Bounds,
    /// The distance after which x means the same place again.
    period: Option<f64>,
}

impl<L: Locate> Domain<L> {
    /// Bounds a locator to the surroundings of its image.
    pub(super) fn around(locate: L, size: Size, period: Option<f64>) -> Self {
        let along = |step: u32, size: u32| f64::from(size) * f64::from(step) / f64::from(STEPS);
        let (mut xs, mut ys): (Vec<f64>, Vec<f64>) = (0..=STEPS)
            .flat_map(|row| (0..=STEPS).map(move |column| (column, row)))
            .map(|(column, row)| (along(column, size.width), along(row, size.height)))
            .unzip();
        locate.to_ground(&mut xs, &mut ys);
        let reach = |values: &[f64]| {
            let finite = values.iter().copied().filter(|v| v.is_finite());
            let least = finite.clone().fold(f64::INFINITY, f64::min);
            let most = finite.fold(f64::NEG_INFINITY, f64::max);
            (least - (most - least), most + (most - least))
        };
        let ((left, right), (bottom, top)) = (reach(&xs), reach(&ys));
        Self { locate, near: Bounds::new(left, bottom, right, top), period }
    }
}

impl<L: Locate> Locate for Domain<L> {
    fn to_ground(&self, x: &mut [f64], y: &mut [f64]) {
        self.locate.to_ground(x, y);
    }

    fn to_image(&self, x: &mut [f64], y: &mut [f64]) {
        let Bounds { left, bottom, right, top } = self.near;
        let middle = 0.5 * (left + right);
        for (x, y) in x.iter_mut().zip(y.iter_mut()) {
            if let Some(period) = self.period {
                *x -= ((*x - middle) / period).round() * period;
            }
            if !((left..=right).contains(x) && (bottom..=top).contains(y)) {
                (*x, *y) = (f64::NAN, f64::NAN);
            }
        }
        self.locate.to_image(x, y);
    }
}
