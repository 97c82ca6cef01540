//! An output for every input.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::place::{Places, plain};
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
    /// Whether a search found it, and nobody named it.
    pub searched: bool,
}

impl Found {
    /// A file that was named, not searched for.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), dir: PathBuf::new(), searched: false }
    }

    /// A file that was found below a folder; one that does not lie there was named.
    pub fn below(base: &Path, path: impl Into<PathBuf>) -> Self {
        let path = path.into();
        let below = plain(&path);
        let dir = below.strip_prefix(plain(base)).ok().and_then(Path::parent);
        Self { dir: dir.map(Path::to_path_buf).unwrap_or_default(), path, searched: true }
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
    /// The file to write; empty for an input whose name is no UTF-8, which fails when its turn
    /// comes.
    pub output: PathBuf,
}

impl Item {
    /// Returns whether its output has a name.
    pub fn is_named(&self) -> bool {
        !self.output.as_os_str().is_empty()
    }

    /// Returns what templates may say of it.
    pub fn names<'a>(&'a self, verb: &'a str) -> Names<'a> {
        Names { input: &self.input, dir: &self.dir, index: self.index, verb }
    }
}

/// An output for every input, each different from all others and from all inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    items: Vec<Item>,
    /// Where the outputs lead.
    outputs: Vec<PathBuf>,
    /// Where those lead that a search found as inputs too.
    left_out: BTreeSet<PathBuf>,
}

impl Plan {
    /// Names the outputs of inputs, which keep their order. An input that was found twice counts
    /// once; one that was searched for, and is the output of another, not at all: an earlier run
    /// made it, or the batch is refused where outputs that exist are.
    ///
    /// # Errors
    /// [`Error::Usage`], listing all of them, if inputs would have the same output or an output
    /// is an input as well; and as [`Template::expand`].
    pub fn new(mut inputs: Vec<Found>, template: &Template, verb: &str) -> Result<Self> {
        let mut seen = BTreeSet::new();
        inputs.retain(|found| seen.insert(plain(&found.path)));
        let mut plan = Self::of(&inputs, template, verb)?;
        let made = plan.made_by_others(&inputs);
        if made.contains(&true) {
            let mut rest = made.iter();
            let kept =
                inputs.into_iter().filter(|_| rest.next() == Some(&false)).collect::<Vec<_>>();
            let mut places = Places::default();
            let left = plan.items.iter().zip(made).filter(|(_, made)| *made);
            let left_out: BTreeSet<_> = left.map(|(item, _)| places.of(&item.input)).collect();
            let without = Self { left_out, ..Self::of(&kept, template, verb)? };
            // With {index}, other names may come of fewer inputs.
            if without.left_out.iter().all(|place| without.outputs.contains(place)) {
                plan = without;
            }
        }
        clashes(&plan.items, &plan.outputs)?;
        plan.keep(plan.items.iter().map(|item| item.input.as_path()))?;
        Ok(plan)
    }

    fn of(inputs: &[Found], template: &Template, verb: &str) -> Result<Self> {
        let mut places = Places::default();
        let (mut items, mut outputs) = (Vec::new(), Vec::new());
        for (Found { path, dir, .. }, index) in inputs.iter().zip(1..) {
            // The journal, the report and the events are texts.
            let output = match path.to_str() {
                Some(_) => template.expand(&Names { input: path, dir, index, verb })?,
                None => PathBuf::new(),
            };
            outputs.push(places.of(&output));
            items.push(Item { index, input: path.clone(), dir: dir.clone(), output });
        }
        Ok(Self { items, outputs, left_out: BTreeSet::new() })
    }

    /// Which inputs were searched for and are outputs of others that are not.
    fn made_by_others(&self, inputs: &[Found]) -> Vec<bool> {
        let mut places = Places::default();
        let from: Vec<_> = self.items.iter().map(|item| places.of(&item.input)).collect();
        let mut makers: BTreeMap<&Path, Vec<usize>> = BTreeMap::new();
        for (at, place) in self.outputs.iter().enumerate() {
            makers.entry(place).or_default().push(at);
        }
        let others = |at: usize| {
            let makers = makers.get(from[at].as_path()).into_iter().flatten();
            makers.copied().filter(move |&maker| maker != at)
        };
        let is_made = |at: usize| others(at).any(|maker| others(maker).next().is_none());
        inputs.iter().enumerate().map(|(at, found)| found.searched && is_made(at)).collect()
    }

