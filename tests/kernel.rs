//! The interpolation kernels against a slow, direct reference, and their laws.

use swath::kernel::{Footprints, Plane, Positions, Resampling, Segment};
use swath::raster::{Sample, Size, Window};

/// What looks at a position: all that a segment can do.
const POINTWISE: [Resampling; 5] = [
    Resampling::Near,
    Resampling::Bilinear,
    Resampling::Cubic,
    Resampling::CubicSpline,
    Resampling::Lanczos,
];

/// A small generator of reproducible numbers (splitmix64).
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f64 {
        (self.bits() >> 11) as f64 / (1u64 << 53) as f64
    }

    fn below(&mut self, n: usize) -> usize {
        (self.bits() % n as u64) as usize
    }
}

/// A raster in memory and a run of positions on it.
struct Job<T> {
    size: Size,
    samples: Vec<T>,
    valid: Option<Vec<u8>>,
    x: Vec<f64>,
    y: Vec<f64>,
    sx: Vec<f64>,
    sy: Vec<f64>,
}

impl<T: Sample> Job<T> {
    fn random(random: &mut Random, value: impl Fn(&mut Random) -> T) -> Self {
        let size = Size::new(20 + random.below(60) as u32, 20 + random.below(60) as u32);
        let pixels = size.pixels() as usize;
        let samples = (0..pixels).map(|_| value(random)).collect();
        // From nearly complete to nearly empty, and in runs.
        let holes = random.unit() * random.unit();
        let valid = (random.below(3) > 0).then(|| {
            let mut state = true;
            (0..pixels)
                .map(|_| {
                    if random.below(3) == 0 {
                        state = random.unit() >= holes;
                    }
                    if state { 255 } else { 0 }
                })
                .collect()
        });
        let n = 1 + random.below(Segment::MAX);
        let (w, h) = (f64::from(size.width), f64::from(size.height));
        let place = |random: &mut Random, extent: f64| match random.below(12) {
            0 => random.unit() * 4.0 - 2.0,
            1 => extent + random.unit() * 4.0 - 2.0,
            2 => (random.unit() * extent).floor(),
            3 => (random.unit() * extent).floor() + 0.5,
            _ => random.unit() * extent,
        };
        // Long enough runs of plain pixels to take the fast path.
        let scaled = random.below(2) == 0;
        let scale = |random: &mut Random| match random.below(3) {
            0 if scaled => 1.0 + random.unit() * 5.0,
            1 if scaled => 1.0 + random.unit() * 0.1,
            _ => random.unit(),
        };
        // Lines of neighbours, as warps have them, or positions anywhere.
        let (interior, line) = (random.below(2) == 0, random.below(2) == 0);
        let mut at = |extent: f64| -> Vec<f64> {
            let (start, end) =
                (4.0 + random.unit() * (extent - 8.0), random.unit() * (extent - 8.0));
            (0..n)
                .map(|i| match (interior, line) {
                    (true, true) => start + (4.0 + end - start) * i as f64 / Segment::MAX as f64,
                    (true, false) => 4.0 + random.unit() * (extent - 8.0),
                    _ => place(random, extent),
                })
                .collect()
        };
        let (x, y) = (at(w), at(h));
        let mut footprints = || (0..n).map(|_| scale(random)).collect();
        Self { size, samples, valid, x, y, sx: footprints(), sy: footprints() }
    }

