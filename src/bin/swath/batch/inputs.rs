//! Which files a batch works on: names, folders, globs, lists.

use std::ffi::OsStr;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use swath::batch::Found;
use swath::{Error, Result};

use crate::walk;

/// Finds the files that words name, in the order of the words and by name within one.
///
/// # Errors
/// A usage error for a word that names nothing, or a glob that makes no sense; what the system
/// says of a folder or list that cannot be read.
pub(crate) fn find(words: &[String], stdin: bool, base: Option<&Path>) -> Result<Vec<Found>> {
    let mut found = Vec::new();
    for word in words {
        match word.strip_prefix('@') {
            Some(list) if !Path::new(word).exists() => {
                let text = std::fs::read(list).map_err(|e| Error::io("read", e).at_path(list))?;
                names(&text, &mut found);
            }
            _ => one(word, &mut found)?,
        }
    }
    if stdin {
        let mut text = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut text);
        read.map_err(|e| Error::io("read standard input", e))?;
        names(&text, &mut found);
    }
    if found.is_empty() {
        return Err(Error::usage("inputs").expected("at least one").found("none"));
    }
    if let Some(base) = base {
        for file in &mut found {
            if !file.path.starts_with(base) {
                return Err(Error::usage("input")
                    .expected(format!("one below --base {}", base.display()))
                    .found(file.path.display()));
            }
            file.dir = Found::below(base, &file.path).dir;
        }
    }
    Ok(found)
}

/// Reads names from a list: one a line, or ended by zeros, as `find -print0` has them.
fn names(text: &[u8], found: &mut Vec<Found>) {
    let end = if text.contains(&0) { 0 } else { b'\n' };
    for name in text.split(|&byte| byte == end) {
        let name = if end == 0 { name } else { name.strip_suffix(b"\r").unwrap_or(name) };
        if !name.is_empty() {
            found.push(Found::file(OsStr::from_bytes(name)));
        }
    }
}

/// Finds what one word names: a file, a folder's files, or what a glob matches.
fn one(word: &str, found: &mut Vec<Found>) -> Result<()> {
    let path = Path::new(word);
    if path.is_dir() {
        let before = found.len();
        let tiff = |path: &PathBuf| {
            let end = path.extension().unwrap_or_default();
            end.eq_ignore_ascii_case("tif") || end.eq_ignore_ascii_case("tiff")
        };
        let all = walk::tree(path)?.into_iter().filter(tiff);
        found.extend(all.map(|file| Found::below(path, file)));
        return match found.len() > before {
            true => Ok(()),
            false => Err(Error::usage("folder")
                .expected("files that end in .tif or .tiff below it")
                .found("none")
                .at_path(path)),
        };
    }
    if !walk::is_glob(path) {
        found.push(Found::file(path));
        return Ok(());
    }
    let base = walk::fixed(word);
    found.extend(walk::glob(word)?.into_iter().map(|file| Found::below(&base, file)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_folders_globs_and_lists_are_found() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        std::fs::create_dir_all(at("in/deep/er")).expect("makes");
        for name in ["b.tif", "a[1].tif", "deep/c.TIFF", "deep/er/d.tif", "e.txt", ".h.tif"] {
            std::fs::write(at("in").join(name), "").expect("writes");
        }
        let find = |words: &[&str], base: Option<PathBuf>| -> Result<Vec<(String, String)>> {
            let words: Vec<_> =
                words.iter().map(|w| w.replace('%', &at("in").display().to_string())).collect();
            let found = super::find(&words, false, base.as_deref())?;
            let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
            let name = |path: &Path| text(path.strip_prefix(at("in")).expect("below"));
            Ok(found.iter().map(|f| (name(&f.path), text(&f.dir))).collect())
        };
        let is = |words: &[&str], wanted: &[(&str, &str)]| {
            let found = find(words, None).expect("finds");
            let wanted: Vec<_> = wanted.iter().map(|&(a, b)| (a.into(), b.into())).collect();
            assert_eq!(found, wanted, "{words:?}");
        };
        let all = [("a[1].tif", ""), ("b.tif", ""), ("deep/c.TIFF", "deep")];
        is(&["%"], &[all[0], all[1], all[2], ("deep/er/d.tif", "deep/er")]);
        is(&["%/**/*.tif"], &[all[0], all[1], ("deep/er/d.tif", "deep/er")]);
        is(&["%/deep/*/d.tif", "%/a[1].tif"], &[("deep/er/d.tif", "er"), ("a[1].tif", "")]);
        std::fs::write(at("list"), format!("{0}/b.tif\r\n\n{0}/deep/c.TIFF\n", at("in").display()))
            .expect("writes");
        is(&["@%/../list"], &[("b.tif", ""), ("deep/c.TIFF", "")]);
        let based = find(&["@%/../list"], Some(at("in"))).expect("finds");
        assert_eq!(based[1].1, "deep");
        // One that is not there fails as an item, so that a list of thousands goes on.
        is(&["%/absent.tif"], &[("absent.tif", "")]);
        for words in [&["%/*.jp2"][..], &[], &["%/***/x.tif"], &["@%/absent.txt"]] {
            assert!(find(words, None).is_err(), "{words:?}");
        }
        assert!(find(&["%/b.tif"], Some(at("in/deep"))).is_err());
    }
}
