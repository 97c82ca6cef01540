//! Every shared file, against what GDAL reads from it.
//!
//! What differs is either named in [`EXCEPTIONS`] with its reason or a failure;
//! what swath refuses as not supported is counted by name, and that count may
//! only shrink.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use swath::Error;
use swath::codec::Compression;
use swath::crs::{Crs, Transformer};
use swath::engine::{Engine, EngineOptions, Silent};
use swath::geotiff::{GeoTiff, Image, OpenOptions};
use swath::ops::stats::StatsOptions;
use swath::raster::{
    Buffer, DataType, Info, Masked, Metadata, NoData, Point, Raster, Validity, Window,
};

mod common;
#[path = "conformance/exceptions.rs"]
mod exceptions;

use exceptions::{EXCEPTIONS, MOST_REFUSED};

/// What is compared, in the order of the table.
const ASPECTS: [&str; 24] = [
    "opened",
    "size",
    "bands",
    "dtype",
    "transform",
    "crs",
    "place",
    "nodata",
    "block",
    "mask flags",
    "overviews",
    "scale",
    "offset",
    "unit",
    "description",
    "colorinterp",
    "gcps",
    "rpc",
    "items",
    "pixels",
    "validity",
    "sidecars",
    "checksum",
    "statistics",
];

/// What became of one aspect of one file.
enum Outcome {
    Equal,
    Refused(String),
    Differs(String),
}

#[derive(Default)]
struct Table {
    equal: BTreeMap<&'static str, usize>,
    refused: BTreeMap<String, usize>,
    excused: BTreeMap<&'static str, usize>,
    /// (file, aspect, what).
    wrong: Vec<(String, &'static str, String)>,
}

#[test]
fn files_are_read_as_gdal_reads_them() {
    let Some(data) = common::shared_data() else { return };
    let files: Vec<(String, Value)> = common::oracle(&data).into_iter().collect();
    let (next, table) = (AtomicUsize::new(0), Mutex::new(Table::default()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some((name, truth)) = files.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = compare(&data.join(name), truth);
                    table.lock().expect("no panic").add(name, found);
                }
            });
        }
    });
    let table = table.into_inner().expect("no panic");
    println!("{}", table.show(files.len()));
    let refused: usize = table.refused.values().sum();
    assert!(refused <= MOST_REFUSED, "{refused} refused, more than {MOST_REFUSED}");
    let mut wrong: Vec<_> = table
        .wrong
        .iter()
        .map(|(name, aspect, what)| format!("{name}: {aspect}: {what}"))
        .collect();
    wrong.sort();
    assert!(wrong.is_empty(), "{} differences:\n{}", wrong.len(), wrong.join("\n"));
}

