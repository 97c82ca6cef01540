//! What became of the pixels of a warp.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::raster::Buffer;

/// Counts what a warp made. A window that is read twice counts twice.
#[derive(Debug, Default)]
pub struct Tally {
    valid: AtomicU64,
    missing: AtomicU64,
    saturated: AtomicU64,
    /// The bits of an error: of numbers that are not negative they have the same order.
    max_error: AtomicU64,
}

impl Tally {
    /// Returns the number of samples (pixels times bands) that have a value.
    pub fn valid(&self) -> u64 {
        self.valid.load(Ordering::Relaxed)
    }

    /// Returns the number of samples that have none.
    pub fn missing(&self) -> u64 {
        self.missing.load(Ordering::Relaxed)
    }

    /// Returns the number of valid samples whose value the type has no room for:
    /// they hold its least or largest one.
    pub fn saturated(&self) -> u64 {
        self.saturated.load(Ordering::Relaxed)
    }

    /// Returns a bound on the error of source coordinates where they were
    /// approximated, in source pixels: a quarter more than the largest seen.
    pub fn max_error(&self) -> f64 {
        f64::from_bits(self.max_error.load(Ordering::Relaxed))
    }

    pub(super) fn meet_error(&self, error: f64) {
        self.max_error.fetch_max(error.max(0.0).to_bits(), Ordering::Relaxed);
    }

    pub(in crate::ops) fn add(&self, made: &Buffer, saturated: u64) {
        let pixels = made.window().pixels();
        let valid = |band| match made.valid(band) {
            // As many as a byte can count.
            Some(valid) => valid
                .chunks(255)
                .map(|some| u64::from(some.iter().fold(0u8, |count, &v| count + (v >> 7))))
                .sum(),
            None => pixels,
        };
        let valid: u64 = (0..made.bands()).map(valid).sum();
        self.valid.fetch_add(valid, Ordering::Relaxed);
        self.missing.fetch_add(pixels * u64::from(made.bands()) - valid, Ordering::Relaxed);
        self.saturated.fetch_add(saturated, Ordering::Relaxed);
    }
}
