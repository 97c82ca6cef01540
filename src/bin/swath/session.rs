//! What a verb works with, and where what it says goes: to the terminal for a verb that runs
//! alone, to whoever keeps the items of a batch.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use swath::batch::Made;
use swath::engine::Engine;
use swath::geotiff::{Damaged, WriteOptions, Written};
use swath::input::Files;
use swath::io::{Overwrite, Staged};
use swath::{Raster, Result};

use crate::args::ReadArgs;
use crate::datum::Told;
use crate::inputs;
use crate::report::{self, Progress};
use crate::sound::LeftOut;

/// What a verb works with, and where what it says goes.
pub(crate) struct Session<'a> {
    pub(crate) engine: &'a Engine,
    voice: Voice<'a>,
    /// What opened the files that the output depends on.
    opened: RefCell<Vec<Files>>,
    /// Other files that the output depends on: grids of datum shifts, files that are told of.
    read: RefCell<BTreeSet<PathBuf>>,
    /// Files that the output depends on by not being there.
    absent: RefCell<BTreeSet<PathBuf>>,
    /// What is said when the output has been written.
    afterwards: RefCell<Vec<Afterwards>>,
}

/// Why tags could not be read; and damaged chunks, and whether there are more.
pub(crate) type Losses = (Vec<String>, (Vec<Damaged>, bool));

/// Makes lines that can be said only when the output has been written.
pub(crate) type Afterwards = Box<dyn FnOnce() -> Vec<String>>;

/// What is done with an output, a raster for it and how it would be written, in place of writing.
pub(crate) type Act = dyn Fn(&Path, &Raster, &WriteOptions, &Engine) -> Result<()>;

/// A raster that was written.
pub(crate) struct Outcome {
    pub(crate) written: Written,
    pub(crate) seconds: f64,
}

