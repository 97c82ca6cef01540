//! GDAL's virtual rasters (`.vrt`): mosaics of GeoTIFFs, as gdalbuildvrt writes them.

/// The pixels.
mod node;
/// From XML to bands and their sources.
mod read;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::geotiff::split_page;
use crate::raster::{Info, NoData, Raster};

use super::{Files, is_virtual};

/// The most bytes of a virtual raster's text.
const MOST_BYTES: u64 = 64 << 20;

/// What a virtual raster says of itself, without a look into its sources.
#[derive(Debug, Clone, PartialEq)]
pub struct Virtual {
    /// What the raster is.
    pub info: Info,
    /// What is said to stand for "no value" in each band, though no sample of it may have that value.
    pub nodata: Vec<Option<NoData>>,
    /// The files that its pixels come from, in the order in which they are named first.
    pub sources: Vec<VirtualSource>,
}

/// A file that pixels of a virtual raster come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VirtualSource {
    /// Where it is: as it is named, if relative from the virtual raster's own folder, which then is
    /// part of the path.
    pub path: PathBuf,
    /// Whether there is such a file.
    pub there: bool,
    /// Whether it is read only where sources may lie anywhere ([`Files::with_vrt_anywhere`]).
    pub outside: bool,
}

impl VirtualSource {
    /// Returns the file, without a page behind its name.
    pub fn file(&self) -> PathBuf {
        file(&self.path)
    }
}

/// Returns the file of a source, without a page behind its name.
fn file(path: &Path) -> PathBuf {
    split_page(path).map_or_else(|| path.to_path_buf(), |(file, _)| file)
}

impl Virtual {
    /// Reads a virtual raster; none of its sources is opened.
    ///
    /// # Errors
    /// Those of [`Files::open`], but for where sources lie.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let read = || -> Result<Self> {
            let folder = path.parent().unwrap_or(Path::new(""));
            let find = |name: &str, relative: bool| place(folder, name, relative, true);
            let (info, bands) = read::parse(&text(path)?, &find)?;
            let mut seen = HashSet::new();
            let pieces = bands.iter().flat_map(|band| &band.pieces);
            let pieces = pieces.filter(|piece| seen.insert(piece.path.as_path()));
            let source = |piece: &read::Piece| {
                let path = piece.path.clone();
                // What is said of the folder holds for an absolute path too.
                let name = std::path::absolute(&path).unwrap_or_else(|_| path.clone());
                let outside =
                    name.to_str().is_none_or(|name| place(folder, name, false, false).is_err());
                VirtualSource { there: file(&path).is_file(), outside, path }
            };
            let sources = pieces.map(source).collect();
            Ok(Self { info, nodata: bands.iter().map(|band| band.fill).collect(), sources })
        };
        read().map_err(|e| e.at_path(path))
    }
}

/// Reads the text of a virtual raster.
fn text(path: &Path) -> Result<String> {
    let io = |e| Error::io("read", e);
    let len = std::fs::metadata(path).map_err(io)?.len();
    if len > MOST_BYTES {
        return Err(Error::limit("size of a virtual raster")
            .expected(format!("at most {MOST_BYTES} bytes"))
            .found(format!("{len} bytes")));
    }
    String::from_utf8(std::fs::read(path).map_err(io)?)
        .map_err(|_| Error::format("XML").expected("UTF-8"))
}

/// Opens a virtual raster. Its sources are opened when they are read.
pub(super) fn open(path: &Path, files: &Files) -> Result<Raster> {
    let text = text(path)?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let find = |name: &str, relative: bool| place(folder, name, relative, files.vrt_anywhere);
    let (info, bands) = read::parse(&text, &find)?;
    for piece in bands.iter().flat_map(|band| &band.pieces) {
        let file = file(&piece.path);
        if is_virtual(&file) {
            return Err(Error::unsupported("a virtual raster in a virtual raster")
                .expected("sources that are GeoTIFFs")
                .found(file.display()));
        }
        files.name(&file);
    }
    Ok(Raster::new(node::Vrt::new(info, bands, files)))
}