    /// Sees to it that no output is one of these files, which are read, or a file that is taken
    /// for a part of one because it lies beside it: its overviews, mask or metadata.
    ///
    /// # Errors
    /// [`Error::Usage`], listing such outputs.
    pub fn keep<'a>(&self, read: impl IntoIterator<Item = &'a Path>) -> Result<()> {
        let mut places = Places::default();
        let read: BTreeSet<_> = read.into_iter().map(|path| places.of_read(path)).collect();
        let onto = |place: &Path| read.contains(place) || part_of(place, &read);
        let onto = self.items.iter().zip(&self.outputs).filter(|(_, place)| onto(place));
        let list: String = onto.map(|(item, _)| format!("\n  {}", item.output.display())).collect();
        if list.is_empty() {
            return Ok(());
        }
        Err(Error::usage("outputs")
            .expected("files that the same batch does not read")
            .found(format!("inputs as well, or parts of them:{list}"))
            .hint("write to another folder: a batch that was stopped could not tell old from new"))
    }

    /// Sees to it that files which are written beside the outputs, such as a journal and reports,
    /// are none of the outputs, of the inputs with what lies beside them, of the files in `read`
    /// or of each other. `files` has what each is, for people, and its name.
    ///
    /// # Errors
    /// [`Error::Usage`], naming the first that is.
    pub fn keep_apart(&self, files: &[(&str, &Path)], read: &[PathBuf]) -> Result<()> {
        let mut places = Places::default();
        let inputs = self.items.iter().map(|item| &item.input).chain(read);
        let inputs: BTreeSet<_> = inputs.map(|path| places.of_read(path)).collect();
        let outputs: BTreeSet<_> = self.outputs.iter().map(PathBuf::as_path).collect();
        let mut others = BTreeMap::new();
        for (what, path) in files {
            let place = places.of(path);
            let found = if inputs.contains(&place) || part_of(&place, &inputs) {
                "one that the batch reads"
            } else if outputs.contains(place.as_path()) {
                "an output of the batch"
            } else if let Some(other) = others.insert(place, *what) {
                other
            } else {
                continue;
            };
            let error = Error::usage(*what).expected("a file of its own").found(found);
            return Err(error.at_path(path));
        }
        Ok(())
    }

    /// Returns the items, in the order of the inputs.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Refuses outputs that are there already, unless they may be replaced or are `ours`. Those
    /// that would be inputs by their names are replaced only if they are `ours`.
    ///
    /// # Errors
    /// [`Error::Usage`], naming the first ones.
    pub fn refuse_existing(
        &self,
        overwrite: Overwrite,
        ours: impl Fn(&Item) -> bool,
    ) -> Result<()> {
        let replace = overwrite.replaces();
        let there = |(item, place): &(&Item, &PathBuf)| {
            let may = replace && !self.left_out.contains(*place);
            !may && item.output.symlink_metadata().is_ok() && !ours(item)
        };
        let found: Vec<&Item> =
            self.items.iter().zip(&self.outputs).filter(there).map(|(item, _)| item).collect();
        if found.is_empty() {
            return Ok(());
        }
        let names: String =
            found.iter().take(NAMED).map(|i| format!("\n  {}", i.output.display())).collect();
        let more = if found.len() > NAMED { "\n  ..." } else { "" };
        Err(Error::usage("outputs")
            .expected("new names")
            .found(format!("{} that are there already:{names}{more}", found.len()))
            .hint(if replace {
                "they may be inputs, and no journal says that they were made: write to another folder"
            } else {
                "`--resume` goes on where an earlier run stopped, `--overwrite` makes all anew"
            }))
    }
}

/// Lists outputs of several inputs; `places` are where the outputs lead.
fn clashes(items: &[Item], places: &[PathBuf]) -> Result<()> {
    let mut by_output: BTreeMap<&Path, Vec<&Item>> = BTreeMap::new();
    for (item, place) in items.iter().zip(places).filter(|(item, _)| item.is_named()) {
        by_output.entry(place).or_default().push(item);
    }
    by_output.retain(|_, items| items.len() > 1);
    if by_output.is_empty() {
        return Ok(());
    }
    let mut list = String::new();
    for items in by_output.values() {
        let inputs: Vec<_> = items.iter().map(|i| i.input.display().to_string()).collect();
        let output = plain(&items[0].output);
        // Writing to a string cannot fail.
        let _ = write!(list, "\n  {}: {}", output.display(), inputs.join(", "));
    }
    Err(Error::usage("outputs")
        .expected("one for each input")
        .found(format!("{} of several inputs:{list}", by_output.len()))
        .hint("{dir}, {parent} or {index} in the template tells them apart"))
}

/// What names of files end in that are taken for parts of the file of the name before it.
const PARTS: [&str; 3] = ["ovr", "msk", "aux.xml"];

/// Whether a file would be taken for a part of one of `files`: `a.tif.ovr`, `a.tif.msk` and
/// `a.tif.aux.xml` are of `a.tif`.
fn part_of(place: &Path, files: &BTreeSet<PathBuf>) -> bool {
    let Some(name) = place.file_name().and_then(|name| name.to_str()) else { return false };
    let lower = name.to_ascii_lowercase();
    let end = PARTS.iter().find(|&&end| lower.strip_suffix(end).is_some_and(|l| l.ends_with('.')));
    let Some(end) = end else { return false };
    let whole = place.with_file_name(&name[..name.len() - end.len() - 1]);
    files.contains(&whole)
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
