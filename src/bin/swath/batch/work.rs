//! What is done with each file: a verb with its options, parsed once.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use swath::batch::{Item, Made, Plan, Task, Template};
use swath::engine::Engine;
use swath::geotiff::WriteOptions;
use swath::io::Overwrite;
use swath::ops::calc::Expression;
use swath::{Error, Result};

use crate::args::{JobArgs, ReadArgs, RunArgs};
use crate::calc::CalcArgs;
use crate::cli::{Cli, Verb};
use crate::convert::ConvertArgs;
use crate::resize::ResizeArgs;
use crate::session::Session;
use crate::stats::StatsArgs;
use crate::terrain::TerrainArgs;
use crate::warp::WarpArgs;
use crate::{calc, convert, resize, stats, terrain, warp};

/// A verb that makes one file of another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BatchVerb {
    /// Rewrites files.
    Convert,
    /// Reprojects and resamples files.
    Warp,
    /// Makes files of more or fewer pixels.
    Resize,
    /// Makes rasters by an expression, in which the file is A.
    Calc,
    /// Makes slopes, aspects and shaded reliefs.
    Terrain,
    /// Writes what the samples come to, as text or, with --json, JSON.
    Stats,
}

impl BatchVerb {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Convert => "convert",
            Self::Warp => "warp",
            Self::Resize => "resize",
            Self::Calc => "calc",
            Self::Terrain => "terrain",
            Self::Stats => "stats",
        }
    }
}

/// What stands for the file's name where the verb's words are parsed.
const INPUT: &str = "INPUT";

/// What is done with each file.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    Convert(Box<ConvertArgs>),
    Warp(Box<WarpArgs>),
    Resize(Box<ResizeArgs>),
    Calc(Box<CalcArgs>),
    Terrain(Box<TerrainArgs>),
    Stats(Box<StatsArgs>),
}

impl Work {
    /// Reads a verb's options; what is wrong with them is said before anything begins.
    ///
    /// # Errors
    /// What clap says of them, or a usage error.
    pub(crate) fn parse(verb: BatchVerb, words: &[String]) -> Result<Self, Refusal> {
        let mut line: Vec<OsString> = vec!["swath".into(), verb.name().into()];
        line.extend(words.iter().map(OsString::from));
        match verb {
            BatchVerb::Stats => line.push(INPUT.into()),
            BatchVerb::Calc => {
                // The file is A, unless inputs say where it goes.
                if !words.iter().any(|word| word.contains("{input}")) {
                    line.extend(["--in".into(), "A={input}".into()]);
                }
                line.extend(["-o".into(), "OUTPUT".into()]);
            }
            _ => line.extend([INPUT.into(), "OUTPUT".into()]),
        }
        let mut work = match Cli::try_parse_from(line).map_err(Refusal::Clap)?.verb {
            Some(Verb::Convert(args)) => Self::Convert(Box::new(args)),
            Some(Verb::Warp(args)) => Self::Warp(args),
            Some(Verb::Resize(args)) => Self::Resize(Box::new(args)),
            Some(Verb::Calc(args)) => Self::Calc(Box::new(args)),
            Some(Verb::Terrain(args)) => Self::Terrain(Box::new(args)),
            Some(Verb::Stats(args)) => Self::Stats(Box::new(args)),
            _ => return Err(Error::defect("a verb that is none of a batch").into()),
        };
        if *work.run_args() != RunArgs::default() {
            return Err(Error::usage("--threads, --memory, --work or --quiet behind --")
                .hint("they are the whole batch's: put them before --")
                .into());
        }
        if matches!(&work, Self::Warp(args) if args.json) {
            return Err(Error::usage("--json of each file")
                .hint("--events and --report tell programs what a batch did")
                .into());
        }
        // What a verb takes alone would be left unread, and an option without its value has INPUT.
        if matches!(&work, Self::Warp(args) if args.out.is_some() || args.files != [INPUT, "OUTPUT"].map(PathBuf::from))
        {
            return Err(Error::usage("behind --")
                .expected("options of the verb, each with its value")
                .found("files, -o, or an option without its value")
                .hint("inputs and -o stand before --")
                .into());
        }
        work.read_args().prefer_pread();
        work.write_options()?;
        if let Self::Calc(args) = &work {
            Expression::parse(&args.expression)?;
        }
        for path in work.beside() {
            Template::parse(&path.to_string_lossy())?;
        }
        Ok(work)
    }

    /// Returns whether outputs that exist are replaced.
    pub(crate) fn overwrites(&self) -> bool {
        let options = self.write_options();
        options.is_ok_and(|o| o.is_some_and(|o| o.overwrite == Overwrite::Replace))
    }

    /// Makes one output; returns what else is to be said of it.
    pub(crate) fn run(&self, verb: BatchVerb, task: &Task<'_>, engine: &Engine) -> Result<Made> {
        let mut work = self.at(verb, task)?;
        let session = Session::item(engine, &task.item.output, task.overwrite);
        match &work {
            Self::Convert(args) => convert::run(args, &session),
            Self::Warp(args) => warp::one(args, &task.item.input, &task.item.output, &session),
            Self::Resize(args) => resize::run(args, &session),
            Self::Calc(args) => calc::run(args, &session),
            Self::Terrain(args) => terrain::run(args, &session),
            Self::Stats(args) => stats::run(args, &session),
        }?;
        let mut made = session.made();
        // A cutline is no raster that the session opened.
        let beside = work.beside().into_iter().filter(|path| path.is_file());
        made.inputs.extend(beside.map(|path| path.clone()));
        Ok(made)
    }

