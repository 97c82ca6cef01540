//! The interpolation kernels alone, positions given; and whole warps but for codecs.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use swath::crs::Crs;
use swath::kernel::{Footprints, Plane, Positions, Resampling, Segment};
use swath::kernel::{OverviewResampling, Reduction};
use swath::ops::warp::{GridRequest, WarpOptions};
use swath::raster::{Buffer, GeoTransform, Grid, Info, Pool, Raster, Sample, Size, Window};

/// The output: a tile of this side.
const SIDE: usize = 512;

/// Source positions and footprints of a tile that is slightly rotated against
/// its source, as UTM to web mercator is, and `steps` source pixels a pixel along x and y.
struct Tile {
    x: Vec<f64>,
    y: Vec<f64>,
    steps: [f64; 2],
    size: Size,
}

impl Tile {
    fn new(steps: [f64; 2]) -> Self {
        let (along, across) = (0.9997, 0.021);
        let (mut x, mut y) = (Vec::new(), Vec::new());
        for row in 0..SIDE {
            for col in 0..SIDE {
                let (col, row) = (col as f64 + 0.5, row as f64 + 0.5);
                x.push(20.3 + steps[0] * (across * SIDE as f64 + along * col - across * row));
                y.push(20.7 + steps[1] * (across * col + along * row));
            }
        }
        let [width, height] = steps.map(|step| (SIDE as f64 * 1.05 * step) as u32 + 60);
        Self { x, y, steps, size: Size::new(width, height) }
    }

    fn gather<T: Sample>(
        &self,
        how: Resampling,
        source: Plane<'_, T>,
        segment: &mut Segment,
        out: &mut [T],
        valid: &mut [u8],
    ) {
        for start in (0..SIDE * SIDE).step_by(Segment::MAX) {
            let run = start..start + Segment::MAX;
            let [x, y] = self.steps.map(|step| [step; Segment::MAX]);
            let at = Positions {
                x: &self.x[run.clone()],
                y: &self.y[run.clone()],
                footprints: Some(Footprints { x: &x, y: &y }),
            };
            segment.locate(how, self.size, source.window, at);
            segment.gather(source, &mut out[run.clone()], &mut valid[run]);
        }
    }
}

fn gather<T: Sample>(c: &mut Criterion, how: Resampling, steps: [f64; 2], masked: bool) {
    let tile = Tile::new(steps);
    let width = tile.size.width as usize;
    // Terrain and noise: neither constant nor white.
    let samples: Vec<T> = (0..tile.size.pixels() as usize)
        .map(|i| {
            let (x, y) = ((i % width) as f64, (i / width) as f64);
            let wave = (x * 0.03).sin() + (y * 0.05).cos();
            T::from_f64(100.0 + 40.0 * wave + (i * 7919 % 17) as f64)
        })
        .collect();
    let mask = vec![255; samples.len()];
    let valid = masked.then_some(&mask[..]);
    let source = Plane { window: tile.size.window(), samples: &samples, valid };
    let (mut out, mut valid) = (vec![T::zeroed(); SIDE * SIDE], vec![0; SIDE * SIDE]);
    let mut segment = Segment::new();
    let mask = if masked { ", mask" } else { "" };
    let [x, y] = steps;
    let step = if x == y { x.to_string() } else { format!("{x} x {y}") };
    let mut group = c.benchmark_group(format!("{how} {step}{mask}"));
    group.throughput(Throughput::Elements((SIDE * SIDE) as u64));
    group.sample_size(20);
    group.bench_function(BenchmarkId::from_parameter(T::DTYPE), |b| {
        b.iter(|| tile.gather(how, black_box(source), &mut segment, &mut out, &mut valid));
    });
    group.finish();
}

