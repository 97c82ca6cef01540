//! Where names lead.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

/// Where names lead: links and `..` are followed as far as there is something, so that two names
/// of one place are known as such before it is there.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Folders that were asked for, and where they are.
    folders: BTreeMap<PathBuf, PathBuf>,
}

impl Places {
    /// Returns where a name leads.
    pub(super) fn of(&mut self, path: &Path) -> PathBuf {
        if let Ok(real) = path.canonicalize() {
            return real;
        }
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
        let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else {
            return follow(&path);
        };
        if !self.folders.contains_key(folder) {
            self.folders.insert(folder.to_path_buf(), follow(folder));
        }
        self.folders[folder].join(name)
    }

    /// Returns where the file is that is read under a name: `a.tif#2` is a page of `a.tif`.
    pub(super) fn of_read(&mut self, path: &Path) -> PathBuf {
        let page = path.to_str().and_then(|text| text.rsplit_once('#'));
        match page.filter(|_| path.symlink_metadata().is_err()) {
            Some((file, _)) => self.of(Path::new(file)),
            None => self.of(path),
        }
    }
}

/// Follows a path part by part; what is not there yet will be plain folders.
fn follow(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        if part == Component::ParentDir {
            out.pop();
            continue;
        }
        out.push(part);
        if let Ok(real) = out.canonicalize() {
            out = real;
        }
    }
    out
}

/// A path without `.` and doubled slashes.
pub(super) fn plain(path: &Path) -> PathBuf {
    path.components().filter(|c| *c != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_one_place_are_one() {
        let dir = tempfile::tempdir().expect("a directory");
        let base = dir.path().canonicalize().expect("there");
        std::fs::create_dir_all(base.join("real/deep")).expect("makes");
        std::os::unix::fs::symlink("real/deep", base.join("link")).expect("links");
        let mut places = Places::default();
        for (name, wanted) in [
            ("x.tif", "x.tif"),
            ("new/../x.tif", "x.tif"),
            ("link/x.tif", "real/deep/x.tif"),
            // Up from where the link leads, not from where it lies.
            ("link/../x.tif", "real/x.tif"),
            ("link/new/../../x.tif", "real/x.tif"),
            ("./real//x.tif", "real/x.tif"),
        ] {
            assert_eq!(places.of(&base.join(name)), base.join(wanted), "{name}");
        }
        assert_eq!(places.of_read(&base.join("real/x.tif#2")), base.join("real/x.tif"));
    }
}
