//! `swath overviews`: makes overviews for a file that has its image already.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use swath::geotiff::edit::{OverviewOptions, overviews};
use swath::geotiff::{OverviewResampling, Overviews};
use swath::{Error, Result};

use crate::args::{IoArgs, RunArgs};
use crate::report::{Progress, human_bytes, warn};
use crate::write_args::{parse_overviews, parse_shrink};

#[derive(Debug, Args)]
pub(crate) struct OverviewsArgs {
    /// The file that gets overviews, in place of those it has.
    file: PathBuf,
    /// How many times smaller they are: `auto` (halves of halves until one fits a
    /// tile) or a list such as 2,4,8.
    #[arg(long, value_name = "auto|LIST", default_value = "auto", value_parser = parse_overviews, conflicts_with = "clean")]
    levels: Overviews,
    /// How their pixels are made: nearest, average, bilinear, cubic, lanczos, mode,
    /// rms or gauss.
    #[arg(long, value_name = "METHOD", default_value = "average", value_parser = parse_shrink)]
    resampling: OverviewResampling,
    /// Take the overviews away.
    #[arg(long)]
    clean: bool,
    #[command(flatten)]
    run: RunArgs,
    #[command(flatten)]
    io: IoArgs,
}

pub(crate) fn run(args: &OverviewsArgs) -> Result<()> {
    if args.levels == Overviews::None {
        return Err(Error::usage("--levels none").hint("`--clean` takes overviews away"));
    }
    let options = OverviewOptions {
        overviews: if args.clean { Overviews::None } else { args.levels.clone() },
        resampling: args.resampling,
        io: args.io.options().io,
    };
    let engine = args.run.engine()?;
    let mut progress = Progress::new(args.run.quiet);
    let done = overviews(&args.file, &options, &engine, &mut progress)?;
    let elapsed = progress.end().as_secs_f64();
    if args.run.quiet {
        return Ok(());
    }
    let name = args.file.display();
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(
        std::io::stderr().lock(),
        "{name}: {} overview(s) in place of {}, {} longer, in {elapsed:.1} s",
        done.overviews,
        done.replaced,
        human_bytes(done.bytes),
    );
    if done.was_cog {
        warn(&format!(
            "{name}: no longer laid out as a COG, and says so: `swath convert` brings that back"
        ));
    }
    Ok(())
}
