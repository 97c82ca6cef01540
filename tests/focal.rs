//! Neighbourhoods: against an evaluator that looks at each pixel anew, crops, and what is refused.

mod rasters;

use rasters::{Random, assert_crop, assert_same, noise};
use swath::kernel::{Focal, Neighbourhood};
use swath::ops::calc::{CalcOptions, Expression, Input};
use swath::ops::focal::MissingCentre::{self, Filled, Missing};
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Sample, Size, Window,
};
use swath::{Error, Result};

const EVERY: [Focal; 12] = [
    Focal::Mean,
    Focal::Sum,
    Focal::Std,
    Focal::Min,
    Focal::Max,
    Focal::Range,
    Focal::Count,
    Focal::Variety,
    Focal::Mode,
    Focal::Median,
    Focal::Percentile(0.0),
    Focal::Percentile(33.3),
];

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

/// Shapes, each with the offsets (dx, dy) that it should have.
fn shapes() -> Vec<(Neighbourhood, Vec<(i64, i64)>)> {
    let block = |x: i64, y: i64| {
        let all = (-y..=y).flat_map(|dy| (-x..=x).map(move |dx| (dx, dy)));
        all.collect::<Vec<_>>()
    };
    let within = |least: i64, most: i64| {
        let mut all = block(9, 9);
        all.retain(|(dx, dy)| (least..=most).contains(&(dx * dx + dy * dy)));
        all
    };
    let made = |shape: Result<Neighbourhood>| shape.expect("a neighbourhood");
    vec![
        (made(Neighbourhood::rectangle(1, 1)), block(0, 0)),
        (made(Neighbourhood::rectangle(3, 3)), block(1, 1)),
        (made(Neighbourhood::rectangle(5, 7)), block(2, 3)),
        // Beyond what is put together one by one, and looked at anew.
        (made(Neighbourhood::rectangle(13, 11)), block(6, 5)),
        (made(Neighbourhood::rectangle(33, 1)), block(16, 0)),
        (made(Neighbourhood::disc(3.0)), within(0, 9)),
        (made(Neighbourhood::disc(6.5)), within(0, 42)),
        (made(Neighbourhood::ring(2.0, 4.0)), within(4, 16)),
        (
            made(Neighbourhood::weighted(3, &[0., 1., 0., 0., 0., 1., 1., 0., 0.])),
            vec![(0, -1), (1, 0), (-1, 1)],
        ),
    ]
}

/// The valid samples around a pixel, as numbers.
fn around(all: &Buffer, band: u16, at: (i64, i64), offsets: &[(i64, i64)]) -> Vec<f64> {
    let (width, height) = (i64::from(all.window().width), i64::from(all.window().height));
    let place = |&(dx, dy): &(i64, i64)| {
        let (col, row) = (at.0 + dx, at.1 + dy);
        let inside = (0..width).contains(&col) && (0..height).contains(&row);
        inside.then_some((row * width + col) as usize)
    };
    let valid = |at: &usize| all.valid(band).is_none_or(|valid| valid[*at] != 0);
    let samples = offsets.iter().filter_map(place).filter(valid).map(|at| number(all, band, at));
    samples.filter(|v| !v.is_nan()).collect()
}

fn number(of: &Buffer, band: u16, at: usize) -> f64 {
    macro_rules! read {
        ($($tag:ident $t:ty),*) => {
            match of.dtype() {
                $(DataType::$tag => of.plane::<$t>(band)[at].to_f64(),)*
                other => panic!("no number of {other}"),
            }
        };
    }
    read!(U8 u8, I8 i8, U16 u16, I16 i16, U32 u32, I32 i32, U64 u64, I64 i64, F32 f32, F64 f64)
}

