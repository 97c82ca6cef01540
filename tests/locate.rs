//! Images placed by control points and rational polynomials; against GDAL in `tests/gdal/check_locate.py`.

use std::sync::Arc;

use swath::Error;
use swath::crs::{Crs, Transformer};
use swath::geotiff::WriteOptions;
use swath::ops::locate::{LocateOptions, Placement};
use swath::ops::warp::{GridRequest, WarpOptions};
use swath::raster::{
    Buffer, DataType, Gcp, Gcps, GeoTransform, Grid, Info, Metadata, Point, Pool, Raster, Rpc, Size,
};

const SIZE: Size = Size::new(400, 300);

/// An image that says this of its place.
fn image(metadata: Metadata) -> Raster {
    let grid = Grid { size: SIZE, transform: GeoTransform::IDENTITY, crs: None };
    let info = Info { metadata: Arc::new(metadata), ..Info::new(grid, 1, DataType::U8) };
    let pixels = Buffer::new(&Pool::new(0), SIZE.window(), 1, DataType::U8);
    Raster::from_buffer(info, pixels).expect("whole")
}

/// The ground in EPSG:32633 for a place in the image: a bent view.
fn bent(p: Point) -> Point {
    let (u, v) = (p.x / 400.0, p.y / 300.0);
    Point {
        x: 500_000.0 + 8000.0 * u + 900.0 * v + 120.0 * u * v - 70.0 * u * u,
        y: 5_300_000.0 - 6000.0 * v + 400.0 * u + 50.0 * v * v,
    }
}

fn with_points(at: impl IntoIterator<Item = Point>, ground: impl Fn(Point) -> Point) -> Raster {
    let points = at.into_iter().map(|pixel| Gcp { pixel, ground: ground(pixel), z: 0.0 });
    let gcps = Gcps { crs: Some(Crs::from_epsg(32633)), points: points.collect() };
    image(Metadata { gcps: Some(gcps), ..Metadata::default() })
}

/// Places all over the image, not on a lattice.
fn places() -> impl Iterator<Item = Point> {
    (0..25u32).map(|i| Point {
        x: 400.0 * (f64::from(i) * 0.618_034).fract(),
        y: 300.0 * f64::from(i) / 24.0,
    })
}

/// Where places on the ground lie in an image that was located.
fn to_image(ground: &Crs, raster: &Raster, at: &[Point]) -> Vec<Point> {
    let own = raster.info().grid.crs.clone().expect("its pixels");
    let (mut xs, mut ys): (Vec<_>, Vec<_>) = at.iter().map(|p| (p.x, p.y)).unzip();
    Transformer::new(ground, &own).expect("known").transform(&mut xs, &mut ys);
    xs.into_iter().zip(ys).map(|(x, y)| Point { x, y }).collect()
}

fn by(placement: Placement) -> LocateOptions {
    LocateOptions { placement, ..LocateOptions::default() }
}

#[test]
fn maps_that_are_of_the_form_are_found_again() {
    let utm = Crs::from_epsg(32633);
    let straight = |p: Point| Point { x: 5e5 + 20.0 * p.x - 3.0 * p.y, y: 5.3e6 - 19.0 * p.y };
    let plane = |p: Point| {
        let w = 1.0 + 0.2 * p.x / 400.0 - 0.1 * p.y / 300.0;
        Point { x: 5e5 + 9000.0 * p.x / 400.0 / w, y: 5.3e6 - 7000.0 * p.y / 300.0 / w }
    };
    type Ground = fn(Point) -> Point;
    let cases: [(Placement, Ground); 5] = [
        (Placement::Polynomial(1), straight),
        (Placement::Polynomial(2), straight),
        (Placement::Polynomial(3), straight),
        (Placement::Homography, plane),
        // Plates do not bend where nothing is bent.
        (Placement::Spline, straight),
    ];
    for (placement, ground) in cases {
        let located = with_points(places(), ground).locate(&by(placement)).expect("located");
        assert!(located.error < 1e-6, "{placement:?}: {}", located.error);
        let asked: Vec<_> =
            [(0.0, 0.0), (399.0, 2.5), (17.25, 290.0)].map(|(x, y)| Point { x, y }).into();
        let ground: Vec<_> = asked.iter().copied().map(ground).collect();
        for (found, wanted) in to_image(&utm, &located.raster, &ground).iter().zip(asked) {
            let away = (found.x - wanted.x).hypot(found.y - wanted.y);
            assert!(away < 1e-6, "{placement:?}: {found:?}, not {wanted:?}");
        }
    }
}

