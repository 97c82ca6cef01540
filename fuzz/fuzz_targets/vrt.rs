//! Any text as a virtual raster, beside a small file that it may name: it is refused or read, and
//! what is read does not depend on the window.

#![no_main]

use std::path::PathBuf;
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use swath::geotiff::OpenOptions;
use swath::input::Files;
use swath::raster::Window;

/// A folder with the fixtures' smallest raster, called a.tif, and a name for the text.
static TEXT: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("swath-fuzz-vrt-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder");
    let raster = concat!(env!("CARGO_MANIFEST_DIR"), "/../fixtures/points.tif");
    std::fs::copy(raster, folder.join("a.tif")).expect("the fixture is there");
    folder.join("text.vrt")
});

fuzz_target!(|text: &[u8]| {
    std::fs::write(&*TEXT, text).expect("writes");
    let raster = match Files::new(OpenOptions::default()).open(&*TEXT) {
        Ok(raster) => raster,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    let info = raster.info();
    if info.bands > 8 || info.grid.size.width < 4 || info.grid.size.height < 4 {
        return;
    }
    let Ok(all) = raster.read(Window::new(-1, -1, 40, 30)) else { return };
    let part = raster.read(Window::new(2, 1, 5, 4)).expect("reads as before");
    for band in 0..all.bands() {
        let bytes = info.dtype.bytes();
        for row in 0..4 {
            let (whole, own) = ((row + 2) * 40 + 3, row * 5);
            let of = |bytes_of: &[u8], at: usize| bytes_of[at * bytes..(at + 5) * bytes].to_vec();
            assert_eq!(of(all.plane_bytes(band), whole), of(part.plane_bytes(band), own));
        }
    }
});
