//! Where swath differs from GDAL, and why.

/// The most refusals there may be; only ever lowered.
pub(crate) const MOST_REFUSED: usize = 400;

/// Files whose samples decoders make differently, by a level or two.
pub(crate) const LOSSY: &[&str] = &[];

/// Files that differ from GDAL in some aspects, and why.
pub(crate) struct Exception {
    /// The reason.
    #[expect(dead_code, reason = "it is for whoever reads this list")]
    pub(crate) why: &'static str,
    pub(crate) aspects: &'static [&'static str],
    pub(crate) files: &'static [&'static str],
}

pub(crate) const EXCEPTIONS: &[Exception] = &[];
