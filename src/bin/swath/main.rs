//! The `swath` command.

mod args;
mod batch;
mod bench;
mod calc;
mod cli;
mod colorize;
mod contour;
mod convert;
mod crs;
mod cut_args;
mod cut_each;
mod datum;
mod edit;
mod features;
mod fill;
mod focal;
mod gdal;
mod index;
mod info;
mod inputs;
mod job;
mod mosaic;
mod overviews;
mod papers;
mod pipe;
mod place_args;
mod plan;
mod polygonize;
mod proximity;
mod reclassify;
mod report;
mod resize;
mod session;
mod sieve;
mod sound;
mod stats;
mod step;
mod terrain;
mod transform;
mod validate;
mod version;
mod walk;
mod warp;
mod warp_many;
mod write_args;

use std::process::ExitCode;

use clap::Parser;

use swath::Result;

use args::RunArgs;
use cli::{Cli, Verb};
use session::Session;

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    if let Err(error) = gdal::refuse(std::env::args_os()) {
        return report::failure(&error).into();
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => {
            // clap prints help to stdout and mistakes to stderr; a closed pipe is no failure.
            let _ = help.print();
            return if help.use_stderr() { report::Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    // clap asks for a verb or --version.
    let Some(verb) = cli.verb.filter(|_| !cli.version) else {
        return end(version::run(cli.verbose));
    };
    let done = match verb {
        Verb::Info(args) => return info::run(&args).into(),
        Verb::Edit(args) => edit::run(&args),
        Verb::Overviews(args) => overviews::run(&args),
        Verb::Validate(args) => return validate::run(&args).into(),
        Verb::Step(verb) => {
            let chain = verb.chain();
            alone(&chain.job.run, |session| chain.run(session))
        }
        Verb::Warp(args) => alone(&args.run, |session| warp::run(&args, session)),
        Verb::Index(args) => index::run(&args),
        Verb::Mosaic(args) => alone(&args.run, |session| mosaic::run(&args, session)),
        Verb::Calc(args) => alone(&args.run, |session| calc::run(&args, session)),
        Verb::Pipe(args) => {
            args.chain().and_then(|chain| alone(&chain.job.run, |session| chain.run(session)))
        }
        Verb::Schema => pipe::schema(),
        Verb::Bench(args) => bench::run(&args),
        Verb::Plan(args) => plan::run(&args),
        Verb::Crs(args) => crs::run(&args),
        Verb::Transform(args) => transform::run(&args),
        Verb::Batch(args) => return batch::run(&args).into(),
        Verb::Polygonize(args) => {
            alone(&args.features.run, |session| polygonize::run(&args, session))
        }
        Verb::Contour(args) => alone(&args.features.run, |session| contour::run(&args, session)),
        Verb::Stats(args) => alone(&args.run, |session| stats::run(&args, session)),
        Verb::Completions(args) => papers::completions(&args),
        Verb::Man(args) => papers::man(&args),
    };
    end(done)
}

/// Says why a command failed, if it did; returns its exit code.
fn end(done: Result<()>) -> ExitCode {
    match done {
        Ok(()) => report::success().into(),
        Err(error) => report::failure(&error).into(),
    }
}

/// Runs a verb that nothing else runs beside.
fn alone(run: &RunArgs, verb: impl FnOnce(&Session<'_>) -> Result<()>) -> Result<()> {
    run.check_metrics()?;
    let engine = run.engine()?;
    let begun = std::time::Instant::now();
    let done = verb(&Session::alone(&engine, run.quiet));
    // Of a verb that failed too.
    let told = run.tell_metrics(&engine, begun.elapsed().as_secs_f64());
    done.and(told)
}
