//! The laws of the map from output to source pixels.

use swath::crs::Crs;
use swath::ops::warp::{CELL, GridRequest, PixelMap, Shift};
use swath::raster::{GeoTransform, Grid, Size, Window};

fn grid(epsg: u32, left: f64, top: f64, pixel: f64, width: u32, height: u32) -> Grid {
    Grid {
        size: Size::new(width, height),
        transform: GeoTransform::north_up(left, top, pixel, pixel),
        crs: Some(Crs::from_epsg(epsg)),
    }
}

/// Pairs of an output and a source grid that cover about the same place.
fn pairs() -> Vec<(&'static str, Grid, Grid)> {
    let world = grid(4326, -180.0, 90.0, 0.1, 3600, 1800);
    let pacific = grid(4326, 0.0, 90.0, 0.1, 3600, 1800);
    let utm = grid(32633, 399_960.0, 5_300_040.0, 30.0, 3660, 3660);
    let arctic = grid(3413, -3_850_000.0, 5_850_000.0, 5000.0, 1520, 2240);
    let merc = |x, y, pixel| grid(3857, x, y, pixel, 1500, 1500);
    vec![
        ("UTM to Mercator", merc(1_520_000.0, 6_100_000.0, 45.0), utm.clone()),
        ("UTM to degrees", grid(4326, 13.5, 48.0, 4e-4, 4000, 2600), utm.clone()),
        ("UTM to Europe", grid(3035, 4_580_000.0, 2_800_000.0, 30.0, 4200, 4200), utm.clone()),
        ("neighbouring zones", grid(32632, 850_000.0, 5_320_000.0, 30.0, 4000, 4000), utm.clone()),
        (
            "world to Mercator",
            grid(3857, -20_037_508.0, 20_037_508.0, 20_000.0, 2004, 2004),
            world.clone(),
        ),
        ("world to the Antarctic", grid(3031, -4e6, 4e6, 8000.0, 1000, 1000), world.clone()),
        ("world to the Arctic", grid(3413, -4e6, 4e6, 4000.0, 2000, 2000), world.clone()),
        (
            "world from 0 to 360 to the Arctic",
            grid(3413, -4e6, 4e6, 4000.0, 2000, 2000),
            pacific.clone(),
        ),
        ("Arctic to the world", grid(4326, -180.0, 90.0, 0.1, 3600, 600), arctic.clone()),
        ("Arctic to Mercator", grid(3857, -20_037_508.0, 30e6, 20_000.0, 2004, 1200), arctic),
        (
            "Mercator across the antimeridian",
            grid(3857, 19_000_000.0, -1_500_000.0, 1000.0, 2200, 1200),
            world.clone(),
        ),
        (
            "degrees across the antimeridian",
            grid(4326, 170.0, -10.0, 0.01, 2000, 1500),
            grid(3832, 2.5e6, -1e6, 2000.0, 1200, 1200),
        ),
        (
            "equal area to degrees",
            grid(4326, -180.0, 86.0, 0.1, 3600, 1720),
            grid(6933, -17_367_530.0, 7_314_540.0, 9000.0, 3860, 1626),
        ),
        (
            "America",
            grid(5070, -2_400_000.0, 3_200_000.0, 2000.0, 2400, 1500),
            grid(4269, -128.0, 52.0, 0.02, 3200, 1500),
        ),
        (
            "France",
            grid(3857, -600_000.0, 6_700_000.0, 1000.0, 1700, 1700),
            grid(2154, 0.0, 7_200_000.0, 1000.0, 1300, 1300),
        ),
        (
            "Equal Earth, all of it",
            grid(8857, -17_300_000.0, 8_400_000.0, 20_000.0, 1730, 840),
            world,
        ),
    ]
}

fn inside(v: f64, size: u32) -> bool {
    (0.0..=f64::from(size)).contains(&v)
}

/// What a dense check of a map found.
struct Found {
    /// The largest error in source pixels, and what the map says it is.
    worst: f64,
    said: f64,
    /// Output pixels that were looked at and lie in the source.
    seen: u64,
    /// Output pixels that are exact.
    exact: u64,
}