/// Finds a source. Whoever wrote the file may have named anything: unless told otherwise
/// only what lies in the file's own folder or below it is opened, links followed. What is
/// returned then has no links in it.
fn place(folder: &Path, name: &str, relative: bool, anywhere: bool) -> Result<PathBuf> {
    let path = if relative { folder.join(name) } else { PathBuf::from(name) };
    if anywhere {
        return Ok(path);
    }
    let refused = || {
        Error::unsupported("a source outside the folder of the virtual raster")
            .found(name)
            .hint("if you trust the file: --vrt-anywhere")
    };
    let home = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let home = home.canonicalize().map_err(|e| Error::io("read", e))?;
    let inside = |path: &Path| real(path).filter(|found| found.starts_with(&home));
    // The page is no part of the file's name.
    let Some((file, page)) = split_page(&path) else {
        return inside(&path).ok_or_else(refused);
    };
    let mut found = inside(&file).ok_or_else(refused)?.into_os_string();
    found.push(format!("#{page}"));
    let found = PathBuf::from(found);
    // Behind a link there may be a file of that whole name.
    if split_page(&found).is_some() { Ok(found) } else { inside(&found).ok_or_else(refused) }
}

/// Follows all links of a path, of which the last parts need not be there: a file that is
/// not is told of when it is read. `None` where that cannot be known.
fn real(path: &Path) -> Option<PathBuf> {
    if let Ok(found) = path.canonicalize() {
        return Some(found);
    }
    // A link to nothing, or a folder that may not be entered.
    if path.symlink_metadata().is_ok() {
        return None;
    }
    // Without a name it ends in "..".
    let name = path.file_name()?;
    let above = path.parent().filter(|above| !above.as_os_str().is_empty());
    Some(real(above.unwrap_or(Path::new(".")))?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_outside_the_folder_are_refused_unless_trusted() {
        let dir = tempfile::tempdir().expect("a directory");
        let folder = dir.path().join("in");
        std::fs::create_dir(&folder).expect("makes");
        std::fs::write(dir.path().join("secret.tif"), b"x").expect("writes");
        std::fs::write(folder.join("a.tif"), b"x").expect("writes");
        std::os::unix::fs::symlink(dir.path().join("secret.tif"), folder.join("link.tif"))
            .expect("links");
        std::os::unix::fs::symlink(dir.path(), folder.join("up")).expect("links");
        std::os::unix::fs::symlink("nowhere", folder.join("loose.tif")).expect("links");
        // Behind this one lies a file named like a page of another.
        std::fs::create_dir(folder.join("sub")).expect("makes");
        std::fs::write(folder.join("sub/c.tif"), b"x").expect("writes");
        std::os::unix::fs::symlink("sub/c.tif", folder.join("c.tif")).expect("links");
        std::os::unix::fs::symlink("../../secret.tif", folder.join("sub/c.tif#2")).expect("links");
        let whole = dir.path().join("secret.tif");
        let whole = whole.to_str().expect("is text");
        for (name, relative) in [
            ("../secret.tif", true),
            ("../nowhere.tif", true),
            ("../secret.tif#1", true),
            ("link.tif", true),
            ("link.tif#1", true),
            ("up/secret.tif", true),
            ("up/secret.tif#1", true),
            ("up/later.tif", true),
            ("loose.tif", true),
            ("c.tif#2", true),
            ("sub/c.tif#2", true),
            ("later/../../secret.tif", true),
            (whole, false),
            (whole, true),
            ("/etc/passwd", false),
            ("/etc/passwd#1", false),
        ] {
            let refused = place(&folder, name, relative, false);
            assert!(matches!(refused, Err(Error::Unsupported(_))), "{name}: {refused:?}");
            assert!(place(&folder, name, relative, true).is_ok());
        }
        let home = folder.canonicalize().expect("is there");
        for (name, wanted) in [
            ("a.tif", "a.tif"),
            ("a.tif#3", "a.tif#3"),
            ("../in/a.tif", "a.tif"),
            ("up/in/a.tif#1", "a.tif#1"),
            ("c.tif", "sub/c.tif"),
            ("c.tif#1", "sub/c.tif#1"),
            ("later/b.tif", "later/b.tif"),
        ] {
            let found = place(&folder, name, true, false).expect("lies inside");
            assert_eq!(found, home.join(wanted), "{name}");
        }
        // A virtual raster that is named without a folder lies in the working one.
        let here = Path::new("");
        let found = place(here, "Cargo.toml#1", true, false).expect("lies inside");
        assert_eq!(
            found,
            Path::new("Cargo.toml")
                .canonicalize()
                .expect("is there")
                .with_file_name("Cargo.toml#1")
        );
        for name in [&*format!("{whole}#1"), "/etc/passwd#1", "../x.tif#1"] {
            assert!(place(here, name, false, false).is_err(), "{name}");
        }
    }
}
