//! Opening a file of a million tiles reads its directory, not its lists of offsets.
//!
//! Alone in its process: what is counted is what the process reads.

#![cfg(target_os = "linux")]

use std::io::Write;

use swath::geotiff::{GeoTiff, OpenOptions};
use swath::io::IoMode;
use swath::raster::Window;

/// A sparse image of 1000 x 1000 tiles: `LONG` offsets and lengths, all 0 but
/// those of the last tile.
fn million(path: &std::path::Path) {
    const TILES: u32 = 1_000_000;
    let mut offsets = vec![0u8; 4 * TILES as usize];
    let mut lengths = offsets.clone();
    let (lists, last) = (8u32, 4 * (TILES as usize - 1));
    let pixels = lists + 8 * TILES;
    offsets[last..].copy_from_slice(&pixels.to_le_bytes());
    lengths[last..].copy_from_slice(&256u32.to_le_bytes());
    let entries: [(u16, u32, u32); 10] = [
        (256, 1, 16_000),
        (257, 1, 16_000),
        (258, 1, 8),
        (259, 1, 1),
        (262, 1, 1),
        (277, 1, 1),
        (322, 1, 16),
        (323, 1, 16),
        (324, TILES, lists),
        (325, TILES, lists + 4 * TILES),
    ];
    let mut file = std::fs::File::create(path).expect("creates");
    let mut put = |bytes: &[u8]| file.write_all(bytes).expect("writes");
    put(b"II*\0");
    put(&(pixels + 256).to_le_bytes());
    put(&offsets);
    put(&lengths);
    put(&[7; 256]);
    put(&10u16.to_le_bytes());
    for (tag, count, value) in entries {
        put(&tag.to_le_bytes());
        // All of type LONG.
        put(&4u16.to_le_bytes());
        put(&count.to_le_bytes());
        put(&value.to_le_bytes());
    }
    put(&[0; 4]);
}

/// What a line of a file about this process says.
fn said(file: &str, key: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).expect("is there");
    let line = text.lines().find_map(|line| line.strip_prefix(key)).expect("is said");
    line.trim_matches([':', ' ', '\t', 'k', 'B']).parse().expect("a number")
}

#[test]
fn a_million_tiles_cost_no_more_than_a_few() {
    let dir = tempfile::tempdir().expect("a directory");
    let path = dir.path().join("million.tif");
    million(&path);
    let options = OpenOptions { io: IoMode::Pread, ..OpenOptions::default() };
    let (read, held) = (said("io", "rchar"), said("status", "RssAnon"));
    let file = GeoTiff::open(&path, &options).expect("opens");
    let raster = file.raster();
    let corner = raster.read(Window::new(15_990, 15_990, 16, 16)).expect("reads");
    let (read, held) = (said("io", "rchar") - read, said("status", "RssAnon").saturating_sub(held));
    assert_eq!(file.image().layout().chunks(), 1_000_000);
    assert_eq!(corner.plane::<u8>(0)[0], 7);
    // Some hundred bytes of directory and tile, besides those of the two files asked.
    assert!(read < 16 << 10, "{read} bytes read");
    assert!(held < 1 << 10, "{held} KiB more in memory");
}