    fn plane(&self) -> Plane<'_, T> {
        Plane { window: self.size.window(), samples: &self.samples, valid: self.valid.as_deref() }
    }

    fn positions(&self) -> Positions<'_> {
        let footprints = Some(Footprints { x: &self.sx, y: &self.sy });
        Positions { x: &self.x, y: &self.y, footprints }
    }

    /// The same job with samples of `f64`.
    fn widened(&self) -> Job<f64> {
        let Self { size, ref samples, ref valid, ref x, ref y, ref sx, ref sy } = *self;
        let samples = samples.iter().map(|s| s.to_f64()).collect();
        let [x, y, sx, sy] = [x, y, sx, sy].map(Vec::clone);
        Job { size, samples, valid: valid.clone(), x, y, sx, sy }
    }

    fn gather(&self, how: Resampling) -> (Vec<T>, Vec<u8>) {
        if how.working(T::DTYPE) != T::DTYPE {
            let (out, valid) = self.widened().gather(how);
            return (out.into_iter().map(T::from_f64).collect(), valid);
        }
        let n = self.x.len();
        let (mut out, mut valid) = (vec![T::zeroed(); n], vec![7; n]);
        let mut segment = Segment::new();
        segment.locate(how, self.size, self.size.window(), self.positions());
        let outcome = segment.gather(self.plane(), &mut out, &mut valid);
        assert!(valid.iter().all(|&v| v == 0 || v == 255));
        assert_eq!(outcome.all_valid, valid.iter().all(|&v| v == 255));
        let over = |i: &usize| {
            let fits = T::from_f64(f64::MIN).to_f64() - 0.5..=T::from_f64(f64::MAX).to_f64() + 0.5;
            let value = self.reference(how, *i);
            !T::DTYPE.is_float() && value.is_some_and(|v| !fits.contains(&v))
        };
        let wanted = (0..n).filter(over).count();
        // Sums in f32 fall on either side of the very edge.
        assert!((wanted as i64 - i64::from(outcome.saturated)).abs() <= 1, "{how}: {wanted}");
        (out, valid)
    }

    fn sample(&self, col: i64, row: i64) -> Option<T> {
        let (w, h) = (i64::from(self.size.width), i64::from(self.size.height));
        if !(0..w).contains(&col) || !(0..h).contains(&row) {
            return None;
        }
        let at = (row * w + col) as usize;
        self.valid.as_ref().is_none_or(|v| v[at] != 0).then(|| self.samples[at])
    }

    /// Interpolates one pixel by the definition, in `f64`; `None` if invalid.
    fn reference(&self, how: Resampling, i: usize) -> Option<f64> {
        let (x, y) = (self.x[i], self.y[i]);
        let (w, h) = (f64::from(self.size.width), f64::from(self.size.height));
        if !(0.0..=w).contains(&x) || !(0.0..=h).contains(&y) {
            return None;
        }
        if how == Resampling::Near {
            let (col, row) = ((x + 1e-10).floor().min(w - 1.0), (y + 1e-10).floor().min(h - 1.0));
            return self.sample(col as i64, row as i64).map(Sample::to_f64);
        }
        let scale = |s: f64| if s > 1.0 / 0.95 { s } else { 1.0 };
        let (sx, sy) = (scale(self.sx[i]), scale(self.sy[i]));
        let sum = |kernel: Resampling| {
            let taps = |p: f64, s: f64| {
                let base = (p - 0.5).floor() as i64;
                let side = (f64::from(kernel.radius()) * s).ceil() as i64;
                base - side + 1..=base + side
            };
            let (mut sum, mut weight, mut all, mut missing) = (0.0, 0.0, 0.0, false);
            for row in taps(y, sy) {
                for col in taps(x, sx) {
                    let d = ((col as f64 + 0.5 - x) / sx, (row as f64 + 0.5 - y) / sy);
                    let w = kernel.weight(d.0) * kernel.weight(d.1);
                    all += w;
                    match self.sample(col, row) {
                        Some(v) => {
                            sum += w * v.to_f64();
                            weight += w;
                        }
                        None => missing = true,
                    }
                }
            }
            ((weight >= 1e-6 * all).then(|| sum / weight), missing)
        };
        match (how, sum(how)) {
            (Resampling::Cubic | Resampling::Lanczos, (_, true)) => sum(Resampling::Bilinear).0,
            (_, (value, _)) => value,
        }
    }
}

