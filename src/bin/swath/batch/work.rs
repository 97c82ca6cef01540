//! What is done with each file: a verb with its options, parsed once.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use swath::batch::{Item, Made, Plan, Task, Template};
use swath::engine::Engine;
use swath::input::{Virtual, is_virtual};
use swath::io::Overwrite;
use swath::{Error, Result};

use crate::args::{InfoArgs, ReadArgs, RunArgs};
use crate::cli::{Cli, Verb};
use crate::info;
use crate::session::Session;
use crate::stats::{self, StatsArgs};
use crate::step::{Chain, Step};

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
    /// Makes slopes, aspects, curvatures and shaded reliefs.
    Terrain,
    /// Gives small regions the value of their largest neighbours.
    Sieve,
    /// Makes what the pixels around each come to.
    Focal,
    /// Gives other values to intervals of values.
    Reclassify,
    /// Makes colours of values, by a ramp.
    Colorize,
    /// Fills what is missing from what is beside it.
    Fill,
    /// Makes the distance to the nearest of some values.
    Proximity,
    /// Does several steps at once, from file to file.
    Pipe,
    /// Writes what the samples come to, as text or, with --json, JSON.
    Stats,
    /// Writes what files are, as text or, with --json, JSON.
    Info,
}

impl BatchVerb {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Convert => "convert",
            Self::Warp => "warp",
            Self::Resize => "resize",
            Self::Calc => "calc",
            Self::Terrain => "terrain",
            Self::Sieve => "sieve",
            Self::Focal => "focal",
            Self::Reclassify => "reclassify",
            Self::Colorize => "colorize",
            Self::Fill => "fill",
            Self::Proximity => "proximity",
            Self::Pipe => "pipe",
            Self::Stats => "stats",
            Self::Info => "info",
        }
    }
}

/// What stand for the files' names where the verb's words are parsed.
const INPUT: &str = "INPUT";
const OUTPUT: &str = "OUTPUT";