    /// The same work, on the files of one item.
    fn at(&self, verb: BatchVerb, task: &Task<'_>) -> Result<Self> {
        let Item { input, output, .. } = task.item;
        let mut work = self.clone();
        for path in work.beside() {
            *path = name(path, verb, task.item)?;
        }
        if let Some(job) = work.job() {
            (job.input, job.output) = (input.clone(), output.clone());
        }
        match &mut work {
            Self::Calc(args) => args.out = Some(output.clone()),
            Self::Stats(args) => args.file.clone_from(input),
            _ => {}
        }
        if task.overwrite == Overwrite::Replace {
            match &mut work {
                Self::Warp(args) => args.write.replace(),
                Self::Calc(args) => args.write.replace(),
                other => other.job().into_iter().for_each(|job| job.write.replace()),
            }
        }
        Ok(work)
    }

    /// Returns the files that items read besides their inputs.
    ///
    /// # Errors
    /// As [`Template::expand`].
    pub(crate) fn read_beside(&self, verb: BatchVerb, plan: &Plan) -> Result<Vec<PathBuf>> {
        let mut work = self.clone();
        let mut all = BTreeSet::new();
        for path in work.beside() {
            for item in plan.items().iter().filter(|item| item.is_named()) {
                all.insert(name(path, verb, item)?);
            }
        }
        if let Self::Calc(args) = &work {
            // Or a word such as `finest`, which is no input's name.
            all.insert(PathBuf::from(&args.grid));
        }
        Ok(all.into_iter().collect())
    }

    fn job(&mut self) -> Option<&mut JobArgs> {
        match self {
            Self::Convert(args) => Some(&mut args.job),
            Self::Resize(args) => Some(&mut args.job),
            Self::Terrain(args) => Some(&mut args.job),
            Self::Warp(_) | Self::Calc(_) | Self::Stats(_) => None,
        }
    }

    /// The files besides the input that are read, whose names may have placeholders.
    fn beside(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Calc(args) => args.inputs.iter_mut().map(|input| &mut input.path).collect(),
            Self::Warp(args) => args
                .like
                .iter_mut()
                .chain(&mut args.cut.cutline)
                .chain(&mut args.place.dem)
                .collect(),
            _ => Vec::new(),
        }
    }

    fn run_args(&self) -> &RunArgs {
        match self {
            Self::Convert(args) => &args.job.run,
            Self::Warp(args) => &args.run,
            Self::Resize(args) => &args.job.run,
            Self::Terrain(args) => &args.job.run,
            Self::Calc(args) => &args.run,
            Self::Stats(args) => &args.run,
        }
    }

    fn read_args(&mut self) -> &mut ReadArgs {
        match self {
            Self::Convert(args) => &mut args.job.read,
            Self::Warp(args) => &mut args.read,
            Self::Resize(args) => &mut args.job.read,
            Self::Terrain(args) => &mut args.job.read,
            Self::Calc(args) => &mut args.read,
            Self::Stats(args) => &mut args.read,
        }
    }

    /// How outputs are written that are rasters.
    fn write_options(&self) -> Result<Option<WriteOptions>> {
        let write = match self {
            Self::Convert(args) => &args.job.write,
            Self::Warp(args) => &args.write,
            Self::Resize(args) => &args.job.write,
            Self::Terrain(args) => &args.job.write,
            Self::Calc(args) => &args.write,
            Self::Stats(_) => return Ok(None),
        };
        write.options().map(Some)
    }
}

/// Names a file that an item reads besides its input.
fn name(template: &Path, verb: BatchVerb, item: &Item) -> Result<PathBuf> {
    Template::parse(&template.to_string_lossy())?.expand(&item.names(verb.name()))
}

/// Why a verb's options do not do.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// clap refused, or was asked for help.
    Clap(clap::Error),
    Error(Error),
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(verb: BatchVerb, words: &[&str]) -> Result<Work, Refusal> {
        Work::parse(verb, &words.iter().map(|&w| w.to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn options_are_judged_before_anything_begins() {
        use BatchVerb::{Calc, Convert, Terrain, Warp};
        assert!(
            parse(Convert, &["--compress", "lzw", "--overwrite"]).is_ok_and(|w| w.overwrites())
        );
        assert!(parse(Terrain, &["slope", "--percent"]).is_ok_and(|w| !w.overwrites()));
        let Ok(Work::Calc(args)) = parse(Calc, &["A * 2"]) else { panic!("parses") };
        assert_eq!(args.inputs.len(), 1);
        assert_eq!(args.inputs[0].path, PathBuf::from("{input}"));
        let two = ["N - A", "--in", "A={input}", "--in", "N={folder}/{stem}_n.tif"];
        let Ok(Work::Calc(args)) = parse(Calc, &two) else { panic!("parses") };
        assert_eq!(args.inputs.len(), 2);
        for (verb, words) in [
            (Calc, &["A * "][..]),
            (Calc, &["A", "--in", "A={what}"]),
            (Convert, &["--compress", "lzw", "--level", "3"]),
            (Convert, &["--threads", "3"]),
            (Warp, &["--to", "EPSG:3857", "--json"]),
        ] {
            assert!(matches!(parse(verb, words), Err(Refusal::Error(_))), "{words:?}");
        }
        assert!(matches!(parse(Warp, &[]), Err(Refusal::Clap(_))));
        assert!(matches!(parse(Convert, &["--nonsense"]), Err(Refusal::Clap(_))));
    }
}
