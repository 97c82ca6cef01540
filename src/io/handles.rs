//! How many files may be open at once.

/// The most handles that are worth keeping.
const MOST: u64 = 512;
/// The least that work can be done with.
const LEAST: u64 = 4;

/// Returns how many rasters may be kept open: a quarter of the handles that the process
/// may have, since a raster may take three (itself, overviews and a mask beside it).
pub fn handles() -> usize {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    (limit.unwrap_or(u64::MAX) / 4).clamp(LEAST, MOST) as usize
}
