//! `swath batch`: one verb over many files.

/// Lines over time, drawn.
mod chart;
/// What happens, as it happens, for programs.
mod events;
/// The report as one page.
mod html;
/// Which files.
mod inputs;
/// What was done.
mod ledger;
/// Small pictures of outputs.
mod preview;
/// The report for programs.
mod report;
/// The closing words.
mod summary;
/// What is done with each file.
mod work;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use swath::batch::{Batch, BatchOptions, Command, Event, Journal, Plan, Tally, Task, Template};
use swath::engine::Engine;
use swath::io::Overwrite;
use swath::{Error, Result};

use crate::args::{RunArgs, on_signal};
use crate::report::{Exit, failure, safe_line, say};
use events::Events;
use ledger::Ledger;
use work::{BatchVerb, Refusal, Work};

#[derive(Debug, Args)]
#[command(after_help = "The verb's own options stand behind --, as in\n  \
    swath batch convert 'in/**/*.tif' -o 'out/{dir}/{stem}.tif' -- --compress zstd --level 9\n  \
    swath batch calc in -o 'out/{stem}.tif' -- '(N - A) / (N + A)' --in A={input} --in 'N={folder}/{stem}_nir.tif'\n\n\
    Exit codes: 0 if all is done, 8 if damaged chunks became nodata, 9 if some items failed (the \
    others are done), 130 if it was stopped before the end, 5 if the journal could not be written, and \
    those of any verb for what is wrong before anything begins. Ctrl-C once finishes what is in \
    work, twice stops at once.")]
pub(crate) struct BatchArgs {
    /// What is done with each file.
    #[arg(value_enum)]
    verb: BatchVerb,
    /// Files, folders (all .tif and .tiff below), globs in quotes such as 'in/**/*.tif', and
    /// @LIST for a file that names one a line.
    inputs: Vec<String>,
    /// Read names of files from standard input, one a line or ended by zeros.
    #[arg(long)]
    from_stdin: bool,
    /// How outputs are named: {stem}, {name}, {ext}, {dir} (the folders below the fixed part of a
    /// glob, a folder or --base), {parent}, {folder}, {verb}, {index}, {index:4}.
    #[arg(short, long, value_name = "TEMPLATE", required_unless_present = "to_dir")]
    output: Option<String>,
    /// Short for --output DIR/{dir}/{stem}.tif (.txt or .json for stats and info).
    #[arg(long, value_name = "DIR", conflicts_with = "output")]
    to_dir: Option<String>,
    /// The folder that {dir} counts from; all inputs lie below it.
    #[arg(long, value_name = "DIR")]
    base: Option<PathBuf>,
    /// Replace outputs that exist.
    #[arg(long)]
    overwrite: bool,
    /// Go on where an earlier run of the same command stopped; without one, begin.
    #[arg(long, conflicts_with = "no_journal")]
    resume: bool,
    /// Where what is done is kept [default: .swath-batch-CODE.journal in the folder before the
    /// first placeholder, CODE standing for the command].
    #[arg(long, value_name = "FILE", conflicts_with = "no_journal")]
    journal: Option<PathBuf>,
    /// Keep no journal.
    #[arg(long)]
    no_journal: bool,
    /// Have --resume compare files by content, not by size and time; give it from the start.
    #[arg(long)]
    hash: bool,
    /// How many files are worked on at once; all of them share the threads, tile by tile
    /// [default: twice the threads, as long as each has 32 MiB].
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    jobs: Option<u16>,
    /// How often to try again what failed for a reason that may pass: network disks, bad reads.
    #[arg(long, value_name = "N", default_value_t = 2)]
    retries: u32,
    /// Seconds before the first try again; then twice as many each time.
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5, value_parser = parse_seconds)]
    retry_wait: f64,
    /// Begin no more files after the first failure.
    #[arg(long, conflicts_with = "max_failures")]
    fail_fast: bool,
    /// Begin no more files after so many failures.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    max_failures: Option<u64>,
    /// Write what happens, as it happens, as lines of JSON; - is standard output.
    #[arg(long, value_name = "FILE|-")]
    events: Option<PathBuf>,
    /// Write a report as JSON; - is standard output.
    #[arg(long, value_name = "FILE|-")]
    report: Option<PathBuf>,
    /// Write a report as one page of HTML that needs nothing else; - is standard output.
    #[arg(long, value_name = "FILE|-")]
    html: Option<PathBuf>,
    /// The most outputs that the page shows pictures of.
    #[arg(long, value_name = "N", default_value_t = 24)]
    previews: usize,
    /// Say what would be read and written, and do nothing.
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    run: RunArgs,
    /// The verb's own options.
    #[arg(last = true, value_name = "VERB OPTIONS")]
    words: Vec<String>,
}

