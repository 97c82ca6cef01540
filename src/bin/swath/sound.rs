//! Many inputs of one output, without those that are damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swath::engine::{Engine, Silent};
use swath::input::Files;
use swath::ops::mosaic::{Mosaic, MosaicInput};
use swath::{Error, Result};

use crate::args::ReadArgs;
use crate::convert::NoDataArg;
use crate::inputs;
use crate::report;
use crate::session::Session;

/// Files that were left out, and why, by name.
#[derive(Debug, Default)]
pub(crate) struct LeftOut(BTreeMap<PathBuf, String>);

impl LeftOut {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn has(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    /// Leaves out a file that breaks its format, if damaged files are to be left out; returns
    /// what else was found.
    pub(crate) fn take<T>(
        &mut self,
        read: &ReadArgs,
        path: &Path,
        found: Result<T>,
    ) -> Result<Option<T>> {
        match found {
            Err(error @ Error::Format(_)) if read.skips_files() => {
                self.insert(path, &error.to_string());
                Ok(None)
            }
            found => found.map(Some),
        }
    }

    fn insert(&mut self, path: &Path, cause: &str) {
        // The file is named with each cause; that of a virtual raster may be in another.
        let cause = cause.strip_prefix(&format!("{}: ", path.display())).unwrap_or(cause);
        self.0.insert(path.to_path_buf(), cause.to_owned());
    }

    /// What there is to say of each.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|(path, cause)| format!("{}: left out: {cause}", path.display()))
    }

    pub(crate) fn as_json(&self) -> Value {
        let one = |(path, cause): (&PathBuf, &String)| json!({ "path": path.display().to_string(), "cause": cause });
        self.0.iter().map(one).collect()
    }
}

/// Inputs, and the mosaic of them.
pub(crate) struct Laid {
    pub(crate) inputs: Vec<MosaicInput>,
    pub(crate) mosaic: Mosaic,
}

/// Which files are laid on one another.
pub(crate) struct Stacked<'a> {
    pub(crate) typed: &'a [PathBuf],
    pub(crate) src_nodata: Option<NoDataArg>,
    pub(crate) read: &'a ReadArgs,
    pub(crate) files: &'a Files,
    /// Whether what files state counts, and not what an index says of them alone.
    pub(crate) opens_all: bool,
}

impl Stacked<'_> {
    /// Opens inputs and has them laid. If damaged files are to be left out, all chunks of those that
    /// lie in the mosaic are decoded first; if any is damaged all is done again without its file, as
    /// if that had not been named, until no more are found. What is left out thus depends on the
    /// files and on what is asked for alone.
    pub(crate) fn lay(
        &self,
        session: &Session<'_>,
        mut lay: impl FnMut(Vec<MosaicInput>, &LeftOut) -> Result<Laid>,
    ) -> Result<(Laid, LeftOut)> {
        let (mut left_out, mut sound) = (LeftOut::default(), BTreeSet::new());
        loop {
            let inputs = inputs::open_all(
                self.files,
                self.typed,
                self.src_nodata,
                self.read,
                self.opens_all,
                &mut left_out,
            )?;
            if inputs.is_empty() && !left_out.is_empty() {
                session.left_out(&left_out);
                return Err(Error::format("inputs")
                    .expected("at least one without damage")
                    .found("none"));
            }
            let laid = lay(inputs, &left_out)?;
            if !self.read.skips_files() {
                return Ok((laid, left_out));
            }
            let before = left_out.0.len();
            for name in laid.mosaic.names() {
                if sound.insert(name.clone())
                    && let Some(cause) = damage(self.read, Path::new(name), session.engine)?
                {
                    left_out.insert(Path::new(name), &cause);
                }
            }
            if left_out.0.len() == before {
                return Ok((laid, left_out));
            }
        }
    }
}

/// Decodes all chunks of a file, those of its masks and overviews too; returns what is wrong with
/// the first that is damaged, and how many more there are.
fn damage(read: &ReadArgs, path: &Path, engine: &Engine) -> Result<Option<String>> {
    let files = read.surveying_files();
    let decode = || -> Result<()> {
        let raster = files.open(path)?;
        std::iter::once(&raster).chain(&raster.overviews()).try_for_each(|image| {
            // What is decoded here is of no use later, and no part of what the job decodes.
            image.checksums(&engine.afresh(), &mut Silent).map(|_| ())
        })
    };
    match decode() {
        Err(error @ Error::Format(_)) => return Ok(Some(error.to_string())),
        decoded => decoded.map_err(|e| e.at_path(path))?,
    }
    let (chunks, more) = files.damaged();
    let Some(first) = chunks.first() else { return Ok(None) };
    let first = report::damaged_chunk(first, "damaged at");
    Ok(Some(match (chunks.len() - 1, more) {
        (0, _) => first,
        (others, false) => format!("{first}; and {others} more damaged chunks"),
        (others, true) => format!("{first}; and {others} more damaged chunks at least"),
    }))
}
