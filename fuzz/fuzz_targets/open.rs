//! Any bytes as a file: opening it and reading some of it ends well or in an
//! error, and a window is a crop of a larger one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use swath::geotiff::{GeoTiff, OpenOptions};
use swath::raster::{Buffer, Window};

fuzz_target!(|data: &[u8]| {
    let mut options = OpenOptions::default();
    // Larger ones take seconds with a sanitizer.
    options.limits.chunk_bytes = 1 << 18;
    let Ok(file) = GeoTiff::from_bytes(data.to_vec(), &options) else { return };
    let raster = file.raster();
    for image in [raster.clone()].into_iter().chain(raster.overviews()) {
        let size = image.info().grid.size;
        let _ = image.read(Window::new(0, 0, size.width.min(64), size.height.min(64)));
        let (col, row) = (i64::from(size.width) - 3, i64::from(size.height) - 3);
        let _ = image.read(Window::new(col, row, 8, 8));
    }
    let (whole, part) = (Window::new(0, 0, 16, 16), Window::new(3, 5, 4, 4));
    let (Ok(whole), Ok(part)) = (raster.read(whole), raster.read(part)) else { return };
    for band in 0..part.bands() {
        for row in 0..4 {
            for col in 0..4 {
                let wanted = sample(&whole, band, (row + 5) * 16 + col + 3);
                assert_eq!(sample(&part, band, row * 4 + col), wanted);
            }
        }
    }
});

/// A sample's bytes, `None` if it is invalid.
fn sample(pixels: &Buffer, band: u16, at: usize) -> Option<&[u8]> {
    let bytes = pixels.dtype().bytes();
    let valid = pixels.valid(band).is_none_or(|v| v[at] != 0);
    valid.then(|| &pixels.plane_bytes(band)[at * bytes..][..bytes])
}