/// Compares a map with exact coordinates, in every few rows of each leaf; no pixel
/// may be off by more than is permitted.
fn dense(name: &str, to: &Grid, from: &Grid, max_error: f64) -> Found {
    let map = PixelMap::between(to, from, max_error).expect(name);
    let mut found = Found { worst: 0.0, said: 0.0, seen: 0, exact: 0 };
    for cell in map.cells(to.size.window()) {
        found.said = found.said.max(cell.max_error());
        for leaf in cell.leaves() {
            let w = leaf.window();
            let n = w.width as usize;
            found.exact += if leaf.is_exact() { w.pixels() } else { 0 };
            for row in (w.row..w.row_end()).step_by(if n > 16 { 29 } else { 3 }) {
                let (mut x, mut y) = (vec![0.0; n], vec![0.0; n]);
                map.row(leaf, row, w.col..w.col_end(), &mut x, &mut y);
                let mut u: Vec<f64> = (0..n).map(|i| (w.col + i as i64) as f64 + 0.5).collect();
                let mut v = vec![row as f64 + 0.5; n];
                map.exact(&mut u, &mut v);
                for i in 0..n {
                    if !inside(u[i], from.size.width) || !inside(v[i], from.size.height) {
                        let read = inside(x[i], from.size.width) && inside(y[i], from.size.height);
                        let beside =
                            (x[i] - u[i]).abs() < max_error && (y[i] - v[i]).abs() < max_error;
                        assert!(
                            !read || beside,
                            "{name}: {:?} reads what is not there",
                            (x[i], y[i], u[i], v[i])
                        );
                        continue;
                    }
                    found.seen += 1;
                    let off = (x[i] - u[i]).abs().max((y[i] - v[i]).abs());
                    assert!(off <= max_error, "{name}: off by {off} in {leaf:?} row {row} at {i}");
                    found.worst = found.worst.max(off);
                }
            }
        }
    }
    found
}

#[test]
fn patches_stay_within_the_permitted_error() {
    for max_error in [0.125, 0.01] {
        for (name, to, from) in pairs() {
            let Found { worst, said, seen, exact } = dense(name, &to, &from, max_error);
            println!(
                "{name}: {max_error}: dense {worst:.5}, said {said:.5}, {exact} exact of {}",
                to.size.pixels()
            );
            assert!(seen > 10_000, "{name}: only {seen} pixels meet the source");
            assert!(worst <= said, "{name}: {worst} found, {said} said");
        }
    }
}

/// Sources: a name, a system, and the corner, pixel and size of a grid in it.
fn sources() -> Vec<(&'static str, Grid)> {
    vec![
        ("world", grid(4326, -180.0, 90.0, 0.25, 1440, 720)),
        ("world from 0 to 360", grid(4326, 0.0, 90.0, 0.25, 1440, 720)),
        ("Arctic", grid(3413, -3_850_000.0, 5_850_000.0, 10_000.0, 760, 1120)),
        ("Antarctic", grid(3031, -4e6, 4e6, 10_000.0, 800, 800)),
        ("UTM", grid(32633, 399_960.0, 5_300_040.0, 120.0, 915, 915)),
        ("Europe", grid(3035, 2_600_000.0, 5_400_000.0, 6000.0, 730, 660)),
        ("America", grid(5070, -2_400_000.0, 3_200_000.0, 6000.0, 800, 500)),
        ("Fiji", grid(3460, 1_700_000.0, 4_200_000.0, 800.0, 700, 600)),
    ]
}

/// Which systems each of the sources is warped to: 40 pairs.
const TARGETS: [(&str, &[&str]); 8] = [
    (
        "world",
        &[
            "EPSG:3857",
            "EPSG:3413",
            "EPSG:3031",
            "EPSG:6933",
            "EPSG:8857",
            "EPSG:3832",
            "+proj=igh +ellps=WGS84",
            "+proj=igh_o +lon_0=-160 +ellps=WGS84",
            "+proj=goode +ellps=WGS84",
            "+proj=moll +lon_0=100 +ellps=WGS84",
            "+proj=sinu +R=6371007.181",
            "+proj=robin +ellps=WGS84",
            "+proj=vandg +ellps=WGS84",
            "+proj=wintri +ellps=WGS84",
            "+proj=bonne +lat_1=45 +ellps=WGS84",
            "+proj=ob_tran +o_proj=longlat +o_lon_p=-162 +o_lat_p=39.25 +lon_0=180 +R=6371229",
            "+proj=geos +h=35785831 +lon_0=140.7 +sweep=y +ellps=WGS84",
            "+proj=laea +lat_0=-40 +lon_0=170 +ellps=WGS84",
        ],
    ),
    ("world from 0 to 360", &["EPSG:3857", "EPSG:3413", "+proj=moll +ellps=WGS84"]),
    ("Arctic", &["EPSG:4326", "EPSG:3857", "EPSG:3995"]),
    ("Antarctic", &["EPSG:4326", "EPSG:3976"]),
    ("UTM", &["EPSG:4326", "EPSG:3857", "EPSG:3035", "EPSG:32632", "EPSG:31287"]),
    ("Europe", &["EPSG:4326", "EPSG:3857", "EPSG:32633"]),
    ("America", &["EPSG:4269", "EPSG:3857", "EPSG:26915"]),
    ("Fiji", &["EPSG:3832", "EPSG:32760", "+proj=laea +lat_0=-17 +lon_0=178 +ellps=WGS84"]),
];