/// What samples come to; `None` for nothing.
fn expected(what: Focal, mut samples: Vec<f64>) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    let n = samples.len();
    let percentile = |p: f64| {
        let at = p / 100.0 * (n - 1) as f64;
        let (low, high) = (samples[at.floor() as usize], samples[at.ceil() as usize]);
        low + (high - low) * at.fract()
    };
    let mut different = samples.clone();
    different.dedup();
    match what {
        Focal::Count => return Some(n as f64),
        Focal::Variety => return Some(different.len() as f64),
        _ if n == 0 => return None,
        _ => {}
    }
    let mean = samples.iter().sum::<f64>() / n as f64;
    let times = |v: f64| samples.iter().filter(|w| **w == v).count();
    Some(match what {
        Focal::Mean => mean,
        Focal::Sum => samples.iter().sum(),
        Focal::Std => (samples.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n as f64).sqrt(),
        Focal::Min => samples[0],
        Focal::Max => samples[n - 1],
        Focal::Range => samples[n - 1] - samples[0],
        Focal::Mode => different.iter().copied().rev().max_by_key(|v| times(*v)).expect("a sample"),
        Focal::Median => percentile(50.0),
        Focal::Percentile(p) => percentile(p),
        other => panic!("no evaluator of {other:?}"),
    })
}

/// Compares what is made of a raster with the evaluator, at every pixel.
fn check(raster: &Raster, what: Focal, shape: &Neighbourhood, offsets: &[(i64, i64)]) {
    let all = whole(raster);
    let made = whole(&raster.focal(what, shape, Filled).expect("makes"));
    let (dtype, width) = (made.dtype(), i64::from(all.window().width));
    assert_eq!(dtype, what.output_type(all.dtype()));
    for band in 0..all.bands() {
        for at in 0..all.window().pixels() as usize {
            let place = (at as i64 % width, at as i64 / width);
            let wanted = expected(what, around(&all, band, place, offsets));
            let got = made.valid(band).is_none_or(|valid| valid[at] != 0);
            let got = got.then(|| number(&made, band, at)).filter(|v| !v.is_nan());
            let same = match (got, wanted) {
                (Some(got), Some(wanted)) if dtype == DataType::F64 => {
                    (got - wanted).abs() <= 1e-12 * wanted.abs().max(1.0)
                }
                (Some(got), Some(wanted)) if dtype == DataType::F32 => {
                    (got - wanted).abs() <= f64::from(f32::EPSILON) * wanted.abs()
                }
                (Some(got), Some(wanted)) => got == wanted.round_ties_even(),
                (got, wanted) => got == wanted,
            };
            assert!(same, "{what:?} of {} around {place:?}: {got:?}, not {wanted:?}", all.dtype());
        }
    }
}

#[test]
fn each_pixel_is_what_is_around_it() {
    for (shape, offsets) in shapes() {
        for what in EVERY {
            for (dtype, nodata) in [
                (DataType::U8, None),
                (DataType::I16, Some(NoData::Integer(70))),
                (DataType::F32, Some(NoData::Integer(-1))),
                (DataType::F64, None),
            ] {
                check(&noise(dtype, 1, Size::new(41, 35), nodata), what, &shape, &offsets);
            }
        }
    }
}

#[test]
fn every_type_and_band() {
    let (shape, offsets) = shapes().swap_remove(3);
    for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
        for what in EVERY {
            let nodata = Some(NoData::Integer(70));
            check(&noise(dtype, 2, Size::new(20, 17), nodata), what, &shape, &offsets);
        }
    }
}

#[test]
fn windows_are_crops() {
    let raster = noise(DataType::F32, 2, Size::new(90, 70), Some(NoData::Integer(70)));
    let mut random = Random::new(9);
    for (shape, _) in shapes() {
        for what in EVERY {
            let made = raster.focal(what, &shape, Missing).expect("makes");
            let all = whole(&made);
            for _ in 0..5 {
                let (col, row) = (random.below(95) as i64 - 5, random.below(75) as i64 - 5);
                let (width, height) = (1 + random.below(40) as u32, 1 + random.below(40) as u32);
                let window = Window::new(col, row, width, height);
                let part = made.read(window).expect("reads");
                assert_crop(&part, &all, &format!("{what:?} {window:?}"));
            }
        }
    }
}

