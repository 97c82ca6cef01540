//! Classes: types, gaps, exact integers, crops, and what is refused.

mod rasters;

use rasters::{assert_crop, assert_same, noise};
use swath::ops::reclassify::{NewValue, ReclassifyOptions, Rules};
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Sample, Size, Window,
};
use swath::{Error, Result};

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
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

fn made(raster: &Raster, rules: &[&str], options: ReclassifyOptions) -> Result<Raster> {
    raster.reclassify(&Rules::parse(rules)?, &options)
}

/// Samples of a row, `None` for what is missing.
fn read<T: Sample>(raster: &Raster) -> Vec<Option<T>> {
    let all = whole(raster);
    let valid = |at: usize| all.valid(0).is_none_or(|valid| valid[at] != 0);
    all.plane::<T>(0).iter().enumerate().map(|(at, &v)| valid(at).then_some(v)).collect()
}

#[test]
fn values_become_others() {
    let raster = row(&[0i16, 5, 10, 15, 20, -3, 99], Some(NoData::Integer(99)), &[6]);
    let rules = ["0..10=1", "[10,20]=200", "nodata=7"];
    let plain = made(&raster, &rules, ReclassifyOptions::default()).expect("makes");
    assert_eq!(plain.info().dtype, DataType::U8);
    assert_eq!(
        read::<u8>(&plain),
        [Some(1), Some(1), Some(200), Some(200), Some(200), None, Some(7)]
    );
    // 99 is no new value, and stays what stands for none.
    assert_eq!(plain.info().nodata, Some(NoData::Integer(99)));
    let other = |other| ReclassifyOptions { other, ..ReclassifyOptions::default() };
    let kept = made(&raster, &rules[..2], other(NewValue::Kept)).expect("makes");
    assert_eq!(kept.info().dtype, DataType::I16);
    assert_eq!(read::<i16>(&kept)[4..], [Some(200), Some(-3), None]);
    let value = made(&raster, &rules, other(NewValue::Value(NoData::Float(0.5)))).expect("makes");
    assert_eq!((value.info().dtype, value.info().nodata), (DataType::F32, None));
    assert_eq!(read::<f32>(&value)[5], Some(0.5));
}

#[test]
fn the_type_has_all_values() {
    use DataType::{F32, F64, I16, I32, I64, U8, U16, U32, U64};
    let of = |new: &[&str]| {
        let rules: Vec<String> = (0..).zip(new).map(|(at, new)| format!("{at}={new}")).collect();
        let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
        made(&row(&[1u8], None, &[]), &rules, ReclassifyOptions::default()).expect("makes")
    };
    for (new, dtype) in [
        (&["0", "255"][..], U8),
        (&["-1", "255"], I16),
        (&["40000"], U16),
        (&["-1", "40000"], I32),
        (&["3000000000"], U32),
        (&["-1", "3000000000"], I64),
        (&["18446744073709551614"], U64),
        (&["0.1"], F32),
        (&["0.123456789"], F64),
        (&["1e300"], F64),
        (&["16777217", "0.5"], F64),
    ] {
        assert_eq!(of(new).info().dtype, dtype, "{new:?}");
    }
    // Values that are taken stand for nothing: 255 is, so 254 does; of all 256 none is left.
    assert_eq!(of(&["255"]).info().nodata, Some(NoData::Integer(254)));
    let all: Vec<String> = (0..256).map(|v| v.to_string()).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(of(&all).info().dtype, I16);
}

#[test]
fn what_is_kept_is_what_it_was() {
    for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
        let raster = noise(dtype, 2, Size::new(40, 30), Some(NoData::Integer(70)));
        let made = made(&raster, &["..90=keep", "90..=keep"], ReclassifyOptions::default());
        assert_same(&whole(&made.expect("makes")), &whole(&raster), dtype.name());
    }
}

#[test]
fn wide_integers_stay_exact() {
    let (big, next) = (1i64 << 53, (1i64 << 53) + 1);
    let raster = row(&[big, next, i64::MIN, i64::MAX], None, &[]);
    let rules = [format!("{next}={}", i64::MAX - 1), format!("[{},{}]=5", i64::MAX, i64::MAX)];
    let rules: Vec<&str> = rules.iter().map(String::as_str).collect();
    let how = ReclassifyOptions { other: NewValue::Kept, ..ReclassifyOptions::default() };
    let made = made(&raster, &rules, how).expect("makes");
    assert_eq!(read::<i64>(&made), [big, i64::MAX - 1, i64::MIN, 5].map(Some));
}

#[test]
fn nan_is_missing_and_infinity_is_a_value() {
    let raster = row(&[f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 0.1], None, &[]);
    let rules = ["5..=9", "..0=1", "0.1=2"];
    let made = made(&raster, &rules[..], ReclassifyOptions::default()).expect("makes");
    assert_eq!(read::<u8>(&made), [None, Some(9), Some(1), Some(2)]);
}

#[test]
fn windows_are_crops() {
    let raster = noise(DataType::U16, 2, Size::new(90, 70), Some(NoData::Integer(70)));
    let rules = ["..50=1", "[60,70)=keep", "nodata=3"];
    let made = made(&raster, &rules, ReclassifyOptions::default()).expect("makes");
    let all = whole(&made);
    for window in
        [Window::new(-5, -5, 20, 30), Window::new(40, 30, 100, 7), Window::new(3, 3, 1, 1)]
    {
        assert_crop(&made.read(window).expect("reads"), &all, &format!("{window:?}"));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let raster = row(&[1u8, 2], None, &[]);
    let options = ReclassifyOptions::default;
    let usage =
        |refused: Result<Raster>| assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    usage(made(&raster, &[], options()));
    usage(made(&raster, &["0..5=1", "4=2"], options()));
    usage(made(&raster, &["1=300"], ReclassifyOptions { dtype: Some(DataType::U8), ..options() }));
    usage(made(&raster, &["1=0.5"], ReclassifyOptions { dtype: Some(DataType::I16), ..options() }));
    usage(made(
        &raster,
        &["1=7"],
        ReclassifyOptions { nodata: Some(NoData::Integer(7)), ..options() },
    ));
    let wide = row(&[1i64], None, &[]);
    let how = ReclassifyOptions { other: NewValue::Kept, ..options() };
    let refused = made(&wide, &["1=0.5"], how);
    assert!(matches!(refused, Err(Error::Unsupported(_))), "{refused:?}");
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    assert!(matches!(made(&complex, &["1=2"], options()), Err(Error::Unsupported(_))));
}
