//! Files that globs and folders mean.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};
use swath::{Error, Result};

/// As shells have it: `*` crosses no folder and meets no hidden file.
pub(crate) const MATCH: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// A part of a glob.
#[derive(Debug, Clone)]
enum Part {
    /// A name as it is.
    Plain(String),
    /// Names that match.
    Match(Pattern),
    /// `**`: any number of folders.
    Folders,
}

/// Whether a name is a glob: a file may be called `a[1].tif`.
pub(crate) fn is_glob(path: &Path) -> bool {
    let text = path.to_str().unwrap_or_default();
    text.contains(['*', '?', '[']) && path.symlink_metadata().is_err()
}

/// Returns the folders of a glob before the first part that is a pattern.
pub(crate) fn fixed(glob: &str) -> PathBuf {
    let (mut path, parts) = (start(glob), glob.split('/').filter(|part| !part.is_empty()));
    path.extend(parts.take_while(|part| Pattern::escape(part) == **part));
    path
}

/// Finds the files that a glob matches, by name. `**` enters no hidden folder and none that is
/// a link, so that no loop is entered; links that other parts name are followed.
///
/// # Errors
/// [`Error::Usage`] if it makes no sense or matches nothing, [`Error::Io`] for a folder that
/// cannot be listed.
pub(crate) fn glob(glob: &str) -> Result<Vec<PathBuf>> {
    let wrong = |e| Error::usage(format!("glob {glob:?}")).found(e);
    Pattern::new(glob).map_err(|e| wrong(e.to_string()))?;
    let mut parts = Vec::new();
    for part in glob.split('/').filter(|part| !part.is_empty() && *part != ".") {
        parts.push(match part {
            "**" if matches!(parts.last(), Some(Part::Folders)) => continue,
            "**" => Part::Folders,
            plain if Pattern::escape(plain) == plain => Part::Plain(plain.to_owned()),
            other => Part::Match(Pattern::new(other).map_err(|e| wrong(e.to_string()))?),
        });
    }
    if let Some(Part::Folders) = parts.last() {
        parts.push(Part::Match(Pattern::new("*").map_err(|e| wrong(e.to_string()))?));
    }
    let mut found = BTreeSet::new();
    walk(&start(glob), &parts, &mut found)?;
    if found.is_empty() {
        return Err(Error::usage(format!("glob {glob:?}")).expected("files").found("none"));
    }
    Ok(found.into_iter().collect())
}

/// Finds all files below a folder, by name; hidden ones and links to folders are left out.
///
/// # Errors
/// [`Error::Io`] for a folder that cannot be listed.
pub(crate) fn tree(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = BTreeSet::new();
    let all = Pattern::new("*").map_err(|e| Error::usage("glob").found(e))?;
    walk(folder, &[Part::Folders, Part::Match(all)], &mut found)?;
    Ok(found.into_iter().collect())
}

fn start(glob: &str) -> PathBuf {
    PathBuf::from(if glob.starts_with('/') { "/" } else { "" })
}

fn walk(at: &Path, parts: &[Part], found: &mut BTreeSet<PathBuf>) -> Result<()> {
    let Some((part, rest)) = parts.split_first() else {
        if !at.is_dir() {
            found.insert(at.to_path_buf());
        }
        return Ok(());
    };
    let pattern = match part {
        Part::Plain(name) => {
            let path = at.join(name);
            return if path.symlink_metadata().is_ok() { walk(&path, rest, found) } else { Ok(()) };
        }
        Part::Match(pattern) => Some(pattern),
        Part::Folders => {
            walk(at, rest, found)?;
            None
        }
    };
    let folder = if at.as_os_str().is_empty() { Path::new(".") } else { at };
    if !folder.is_dir() {
        return Ok(());
    }
    let fail = |e| Error::io("list", e).at_path(folder);
    for entry in std::fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let (name, path) = (entry.file_name(), at.join(entry.file_name()));
        let name = name.to_string_lossy();
        match pattern {
            Some(pattern) if pattern.matches_with(&name, MATCH) => walk(&path, rest, found)?,
            // A link is no folder here.
            None if !name.starts_with('.') && entry.file_type().map_err(fail)?.is_dir() => {
                walk(&path, parts, found)?;
            }
            _ => {}
        }
    }
    Ok(())
}
