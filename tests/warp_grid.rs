//! The output grid against GDAL's.
//!
//! Reference: `rasterio.warp.calculate_default_transform` of rasterio 1.4.4
//! (GDAL 3.10.3); `rasterio.vrt.WarpedVRT` gives the same numbers in all cases.

use swath::Error;
use swath::crs::Crs;
use swath::ops::warp::{GridRequest, Resolution};
use swath::raster::{Bounds, GeoTransform, Grid, Size};

/// Name, source and target code; source left, top, pixel; source size;
/// GDAL's size; GDAL's left, top, pixel width and height.
type Case = (&'static str, u32, u32, [f64; 3], [u32; 2], [u32; 2], [f64; 4]);

#[rustfmt::skip]
const SUGGESTED: &[Case] = &[
    ("UTM to Mercator", 32633, 3857, [399960.0, 5300040.0, 30.0], [3660, 3660], [3689, 3694], [1520943.2069102754, 6082550.3832372995, 44.289713410403046, 44.289713410403046]),
    ("UTM to degrees", 32633, 4326, [399960.0, 5300040.0, 30.0], [3660, 3660], [4309, 2923], [13.6628652904526, 47.85370142152255, 0.0003405860722541867, 0.0003405860722541867]),
    ("UTM south to degrees", 32756, 4326, [300000.0, 6300040.0, 10.0], [1098, 1098], [1218, 1021], [150.8465287386974, -33.4203779546694, 9.889674989659428e-05, 9.889674989659428e-05]),
    ("world within Mercator", 4326, 3857, [-180.0, 85.0, 0.1], [3600, 1700], [2820, 2811], [-20037508.342789244, 19971868.880408566, 14207.206989190166, 14212.246793017477]),
    ("region to Mercator", 4326, 3857, [5.0, 55.0, 0.01], [1000, 800], [790, 1008], [556597.4539663679, 7361866.113051188, 1408.8163907907485, 1408.8163907907485]),
    ("region to UTM", 4326, 32632, [5.0, 55.0, 0.01], [1000, 800], [860, 1026], [195914.75748853543, 6111268.070203653, 883.5320554734717, 883.5320554734717]),
    ("south to Antarctic", 4326, 3031, [-180.0, -60.0, 0.1], [3600, 300], [7225, 7225], [-3333134.027630276, 3333134.027630276, 922.6723824712842, 922.6723824712842]),
    ("Arctic to degrees", 3413, 4326, [-3850000.0, 5850000.0, 5000.0], [1520, 2240], [5464, 896], [-180.0, 90.0, 0.06588579795021962, 0.06588535810680626]),
    ("Arctic scene to degrees", 3413, 4326, [-600000.0, -1000000.0, 500.0], [900, 700], [1137, 197], [-75.96375653207352, 80.68518523641455, 0.02165114254092767, 0.02165114254092767]),
    ("Antarctic to degrees", 3031, 4326, [-3333000.0, 3333000.0, 6000.0], [1111, 1111], [1561, 180], [-180.0, -48.4643831063986, 0.23062139654067906, 0.23064550280303675]),
    ("France to Europe", 2154, 3035, [100000.0, 7100000.0, 500.0], [2300, 2200], [2482, 2405], [3134664.028398145, 3181567.0695364764, 500.5537032739948, 500.5537032739948]),
    ("Europe to Mercator", 3035, 3857, [2500000.0, 5500000.0, 1000.0], [5000, 4500], [7320, 5420], [-3909182.798437759, 11996798.543392824, 1659.4006250833022, 1659.4006250833022]),
    ("America to degrees", 5070, 4326, [-2400000.0, 3200000.0, 2000.0], [2400, 1500], [3007, 1372], [-128.55867826355376, 51.85798396407429, 0.021654756581849576, 0.021654756581849576]),
    ("New Zealand to Mercator", 2193, 3857, [1000000.0, 6300000.0, 500.0], [2200, 3200], [2461, 3248], [18369894.753739413, -3931486.943158946, 662.352889356281, 662.352889356281]),
    ("New Zealand to degrees", 2193, 4326, [1000000.0, 6300000.0, 500.0], [2200, 3200], [2922, 2910], [165.01957224951127, -33.272177445813334, 0.005010288682504834, 0.005010288682504834]),
    ("equal area to degrees", 6933, 4326, [-17367530.44, 7314540.83, 9000.0], [3860, 1626], [8841, 4188], [-179.99999994650668, 85.04456635044365, 0.04071894219090509, 0.04071894219090509]),
    ("Mercator world to degrees", 3857, 4326, [-20037508.342789244, 20037508.342789244, 40000.0], [1002, 1002], [2999, 1417], [-180.0, 85.05112877980659, 0.1200391046414004, 0.12004310741257121]),
    ("degrees to equal area", 4326, 6933, [-180.0, 86.0, 0.1], [3600, 1720], [3676, 1550], [-17367530.445161372, 7324184.563624081, 9448.491715584896, 9448.491715584896]),
    ("wide strip", 32633, 3857, [399960.0, 5300040.0, 60.0], [10980, 40], [10974, 489], [1520943.2069102754, 6082550.260891245, 89.00611355740124, 89.00611355740124]),
    ("neighbour zones", 32632, 32633, [399960.0, 5300040.0, 30.0], [3660, 3660], [3931, 3931], [-57299.91181780305, 5325292.392111171, 30.09075251339197, 30.09075251339197]),
    ("from 0 to 360 to the Arctic", 4326, 3413, [0.0, 90.0, 0.25], [1440, 240], [2884, 2920], [-7054895.1245051455, 7142835.27965327, 4892.812026933234, 4892.812026933234]),
    ("Fiji to the Pacific", 4326, 3832, [175.0, -14.0, 0.01], [1000, 700], [986, 720], [2782987.269831839, -1563885.6969038334, 1129.1331549738582, 1129.1331549738582]),
    ("Fiji from UTM to degrees", 32760, 4326, [700000.0, 8200000.0, 500.0], [700, 800], [1073, 11], [-179.99999961063503, -16.218417727297208, 0.3355015319381112, 0.3355015319381112]),
    ("Fiji from UTM to Mercator", 32701, 3857, [100000.0, 8200000.0, 500.0], [300, 800], [858, 9], [-20037508.340210274, -1833433.759798857, 46676.1135404108, 46730.578083631815]),
    ("world from 0 to 360 to equal area", 4326, 6933, [0.0, 85.0, 0.25], [1440, 680], [1468, 618], [-17367503.94441301, 7314040.889811971, 23651.057884386828, 23667.17994156773]),
    ("Pacific to degrees", 3832, 4326, [2500000.0, -1000000.0, 2000.0], [1200, 1200], [1802, 102], [-179.99998964541942, -9.005882635079505, 0.19977701647805043, 0.19978810349822237]),
];

fn source(epsg: u32, [left, top, pixel]: [f64; 3], [width, height]: [u32; 2]) -> Grid {
    Grid {
        size: Size::new(width, height),
        transform: GeoTransform::north_up(left, top, pixel, pixel),
        crs: Some(Crs::from_epsg(epsg)),
    }
}

#[test]
fn suggested_grids_are_gdals() {
    let mut wrong = Vec::new();
    for &(name, from, to, place, size, [width, height], expected) in SUGGESTED {
        let grid = GridRequest::new(Crs::from_epsg(to)).grid(&source(from, place, size));
        let grid = grid.expect(name);
        let t = grid.transform;
        let got = [t.origin_x, t.origin_y, t.pixel_width, -t.pixel_height];
        let near = |(a, b): (f64, f64)| (a - b).abs() <= 1e-9 * b.abs();
        if grid.size != Size::new(width, height)
            || !got.into_iter().zip(expected).all(near)
            || grid.crs != Some(Crs::from_epsg(to))
        {
            wrong.push(format!(
                "{name}: {:?} {got:?}, GDAL {width} x {height} {expected:?}",
                grid.size
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Source; target code; -tr; -te; -ts; size; left, top, pixel width and height.
type Request =
    (Source, u32, Option<[f64; 2]>, Option<[f64; 4]>, Option<[u32; 2]>, [u32; 2], [f64; 4]);
type Source = (u32, [f64; 3], [u32; 2]);

const UTM: Source = (32633, [399_960.0, 5_300_040.0, 30.0], [3660, 3660]);
const DEG: Source = (4326, [5.0, 55.0, 0.01], [1000, 800]);

/// By gdalwarp 3.6.2, whose suggestion for these two sources is the same. Bounds
/// alone are compared where no system changes: else GDAL guesses the resolution
/// from the bounds, by a rule that differs between its versions.
#[rustfmt::skip]
const REQUESTED: &[Request] = &[
    (UTM, 3857, Some([100.0, 100.0]), None, None, [1634, 1636], [1520943.2069102754, 6082550.3832372995, 100.0, 100.0]),
    (UTM, 3857, Some([70.0, 130.0]), None, None, [2334, 1259], [1520943.2069102754, 6082550.3832372995, 70.0, 130.0]),
    (UTM, 3857, None, None, Some([512, 300]), [512, 300], [1520943.2069102754, 6082550.3832372995, 319.1108452558142, 545.3540044600951]),
    (UTM, 3857, None, None, Some([512, 0]), [512, 513], [1520943.2069102754, 6082550.3832372995, 319.1108452558142, 319.1108452558142]),
    (UTM, 3857, None, None, Some([0, 777]), [776, 777], [1520943.2069102754, 6082550.3832372995, 210.5613916834344, 210.5613916834344]),
    (UTM, 3857, Some([90.0, 110.0]), Some([1550000.0, 5950000.0, 1650123.0, 6050456.0]), None, [1112, 913], [1550000.0, 6050456.0, 90.0, 110.0]),
    (UTM, 3857, None, Some([1550000.0, 5950000.0, 1650123.0, 6050456.0]), Some([333, 444]), [333, 444], [1550000.0, 6050456.0, 300.66966966966964, 226.25225225225225]),
    (UTM, 3857, None, Some([1550000.0, 5950000.0, 1650123.0, 6050456.0]), Some([333, 0]), [333, 334], [1550000.0, 6050456.0, 300.66966966966964, 300.66966966966964]),
    (UTM, 32633, Some([45.0, 45.0]), None, None, [2440, 2440], [399960.0, 5300040.0, 45.0, 45.0]),
    (UTM, 32633, None, Some([400000.0, 5250000.0, 450010.0, 5300000.0]), None, [1667, 1667], [400000.0, 5300000.0, 30.0, 29.99400119976005]),
    (UTM, 32633, None, None, Some([1000, 0]), [1000, 1000], [399960.0, 5300040.0, 109.8, 109.8]),
    (DEG, 3857, Some([1234.5, 1234.5]), None, None, [902, 1150], [556597.4539663679, 7361866.113051188, 1234.5, 1234.5]),
    (DEG, 3035, None, None, Some([0, 600]), [506, 600], [3940723.784735198, 3554926.8328568875, 1501.1264085094383, 1501.1264085094383]),
    (DEG, 4326, None, Some([6.0, 48.0, 7.777, 49.333]), None, [178, 133], [6.0, 49.333, 0.009983146067415731, 0.010022556390977431]),
];

#[test]
fn requests_follow_gdalwarps_rules() {
    for &((epsg, place, size), to, tr, te, ts, [width, height], expected) in REQUESTED {
        let request = GridRequest {
            resolution: tr.map(|[x, y]| Resolution { x, y }),
            bounds: te.map(|[left, bottom, right, top]| Bounds::new(left, bottom, right, top)),
            size: ts.map(|[width, height]| Size::new(width, height)),
            ..GridRequest::new(Crs::from_epsg(to))
        };
        let grid = request.grid(&source(epsg, place, size)).expect("a grid");
        assert_eq!(grid.size, Size::new(width, height), "{request:?}");
        let t = grid.transform;
        for (a, b) in
            [t.origin_x, t.origin_y, t.pixel_width, -t.pixel_height].into_iter().zip(expected)
        {
            assert!((a - b).abs() <= 1e-9 * b.abs(), "{request:?}: {a}, gdalwarp {b}");
        }
    }
}

#[test]
fn the_same_system_keeps_the_grid() {
    let utm = source(UTM.0, UTM.1, UTM.2);
    assert_eq!(GridRequest::new(Crs::from_epsg(32633)).grid(&utm).expect("a grid"), utm);
    let flipped = Grid {
        transform: GeoTransform::from_gdal([399_960.0, 30.0, 0.0, 5_190_240.0, 0.0, 30.0]),
        ..utm.clone()
    };
    assert_eq!(GridRequest::new(Crs::from_epsg(32633)).grid(&flipped).expect("a grid"), utm);
}

#[test]
fn a_pole_at_infinity_is_left_out() {
    // GDAL 3.10 chooses 331 x 4011 pixels here, up to 242 million metres north.
    let world = source(4326, [-180.0, 90.0, 0.1], [3600, 1800]);
    let grid = GridRequest::new(Crs::from_epsg(3857)).grid(&world).expect("a grid");
    let bounds = grid.bounds();
    assert!((bounds.left + 20_037_508.342_789_2).abs() < 1e-3, "{grid:?}");
    // The samples nearest to the poles that have coordinates lie at 85 degrees.
    assert!((bounds.top - 19_971_868.880_408_6).abs() < 1e-3, "{grid:?}");
    assert!((grid.size.width, grid.size.height) > (2000, 2000), "{grid:?}");
}

#[test]
fn nonsense_is_a_usage_error() {
    let utm = source(UTM.0, UTM.1, UTM.2);
    let base = GridRequest::new(Crs::from_epsg(3857));
    let resolution = |x, y| GridRequest { resolution: Some(Resolution { x, y }), ..base.clone() };
    let size = |w, h| GridRequest { size: Some(Size::new(w, h)), ..base.clone() };
    let bounds = |l, b, r, t| GridRequest { bounds: Some(Bounds::new(l, b, r, t)), ..base.clone() };
    let requests = [
        GridRequest { size: Some(Size::new(5, 5)), ..resolution(1.0, 1.0) },
        resolution(0.0, 1.0),
        resolution(1.0, -1.0),
        resolution(f64::NAN, 1.0),
        resolution(1e-9, 1e-9),
        size(0, 0),
        size(u32::MAX, 10),
        bounds(10.0, 0.0, 0.0, 10.0),
        bounds(0.0, 10.0, 10.0, 0.0),
        bounds(0.0, f64::NAN, 10.0, 0.0),
        bounds(f64::NEG_INFINITY, 0.0, 10.0, 10.0),
    ];
    for request in requests {
        let error = request.grid(&utm).expect_err("nonsense");
        assert!(matches!(error, Error::Usage(_)), "{request:?}: {error}");
    }
    let nowhere = Grid { crs: None, ..utm.clone() };
    assert!(matches!(base.grid(&nowhere), Err(Error::Usage(_))));
    let unknown = Grid { crs: Some(Crs::from_epsg(1)), ..utm };
    assert!(matches!(base.grid(&unknown), Err(Error::Unsupported(_))));
}

#[test]
fn bounds_alone_keep_the_resolution_of_the_whole_source() {
    let utm = source(UTM.0, UTM.1, UTM.2);
    let whole = GridRequest::new(Crs::from_epsg(3857)).grid(&utm).expect("a grid");
    let bounds = Some(Bounds::new(1_550_000.0, 5_950_000.0, 1_650_123.0, 6_050_456.0));
    let part = GridRequest { bounds, ..GridRequest::new(Crs::from_epsg(3857)) };
    let part = part.grid(&utm).expect("a grid");
    assert_eq!(Some(part.bounds()), bounds);
    // 100 123 and 100 456 m in pixels of 44.2897 m, to the nearest.
    assert_eq!(part.size, Size::new(2261, 2268));
    assert!((part.transform.pixel_width / whole.transform.pixel_width - 1.0).abs() < 1e-3);
}

#[test]
fn a_border_beyond_the_domain_is_off_the_source() {
    // GDAL keeps 16424.988 for the height too: PROJ clamps what lies below the
    // edge of this projection to the edge. Here it has no coordinates, and the
    // pixel is shrunk by a tenth of a pixel over the whole height.
    let world = source(4326, [-180.0, 90.0, 0.25], [1440, 720]);
    let grid = GridRequest::new(Crs::from_epsg(8857)).grid(&world).expect("a grid");
    assert_eq!(grid.size, Size::new(2100, 1022));
    assert!((grid.transform.pixel_width - 16_417.166_639_121).abs() < 1e-6);
    assert!((grid.transform.pixel_height / -16_424.988_062_009 - 1.0).abs() < 1e-4);
}

/// The scene of `fixtures/landsat.tif`.
fn landsat() -> Grid {
    Grid {
        size: Size::new(512, 500),
        transform: GeoTransform::north_up(738_345.0, -2_784_195.0, 30.0, 30.0),
        crs: Some(Crs::from_epsg(32621)),
    }
}

fn assert_grid(request: &GridRequest, from: &Grid, size: [u32; 2], transform: [f64; 6]) {
    let grid = request.grid(from).expect("a grid");
    assert_eq!([grid.size.width, grid.size.height], size, "{request:?}");
    for (found, wanted) in grid.transform.to_gdal().iter().zip(transform) {
        // A hundred-thousandth of a pixel.
        assert!((found - wanted).abs() < 1e-5 * transform[1], "{grid:?}, {transform:?}");
    }
}

/// Sizes and transforms of gdalwarp 3.6.2 (-tr, -tap, -te, -te_srs) for the scene.
#[test]
fn aligned_grids_are_those_of_gdal() {
    let scene = swath::open(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/landsat.tif"));
    let scene = scene.expect("opens").info().grid.clone();
    assert_eq!(scene.transform, landsat().transform);
    let to = |epsg| GridRequest::new(Crs::from_epsg(epsg));
    let pixels = |x, y| Some(Resolution { x, y });
    let tap = GridRequest { resolution: pixels(50.0, 70.0), align: true, ..to(3857) };
    assert_grid(&tap, &scene, [513, 331], [-6_082_000.0, 50.0, 0.0, -2_894_290.0, 0.0, -70.0]);
    let tap = GridRequest { resolution: pixels(0.0007, 0.0007), align: true, ..to(4326) };
    assert_grid(&tap, &scene, [329, 269], [-54.6357, 0.0007, 0.0, -25.151, 0.0, -0.0007]);
    let part = GridRequest {
        resolution: pixels(50.0, 50.0),
        bounds: Some(Bounds::new(-54.55, -25.4, -54.5, -25.35)),
        bounds_crs: Some(Crs::from_epsg(4326)),
        ..to(3857)
    };
    let corner = [-6_072_478.222_773_073, 50.0, 0.0, -2_918_795.851_229_954, 0.0, -50.0];
    assert_grid(&part, &scene, [111, 123], corner);
}

#[test]
fn square_pixels_and_what_cannot_be() {
    let flat = Grid { transform: GeoTransform::north_up(0.0, 0.0, 10.0, 20.0), ..landsat() };
    let same = |square| GridRequest { square, ..GridRequest::new(Crs::from_epsg(32621)) };
    assert_eq!(same(false).grid(&flat).expect("a grid"), flat);
    let grid = same(true).grid(&flat).expect("a grid");
    let side = (5_120f64.hypot(10_000.0)) / 512f64.hypot(500.0);
    assert!((grid.transform.pixel_width - side).abs() < 1e-9);
    assert_eq!(grid.transform.pixel_width, -grid.transform.pixel_height);
    assert_eq!(grid.size.width, (5_120.0 / side).round() as u32);

    let to = |epsg| GridRequest::new(Crs::from_epsg(epsg));
    for impossible in [
        GridRequest { align: true, ..to(3857) },
        GridRequest {
            bounds: Some(Bounds::new(0.0, 95.0, 1.0, 99.0)),
            bounds_crs: Some(Crs::from_epsg(4326)),
            ..to(32633)
        },
    ] {
        let refused = impossible.grid(&landsat());
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
}