/// What is done with each file.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// Another raster is made.
    Chain(Box<Chain>),
    /// It is told what its samples come to.
    Stats(Box<StatsArgs>),
    /// It is told what it is.
    Info(Box<InfoArgs>),
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
            BatchVerb::Stats | BatchVerb::Info => line.push(INPUT.into()),
            BatchVerb::Pipe => {}
            BatchVerb::Calc => line.extend(["-o".into(), OUTPUT.into()]),
            _ => line.extend([INPUT.into(), OUTPUT.into()]),
        }
        let verb = Cli::try_parse_from(line).map_err(Refusal::Clap)?.verb;
        let verb = verb.ok_or_else(|| Error::defect("a batch of no verb"))?;
        let mut work = match verb {
            Verb::Step(verb) => Self::Chain(Box::new(verb.chain())),
            Verb::Stats(args) => Self::Stats(Box::new(args)),
            Verb::Info(args) if args.files == [Path::new(INPUT)] => Self::Info(Box::new(args)),
            Verb::Info(_) => return Err(unread().into()),
            Verb::Warp(args) => {
                if args.json {
                    return Err(Error::usage("--json of each file")
                        .hint("--events and --report tell programs what a batch did")
                        .into());
                }
                if args.cut_each.is_given() {
                    return Err(Error::usage("--cutline-of of single files")
                        .hint("--cutline takes a template: --cutline \"{folder}/{stem}.geojson\"")
                        .into());
                }
                // What a verb takes alone would be left unread, and an option without its value
                // has INPUT.
                let chain = args.chain().filter(|chain| chain.is_from_to(INPUT, OUTPUT));
                Self::Chain(Box::new(chain.ok_or_else(unread)?))
            }
            Verb::Pipe(args) => Self::Chain(Box::new(args.chain_between(INPUT, OUTPUT)?)),
            Verb::Calc(args) => Self::Chain(Box::new(args.chain(INPUT.into()))),
            _ => return Err(Error::defect("a verb that is none of a batch").into()),
        };
        if *work.run_args() != RunArgs::default() {
            return Err(Error::usage("--threads, --memory, --work or --quiet behind --")
                .hint("they are the whole batch's: put them before --")
                .into());
        }
        work.read_args().prefer_pread();
        if let Self::Chain(chain) = &work {
            chain.job.write.options()?;
            chain.check()?;
        }
        for path in work.beside() {
            Template::parse(&path.to_string_lossy())?;
        }
        Ok(work)
    }

    /// Returns what becomes of outputs that exist.
    pub(crate) fn overwrite(&self) -> Overwrite {
        match self {
            Self::Chain(chain) => chain.job.write.overwrite(),
            Self::Stats(_) | Self::Info(_) => Overwrite::Refuse,
        }
    }

    /// Makes one output; returns what else is to be said of it.
    pub(crate) fn run(&self, verb: BatchVerb, task: &Task<'_>, engine: &Engine) -> Result<Made> {
        let mut work = self.at(verb, task)?;
        let session = Session::item(engine, &task.item.output, task.overwrite);
        match &work {
            Self::Chain(chain) => chain.run(&session),
            Self::Stats(args) => stats::run(args, &session),
            Self::Info(args) => info::run_item(args, &session),
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
        match &mut work {
            Self::Chain(chain) => {
                (chain.job.input, chain.job.output) = (input.clone(), output.clone());
                if task.overwrite.replaces() {
                    chain.job.write.replace();
                }
            }
            Self::Stats(args) => args.file.clone_from(input),
            Self::Info(args) => {
                // Its bars would be some of many.
                (args.files, args.run.quiet) = (vec![input.clone()], true);
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
        if let Self::Chain(chain) = &work {
            all.extend(chain.grid_files());
        }
        // The pixels of a virtual raster are other files'. One that cannot be read fails in its turn.
        let inputs: BTreeSet<_> = plan.items().iter().map(|item| item.input.clone()).collect();
        let virtuals: Vec<_> = inputs.iter().chain(&all).filter(|path| is_virtual(path)).collect();
        let sources = virtuals.into_iter().filter_map(|path| Virtual::read(path).ok());
        let sources: Vec<_> = sources.flat_map(|found| found.sources).map(|s| s.path).collect();
        all.extend(sources);
        Ok(all.into_iter().collect())
    }

    /// The files besides the input that are read, whose names may have placeholders.
    fn beside(&mut self) -> Vec<&mut PathBuf> {
        match self {
            Self::Chain(chain) => chain.steps.iter_mut().flat_map(Step::beside).collect(),
            Self::Stats(_) | Self::Info(_) => Vec::new(),
        }
    }

    fn run_args(&self) -> &RunArgs {
        match self {
            Self::Chain(chain) => &chain.job.run,
            Self::Stats(args) => &args.run,
            Self::Info(args) => &args.run,
        }
    }

    fn read_args(&mut self) -> &mut ReadArgs {
        match self {
            Self::Chain(chain) => &mut chain.job.read,
            Self::Stats(args) => &mut args.read,
            Self::Info(args) => &mut args.read,
        }
    }
}

/// Refuses words that would be left unread.
fn unread() -> Error {
    Error::usage("behind --")
        .expected("options of the verb, each with its value")
        .found("files, -o, or an option without its value")
        .hint("inputs and -o stand before --")
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
        use BatchVerb::{Calc, Convert, Focal, Reclassify, Terrain, Warp};
        assert!(
            parse(Convert, &["--compress", "lzw", "--overwrite"])
                .is_ok_and(|w| w.overwrite().replaces())
        );
        assert!(parse(Terrain, &["slope", "--percent"]).is_ok_and(|w| !w.overwrite().replaces()));
        let beside = |words: &[&str]| {
            let mut work = parse(Calc, words).unwrap_or_else(|_| panic!("parses"));
            work.beside().into_iter().map(|path| path.clone()).collect::<Vec<_>>()
        };
        assert!(beside(&["A * 2"]).is_empty());
        let two = ["N - A", "--in", "A={input}", "--in", "N={folder}/{stem}_n.tif"];
        assert_eq!(beside(&two), [PathBuf::from("{folder}/{stem}_n.tif")]);
        for (verb, words) in [
            (Calc, &["A * "][..]),
            (Calc, &["A", "--in", "A={what}"]),
            (Reclassify, &["--rule", "5..3=1"]),
            (Focal, &["--stat", "mean", "--size", "4"]),
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
