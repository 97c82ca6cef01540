//! Distances along a meridian.

/// The distance along the meridian from the equator and its inverse, on an
/// ellipsoid with a radius of 1.
///
/// Series in the third flattening n to the sixth power: C. F. F. Karney,
/// "Transverse Mercator with an accuracy of a few nanometers" (2011) and "On
/// auxiliary latitudes" (2022), for the rectifying latitude.
#[derive(Debug, Clone)]
pub(super) struct Meridian {
    /// The radius of the circle with the same length as the meridian.
    radius: f64,
    to: [f64; 6],
    from: [f64; 6],
}

impl Meridian {
    pub(super) fn new(flattening: f64) -> Self {
        let n = flattening / (2.0 - flattening);
        let n2 = n * n;
        let radius = (1.0 + n2 * (1.0 / 4.0 + n2 * (1.0 / 64.0 + n2 / 256.0))) / (1.0 + n);
        let p = |i: i32| n.powi(i);
        let to = [
            -3.0 / 2.0 * n + 9.0 / 16.0 * p(3) - 3.0 / 32.0 * p(5),
            15.0 / 16.0 * n2 - 15.0 / 32.0 * p(4) + 135.0 / 2048.0 * p(6),
            -35.0 / 48.0 * p(3) + 105.0 / 256.0 * p(5),
            315.0 / 512.0 * p(4) - 189.0 / 512.0 * p(6),
            -693.0 / 1280.0 * p(5),
            1001.0 / 2048.0 * p(6),
        ];
        let from = [
            3.0 / 2.0 * n - 27.0 / 32.0 * p(3) + 269.0 / 512.0 * p(5),
            21.0 / 16.0 * n2 - 55.0 / 32.0 * p(4) + 6759.0 / 4096.0 * p(6),
            151.0 / 96.0 * p(3) - 417.0 / 128.0 * p(5),
            1097.0 / 512.0 * p(4) - 15543.0 / 2560.0 * p(6),
            8011.0 / 2560.0 * p(5),
            293_393.0 / 61_440.0 * p(6),
        ];
        Self { radius, to, from }
    }

    /// The distance from the equator to a latitude, in radii.
    pub(super) fn distance(&self, phi: f64) -> f64 {
        self.radius * (phi + sines(&self.to, phi))
    }

    /// The latitude at a distance from the equator, in radii.
    pub(super) fn latitude(&self, distance: f64) -> f64 {
        let mu = distance / self.radius;
        mu + sines(&self.from, mu)
    }
}

/// The sum of c\[k\] sin(2 (k + 1) angle), by Clenshaw's recurrence.
fn sines(c: &[f64; 6], angle: f64) -> f64 {
    let (sin, cos) = (2.0 * angle).sin_cos();
    let (mut u0, mut u1) = (0.0, 0.0);
    for &c in c.iter().rev() {
        (u0, u1) = (2.0 * cos * u0 - u1 + c, u0);
    }
    u0 * sin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quarter_of_the_meridian_is_as_long_as_published() {
        // 10,001,965.7293 m on WGS 84 (Karney 2010, GeographicLib).
        let meridian = Meridian::new(1.0 / 298.257_223_563);
        let quarter = meridian.distance(std::f64::consts::FRAC_PI_2) * 6_378_137.0;
        assert!((quarter - 10_001_965.729_3).abs() < 1e-4, "{quarter}");
        for degrees in [-89.0_f64, -30.0, 0.0, 12.5, 67.0] {
            let phi = degrees.to_radians();
            assert!((meridian.latitude(meridian.distance(phi)) - phi).abs() < 1e-14);
        }
    }
}