/// Compares a few hundred random jobs with the reference.
fn agrees<T: Sample>(tolerance: f64, value: impl Fn(&mut Random) -> T) {
    let mut random = Random(T::DTYPE as u64);
    let (mut pixels, mut valid_pixels) = (0, 0);
    for job in 0..150 {
        let job_made = Job::random(&mut random, &value);
        for how in POINTWISE {
            let (out, valid) = job_made.gather(how);
            for i in 0..out.len() {
                let expected = job_made.reference(how, i);
                let place = || {
                    let (x, y) = (job_made.x[i], job_made.y[i]);
                    format!("job {job} {how} {} pixel {i} at ({x}, {y})", T::DTYPE)
                };
                pixels += 1;
                match expected {
                    None => assert!(valid[i] == 0 && out[i] == T::zeroed(), "{}", place()),
                    Some(expected) => {
                        assert_eq!(valid[i], 255, "{}", place());
                        valid_pixels += 1;
                        // Saturated as the type is; rounding is in the tolerance.
                        let saturated = if T::DTYPE.is_float() {
                            expected
                        } else {
                            let (least, most) = (T::from_f64(f64::MIN), T::from_f64(f64::MAX));
                            expected.clamp(least.to_f64(), most.to_f64())
                        };
                        let off = (out[i].to_f64() - saturated).abs();
                        assert!(
                            off <= tolerance,
                            "{}: {} for {expected}",
                            place(),
                            out[i].to_f64()
                        );
                    }
                }
            }
        }
    }
    assert!(valid_pixels * 4 > pixels, "{valid_pixels} of {pixels} valid: too few to tell");
}

#[test]
fn narrow_integers_agree_with_the_reference() {
    agrees(0.51, |r| r.bits() as u8);
    agrees(0.51, |r| r.bits() as i8);
    agrees(0.55, |r| r.bits() as u16);
    agrees(0.55, |r| r.bits() as i16);
}

#[test]
fn wide_integers_agree_with_the_reference() {
    agrees(0.500_01, |r| r.bits() as u32);
    agrees(0.500_01, |r| r.bits() as i32);
    // Up to 2^44: beyond, the rounding of f64 sums shows in the last digit.
    agrees(0.6, |r| r.bits() >> 20);
    agrees(0.6, |r| r.bits() as i64 >> 20);
}

#[test]
#[should_panic(expected = "samples of a working type")]
fn types_that_no_kernel_is_made_for_are_refused() {
    let size = Size::new(2, 2);
    let mut segment = Segment::new();
    let at = Positions { x: &[1.0], y: &[1.0], footprints: None };
    segment.locate(Resampling::Bilinear, size, size.window(), at);
    let source = Plane { window: size.window(), samples: &[1i32; 4], valid: None };
    segment.gather(source, &mut [0], &mut [0]);
}

#[test]
fn floats_agree_with_the_reference() {
    agrees(1e-3 * 1e-3, |r| (r.unit() * 2.0 - 1.0) as f32);
    agrees(1e-12, |r| r.unit() * 2.0 - 1.0);
}

#[test]
fn near_copies_every_bit_of_wide_integers() {
    let samples = [u64::MAX, u64::MAX - 1, (1 << 53) + 1, 3];
    let job = Job {
        size: Size::new(2, 2),
        samples: samples.to_vec(),
        valid: None,
        x: vec![0.0, 2.0, 0.999, 1.0 - 1e-11],
        y: vec![0.0, 0.5, 1.0 - 1e-11, 2.0],
        sx: vec![9.0; 4],
        sy: vec![9.0; 4],
    };
    let (out, valid) = job.gather(Resampling::Near);
    assert_eq!(out, [samples[0], samples[1], samples[2], samples[3]]);
    assert_eq!(valid, [255; 4]);
}

#[test]
fn a_constant_stays_constant() {
    fn check<T: Sample>(value: T, exact: bool) {
        let mut random = Random(1);
        for _ in 0..60 {
            let job = Job::random(&mut random, |_| value);
            for how in POINTWISE {
                let (out, valid) = job.gather(how);
                for (&v, _) in out.iter().zip(&valid).filter(|&(_, &valid)| valid != 0) {
                    let close = (v.to_f64() - value.to_f64()).abs() <= 4e-15 * value.to_f64().abs();
                    assert!(if exact { v == value } else { close }, "{how}: {v:?} for {value:?}");
                }
            }
        }
    }
    check(255u8, true);
    check(-128i8, true);
    check(65_535u16, true);
    check(-32_768i16, true);
    check(4_294_967_295u32, true);
    check(-2_147_483_647i32, true);
    check((1u64 << 48) - 1, true);
    check(-(1i64 << 48) + 1, true);
    check(0.1f32, true);
    check(0.1f64, false);
}