/// A raster of one row.
fn row<T: Sample>(samples: &[T], nodata: Option<NoData>, missing: &[usize]) -> Raster {
    let size = Size::new(samples.len() as u32, 1);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, T::DTYPE);
    pixels.plane_mut::<T>(0).copy_from_slice(samples);
    if !missing.is_empty() {
        pixels.add_mask();
        missing.iter().for_each(|&at| pixels.valid_mut(0).expect("a mask")[at] = 0);
    }
    let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
    Raster::from_buffer(Info { nodata, ..Info::new(grid, 1, T::DTYPE) }, pixels).expect("a raster")
}

fn made(raster: &Raster, what: Focal, side: u32, missing: MissingCentre) -> Buffer {
    let around = Neighbourhood::rectangle(side, 1).expect("a rectangle");
    whole(&raster.focal(what, &around, missing).expect("makes"))
}

#[test]
fn integers_of_64_bits_stay_exact() {
    let ends = [i64::MIN, i64::MIN + 1, i64::MAX - 2, i64::MAX - 1, i64::MAX];
    let raster = row(&ends, None, &[]);
    let plane = |what| made(&raster, what, 3, Filled).plane::<i64>(0).to_vec();
    assert_eq!(plane(Focal::Min), [ends[0], ends[0], ends[1], ends[2], ends[3]]);
    assert_eq!(plane(Focal::Max), [ends[1], ends[2], ends[3], ends[4], ends[4]]);
    assert_eq!(plane(Focal::Median)[1..4], ends[1..4]);
    assert_eq!(plane(Focal::Mode)[1..4], [ends[0], ends[1], ends[2]]);
    // The range is rounded once: 2^64 - 1 is not made of two rounded ends.
    assert_eq!(made(&raster, Focal::Range, 3, Filled).plane::<f64>(0)[4], 1.0);
    let wide = made(&row(&[u64::MAX, u64::MAX - 1], None, &[]), Focal::Max, 3, Filled);
    assert_eq!(wide.plane::<u64>(0), [u64::MAX; 2]);
}

#[test]
fn deviations_of_large_numbers_are_not_cancelled() {
    let samples: Vec<f64> = (0..40).map(|i| 1e9 + f64::from(i % 2) * 1e-3).collect();
    let std = made(&row(&samples, None, &[]), Focal::Std, 39, Filled);
    let step = samples[1] - samples[0];
    // Of 20 and 19 samples: the root of p (1 - p).
    let wanted = step * (20.0 * 19.0f64).sqrt() / 39.0;
    assert!((std.plane::<f64>(0)[19] / wanted - 1.0).abs() < 1e-9);
    let constant = made(&row(&[0.1f32; 50], None, &[]), Focal::Std, 31, Filled);
    assert_eq!(constant.plane::<f32>(0), [0.0; 50]);
}

#[test]
fn what_is_missing_fills_or_stays() {
    let nodata = Some(NoData::Integer(-1));
    let raster = row(&[1.0f32, 9.0, 3.0, 9.0, 9.0, 9.0], nodata, &[1, 3, 4, 5]);
    let valid = |what, missing| {
        let made = made(&raster, what, 3, missing);
        (0..6).map(|at| made.valid(0).is_none_or(|v| v[at] != 0)).collect::<Vec<_>>()
    };
    for what in [Focal::Mean, Focal::Min, Focal::Median, Focal::Mode, Focal::Std] {
        assert_eq!(valid(what, Filled), [true, true, true, true, false, false], "{what:?}");
        assert_eq!(valid(what, Missing), [true, false, true, false, false, false]);
    }
    assert_eq!(valid(Focal::Count, Filled), [true; 6]);
    assert_eq!(made(&raster, Focal::Count, 3, Filled).plane::<u32>(0), [1, 2, 1, 1, 0, 0]);
    assert_eq!(valid(Focal::Variety, Missing), [true, false, true, false, false, false]);
    // NaN is missing, an infinite sample is one; one less another is nothing.
    let odd = row(&[f64::INFINITY, 1.0, f64::NAN, 2.0, f64::NEG_INFINITY], None, &[]);
    assert_eq!(
        made(&odd, Focal::Max, 3, Filled).plane::<f64>(0)[..3],
        [f64::INFINITY, f64::INFINITY, 2.0]
    );
    let sums = made(&odd, Focal::Sum, 9, Filled);
    assert_eq!(sums.valid(0), Some(&[0; 5][..]));
}

