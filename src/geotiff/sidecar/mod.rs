//! Files beside a GeoTIFF that say more of it, as GDAL uses them.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::ifd::Limits;
use crate::raster::{Info, Metadata, NoData};

/// What an output leaves beside it.
mod output;
/// GDAL's persistent auxiliary metadata, `.aux.xml`.
mod pam;
/// Rational polynomial coefficients in `.RPB` files.
mod rpb;
/// World files.
mod world;

pub(super) use output::{Companion, companion};

use pam::Pam;

/// What a file beside a GeoTIFF is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SidecarKind {
    /// `name.tif.ovr`: overviews, for a file that holds none.
    Overviews,
    /// `name.tif.msk`: a mask, for a file that holds none.
    Mask,
    /// `name.tif.aux.xml`: GDAL's persistent auxiliary metadata. It wins over
    /// what the file itself says.
    Pam,
    /// `name.tfw`, `name.tifw` or `name.wld`: the GeoTransform, if nothing else says it.
    World,
    /// `name.prj`: the CRS, if nothing else says it. GDAL does not read it.
    Projection,
    /// `name.RPB`: rational polynomial coefficients, if the file has none.
    Rpc,
}

impl SidecarKind {
    /// Returns a word for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overviews => "overviews",
            Self::Mask => "mask",
            Self::Pam => "metadata",
            Self::World => "world file",
            Self::Projection => "projection",
            Self::Rpc => "rational polynomials",
        }
    }
}

/// A file beside a GeoTIFF of which something was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Sidecar {
    /// What it is.
    pub kind: SidecarKind,
    /// Where it is.
    pub path: PathBuf,
}

impl Sidecar {
    pub(super) fn new(kind: SidecarKind, path: PathBuf) -> Self {
        Self { kind, path }
    }
}

/// What the names of files end in that say more of the file whose name comes before.
const BEHIND: [&str; 3] = [".ovr", ".msk", ".aux.xml"];
/// The extensions of such files that have them in place of the file's own.
const INSTEAD: [&str; 5] = ["tfw", "tifw", "wld", "prj", "rpb"];

/// Returns the names of all files that would be heeded beside a GeoTIFF if they were there:
/// whoever wants to know whether it is still what it was must look for new ones too.
pub fn sidecar_names(path: &Path) -> Vec<PathBuf> {
    let behind = BEHIND.into_iter().map(|end| with_behind(path, end));
    let instead = INSTEAD.into_iter().flat_map(|end| with_instead(path, end));
    behind.chain(instead.filter(|beside| beside != path)).collect()
}

fn with_behind(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// With an extension in small letters and in large ones.
fn with_instead(path: &Path, extension: &str) -> [PathBuf; 2] {
    [extension.to_ascii_lowercase(), extension.to_ascii_uppercase()]
        .map(|extension| path.with_extension(extension))
}

/// The name of a file with something behind it, if there is such a file.
pub(super) fn behind(path: &Path, suffix: &str) -> Option<PathBuf> {
    Some(with_behind(path, suffix)).filter(|path| path.is_file())
}

/// The name of a file with another extension, small or large, if there is such a file.
fn instead(path: &Path, extension: &str) -> Option<PathBuf> {
    with_instead(path, extension)
        .into_iter()
        // A file is not beside itself.
        .find(|beside| beside != path && beside.is_file())
}

/// Reads a text file of a size that is sane.
fn text(path: &Path, limits: &Limits) -> Result<String> {
    let len = std::fs::metadata(path).map_err(|e| Error::io("open", e))?.len();
    if len > limits.sidecar_bytes {
        return Err(Error::limit("size of a sidecar file")
            .expected(format!("at most {} bytes", limits.sidecar_bytes))
            .found(format!("{len} bytes")));
    }
    let bytes = std::fs::read(path).map_err(|e| Error::io("read", e))?;
    Ok(String::from_utf8_lossy(&bytes).trim_start_matches('\u{feff}').to_owned())
}

/// Adds what the texts beside a file say to what the file says; returns the
/// nodata value of each band where they differ.
///
/// The order is that of GDAL: auxiliary metadata, the file itself, world file.
///
/// # Errors
/// [`Error::Format`] if a sidecar that would be heeded makes no sense,
/// [`Error::Limit`] if it is too large, [`Error::Io`].
pub(super) fn apply(
    path: &Path,
    limits: &Limits,
    info: &mut Info,
    has_transform: &mut bool,
    found: &mut Vec<Sidecar>,
) -> Result<Vec<Option<NoData>>> {
    let mut take = |kind, path: Option<PathBuf>| -> Result<Option<String>> {
        let Some(path) = path else { return Ok(None) };
        let text = text(&path, limits).map_err(|e| refused(e, &path))?;
        found.push(Sidecar::new(kind, path));
        Ok(Some(text))
    };
    let mut nodata = Vec::new();
    let beside = behind(path, ".aux.xml");
    if let Some(text) = take(SidecarKind::Pam, beside.clone())? {
        let pam = Pam::parse(&text).map_err(|e| refused(e, &beside.unwrap_or_default()))?;
        nodata = pam.apply(info, has_transform);
    }
    if !*has_transform {
        let beside = ["tfw", "tifw", "wld"].iter().find_map(|end| instead(path, end));
        if let Some(text) = take(SidecarKind::World, beside.clone())? {
            info.grid.transform =
                world::parse(&text).map_err(|e| refused(e, &beside.unwrap_or_default()))?;
            *has_transform = true;
        }
    }
    let metadata = Arc::make_mut(&mut info.metadata);
    let placed = info.grid.crs.is_some() || metadata.crs_text.is_some() || metadata.gcps.is_some();
    let beside = instead(path, "prj").filter(|_| !placed);
    if let Some(text) = take(SidecarKind::Projection, beside)? {
        info.grid.crs = read_crs(&text, metadata);
    }
    let beside = instead(path, "rpb").filter(|_| metadata.rpc.is_none());
    if let Some(text) = take(SidecarKind::Rpc, beside)? {
        metadata.rpc = rpb::parse(&text).map(Arc::new);
    }
    Ok(nodata)
}

/// Names a sidecar in an error, and the way around it.
fn refused(error: Error, path: &Path) -> Error {
    error.at_path(path).hint("`--no-sidecars` reads the file as if nothing lay beside it")
}

/// Reads a CRS as a sidecar words it; a text that is not understood is kept.
fn read_crs(text: &str, metadata: &mut Metadata) -> Option<Crs> {
    let text = text.trim();
    let crs = Crs::parse(text).ok();
    metadata.crs_text = (crs.is_none() && !text.is_empty()).then(|| text.into());
    crs
}