impl Table {
    fn add(&mut self, name: &str, found: Vec<(&'static str, Outcome)>) {
        let excuses = EXCEPTIONS.iter().filter(|excuse| excuse.files.contains(&name));
        let excuses: Vec<&str> = excuses.flat_map(|excuse| excuse.aspects).copied().collect();
        let mut met = Vec::new();
        for (aspect, outcome) in found {
            match outcome {
                Outcome::Equal => *self.equal.entry(aspect).or_default() += 1,
                Outcome::Refused(what) => *self.refused.entry(what).or_default() += 1,
                Outcome::Differs(_) if excuses.contains(&aspect) => {
                    *self.excused.entry(aspect).or_default() += 1;
                    met.push(aspect);
                }
                Outcome::Differs(what) => self.wrong.push((name.to_owned(), aspect, what)),
            }
        }
        for aspect in excuses.iter().filter(|aspect| !met.contains(aspect)) {
            self.wrong.push((name.to_owned(), "exception", format!("{aspect} is equal now")));
        }
    }

    fn show(&self, files: usize) -> String {
        let mut text = format!("{:<14}{files:>6}\n", "files");
        for aspect in ASPECTS {
            let differ = self.wrong.iter().filter(|(_, at, _)| *at == aspect).count();
            let equal = self.equal.get(aspect).copied().unwrap_or(0);
            let excused = self.excused.get(aspect).copied().unwrap_or(0);
            let _ = writeln!(
                text,
                "{aspect:<14}{equal:>6} equal {excused:>5} exceptions {differ:>5} differ"
            );
        }
        for (what, count) in &self.refused {
            let _ = writeln!(text, "{count:>6} refused: {what}");
        }
        text
    }
}

/// Compares one file in every aspect.
fn compare(path: &Path, truth: &Value) -> Vec<(&'static str, Outcome)> {
    let gdal = &truth["gdal"];
    let alone = OpenOptions { sidecars: false, ..OpenOptions::default() };
    let opened = GeoTiff::open(path, &alone);
    if gdal["driver"].is_null() {
        // What only GDAL's lack of a codec keeps it from may open here.
        let reason = gdal["error"].as_str().unwrap_or_default();
        let codec = reason.contains("missing codec JXL") || reason.contains("missing codec JP2");
        let outcome = match opened {
            Err(_) => Outcome::Equal,
            Ok(_) if codec => Outcome::Equal,
            Ok(_) => Outcome::Differs(format!("GDAL refuses: {reason}")),
        };
        return vec![("opened", outcome)];
    }
    let file = match opened {
        Ok(file) => file,
        Err(error) => return vec![("opened", refusal(&error))],
    };
    let mut found = vec![("opened", Outcome::Equal)];
    facts(file.image(), gdal, &mut found);
    found.push(("sidecars", sidecars(path, &file, &truth["gdal_sidecars"])));
    if gdal["bands"].is_array() {
        let (pixels, validity) = samples(&file.raster(), gdal, is_lossy(file.image()));
        found.push(("pixels", pixels));
        let whole = matches!(pixels_read(&found), Some(Outcome::Equal));
        found.extend(validity.map(|validity| ("validity", validity)));
        // What is not equal sample by sample cannot come to the same.
        if whole && !is_lossy(file.image()) {
            survey(&file.raster(), gdal, &mut found);
        }
        found.push(("overviews", overviews(file.image(), &file.raster().overviews(), gdal)));
    }
    found
}

fn pixels_read<'a>(found: &'a [(&str, Outcome)]) -> Option<&'a Outcome> {
    found.iter().find(|(aspect, _)| *aspect == "pixels").map(|(_, outcome)| outcome)
}