#[test]
fn splines_go_through_every_point() {
    let utm = Crs::from_epsg(32633);
    let points: Vec<_> = places().collect();
    let located =
        with_points(points.clone(), bent).locate(&by(Placement::Spline)).expect("located");
    let ground: Vec<_> = points.iter().copied().map(bent).collect();
    for (found, wanted) in to_image(&utm, &located.raster, &ground).iter().zip(points) {
        assert!((found.x - wanted.x).hypot(found.y - wanted.y) < 1e-6, "{found:?}, not {wanted:?}");
    }
}

/// Rational polynomials of a plain scene whose height shifts it to the side.
fn rational() -> Arc<Rpc> {
    let mut values = [0.0; 92];
    values[2..12]
        .copy_from_slice(&[150.0, 200.0, 47.0, 11.0, 500.0, 150.0, 200.0, 0.1, 0.15, 500.0]);
    let polynomial = |number: usize, terms: &[(usize, f64)], values: &mut [f64; 92]| {
        for (term, value) in terms {
            values[12 + 20 * number + term] = *value;
        }
    };
    // Terms: 1, longitude, latitude, height and on.
    polynomial(0, &[(2, -1.0), (1, 0.03), (4, 0.002)], &mut values);
    polynomial(1, &[(0, 1.0), (1, 0.001)], &mut values);
    polynomial(2, &[(1, 1.0), (3, -0.1), (7, 0.001)], &mut values);
    polynomial(3, &[(0, 1.0), (2, -0.002)], &mut values);
    Arc::new(Rpc { values })
}

#[test]
fn a_resized_image_lies_where_it_lay() {
    let size = Size::new(1000, 120);
    let scaled = |p: &Point| Point { x: p.x * 2.5, y: p.y * 0.4 };
    let points = with_points(places(), bent);
    let rpc = image(Metadata { rpc: Some(rational()), ..Metadata::default() });
    let on_earth: Vec<_> =
        [(10.92, 47.06), (11.0, 47.0), (11.1, 46.93)].map(|(x, y)| Point { x, y }).into();
    let on_plane: Vec<_> = places().map(bent).collect();
    let dir = tempfile::tempdir().expect("a directory");
    for (image, ground, code) in [(points, on_plane, 32633), (rpc, on_earth, 4326)] {
        let ground_crs = Crs::from_epsg(code);
        let place = |image: &Raster| {
            let located = image.locate(&LocateOptions::default()).expect("located");
            to_image(&ground_crs, &located.raster, &ground)
        };
        let small = image.resize_to(size, &WarpOptions::default()).expect("resized");
        assert_eq!(small.info().grid.size, size);
        // What is written says the same of it, and no more.
        let path = dir.path().join(format!("{code}.tif"));
        small.write(&path, &WriteOptions::default()).expect("written");
        let small = swath::open(&path).expect("opens");
        assert_eq!(small.info().grid.transform, GeoTransform::IDENTITY);
        for (new, old) in place(&small).iter().zip(place(&image).iter().map(scaled)) {
            assert!((new.x - old.x).hypot(new.y - old.y) < 1e-6, "{new:?}, not {old:?}");
        }
    }
}

#[test]
fn the_antimeridian_is_no_edge() {
    let degrees = Crs::from_epsg(4326);
    let east = |p: Point| Point { x: 178.0 + p.x / 100.0, y: -17.0 - p.y / 100.0 };
    let wrapped = |p: Point| Point { x: (east(p).x + 180.0).rem_euclid(360.0) - 180.0, ..east(p) };
    for placement in [Placement::Polynomial(2), Placement::Homography, Placement::Spline] {
        let points = places().map(|pixel| Gcp { pixel, ground: wrapped(pixel), z: 0.0 });
        let gcps = Gcps { crs: Some(degrees.clone()), points: points.collect() };
        let image = image(Metadata { gcps: Some(gcps), ..Metadata::default() });
        let located = image.locate(&by(placement)).expect("located");
        assert!(located.error < 1e-6, "{placement:?}: {}", located.error);
        for wanted in places() {
            let found = to_image(&degrees, &located.raster, &[wrapped(wanted), east(wanted)]);
            for found in found {
                let away = (found.x - wanted.x).hypot(found.y - wanted.y);
                assert!(away < 1e-6, "{placement:?}: {found:?}, not {wanted:?}");
            }
        }
    }
}

