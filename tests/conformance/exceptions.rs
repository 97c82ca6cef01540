//! Where swath differs from GDAL, and why.

/// The most refusals there may be; only ever lowered.
pub(crate) const MOST_REFUSED: usize = 400;

/// Files whose samples decoders make differently, by a level or two.
pub(crate) const LOSSY: &[&str] = &[];

/// Files, the aspects in which they differ, and why.
pub(crate) const EXCEPTIONS: &[(&str, &[&str], &str)] = &[];
