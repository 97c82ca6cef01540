//! The `swath` command.

mod args;
mod calc;
mod cli;
mod convert;
mod crs;
mod cut_args;
mod datum;
mod edit;
mod index;
mod info;
mod inputs;
mod job;
mod mosaic;
mod overviews;
mod report;
mod stats;
mod terrain;
mod transform;
mod validate;
mod warp;
mod warp_many;
mod write_args;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Verb};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(help) => {
            // clap prints help to stdout and mistakes to stderr; a closed pipe is no failure.
            let _ = help.print();
            return if help.use_stderr() { report::Exit::Usage.into() } else { ExitCode::SUCCESS };
        }
    };
    let done = match cli.verb {
        Verb::Info(args) => return info::run(&args).into(),
        Verb::Edit(args) => edit::run(&args),
        Verb::Overviews(args) => overviews::run(&args),
        Verb::Validate(args) => return validate::run(&args).into(),
        Verb::Convert(args) => convert::run(&args),
        Verb::Warp(args) => warp::run(&args),
        Verb::Index(args) => index::run(&args),
        Verb::Mosaic(args) => mosaic::run(&args),
        Verb::Calc(args) => calc::run(&args),
        Verb::Terrain(args) => terrain::run(&args),
        Verb::Crs(args) => crs::run(&args),
        Verb::Transform(args) => transform::run(&args),
        Verb::Stats(args) => stats::run(&args),
    };
    match done {
        Ok(()) => report::success().into(),
        Err(error) => report::failure(&error).into(),
    }
}
