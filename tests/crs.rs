//! `swath crs` and `swath transform` as they are typed.

use std::io::Write;
use std::process::{Command, Output, Stdio};

fn swath(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_swath"))
        .args(args)
        .env_remove("PROJ_DATA")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("swath runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    std::thread::scope(|scope| {
        // Beside reading, for neither pipe holds all of it; a command that
        // refuses its arguments reads nothing.
        scope.spawn(move || drop(stdin.write_all(input.as_bytes())));
        child.wait_with_output().expect("swath ends")
    })
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn crs_lists_operations_and_says_which_is_taken() {
    let said = stdout(&swath(&["crs", "EPSG:4326", "EPSG:27700", "--at", "-1.5,52", "--json"], ""));
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let chosen = said["chosen"].as_u64().expect("a number") as usize;
    assert_eq!(said["operations"][chosen]["name"], "Inverse of OSGB36 to WGS 84 (6)");
    assert_eq!(said["operations"][chosen]["accuracy"], 2.0);
    // PROJ 9.5.1, by the same operation.
    let (x, y) = (said["becomes"][0].as_f64().expect("x"), said["becomes"][1].as_f64().expect("y"));
    assert!((x - 434_423.007_236).abs() < 1e-3 && (y - 233_624.374_787).abs() < 1e-3, "{x} {y}");
    assert_eq!(said["better"]["grids"][0]["name"], "uk_os_OSTN15_NTv2_OSGBtoETRS.tif");
    let text = stdout(&swath(&["crs", "EPSG:4326", "EPSG:27700"], ""));
    assert!(text.contains("better: ") && text.contains("missing"), "{text}");
    let refused = swath(&["crs", "EPSG:4326", "EPSG:27700", "--operation", "99"], "");
    assert_eq!(refused.status.code(), Some(2));
}

/// On an ellipsoid "Equidistant Cylindrical (Spherical)" is a sphere's here and in PROJ before 9.8,
/// and the ellipsoid's in PROJ from 9.8 on; the method without that word is the ellipsoid's.
#[test]
fn equidistant_cylindrical_systems_are_as_decided_and_say_so() {
    let at = |code: &str| {
        let words = ["crs", "EPSG:4326", code, "--at", "10,55", "--json"];
        let output = swath(&words, "");
        let said: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("JSON");
        let note = said["notes"][0].as_str().unwrap_or_default().to_owned();
        assert_eq!(said["notes"].as_array().map(Vec::len), Some(usize::from(!note.is_empty())));
        (said["becomes"][0].as_f64().expect("x"), said["becomes"][1].as_f64().expect("y"), note)
    };
    // PROJ 9.5.1 of the first two, 9.8.1 of EPSG:4087; the kilometres are the largest differences
    // of PROJ 9.8.1 from the sphere over the areas of use.
    for (code, x, y, km) in [
        ("EPSG:32662", 1_113_194.907_9, 6_122_571.993_6, Some("25.3 km")),
        ("ESRI:54002", 556_597.454_0, 6_122_571.993_6, Some("35.8 km")),
        ("EPSG:4087", 1_113_194.907_9, 6_097_230.313_1, Some("25.3 km")),
        ("EPSG:4088", 1_111_950.488_2, 6_115_727.685_0, None),
    ] {
        let (u, v, note) = at(code);
        assert!((u - x).abs() < 1e-3 && (v - y).abs() < 1e-3, "{code}: {u} {v}");
        assert_eq!(note.is_empty(), km.is_none(), "{code}: {note}");
        assert!(note.contains(km.unwrap_or_default()), "{code}: {note}");
    }
    assert!(at("ESRI:102421").2.contains("22.4 km") && at("ESRI:102423").2.contains("36.1 km"));
    // Of one system, on standard error; in a list, a line of it; nothing where nothing is moved.
    let alone = swath(&["crs", "ESRI:54002", "--as", "proj"], "");
    let error = String::from_utf8_lossy(&alone.stderr).into_owned();
    assert!(error.starts_with("note: ESRI:54002: ") && error.lines().count() == 1, "{error}");
    assert!(stdout(&alone).starts_with("+proj=eqc"));
    assert!(stdout(&swath(&["crs", "EPSG:4326", "EPSG:4087"], "")).contains("\nnote: EPSG:4087: "));
    assert!(!stdout(&swath(&["crs", "EPSG:4087", "EPSG:4087"], "")).contains("note: "));
}

