//! Colours: what is missing, percentages, crops, and what is refused.

mod rasters;

use rasters::{assert_crop, assert_same, noise};
use swath::engine::{Engine, Silent};
use swath::kernel::Shade;
use swath::ops::colorize::{ColorizeOptions, Ramp};
use swath::raster::{Buffer, ColorInterpretation, DataType, NoData, Raster, Size, Window};
use swath::{Error, Result};

fn whole(raster: &Raster) -> Buffer {
    raster.read(raster.info().grid.size.window()).expect("reads")
}

fn ramp(text: &str) -> Ramp {
    Ramp::parse(text).expect("a ramp")
}

/// Red, green, blue and opacity of a pixel; `None` if it is missing.
fn pixel(of: &Buffer, at: usize) -> Option<Vec<u8>> {
    let there = of.valid(0).is_none_or(|valid| valid[at] != 0);
    there.then(|| (0..of.bands()).map(|band| of.plane::<u8>(band)[at]).collect())
}

#[test]
fn every_type_has_the_same_colours() -> Result<()> {
    let text = ramp("0 0 0 0\n60 10 200 90\n100 255 0 255\n");
    let mut first = None;
    for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
        // Noise of floats has fractions.
        let whole_numbers = noise(DataType::I16, 1, Size::new(60, 50), None);
        let how = swath::ops::CastOptions { dtype, scale: None, nodata: None };
        let (raster, _) = whole_numbers.cast(how)?;
        let made = raster.colorize(0, &text, &ColorizeOptions::default())?;
        let colors = whole(&made);
        let first = first.get_or_insert_with(|| whole(&made));
        assert_same(&colors, first, dtype.name());
    }
    Ok(())
}

#[test]
fn what_is_missing_is_masked_transparent_or_coloured() -> Result<()> {
    let raster = noise(DataType::I16, 1, Size::new(40, 30), Some(NoData::Integer(70)));
    let gaps: Vec<bool> = whole(&raster).valid(0).expect("gaps").iter().map(|v| *v == 0).collect();
    let at = gaps.iter().position(|gap| *gap).expect("a gap");
    let grey = "0 0 0 0\n100 255 255 255\n";
    let masked = raster.colorize(0, &ramp(grey), &ColorizeOptions::default())?;
    assert_eq!(masked.info().color(2), ColorInterpretation::Blue);
    let missing: Vec<bool> =
        (0..gaps.len()).map(|at| pixel(&whole(&masked), at).is_none()).collect();
    assert_eq!(missing, gaps);
    let how = ColorizeOptions { alpha: true, ..ColorizeOptions::default() };
    let clear = raster.colorize(0, &ramp(grey), &how)?;
    assert_eq!(pixel(&whole(&clear), at), Some(vec![0; 4]));
    assert_eq!(clear.info().color(3), ColorInterpretation::Alpha);
    for nv in ["nv 1 2 3 4", "nan 1 2 3 4", "70 1 2 3 4"] {
        let made = whole(&raster.colorize(0, &ramp(&format!("{grey}{nv}\n")), &how)?);
        assert_eq!(pixel(&made, at), Some(vec![1, 2, 3, 4]), "{nv}");
        // The value that stands for none is no step of the ramp.
        assert_eq!(
            made.plane::<u8>(3).iter().filter(|a| **a == 4).count(),
            gaps.iter().filter(|g| **g).count()
        );
    }
    Ok(())
}

#[test]
fn values_without_colours() -> Result<()> {
    let raster = noise(DataType::U8, 1, Size::new(40, 30), None);
    let how = ColorizeOptions { shade: Shade::Exact, ..ColorizeOptions::default() };
    let samples = whole(&raster);
    let only = whole(&raster.colorize(0, &ramp("60 9 9 9\n"), &how)?);
    let more = whole(&raster.colorize(0, &ramp("60 9 9 9\ndefault 1 2 3\n"), &how)?);
    for (at, &sample) in samples.plane::<u8>(0).iter().enumerate() {
        assert_eq!(pixel(&only, at), (sample == 60).then(|| vec![9; 3]));
        assert_eq!(pixel(&more, at), Some(if sample == 60 { vec![9; 3] } else { vec![1, 2, 3] }));
    }
    Ok(())
}

#[test]
fn percentages_stand_for_values() -> Result<()> {
    let raster = noise(DataType::F32, 1, Size::new(60, 50), Some(NoData::Integer(-1)));
    let engine = Engine::new(Default::default())?;
    let (least, most) = raster.value_range(0, &engine, &mut Silent)?.expect("samples");
    let how = ColorizeOptions { range: Some((least, most)), ..ColorizeOptions::default() };
    let percent = whole(&raster.colorize(0, &ramp("0% black\n100% white\n"), &how)?);
    let text = format!("{least} black\n{most} white\n");
    let values = raster.colorize(0, &ramp(&text), &ColorizeOptions::default())?;
    assert_same(&percent, &whole(&values), "percentages");
    let none =
        raster.colorize(0, &Ramp::named("viridis").expect("a ramp"), &ColorizeOptions::default());
    assert!(matches!(none, Err(Error::Usage(_))));
    Ok(())
}

#[test]
fn windows_are_crops() -> Result<()> {
    let raster = noise(DataType::F32, 2, Size::new(90, 70), Some(NoData::Integer(70)));
    let how = ColorizeOptions { range: Some((30.0, 110.0)), ..ColorizeOptions::default() };
    let made = raster.colorize(1, &Ramp::named("turbo").expect("a ramp"), &how)?;
    let all = whole(&made);
    for window in [Window::new(-5, -5, 20, 30), Window::new(40, 30, 100, 7)] {
        assert_crop(&made.read(window)?, &all, &format!("{window:?}"));
    }
    Ok(())
}

#[test]
fn what_makes_no_sense_is_refused() {
    let raster = noise(DataType::I16, 1, Size::new(9, 9), Some(NoData::Integer(70)));
    let grey = ramp("0% black\n100% white\n");
    let range = |range| ColorizeOptions { range: Some(range), ..ColorizeOptions::default() };
    for refused in [
        raster.colorize(1, &grey, &range((0.0, 1.0))),
        raster.colorize(0, &grey, &range((0.0, f64::NAN))),
        raster.colorize(0, &grey, &range((f64::MIN, f64::MAX))),
        raster.colorize(0, &ramp("70 1 2 3\n"), &ColorizeOptions::default()),
    ] {
        assert!(matches!(refused, Err(Error::Usage(_))), "{refused:?}");
    }
    let complex = noise(DataType::CF32, 1, Size::new(9, 9), None);
    let refused = complex.colorize(0, &grey, &range((0.0, 1.0)));
    assert!(matches!(refused, Err(Error::Unsupported(_))));
}
