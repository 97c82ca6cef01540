//! Nodata values become validity, and back.

use std::ops::Range;

use crate::raster::{Buffer, NoData, Sample, dispatch};

/// The samples that are looked at together.
const LOOK: usize = 1024;

/// Writes `nodata` over every invalid sample and moves every valid sample that
/// equals it to the next value; returns how many were moved.
///
/// `valid` has 255 for each valid sample and 0 for each other; `None` if all are
/// valid. A valid sample that was computed as exactly `nodata` would be lost, so
/// it becomes `nodata` - 1 for integers (+ 1 if that is the type's least value),
/// as gdalwarp has it (AvoidNoData in gdalwarpkernel.cpp). A float becomes the
/// ninth larger one (the ninth smaller one at the end of the type's range):
/// gdalwarp takes the next, which the masks of GDAL's readers take for nodata
/// still, as they compare with a tolerance (ARE_REAL_EQUAL in gdal_priv.h: two
/// epsilons of the sum, less than nine steps). Valid NaN samples stay what they
/// are, lost if `nodata` is NaN; so do complex ones, of which none is nodata to a
/// reader.
///
/// # Panics
/// If `valid` has another length than `samples`.
pub fn avoid_nodata<T: Sample>(nodata: T, valid: Option<&[u8]>, samples: &mut [T]) -> usize {
    let instead = beside(nodata);
    let give_way = |samples: &mut [T]| {
        // A look alone is wide, and mostly enough.
        if !samples.iter().fold(false, |any, v| any | v.matches(nodata)) {
            return 0;
        }
        let mut moved = 0;
        for sample in samples.iter_mut().filter(|v| v.matches(nodata)) {
            *sample = instead;
            moved += 1;
        }
        moved
    };
    let Some(valid) = valid else { return samples.chunks_mut(LOOK).map(give_way).sum() };
    assert_eq!(valid.len(), samples.len(), "one validity a sample");
    let mut moved = 0;
    for (samples, valid) in samples.chunks_mut(LOOK).zip(valid.chunks(LOOK)) {
        if valid.iter().fold(255, |all, &v| all & v) == 255 {
            moved += give_way(samples);
            continue;
        }
        for (sample, &valid) in samples.iter_mut().zip(valid) {
            let collides = valid != 0 && sample.matches(nodata);
            moved += usize::from(collides);
            let kept = if collides { instead } else { *sample };
            *sample = if valid == 0 { nodata } else { kept };
        }
    }
    moved
}

/// Makes the samples of some bands (from 0) that equal `nodata` invalid; NaN
/// stands for every NaN.
pub fn mark_nodata(nodata: NoData, bands: Range<u16>, out: &mut Buffer) {
    dispatch!(out.dtype(), T => mark::<T>(nodata, bands, out));
}

fn mark<T: Sample>(nodata: NoData, bands: Range<u16>, out: &mut Buffer) {
    let Some(nodata) = nodata.sample::<T>() else { return };
    // NaN stands for every NaN, and equals none.
    let is_nan = nodata.to_f64().is_nan();
    let missing = |v: T| if is_nan { v.to_f64().is_nan() } else { v.matches(nodata) };
    for band in bands {
        // Without a branch in the loop it vectorises; most blocks miss nothing.
        let any = out
            .plane::<T>(band)
            .chunks(LOOK)
            .any(|block| block.iter().fold(false, |any, &v| any | missing(v)));
        if !any {
            continue;
        }
        out.add_mask();
        if let (samples, Some(valid)) = out.plane_and_valid_mut::<T>(band) {
            for (valid, &sample) in valid.iter_mut().zip(samples.iter()) {
                *valid &= if missing(sample) { 0 } else { 255 };
            }
        }
    }
}

/// A type whose values have neighbours.
trait Neighbour: Sized {
    fn neighbour(self) -> Self;
}

macro_rules! integer_neighbour {
    ($($t:ty)*) => { $(
        impl Neighbour for $t {
            fn neighbour(self) -> Self {
                self.checked_sub(1).unwrap_or(Self::MIN + 1)
            }
        }
    )* };
}
integer_neighbour! { u8 i8 u16 i16 u32 i32 u64 i64 }

/// How many floats a value moves, so that no reader takes it for what it was.
const STEPS: u32 = 9;

