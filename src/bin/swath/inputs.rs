//! Many files as they are typed: names, patterns, lists.

use std::path::{Path, PathBuf};

use swath::{Error, Result};

/// Spells out what was typed: `@FILE` is a list of names, one a line; a name that is no
/// file and has `*`, `?` or `[` is a pattern, whose matches come sorted by name.
///
/// # Errors
/// [`Error::Usage`] for a pattern that matches nothing or makes no sense, [`Error::Io`]
/// for a list that cannot be read.
pub(crate) fn expand(typed: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in typed {
        match name.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(list) if !name.exists() => {
                let text = std::fs::read_to_string(list)
                    .map_err(|e| Error::io("read the list of inputs", e).at_path(list))?;
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                // Names in a list are meant as they would be at the prompt.
                for line in lines.filter(|line| !line.starts_with('#')) {
                    matches(Path::new(line), &mut found)?;
                }
            }
            _ => matches(name, &mut found)?,
        }
    }
    Ok(found)
}

fn matches(name: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let pattern = name.to_str().filter(|text| text.contains(['*', '?', '[']) && !name.exists());
    let Some(pattern) = pattern else {
        found.push(name.to_path_buf());
        return Ok(());
    };
    let wrong = |e: glob::PatternError| Error::usage("pattern").found(format!("{pattern}: {e}"));
    let before = found.len();
    for path in glob::glob(pattern).map_err(wrong)? {
        let path = path.map_err(|e| Error::io("look for files", e.into()).at_path(name))?;
        if path.is_file() {
            found.push(path);
        }
    }
    if found.len() == before {
        return Err(Error::usage("pattern").expected("files that match").found(pattern));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_lists_are_spelt_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        for name in ["b.tif", "a.tif", "c.txt", "odd[1].tif"] {
            std::fs::write(at(name), b"x").expect("writes");
        }
        let lines = format!("# tiles\n\n{}\n{}\n", at("c.txt").display(), at("?.tif").display());
        std::fs::write(at("list"), lines).expect("writes");
        let list = PathBuf::from(format!("@{}", at("list").display()));
        let wanted: Vec<_> = ["c.txt", "a.tif", "b.tif", "odd[1].tif"].map(at).into();
        assert_eq!(expand(&[list, at("odd[1].tif")]).expect("expands"), wanted);
        assert!(matches!(expand(&[at("*.png")]), Err(Error::Usage(_))));
        assert!(matches!(expand(&[PathBuf::from("@nowhere")]), Err(Error::Io(..))));
    }
}
