//! Raster algebra: against an evaluator of its own, one sample at a time, and what
//! each operation must give.

mod rasters;

use rasters::{Random, assert_crop, assert_same, noise};
use swath::engine::{Engine, EngineOptions};
use swath::kernel::Resampling;
use swath::ops::calc::{CalcOptions, Calculated, Counts, Expression, GridChoice, Input, Overflow};
use swath::ops::warp::WarpOptions;
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Sample, Size, Window,
};
use swath::{Error, Result};

const SCENE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/landsat.tif");

fn calculate(text: &str, inputs: &[(&str, &Raster)], options: &CalcOptions) -> Result<Calculated> {
    let engine = Engine::new(EngineOptions { threads: 2, ..EngineOptions::default() })?;
    let inputs: Vec<Input> = inputs
        .iter()
        .map(|&(name, raster)| Input { name: name.into(), raster: raster.clone(), band: None })
        .collect();
    Expression::parse(text)?.over(&inputs, options, &engine)
}

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

/// The samples of one band in `f64`; missing ones are `None`.
fn samples<T: Sample>(pixels: &Buffer, band: u16) -> Vec<Option<f64>> {
    let valid = pixels.valid(band);
    let plane = pixels.plane::<T>(band).iter().enumerate();
    plane.map(|(i, s)| valid.is_none_or(|v| v[i] != 0).then(|| s.to_f64())).collect()
}

/// A raster of one row of `f64`, missing where there is none.
fn row(values: &[Option<f64>]) -> Raster {
    let size = Size::new(values.len() as u32, 1);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::F64);
    pixels.add_mask();
    if let (plane, Some(valid)) = pixels.plane_and_valid_mut::<f64>(0) {
        for ((sample, valid), value) in plane.iter_mut().zip(valid).zip(values) {
            *sample = value.unwrap_or(-9999.0);
            *valid = if value.is_some() { 255 } else { 0 };
        }
    }
    let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    let info = Info { nodata: Some(NoData::Integer(-9999)), ..Info::new(grid, 1, DataType::F64) };
    Raster::from_buffer(info, pixels).expect("a whole raster")
}

/// What an expression gives where A, B and C are these.
fn of(text: &str, a: Option<f64>, b: Option<f64>, c: Option<f64>) -> Option<f64> {
    let (a, b, c) = (row(&[a]), row(&[b]), row(&[c]));
    let options = CalcOptions { dtype: Some(DataType::F64), ..CalcOptions::default() };
    let made = calculate(text, &[("A", &a), ("B", &b), ("C", &c)], &options).expect(text);
    samples::<f64>(&whole(&made.raster), 0)[0]
}

