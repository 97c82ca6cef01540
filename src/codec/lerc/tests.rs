//! Laws of LERC, with lerc-reader as the second opinion.

use super::*;
use crate::codec::SampleKind;
use crate::codec::testing::{Random, damaged};

fn shape(width: u32, height: u32, samples: u16, kind: Kind) -> ChunkShape {
    let (bits, kind) = match kind {
        Kind::I8 => (8, SampleKind::Signed),
        Kind::U8 => (8, SampleKind::Unsigned),
        Kind::I16 => (16, SampleKind::Signed),
        Kind::U16 => (16, SampleKind::Unsigned),
        Kind::I32 => (32, SampleKind::Signed),
        Kind::U32 => (32, SampleKind::Unsigned),
        Kind::F32 => (32, SampleKind::Float),
        Kind::F64 => (64, SampleKind::Float),
    };
    ChunkShape { width, height, samples, bits, kind }
}

fn encoded<T: Value>(
    values: &[T],
    shape: ChunkShape,
    max_error: f64,
    nodata: Option<f64>,
) -> Vec<u8> {
    let mut out = Vec::new();
    let bytes = bytemuck::cast_slice(values);
    encode(Plain { bytes, shape, nodata }, max_error, &mut out).unwrap();
    out
}

fn decoded<T: Value>(blobs: &[u8], shape: ChunkShape) -> Vec<T> {
    let mut out = vec![T::from_f64(77.0); shape.pixels().unwrap() * usize::from(shape.samples)];
    decode(blobs, shape, bytemuck::cast_slice_mut(&mut out)).unwrap();
    out
}

/// Fields of many kinds, as numbers that a type may or may not hold.
fn fields(random: &mut Random, count: usize) -> Vec<(&'static str, Vec<f64>)> {
    let mut make = |name, f: &mut dyn FnMut(usize, f64) -> f64| {
        let values = (0..count).map(|at| f(at, random.below(1 << 20) as f64 / f64::from(1 << 20)));
        (name, values.collect::<Vec<_>>())
    };
    let at = |at: usize| at as f64;
    vec![
        make("constant", &mut |_, _| 42.0),
        make("zero", &mut |_, _| 0.0),
        make("smooth", &mut |i, _| (60.0 + 50.0 * (at(i) / 37.0).sin()).round()),
        make("noise", &mut |_, r| (r * 120.0).floor()),
        make("few values", &mut |_, r| {
            if r < 0.8 {
                3.0
            } else if r < 0.9 {
                90.0
            } else {
                120.0
            }
        }),
        make("wide", &mut |i, r| (r * 4e9 * at(i % 2)).floor()),
        make("below zero", &mut |i, r| (r * 200.0 - 100.0).floor() * at(i % 3)),
        make("fractions", &mut |i, r| 300.0 * (at(i) / 91.0).cos() + r),
        make("eighths", &mut |i, r| ((at(i) / 50.0).sin() * 900.0 + r * 2.0 * 8.0).round() / 8.0),
        make("huge", &mut |i, r| if i % 50 == 0 { -3.4e38 } else { r }),
    ]
}

fn round_trip<T: Value + std::fmt::Debug>(floats: bool) {
    let mut random = Random(11);
    for (width, height, samples) in [(64, 40, 1), (37, 21, 1), (1, 1, 1), (33, 18, 3), (8, 8, 2)] {
        let shape = shape(width, height, samples, T::KIND);
        let count = (width * height) as usize * usize::from(samples);
        for (name, field) in fields(&mut random, count) {
            let values: Vec<T> = field.iter().map(|&value| T::from_f64(value)).collect();
            for max_error in [0.0, 0.25, 1.0, 7.5] {
                let name = format!("{name}, {width} x {height} x {samples}, error {max_error}");
                let blob = encoded(&values, shape, max_error, None);
                let back = decoded::<T>(&blob, shape);
                let bound = if floats { max_error } else { max_error.floor() };
                for (value, back) in values.iter().zip(&back) {
                    let off = (value.to_f64() - back.to_f64()).abs();
                    assert!(off <= bound, "{name}: {value:?} came back as {back:?}");
                }
                let own: Vec<f64> = back.iter().map(|v| v.to_f64()).collect();
                let other = lerc_reader::decode(&blob).unwrap().pixels.to_f64();
                assert!(own == other, "{name}: lerc-reader reads it otherwise");
            }
        }
    }
}

