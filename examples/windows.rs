//! Reads random windows of a file, as a tile server or a training loop would:
//! one open file, one cache of decoded chunks, as many threads as asked for.
//!
//! `cargo run --release --example windows -- FILE [COUNT] [SIDE] [THREADS]`
//!
//! Prints a checksum of the first samples of the windows, which does not depend
//! on the number of threads.

use std::sync::atomic::{AtomicU64, Ordering};

use swath::raster::{CancelFlag, ChunkCache, Context, Pool, Window};

/// Decoded chunks that are kept, in bytes.
const CACHE: u64 = 128 << 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let input = args.next().ok_or("usage: windows FILE [COUNT] [SIDE] [THREADS]")?;
    let mut number = |usual: u64| args.next().map_or(Ok(usual), |n| n.parse());
    let (count, side, threads) = (number(10_000)?, number(256)?, number(1)?);
    let raster = swath::open(input)?;
    let size = raster.info().grid.size;
    let side = u32::try_from(side)?.min(size.width).min(size.height);
    // The constants of Knuth's MMIX generator; gdal_peer.py draws the same windows.
    let mut state = 1u64;
    let mut below = |end: u32| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((state >> 33) % u64::from(end)).unwrap_or(0)
    };
    let windows: Vec<Window> = (0..count)
        .map(|_| {
            let (col, row) = (below(size.width - side + 1), below(size.height - side + 1));
            Window::new(col, row, side, side)
        })
        .collect();

    let (pool, cache, cancel) = (Pool::new(16 << 20), ChunkCache::new(CACHE), CancelFlag::new());
    let (next, sum) = (AtomicU64::new(0), AtomicU64::new(0));
    let work = || -> swath::Result<()> {
        let cx = Context { pool: &pool, cache: &cache, cancel: &cancel, once: false };
        while let Some(&window) = windows.get(next.fetch_add(1, Ordering::Relaxed) as usize) {
            let pixels = cx.read(&raster, window)?;
            let first = pixels.plane_bytes(0).first().copied().unwrap_or(0);
            sum.fetch_add(first.into(), Ordering::Relaxed);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("does not panic"))
    })?;
    println!("{}", sum.into_inner());
    Ok(())
}
