//! An output for every input.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Component, Path, PathBuf};

use super::template::{Names, Template};
use crate::error::{Error, Result};
use crate::io::Overwrite;

/// How many outputs that are there already are named.
const NAMED: usize = 10;

/// An input, and where the search that found it began.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found {
    /// The input.
    pub path: PathBuf,
    /// The folders between where the search began and the input.
    pub dir: PathBuf,
}

impl Found {
    /// A file that was named, not searched for.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), dir: PathBuf::new() }
    }

    /// A file that was found below a folder; one that does not lie there was named.
    pub fn below(base: &Path, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let dir = path.strip_prefix(base).ok().and_then(Path::parent);
        Self { dir: dir.map(Path::to_path_buf).unwrap_or_default(), path }
    }
}

/// One input and its output.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// Its number in the plan, from 1.
    pub index: u64,
    /// The file to read.
    pub input: PathBuf,
    /// The folders between where the search began and the input.
    pub dir: PathBuf,
    /// The file to write.
    pub output: PathBuf,
}

impl Item {
    /// Returns what templates may say of it.
    pub fn names<'a>(&'a self, verb: &'a str) -> Names<'a> {
        Names { input: &self.input, dir: &self.dir, index: self.index, verb }
    }
}

/// An output for every input, each different from all others and from all inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    items: Vec<Item>,
}

impl Plan {
    /// Names the outputs of inputs, which keep their order. An input that was found twice counts
    /// once.
    ///
    /// # Errors
    /// [`Error::Usage`], listing all of them, if inputs would have the same output or an output
    /// is an input as well; and as [`Template::expand`].
    pub fn new(inputs: Vec<Found>, template: &Template, verb: &str) -> Result<Self> {
        let mut seen = BTreeSet::new();
        let mut items = Vec::new();
        for Found { path, dir } in inputs {
            // The journal, the report and the events are texts.
            if path.to_str().is_none() {
                return Err(Error::usage("file name").expected("one in UTF-8").at_path(path));
            }
            if !seen.insert(plain(&path)) {
                continue;
            }
            let index = items.len() as u64 + 1;
            let output = template.expand(&Names { input: &path, dir: &dir, index, verb })?;
            items.push(Item { index, input: path, dir, output });
        }
        clashes(&items)?;
        onto_inputs(&items)?;
        Ok(Self { items })
    }

    /// Returns the items, in the order of the inputs.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Refuses outputs that are there already, unless they may be replaced or are `ours`.
    ///
    /// # Errors
    /// [`Error::Usage`], naming the first ones.
    pub fn refuse_existing(
        &self,
        overwrite: Overwrite,
        ours: impl Fn(&Item) -> bool,
    ) -> Result<()> {
        let there = |item: &&Item| item.output.symlink_metadata().is_ok() && !ours(item);
        let found: Vec<&Item> = match overwrite {
            Overwrite::Replace => return Ok(()),
            Overwrite::Refuse => self.items.iter().filter(there).collect(),
        };
        if found.is_empty() {
            return Ok(());
        }
        let names: String =
            found.iter().take(NAMED).map(|i| format!("\n  {}", i.output.display())).collect();
        let more = if found.len() > NAMED { "\n  ..." } else { "" };
        Err(Error::usage("outputs")
            .expected("new names")
            .found(format!("{} that are there already:{names}{more}", found.len()))
            .hint("`--resume` goes on where an earlier run stopped, `--overwrite` makes all anew"))
    }
}

/// A path without `.` and doubled slashes.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|c| *c != Component::CurDir).collect()
}

fn clashes(items: &[Item]) -> Result<()> {
    let mut by_output: BTreeMap<PathBuf, Vec<&Item>> = BTreeMap::new();
    for item in items {
        by_output.entry(plain(&item.output)).or_default().push(item);
    }
    by_output.retain(|_, items| items.len() > 1);
    if by_output.is_empty() {
        return Ok(());
    }
    let mut list = String::new();
    for (output, items) in &by_output {
        let inputs: Vec<_> = items.iter().map(|i| i.input.display().to_string()).collect();
        // Writing to a string cannot fail.
        let _ = write!(list, "\n  {}: {}", output.display(), inputs.join(", "));
    }
    Err(Error::usage("outputs")
        .expected("one for each input")
        .found(format!("{} of several inputs:{list}", by_output.len()))
        .hint("{dir}, {parent} or {index} in the template tells them apart"))
}

fn onto_inputs(items: &[Item]) -> Result<()> {
    let real = |path: &Path| path.canonicalize().ok();
    let inputs: BTreeSet<_> = items.iter().filter_map(|item| real(&item.input)).collect();
    let onto = items.iter().filter(|item| real(&item.output).is_some_and(|o| inputs.contains(&o)));
    let list: String = onto.map(|item| format!("\n  {}", item.output.display())).collect();
    if list.is_empty() {
        return Ok(());
    }
    Err(Error::usage("outputs")
        .expected("files that are no inputs of the same batch")
        .found(format!("inputs as well:{list}"))
        .hint("write to another folder: a batch that was stopped could not tell old from new"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(inputs: &[(&str, &str)], template: &str) -> Result<Plan> {
        let inputs = inputs.iter().map(|(base, path)| Found::below(Path::new(base), *path));
        Plan::new(inputs.collect(), &Template::parse(template)?, "x")
    }

    #[test]
    fn every_input_has_an_output_of_its_own() {
        let inputs = [("in", "in/a/1.tif"), ("in", "in/b/1.tif"), ("in", "./in/a/1.tif")];
        let made = plan(&inputs, "out/{dir}/{stem}.tif").expect("no clash");
        let outputs: Vec<_> = made.items().iter().map(|i| i.output.to_str()).collect();
        assert_eq!(outputs, [Some("out/a/1.tif"), Some("out/b/1.tif")]);
    }

    #[test]
    fn all_clashes_are_listed() {
        let inputs =
            [("", "a/1.tif"), ("", "b/1.tif"), ("", "a/2.tif"), ("", "b/2.tif"), ("", "3.tif")];
        let error = plan(&inputs, "out/./{stem}.tif").expect_err("clashes").to_string();
        assert!(error.contains("out/1.tif: a/1.tif, b/1.tif"), "{error}");
        assert!(error.contains("out/2.tif: a/2.tif, b/2.tif"), "{error}");
        assert!(!error.contains("3.tif"), "{error}");
    }

    #[test]
    fn an_input_is_no_output() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("a.tif");
        std::fs::write(&path, "x").expect("writes");
        let template = format!("{}/./{{name}}", dir.path().display());
        let template = Template::parse(&template).expect("parses");
        let error = Plan::new(vec![Found::file(&path)], &template, "x").expect_err("onto itself");
        assert!(error.to_string().contains("inputs as well"), "{error}");
    }
}