#[test]
fn integers_come_back_as_near_as_asked() {
    round_trip::<u8>(false);
    round_trip::<i8>(false);
    round_trip::<u16>(false);
    round_trip::<i16>(false);
    round_trip::<u32>(false);
    round_trip::<i32>(false);
}

#[test]
fn floats_come_back_as_near_as_asked() {
    round_trip::<f32>(true);
    round_trip::<f64>(true);
}

#[test]
fn nan_is_missing_and_stays_so() {
    let mut random = Random(5);
    for samples in [1_u16, 3] {
        let shape = shape(50, 31, samples, Kind::F32);
        for mixed in [false, true] {
            let mut values: Vec<f32> =
                (0..50 * 31 * usize::from(samples)).map(|i| (i % 97) as f32 * 0.37).collect();
            for pixel in values.chunks_exact_mut(samples.into()) {
                let hole = random.below(3) == 0;
                for value in pixel {
                    if if mixed { random.below(4) == 0 } else { hole } {
                        *value = f32::NAN;
                    }
                }
            }
            for max_error in [0.0, 0.01] {
                let back = decoded::<f32>(&encoded(&values, shape, max_error, None), shape);
                for (value, back) in values.iter().zip(&back) {
                    assert!(value.is_nan() == back.is_nan());
                    assert!(value.is_nan() || f64::from((value - back).abs()) <= max_error);
                }
            }
        }
    }
    let all = vec![f32::NAN; 64];
    let shape = shape(8, 8, 1, Kind::F32);
    assert!(decoded::<f32>(&encoded(&all, shape, 0.0, None), shape).iter().all(|v| v.is_nan()));
}

#[test]
fn missing_values_are_kept_and_no_other_becomes_one() {
    let shape = shape(64, 64, 1, Kind::F32);
    let mut random = Random(9);
    let values: Vec<f32> = (0..64 * 64)
        .map(|_| if random.below(5) == 0 { 10.0 } else { random.below(2000) as f32 / 100.0 })
        .collect();
    let back = decoded::<f32>(&encoded(&values, shape, 0.5, Some(10.0)), shape);
    for (value, back) in values.iter().zip(&back) {
        assert_eq!(*value == 10.0, *back == 10.0, "{value} came back as {back}");
        assert!((value - back).abs() <= 0.5);
    }
}

#[test]
fn what_is_encoded_is_smaller_where_it_can_be() {
    // A smooth surface of 16 bits takes the bits of its slopes.
    let shape = shape(256, 256, 1, Kind::U16);
    let surface = |i: usize| 3000.0 + 800.0 * ((i % 256) as f64 / 90.0).sin() + (i / 256) as f64;
    let values: Vec<u16> = (0..256 * 256).map(|i| surface(i) as u16).collect();
    let len = encoded(&values, shape, 0.0, None).len();
    assert!(len * 2 < values.len() * 2, "{len} bytes");
    // Codes are for bytes: one of four values mostly.
    let shape = ChunkShape { bits: 8, ..shape };
    let mut random = Random(3);
    let values: Vec<u8> = (0..256 * 256)
        .map(|_| if random.below(50) == 0 { random.next() as u8 } else { random.below(4) as u8 })
        .collect();
    let len = encoded(&values, shape, 0.0, None).len();
    assert!(len * 3 < values.len(), "{len} bytes");
}