#[test]
fn an_expression_says_the_same() -> Result<()> {
    let raster = noise(DataType::I16, 1, Size::new(60, 50), Some(NoData::Integer(70)));
    let engine = swath::engine::Engine::new(Default::default())?;
    let options = CalcOptions::default();
    let around = Neighbourhood::rectangle(3, 3)?;
    for (what, name) in [
        (Focal::Mean, "mean"),
        (Focal::Sum, "sum"),
        (Focal::Count, "count"),
        (Focal::Percentile(50.0), "median"),
        (Focal::Range, "max, 3) - focal(A, min"),
    ] {
        let text = format!("focal(A, {name}, 3)");
        let input = [Input { name: "A".into(), raster: raster.clone(), band: None }];
        let theirs = Expression::parse(&text)?.over(&input, &options, &engine)?.raster;
        let ours = raster.focal(what, &around, Filled)?;
        if what == Focal::Count {
            let counts = whole(&ours).plane::<u32>(0).iter().map(|&n| n as f32).collect::<Vec<_>>();
            assert_eq!(counts, whole(&theirs).plane::<f32>(0));
        } else {
            assert_same(&whole(&ours), &whole(&theirs), name);
        }
    }
    Ok(())
}

#[test]
fn weights_weigh() {
    let raster = row(&[1.0f64, 2.0, 4.0, 8.0, 16.0], None, &[3]);
    let around = Neighbourhood::weighted(3, &[1.0, 2.0, 1.0]).expect("weights");
    let made = |what| {
        let made = whole(&raster.focal(what, &around, Filled).expect("makes"));
        let valid = made.valid(0).map_or(vec![255; 5], <[u8]>::to_vec);
        (made.plane::<f64>(0).to_vec(), valid)
    };
    // The mean of what is there; the sum of all or nothing, as convolve() has it.
    let (means, valid) = made(Focal::Mean);
    assert_eq!((means, valid), (vec![4.0 / 3.0, 9.0 / 4.0, 10.0 / 3.0, 10.0, 16.0], vec![255; 5]));
    let (sums, valid) = made(Focal::Sum);
    assert_eq!((sums[1], valid), (9.0, vec![0, 255, 0, 0, 0]));
    let laplace = Neighbourhood::weighted(3, &[1.0, -2.0, 1.0]).expect("weights");
    // Weights that come to 0 have no mean.
    let none = whole(&raster.focal(Focal::Mean, &laplace, Filled).expect("makes"));
    assert_eq!(none.valid(0).map(|v| v[1]), Some(0));
}

#[test]
fn what_makes_no_sense_is_refused() {
    let raster = noise(DataType::U8, 1, Size::new(9, 9), None);
    let around = Neighbourhood::rectangle(3, 3).expect("a rectangle");
    let weighted = Neighbourhood::weighted(3, &[1.0, 2.0, 1.0]).expect("weights");
    for refused in [
        raster.focal(Focal::Percentile(101.0), &around, Filled),
        raster.focal(Focal::Percentile(f64::NAN), &around, Filled),
        raster.focal(Focal::Min, &weighted, Filled),
    ] {
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    let refused = complex.focal(Focal::Mean, &around, Filled);
    assert!(matches!(refused, Err(Error::Unsupported(_))));
}
