//! Projections that have no EPSG code, held against PROJ all over the globe.
//!
//! The reference is `fixtures/crs/projections.jsonl.gz`, written by
//! `scripts/crs_projections.py` with PROJ 9.5.1: every projection at the same places,
//! near the poles, on both sides of every seam between lobes and of the antimeridian;
//! and back from all over the plane, corners that show nothing included.

use std::io::{BufRead, BufReader};

use serde_json::Value;
use swath::crs::{Crs, Transformer};

fn numbers(value: &Value) -> Vec<f64> {
    let list = value.as_array().expect("a list");
    list.iter().map(|v| v.as_f64().unwrap_or(f64::NAN)).collect()
}

/// The distance of two places on the ground, in metres: blind to whole turns and to
/// longitudes at the poles.
fn apart(a: (f64, f64), b: (f64, f64)) -> f64 {
    let east = (0.5 * (a.0 - b.0).to_radians()).sin() * 2.0 * b.1.to_radians().cos();
    east.hypot((a.1 - b.1).to_radians()) * 6_371_000.0
}

#[test]
fn projections_without_codes_agree_with_proj_both_ways() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/crs/projections.jsonl.gz");
    let file = std::fs::File::open(path).expect("the fixture is there");
    let mut lines = BufReader::new(flate2::read::GzDecoder::new(file)).lines();
    let mut next = || lines.next().map(|line| line.expect("gzip"));
    let read = |line: String| serde_json::from_str::<Value>(&line).expect("JSON");
    let head = read(next().expect("a first line"));
    let (lons, lats) = (numbers(&head["lon"]), numbers(&head["lat"]));
    let place = |i: usize| (lons[i % lons.len()], lats[i / lons.len()]);
    let (mut systems, mut points, mut wrong) = (0, 0, Vec::new());
    while let Some(line) = next() {
        let line = read(line);
        let text = line["text"].as_str().expect("a PROJ string");
        let crs = Crs::parse(&format!("{text} +type=crs")).expect(text);
        let body = text.split(' ').filter(|w| w.starts_with("+ellps=") || w.starts_with("+R="));
        let base = format!("+proj=longlat {} +type=crs", body.collect::<Vec<_>>().join(" "));
        let base = Crs::parse(&base).expect("a globe");
        let forward = Transformer::new(&base, &crs).expect(text);
        let back = Transformer::new(&crs, &base).expect(text);
        systems += 1;
        // Metres of a map; of turned degrees as much on the ground.
        let unit = if text.contains("ob_tran") { 111_000.0 } else { 1.0 };
        let (x, y) = (numbers(&line["x"]), numbers(&line["y"]));
        let all = 0..x.len();
        let (mut u, mut v): (Vec<f64>, Vec<f64>) = all.map(place).unzip();
        forward.transform(&mut u, &mut v);
        for i in 0..x.len() {
            let off = if unit > 1.0 {
                apart((u[i], v[i]), (x[i], y[i]))
            } else {
                (u[i] - x[i]).abs().max((v[i] - y[i]).abs())
            };
            // At a pole that is a point, x hangs on the cube root of the last digit: PROJ's
            // own is 113 m off where it should be 0 (Mollweide), and its Eckert IV stops early.
            let is_pole = place(i).1.abs() > 89.99999;
            let is_loose = ["moll", "goode", "igh", "eck4"].iter().any(|name| text.contains(name));
            let limit = if is_pole && is_loose { 150.0 } else { 1e-3 };
            // Beside the equator PROJ's van der Grinten loses all digits of y, which is true
            // to scale there (on the sphere of the ellipsoid's surface), and beside its centre it gives nothing or a pole.
            let is_grinten = text.contains("vandg") && place(i).1.abs() < 2e-6;
            let is_right = if is_grinten {
                let is_near = x[i].is_nan() || (u[i] - x[i]).abs() < 0.2;
                is_near && (v[i] - place(i).1.to_radians() * 6_371_007.181).abs() < 1e-4
            } else if x[i].is_nan() {
                u[i].is_nan()
            } else {
                off < limit
            };
            if !is_right {
                wrong.push(format!(
                    "{text}: {:?}: {:?} for {:?}",
                    place(i),
                    (u[i], v[i]),
                    (x[i], y[i])
                ));
            }
            points += 1;
        }
        let (starts, ends) = ((numbers(&line["u"]), numbers(&line["v"])), &line["back"]);
        let (mut lon, mut lat) = starts.clone();
        back.transform(&mut lon, &mut lat);
        for (i, end) in ends.as_array().expect("a list").iter().enumerate() {
            // Where PROJ has no place, or one that leads elsewhere, there is none.
            let is_right = match end.as_array() {
                None => lon[i].is_nan() && lat[i].is_nan(),
                Some(_) => {
                    let end = numbers(end);
                    apart((lon[i], lat[i]), (end[0], end[1])) < 2e-3
                }
            };
            if !is_right {
                let start = (starts.0[i], starts.1[i]);
                wrong.push(format!("{text}: back {start:?}: {:?} for {end}", (lon[i], lat[i])));
            }
            points += 1;
        }
    }
    println!("{systems} systems, {points} points");
    assert_eq!(systems, 37);
    assert!(wrong.is_empty(), "{} of {points} points:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where the pieces of Robinson's table meet, and where Mollweide's auxiliary angle changes
/// fastest, there are places too. The numbers are PROJ's (9.5.1).
#[test]
fn no_latitude_is_lost() {
    let world = Crs::from_epsg(4326);
    let known: [(&str, &[[f64; 4]]); 2] = [
        (
            "ESRI:54030",
            &[
                [10.0, 20.0, 927951.6638, 2139038.3220],
                [10.0, 30.0, 906977.7574, 3208557.6115],
                [10.0, 65.0, 717740.6437, 6816459.8322],
                [-170.0, -85.0, -9190141.2901, -8419013.7063],
            ],
        ),
        (
            "ESRI:54009",
            &[
                [10.0, 89.14, 64381.5911, 9001417.6134],
                [10.0, 89.5, 44857.6970, 9011008.4858],
                [10.0, 89.98, 5247.6367, 9019924.2030],
            ],
        ),
    ];
    for (code, known) in known {
        let system = Crs::parse(code).expect("is known");
        let there = Transformer::new(&world, &system).expect("there is a way");
        let back = Transformer::new(&system, &world).expect("there is a way");
        for &[lon, lat, x, y] in known {
            let (mut u, mut v) = ([lon], [lat]);
            there.transform(&mut u, &mut v);
            let off = (u[0] - x).hypot(v[0] - y);
            assert!(off < 1e-3, "{code}: {lon}, {lat}: {u:?}, {v:?}");
        }
        // Every fifth of a degree, and every hundredth beside the pole.
        let steps = (0..450).map(|k| f64::from(k) / 5.0);
        for lat in steps.chain((8900..=9000).map(|k| f64::from(k) / 100.0)) {
            for (lon, lat) in [(10.0, lat), (-179.0, -lat)] {
                let (mut x, mut y) = ([lon], [lat]);
                there.transform(&mut x, &mut y);
                assert!(x[0].is_finite() && y[0].is_finite(), "{code}: {lon}, {lat}");
                back.transform(&mut x, &mut y);
                let off = apart((x[0], y[0]), (lon, lat));
                // Robinson's pieces lie up to 1.6 m apart along either axis, in PROJ too.
                assert!(off < 2.3, "{code}: {lon}, {lat}: {off} m");
            }
        }
    }
}

/// Equal-area cones are flat at the poles, where an inverse that takes the last kilometres for
/// the pole loses every place. The numbers are PROJ's (9.8.1).
#[test]
fn albers_holds_beside_the_poles() {
    const PLACES: [(f64, f64); 6] = [
        (-90.0, 89.99),
        (-90.0, 89.9999),
        (100.0, -89.99),
        (-60.0, 89.5),
        (-100.0, -75.0),
        (10.0, 90.0),
    ];
    let known = [
        (
            "+lat_0=23 +lon_0=-96 +lat_1=29.5 +lat_2=45.5",
            "+ellps=GRS80",
            [
                (255103.0483, 5893763.9719),
                (255103.0322, 5893764.2272),
                (-16698579.7906, 12536715.2353),
                (1495502.2236, 6171764.7860),
                (-705377.8950, -6819744.9119),
                (3631169.5259, 8150649.9714),
            ],
        ),
        (
            "+lat_0=0 +lon_0=132 +lat_1=-18 +lat_2=-36",
            "+ellps=GRS80",
            [
                (18071815.3324, -5798696.3462),
                (18071815.3923, -5798696.3142),
                (-1883766.5515, -8089413.1553),
                (19821759.7403, -10268459.0052),
                (6738915.2691, -11143323.7271),
                (-16724442.4127, -3616920.2372),
            ],
        ),
        (
            "+lat_0=40 +lon_0=-96 +lat_1=20 +lat_2=60",
            "+R=6371000",
            [
                (197953.9437, 4478285.9372),
                (197953.9231, 4478286.2633),
                (-16483163.0587, 10231958.9027),
                (1160492.1373, 4694102.6957),
                (-697839.5044, -8935264.2940),
                (2815331.8950, 6232140.6603),
            ],
        ),
        (
            "+lat_0=23 +lon_0=-96 +lat_1=35 +lat_2=35",
            "+ellps=GRS80",
            [
                (285114.3976, 5699224.5014),
                (285114.3838, 5699224.7299),
                (-17438068.9199, 11680035.5130),
                (1675104.1524, 5995241.3675),
                (-694260.1411, -6888219.5163),
                (4146026.3107, 8123075.0150),
            ],
        ),
    ];
    for (cone, body, known) in known {
        let parse = |text: String| Crs::parse(&text).expect("a system");
        let globe = parse(format!("+proj=longlat {body} +type=crs"));
        let system = parse(format!("+proj=aea {cone} {body} +type=crs"));
        let there = Transformer::new(&globe, &system).expect("there is a way");
        let back = Transformer::new(&system, &globe).expect("there is a way");
        for (place, (east, north)) in PLACES.into_iter().zip(known) {
            let (mut x, mut y) = ([place.0], [place.1]);
            there.transform(&mut x, &mut y);
            let off = (x[0] - east).hypot(y[0] - north);
            assert!(off < 1e-3, "{cone}: {place:?}: {x:?} {y:?}");
            back.transform(&mut x, &mut y);
            let off = apart((x[0], y[0]), place);
            // What a double leaves of a place where the map is flat.
            let limit = match place.1 {
                90.0 => 0.2,
                89.9999 => 0.01,
                _ => 1e-3,
            };
            assert!(off < limit, "{cone}: {place:?} came back {off} m off: {x:?} {y:?}");
        }
    }
    // A cone through opposite parallels is a cylinder, which PROJ refuses too.
    let cylinder = Crs::parse("+proj=aea +lat_1=30 +lat_2=-30 +ellps=GRS80 +type=crs");
    let refused = cylinder.and_then(|crs| Transformer::new(&world(), &crs));
    assert!(refused.is_err());
}

fn world() -> Crs {
    Crs::from_epsg(4326)
}

/// Esri's polar systems name no meridians for their axes, which both run south, or north. The
/// numbers are PROJ's (9.8.1).
#[test]
fn esris_polar_systems_lie_as_in_proj() {
    let known = [
        ("ESRI:102017", 75.0, 347264.5044, -1633751.0435),
        ("ESRI:102018", 75.0, 350260.1229, -1647844.3202),
        ("ESRI:102020", -75.0, 347264.5044, 1633751.0435),
        ("ESRI:102021", -75.0, 350260.1229, 1647844.3202),
    ];
    for (code, lat, east, north) in known {
        let system = Crs::parse(code).expect("is known");
        let (mut x, mut y) = ([12.0], [lat]);
        Transformer::new(&world(), &system).expect("there is a way").transform(&mut x, &mut y);
        assert!((x[0] - east).hypot(y[0] - north) < 1e-3, "{code}: {x:?} {y:?}");
        // As the same in the words of others.
        let keys = system.to_geokeys().expect("GeoTIFF has words for it");
        let read = Crs::from_geokeys(keys).expect("a system");
        assert!(read == system, "{code}: {read}");
        // WKT1 has no meridians, and says of both axes that they run the same way.
        let way = if lat > 0.0 { "SOUTH" } else { "NORTH" };
        let text = system.to_wkt().expect("it has a text");
        let (head, _) = text.rsplit_once(",UNIT[").expect("a unit");
        let axes = format!("AXIS[\"Easting\",{way}],AXIS[\"Northing\",{way}]");
        let text = format!("{head},UNIT[\"metre\",1],{axes}]");
        let own = Crs::parse(&text).expect("it is read");
        let (mut x, mut y) = ([12.0], [lat]);
        Transformer::new(&world(), &own).expect("there is a way").transform(&mut x, &mut y);
        assert!((x[0] - east).hypot(y[0] - north) < 1e-3, "{text}: {x:?} {y:?}");
        let text = system.to_wkt2().expect("it has a text");
        assert!(Crs::parse(&text).expect("it is read") == system, "{text}");
    }
}

/// PROJ writes of systems of old the code of the datum on Greenwich, and another meridian
/// beside it, which counts.
#[test]
fn a_meridian_beside_the_code_of_a_datum_counts() {
    let text = r#"GEOGCRS["S-JTSK (Ferro)",DATUM["System of the Unified Trigonometrical Cadastral
        Network (Ferro)",ELLIPSOID["Bessel 1841",6377397.155,299.1528128],ID["EPSG",6156]],
        PRIMEM["Ferro",-17.6666666666667,ANGLEUNIT["degree",0.0174532925199433]],
        CS[ellipsoidal,2],AXIS["longitude",east],AXIS["latitude",north],
        ANGLEUNIT["degree",0.0174532925199433]]"#;
    let ferro = Crs::parse(text).expect("it is read");
    for code in [4156, 4326] {
        let greenwich = Crs::from_epsg(code);
        let there = Transformer::new(&ferro, &greenwich).expect("there is a way");
        let known = Transformer::new(&Crs::from_epsg(4156), &greenwich).expect("there is a way");
        let (mut x, mut y) = ([32.5], [50.0]);
        there.transform(&mut x, &mut y);
        let (mut u, mut v) = ([32.5 - 17.666_666_666_666_7], [50.0]);
        known.transform(&mut u, &mut v);
        assert!((x[0] - u[0]).abs() < 1e-9 && (y[0] - v[0]).abs() < 1e-9, "{code}: {x:?} {u:?}");
        let back = Transformer::new(&greenwich, &ferro).expect("there is a way");
        back.transform(&mut x, &mut y);
        // Heights between the two datums are dropped, a millimetre.
        assert!((x[0] - 32.5).abs() < 2e-8 && (y[0] - 50.0).abs() < 2e-8, "{code}: {x:?} {y:?}");
    }
}
