//! From one file to another: what every verb that writes does.

use std::path::Path;

use swath::geotiff::{GeoTiff, WriteOptions};
use swath::{Error, Raster, Result};

use crate::args::JobArgs;
use crate::session::Session;

/// A job whose input is open and whose options are sound.
pub(crate) struct Job<'a> {
    args: &'a JobArgs,
    pub(crate) session: &'a Session<'a>,
    options: WriteOptions,
    file: GeoTiff,
    pub(crate) input: Raster,
}

impl<'a> Job<'a> {
    pub(crate) fn open(args: &'a JobArgs, session: &'a Session<'a>) -> Result<Self> {
        let options = args.write.options()?;
        let file = session.open(&args.input, &args.read.options())?;
        let job = Self { args, session, options, input: file.raster(), file };
        if job.input.info().metadata.crs_text.is_some() {
            job.warn("the coordinate reference system of a sidecar is not understood, and lost");
        }
        Ok(job)
    }

    /// The path of the input.
    pub(crate) fn path(&self) -> &Path {
        &self.args.input
    }

    /// Names the input in an error, unless what was typed is at fault.
    pub(crate) fn place(&self, error: Error) -> Error {
        match error {
            Error::Usage(_) => error,
            other => other.at_path(self.path()),
        }
    }

    /// Says something that does not end the job, unless it is quiet.
    pub(crate) fn warn(&self, text: &str) {
        self.session.warn(&format!("{}: {text}", self.path().display()));
    }

    /// Writes a raster made of the input.
    pub(crate) fn write(&self, raster: &Raster) -> Result<Done> {
        let JobArgs { output, write, .. } = self.args;
        let opaque = write.wants_alpha().then(|| raster.with_alpha()).transpose()?;
        let raster = opaque.as_ref().unwrap_or(raster);
        let engine = self.session.engine;
        let mut progress = self.session.progress();
        let written = raster.write_with(engine, output, &self.options, &mut progress)?;
        let seconds = self.session.closing(output, &written, progress);
        self.session.damaged(&self.file);
        let (decoded, distinct) = (engine.chunks_decoded(), engine.chunks_seen());
        Ok(Done { seconds, decoded, distinct })
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