#[test]
fn forty_pairs_at_three_scales_stay_within_the_error_they_say() {
    let (mut pairs, mut largest, mut pixels) = (0, 0.0f64, 0);
    for (place, targets) in TARGETS {
        let (_, from) = sources().into_iter().find(|s| s.0 == place).expect("a source");
        for target in targets {
            pairs += 1;
            let to = Crs::parse(target).expect(target);
            let whole = GridRequest::new(to).grid(&from).expect(target);
            // All of it, small; at about the source's resolution; and a part, enlarged.
            for (scale, side, part) in [("down 4", 256, 1.0), ("1:1", 700, 1.0), ("up 5", 500, 0.1)]
            {
                let bounds = whole.bounds();
                let (w, h) = (bounds.width() * part, bounds.height() * part);
                // The middle is where the lobes and poles are.
                let left = bounds.left + 0.47 * (bounds.width() - w);
                let top = bounds.top - 0.47 * (bounds.height() - h);
                let pixel = w.max(h) / f64::from(side);
                let count = |extent: f64| (extent / pixel).ceil() as u32;
                let to = Grid {
                    size: Size::new(count(w), count(h)),
                    transform: GeoTransform::north_up(left, top, pixel, pixel),
                    crs: whole.crs.clone(),
                };
                let name = format!("{place} to {target}, {scale}");
                let found = dense(&name, &to, &from, 0.01);
                assert!(found.seen > 500, "{name}: only {} pixels", found.seen);
                // Between grids that differ by a turn all there is is rounding.
                assert!(
                    found.worst <= found.said.max(1e-9),
                    "{name}: {} found, {} said",
                    found.worst,
                    found.said
                );
                largest = largest.max(found.worst);
                pixels += found.seen;
            }
        }
    }
    println!("{pairs} pairs, {pixels} pixels, off by {largest} at most");
    assert_eq!(pairs, 40);
}

#[test]
fn a_pixel_is_the_same_in_every_window() {
    for (name, to, from) in pairs() {
        let map = PixelMap::between(&to, &from, 0.05).expect(name);
        for (col, row) in [(0, 0), (3, 1), (-1, -1)] {
            let (cell, again) = (map.cell(col, row), map.cell(col, row));
            for (leaf, other) in cell.leaves().iter().zip(again.leaves()) {
                let w = leaf.window();
                let n = w.width as usize;
                for row in [w.row, w.row_end() - 1] {
                    let (mut x, mut y) = (vec![0.0; n], vec![0.0; n]);
                    map.row(leaf, row, w.col..w.col_end(), &mut x, &mut y);
                    for (start, end) in [(0, 1), (1, n - 1), (n / 3, n), (n - 1, n)] {
                        let (mut u, mut v) = (vec![0.0; end - start], vec![0.0; end - start]);
                        map.row(
                            other,
                            row,
                            w.col + start as i64..w.col + end as i64,
                            &mut u,
                            &mut v,
                        );
                        let bits = |s: &[f64]| s.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                        assert_eq!(bits(&u), bits(&x[start..end]), "{name}");
                        assert_eq!(bits(&v), bits(&y[start..end]), "{name}");
                    }
                }
            }
        }
    }
}

