//! An output and a file beside it that change together.

use std::io;
use std::path::{Path, PathBuf};

use super::{Staged, temp};
use crate::error::{Error, Result};

/// What becomes of a file that is read together with an output, when that takes its name.
#[derive(Debug)]
#[non_exhaustive]
pub enum Beside {
    /// It becomes this one. Its folder is the output's.
    Put(Staged),
    /// It goes: what it says is not so of the new output.
    Remove(PathBuf),
}

impl Staged {
    /// Makes the output durable and gives it its name, together with what becomes of a file
    /// beside it.
    ///
    /// No step leaves one of the two with the other's old state under their names: what is
    /// replaced is first put aside, then the file beside the output is changed, and last the
    /// output appears. A process that is killed in between leaves no file of the output's name,
    /// and the older one under a hidden name beside it.
    ///
    /// # Errors
    /// As [`Staged::commit`]. Both files are as before then, unless the system refuses that too.
    pub fn commit_with(mut self, beside: Beside) -> Result<()> {
        let directory = self.directory()?;
        self.settle()?;
        let mut change = Change::default();
        let put = match beside {
            Beside::Put(mut staged) => {
                staged.settle()?;
                if self.replaces() {
                    change.put_aside(self.target())?;
                }
                change.put_aside(staged.target())?;
                Some(staged)
            }
            Beside::Remove(path) => {
                if self.replaces() {
                    change.put_aside(self.target())?;
                }
                change.put_aside(&path)?;
                None
            }
        };
        if let Some(mut staged) = put {
            staged.take_name()?;
            change.placed = Some(staged.target().to_path_buf());
        }
        self.take_name()?;
        change.stay();
        directory.map_or(Ok(()), |directory| self.sync(&directory))
    }
}

/// What was done under names so far; taken back if it is dropped.
#[derive(Debug, Default)]
struct Change {
    /// Where files are now, and where they were.
    aside: Vec<(PathBuf, PathBuf)>,
    /// A new file.
    placed: Option<PathBuf>,
}

impl Change {
    /// Gives the file of a name, if there is one, a hidden one beside it.
    fn put_aside(&mut self, path: &Path) -> Result<()> {
        match temp::unique(path, |hidden| temp::rename_new(path, hidden)) {
            Ok(((), hidden)) => self.aside.push((hidden, path.to_path_buf())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(Error::io("put aside", e).at_path(path)),
        }
        Ok(())
    }

    /// Lets go of what was replaced.
    fn stay(mut self) {
        self.placed = None;
        for (hidden, _) in self.aside.drain(..) {
            // Nothing is wrong with the outputs if it stays; its name says whose it is.
            let _ = std::fs::remove_file(hidden);
        }
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        // An error is on its way that says more than one from here could.
        if let Some(placed) = &self.placed {
            let _ = std::fs::remove_file(placed);
        }
        for (hidden, path) in self.aside.iter().rev() {
            let _ = std::fs::rename(hidden, path);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::io::Overwrite;

    fn staged(path: &Path, text: &str, overwrite: Overwrite) -> Staged {
        let mut staged = Staged::create(path, overwrite).expect("begins");
        staged.append(text.as_bytes()).expect("takes bytes");
        staged
    }

    fn state(dir: &Path) -> Vec<(String, String)> {
        let entries = fs::read_dir(dir).expect("lists").map(|entry| {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(path).expect("text"))
        });
        let mut state: Vec<_> = entries.collect();
        state.sort();
        state
    }

    fn named(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs.iter().map(|&(name, text)| (name.to_owned(), text.to_owned())).collect()
    }

    #[test]
    fn both_change_and_nothing_else_is_left() {
        let dir = tempfile::tempdir().expect("a directory");
        let (target, beside) = (dir.path().join("a"), dir.path().join("a.x"));
        let put = |text, overwrite| {
            let beside = staged(&beside, text, Overwrite::Replace);
            staged(&target, text, overwrite).commit_with(Beside::Put(beside))
        };
        put("1", Overwrite::Refuse).expect("is new");
        assert_eq!(state(dir.path()), named(&[("a", "1"), ("a.x", "1")]));
        put("2", Overwrite::Replace).expect("replaces");
        assert_eq!(state(dir.path()), named(&[("a", "2"), ("a.x", "2")]));
        for text in ["3", "4"] {
            // There may be nothing to remove.
            let output = staged(&target, text, Overwrite::Replace);
            output.commit_with(Beside::Remove(beside.clone())).expect("removes");
            assert_eq!(state(dir.path()), named(&[("a", text)]));
        }
    }

    #[test]
    fn what_fails_leaves_both_as_they_were() {
        let dir = tempfile::tempdir().expect("a directory");
        let (target, beside) = (dir.path().join("a"), dir.path().join("a.x"));
        for before in [&[("a", "old"), ("a.x", "said")][..], &[("a", "old")]] {
            // Another process takes the output's name while it is made.
            let output = staged(&target, "new", Overwrite::Refuse);
            let new = staged(&beside, "new", Overwrite::Replace);
            before.iter().for_each(|(name, text)| fs::write(dir.path().join(name), text).unwrap());
            output.commit_with(Beside::Put(new)).expect_err("the name is taken");
            assert_eq!(state(dir.path()), named(before));
            before.iter().for_each(|(name, _)| fs::remove_file(dir.path().join(name)).unwrap());
        }
    }
}
