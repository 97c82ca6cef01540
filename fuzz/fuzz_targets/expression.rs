//! Any text as an expression: it ends well or in an error that points at a place,
//! and what it makes of a small raster does not depend on the window.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use swath::engine::{Engine, EngineOptions};
use swath::ops::calc::{CalcOptions, Expression, Input};
use swath::raster::{
    Buffer, DataType, GeoTransform, Grid, Info, NoData, Pool, Raster, Size, Window,
};

static ENGINE: LazyLock<Engine> = LazyLock::new(|| {
    let options = EngineOptions { threads: 1, memory: 64 << 20, work: None };
    Engine::new(options).expect("a thread starts")
});

/// Two bands of a few samples, some of them missing.
static RASTER: LazyLock<Raster> = LazyLock::new(|| {
    let size = Size::new(9, 7);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 2, DataType::I16);
    pixels.add_mask();
    for band in 0..2 {
        if let (samples, Some(valid)) = pixels.plane_and_valid_mut::<i16>(band) {
            for (i, (sample, valid)) in samples.iter_mut().zip(valid).enumerate() {
                *sample = (i as i16 * 37 % 23 - 9) * (band as i16 * 50 + 1);
                *valid = if i % 11 == 0 { 0 } else { 255 };
            }
        }
    }
    let grid = Grid { size, transform: GeoTransform::north_up(5.0, 50.0, 0.1, 0.1), crs: None };
    let info = Info { nodata: Some(NoData::Integer(-999)), ..Info::new(grid, 2, DataType::I16) };
    Raster::from_buffer(info, pixels).expect("a whole raster")
});

fuzz_target!(|text: &str| {
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let input = |name: &str, band| Input { name: name.into(), raster: RASTER.clone(), band };
    let inputs = [input("A", None), input("B", Some(1))];
    let options = CalcOptions { dtype: Some(DataType::F64), ..CalcOptions::default() };
    let Ok(made) = expression.over(&inputs, &options, &ENGINE) else { return };
    let all = made.raster.read(Window::new(0, 0, 9, 7)).expect("reads");
    let part = made.raster.read(Window::new(3, 2, 4, 4)).expect("reads");
    for band in 0..all.bands() {
        for (col, row) in (0..4).flat_map(|row| (0..4).map(move |col| (col, row))) {
            let (whole, own) = ((row + 2) * 9 + col + 3, row * 4 + col);
            let sample = |of: &Buffer, at: usize| {
                of.valid(band)
                    .is_none_or(|v| v[at] != 0)
                    .then(|| of.plane::<f64>(band)[at].to_bits())
            };
            assert_eq!(sample(&all, whole), sample(&part, own), "{text}");
        }
    }
});
