//! `swath plan`: what a verb would read, write and take, without doing it.

use std::path::Path;

use clap::{Args, Parser};
use serde_json::json;
use swath::geotiff::WritePlan;
use swath::io::Staged;
use swath::{Error, Result};

use crate::args::RunArgs;
use crate::cli::{Cli, Verb};
use crate::report::{self, human_bytes};
use crate::session::{Act, Session};
use crate::{calc, mosaic, warp};

/// From so many decodes of a chunk on, something can be done about it.
const MANY: f64 = 1.25;

#[derive(Debug, Clone, Args)]
pub(crate) struct PlanArgs {
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
    /// The verb with all its words, as it would be typed: convert, warp, resize, mosaic, calc,
    /// terrain, focal, reclassify, colorize, fill, proximity, sieve or pipe. For a bench its --threads is the most that are tried.
    #[arg(
        required = true,
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "VERB ..."
    )]
    pub(crate) words: Vec<String>,
}

impl PlanArgs {
    /// Whether JSON is asked for, be it by the verb's own words: of a report that there will not be.
    pub(crate) fn json(&self) -> bool {
        self.json || self.words.iter().any(|word| word == "--json")
    }
}

pub(crate) fn run(args: &PlanArgs) -> Result<()> {
    let json = args.json();
    up_to_writing(&args.words, &move |output, raster, options, engine| {
        // Refused as the verb would be; it leaves no trace.
        drop(Staged::create(output, options.overwrite)?);
        tell(output, &raster.plan_write(engine, options)?, json)
    })
}

/// Does all of a verb up to the writing, in place of which it acts.
pub(crate) fn up_to_writing(words: &[String], act: &Act) -> Result<()> {
    let plain = words.iter().map(String::as_str).filter(|word| *word != "--json");
    let line = std::iter::once("swath").chain(plain);
    let cli = Cli::try_parse_from(line).unwrap_or_else(|said| said.exit());
    let with = |run: &RunArgs, verb: &dyn Fn(&Session<'_>) -> Result<()>| -> Result<()> {
        let engine = run.engine()?;
        verb(&Session::instead(&engine, act))
    };
    match cli.verb {
        Some(Verb::Step(verb)) => {
            let chain = verb.chain();
            with(&chain.job.run, &|session| chain.run(session))
        }
        Some(Verb::Warp(args)) => with(&args.run, &|session| warp::run(&args, session)),
        Some(Verb::Mosaic(args)) => with(&args.run, &|session| mosaic::run(&args, session)),
        Some(Verb::Calc(args)) => with(&args.run, &|session| calc::run(&args, session)),
        Some(Verb::Pipe(args)) => {
            let chain = args.chain()?;
            with(&chain.job.run, &|session| chain.run(session))
        }
        _ => Err(Error::usage("verb")
            .expected("convert, warp, resize, mosaic, calc, terrain, focal, reclassify, colorize, fill, proximity, sieve or pipe")
            .found(words.first().map_or("nothing", String::as_str))),
    }
}

/// Tells a plan.
fn tell(output: &Path, plan: &WritePlan, json: bool) -> Result<()> {
    let text = match json {
        true => format!("{:#}\n", as_json(output, plan)),
        false => as_text(output, plan),
    };
    report::say(&text)
}

/// What could be done about chunks that are decoded again and again.
fn advice(plan: &WritePlan) -> Option<String> {
    let often = plan.amplification();
    (often >= MANY && !plan.moved).then(|| {
        format!(
            "each chunk of the input is decoded {often:.1} times, as what is needed at once lies in more chunks than \
             the memory holds: allow more --memory, or make tiles of them first (swath convert)"
        )
    })
}

fn as_json(output: &Path, plan: &WritePlan) -> serde_json::Value {
    json!({
        "output": output.display().to_string(),
        "size": [plan.size.width, plan.size.height],
        "bands": plan.bands,
        "overviews": plan.overviews,
        "tiles": plan.tiles,
        "read": {
            "chunks": plan.chunks,
            "bytes": plan.read_bytes,
            "decodes": plan.decodes,
            "decodeAmplification": plan.amplification(),
            "counted": plan.counted,
            "moved": plan.moved,
        },
        "write": { "bytes": plan.written_bytes, "atMost": plan.most_bytes },
        "memory": { "tile": plan.tile_bytes, "allowed": plan.memory },
        "seconds": {
            "wall": plan.seconds(),
            "decode": plan.decode_seconds,
            "make": plan.make_seconds,
            "encode": plan.encode_seconds,
        },
        "threads": plan.threads,
        "advice": advice(plan),
    })
}

fn as_text(output: &Path, plan: &WritePlan) -> String {
    let WritePlan { size, bands, overviews, tiles, chunks, .. } = plan;
    let about = if plan.counted { "" } else { "about " };
    let decoded = match plan.moved {
        true => "moved as they are stored".to_owned(),
        false => format!("each decoded {:.2} times", plan.amplification()),
    };
    let mut text = format!(
        "{}\n\
         output   {} x {} pixels, {bands} band(s), {overviews} overview(s), {tiles} unit(s) of work\n\
         read     {about}{chunks} chunk(s), {}, {decoded}\n\
         write    about {}, at most {}\n\
         memory   {} for one unit of work, of {} allowed\n\
         time     about {:.1} s by {} thread(s): decode {:.1} s, make {:.1} s, encode {:.1} s of one\n",
        output.display(),
        size.width,
        size.height,
        human_bytes(plan.read_bytes),
        human_bytes(plan.written_bytes),
        human_bytes(plan.most_bytes),
        human_bytes(plan.tile_bytes),
        human_bytes(plan.memory),
        plan.seconds(),
        plan.threads,
        plan.decode_seconds,
        plan.make_seconds,
        plan.encode_seconds,
    );
    if let Some(advice) = advice(plan) {
        text.push_str(&format!("advice   {advice}\n"));
    }
    text
}
