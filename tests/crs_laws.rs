//! The laws of every system of the registry: a point of its area comes back, and what
//! is no place becomes NaN.
//!
//! `SWATH_POINTS` sets how many points of each system are looked at.

use swath::crs::{Crs, Transformer};

/// Both ways between a projected system and the longitudes and latitudes under it.
fn ways(crs: &Crs) -> Option<(Transformer, Transformer)> {
    let base = crs.base()?;
    let between = |a: &Crs, b: &Crs| Transformer::new(a, b).ok();
    Some((between(&base, crs)?, between(crs, &base)?))
}

/// The digits of a number in a base, turned round behind the point: points that fill
/// an interval evenly, however many there are.
fn radical_inverse(mut number: u32, base: u32) -> f64 {
    let (mut value, mut digit) = (0.0, 1.0);
    while number > 0 {
        digit /= f64::from(base);
        value += digit * f64::from(number % base);
        number /= base;
    }
    value
}

#[test]
fn points_of_the_area_of_use_come_back() {
    let points = std::env::var("SWATH_POINTS").ok().and_then(|n| n.parse().ok()).unwrap_or(100u32);
    let (mut systems, mut all, mut largest) = (0, 0u64, 0.0f64);
    for crs in Crs::known() {
        let (Some((there, back)), Some(area)) = (ways(&crs), crs.area()) else { continue };
        let base = there.from();
        let degrees = base.unit_of_angle().expect("angles").to_degrees();
        let (mut lon, mut lat) = (Vec::new(), Vec::new());
        for i in 0..points {
            // Corners and edges first.
            let (a, b) = match i {
                0..9 => (f64::from(i % 3) / 2.0, f64::from(i / 3) / 2.0),
                _ => (radical_inverse(i, 2), radical_inverse(i, 3)),
            };
            lon.push((area.west + a * area.width()) / degrees);
            // A hair off the poles, which have no longitude.
            let y = area.south + b * (area.north - area.south);
            lat.push(y.clamp(-89.999, 89.999) / degrees);
        }
        let (mut x, mut y) = (lon.clone(), lat.clone());
        there.transform(&mut x, &mut y);
        let projected = (x.clone(), y.clone());
        back.transform(&mut x, &mut y);
        systems += 1;
        all += u64::from(points);
        for i in 0..lon.len() {
            let place = format!("{} {} by {:?}", lon[i], lat[i], (projected.0[i], projected.1[i]));
            let turn = ((x[i] - lon[i]) * degrees).rem_euclid(360.0);
            let east = turn.min(360.0 - turn) * (lat[i] * degrees).to_radians().cos();
            let off = east.max(((y[i] - lat[i]) * degrees).abs());
            // 1e-8 degree is 1 mm.
            assert!(off < 1e-8, "{crs}: {place} came back as {} {}", x[i], y[i]);
            largest = largest.max(off);
        }
    }
    println!("{systems} systems, {all} points, off by {largest:e} degrees at most");
    assert!(systems > 6500, "{systems} systems");
}

#[test]
fn what_is_no_place_becomes_nan() {
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e30, -1e30, 1e308, f64::MAX];
    let (mut systems, mut points) = (0, 0u64);
    for crs in Crs::known() {
        let Some((there, back)) = ways(&crs) else { continue };
        if there.is_identity() {
            continue;
        }
        systems += 1;
        let middle = crs.area().map_or((0.0, 0.0), |area| (area.west, area.south));
        let (mut x, mut y) = ([middle.0], [middle.1]);
        there.transform(&mut x, &mut y);
        for (transformer, middle) in [(&there, middle), (&back, (x[0], y[0]))] {
            let mut places = Vec::new();
            for value in odd {
                places.extend([(value, middle.1), (middle.0, value), (value, value)]);
            }
            let (mut x, mut y): (Vec<f64>, Vec<f64>) = places.iter().copied().unzip();
            transformer.transform(&mut x, &mut y);
            for (i, place) in places.iter().enumerate() {
                // Cylinders repeat, as far as a double tells one place from the next.
                let repeats =
                    transformer.from() == &crs && place.1 == middle.1 && place.0.is_finite();
                let is_right = x[i].is_nan() && y[i].is_nan() || repeats && x[i].abs() <= 400.0;
                assert!(is_right, "{crs}: {place:?} became {:?}", (x[i], y[i]));
                points += 1;
            }
        }
    }
    println!("{systems} systems, {points} points");
    assert!(systems > 5000 && points > 200_000);
}

#[test]
fn transverse_mercators_make_no_garbage_far_from_their_meridian() {
    for zone in 1..=60u32 {
        for crs in [32600 + zone, 32700 + zone] {
            let to_utm =
                Transformer::new(&Crs::from_epsg(4326), &Crs::from_epsg(crs)).expect("UTM");
            let middle = f64::from(zone) * 6.0 - 183.0;
            for off in [100.0, 140.0, 179.0, -95.0, -140.0] {
                for lat in [-80.0, -40.0, 0.5, 40.0, 80.0] {
                    let (mut x, mut y) = ([middle + off], [lat]);
                    to_utm.transform(&mut x, &mut y);
                    // The far side has a place on the plane too, but it must be the right one.
                    let back = Transformer::new(&Crs::from_epsg(crs), &Crs::from_epsg(4326));
                    let is_nothing = x[0].is_nan() && y[0].is_nan();
                    back.expect("UTM").transform(&mut x, &mut y);
                    let turn = (x[0] - middle - off).rem_euclid(360.0);
                    let is_back = turn.min(360.0 - turn) < 1e-6 && (y[0] - lat).abs() < 1e-6;
                    assert!(is_nothing || is_back, "EPSG:{crs}: {off} {lat}: {x:?} {y:?}");
                }
            }
        }
    }
}