#[test]
fn an_image_across_the_antimeridian_is_whole_in_its_own_system() {
    let degrees = Crs::from_epsg(4326);
    let wrapped = |p: Point| Point {
        x: (358.0 + p.x / 100.0).rem_euclid(360.0) - 180.0,
        y: -17.0 - p.y / 100.0,
    };
    let points = places().map(|pixel| Gcp { pixel, ground: wrapped(pixel), z: 0.0 });
    let gcps = Gcps { crs: Some(degrees.clone()), points: points.collect() };
    let image = image(Metadata { gcps: Some(gcps), ..Metadata::default() });
    let located = image.locate(&by(Placement::Polynomial(1))).expect("located");
    let grid = GridRequest::new(degrees).grid(&located.raster.info().grid).expect("a grid");
    // 400 x 300 pixels of a hundredth of a degree from 178 on, or a turn before.
    let (width, left) = (grid.bounds().width(), grid.bounds().left.rem_euclid(360.0));
    assert!((width - 4.0).abs() < 0.05 && (left - 178.0).abs() < 0.05, "{width} {left}");
    assert!(grid.size.height.abs_diff(300) < 5, "{:?}", grid.size);
}

#[test]
fn polynomials_do_not_show_the_image_from_far_away() {
    let utm = Crs::from_epsg(32633);
    let located =
        with_points(places(), bent).locate(&by(Placement::Polynomial(3))).expect("located");
    let far = [(400_000.0, 5_300_000.0), (500_000.0, 5_200_000.0), (560_000.0, 5_299_000.0)];
    for place in to_image(&utm, &located.raster, &far.map(|(x, y)| Point { x, y })) {
        assert!(place.x.is_nan() && place.y.is_nan(), "{place:?}");
    }
}

#[test]
fn what_places_nothing_is_refused() {
    let line = with_points((0..9).map(|i| Point { x: f64::from(i), y: 2.0 * f64::from(i) }), bent);
    let few = with_points(places().take(2), bent);
    let none = image(Metadata::default());
    let rpc = image(Metadata { rpc: Some(rational()), ..Metadata::default() });
    for (image, how) in [
        (&line, by(Placement::Polynomial(1))),
        (&line, by(Placement::Spline)),
        (&line, by(Placement::Homography)),
        (&few, by(Placement::Auto)),
        (&few, by(Placement::Rational)),
        (&none, by(Placement::Auto)),
        (&none, by(Placement::Rational)),
        (&rpc, by(Placement::Points)),
    ] {
        let error = image.locate(&how).expect_err("refused");
        assert!(matches!(error, Error::Unsupported(_)), "{how:?}: {error}");
    }
    let elsewhere = Grid {
        size: SIZE,
        transform: GeoTransform::north_up(20.0, 10.0, 0.01, 0.01),
        crs: Some(Crs::from_epsg(4326)),
    };
    let pixels = Buffer::new(&Pool::new(0), SIZE.window(), 1, DataType::I16);
    let heights = Raster::from_buffer(Info::new(elsewhere, 1, DataType::I16), pixels);
    let heights = Some(heights.expect("whole"));
    let error = rpc.locate(&LocateOptions { heights, ..LocateOptions::default() });
    assert!(matches!(error.expect_err("refused"), Error::Usage(_)));
    let error = with_points(places(), bent).locate(&by(Placement::Polynomial(4)));
    assert!(matches!(error.expect_err("refused"), Error::Usage(_)));
}

#[test]
fn heights_that_place_an_image_are_not_replaced_by_it() {
    let dir = tempfile::tempdir().expect("a directory");
    let at = |name: &str| dir.path().join(name).display().to_string();
    let (scene, heights) = (at("scene.tif"), at("heights.tif"));
    let rpc = image(Metadata { rpc: Some(rational()), ..Metadata::default() });
    rpc.write(&scene, &WriteOptions::default()).expect("writes");
    let around = Grid {
        size: SIZE,
        transform: GeoTransform::north_up(10.0, 48.0, 0.01, 0.01),
        crs: Some(Crs::from_epsg(4326)),
    };
    let pixels = Buffer::new(&Pool::new(0), SIZE.window(), 1, DataType::I16);
    let ground = Raster::from_buffer(Info::new(around, 1, DataType::I16), pixels).expect("whole");
    ground.write(&heights, &WriteOptions::default()).expect("writes");
    let before = std::fs::read(&heights).expect("is there");
    let warp = |out: &str| {
        let words = ["warp", &scene, out, "--to", "EPSG:4326", "--dem", &heights, "--overwrite"];
        let ended = std::process::Command::new(env!("CARGO_BIN_EXE_swath")).args(words).output();
        let ended = ended.expect("swath runs");
        (ended.status.code(), String::from_utf8_lossy(&ended.stderr).into_owned())
    };
    let (code, said) = warp(&heights);
    assert!(code == Some(2) && said.contains("which would be lost"), "{said}");
    assert_eq!(std::fs::read(&heights).expect("is there"), before);
    let (code, said) = warp(&at("out.tif"));
    assert_eq!(code, Some(0), "{said}");
}
