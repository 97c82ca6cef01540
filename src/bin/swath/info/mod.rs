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
use swath::Result;
use swath::engine::Engine;
use swath::geotiff::GeoTiff;
use swath::ops::survey::{BandSurvey, SurveyOptions};

use crate::args::InfoArgs;
use crate::report::{Exit, Progress, damaged, failure, say, success};

/// What the samples of each band of an image come to.
type ImageSurvey = Vec<BandSurvey>;

pub(crate) fn run(args: &InfoArgs) -> Exit {
    let what = SurveyOptions { statistics: args.stats, checksum: args.checksum };
    let surveys = what != SurveyOptions::default();
    let engine = if surveys { args.run.engine().map(Some) } else { Ok(None) };
    let engine = match engine {
        Ok(engine) => engine,
        Err(error) => return failure(&error),
    };
    let one_each = args.files.len() > 1 && !args.json && !surveys && !args.chunks;
    let (mut exit, mut all, mut table) = (Exit::Success, Vec::new(), table::Table::default());
    for (number, path) in args.files.iter().enumerate() {
        let done = look(args, path, engine.as_ref(), &what).and_then(|(file, found)| {
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
            damaged(&file);
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
    what: &SurveyOptions,
) -> Result<(GeoTiff, Vec<ImageSurvey>)> {
    let file = GeoTiff::open(path, &args.read.options())?;
    let mut found = Vec::new();
    if let Some(engine) = engine {
        let raster = file.raster();
        for image in std::iter::once(&raster).chain(&raster.overviews()) {
            let mut progress = Progress::new(args.run.quiet);
            let survey = image.survey(engine, what, &mut progress);
            progress.end();
            found.push(survey?);
        }
    }
    Ok((file, found))
}