macro_rules! float_neighbour {
    ($($t:ty)*) => { $(
        impl Neighbour for $t {
            fn neighbour(self) -> Self {
                let larger = (0..STEPS).fold(self, |v, _| v.next_up());
                if larger < Self::INFINITY {
                    larger
                } else {
                    (0..STEPS).fold(self, |v, _| v.next_down())
                }
            }
        }
    )* };
}
float_neighbour! { f32 f64 }

/// Complex samples never give way.
impl<P> Neighbour for [P; 2] {
    fn neighbour(self) -> Self {
        self
    }
}

/// Returns the value that stands in for a valid `nodata`.
fn beside<T: Sample>(nodata: T) -> T {
    // The arm taken has U = T: the casts go from a type to itself.
    dispatch!(T::DTYPE, U => bytemuck::cast(bytemuck::cast::<T, U>(nodata).neighbour()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::DataType;

    #[test]
    fn collisions_move_as_gdal_moves_them() {
        assert_eq!((beside(0u8), beside(255u8), beside(-9999i16)), (1, 254, -10_000));
        assert_eq!(
            (beside(i8::MIN), beside(i64::MIN), beside(u64::MAX)),
            (-127, i64::MIN + 1, u64::MAX - 1)
        );
    }

    /// ARE_REAL_EQUAL of GDAL 3.10's gdal_priv.h, by which its masks find nodata.
    #[test]
    fn floats_move_beyond_what_gdal_takes_for_nodata() {
        for nodata in [-9999f32, 1.999_999_9, 2.0, -1.0, f32::MAX, f32::MIN, 1e-20, -3.4e38] {
            let moved = beside(nodata);
            assert!(moved.is_finite());
            // In wider numbers: the sum of two of the largest is beyond them, and then GDAL takes
            // any of them for one another.
            let [nodata, moved] = [nodata, moved].map(f64::from);
            let (apart, sum) = ((nodata - moved).abs(), (nodata + moved).abs());
            assert!(apart >= f64::from(f32::EPSILON) * sum * 2.0, "{nodata}: {moved}");
            assert!(apart <= nodata.abs() * 1.2e-6, "{nodata}: {moved}");
        }
        for nodata in [-9999f64, 2.0f64.next_down(), f64::MAX.next_down(), f64::MIN / 3.0] {
            let moved = beside(nodata);
            let near = f64::EPSILON * (nodata / 2.0 + moved / 2.0).abs() * 4.0;
            assert!(moved.is_finite() && (nodata - moved).abs() >= near, "{nodata}: {moved}");
        }
        assert!(beside(f32::INFINITY) < f32::MAX && beside(f32::NEG_INFINITY) > f32::MIN);
        assert!(beside(0f32) > 0.0);
    }

    #[test]
    fn invalid_samples_become_nodata_and_valid_ones_never() {
        for dtype in DataType::ALL.into_iter().filter(|dtype| !dtype.is_complex()) {
            dispatch!(dtype, T => {
                let mut samples = [3, 5, 5, 7].map(|v| T::from_f64(f64::from(v)));
                let nodata = T::from_f64(5.0);
                assert_eq!(avoid_nodata(nodata, Some(&[0, 255, 0, 255]), &mut samples), 1);
                assert!(samples[0] == nodata && samples[2] == nodata);
                assert!(!samples[1].matches(nodata) && (samples[1].to_f64() - 5.0).abs() <= 1.0);
                assert_eq!(samples[3].to_f64(), 7.0);
                assert_eq!(avoid_nodata(nodata, None, &mut samples), 2);
                assert!(samples.iter().all(|&s| s != nodata));
            });
        }
        // Whole blocks of all kinds, and a part of one.
        let mut many: Vec<u16> = (0..5 * LOOK as u16 / 2).map(|i| i % 7).collect();
        let gap = |i| if i > LOOK && i % LOOK == 3 { 0 } else { 255 };
        let valid: Vec<u8> = (0..many.len()).map(gap).collect();
        let zeros = (0..many.len()).filter(|i| i % 7 == 0 && valid[*i] != 0).count();
        assert_eq!(avoid_nodata(0, Some(&valid), &mut many), zeros);
        for (i, (&sample, &valid)) in many.iter().zip(&valid).enumerate() {
            let own = i as u16 % 7;
            let wanted = if valid == 0 {
                0
            } else if own == 0 {
                1
            } else {
                own
            };
            assert_eq!(sample, wanted, "{i}");
        }
        let mut floats = [1.0, f64::NAN];
        assert_eq!(avoid_nodata(f64::NAN, Some(&[0, 255]), &mut floats), 0);
        assert!(floats.iter().all(|f| f.is_nan()));
    }
}