/// An expression as this test makes it up.
#[derive(Debug)]
enum Expr {
    Number(f64),
    Missing,
    Band(u16, i64, i64),
    Unary(&'static str, Box<Self>),
    Infix(&'static str, Box<Self>, Box<Self>),
    Choice(Box<Self>, Box<Self>, Box<Self>),
    Call(&'static str, Vec<Self>),
    Focal(&'static str, u16),
}

const UNARY: [&str; 14] = [
    "-", "!", "abs", "sqrt", "log", "exp", "sin", "atan", "floor", "ceil", "round", "trunc",
    "isnodata", "sign",
];
const INFIX: [&str; 19] = [
    "+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "&", "|",
    "<<", ">>",
];
const CALLS: [&str; 16] = [
    "sum",
    "mean",
    "median",
    "min",
    "max",
    "std",
    "var",
    "count",
    "first",
    "last",
    "argmin",
    "argmax",
    "coalesce",
    "where",
    "clamp",
    "percentile",
];
const FOCAL: [&str; 5] = ["mean", "min", "max", "sum", "count"];

impl Expr {
    fn random(random: &mut Random, depth: u64) -> Self {
        let pick = |random: &mut Random, from: &[&'static str]| {
            from[random.below(from.len() as u64) as usize]
        };
        let boxed = |random: &mut Random| Box::new(Self::random(random, depth - 1));
        let band = |random: &mut Random| random.below(3) as u16;
        if depth == 0 || random.below(6) == 0 {
            return match random.below(12) {
                0..4 => Self::Number([0.0, 1.0, 2.0, 0.5, 3.0, 100.0][random.below(6) as usize]),
                4 => Self::Missing,
                5..8 => {
                    let (dx, dy) = (random.below(7) as i64 - 3, random.below(7) as i64 - 3);
                    Self::Band(band(random), dx, dy)
                }
                8 => Self::Focal(pick(random, &FOCAL), band(random)),
                _ => Self::Band(band(random), 0, 0),
            };
        }
        match random.below(8) {
            0 | 1 => Self::Unary(pick(random, &UNARY), boxed(random)),
            2..5 => Self::Infix(pick(random, &INFIX), boxed(random), boxed(random)),
            5 => Self::Choice(boxed(random), boxed(random), boxed(random)),
            _ => {
                let name = pick(random, &CALLS);
                let count = match name {
                    "where" | "clamp" => 3,
                    _ => 1 + random.below(4),
                };
                let parts = (0..count).map(|_| Self::random(random, depth - 1)).collect();
                Self::Call(name, parts)
            }
        }
    }

    fn text(&self) -> String {
        match self {
            Self::Number(value) => value.to_string(),
            Self::Missing => "nodata".into(),
            Self::Band(band, 0, 0) => format!("A[{}]", band + 1),
            Self::Band(band, dx, dy) => format!("A[{}].at({dx}, {dy})", band + 1),
            Self::Unary(name @ ("-" | "!"), a) => format!("({name}{})", a.text()),
            Self::Unary(name, a) => format!("{name}({})", a.text()),
            Self::Infix(sign, a, b) => format!("({} {sign} {})", a.text(), b.text()),
            Self::Choice(c, a, b) => format!("({} ? {} : {})", c.text(), a.text(), b.text()),
            Self::Call(name, parts) => {
                let parts: Vec<String> = parts.iter().map(Self::text).collect();
                let first = if *name == "percentile" { "30, " } else { "" };
                format!("{name}({first}{})", parts.join(", "))
            }
            Self::Focal(name, band) => format!("focal(A[{}], {name}, 3)", band + 1),
        }
    }

    /// The value at a pixel, by the words of the documentation.
    fn at(&self, scene: &Scene, col: i64, row: i64) -> Option<f64> {
        let number = |value: f64| (!value.is_nan()).then_some(value);
        let truth = |is: bool| Some(f64::from(u8::from(is)));
        match self {
            Self::Number(value) => Some(*value),
            Self::Missing => None,
            Self::Band(band, dx, dy) => scene.get(*band, col + dx, row + dy),
            Self::Unary("isnodata", a) => truth(a.at(scene, col, row).is_none()),
            Self::Unary(name, a) => {
                let a = a.at(scene, col, row)?;
                match *name {
                    "-" => Some(-a),
                    "!" => truth(a == 0.0),
                    "abs" => Some(a.abs()),
                    "sqrt" => number(a.sqrt()),
                    "log" if a <= 0.0 => None,
                    "log" => Some(a.ln()),
                    "exp" => Some(a.exp()),
                    "sin" => number(a.sin()),
                    "atan" => Some(a.atan()),
                    "floor" => Some(a.floor()),
                    "ceil" => Some(a.ceil()),
                    "trunc" => Some(a.trunc()),
                    "sign" if a == 0.0 => Some(a),
                    "sign" => Some(if a > 0.0 { 1.0 } else { -1.0 }),
                    "round" => {
                        let down = a.floor();
                        let up = a - down;
                        let even = down % 2.0 == 0.0;
                        Some(if up > 0.5 || up == 0.5 && !even { down + 1.0 } else { down })
                    }
                    other => panic!("{other}"),
                }
            }
            Self::Infix(sign, a, b) => {
                let (a, b) = (a.at(scene, col, row)?, b.at(scene, col, row)?);
                let bits = |of: fn(i64, i64) -> Option<i64>| {
                    let whole = |v: f64| v == v.trunc() && v.abs() <= 2f64.powi(53);
                    if !whole(a) || !whole(b) {
                        return None;
                    }
                    of(a as i64, b as i64).filter(|v| v.unsigned_abs() <= 1 << 53).map(|v| v as f64)
                };
                match *sign {
                    "+" => number(a + b),
                    "-" => number(a - b),
                    "*" => number(a * b),
                    "/" if b == 0.0 => None,
                    "/" => number(a / b),
                    "//" | "%" if b == 0.0 => None,
                    "%" => {
                        let rest = number(a % b)?;
                        Some(if rest != 0.0 && (rest < 0.0) != (b < 0.0) { rest + b } else { rest })
                    }
                    "//" => {
                        let rest = number(a % b)?;
                        let below = rest != 0.0 && (rest < 0.0) != (b < 0.0);
                        let exact = (a - rest) / b - if below { 1.0 } else { 0.0 };
                        Some(if exact - exact.floor() > 0.5 { exact.ceil() } else { exact.floor() })
                    }
                    "**" if a == 0.0 && b < 0.0 => None,
                    "**" if b == 2.0 => Some(a * a),
                    "**" => number(a.powf(b)),
                    "==" => truth(a == b),
                    "!=" => truth(a != b),
                    "<" => truth(a < b),
                    "<=" => truth(a <= b),
                    ">" => truth(a > b),
                    ">=" => truth(a >= b),
                    "&&" => truth(a != 0.0 && b != 0.0),
                    "||" => truth(a != 0.0 || b != 0.0),
                    "&" => bits(|a, b| Some(a & b)),
                    "|" => bits(|a, b| Some(a | b)),
                    "<<" => bits(|a, b| {
                        let wide = i128::from(a) << u32::try_from(b).ok().filter(|b| *b < 64)?;
                        i64::try_from(wide).ok()
                    }),
                    ">>" => bits(|a, b| Some(a >> u32::try_from(b).ok().filter(|b| *b < 64)?)),
                    other => panic!("{other}"),
                }
            }
            Self::Choice(c, a, b) => {
                let chosen = if c.at(scene, col, row)? != 0.0 { a } else { b };
                chosen.at(scene, col, row)
            }
            Self::Call(name, parts) => {
                let all: Vec<Option<f64>> = parts.iter().map(|p| p.at(scene, col, row)).collect();
                match *name {
                    "where" => {
                        if all[0]? != 0.0 {
                            all[1]
                        } else {
                            all[2]
                        }
                    }
                    "clamp" => {
                        let (value, low, high) = (all[0]?, all[1]?, all[2]?);
                        let raised = if value < low { low } else { value };
                        Some(if raised > high { high } else { raised })
                    }
                    _ => reduce(name, &all),
                }
            }
            Self::Focal(name, band) => {
                let around = (-1..=1).flat_map(|dy| (-1..=1).map(move |dx| (dx, dy)));
                let all: Vec<Option<f64>> =
                    around.map(|(dx, dy)| scene.get(*band, col + dx, row + dy)).collect();
                reduce(name, &all)
            }
        }
    }
}

/// One number of several, those that are missing left out.
fn reduce(name: &str, all: &[Option<f64>]) -> Option<f64> {
    let there: Vec<f64> = all.iter().flatten().copied().collect();
    if name == "count" {
        return Some(there.len() as f64);
    }
    let sum = |values: &[f64]| {
        let (first, others) = values.split_first()?;
        Some(others.iter().fold(*first, |sum, v| sum + v)).filter(|v| !v.is_nan())
    };
    let mean = |values: &[f64]| sum(values).map(|s| s / values.len() as f64);
    let best = |better: fn(f64, f64) -> bool| {
        there.iter().copied().reduce(|so_far, v| if better(v, so_far) { v } else { so_far })
    };
    let place = |value: f64| all.iter().position(|v| *v == Some(value)).map(|at| (at + 1) as f64);
    let variance = || {
        let mean = mean(&there)?;
        let squares: Vec<f64> =
            there.iter().map(|v| (v - mean) * (v - mean)).filter(|v| !v.is_nan()).collect();
        sum(&squares).map(|s| s / squares.len() as f64)
    };
    let ranked = |percentile: f64| {
        let mut sorted = there.clone();
        sorted.sort_by(f64::total_cmp);
        let at = percentile / 100.0 * (sorted.len().checked_sub(1)? as f64);
        let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
        let part = at - at.floor();
        let between = if low == high {
            low
        } else if part < 0.5 {
            low + (high - low) * part
        } else {
            high - (high - low) * (1.0 - part)
        };
        Some(between).filter(|v| !v.is_nan())
    };
    match name {
        "sum" => sum(&there),
        "mean" => mean(&there),
        "min" => best(|a, b| a < b),
        "max" => best(|a, b| a > b),
        "argmin" => best(|a, b| a < b).and_then(place),
        "argmax" => best(|a, b| a > b).and_then(place),
        "first" | "coalesce" => there.first().copied(),
        "last" => there.last().copied(),
        "var" => variance(),
        "std" => variance().map(f64::sqrt),
        "median" => ranked(50.0),
        "percentile" => ranked(30.0),
        other => panic!("{other}"),
    }
}

/// Samples by position; beyond the edge they are missing.
struct Scene {
    size: Size,
    bands: Vec<Vec<Option<f64>>>,
}

impl Scene {
    fn get(&self, band: u16, col: i64, row: i64) -> Option<f64> {
        let inside = (0..i64::from(self.size.width)).contains(&col)
            && (0..i64::from(self.size.height)).contains(&row);
        let at = inside.then(|| row as usize * self.size.width as usize + col as usize)?;
        self.bands[usize::from(band)][at]
    }
}

#[test]
fn programs_give_what_a_plain_evaluator_gives() {
    let raster = noise(DataType::I16, 3, Size::new(31, 11), Some(NoData::Integer(70)));
    let pixels = whole(&raster);
    let bands = (0..3).map(|band| samples::<i16>(&pixels, band)).collect();
    let scene = Scene { size: Size::new(31, 11), bands };
    let options = CalcOptions { dtype: Some(DataType::F64), ..CalcOptions::default() };
    let mut random = Random::new(8);
    let (mut there, mut missing) = (0, 0);
    for _ in 0..1500 {
        let depth = 1 + random.below(5);
        let expr = Expr::random(&mut random, depth);
        let text = expr.text();
        let made = calculate(&text, &[("A", &raster)], &options).expect(&text).raster;
        let got = samples::<f64>(&whole(&made), 0);
        for (i, got) in got.into_iter().enumerate() {
            let (col, row) = ((i % 31) as i64, (i / 31) as i64);
            let wanted = expr.at(&scene, col, row);
            assert_eq!(got, wanted, "{text}\nat ({col}, {row})");
            *(if got.is_some() { &mut there } else { &mut missing }) += 1;
        }
    }
    assert!(there > 100_000 && missing > 50_000, "{there} values, {missing} missing");
}

#[test]
fn the_table_of_the_readme_holds() {
    let (one, none) = (Some(1.0), None);
    for (text, a, b, wanted) in [
        // A missing operand makes a missing result.
        ("A + B", one, none, none),
        ("A == B", none, none, none),
        ("A || B", one, none, none),
        ("B ? 1 : 2", one, none, none),
        // What is not chosen does not matter.
        ("A ? A : B", one, none, one),
        ("where(B == 0, 0, A / B)", one, Some(0.0), Some(0.0)),
        // What looks past it.
        ("isnodata(B)", one, none, one),
        ("coalesce(B, A)", one, none, one),
        ("mean(A, B)", one, none, one),
        ("count(A, B)", one, none, one),
        ("sum(B, nodata)", one, none, none),
        // No result.
        ("A / B", one, Some(0.0), none),
        ("A // B", one, Some(0.0), none),
        ("A % B", one, Some(0.0), none),
        ("log(B)", one, Some(-1.0), none),
        ("log(B)", one, Some(0.0), none),
        ("sqrt(B)", one, Some(-1.0), none),
        ("A - B", Some(f64::INFINITY), Some(f64::INFINITY), none),
        ("A", Some(f64::NAN), one, none),
        ("A & 1", Some(1.5), one, none),
        // Python's rounding down.
        ("A // B", Some(-7.0), Some(2.0), Some(-4.0)),
        ("A % B", Some(-7.0), Some(2.0), Some(1.0)),
        ("-A ** 2", Some(3.0), one, Some(-9.0)),
        ("round(A)", Some(2.5), one, Some(2.0)),
        ("A > B && A != 0", Some(3.0), one, one),
        ("not A == B", Some(3.0), one, one),
        ("A & 6 | 1", Some(12.0), one, Some(5.0)),
        ("xor(A, 5) << 1", Some(3.0), one, Some(12.0)),
        ("clamp(A, 0, 10)", Some(30.0), one, Some(10.0)),
        ("argmax(A, B)", Some(3.0), Some(5.0), Some(2.0)),
        ("let k = 2; let f(a, b) = a * k + b; f(A, B)", Some(3.0), one, Some(7.0)),
        ("let a = A; let a2 = a * a; a2 + a", Some(3.0), one, Some(12.0)),
    ] {
        assert_eq!(of(text, a, b, None), wanted, "{text} with {a:?}, {b:?}");
    }
}

/// A row cast to a type.
fn cast<T: Sample>(values: &[f64], overflow: Overflow) -> (Vec<Option<f64>>, Counts) {
    let raster = row(&values.iter().copied().map(Some).collect::<Vec<_>>());
    let options = CalcOptions { dtype: Some(T::DTYPE), overflow, ..CalcOptions::default() };
    let made = calculate("A", &[("A", &raster)], &options).expect("calculates");
    let pixels = whole(&made.raster);
    (samples::<T>(&pixels, 0), made.counts())
}

#[test]
fn casts_come_last_round_to_even_and_count() {
    let values = [0.5, 1.5, 254.5, 255.4, 255.5, 300.0, -0.5, -3.0];
    let (got, counts) = cast::<u8>(&values, Overflow::Saturate);
    assert_eq!(
        got.into_iter().flatten().collect::<Vec<_>>(),
        [0.0, 2.0, 254.0, 255.0, 255.0, 255.0, 0.0, 0.0]
    );
    assert_eq!(counts, Counts { overflowed: 3, ..Counts::default() });
    let (got, _) = cast::<u8>(&values, Overflow::NoData);
    assert_eq!(
        got.iter().map(Option::is_some).collect::<Vec<_>>(),
        [true, true, true, true, false, false, true, false]
    );
    let (got, counts) = cast::<f32>(&[1e39, -1e300, f64::INFINITY], Overflow::Saturate);
    assert_eq!(got, [Some(f32::MAX.into()), Some(f32::MIN.into()), Some(f64::INFINITY)]);
    assert_eq!(counts.overflowed, 2);
    let raster = row(&[Some(1.0), Some(70_000.0)]);
    let options = CalcOptions {
        dtype: Some(DataType::U16),
        overflow: Overflow::Error,
        ..CalcOptions::default()
    };
    let made = calculate("A", &[("A", &raster)], &options).expect("calculates");
    let error = made.raster.read(Window::new(0, 0, 2, 1)).expect_err("overflows").to_string();
    assert_eq!(error, "band 1, column 1, row 0: expected a value that uint16 has, found 70000");
}

#[test]
fn failures_are_counted_where_they_show() {
    let raster = row(&[Some(0.0), Some(1.0), None, Some(2.0)]);
    let options = CalcOptions::default();
    let failed = |text: &str| {
        let made = calculate(text, &[("A", &raster)], &options).expect("calculates");
        whole(&made.raster);
        made.counts().failed
    };
    assert_eq!((failed("1 / A"), failed("log(A - 1)"), failed("A + 1")), (1, 2, 0));
    assert_eq!(failed("coalesce(1 / A, 0)"), 0);
}

/// Complaints about gdal_calc.
#[test]
fn what_goes_wrong_elsewhere_does_not_here() {
    // gdal#12587: nodata takes part in what is calculated.
    assert_eq!(of("A + 1", None, None, None), None);
    // gdal#13409: results are cast before they are compared.
    assert_eq!(of("A * 2 > 300", Some(200.0), None, None), Some(1.0));
    let raster = noise(DataType::U8, 1, Size::new(20, 20), None);
    let options = CalcOptions { dtype: Some(DataType::I16), ..CalcOptions::default() };
    // gdal#1848: unsigned integers wrap around.
    let made = calculate("A - 200", &[("A", &raster)], &options).expect("calculates").raster;
    let (got, was) = (whole(&made), whole(&raster));
    for (got, was) in got.plane::<i16>(0).iter().zip(was.plane::<u8>(0)) {
        assert_eq!(*got, i16::from(*was) - 200);
    }
    let sums = calculate("A + A + A + A", &[("A", &raster)], &options).expect("calculates").raster;
    assert!(
        whole(&sums)
            .plane::<i16>(0)
            .iter()
            .zip(was.plane::<u8>(0))
            .all(|(s, w)| *s == i16::from(*w) * 4)
    );
}

#[test]
fn large_integers_that_round_are_counted() {
    let mut raster = Buffer::new(&Pool::new(0), Window::new(0, 0, 3, 1), 1, DataType::I64);
    raster.plane_mut::<i64>(0).copy_from_slice(&[1 << 53, (1 << 53) + 1, i64::MIN]);
    let grid = Grid { size: Size::new(3, 1), transform: GeoTransform::IDENTITY, crs: None };
    let raster = Raster::from_buffer(Info::new(grid, 1, DataType::I64), raster).expect("whole");
    let made = calculate("A", &[("A", &raster)], &CalcOptions::default()).expect("calculates");
    assert_eq!(made.raster.info().dtype, DataType::F64);
    whole(&made.raster);
    // The second is 2^53 once it is an f64: only what is beyond for certain counts.
    assert_eq!(made.counts().rounded, 1);
}

#[test]
fn names_bands_and_lists_mean_what_they_say() {
    let scene = swath::open(SCENE).expect("opens");
    let pixels = whole(&scene);
    let options = CalcOptions {
        dtype: Some(DataType::U16),
        nodata: Some(NoData::Integer(0)),
        ..CalcOptions::default()
    };
    let made = |text: &str| whole(&calculate(text, &[("A", &scene)], &options).expect(text).raster);
    // All bands, unchanged; the same in another order.
    assert_same(&made("A"), &pixels, "A");
    let turned = made("[A.red, A[2], A.Blue]");
    for (band, from) in [(0, 2), (1, 1), (2, 0)] {
        assert_eq!(samples::<u16>(&turned, band), samples::<u16>(&pixels, from));
    }
    assert_eq!(
        (made("A * 2").bands(), made("mean(A)").bands(), made("[A, A[1]] - A[2]").bands()),
        (3, 1, 4)
    );
    let mean =
        calculate("[stat(A[2]).mean, stat(A).max]", &[("A", &scene)], &CalcOptions::default())
            .expect("calculates");
    let mean = whole(&mean.raster);
    let numbers: Vec<f32> = (0..4).map(|band| mean.plane::<f32>(band)[0]).collect();
    // As gdalinfo -stats has them.
    assert_eq!(numbers, [7305.41, 14175.0, 14547.0, 15795.0]);
}

#[test]
fn coordinates_are_those_of_centres() {
    let raster = noise(DataType::U8, 1, Size::new(7, 5), None);
    let options = CalcOptions { dtype: Some(DataType::F64), ..CalcOptions::default() };
    let made = calculate("[x(), y(), lon(), lat(), x().at(1, 0)]", &[("A", &raster)], &options);
    let pixels = whole(&made.expect("calculates").raster);
    let at = |band: u16, i: usize| samples::<f64>(&pixels, band)[i].expect("valid");
    assert_eq!((at(0, 0), at(1, 0), at(4, 0)), (500_015.0, 5_299_985.0, 500_045.0));
    assert_eq!((at(0, 9), at(1, 9)), (500_075.0, 5_299_955.0));
    // PROJ, from UTM 33 to degrees: 500015, 5299985.
    assert!((at(2, 0) - 15.000_200_516_335_275).abs() < 1e-9, "{}", at(2, 0));
    assert!((at(3, 0) - 47.853_206_984_158_86).abs() < 1e-9, "{}", at(3, 0));
}

#[test]
fn windows_are_crops_and_files_between_change_nothing() {
    let scene = swath::open(SCENE).expect("opens");
    let options = CalcOptions::default();
    let text = "let n = (A.red - A.blue) / (A.red + A.blue); [focal(n, std, 5), n.at(-9, 4), convolve(A[1], [0,1,0, 1,-4,1, 0,1,0])]";
    let made = calculate(text, &[("A", &scene)], &options).expect("calculates").raster;
    let all = whole(&made);
    let mut random = Random::new(1);
    for _ in 0..12 {
        let (col, row) = (random.below(760) as i64 - 30, random.below(680) as i64 - 30);
        let window =
            Window::new(col, row, 1 + random.below(200) as u32, 1 + random.below(90) as u32);
        assert_crop(&made.read(window).expect("reads"), &all, &format!("{window:?}"));
    }
    // The same steps through a file.
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("n.tif");
    let wide = CalcOptions { dtype: Some(DataType::F64), ..CalcOptions::default() };
    let n = calculate("(A.red - A.blue) / (A.red + A.blue)", &[("A", &scene)], &wide).expect("n");
    n.raster.write(&path, &Default::default()).expect("writes");
    let n = swath::open(&path).expect("opens");
    let through = calculate(
        "[focal(N, std, 5), N.at(-9, 4), convolve(A[1], [0,1,0, 1,-4,1, 0,1,0])]",
        &[("A", &scene), ("N", &n)],
        &CalcOptions { dtype: Some(DataType::F32), ..options },
    )
    .expect("calculates");
    assert_same(&whole(&through.raster), &all, "through a file");
}

#[test]
fn inputs_on_other_grids_are_brought_to_one() {
    let scene = swath::open(SCENE).expect("opens");
    let own = &scene.info().grid;
    let moved = Grid {
        size: Size::new(300, 200),
        transform: GeoTransform::north_up(
            own.transform.origin_x + 30.0 * 650.0,
            own.transform.origin_y - 30.0 * 100.0,
            15.0,
            15.0,
        ),
        crs: own.crs.clone(),
    };
    let how = WarpOptions { resampling: Resampling::Bilinear, ..WarpOptions::default() };
    let part = scene.warp(moved.clone(), &how).expect("warps");
    let size = |grid: GridChoice| {
        let options = CalcOptions { grid, warp: how.clone(), ..CalcOptions::default() };
        let made =
            calculate("A[1] - B[1]", &[("A", &scene), ("B", &part)], &options).expect("calculates");
        made.raster.info().grid.clone()
    };
    assert_eq!(size(GridChoice::First), *own);
    assert_eq!(size(GridChoice::Finest), moved);
    assert_eq!(size(GridChoice::Grid(moved.clone())), moved);
    // Columns 650 to 800 of A's pixels, of which A has 760; rows 100 to 200.
    let both = size(GridChoice::Intersection);
    assert_eq!(
        (both.size, both.transform.origin_x),
        (Size::new(110, 100), moved.transform.origin_x)
    );
    let any = size(GridChoice::Union);
    assert_eq!((any.size, any.transform), (Size::new(800, 680), own.transform));
    // The same as warping first.
    let options =
        CalcOptions { grid: GridChoice::Intersection, warp: how.clone(), ..CalcOptions::default() };
    let together =
        calculate("A[1] - B[2]", &[("A", &scene), ("B", &part)], &options).expect("calculates");
    let (a, b) =
        (scene.warp(both.clone(), &how).expect("warps"), part.warp(both, &how).expect("warps"));
    let apart = calculate("A[1] - B[2]", &[("A", &a), ("B", &b)], &CalcOptions::default())
        .expect("calculates");
    assert_same(&whole(&together.raster), &whole(&apart.raster), "warped first");
    let far = Grid { transform: GeoTransform::north_up(0.0, 0.0, 30.0, 30.0), ..own.clone() };
    let far = scene.warp(far, &how).expect("warps");
    let apart = calculate("A - B", &[("A", &scene), ("B", &far)], &options);
    assert!(matches!(apart, Err(Error::Usage(_))));
}

#[test]
fn mistakes_are_pointed_at_and_nothing_grows_without_end() {
    let scene = swath::open(SCENE).expect("opens");
    let refused = |text: &str| {
        let error = calculate(text, &[("A", &scene), ("B", &scene)], &CalcOptions::default());
        let error = error.map(|_| ()).expect_err(text);
        let hint = error.detail().and_then(|d| d.hint.clone());
        // Whatever points at a place says what would do.
        assert!(hint.is_some() || !error.to_string().contains('^'), "{error}");
        format!("{error}\n{}", hint.unwrap_or_default())
    };
    for (text, said) in [
        ("A + C", "unknown name `C`\n    A + C\n        ^\n"),
        ("sqr(A)", "did you mean `sqrt`?"),
        ("A.green + A.rde", "there are blue, green, red"),
        ("A[4]", "band 4 of 3"),
        ("A + [A[1], A[2]]", "3 bands beside 2"),
        ("sin", "is called `sin(...)`"),
        ("sin(A, B)", "takes 1 argument(s), found 2"),
        ("A.at(1.5, 0)", "whole pixels"),
        ("A.at(9999, 0)", "whole pixels"),
        ("A.at(500, 0).at(500, 0)", "takes 2"),
        ("focal(A, mean, 4)", "odd side"),
        ("focal(A, mode, 3)", "such as mean"),
        ("convolve(A, [1, 2])", "9, 25, 49"),
        ("percentile(A, 5)", "constant number"),
        ("percentile(500, A)", "0 to 100"),
        ("stat(A)", "pick one"),
        ("stat(A).mode", "there are min"),
        ("let f(a) = a; f", "is a function"),
        ("let f(a) = f(a); f(A)", "unknown function `f`"),
        ("let A = 3; A", "has a meaning already"),
        ("let k = C; A", "unknown name `C`"),
        ("mean()", "such as `mean(A, B)`"),
        ("[]", "no bands"),
        ("where(A, B)", "such as `where(A, B, C)`"),
        ("let f(a, b) = a; f(A)", "`f(a, b)`"),
        ("A + 3)", "a product is"),
    ] {
        let error = refused(text);
        if text.contains(".at(500") {
            assert!(error.contains("512 pixels away"), "{error}");
        } else {
            assert!(error.contains(said), "{text}: {error}");
        }
    }
    // Each doubles the one before it.
    let doubling: String =
        (1..60).map(|i| format!("let f{i}(a) = f{}(a) + f{}(a + 1); ", i - 1, i - 1)).collect();
    let error = refused(&format!("let f0(a) = a; {doubling} f59(A)"));
    assert!(error.contains("over the limit"), "{error}");
    let chain: String = (1..2000).map(|i| format!("let f{i}(a) = f{}(a); ", i - 1)).collect();
    assert!(refused(&format!("let f0(a) = a; {chain} f1999(A)")).contains("nested"));
    assert!(
        refused("focal(focal(focal(A, std, 31), std, 31), std, 31)").contains("over the limit")
    );
}
