//! The coordinate side of a warp: exact points, and pixels by way of patches.

#![allow(missing_docs)] // criterion's macros make public functions.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;
use swath::crs::{Crs, Transformer};
use swath::ops::warp::PixelMap;
use swath::raster::{GeoTransform, Grid, Size, Window};

fn exact(c: &mut Criterion) {
    let mut group = c.benchmark_group("exact");
    let points = 4096;
    group.throughput(Throughput::Elements(points));
    for (from, to, x0, y0, step) in [
        (3857, 32633, 1_520_000.0, 6_000_000.0, 40.0),
        (3857, 4326, 1_520_000.0, 6_000_000.0, 40.0),
        (4326, 3035, 10.0, 50.0, 4e-4),
        (4326, 3413, -40.0, 70.0, 4e-4),
    ] {
        let transformer =
            Transformer::new(&Crs::from_epsg(from), &Crs::from_epsg(to)).expect("known");
        let xs: Vec<f64> = (0..points).map(|i| x0 + i as f64 * step).collect();
        let ys: Vec<f64> = (0..points).map(|i| y0 - i as f64 * step).collect();
        let (mut x, mut y) = (xs.clone(), ys.clone());
        group.bench_function(format!("{from} to {to}"), |b| {
            b.iter(|| {
                x.copy_from_slice(&xs);
                y.copy_from_slice(&ys);
                transformer.transform(&mut x, &mut y);
                black_box((&x, &y));
            });
        });
    }
    group.finish();
}

fn patches(c: &mut Criterion) {
    let mut group = c.benchmark_group("pixels");
    let window = Window::new(512, 512, 1024, 1024);
    group.throughput(Throughput::Elements(window.pixels()));
    let grid = |epsg, left, top, pixel, side| Grid {
        size: Size::new(side, side),
        transform: GeoTransform::north_up(left, top, pixel, pixel),
        crs: Some(Crs::from_epsg(epsg)),
    };
    let utm = grid(32633, 399_960.0, 5_300_040.0, 30.0, 3660);
    let world = Grid { size: Size::new(36_000, 18_000), ..grid(4326, -180.0, 90.0, 0.01, 1) };
    let britain = grid(27700, 400_000.0, 500_000.0, 25.0, 4000);
    let america = grid(5070, -600_000.0, 2_200_000.0, 30.0, 4000);
    for (name, to, from) in [
        ("UTM to Mercator", grid(3857, 1_520_000.0, 6_080_000.0, 45.0, 3690), &utm),
        ("UTM to degrees", grid(4326, 13.6, 47.8, 4e-4, 4000), &utm),
        ("UTM to the next zone", grid(32632, 848_000.0, 5_320_000.0, 30.0, 4000), &utm),
        ("UTM to Europe's LAEA", grid(3035, 4_590_000.0, 2_760_000.0, 30.0, 4000), &utm),
        ("Albers to Mercator", grid(3857, -11_400_000.0, 5_200_000.0, 38.0, 4000), &america),
        (
            "Britain (Helmert) to Mercator",
            grid(3857, -222_000.0, 7_240_000.0, 40.0, 4000),
            &britain,
        ),
        ("world to the Arctic", grid(3413, -768_000.0, 768_000.0, 1000.0, 1536), &world),
    ] {
        for max_error in [0.125, 0.01, 0.001] {
            let map = PixelMap::between(&to, from, max_error).expect("known");
            for scales in [false, true] {
                let what = if scales { "with scales" } else { "positions" };
                let id = format!("{name}, {max_error}, {what}");
                group.bench_function(id, |b| b.iter(|| sweep(&map, window, scales)));
            }
        }
    }
    group.finish();
}

/// Makes every coordinate of a window once, as a warp does.
fn sweep(map: &PixelMap, window: Window, scales: bool) {
    let (mut x, mut y) = ([0.0; 256], [0.0; 256]);
    for cell in map.cells(window) {
        for leaf in cell.leaves() {
            let w = leaf.window();
            let n = w.width as usize;
            for row in w.row..w.row_end() {
                map.row(leaf, row, w.col..w.col_end(), &mut x[..n], &mut y[..n]);
                black_box((&x, &y));
                if scales {
                    map.scale_row(leaf, row, w.col..w.col_end(), &mut x[..n], &mut y[..n]);
                    black_box((&x, &y));
                }
            }
        }
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default()
        .sample_size(10)
        .warm_up_time(std::time::Duration::from_millis(300))
        .measurement_time(std::time::Duration::from_millis(700));
    targets = exact, patches
}
criterion_main!(benches);
