//! From one file to another: what every verb that writes does.

use std::path::Path;

use swath::geotiff::WriteOptions;
use swath::input::Files;
use swath::{Error, Raster, Result};

use crate::args::{JobArgs, ReadArgs};
use crate::session::Session;
use crate::step::StepContext;
use crate::write_args::WriteArgs;

/// A job whose input is open and whose options are sound.
pub(crate) struct Job<'a> {
    parts: Parts<'a>,
    session: &'a Session<'a>,
    options: WriteOptions,
    files: Files,
    pub(crate) input: Raster,
}

/// What a job is made of.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Parts<'a> {
    pub(crate) input: &'a Path,
    pub(crate) output: &'a Path,
    pub(crate) write: &'a WriteArgs,
    pub(crate) read: &'a ReadArgs,
}

impl<'a> Job<'a> {
    pub(crate) fn open(args: &'a JobArgs, session: &'a Session<'a>) -> Result<Self> {
        let JobArgs { input, output, write, read, .. } = args;
        Self::of(Parts { input, output, write, read }, session)
    }

    pub(crate) fn of(parts: Parts<'a>, session: &'a Session<'a>) -> Result<Self> {
        let options = parts.write.options()?;
        for (path, what) in [(parts.input, "input"), (parts.output, "output")] {
            if path == Path::new("-") {
                return Err(Error::usage(format!("- as a raster's {what}")).expected("a file").hint(
                    "a TIFF is read and written in any order; -: for texts alone, such as --job -",
                ));
            }
        }
        let files = session.files(parts.read)?;
        let input = files.open(parts.input)?;
        let job = Self { parts, session, options, input, files };
        if job.input.info().metadata.crs_text.is_some() {
            job.context()
                .warn("the coordinate reference system of a sidecar is not understood, and lost");
        }
        Ok(job)
    }

    /// What steps work with.
    pub(crate) fn context(&self) -> StepContext<'_> {
        let Parts { input, write, .. } = self.parts;
        StepContext { session: self.session, files: &self.files, path: Some(input), write }
    }

    /// Writes a raster made of the input; nothing if it is only planned.
    pub(crate) fn write(&self, raster: &Raster) -> Result<Option<Done>> {
        let Parts { input, output, write, .. } = self.parts;
        let own = [input.to_path_buf()];
        let opaque = write.wants_alpha().then(|| raster.with_alpha()).transpose()?;
        let raster = opaque.as_ref().unwrap_or(raster);
        let engine = self.session.engine;
        let made = self.session.write(raster, output, &own, &self.options, &self.files)?;
        let Some(made) = made else { return Ok(None) };
        let (decoded, distinct) = (engine.chunks_decoded(), engine.chunks_seen());
        Ok(Some(Done { seconds: made.seconds, decoded, distinct }))
    }
}

/// What a finished job took.
pub(crate) struct Done {
    pub(crate) seconds: f64,
    /// Chunks decoded, repeats counted.
    pub(crate) decoded: u64,
    /// Different chunks among them.
    pub(crate) distinct: u64,
}