fn parse_seconds(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=86_400.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!("expected seconds from 0 to 86400, found {text:?}")),
    }
}

pub(crate) fn run(args: &BatchArgs) -> Exit {
    match Work::parse(args.verb, &args.words) {
        Ok(work) => all(args, &work).unwrap_or_else(|error| failure(&error)),
        Err(Refusal::Error(error)) => failure(&error),
        Err(Refusal::Clap(help)) => {
            // A closed pipe is no failure.
            let _ = help.print();
            if help.use_stderr() { Exit::Usage } else { Exit::Success }
        }
    }
}

impl BatchArgs {
    fn template(&self) -> Result<Template> {
        let text = match (&self.output, &self.to_dir) {
            (Some(text), _) => text.clone(),
            (None, folder) => {
                let folder = folder.as_deref().unwrap_or(".").trim_end_matches('/');
                let folder = folder.replace('{', "{{").replace('}', "}}");
                let json = self.words.iter().any(|word| word == "--json");
                let ext = match self.verb {
                    BatchVerb::Stats | BatchVerb::Info if json => "json",
                    BatchVerb::Stats | BatchVerb::Info => "txt",
                    _ => "tif",
                };
                format!("{folder}/{{dir}}/{{stem}}.{ext}")
            }
        };
        Template::parse(&text)
    }

    fn options(&self, work: &Work) -> BatchOptions {
        let overwrite = match work.overwrite() {
            Overwrite::Refuse if self.overwrite => Overwrite::Replace,
            typed => typed,
        };
        BatchOptions {
            jobs: self.jobs.map_or(0, usize::from),
            retries: self.retries,
            wait: Duration::from_secs_f64(self.retry_wait),
            max_failures: if self.fail_fast { Some(1) } else { self.max_failures },
            hash: self.hash,
            overwrite,
        }
    }

    /// What outputs depend on, and where they go.
    fn command(&self, template: &Template) -> Result<Command> {
        let mut words = vec![self.verb.name().to_owned()];
        words.extend(self.inputs.iter().cloned());
        if self.from_stdin {
            words.push("--from-stdin".into());
        }
        if let Some(base) = &self.base {
            words.extend(["--base".into(), base.display().to_string()]);
        }
        words.extend(["-o".into(), template.text().to_owned(), "--".into()]);
        words.extend(self.words.iter().cloned());
        // Names mean other files in another folder.
        let here = std::env::current_dir().map_err(|e| Error::io("ask for the folder", e))?;
        words.extend(["(in)".into(), here.to_string_lossy().into_owned()]);
        Ok(Command::new(words))
    }

    /// Where the journal is, if one is kept.
    fn journal_path(&self, template: &Template, command: &Command) -> Option<PathBuf> {
        let usual = || template.folder().join(format!(".swath-batch-{}.journal", command.short()));
        (!self.no_journal).then(|| self.journal.clone().unwrap_or_else(usual))
    }

    /// Sees to it that what is written beside the outputs is no other file of the batch, and
    /// that reports can be written.
    fn check_files(
        &self,
        plan: &Plan,
        journal: Option<&Path>,
        mut read: Vec<PathBuf>,
    ) -> Result<()> {
        read.extend(
            self.inputs.iter().filter_map(|word| word.strip_prefix('@')).map(PathBuf::from),
        );
        let reports = [("--report", &self.report), ("--html", &self.html)];
        let mut files: Vec<_> = journal.map(|path| ("--journal", path)).into_iter().collect();
        files.extend(self.events.as_deref().map(|path| ("--events", path)));
        files.extend(reports.iter().filter_map(|(what, path)| Some((*what, path.as_deref()?))));
        plan.keep_apart(&files, &read)?;
        reports.iter().filter_map(|(_, path)| path.as_deref()).try_for_each(report::try_out)
    }

    fn open_journal(
        &self,
        path: Option<&Path>,
        command: &Command,
        plan: &Plan,
        how: &BatchOptions,
    ) -> Result<Option<Journal>> {
        let Some(path) = path else {
            plan.refuse_existing(how.overwrite, |_| false)?;
            return Ok(None);
        };
        let journal = match self.resume {
            true => Journal::resume(path, command, plan, how.overwrite),
            false => Journal::create(path, command, plan, how.overwrite),
        };
        journal.map(Some)
    }
}