#[test]
fn leaves_tile_their_cell_and_bounds_hold_every_pixel() {
    for (name, to, from) in pairs() {
        for max_error in [0.0, 0.1] {
            let map = PixelMap::between(&to, &from, max_error).expect(name);
            let cell = map.cell(1, 1);
            let pixels: u64 = cell.leaves().iter().map(|l| l.window().pixels()).sum();
            assert_eq!(pixels, u64::from(CELL) * u64::from(CELL), "{name}");
            for leaf in cell.leaves() {
                let w = leaf.window();
                let part = Window::new(w.col + 1, w.row + 2, w.width - 2, w.height - 3);
                let Some(bounds) = leaf.bounds(part) else { continue };
                let scale = leaf.scale().expect("positions have scales");
                let n = part.width as usize;
                let rows = [part.row, part.row + i64::from(part.height / 2), part.row_end() - 1];
                for row in rows {
                    let (mut x, mut y) = (vec![0.0; n], vec![0.0; n]);
                    let cols = part.col..part.col_end();
                    map.row(leaf, row, cols.clone(), &mut x, &mut y);
                    let (mut sx, mut sy) = (vec![0.0; n], vec![0.0; n]);
                    map.scale_row(leaf, row, cols, &mut sx, &mut sy);
                    for i in 0..n {
                        let within = |span: swath::ops::warp::Span, v: f64| {
                            v.is_nan() || span.min - 1e-6 <= v && v <= span.max + 1e-6
                        };
                        assert!(
                            within(bounds.x, x[i]) && within(bounds.y, y[i]),
                            "{name} {leaf:?}"
                        );
                        assert!(
                            within(scale.x, sx[i]) && within(scale.y, sy[i]),
                            "{name} {leaf:?} {} {}",
                            sx[i],
                            sy[i]
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn scales_of_patches_and_of_exact_pixels_agree() {
    let (name, to, from) = pairs().swap_remove(0);
    let (fast, slow) = (
        PixelMap::between(&to, &from, 0.01).expect(name),
        PixelMap::between(&to, &from, 0.0).expect(name),
    );
    let (a, b) = (fast.cell(1, 2), slow.cell(1, 2));
    let (a, b) = (&a.leaves()[0], &b.leaves()[0]);
    assert!(!a.is_exact() && b.is_exact());
    let (row, cols) = (a.window().row + 9, a.window().col + 3..a.window().col + 40);
    let (mut x, mut y, mut u, mut v) = ([0.0; 37], [0.0; 37], [0.0; 37], [0.0; 37]);
    fast.scale_row(a, row, cols.clone(), &mut x, &mut y);
    slow.scale_row(b, row, cols, &mut u, &mut v);
    for i in 0..37 {
        assert!((x[i] - u[i]).abs() < 1e-4 && (y[i] - v[i]).abs() < 1e-4);
        assert!((0.95..1.05).contains(&x[i]), "45 m over cos 48 is about 30 m: {}", x[i]);
    }
}

#[test]
fn the_same_system_is_affine_and_exact() {
    let from = grid(32633, 399_960.0, 5_300_040.0, 10.0, 10_980, 10_980);
    let to = from.crop(Window::new(-3, 700, 500, 400));
    let map = PixelMap::between(&to, &from, 0.0).expect("same system");
    assert_eq!(map.shift(), Some(Shift { cols: -3, rows: 700 }));
    assert!(map.transformer().is_none());
    let cell = map.cell(0, 1);
    let (mut x, mut y) = ([0.0; 4], [0.0; 4]);
    map.row(&cell.leaves()[0], 300, 7..11, &mut x, &mut y);
    assert_eq!((x, y), ([4.5, 5.5, 6.5, 7.5], [1000.5; 4]));
    // Two pixels more on each side for taps.
    assert_eq!(
        map.source_window(Window::new(0, 0, 10, 10), 0.0),
        Some(Window::new(0, 698, 10, 15))
    );

    let half = from.resized(Size::new(5490, 5490));
    let map = PixelMap::between(&half, &from, 0.125).expect("same system");
    assert_eq!(map.shift(), None);
    let cell = map.cell(0, 0);
    map.row(&cell.leaves()[0], 10, 7..11, &mut x, &mut y);
    assert_eq!((x, y), ([15.0, 17.0, 19.0, 21.0], [21.0; 4]));
    map.scale_row(&cell.leaves()[0], 10, 7..11, &mut x, &mut y);
    assert_eq!((x, y), ([2.0; 4], [2.0; 4]));
}

#[test]
fn source_windows_hold_what_kernels_read_and_no_more_than_twice_that() {
    let (name, to, from) = pairs().swap_remove(0);
    let map = PixelMap::between(&to, &from, 0.05).expect(name);
    let window = Window::new(700, 810, 300, 200);
    let need = map.source_window(window, 2.0).expect("within the source");
    let (mut x, mut y) = (vec![], vec![]);
    for row in window.row..window.row_end() {
        for col in window.col..window.col_end() {
            x.push(col as f64 + 0.5);
            y.push(row as f64 + 0.5);
        }
    }
    map.exact(&mut x, &mut y);
    let (mut left, mut right) = (f64::MAX, f64::MIN);
    for (x, y) in x.iter().zip(&y) {
        (left, right) = (left.min(*x), right.max(*x));
        for (dx, dy) in [(-2.0, -2.0), (2.0, 2.0)] {
            let pixel = Window::new((x + dx).floor() as i64, (y + dy).floor() as i64, 1, 1);
            assert!(need.contains(pixel));
        }
    }
    assert!(f64::from(need.width) < right - left + 12.0, "{need:?} for {left} to {right}");
    assert_eq!(map.source_window(Window::new(1_000_000, 0, 300, 200), 2.0), None);
}

#[test]
fn nonsense_is_refused() {
    let a = grid(4326, 0.0, 0.0, 1.0, 10, 10);
    let nowhere = Grid { crs: None, ..a.clone() };
    assert!(PixelMap::between(&a, &a, -1.0).is_err());
    assert!(PixelMap::between(&a, &a, f64::NAN).is_err());
    assert!(PixelMap::between(&a, &nowhere, 0.1).is_err());
    let flat = Grid { transform: GeoTransform::north_up(0.0, 0.0, 0.0, 1.0), ..a.clone() };
    assert!(PixelMap::between(&a, &flat, 0.1).is_err());
    assert!(PixelMap::between(&nowhere, &nowhere, 0.1).is_ok());
}