/// Compares what the samples come to: GDAL's checksum, and numpy's statistics.
fn survey(raster: &Raster, gdal: &Value, found: &mut Vec<(&'static str, Outcome)>) {
    let bands = gdal["bands"].as_array().map(Vec::as_slice).unwrap_or_default();
    if bands.iter().any(|band| band["error"].is_string()) {
        return;
    }
    let options = EngineOptions { threads: 1, ..EngineOptions::default() };
    let engine = Engine::new(options).expect("starts");
    let checksums = match raster.checksums(&engine, &mut Silent) {
        Ok(checksums) => checksums,
        Err(error) => return found.push(("checksum", refusal(&error))),
    };
    // numpy orders complex numbers, and takes opacity for a mask.
    let plain = !raster.info().dtype.is_complex() && raster.info().validity(0) != Validity::Alpha;
    let ours = plain.then(|| raster.statistics(&engine, &StatsOptions::default(), &mut Silent));
    let ours = ours.transpose().expect("statistics of what has a checksum");
    let (mut checksum, mut statistics) = (Outcome::Equal, Outcome::Equal);
    for (band, theirs) in bands.iter().enumerate() {
        let sum = theirs["checksum"].as_u64();
        if sum.is_some_and(|sum| u64::from(checksums[band]) != sum) {
            checksum = Outcome::Differs(format!("band {band}: {sum:?} {}", checksums[band]));
        }
        let Some(ours) = ours.as_ref().map(|bands| &bands[band]) else { continue };
        let valid = ours.summary.map_or(0, |summary| summary.valid);
        let near = |ours: f64, key: &str| {
            let theirs = theirs[key].as_f64();
            theirs.is_none_or(|theirs| (ours - theirs).abs() <= 1e-9 * theirs.abs().max(1.0))
        };
        let count = theirs["n_valid"].as_u64().is_none_or(|n| valid == n);
        let equal = ours.summary.is_none_or(|s| {
            let numbers = [(s.min, "min"), (s.max, "max"), (s.mean, "mean"), (s.std, "std")];
            numbers.into_iter().all(|(number, key)| near(number, key))
        });
        if !(count && equal) {
            let keys = ["n_valid", "min", "max", "mean", "std"].map(|key| &theirs[key]);
            statistics = Outcome::Differs(format!("band {band}: {keys:?} {ours:?}"));
        }
    }
    found.extend([("checksum", checksum), ("statistics", statistics)]);
}

fn refusal(error: &Error) -> Outcome {
    match (error, error.detail()) {
        (Error::Unsupported(_), Some(detail)) => {
            let found = detail.found.clone().unwrap_or_default();
            Outcome::Refused(format!("{} {found}", detail.what).trim().to_owned())
        }
        _ => Outcome::Differs(error.to_string()),
    }
}

/// Compares what is known once files beside it are heeded: what the oracle says
/// they change, and nothing where it says nothing.
fn sidecars(path: &Path, alone: &GeoTiff, truth: &Value) -> Outcome {
    let file = match GeoTiff::open(path, &OpenOptions::default()) {
        Ok(file) => file,
        Err(error) => return Outcome::Differs(error.to_string()),
    };
    let (info, metadata) = (file.image().info(), &file.image().info().metadata);
    let Some(truth) = truth.as_object() else {
        let before = alone.image().info();
        // As text, for no NaN equals itself.
        let known = |info: &Info| format!("{:?}", (&info.grid, &info.metadata, info.nodata));
        let changed = known(before) != known(info) || !file.sidecars().is_empty();
        return match changed {
            true => Outcome::Differs(format!("nothing changes in GDAL: {:?}", file.sidecars())),
            false => Outcome::Equal,
        };
    };
    for (key, theirs) in truth {
        let (ours, theirs) = match key.as_str() {
            "transform" => (transform(info), theirs.clone()),
            "gcps" => (gcps(metadata), theirs["pts"].clone()),
            "rpcs" => {
                let mut theirs = rpc_numbers(theirs);
                // rasterio takes an error of 0 for none.
                theirs.as_object_mut().map(|rpc| rpc.entry("ERR_RAND").or_insert(json!([0.0])));
                (rpc(metadata), theirs)
            }
            "tags" => {
                // Layout is compared by itself, coefficients too.
                let named = |d: &&String| !["", "IMAGE_STRUCTURE", "RPC"].contains(&d.as_str());
                let ours: Vec<_> = metadata.domains.keys().filter(named).cloned().collect();
                let theirs = theirs.as_object().into_iter().flat_map(|t| t.keys());
                let theirs: Vec<_> = theirs.filter(named).cloned().collect();
                // GDAL writes the XML inside anew, so that only the domain compares.
                (ours.into(), theirs.into())
            }
            "band_tags" => {
                let band = |b| metadata.bands.get(&b).and_then(|band| band.domains.get(""));
                let ours = (0..info.bands).map(|b| json!({ "": band(b) }));
                (ours.collect(), theirs.clone())
            }
            "crs" => {
                let known = info.grid.crs.is_some() || metadata.crs_text.is_some();
                (known.into(), true.into())
            }
            other => (Value::Null, other.into()),
        };
        if !same(&ours, &theirs) {
            return Outcome::Differs(format!("{key}: expected {theirs}, found {ours}"));
        }
    }
    Outcome::Equal
}

/// Whether the corners of an image are where another system has them, to what systems are held to
/// in tests/epsg.rs: a millimetre, or 1e-8 degrees.
fn is_one_place(info: &Info, theirs: Option<&Crs>) -> bool {
    let (Some(ours), Some(theirs)) = (&info.grid.crs, theirs) else { return false };
    if ours == theirs {
        return true;
    }
    let Ok(between) = Transformer::new(ours, theirs) else { return false };
    let (width, height) = (f64::from(info.grid.size.width), f64::from(info.grid.size.height));
    let corners = [(0.0, 0.0), (width, 0.0), (0.0, height), (width, height)];
    let corners = corners.map(|(x, y)| info.grid.transform.apply(Point { x, y }));
    let near = if ours.is_geographic() { 1e-8 } else { 1e-3 };
    corners.into_iter().all(|Point { x, y }| {
        let (mut there_x, mut there_y) = ([x], [y]);
        between.transform(&mut there_x, &mut there_y);
        (there_x[0] - x).hypot(there_y[0] - y) <= near
    })
}

fn transform(info: &Info) -> Value {
    let t = info.grid.transform;
    let ours = [t.pixel_width, t.row_rotation, t.origin_x, t.column_rotation, t.pixel_height];
    [&ours[..], &[t.origin_y, 0.0, 0.0, 1.0]].concat().into()
}

fn gcps(metadata: &Metadata) -> Value {
    let points = metadata.gcps.iter().flat_map(|gcps| gcps.points.iter());
    let points: Vec<Value> =
        points.map(|p| Value::from([p.pixel.x, p.pixel.y, p.ground.x, p.ground.y, p.z])).collect();
    if points.is_empty() { Value::Null } else { points.into() }
}

fn rpc(metadata: &Metadata) -> Value {
    let rpc = metadata.rpc.as_ref().map(|rpc| {
        let of = |(name, values): (&str, &[f64])| (name.to_owned(), values.into());
        Value::Object(rpc.named().map(of).collect())
    });
    rpc.unwrap_or(Value::Null)
}

fn rpc_numbers(theirs: &Value) -> Value {
    let theirs = theirs.as_object().map(|rpcs| {
        let of = |(name, text): (&String, &Value)| {
            let numbers = text.as_str().unwrap_or_default().split_whitespace();
            (name.clone(), numbers.filter_map(|n| n.parse::<f64>().ok()).collect())
        };
        Value::Object(rpcs.iter().map(of).collect())
    });
    theirs.unwrap_or(Value::Null)
}

/// Compares what is known without pixels.
fn facts(image: &Image, gdal: &Value, found: &mut Vec<(&'static str, Outcome)>) {
    let (layout, info) = (image.layout(), image.info());
    let mut equal = |aspect, ours: Value, theirs: Value| {
        let outcome = if same(&ours, &theirs) {
            Outcome::Equal
        } else {
            let short = |v: Value| v.to_string().chars().take(160).collect::<String>();
            Outcome::Differs(format!("expected {}, found {}", short(theirs), short(ours)))
        };
        found.push((aspect, outcome));
    };
    let each = |f: &dyn Fn(u16) -> Value| (0..info.bands).map(f).collect::<Value>();
    let size = [&gdal["width"], &gdal["height"]];
    equal(
        "size",
        [layout.size.width, layout.size.height].into(),
        size.into_iter().cloned().collect(),
    );
    equal("bands", info.bands.into(), gdal["count"].clone());
    // rasterio has no name for complex integers of 32 bits.
    let dtype = match info.dtype {
        DataType::CI32 => DataType::CF32,
        dtype => dtype,
    };
    equal("dtype", each(&|_| dtype.name().into()), gdal["dtypes"].clone());
    equal("transform", transform(info), gdal["transform"].clone());
    let epsg = &gdal["crs"]["epsg"];
    if !epsg.is_null() {
        let ours = info.grid.crs.as_ref().and_then(|crs| crs.epsg());
        equal("crs", ours.into(), epsg.clone());
        // Whatever it is called, and with heights or without: the same coordinates of one datum.
        let theirs = epsg.as_u64().and_then(|code| u32::try_from(code).ok()).map(Crs::from_epsg);
        equal("place", is_one_place(info, theirs.as_ref()).into(), true.into());
    }
    let nodata = info.nodata.map_or(Value::Null, |n| match n {
        NoData::Integer(i) => i64::try_from(i).map_or_else(|_| (i as f64).into(), Value::from),
        NoData::Float(x) if x.is_nan() => "nan".into(),
        NoData::Float(x) if x.is_infinite() => if x > 0.0 { "inf" } else { "-inf" }.into(),
        NoData::Float(x) if info.dtype == DataType::F32 => f64::from(x as f32).into(),
        NoData::Float(x) => x.into(),
    });
    equal("nodata", each(&|_| nodata.clone()), gdal["nodata"].clone());
    let mut rows = layout.chunk.height;
    if !layout.tiled && layout.chunks() == 1 + u64::from((layout.size.height - 1) / rows) {
        // libtiff divides an only uncompressed strip in parts of 8 KiB, swath in larger ones.
        let bits = u64::from(layout.bits) * u64::from(info.bands) * u64::from(layout.size.width);
        let part = (8192 / bits.div_ceil(8)).clamp(1, u64::from(layout.size.height));
        let theirs = gdal["block_shapes"][0][0].as_u64().unwrap_or(0);
        if layout.compression == Compression::None && part == theirs {
            rows = part as u32;
        }
    }
    let block: Value = [rows, layout.chunk.width].into();
    equal("block", each(&|_| block.clone()), gdal["block_shapes"].clone());
    let flags = each(&|band| {
        match info.validity(band) {
            Validity::All => vec!["all_valid"],
            Validity::NoData => vec!["nodata"],
            Validity::Mask => vec!["per_dataset"],
            Validity::BandMask => vec![],
            _ => vec!["per_dataset", "alpha"],
        }
        .into()
    });
    equal("mask flags", flags, gdal["mask_flags"].clone());
    let band = |band: u16| info.metadata.bands.get(&band);
    let number = |x: Option<f64>, usual: f64| Value::from(x.unwrap_or(usual));
    let text = |x: Option<&String>| x.map_or(Value::Null, |text| text.as_str().into());
    equal("scale", each(&|b| number(band(b).and_then(|b| b.scale), 1.0)), gdal["scales"].clone());
    equal(
        "offset",
        each(&|b| number(band(b).and_then(|b| b.offset), 0.0)),
        gdal["offsets"].clone(),
    );
    equal("unit", each(&|b| text(band(b).and_then(|b| b.unit.as_ref()))), gdal["units"].clone());
    let descriptions = each(&|b| text(band(b).and_then(|b| b.description.as_ref())));
    equal("description", descriptions, gdal["descriptions"].clone());
    let colors = each(&|b| info.color(b).name().to_lowercase().into());
    equal("colorinterp", colors, gdal["colorinterp"].clone());
    equal("gcps", gcps(&info.metadata), gdal["gcps"]["pts"].clone());
    equal("rpc", rpc(&info.metadata), rpc_numbers(&gdal["rpcs"]));
    let mut ours: Map<String, Value> = Map::new();
    for (name, text) in info.metadata.domains.get("").into_iter().flatten() {
        ours.insert(name.clone(), text.as_str().into());
    }
    let mut theirs = gdal["tags"][""].as_object().cloned().unwrap_or_default();
    let point = theirs.remove("AREA_OR_POINT");
    if point.is_some_and(|p| p == "Point") != info.metadata.pixel_is_point {
        ours.insert("AREA_OR_POINT".into(), "Point".into());
    }
    equal("items", ours.into(), theirs.into());
}

/// Numbers are the same if they are as doubles, or nearly so: the oracle went
/// through text.
fn same(ours: &Value, theirs: &Value) -> bool {
    match (ours, theirs) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap_or(f64::NAN), b.as_f64().unwrap_or(f64::NAN));
            a == b || (a - b).abs() <= 1e-12 * a.abs().max(b.abs())
        }
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, v)| b.get(k).is_some_and(|b| same(v, b)))
        }
        (Value::String(a), Value::String(b)) => match b.strip_prefix("sha256:") {
            // How the oracle keeps long texts.
            Some(hash) => sha256(a.as_bytes()) == hash,
            None => a.trim() == b.trim(),
        },
        // JSON has no NaN.
        (Value::Null, Value::String(text)) => text == "nan",
        // GDAL keeps empty texts as none.
        (Value::String(text), Value::Null) => text.is_empty(),
        (a, b) => a == b,
    }
}