/// Does it all.
fn all(args: &BatchArgs, work: &Work) -> Result<Exit> {
    let template = args.template()?;
    let found = inputs::find(&args.inputs, args.from_stdin, args.base.as_deref())?;
    let plan = Plan::new(found, &template, args.verb.name())?;
    let beside = work.read_beside(args.verb, &plan)?;
    plan.keep(beside.iter().map(PathBuf::as_path))?;
    let how = args.options(work);
    if args.dry_run {
        for item in plan.items() {
            let [input, output] =
                [&item.input, &item.output].map(|p| safe_line(&p.to_string_lossy()));
            say(&format!("{input}\t{output}\n"))?;
        }
        return Ok(Exit::Success);
    }
    let engine = args.run.bare_engine()?;
    let command = args.command(&template)?;
    let journal = args.journal_path(&template, &command);
    args.check_files(&plan, journal.as_deref(), beside)?;
    let events = Events::open(args.events.as_deref())?;
    let journal = args.open_journal(journal.as_deref(), &command, &plan, &how)?;
    let batch = Batch::new(&plan, &engine, how);
    let (halt, signals) = (batch.halt(), AtomicU32::new(0));
    on_signal(move || match signals.fetch_add(1, Ordering::Relaxed) {
        0 => {
            halt.finish_running();
            crate::report::remark("swath: finishing what is in work; Ctrl-C again stops at once");
        }
        _ => halt.at_once(),
    })?;
    let ledger = Ledger::new(&plan);
    let bar = bar(&plan, args.run.quiet);
    let ended = AtomicBool::new(false);
    let listen = |event: &Event<'_>| {
        ledger.hear(event);
        events.hear(ledger.seconds(), event);
        if matches!(event, Event::Done(..) | Event::Skipped(..) | Event::Failed(..)) {
            bar.inc(1);
        }
    };
    events.begin(
        plan.items().len() as u64,
        batch.jobs(),
        engine.threads(),
        engine.options().memory,
    );
    let tally = std::thread::scope(|scope| {
        scope.spawn(|| ledger.watch(&ended));
        let make = |task: &Task<'_>, engine: &Engine| work.run(args.verb, task, engine);
        let tally = batch.run(journal.as_ref(), &listen, &make);
        ended.store(true, Ordering::Relaxed);
        tally
    })?;
    bar.finish_and_clear();
    events.end(ledger.seconds(), &tally);
    let kept = journal.map(|journal| (journal.path().to_path_buf(), journal.close()));
    let about = report::About {
        command: std::env::args().collect::<Vec<_>>().join(" "),
        threads: engine.threads(),
        jobs: batch.jobs(),
        memory: engine.options().memory,
        seconds: ledger.seconds(),
        journal: kept.as_ref().map(|(path, _)| path.clone()),
    };
    if !args.run.quiet || tally.failed > 0 {
        summary::say(&about, &ledger, &tally);
    }
    if let Some(path) = &args.report {
        report::write(path, &report::json(&about, &ledger, &tally))?;
    }
    args.run.tell_metrics(&engine, ledger.seconds())?;
    if let Some(path) = &args.html {
        let pictures = preview::some(&ledger, args.previews);
        report::write(path, &html::page(&about, &ledger, &tally, &pictures))?;
    }
    if let Some((_, Err(error))) = kept {
        return Err(error);
    }
    Ok(exit(&tally, args))
}

/// How a batch ends that was begun.
fn exit(tally: &Tally, args: &BatchArgs) -> Exit {
    let most = if args.fail_fast { Some(1) } else { args.max_failures };
    // Items that were left since there were failures enough: those are the reason.
    let enough = most.is_some_and(|most| tally.failed >= most);
    if tally.left > 0 && !enough {
        Exit::Cancelled
    } else if tally.failed > 0 {
        Exit::Partly
    } else if tally.damaged > 0 {
        Exit::Damaged
    } else {
        Exit::Success
    }
}

/// A bar of files on a terminal.
fn bar(plan: &Plan, quiet: bool) -> ProgressBar {
    let bar = crate::report::bar(quiet);
    bar.set_length(plan.items().len() as u64);
    let style = "{bar:40} {percent:>3}% {pos}/{len} files, {per_sec}, {eta} left";
    if let Ok(style) = ProgressStyle::with_template(style) {
        bar.set_style(style);
    }
    bar
}