enum Voice<'a> {
    /// Standard output and error.
    Alone { quiet: bool },
    /// Standard output, of what is done in place of writing.
    Instead(&'a Act),
    /// A file, and what is kept of an item.
    Item { output: &'a Path, overwrite: Overwrite, made: RefCell<Made> },
}

impl<'a> Session<'a> {
    /// For a verb that runs alone.
    pub(crate) fn alone(engine: &'a Engine, quiet: bool) -> Self {
        Self::new(engine, Voice::Alone { quiet })
    }

    /// For a verb that is looked at, not done.
    pub(crate) fn instead(engine: &'a Engine, act: &'a Act) -> Self {
        Self::new(engine, Voice::Instead(act))
    }

    /// For an item of a batch.
    pub(crate) fn item(engine: &'a Engine, output: &'a Path, overwrite: Overwrite) -> Self {
        Self::new(engine, Voice::Item { output, overwrite, made: RefCell::default() })
    }

    fn new(engine: &'a Engine, voice: Voice<'a>) -> Self {
        Self {
            engine,
            voice,
            opened: RefCell::default(),
            read: RefCell::default(),
            absent: RefCell::default(),
            afterwards: RefCell::default(),
        }
    }

    /// Returns what was kept of an item.
    pub(crate) fn made(self) -> Made {
        match self.voice {
            Voice::Alone { .. } | Voice::Instead(_) => Made::default(),
            Voice::Item { made, .. } => {
                let files = self.opened.into_inner();
                let inputs =
                    files.iter().flat_map(Files::touched).chain(self.read.into_inner()).collect();
                let absent = files.iter().flat_map(Files::absent);
                let absent = absent.chain(self.absent.into_inner()).collect();
                Made { inputs, absent, ..made.into_inner() }
            }
        }
    }

    /// Returns what opens the files that the output depends on, of which each is needed. The item of
    /// a batch is a file of many: it fails if it is damaged, and the others go on.
    pub(crate) fn files(&self, read: &ReadArgs) -> Result<Files> {
        if !matches!(self.voice, Voice::Item { .. }) {
            read.check_one_file()?;
        }
        Ok(self.files_of_many(read))
    }

    /// Returns what opens the files that the output depends on, of which some may be left out.
    pub(crate) fn files_of_many(&self, read: &ReadArgs) -> Files {
        let files = match self.voice {
            Voice::Item { .. } => read.files().noting_absent(),
            _ => read.files(),
        };
        self.opened.borrow_mut().push(files.clone());
        files
    }

    /// Takes files for what the output depends on, by being there or not.
    pub(crate) fn depends(&self, files: impl IntoIterator<Item = PathBuf>) {
        let (there, absent) = files.into_iter().partition::<Vec<_>, _>(|path| path.is_file());
        self.read.borrow_mut().extend(there);
        self.absent.borrow_mut().extend(absent);
    }

    /// Tells of the operation that shifts the datums.
    pub(crate) fn operation(&self, told: Told) {
        self.remark(&told.remark);
        told.guess.iter().for_each(|text| self.insist(text));
        told.lost.iter().for_each(|text| self.warn(text));
        self.read.borrow_mut().extend(told.grids);
    }

    /// Says what does not end the job, unless it is quiet.
    pub(crate) fn warn(&self, text: &str) {
        if !matches!(self.voice, Voice::Alone { quiet: true }) {
            self.insist(text);
        }
    }

    /// Warns of what `lines` returns when the output has been written.
    pub(crate) fn afterwards(&self, lines: Afterwards) {
        self.afterwards.borrow_mut().push(lines);
    }

    /// Says what even those should know who want to hear nothing but errors.
    pub(crate) fn insist(&self, text: &str) {
        match &self.voice {
            Voice::Alone { .. } | Voice::Instead(_) => report::warn(text),
            Voice::Item { made, .. } => made.borrow_mut().notes.push(text.to_owned()),
        }
    }

    /// Says what is of no weight later.
    pub(crate) fn remark(&self, text: &str) {
        if !self.is_silent() {
            report::remark(text);
        }
    }

    /// Tells of tags that could not be read, and of damaged chunks that became nodata.
    pub(crate) fn losses(&self, files: &Files) {
        self.lost(&(files.unread(), files.damaged()));
    }

    /// Tells of why tags could not be read, and of damaged chunks.
    pub(crate) fn lost(&self, (unread, damaged): &Losses) {
        unread.iter().for_each(|reason| self.warn(&report::unread(reason)));
        let lines = report::damaged(damaged);
        lines.iter().for_each(|line| self.insist(line));
        match &self.voice {
            Voice::Alone { .. } | Voice::Instead(_) => report::note_damage(!lines.is_empty()),
            Voice::Item { made, .. } => made.borrow_mut().damaged |= !lines.is_empty(),
        }
    }

    /// Tells of files that were left out, for damage in them.
    pub(crate) fn left_out(&self, left_out: &LeftOut) {
        left_out.lines().for_each(|line| self.insist(&line));
        report::note_damage(!left_out.is_empty());
    }

    /// Whether nobody looks on.
    fn is_silent(&self) -> bool {
        !matches!(self.voice, Voice::Alone { quiet: false })
    }

    /// Begins a bar, hidden where it would be one of many.
    pub(crate) fn progress(&self) -> Progress {
        Progress::new(self.is_silent())
    }

    /// Refuses an output that would take the place of a file that is read. That of a raster in `own`
    /// it may take: whoever named both wants what comes of it there.
    pub(crate) fn keep_read(
        &self,
        output: &Path,
        overwrite: Overwrite,
        own: &[PathBuf],
    ) -> Result<()> {
        let (files, grids) = (self.opened.borrow(), self.read.borrow());
        inputs::keep_read(output, overwrite, own, &files, &*grids)
    }

    /// Writes a raster and says what was written; or looks at it, if that is what it is for, and returns
    /// nothing. Of the files that are read the output may replace those in `own`.
    pub(crate) fn write(
        &self,
        raster: &Raster,
        output: &Path,
        own: &[PathBuf],
        options: &WriteOptions,
        files: &Files,
    ) -> Result<Option<Outcome>> {
        self.keep_read(output, options.overwrite, own)?;
        if let Voice::Instead(act) = self.voice {
            act(output, raster, options, self.engine)?;
            return Ok(None);
        }
        let mut progress = self.progress();
        let written = raster.write_with(self.engine, output, options, &mut progress)?;
        let seconds = self.closing(output, &written, progress);
        self.losses(files);
        for lines in self.afterwards.take() {
            lines().iter().for_each(|line| self.warn(line));
        }
        Ok(Some(Outcome { written, seconds }))
    }

    /// Says what was written; returns the seconds it took.
    fn closing(&self, output: &Path, written: &Written, progress: Progress) -> f64 {
        let seconds = report::closing(output, written, progress, self.is_silent());
        if let Some(path) = &written.holds_crs {
            self.warn(&format!(
                "{}: GeoKeys have no words for the reference system: it lies in {}, which belongs \
                 to the file",
                output.display(),
                path.display()
            ));
            if let Voice::Item { made, .. } = &self.voice {
                made.borrow_mut().beside.push(path.clone());
            }
        }
        if written.displaced > 0 {
            self.warn(&format!(
                "{}: {} valid samples equalled nodata and became a value beside it",
                output.display(),
                written.displaced
            ));
        }
        if written.degraded > 0 {
            self.warn(&format!(
                "{}: {} of {} chunks were JPEG that could not be moved as it was stored, and are compressed by it a \
                 second time, which loses more; --compress zstd would not",
                output.display(),
                written.degraded,
                written.chunks
            ));
        }
        seconds
    }

    /// Says that features were written.
    pub(crate) fn wrote_features(&self, output: &Path, count: u64, progress: Progress) {
        report::features(output, count, progress, self.is_silent());
    }

    /// Gives a text that is all of the verb's result.
    pub(crate) fn say(&self, text: &str) -> Result<()> {
        match &self.voice {
            Voice::Alone { .. } => report::say(text),
            // The plan is all there is to say.
            Voice::Instead(_) => Ok(()),
            Voice::Item { output, overwrite, .. } => {
                self.keep_read(output, *overwrite, &[])?;
                let mut file = Staged::create(output, *overwrite)?;
                file.append(text.as_bytes())?;
                file.commit()
            }
        }
    }
}
