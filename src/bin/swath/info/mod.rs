//! `swath info`: shows what files are.

/// Where chunks are stored.
mod chunks;
/// For people.
mod human;
/// For programs.
mod machine;
/// What a file says besides its pixels.
mod said;
/// Many files, a line each.
mod table;
/// The words that things are said in.
mod words;

use std::path::Path;

use serde_json::Value;
use swath::engine::Engine;
use swath::geotiff::GeoTiff;
use swath::ops::stats::{BandStatistics, StatsOptions};
use swath::{Raster, Result};

use crate::args::InfoArgs;
use crate::report::{Exit, Progress, damaged, failure, note_damage, say, success, unread, warn};

/// What the samples of an image come to, as far as was asked for.
#[derive(Debug, Default)]
struct ImageSurvey {
    statistics: Vec<BandStatistics>,
    checksums: Vec<u16>,
}

pub(crate) fn run(args: &InfoArgs) -> Exit {
    let surveys = args.stats || args.checksum;
    let engine = if surveys { args.run.engine().map(Some) } else { Ok(None) };
    let engine = match engine {
        Ok(engine) => engine,
        Err(error) => return failure(&error),
    };
    let one_each = args.files.len() > 1 && !args.json && !surveys && !args.chunks;
    let (mut exit, mut all, mut table) = (Exit::Success, Vec::new(), table::Table::default());
    for (number, path) in args.files.iter().enumerate() {
        let done = look(args, path, engine.as_ref()).and_then(|(file, found)| {
            let name = path.display().to_string();
            if one_each {
                table.add(&name, &file);
            } else if args.json {
                let mut out = machine::machine(&name, &file, &found);
                if args.chunks {
                    out["swath"]["images"] = chunks::machine(file.image())?;
                }
                all.push(out);
            } else {
                let between = if number > 0 { "\n" } else { "" };
                say(&format!("{between}{}", human::human(&name, &file, &found)))?;
                if args.chunks {
                    chunks::human(file.image())?;
                }
            }
            file.image().unread().iter().for_each(|reason| warn(&unread(reason)));
            let lines = damaged(&file.damaged());
            lines.iter().for_each(|line| warn(line));
            note_damage(!lines.is_empty());
            Ok(())
        });
        // One file that cannot be read keeps nobody from the others.
        if let Err(error) = done {
            exit = failure(&error);
        }
    }
    let said = match (args.json, one_each) {
        (true, _) if args.files.len() == 1 => all.pop().map_or(Ok(()), |out| say_json(&out)),
        (true, _) => say_json(&all.into()),
        (_, true) => say(&table.text()),
        _ => Ok(()),
    };
    match said {
        Err(error) => failure(&error),
        Ok(()) if exit == Exit::Success => success(),
        Ok(()) => exit,
    }
}

fn say_json(value: &Value) -> Result<()> {
    say(&format!("{value:#}\n"))
}

/// Opens a file and reads what is asked for of its samples.
fn look(
    args: &InfoArgs,
    path: &Path,
    engine: Option<&Engine>,
) -> Result<(GeoTiff, Vec<ImageSurvey>)> {
    args.read.check_one_file()?;
    let file = GeoTiff::open(path, &args.read.options())?;
    let mut found = Vec::new();
    if let Some(engine) = engine {
        let raster = file.raster();
        for image in std::iter::once(&raster).chain(&raster.overviews()) {
            found.push(survey(args, image, engine)?);
        }
    }
    Ok((file, found))
}

/// Reads what is asked for of the samples of an image. Complex samples have no
/// order, and so no statistics.
fn survey(args: &InfoArgs, image: &Raster, engine: &Engine) -> Result<ImageSurvey> {
    let mut found = ImageSurvey::default();
    let mut progress = Progress::new(args.run.quiet);
    if args.stats && !image.info().dtype.is_complex() {
        found.statistics = image.statistics(engine, &StatsOptions::default(), &mut progress)?;
    }
    if args.checksum {
        found.checksums = image.checksums(engine, &mut progress)?;
    }
    progress.end();
    Ok(found)
}
