//! `swath pipe`: steps chained from one file to another, with no file between them.

/// Steps in TOML or JSON.
mod job_file;
/// What job files hold.
mod schema;
/// Steps as a text.
mod text;

use std::path::PathBuf;

use clap::error::{ContextKind, ContextValue};
use clap::{Args, CommandFactory, Parser, Subcommand};
use swath::{Error, Result};

use crate::args::{JobArgs, ReadArgs, RunArgs};
use crate::step::{Chain, Step};
use crate::write_args::WriteArgs;
use crate::{gdal, inputs, report};

/// The most bytes of a job file.
const MOST_BYTES: u64 = 1 << 20;

#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Steps: read FILE, then any of convert, warp, resize, calc, terrain, sieve and the other verbs \
    that make one raster of another, then write FILE. Each takes the options of its verb (swath help VERB) that \
    are neither its files nor how they are read or written: those go to read and to write (swath help convert)."
)]
pub(crate) struct PipeArgs {
    /// The steps, separated by !, such as 'read dem.tif ! warp --to EPSG:3857 ! terrain slope !
    /// write slope.tif'. Words with spaces stand in quotes.
    #[arg(required_unless_present = "job", conflicts_with = "job")]
    steps: Option<String>,
    /// Take the steps from a file, in TOML or JSON; swath schema says how.
    #[arg(long, value_name = "FILE")]
    job: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

/// A step as it is parsed.
#[derive(Debug, Parser)]
#[command(name = "swath pipe", no_binary_name = true, disable_help_subcommand = true)]
struct Typed {
    #[command(subcommand)]
    part: Part,
}

#[derive(Debug, Subcommand)]
enum Part {
    /// Opens a file: the first step.
    Read(ReadPart),
    #[command(flatten)]
    Step(Step),
    /// Writes a file: the last step.
    Write(WritePart),
}

#[derive(Debug, Args)]
struct ReadPart {
    /// The file to read.
    file: Option<PathBuf>,
    #[command(flatten)]
    read: ReadArgs,
}

#[derive(Debug, Args)]
struct WritePart {
    /// The file to write.
    file: Option<PathBuf>,
    #[command(flatten)]
    write: WriteArgs,
}

/// Prints the schema of job files.
pub(crate) fn schema() -> Result<()> {
    report::say(&format!("{:#}\n", schema::schema(&commands())))
}

/// What steps are parsed by, with all options in place.
fn commands() -> clap::Command {
    let mut command = Typed::command();
    command.build();
    command
}

impl PipeArgs {
    /// Returns the chain from the file that the first step reads to the one that the last writes.
    ///
    /// # Errors
    /// [`Error::Usage`] with the place for whatever is wrong with the steps.
    pub(crate) fn chain(&self) -> Result<Chain> {
        self.typed()?.chain(self.run.clone())
    }

    /// Returns the chain from one file to another, which no step names.
    ///
    /// # Errors
    /// As [`PipeArgs::chain`], and if a step names one.
    pub(crate) fn chain_between(&self, input: &str, output: &str) -> Result<Chain> {
        let mut pipe = self.typed()?;
        for (file, given) in [(&mut pipe.input, input), (&mut pipe.output, output)] {
            if let Some(file) = file.replace(given.into()) {
                return Err(Error::usage("file in a pipe of a batch")
                    .expected("read and write without files")
                    .found(file.display())
                    .hint("inputs and -o stand before --"));
            }
        }
        pipe.chain(self.run.clone())
    }

