//! Whether a file is a valid cloud optimized GeoTIFF: [`validate()`].
//!
//! The rules are those of rio-cogeo's `cogeo validate` and of GDAL's
//! `validate_cloud_optimized_geotiff.py`, and each finding says which of the two
//! holds it: what rio-cogeo or both call an error is one here, and
//! so is a promise of the ghost area that the file breaks, because readers that
//! trust it read wrong bytes. Pixels are not decoded: directories are read, the
//! positions of chunks, and the 4 bytes before and after each.

/// Every chunk against what the ghost area promises.
mod blocks;
/// An image of the file and where its chunks lie.
mod part;
/// [`Rule`]: what is asked, why, and how to mend it.
mod rule;
/// Where directories and chunks lie, and in which order.
mod structure;

pub use rule::{Rule, Severity};

use std::path::Path;

use super::OpenOptions;
use super::ghost::Ghost;
use crate::error::{Error, Result};
use crate::ifd::{Chain, Header};
use crate::io::ByteSource;
use part::Parts;

/// Something in a file that a rule is against.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// Where: "file", "image", "overview 1", "mask of overview 1".
    pub place: String,
    /// What was found there.
    pub found: String,
}

/// What [`validate()`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Verdict {
    /// What is wrong, errors and warnings, in the order of the rules. Of chunks
    /// that break one rule in one image only the first is told, with their number.
    pub findings: Vec<Finding>,
    /// The number of overviews in the file.
    pub overviews: usize,
    /// The lines of the ghost area, if the file has one.
    pub ghost: Vec<(String, String)>,
    /// Whether the file is a BigTIFF.
    pub big: bool,
}

impl Verdict {
    /// Returns whether the file is a valid COG: without errors and, if
    /// `strict`, without warnings too.
    pub fn is_valid(&self, strict: bool) -> bool {
        self.findings.iter().all(|f| f.rule.severity() == Severity::Warning && !strict)
    }
}

/// Judges whether a file is a valid cloud optimized GeoTIFF.
///
/// Costs a look at the position of every chunk, and with a ghost area at 8
/// bytes of each; memory does not grow with their number.
///
/// # Errors
/// [`Error::Io`] if the file cannot be read, [`Error::Format`] if it is no TIFF
/// or its first image has no size or no chunks, [`Error::Limit`] if it asks for
/// more than the options allow.
pub fn validate(path: impl AsRef<Path>, options: &OpenOptions) -> Result<Verdict> {
    let path = path.as_ref();
    let source = ByteSource::open(path, options.io)?;
    judge(&source, path, options).map_err(|e| e.at_path(path))
}

fn judge(source: &ByteSource, path: &Path, options: &OpenOptions) -> Result<Verdict> {
    let header = Header::read(source)?;
    let chain = Chain::read(source, &header, &options.limits)?;
    let parts = Parts::read(source, &chain.directories)?;
    let ghost = Ghost::read(source, &header)?;
    let mut findings = Vec::new();
    let mut report = |rule: Rule, place: &str, found: String| {
        findings.push(Finding { rule, place: place.to_owned(), found });
    };
    if let Some(sidecar) = sidecar(path) {
        report(Rule::ExternalOverviews, "file", sidecar);
    }
    if let Some(broken) = &chain.broken {
        let why = broken.detail().map(ToString::to_string).unwrap_or_default();
        report(Rule::BrokenChain, "file", why);
    }
    structure::check(source, &header, ghost.as_ref(), &parts, &mut report)?;
    blocks::check(source, &header, ghost.as_ref(), &parts, &mut report)?;
    // Stable: findings of one rule stay in the order of the images.
    findings.sort_by_key(|finding| finding.rule);
    Ok(Verdict {
        findings,
        overviews: parts.overviews.len(),
        ghost: ghost.map(|ghost| ghost.lines).unwrap_or_default(),
        big: header.big,
    })
}

/// Takes a value that breaks the format for one that is not there.
fn stated<T>(read: Result<Option<T>>) -> Result<Option<T>> {
    match read {
        Err(Error::Format(_) | Error::Limit(_)) => Ok(None),
        read => read,
    }
}

/// Returns the name of the file's external overviews, if there are any.
fn sidecar(path: &Path) -> Option<String> {
    let mut name = path.file_name()?.to_os_string();
    name.push(".ovr");
    path.with_file_name(&name).is_file().then(|| name.to_string_lossy().into_owned())
}