/// A warp as it is, but for codecs: coordinates from UTM to web mercator, taps,
/// sums, of a raster in memory; `step` source pixels a pixel.
fn warp<T: Sample>(c: &mut Criterion, how: Resampling, step: f64) {
    let size = Size::new(1600 + (400.0 * step) as u32, 1600 + (400.0 * step) as u32);
    let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, T::DTYPE);
    for (i, v) in pixels.plane_mut::<T>(0).iter_mut().enumerate() {
        let (x, y) = ((i % size.width as usize) as f64, (i / size.width as usize) as f64);
        let wave = (x * 0.03).sin() + (y * 0.05).cos();
        *v = T::from_f64(100.0 + 40.0 * wave + (i * 7919 % 17) as f64);
    }
    let transform = GeoTransform::north_up(399_960.0, 5_300_040.0, 30.0, 30.0);
    let grid = Grid { size, transform, crs: Some(Crs::from_epsg(32633)) };
    let raster = Raster::from_buffer(Info::new(grid, 1, T::DTYPE), pixels).expect("whole");
    let to = GridRequest::new(Crs::from_epsg(3857)).grid(&raster.info().grid).expect("a grid");
    let to = Grid { transform: to.transform.scaled(step, step), ..to };
    let options = WarpOptions { resampling: how, ..WarpOptions::default() };
    let warped = raster.warp(to, &options).expect("warps");
    // Away from the edge, a window of whole cells.
    let side = if step > 5.0 { 256 } else { 512 };
    let window = Window::new(256, 256, side, side);
    let mut group = c.benchmark_group(format!("warp {how} {step}"));
    group.throughput(Throughput::Elements(window.pixels()));
    group.sample_size(10);
    group.bench_function(BenchmarkId::from_parameter(T::DTYPE), |b| {
        b.iter(|| black_box(warped.read(window).expect("reads")));
    });
    group.finish();
    // What memory gives: as many pixels, copied as they are.
    if how == Resampling::Near {
        let mut group = c.benchmark_group("copy");
        group.throughput(Throughput::Elements(window.pixels()));
        group.bench_function(BenchmarkId::from_parameter(T::DTYPE), |b| {
            b.iter(|| black_box(raster.read(window).expect("reads")));
        });
        group.finish();
    }
}

fn halve<T: Sample>(c: &mut Criterion, method: OverviewResampling) {
    let pool = Pool::new(1 << 24);
    let mut source = Buffer::new(&pool, Window::new(0, 0, 1024, 1024), 1, T::DTYPE);
    for (i, v) in source.plane_mut::<T>(0).iter_mut().enumerate() {
        *v = T::from_f64((i * 7919 % 251) as f64);
    }
    let mut out = Buffer::new(&pool, Window::new(0, 0, 512, 512), 1, T::DTYPE);
    let reduction = Reduction::new(method, 2);
    let mut group = c.benchmark_group(format!("halve {}", method.name()));
    group.throughput(Throughput::Elements(512 * 512));
    group.sample_size(20);
    group.bench_function(BenchmarkId::from_parameter(T::DTYPE), |b| {
        b.iter(|| reduction.fill(0, black_box(&source), Size::new(1024, 1024), 0, &mut out));
    });
    group.finish();
}

fn benches(c: &mut Criterion) {
    for how in Resampling::ALL.into_iter().filter(|how| !how.is_summary()) {
        gather::<u8>(c, how, [1.0; 2], false);
        gather::<u16>(c, how, [1.0; 2], false);
        gather::<f32>(c, how, [1.0; 2], false);
    }
    for how in [Resampling::Bilinear, Resampling::Cubic, Resampling::Lanczos] {
        gather::<u16>(c, how, [1.0; 2], true);
        // As UTM to degrees at middle latitudes.
        gather::<u16>(c, how, [0.8, 1.3], false);
        gather::<u16>(c, how, [0.8, 1.3], true);
        gather::<f32>(c, how, [0.8, 1.3], false);
        gather::<u8>(c, how, [2.7; 2], false);
        gather::<u16>(c, how, [2.7; 2], false);
        gather::<f32>(c, how, [2.7; 2], false);
    }
    for how in Resampling::ALL {
        warp::<u16>(c, how, 1.0);
        warp::<f32>(c, how, 1.0);
    }
    for how in [Resampling::Cubic, Resampling::Average, Resampling::Area, Resampling::Med] {
        warp::<u16>(c, how, 2.7);
        warp::<u16>(c, how, 20.0);
    }
    for method in OverviewResampling::ALL {
        halve::<u8>(c, method);
        halve::<u16>(c, method);
        halve::<f32>(c, method);
    }
}

criterion_group!(kernel, benches);
criterion_main!(kernel);