#[test]
fn moving_positions_and_window_together_moves_the_result() {
    let mut random = Random(5);
    for _ in 0..60 {
        let mut job = Job::random(&mut random, |r| (r.unit() * 1000.0) as f32);
        // Positions that whole pixels can be added to without rounding.
        for p in job.x.iter_mut().chain(&mut job.y) {
            *p = (*p * 1024.0).round() / 1024.0;
        }
        // The same raster with a rim of invalid pixels above and to the left.
        let (cols, rows) = (37, 1201);
        let size = Size::new(job.size.width + cols, job.size.height + rows);
        let window = Window::new(cols.into(), rows.into(), job.size.width, job.size.height);
        let shift = |ps: &[f64], by: u32| ps.iter().map(|p| p + f64::from(by)).collect::<Vec<_>>();
        let (x, y) = (shift(&job.x, cols), shift(&job.y, rows));
        for how in [Resampling::Bilinear, Resampling::Cubic] {
            let (out, valid) = job.gather(how);
            let (mut moved, mut moved_valid) = (vec![0.0; out.len()], vec![0; out.len()]);
            let mut segment = Segment::new();
            let at = Positions { x: &x, y: &y, ..job.positions() };
            segment.locate(how, size, window, at);
            segment.gather(Plane { window, ..job.plane() }, &mut moved, &mut moved_valid);
            for i in 0..out.len() {
                // A position left of the raster is now inside a larger one.
                if (0.0..).contains(&job.x[i]) && (0.0..).contains(&job.y[i]) {
                    assert_eq!(out[i].to_bits(), moved[i].to_bits(), "{how}");
                    assert_eq!(valid[i], moved_valid[i], "{how}");
                }
            }
        }
    }
}

#[test]
fn a_pixel_does_not_depend_on_its_neighbours_in_the_run() {
    let mut random = Random(9);
    for _ in 0..40 {
        let job = Job::random(&mut random, |r| r.bits() as u16);
        for how in POINTWISE {
            let (out, valid) = job.gather(how);
            let mut segment = Segment::new();
            for i in 0..out.len() {
                let one = i..i + 1;
                let footprints =
                    Some(Footprints { x: &job.sx[one.clone()], y: &job.sy[one.clone()] });
                let at = Positions { x: &job.x[one.clone()], y: &job.y[one], footprints };
                // In a window no larger than needed, too.
                let (mut sample, mut byte) = ([0], [0]);
                segment.locate(how, job.size, job.size.window(), at);
                segment.gather(job.plane(), &mut sample, &mut byte);
                assert_eq!((sample[0], byte[0]), (out[i], valid[i]), "{how} pixel {i}");
            }
        }
    }
}

#[test]
fn nan_samples_that_are_valid_spread_to_what_touches_them() {
    let size = Size::new(16, 16);
    let mut samples = vec![1.0f32; 256];
    samples[8 * 16 + 8] = f32::NAN;
    let x: Vec<f64> = (0..16).map(|i| f64::from(i) + 0.75).collect();
    let n = x.len();
    let job =
        Job { size, samples, valid: None, x, y: vec![8.5; n], sx: vec![1.0; n], sy: vec![1.0; n] };
    let nan = |how| -> Vec<usize> {
        let (out, _) = job.gather(how);
        (0..n).filter(|&i| out[i].is_nan()).collect()
    };
    assert_eq!(nan(Resampling::Near), [8]);
    assert_eq!(nan(Resampling::Bilinear), [7, 8]);
    assert_eq!(nan(Resampling::Cubic), [6, 7, 8, 9]);
    assert_eq!(nan(Resampling::CubicSpline), [6, 7, 8, 9]);
    assert_eq!(nan(Resampling::Lanczos), [5, 6, 7, 8, 9, 10]);
}
