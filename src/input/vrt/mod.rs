//! GDAL's virtual rasters (`.vrt`): mosaics of GeoTIFFs, as gdalbuildvrt writes them.

/// The pixels.
mod node;
/// From XML to bands and their sources.
mod read;

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};
use crate::raster::Raster;

use super::Files;

/// The most bytes of a virtual raster's text.
const MOST_BYTES: u64 = 64 << 20;

/// Opens a virtual raster. Its sources are opened when they are read.
pub(super) fn open(path: &Path, files: &Files) -> Result<Raster> {
    let io = |e| Error::io("read", e);
    let len = std::fs::metadata(path).map_err(io)?.len();
    if len > MOST_BYTES {
        return Err(Error::limit("size of a virtual raster")
            .expected(format!("at most {MOST_BYTES} bytes"))
            .found(format!("{len} bytes")));
    }
    let text = String::from_utf8(std::fs::read(path).map_err(io)?)
        .map_err(|_| Error::format("XML").expected("UTF-8"))?;
    let folder = path.parent().unwrap_or(Path::new(""));
    let find = |name: &str, relative: bool| place(folder, name, relative, files.vrt_anywhere);
    let (info, bands) = read::parse(&text, &find)?;
    Ok(Raster::new(node::Vrt::new(info, bands, files)))
}

/// Finds a source. Whoever wrote the file may have named anything: unless told otherwise
/// only what lies in the file's own folder or below it is opened, links followed.
fn place(folder: &Path, name: &str, relative: bool, anywhere: bool) -> Result<PathBuf> {
    let path = if relative { folder.join(name) } else { PathBuf::from(name) };
    if anywhere {
        return Ok(path);
    }
    let real = |path: &Path| {
        // A file that is not there is told of when it is read.
        path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
    };
    let home = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let found = real(&path);
    let inside = found.starts_with(real(home)) || !path.exists() && path.starts_with(folder);
    if inside && !path.components().any(|part| part == Component::ParentDir && !path.exists()) {
        return Ok(path);
    }
    Err(Error::unsupported("a source outside the folder of the virtual raster")
        .found(name)
        .hint("if you trust the file: --vrt-anywhere"))
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
        let whole = dir.path().join("secret.tif");
        let whole = whole.to_str().expect("is text");
        for (name, relative) in [
            ("../secret.tif", true),
            ("../nowhere.tif", true),
            ("link.tif", true),
            (whole, false),
            (whole, true),
            ("/etc/passwd", false),
        ] {
            let refused = place(&folder, name, relative, false);
            assert!(matches!(refused, Err(Error::Unsupported(_))), "{name}: {refused:?}");
            assert!(place(&folder, name, relative, true).is_ok());
        }
        assert!(place(&folder, "a.tif", true, false).is_ok());
        assert!(place(&folder, "../in/a.tif", true, false).is_ok());
        assert!(place(&folder, "later/b.tif", true, false).is_ok());
    }
}
