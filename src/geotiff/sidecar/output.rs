//! What an output leaves beside it: its reference system where GeoKeys have no words for it, and
//! nothing that was true of an older file alone.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Pam;
use crate::error::{Error, Result};
use crate::geotiff::xml;
use crate::ifd::Limits;
use crate::io::{Beside, Overwrite, Staged};
use crate::raster::{Info, Metadata};

/// The `.aux.xml` of an output.
#[derive(Debug)]
pub(in crate::geotiff) struct Companion {
    /// What becomes of it when the output appears; `None` if it may stay as it is.
    pub(in crate::geotiff) change: Option<Beside>,
    /// Where the reference system of the output lies, if it is there.
    pub(in crate::geotiff) holds_crs: Option<PathBuf>,
}

impl Companion {
    /// Of an output that is a part of a file alone.
    pub(in crate::geotiff) fn none() -> Self {
        Self { change: None, holds_crs: None }
    }
}

/// Prepares what lies beside an output: the system of `info` if GeoKeys cannot state it, as GDAL
/// has it, else nothing that would make readers take the output for what it is not.
///
/// # Errors
/// [`Error::Unsupported`] if neither GeoKeys nor well-known text can state the system,
/// [`Error::Usage`] if something lies there that may not be replaced, [`Error::Io`].
pub(in crate::geotiff) fn companion(
    info: &Info,
    target: &Path,
    resolved: &Path,
    overwrite: Overwrite,
) -> Result<Companion> {
    let mut name = OsString::from(target);
    name.push(".aux.xml");
    let path = PathBuf::from(name);
    let there = path.symlink_metadata().is_ok();
    let wanted = text(info)?;
    let refuse = |why: &str| {
        Error::usage(format!("exists already, {why}"))
            .hint("`--overwrite` replaces it, or remove it")
            .at_path(&path)
    };
    let Some(text) = wanted else {
        let misleads = there && misleads(&path, info);
        if misleads && overwrite == Overwrite::Refuse {
            return Err(refuse("and would say of the output what is not so"));
        }
        let change = misleads.then(|| Beside::Remove(path));
        return Ok(Companion { change, holds_crs: None });
    };
    if resolved != target {
        return Err(Error::usage("is a symbolic link")
            .expected("a file name: the output's reference system has to lie beside it")
            .at_path(target));
    }
    if there && std::fs::read(&path).is_ok_and(|old| old == text.as_bytes()) {
        // A run that was killed left it.
        return Ok(Companion { change: None, holds_crs: Some(path) });
    }
    if there && overwrite == Overwrite::Refuse {
        return Err(refuse("where the output's reference system has to lie"));
    }
    let mut staged = Staged::create(&path, Overwrite::Replace)?;
    staged.append(text.as_bytes())?;
    Ok(Companion { change: Some(Beside::Put(staged)), holds_crs: Some(path) })
}

/// What has to be said of an output beside it.
fn text(info: &Info) -> Result<Option<String>> {
    let Some(crs) = &info.grid.crs else { return Ok(None) };
    let Err(error) = crs.to_geokeys() else { return Ok(None) };
    // As GDAL writes it, without how data axes lie: x is east then, in all versions.
    let wkt = crs.to_wkt2().ok_or(error)?;
    Ok(Some(format!("<PAMDataset>\n  <SRS>{}</SRS>\n</PAMDataset>\n", xml::escape(&wkt))))
}

/// Whether auxiliary metadata that lay there before the output would make readers misread it:
/// its system, place, values, or statistics.
fn misleads(path: &Path, info: &Info) -> bool {
    let pam = super::text(path, &Limits::default()).and_then(|text| Pam::parse(&text));
    let Ok(pam) = pam else { return true };
    let mut read = info.clone();
    let nodata = pam.apply(&mut read, &mut true);
    let bands = |metadata: &Metadata| -> Vec<_> {
        let said = metadata.bands.iter().map(|(number, band)| {
            let items = band.domains.get("").into_iter().flatten();
            let counted = items.filter(|(key, _)| key.starts_with("STATISTICS_"));
            let counted: Vec<_> = counted.map(|(k, v)| (k.clone(), v.clone())).collect();
            (*number, band.scale, band.offset, band.unit.clone(), counted)
        });
        said.filter(|said| !matches!(said, (_, None, None, None, counted) if counted.is_empty()))
            .collect()
    };
    let (before, after) = (&info.metadata, &read.metadata);
    !nodata.is_empty()
        || read.grid != info.grid
        || after.crs_text != before.crs_text
        || after.gcps != before.gcps
        || after.rpc != before.rpc
        || after.pixel_is_point != before.pixel_is_point
        || read.nodata.map(|n| n.to_string()) != info.nodata.map(|n| n.to_string())
        || read.colors != info.colors
        || bands(after) != bands(before)
}
