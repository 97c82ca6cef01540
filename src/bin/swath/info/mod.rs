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
use swath::input::{Files, Virtual, VirtualSource, is_virtual};
use swath::ops::stats::{BandStatistics, StatsOptions};
use swath::{Error, Raster, Result};

use crate::args::InfoArgs;
use crate::report::{Exit, Progress, damaged, failure, note_damage, say, success, unread, warn};
use crate::session::{Losses, Session};

/// What the samples of an image come to, as far as was asked for.
#[derive(Debug, Default)]
struct ImageSurvey {
    statistics: Vec<BandStatistics>,
    checksums: Vec<u16>,
}

pub(crate) fn run(args: &InfoArgs) -> Exit {
    if let Err(error) = args.read.check_one_file() {
        return failure(&error);
    }
    let surveys = args.stats || args.checksum;
    let engine = if surveys { args.run.engine().map(Some) } else { Ok(None) };
    let engine = match engine {
        Ok(engine) => engine,
        Err(error) => return failure(&error),
    };
    let one_each = args.files.len() > 1 && !args.json && !surveys && !args.chunks;
    let (mut exit, mut all, mut table) = (Exit::Success, Vec::new(), table::Table::default());
    for (number, path) in args.files.iter().enumerate() {
        let done = look(args, path, engine.as_ref(), args.read.files()).and_then(|seen| {
            let name = path.display().to_string();
            if one_each {
                match &seen.file {
                    File::Tiff(file) => table.add(&name, file),
                    File::Virtual(raster, _) => table.add_virtual(&name, raster),
                }
            } else if args.json {
                all.push(seen.machine(args, &name)?);
            } else {
                if number > 0 {
                    say("\n")?;
                }
                seen.human(args, &name, &mut say)?;
            }
            let (unreads, found) = seen.losses();
            unreads.iter().for_each(|reason| warn(&unread(reason)));
            let lines = damaged(&found);
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
        (true, _) if args.files.len() == 1 => all.pop().map_or(Ok(()), |out| say(&json_text(&out))),
        (true, _) => say(&json_text(&all.into())),
        (_, true) => say(&table.text()),
        _ => Ok(()),
    };
    match said {
        Err(error) => failure(&error),
        Ok(()) if exit == Exit::Success => success(),
        Ok(()) => exit,
    }
}

/// Writes what there is to say of one file, an item of a batch.
pub(crate) fn run_item(args: &InfoArgs, session: &Session<'_>) -> Result<()> {
    let [path] = args.files.as_slice() else {
        return Err(Error::defect("info of an item that is not one file"));
    };
    let files = session.files(&args.read)?;
    match is_virtual(path) {
        // It is told whether its sources are there.
        true => session.depends(Virtual::read(path)?.sources.iter().map(VirtualSource::file)),
        // What lies beside it is kept with the item.
        false => drop(files.open(path)?),
    }
    let seen = look(args, path, Some(session.engine), files)?;
    let name = path.display().to_string();
    let mut text = String::new();
    if args.json {
        text = json_text(&seen.machine(args, &name)?);
    } else {
        seen.human(args, &name, &mut |part| {
            text.push_str(part);
            Ok(())
        })?;
    }
    session.lost(&seen.losses());
    session.say(&text)
}

fn json_text(value: &Value) -> String {
    format!("{value:#}\n")
}

/// What a file was found to be.
enum File {
    Tiff(GeoTiff),
    /// With what opened its sources.
    Virtual(Box<Virtual>, Files),
}

/// A file that was looked at, and what was read of its samples.
struct Seen {
    file: File,
    found: Vec<ImageSurvey>,
}

impl Seen {
    fn machine(&self, args: &InfoArgs, name: &str) -> Result<Value> {
        match &self.file {
            File::Tiff(file) => {
                let mut out = machine::machine(name, file, &self.found);
                if args.chunks {
                    out["swath"]["images"] = chunks::machine(file.image())?;
                }
                Ok(out)
            }
            File::Virtual(raster, _) => Ok(machine::of_virtual(name, raster, &self.found)),
        }
    }

    fn human(
        &self,
        args: &InfoArgs,
        name: &str,
        put: &mut dyn FnMut(&str) -> Result<()>,
    ) -> Result<()> {
        match &self.file {
            File::Tiff(file) => {
                put(&human::human(name, file, &self.found))?;
                if args.chunks { chunks::human(file.image(), put) } else { Ok(()) }
            }
            File::Virtual(raster, _) => put(&human::of_virtual(name, raster, &self.found)),
        }
    }

    /// Why tags could not be read, and chunks that were damaged.
    fn losses(&self) -> Losses {
        match &self.file {
            File::Tiff(file) => {
                (file.image().unread().iter().map(ToString::to_string).collect(), file.damaged())
            }
            File::Virtual(_, files) => (files.unread(), files.damaged()),
        }
    }
}

/// Looks at a file and reads what is asked for of its samples, those of sources by `files`.
fn look(args: &InfoArgs, path: &Path, engine: Option<&Engine>, files: Files) -> Result<Seen> {
    if is_virtual(path) {
        let raster = Box::new(Virtual::read(path)?);
        let surveys = engine.filter(|_| args.stats || args.checksum);
        let found = surveys.map(|engine| survey(args, &files.open(path)?, engine)).transpose()?;
        let file = File::Virtual(raster, files);
        return Ok(Seen { file, found: found.into_iter().collect() });
    }
    let file = GeoTiff::open(path, &args.read.options())?;
    let mut found = Vec::new();
    if let Some(engine) = engine {
        let raster = file.raster();
        for image in std::iter::once(&raster).chain(&raster.overviews()) {
            found.push(survey(args, image, engine)?);
        }
    }
    Ok(Seen { file: File::Tiff(file), found })
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
