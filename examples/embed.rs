//! swath inside another program: its own workers, its own memory limit, its
//! own progress, and pixels handed over without a file in between.
//!
//! `cargo run --release --example embed -- IN.tif OUT.tif`

use std::sync::Arc;

use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions, Observer};
use swath::geotiff::WriteOptions;
use swath::kernel::Resampling;
use swath::ops::warp::{GridRequest, WarpOptions};

/// Prints each tenth of the work.
struct Tenths(u64);

impl Observer for Tenths {
    fn tile(&mut self, done: u64, total: u64) {
        let tenth = done * 10 / total;
        if tenth > self.0 {
            self.0 = tenth;
            eprintln!("{}0 %", tenth);
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(output)) = (args.next(), args.next()) else {
        return Err("usage: embed IN.tif OUT.tif".into());
    };

    // The host program's pool: swath starts no thread of its own.
    let workers = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build()?);
    let options = EngineOptions { memory: 128 << 20, ..EngineOptions::default() };
    let engine = Engine::with_workers(workers, options);

    let scene = swath::open(&input)?;
    let grid = GridRequest::new(Crs::parse("EPSG:3857")?).grid(&scene.info().grid)?;
    let how = WarpOptions { resampling: Resampling::Bilinear, ..WarpOptions::default() };
    let warped = scene.warp(grid, &how)?;

    // Nothing was computed so far. A window of the result, in memory:
    let corner = warped.read(swath::raster::Window::new(0, 0, 64, 64))?;
    println!("{} x 64 x 64 samples of {}", corner.bands(), corner.dtype());

    // All of it, as a COG:
    let written = warped.write_with(&engine, &output, &WriteOptions::default(), &mut Tenths(0))?;
    println!("{} x {} pixels in {output}", written.size.width, written.size.height);
    Ok(())
}