/// Compares samples and validity of all bands, read in one window.
fn samples(raster: &Raster, truth: &Value, lossy: bool) -> (Outcome, Option<Outcome>) {
    let Value::Array(bands) = &truth["bands"] else { return (Outcome::Equal, None) };
    let unreadable = bands.iter().any(|band| band["error"].is_string());
    let read = raster.read(raster.info().grid.size.window());
    let buffer = match read {
        Err(_) if unreadable => return (Outcome::Equal, None),
        Err(error) => return (refusal(&error), None),
        // More than GDAL reads is no fault.
        Ok(_) if unreadable => return (Outcome::Equal, None),
        Ok(buffer) => buffer,
    };
    let differ = bands.iter().zip(0..).find(|(band, b)| {
        if lossy {
            return !is_near(&buffer, *b, band);
        }
        band["sha256"].as_str() != Some(&sha256(&little(&buffer, *b)))
    });
    let pixels = match differ {
        Some((_, band)) => Outcome::Differs(format!("samples of band {}", band + 1)),
        None => Outcome::Equal,
    };
    let wrong = bands.iter().zip(0..).find(|(band, b)| {
        let opacity = raster.info().validity(*b) == Validity::Alpha;
        let Some(wanted) = band["mask_sha256"].as_str().filter(|_| !opacity) else { return false };
        let pixels = buffer.window().pixels() as usize;
        let valid = buffer.valid(*b).map_or(vec![255; pixels], <[u8]>::to_vec);
        sha256(&valid) != wanted
    });
    let validity = match wrong {
        Some((_, band)) => Outcome::Differs(format!("band {}", band + 1)),
        None => Outcome::Equal,
    };
    (pixels, Some(validity))
}

