//! Steps: verbs that make one raster of another, alone between two files or in a chain.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use swath::input::Files;
use swath::{Error, Raster, Result};

use crate::args::JobArgs;
use crate::calc::CalcStep;
use crate::colorize::ColorizeStep;
use crate::convert::ConvertStep;
use crate::fill::FillStep;
use crate::focal::FocalStep;
use crate::job::Job;
use crate::proximity::ProximityStep;
use crate::reclassify::ReclassifyStep;
use crate::resize::ResizeStep;
use crate::session::Session;
use crate::sieve::SieveStep;
use crate::terrain::TerrainStep;
use crate::warp::WarpStep;
use crate::write_args::WriteArgs;

/// What makes one raster of another.
pub(crate) trait Apply {
    /// Returns the raster that is made of `input`; what is to be said of it when it has been
    /// written goes to [`Session::afterwards`].
    fn apply(&self, input: Raster, cx: &StepContext<'_>) -> Result<Raster>;

    /// Refuses what is wrong whatever the input is.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// The files besides the input that are read.
    fn beside(&mut self) -> Vec<&mut PathBuf> {
        Vec::new()
    }
}

/// What a step works with besides its input.
#[derive(Clone, Copy)]
pub(crate) struct StepContext<'a> {
    pub(crate) session: &'a Session<'a>,
    /// What other files are opened with.
    pub(crate) files: &'a Files,
    /// The file that the input comes from, if it comes from one.
    pub(crate) path: Option<&'a Path>,
    /// How the output will be written.
    pub(crate) write: &'a WriteArgs,
}

impl StepContext<'_> {
    /// Names the input in an error, unless what was typed is at fault.
    pub(crate) fn place(&self, error: Error) -> Error {
        match (error, self.path) {
            (error @ Error::Usage(_), _) | (error, None) => error,
            (other, Some(path)) => other.at_path(path),
        }
    }

    /// Says something of the input that does not end the job, unless it is quiet.
    pub(crate) fn warn(&self, text: &str) {
        self.session.warn(&format!("{}{text}", self.prefix()));
    }

    /// Says something of the input when the output has been written, unless it is quiet.
    pub(crate) fn warn_afterwards(&self, lines: impl FnOnce() -> Vec<String> + 'static) {
        let prefix = self.prefix();
        let named = move || lines().into_iter().map(|line| format!("{prefix}{line}")).collect();
        self.session.afterwards(Box::new(named));
    }

    fn prefix(&self) -> String {
        self.path.map_or_else(String::new, |path| format!("{}: ", path.display()))
    }
}

/// A step with its options, which are those of the verb.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum Step {
    /// Takes a part, bands, another type, another nodata value.
    Convert(ConvertStep),
    /// Reprojects and resamples.
    Warp(Box<WarpStep>),
    /// Makes more or fewer pixels over the same extent.
    Resize(ResizeStep),
    /// Computes an expression, in which what comes in is A.
    Calc(CalcStep),
    /// Makes slopes, aspects, curvatures and shaded reliefs of elevations.
    Terrain(TerrainStep),
    /// Gives small regions of equal value the value of their largest neighbours.
    Sieve(SieveStep),
    /// Makes what the pixels around each come to.
    Focal(FocalStep),
    /// Gives other values to intervals of values.
    Reclassify(ReclassifyStep),
    /// Makes colours of values, by a ramp.
    Colorize(ColorizeStep),
    /// Fills what is missing from what is beside it.
    Fill(FillStep),
    /// Makes the distance to the nearest of some values.
    Proximity(ProximityStep),
}

impl Step {
    fn words(&self) -> &dyn Apply {
        match self {
            Self::Convert(words) => words,
            Self::Warp(words) => &**words,
            Self::Resize(words) => words,
            Self::Calc(words) => words,
            Self::Terrain(words) => words,
            Self::Sieve(words) => words,
            Self::Focal(words) => words,
            Self::Reclassify(words) => words,
            Self::Colorize(words) => words,
            Self::Fill(words) => words,
            Self::Proximity(words) => words,
        }
    }

    /// The files besides the input that are read.
    pub(crate) fn beside(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Convert(words) => words.beside(),
            Self::Warp(words) => words.beside(),
            Self::Resize(words) => words.beside(),
            Self::Calc(words) => words.beside(),
            Self::Terrain(words) => words.beside(),
            Self::Sieve(words) => words.beside(),
            Self::Focal(words) => words.beside(),
            Self::Reclassify(words) => words.beside(),
            Self::Colorize(words) => words.beside(),
            Self::Fill(words) => words.beside(),
            Self::Proximity(words) => words.beside(),
        }
    }
}

/// A verb of one step: its options, and the files.
#[derive(Debug, Clone, Args)]
pub(crate) struct StepArgs<S: Args> {
    #[command(flatten)]
    step: S,
    #[command(flatten)]
    job: JobArgs,
}

impl<S: Args> StepArgs<S> {
    /// Returns the chain of this one step.
    pub(crate) fn chain(self, step: impl FnOnce(S) -> Step) -> Chain {
        Chain { steps: vec![step(self.step)], job: self.job }
    }
}

/// Steps from one file to another: pixels go through all of them at once, and no file lies
/// between.
#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) steps: Vec<Step>,
    pub(crate) job: JobArgs,
}

impl Chain {
    pub(crate) fn run(&self, session: &Session<'_>) -> Result<()> {
        let job = Job::open(&self.job, session)?;
        let cx = job.context();
        let mut made = job.input.clone();
        for (number, step) in (1..).zip(&self.steps) {
            if number > 1 {
                // As if what was made had been written without any.
                made = made.without_overviews();
            }
            made = step
                .words()
                .apply(made, &cx)
                .map_err(|error| self.locate(cx.place(error), number))?;
        }
        job.write(&made)?;
        Ok(())
    }

    /// Names the step, from 1, of a mistake in what was typed, if there are several.
    fn locate(&self, error: Error, number: usize) -> Error {
        match error {
            Error::Usage(_) if self.steps.len() > 1 => error.about(format!("step {number}")),
            other => other,
        }
    }

    /// Refuses what is wrong whatever the input is.
    pub(crate) fn check(&self) -> Result<()> {
        (1..).zip(&self.steps).try_for_each(|(number, step)| {
            step.words().check().map_err(|error| self.locate(error, number))
        })
    }

    /// The files whose grids steps take.
    pub(crate) fn grid_files(&self) -> impl Iterator<Item = PathBuf> {
        self.steps.iter().filter_map(|step| match step {
            Step::Calc(step) => Some(step.grid_file()),
            _ => None,
        })
    }

    /// Whether the files are called so.
    pub(crate) fn is_from_to(&self, input: &str, output: &str) -> bool {
        self.job.input == Path::new(input) && self.job.output == Path::new(output)
    }
}
