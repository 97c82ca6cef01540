//! swath in a program that knows it as a crate alone: `embed IN.tif OUT.tif`.

use std::error::Error;
use std::sync::Arc;

use swath::crs::Crs;
use swath::engine::{Engine, EngineOptions, Observer};
use swath::geotiff::WriteOptions;
use swath::ops::warp::{GridRequest, WarpOptions};
use swath::raster::Window;

/// The last that was said of the work.
#[derive(Default)]
struct Last(u64, u64);

impl Observer for Last {
    fn tile(&mut self, done: u64, total: u64) {
        *self = Self(done, total);
    }
}

/// The threads of this process.
fn threads() -> Result<usize, std::io::Error> {
    Ok(std::fs::read_dir("/proc/self/task")?.count())
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(input), Some(output)) = (args.next(), args.next()) else {
        return Err("usage: embed IN.tif OUT.tif".into());
    };
    let workers = Arc::new(rayon::ThreadPoolBuilder::new().num_threads(2).build()?);
    // What the host does in its pool goes on beside swath's work.
    assert_eq!(workers.install(rayon::current_num_threads), 2);
    let before = threads()?;
    let options = EngineOptions { memory: 64 << 20, ..EngineOptions::default() };
    let engine = Engine::with_workers(Arc::clone(&workers), options);

    let scene = swath::open(&input)?;
    let grid = GridRequest::new(Crs::parse("EPSG:3857")?).grid(&scene.info().grid)?;
    let warped = scene.warp(grid, &WarpOptions::default())?;
    let corner = warped.read(Window::new(0, 0, 16, 8))?;
    assert_eq!(corner.bands(), scene.info().bands);

    let mut last = Last::default();
    let written = warped.write_with(&engine, &output, &WriteOptions::default(), &mut last)?;
    assert!(last.0 > 0 && last.0 == last.1, "{} of {} tiles", last.0, last.1);
    assert_eq!(swath::open(&output)?.info().grid.size, written.size);
    println!(
        "{} x {} pixels, {before} threads before, {} after",
        written.size.width,
        written.size.height,
        threads()?
    );

    // An output that exists stays, and the error says so as a value.
    let again = warped.write_with(&engine, &output, &WriteOptions::default(), &mut last);
    assert!(matches!(again, Err(swath::Error::Usage(_))));
    Ok(())
}
