//! Many inputs of one output, without those that are damaged.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use swath::engine::{Engine, Silent};
use swath::input::Files;
use swath::ops::mosaic::{Mosaic, MosaicInput};
use swath::{Error, Raster, Result};

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

    /// Says that no file is left that is without damage.
    pub(crate) fn nothing_left() -> Error {
        Error::format("inputs").expected("at least one without damage").found("none")
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
    /// Opens inputs and has them laid, in the order that `lay` leaves them in. If damaged files are
    /// to be left out, all chunks of those images and overviews are decoded first that the mosaic
    /// reads pixels of; if any is damaged all is done again without its file, as if that had not
    /// been named, until no more are found. Where inputs do not fit, damage that may be why comes
    /// first. What is left out thus depends on the files and on what is asked for alone.
    pub(crate) fn lay(
        &self,
        session: &Session<'_>,
        mut lay: impl FnMut(&mut Vec<MosaicInput>, &LeftOut) -> Result<Mosaic>,
    ) -> Result<(Laid, LeftOut)> {
        let (mut left_out, mut sound) = (LeftOut::default(), BTreeSet::new());
        loop {
            let mut inputs = inputs::open_all(
                self.files,
                self.typed,
                self.src_nodata,
                self.read,
                self.opens_all,
                session.engine.threads(),
                &mut left_out,
            )?;
            if inputs.is_empty() && !left_out.is_empty() {
                session.left_out(&left_out);
                return Err(LeftOut::nothing_left());
            }
            let mosaic = match lay(&mut inputs, &left_out) {
                Err(error) if self.read.skips_files() => {
                    let found = self.unfit(&error, &inputs, session.engine)?;
                    let Some((path, cause)) = found else { return Err(error) };
                    left_out.insert(&path, &cause);
                    continue;
                }
                laid => laid?,
            };
            let before = left_out.0.len();
            let sources = match self.read.skips_files() {
                true => mosaic.sources()?,
                false => Vec::new(),
            };
            for (name, level) in sources {
                if sound.insert(name.to_owned())
                    && let Some(cause) = damage(self.read, Path::new(name), session.engine, level)?
                {
                    left_out.insert(Path::new(name), &cause);
                }
            }
            if left_out.0.len() == before {
                return Ok((Laid { inputs, mosaic }, left_out));
            }
        }
    }

    /// Returns a damaged file that may be why inputs do not fit, and what is wrong with it: the one
    /// that the error names, or the first, which the others are held against.
    fn unfit(
        &self,
        error: &Error,
        inputs: &[MosaicInput],
        engine: &Engine,
    ) -> Result<Option<(PathBuf, String)>> {
        let of_inputs = matches!(error, Error::Format(_) | Error::Unsupported(_) | Error::Usage(_));
        let named = error.detail().and_then(|detail| detail.path.as_deref());
        let named = named.filter(|_| of_inputs);
        let at = inputs.iter().position(|input| named == Some(Path::new(&input.name)));
        for input in at.into_iter().chain(at.map(|_| 0)).map(|at| &inputs[at]) {
            let path = PathBuf::from(&input.name);
            if let Some(cause) = any_damage(self.read, &path, engine)? {
                return Ok(Some((path, cause)));
            }
        }
        Ok(None)
    }
}

/// Decodes all chunks of a file's image, or of an overview of it, and of its mask; returns what is
/// wrong with the first that is damaged, and how many more there are.
fn damage(
    read: &ReadArgs,
    path: &Path,
    engine: &Engine,
    level: Option<usize>,
) -> Result<Option<String>> {
    survey(path, &read.surveying_files(), engine, |raster| match level {
        Some(level) => raster.overviews().into_iter().nth(level).into_iter().collect(),
        None => vec![raster],
    })
}

/// Looks for what is wrong with a file: tags that cannot be read, or damaged chunks of its image,
/// its overviews and their masks.
fn any_damage(read: &ReadArgs, path: &Path, engine: &Engine) -> Result<Option<String>> {
    let files = read.surveying_files();
    let found = survey(path, &files, engine, |raster| {
        let overviews = raster.overviews();
        std::iter::once(raster).chain(overviews).collect()
    });
    Ok(files.unread().into_iter().next().or(found?))
}

/// Decodes all chunks of what `images` picks of a file; returns what is wrong with the first that is
/// damaged, and how many more there are.
fn survey(
    path: &Path,
    files: &Files,
    engine: &Engine,
    images: impl FnOnce(Raster) -> Vec<Raster>,
) -> Result<Option<String>> {
    let decode = || -> Result<()> {
        images(files.open(path)?).iter().try_for_each(|image| {
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