#[test]
fn one_system_is_defined_in_the_form_asked_for() {
    let said = |args: &[&str]| stdout(&swath(&[&["crs"], args].concat(), ""));
    // What PROJ writes of it, in its words.
    for (form, start) in [
        ("wkt2", "PROJCRS[\"OSGB36 / British National Grid\",BASEGEOGCRS[\"OSGB36\""),
        ("wkt1", "PROJCS[\"OSGB36 / British National Grid\",GEOGCS[\"OSGB36\",DATUM["),
        ("esri", "GEOGCS[\"GCS_OSGB_1936\",DATUM[\"D_OSGB_1936\",SPHEROID[\"Airy_1830\""),
        ("projjson", "{\"type\":\"ProjectedCRS\",\"name\":\"OSGB36 / British National Grid\""),
        ("proj", "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000"),
    ] {
        let text = said(&["EPSG:27700", "--as", form]);
        let dense = |text: &str| text.replace([' ', '\n'], "");
        assert!(
            dense(&text).contains(&dense(start).trim_start_matches('{').to_owned()),
            "{form}: {text}"
        );
        // What is written is read.
        assert!(said(&[text.trim()]).starts_with("PROJCRS["), "{form}");
    }
    assert_eq!(said(&["EPSG:27700"]), said(&["EPSG:27700", "--as", "wkt2"]));
    for wrong in [
        &["crs", "EPSG:27700", "EPSG:4326", "--as", "wkt2"][..],
        &["crs", "EPSG:27700", "--at", "1,2"],
        &["crs", "EPSG:27700", "--operation", "1"],
    ] {
        assert_eq!(swath(wrong, "").status.code(), Some(2), "{wrong:?}");
    }
    assert_eq!(swath(&["crs", "EPSG:1"], "").status.code(), Some(4));
}

#[test]
fn transform_streams_points_and_geojson_in_order() {
    let args = ["transform", "--from", "EPSG:4326", "--to", "EPSG:3857", "-q"];
    let input = "lon,lat,name\n1,0,a\n\n[2,0]\n{\"x\":3,\"y\":0,\"id\":7}\n0,95,out\n";
    let said = stdout(&swath(&args, input));
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines.len(), 6);
    assert_eq!((lines[0], lines[2], lines[5]), ("lon,lat,name", "", "NaN,NaN,out"));
    assert!(lines[1].starts_with("111319.49079327") && lines[1].ends_with(",a"), "{said}");
    assert!(lines[3].starts_with("[222638.98158654") && lines[4].contains("\"id\":7"), "{said}");

    let feature = r#"{"type":"Feature","bbox":[0,0,1,1],"geometry":{"type":"Polygon",
        "coordinates":[[[0,0,5],[1,0,5],[1,1,5],[0,0,5]]]}}"#;
    let said = stdout(&swath(&[&args[..], &["--geojson"]].concat(), feature));
    let said: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    let corner = &said["geometry"]["coordinates"][0][1];
    assert!((corner[0].as_f64().expect("x") - 111_319.490_793).abs() < 1e-6);
    assert_eq!((&corner[2], said.get("bbox")), (&serde_json::json!(5), None));

    // The same bytes for any number of threads.
    let many: String =
        (0..20_000).map(|i| format!("{},{}\n", f64::from(i) * 0.009 - 90.0, i % 80)).collect();
    let one = stdout(&swath(&[&args[..], &["--threads", "1"]].concat(), &many));
    let four = stdout(&swath(&[&args[..], &["--threads", "4"]].concat(), &many));
    assert!(one == four && one.lines().count() == 20_000);
    // A mark of UTF-8 is no part of the first point.
    for input in ["1,0,a\n2,0,b\n", "[1,0]\n[2,0]\n", "{\"x\":1,\"y\":0}\n", "lon,lat\n1,0\n"] {
        let marked = stdout(&swath(&args, &format!("\u{feff}{input}")));
        assert_eq!(marked, stdout(&swath(&args, input)));
    }
    let words = [&args[..], &["--geojson"]].concat();
    assert_eq!(
        stdout(&swath(&words, &format!("\u{feff}{feature}"))),
        stdout(&swath(&words, feature))
    );

    let refused = swath(&args, "1,2\nnonsense\n");
    assert_eq!(refused.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&refused.stderr).contains("line 2"));
}

#[test]
fn what_is_no_area_is_refused() {
    let with = |area: &str| {
        let area = format!("--area={area}");
        swath(&["transform", "--from", "EPSG:4326", "--to", "EPSG:27700", &area], "-1.5,52\n")
    };
    // Fiji lies on both sides of the antimeridian.
    assert!(with("-3,51,-1,53").status.success() && with("177,-21,-178,-12").status.success());
    for (area, reason) in [
        ("-3,53,-1,51", "south"),
        ("-3,51,-1,91", "latitudes"),
        ("357,51,359,53", "longitudes"),
        ("-3,51,-1", "4 numbers"),
    ] {
        let refused = with(area);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{area}: {said}");
        assert!(said.contains(reason) && refused.stdout.is_empty(), "{area}: {said}");
    }
}