    fn typed(&self) -> Result<Pipe> {
        let mut pipe = Pipe::default();
        match (&self.steps, &self.job) {
            (Some(text), _) => {
                for text::Words { words, span } in text::split(text)? {
                    let refuse = |message: &str| text::error_at(text, span.clone(), message);
                    pipe.add(&words, &refuse)?;
                }
            }
            (None, Some(path)) => {
                let text = inputs::text(path, MOST_BYTES)?;
                let steps = job_file::parse(&text, &commands()).map_err(|e| e.at_path(path))?;
                for (number, words) in (1..).zip(&steps) {
                    let refuse = |message: &str| {
                        Error::usage(format!("step {number} of the job: {message}")).at_path(path)
                    };
                    pipe.add(words, &refuse)?;
                }
            }
            // clap asks for one of them.
            (None, None) => {}
        }
        Ok(pipe)
    }
}

/// The steps so far.
#[derive(Debug, Default)]
struct Pipe {
    input: Option<PathBuf>,
    read: Option<ReadArgs>,
    steps: Vec<Step>,
    output: Option<PathBuf>,
    write: Option<WriteArgs>,
}

impl Pipe {
    /// Adds a step; `refuse` makes the error that says where it stands.
    fn add(&mut self, words: &[String], refuse: &dyn Fn(&str) -> Error) -> Result<()> {
        gdal::refuse(["swath".to_owned()].iter().chain(words).map(Into::into))?;
        if self.write.is_some() {
            return Err(refuse("nothing follows write"));
        }
        match part(words, refuse)? {
            Part::Read(_) if self.read.is_some() || !self.steps.is_empty() => {
                return Err(refuse("read is the first step")
                    .hint("calc takes further files by --in NAME=FILE"));
            }
            Part::Read(ReadPart { file, read }) => {
                (self.input, self.read) = (file, Some(read));
            }
            Part::Write(WritePart { file, write }) => {
                (self.output, self.write) = (file, Some(write));
            }
            Part::Step(step) => self.steps.push(step),
        }
        Ok(())
    }

    fn chain(self, run: RunArgs) -> Result<Chain> {
        let missing = |verb: &str| {
            Error::usage(format!("pipe without {verb} FILE"))
                .hint("'read in.tif ! warp --to EPSG:3857 ! write out.tif'")
        };
        let input = self.input.ok_or_else(|| missing("read"))?;
        let output = self.output.ok_or_else(|| missing("write"))?;
        let (read, write) =
            (self.read.map_or_else(usual_read, Ok)?, self.write.map_or_else(usual_write, Ok)?);
        let chain = Chain { steps: self.steps, job: JobArgs { input, output, write, run, read } };
        chain.check()?;
        Ok(chain)
    }
}

/// Parses the words of a step.
fn part(words: &[String], refuse: &dyn Fn(&str) -> Error) -> Result<Part> {
    match Typed::try_parse_from(words) {
        Ok(typed) => Ok(typed.part),
        Err(help) if !help.use_stderr() => help.exit(),
        Err(error) => {
            let (why, tip) = reason(&error);
            Err(match belongs(words, &error).or(tip) {
                Some(tip) => refuse(&why).hint(tip.replace("subcommand", "step")),
                None => refuse(&why),
            })
        }
    }
}

/// Returns why clap refused, without what it says of the usage, and what helps.
fn reason(error: &clap::Error) -> (String, Option<String>) {
    let text = error.render().to_string();
    let text = text.strip_prefix("error: ").unwrap_or(&text);
    let end = text.find("\n\nUsage:").or_else(|| text.find("\n\nFor more"));
    let lines = text[..end.unwrap_or(text.len())].lines().map(str::trim);
    let (tips, lines): (Vec<&str>, Vec<&str>) =
        lines.filter(|line| !line.is_empty()).partition(|line| line.starts_with("tip: "));
    // Nobody means a value that looks like an option.
    let tip = tips.iter().find(|tip| !tip.starts_with("tip: to pass"));
    let tip = tip.map(|tip| tip.trim_start_matches("tip: ").to_owned());
    (lines.join(" ").replace("unrecognized subcommand", "no step is called"), tip)
}

/// Says where an option belongs that the step has not.
fn belongs(words: &[String], error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else {
        return None;
    };
    let long = option.strip_prefix("--")?;
    let has =
        |command: &clap::Command| command.get_arguments().any(|arg| arg.get_long() == Some(long));
    let (steps, own) = (commands(), words.first().map(String::as_str));
    let step = ["read", "write"]
        .into_iter()
        .find(|&verb| own != Some(verb) && steps.find_subcommand(verb).is_some_and(&has));
    match step {
        Some(step) => Some(format!("{option} is said to the step {step}")),
        None => has(&PipeArgs::augment_args(clap::Command::new("pipe")))
            .then(|| format!("{option} is said to pipe itself, outside of the steps")),
    }
}

/// How a file is read of which nothing is said.
fn usual_read() -> Result<ReadArgs> {
    match part(&["read".into()], &|why| Error::defect(why))? {
        Part::Read(ReadPart { read, .. }) => Ok(read),
        _ => Err(Error::defect("read is another step")),
    }
}

/// How a file is written of which nothing is said.
fn usual_write() -> Result<WriteArgs> {
    match part(&["write".into()], &|why| Error::defect(why))? {
        Part::Write(WritePart { write, .. }) => Ok(write),
        _ => Err(Error::defect("write is another step")),
    }
}