/// Returns whether the range and mean of a lossy band of bytes are GDAL's within
/// a few levels.
fn is_near(buffer: &Buffer, band: u16, truth: &Value) -> bool {
    if buffer.dtype() != DataType::U8 {
        return true;
    }
    let samples = buffer.plane::<u8>(band).iter().map(|&v| f64::from(v));
    let (mut least, mut most, mut sum) = (f64::MAX, f64::MIN, 0.0);
    for (sample, at) in samples.zip(0..) {
        if buffer.valid(band).is_none_or(|valid| valid[at] != 0) {
            (least, most, sum) = (least.min(sample), most.max(sample), sum + sample);
        }
    }
    let mean = sum / truth["n_valid"].as_f64().unwrap_or(1.0);
    let near = |ours: f64, key: &str, by: f64| {
        truth[key].as_f64().is_none_or(|theirs| (ours - theirs).abs() <= by)
    };
    near(least, "min", 8.0) && near(most, "max", 8.0) && near(mean, "mean", 1.0)
}

fn overviews(image: &Image, rasters: &[Raster], gdal: &Value) -> Outcome {
    let none = Vec::new();
    let levels = gdal["overview_levels"].as_array().unwrap_or(&none);
    let theirs: Vec<_> =
        levels.iter().map(|l| [&l["width"], &l["height"]].map(Value::as_u64)).collect();
    let ours: Vec<_> = image
        .overviews()
        .map(|o| [o.layout().size.width, o.layout().size.height].map(|n| Some(u64::from(n))))
        .collect();
    if ours != theirs {
        return Outcome::Differs(format!("expected {theirs:?}, found {ours:?}"));
    }
    for (number, (raster, level)) in rasters.iter().zip(levels).enumerate() {
        let lossy = image.overviews().nth(number).is_some_and(is_lossy);
        if let (Outcome::Differs(what), _) = samples(raster, level, lossy) {
            return Outcome::Differs(format!("level {number}: {what}"));
        }
    }
    Outcome::Equal
}