#[test]
fn an_error_that_is_allowed_saves_bytes_where_rounding_adds_to_it() {
    // Heights of which the nearest f32 are 1/8192 apart, to a step that is none of these.
    let shape = shape(256, 256, 1, Kind::F32);
    let mut random = Random(5);
    let height = |i: usize| 1500.0 + 400.0 * ((i % 256) as f64 / 70.0).sin() + (i / 256) as f64;
    let noise = (0..256 * 256).map(|_| random.below(1000) as f64 / 1000.0).collect::<Vec<_>>();
    let values: Vec<f32> = (0..256 * 256).map(|i| (height(i) + noise[i]) as f32).collect();
    let blob = encoded(&values, shape, 0.01, None);
    let back = decoded::<f32>(&blob, shape);
    let off = values.iter().zip(&back).map(|(a, b)| (f64::from(*a) - f64::from(*b)).abs());
    assert!(off.fold(0.0, f64::max) <= 0.01);
    // A block spans at most 55 metres, of steps of 0.02: 12 bits a height, and the heads of blocks.
    assert!(blob.len() < 256 * 256 * 25 / 16, "{} bytes", blob.len());
}

#[test]
fn what_cannot_be_encoded_is_refused() {
    let bytes = [0; 64];
    let plain = |shape| Plain { bytes: &bytes, shape, nodata: None };
    let of = |bits, kind| ChunkShape { width: 8, height: 1, samples: 1, bits, kind };
    let mut out = Vec::new();
    for max_error in [-1.0, f64::NAN, f64::INFINITY] {
        let chunk = plain(of(64, SampleKind::Float));
        assert!(matches!(encode(chunk, max_error, &mut out), Err(Error::Usage(_))));
    }
    let chunk = plain(of(64, SampleKind::Unsigned));
    assert!(matches!(encode(chunk, 0.0, &mut out), Err(Error::Unsupported(_))));
    let chunk = plain(of(32, SampleKind::Float));
    assert!(matches!(encode(chunk, 0.0, &mut out), Err(Error::Usage(_))));
}

#[test]
fn damaged_blobs_never_panic() {
    let mut random = Random(6);
    for (kind, samples) in [(Kind::U8, 1), (Kind::U8, 3), (Kind::U16, 1), (Kind::F32, 2)] {
        let shape = shape(40, 24, samples, kind);
        let size = usize::from(samples * shape.bits / 8);
        let mut out = vec![0_u64; 40 * 24 * size / 8];
        let out: &mut [u8] = bytemuck::cast_slice_mut(&mut out);
        let mut values = random.bytes(40 * 24 * size);
        values.iter_mut().for_each(|byte| *byte &= 0x43);
        // Missing ones among floats.
        if kind == Kind::F32 {
            for pixel in bytemuck::cast_slice_mut::<u8, f32>(&mut values).chunks_mut(2).step_by(3) {
                pixel.fill(f32::NAN);
            }
        }
        let mut blob = Vec::new();
        encode(Plain { bytes: &values, shape, nodata: None }, 0.0, &mut blob).unwrap();
        for _ in 0..6000 {
            let mut bad = damaged(&mut random, &blob);
            // Past the checksum, which finds nearly all there is.
            if bad.len() == blob.len() {
                let _ = head::finish(&mut bad);
            }
            let _ = decode(&bad, shape, out);
        }
    }
}

#[test]
fn blobs_that_claim_another_size_or_type_are_refused() {
    let shape = shape(8, 8, 1, Kind::U16);
    let blob = encoded(&(0..64).collect::<Vec<u16>>(), shape, 0.0, None);
    let mut out = [0; 400];
    let error = decode(&blob, ChunkShape { width: 9, ..shape }, &mut out).unwrap_err().to_string();
    assert!(error.contains("expected 9 x 8"), "{error}");
    let signed = ChunkShape { kind: SampleKind::Signed, ..shape };
    assert!(decode(&blob, signed, &mut out).unwrap_err().to_string().contains("I16"));
    let mut bad = blob.clone();
    *bad.last_mut().unwrap() ^= 1;
    assert!(decode(&bad, shape, &mut out).unwrap_err().to_string().contains("checksum"));
}
