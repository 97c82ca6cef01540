//! Decodes every pixel of a file and prints a sample of a checksum: what benches time.
//!
//! `cargo run --release --example decode -- FILE [THREADS]`

use swath::engine::{Encode, Engine, EngineOptions, Silent, Sink, Tile, Tiling};
use swath::raster::{Buffer, Context, Info, Window};

/// Takes every tile, keeps a sum.
struct Sum(u64);

/// Sums one 64-bit word a page of memory: enough to see every page made, too
/// little to be what is timed.
struct Add;

impl Encode for Add {
    type Packet = u64;

    fn encode(&self, _tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> swath::Result<u64> {
        let mut sum = 0u64;
        for band in 0..pixels.bands() {
            for word in pixels.plane_bytes(band).as_chunks::<8>().0.iter().step_by(512) {
                sum = sum.wrapping_add(u64::from_le_bytes(*word));
            }
        }
        Ok(sum)
    }

    fn footprint(&self, _window: Window) -> u64 {
        0
    }
}

impl Sink for Sum {
    type Encoder = Add;
    type Output = u64;

    fn begin(&mut self, info: &Info, _options: &EngineOptions) -> swath::Result<(Tiling, Add)> {
        Ok((Tiling::new(info.grid.size, info.chunk), Add))
    }

    fn put(&mut self, _tile: Tile, packet: u64) -> swath::Result<()> {
        self.0 = self.0.wrapping_mul(31).wrapping_add(packet);
        Ok(())
    }

    fn finish(self) -> swath::Result<u64> {
        Ok(self.0)
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let input = args.next().ok_or("usage: decode FILE [THREADS]")?;
    let threads = args.next().map_or(Ok(0), |n| n.parse())?;
    let engine = Engine::new(EngineOptions { threads, ..EngineOptions::default() })?;
    println!("{:016x}", engine.run(&swath::open(input)?, Sum(0), &mut Silent)?);
    Ok(())
}
