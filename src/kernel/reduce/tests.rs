use super::*;
use crate::raster::{DataType, Pool, Window};

fn filled<T: Sample>(window: Window, value: impl Fn(i64, i64) -> f64) -> Buffer {
    let mut buffer = Buffer::new(&Pool::new(0), window, 1, T::DTYPE);
    let width = i64::from(window.width);
    for (k, v) in (0..).zip(buffer.plane_mut::<T>(0)) {
        *v = T::from_f64(value(window.col + k % width, window.row + k / width));
    }
    buffer
}

fn reduced(method: OverviewResampling, factor: u32, source: &Buffer, whole: Size) -> Buffer {
    let half = |n: u32| n.div_ceil(factor);
    let window = Window::new(0, 0, half(whole.width), half(whole.height));
    let mut out = Buffer::new(&Pool::new(0), window, 1, source.dtype());
    Reduction::new(method, factor).fill(0, source, whole, 0, &mut out);
    out
}

#[test]
fn integers_round_half_away_from_0_and_floats_do_not_round() {
    let values = [[-3.0, -2.0, 1.0, 2.0, 9.0], [-2.0, -3.0, 1.0, 2.0, 8.0], [5.0; 5]];
    let source = filled::<i16>(Window::new(0, 0, 5, 3), |x, y| values[y as usize][x as usize]);
    let out = reduced(OverviewResampling::Average, 2, &source, Size::new(5, 3));
    // Gdaladdo (GDAL 3.12) makes -3 of -2.5, and 2 of 1.5.
    assert_eq!(out.plane::<i16>(0), [-3, 2, 9, 5, 5, 5]);
    let low = filled::<i16>(Window::new(0, 0, 8, 8), |x, _| f64::from(x % 2 == 0) - 233.0);
    let out = reduced(OverviewResampling::Average, 4, &low, Size::new(8, 8));
    assert_eq!(out.plane::<i16>(0), [-233; 4]);
    // Its bilinear and Gaussian sums round likewise.
    assert_eq!([-232.5, -0.5, 0.5, 1.4].map(rounded::<i16>), [-233, -1, 1, 1]);
    let out = reduced(OverviewResampling::Nearest, 2, &source, Size::new(5, 3));
    assert_eq!(out.plane::<i16>(0), [-3, 1, 9, 5, 5, 5]);
    let source = filled::<f32>(Window::new(0, 0, 2, 2), |x, y| (x + 2 * y) as f64);
    let out = reduced(OverviewResampling::Average, 2, &source, Size::new(2, 2));
    assert_eq!((out.plane::<f32>(0), out.valid(0)), (&[1.5][..], None));
}

#[test]
fn only_valid_samples_count() {
    let mut source = filled::<u8>(Window::new(0, 0, 4, 4), |x, y| (10 * x + y) as f64);
    source.add_mask();
    let valid = source.valid_mut(0).expect("has a mask");
    for at in [1, 2, 3, 6, 7, 12, 13, 8, 9] {
        valid[at] = 0;
    }
    let whole = Size::new(4, 4);
    let out = reduced(OverviewResampling::Average, 2, &source, whole);
    assert_eq!(out.valid(0), Some(&[255, 0, 0, 255][..]));
    assert_eq!(out.plane::<u8>(0), [4, 0, 0, 28]);
    let out = reduced(OverviewResampling::Nearest, 2, &source, whole);
    assert_eq!(out.valid(0), Some(&[255, 0, 0, 255][..]));
    assert_eq!((out.plane::<u8>(0)[0], out.plane::<u8>(0)[3]), (0, 22));
}