/// Whether decoders may differ by a level or two.
fn is_lossy(image: &Image) -> bool {
    let codec = format!("{:?}", image.layout().compression).to_lowercase();
    ["jpeg", "webp", "jxl"].iter().any(|name| codec.contains(name))
}

/// The samples of a band as the oracle hashed them.
fn little(buffer: &Buffer, band: u16) -> Vec<u8> {
    // rasterio knows complex integers as complex floats only.
    let float = |part: f32| part.to_le_bytes();
    match buffer.dtype() {
        DataType::CI16 => {
            let parts = buffer.plane::<[i16; 2]>(band).iter().flatten();
            return parts.flat_map(|&part| float(part.into())).collect();
        }
        DataType::CI32 => {
            let parts = buffer.plane::<[i32; 2]>(band).iter().flatten();
            return parts.flat_map(|&part| float(part as f32)).collect();
        }
        _ => {}
    }
    let mut bytes = buffer.plane_bytes(band).to_vec();
    if cfg!(target_endian = "big") && buffer.dtype() != DataType::U8 {
        bytes.chunks_exact_mut(buffer.dtype().part().bytes()).for_each(<[u8]>::reverse);
    }
    bytes
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Some bands of a file, read without the others, are those of the whole; and of a file that has
/// its bands apart no chunk of another is read.
#[test]
fn bands_are_the_same_without_the_others() {
    let Some(data) = common::shared_data() else { return };
    let (mut compared, mut apart) = (0, 0);
    for (name, _) in common::oracle(&data) {
        let Ok(file) = GeoTiff::open(data.join(&name), &OpenOptions::default()) else { continue };
        let raster = file.raster();
        let (bands, size) = (raster.info().bands, raster.info().grid.size);
        if !(2..=64).contains(&bands) || size.pixels() > 1 << 22 {
            continue;
        }
        let window = Window::new(-1, 0, size.width.min(700) + 2, size.height.min(700));
        let Ok(whole) = raster.read(window) else { continue };
        let chosen = [bands - 1, 0, bands - 1];
        let few = raster.select_bands(&chosen).expect("bands that are there");
        let read = few.read(window).expect("as the whole");
        for (to, &from) in (0..).zip(&chosen) {
            assert_eq!(read.plane_bytes(to), whole.plane_bytes(from), "{name}, band {from}");
            let all = |valid: Option<&[u8]>| valid.is_none_or(|v| v.iter().all(|&v| v == 255));
            match (read.valid(to), whole.valid(from)) {
                (Some(own), Some(other)) => assert_eq!(own, other, "{name}, band {from}"),
                (own, other) => assert!(all(own) && all(other), "{name}, band {from}"),
            }
        }
        compared += 1;
        let few = raster.select_bands(&[0]).expect("a band that is there");
        let count = |raster: &Raster| {
            let mut count = 0;
            raster.source().needs(size.window(), &mut |_| count += 1);
            count
        };
        if file.image().layout().bands_in_chunk() == 1 && raster.info().masked == Masked::No {
            assert_eq!(count(&few) * u64::from(bands), count(&raster), "{name}");
            apart += 1;
        }
    }
    assert!(compared > 100 && apart > 10, "{compared} files, {apart} with bands apart");
}