#[test]
fn extremes_of_every_type_survive() {
    for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
        dispatch!(dtype, T => {
            for extreme in [T::from_f64(f64::MIN / 8.0), T::from_f64(f64::MAX / 8.0)] {
                if !extreme.to_f64().is_finite() || dtype == DataType::F64 {
                    continue;
                }
                let source = filled::<T>(Window::new(0, 0, 9, 9), |_, _| extreme.to_f64());
                for method in OverviewResampling::ALL {
                    for factor in [2, 3] {
                        let out = reduced(method, factor, &source, Size::new(9, 9));
                        let near = |v: &T| {
                            let most = 1e-6 * extreme.to_f64().abs();
                            // Root mean squares have no sign.
                            let sign = method == OverviewResampling::Rms;
                            let (a, b) = (v.to_f64(), extreme.to_f64());
                            let (a, b) = if sign { (a.abs(), b.abs()) } else { (a, b) };
                            (a - b).abs() <= most.max(f64::from(u8::from(sign)))
                        };
                        let all = out.plane::<T>(0).iter().all(near);
                        assert!(all, "{dtype} {method:?} {factor} {:?}", out.plane::<T>(0));
                    }
                }
            }
        });
    }
}

/// Pixels are functions of their position: parts agree with the whole, bit by bit.
#[test]
fn parts_agree_with_the_whole() {
    let value = |x: i64, y: i64| ((x * 7919 + y * 104_729) % 251) as f64 + 0.25;
    let whole = Size::new(75, 61);
    for masked in [false, true] {
        let mut source = filled::<f32>(whole.window(), value);
        if masked {
            source.add_mask();
            let valid = source.valid_mut(0).expect("has a mask");
            for (k, valid) in valid.iter_mut().enumerate() {
                *valid = if k * k % 31 < 5 || (2000..2400).contains(&k) { 0 } else { 255 };
            }
        }
        for method in OverviewResampling::ALL {
            for factor in [2, 3, 4, 5, 8] {
                let reduction = Reduction::new(method, factor);
                let all = reduced(method, factor, &source, whole);
                let size = all.window().size();
                for part in [(0, 0, 3, 2), (1, 1, 4, 5), (2, 0, size.width - 2, size.height)] {
                    let (col, row, width, height) = part;
                    let (f, halo) = (i64::from(factor), i64::from(reduction.halo()));
                    let needed = Window::new(
                        f * col - halo,
                        f * row - halo,
                        width * factor + 2 * reduction.halo(),
                        height * factor + 2 * reduction.halo(),
                    );
                    let needed = needed.intersection(whole.window()).expect("inside");
                    let mut from = Buffer::new(&Pool::new(0), needed, 1, DataType::F32);
                    from.copy_band(0, &source, 0);
                    let window = Window::new(col, row, width, height);
                    let mut got = Buffer::new(&Pool::new(0), window, 1, DataType::F32);
                    reduction.fill(0, &from, whole, 0, &mut got);
                    let mut crop = Buffer::new(&Pool::new(0), window, 1, DataType::F32);
                    crop.copy_band(0, &all, 0);
                    let bits = |b: &Buffer| -> Vec<u32> {
                        b.plane::<f32>(0).iter().map(|v| v.to_bits()).collect()
                    };
                    assert_eq!(bits(&got), bits(&crop), "{method:?} {factor} {window:?}");
                    assert_eq!(got.valid(0), crop.valid(0), "{method:?} {factor} {window:?}");
                }
            }
        }
    }
}

#[test]
fn nothing_rings_off_gaps() {
    let whole = Size::new(40, 40);
    let mut source = filled::<f32>(whole.window(), |x, _| if x < 17 { -9999.0 } else { 100.0 });
    source.add_mask();
    let valid = source.valid_mut(0).expect("has a mask");
    for (k, valid) in valid.iter_mut().enumerate() {
        *valid = if k % 40 < 17 { 0 } else { 255 };
    }
    for method in OverviewResampling::ALL {
        let out = reduced(method, 2, &source, whole);
        let valid = out.valid(0).expect("has a mask");
        for (k, (&v, &valid)) in out.plane::<f32>(0).iter().zip(valid).enumerate() {
            // Column 8 is made of 16 and 17, of which nearest takes the first.
            let first = if method == OverviewResampling::Nearest { 9 } else { 8 };
            assert_eq!(valid != 0, k % 20 >= first, "{method:?} {k}");
            assert!(valid == 0 || (v - 100.0).abs() < 1e-4, "{method:?} {k}: {v}");
        }
    }
}

#[test]
fn names_are_read_back() {
    for method in OverviewResampling::ALL {
        assert_eq!(method.name().parse::<OverviewResampling>().ok(), Some(method));
    }
    assert!("best".parse::<OverviewResampling>().is_err());
}
