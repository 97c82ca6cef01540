//! Many files as they are typed: names, patterns, lists.

use std::collections::BTreeSet;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use swath::input::{Files, is_virtual};
use swath::io::Overwrite;
use swath::ops::mosaic::MosaicInput;
use swath::vector::read_index;
use swath::{Error, Raster, Result};

use crate::args::ReadArgs;
use crate::convert::NoDataArg;
use crate::sound::LeftOut;
use crate::walk;

/// The most threads that look at files.
const MOST_THREADS: usize = 16;

/// The most bytes of an index.
const MOST_INDEX_BYTES: u64 = 1 << 30;

/// The files that were read here, as texts and the like.
static READ: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn note(path: &Path) {
    READ.lock().unwrap_or_else(PoisonError::into_inner).insert(path.to_path_buf());
}

/// Returns the files besides rasters that this process read so far: lists of names, indexes,
/// cutlines, tables, job files.
fn read_so_far() -> BTreeSet<PathBuf> {
    READ.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Refuses an output that would take the place of a file that is read: a raster that `files` opened
/// or may open, what lies beside it, one of `grids`, or a file besides rasters. Links and second
/// names of a file are that file. A raster in `own` is one whose place the output may take, unless
/// it is a virtual one: whoever named both wants what comes of it there.
///
/// # Errors
/// [`Error::Usage`] if there is such an output.
pub(crate) fn keep_read<'a>(
    output: &Path,
    overwrite: Overwrite,
    own: &[PathBuf],
    files: &[Files],
    grids: impl IntoIterator<Item = &'a PathBuf>,
) -> Result<()> {
    // What is not to be replaced is refused by whoever writes.
    let Some(place) = place(output).filter(|_| overwrite.replaces()) else { return Ok(()) };
    let is_own = own.iter().any(|path| !is_virtual(path) && self::place(path) == Some(place));
    let opened = files.iter().filter(|_| !is_own).flat_map(Files::touched);
    let others = files.iter().flat_map(Files::named).chain(grids.into_iter().cloned());
    let mut read = opened.chain(others).chain(read_so_far());
    read.find(|path| self::place(path) == Some(place)).map_or(Ok(()), |path| {
        Err(Error::usage("output")
            .expected("another name than those of the files that are read")
            .found(format!("that of {}, which would be lost", path.display()))
            .at_path(output))
    })
}

/// Where a file lies, links followed: its device and its number there.
fn place(path: &Path) -> Option<(u64, u64)> {
    std::fs::metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// Spells out what was typed: `@FILE` is a list of names, one a line; a name that is no
/// file and has `*`, `?` or `[` is a pattern, whose matches come sorted by name.
///
/// # Errors
/// [`Error::Usage`] for a pattern that matches nothing or makes no sense, [`Error::Io`]
/// for a list that cannot be read.
pub(crate) fn expand(typed: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for name in typed {
        match name.to_str().and_then(|text| text.strip_prefix('@')) {
            Some(list) if !name.exists() => {
                let text = std::fs::read_to_string(list)
                    .map_err(|e| Error::io("read the list of inputs", e).at_path(list))?;
                let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
                note(Path::new(list));
                // Names in a list are meant as they would be at the prompt.
                for line in lines.filter(|line| !line.starts_with('#')) {
                    matches(Path::new(line), &mut found)?;
                }
            }
            _ => matches(name, &mut found)?,
        }
    }
    Ok(found)
}

/// Reads a text file, or standard input for `-`, of at most so many bytes.
///
/// # Errors
/// [`Error::Io`]; [`Error::Limit`] if it is larger; [`Error::Format`] if it is no UTF-8.
pub(crate) fn text(path: &Path, most: u64) -> Result<String> {
    String::from_utf8(bytes(path, most)?)
        .map_err(|_| Error::format("text").expected("UTF-8").at_path(path))
}

/// Reads a file, or standard input for `-`, of a limited size.
///
/// # Errors
/// [`Error::Io`]; [`Error::Limit`] if it is larger.
pub(crate) fn bytes(path: &Path, most: u64) -> Result<Vec<u8>> {
    let io = |e| Error::io("read", e).at_path(path);
    let check = |len: u64, more: &str| match len <= most {
        true => Ok(()),
        false => Err(Error::limit("size of a file")
            .expected(format!("at most {most} bytes"))
            .found(format!("{len} bytes{more}"))
            .at_path(path)),
    };
    if path == Path::new("-") {
        let mut bytes = Vec::new();
        std::io::stdin().lock().take(most + 1).read_to_end(&mut bytes).map_err(io)?;
        check(bytes.len() as u64, " or more")?;
        return Ok(bytes);
    }
    check(std::fs::metadata(path).map_err(io)?.len(), "")?;
    note(path);
    std::fs::read(path).map_err(io)
}

/// What was typed for the inputs of one output: each file, and what indexes say of theirs, or what
/// these say themselves if they are all opened; but for
/// those that are left out, to which files are added that break their format if that may be.
pub(crate) fn open_all(
    files: &Files,
    typed: &[PathBuf],
    src_nodata: Option<NoDataArg>,
    read: &ReadArgs,
    opens_all: bool,
    threads: usize,
    left_out: &mut LeftOut,
) -> Result<Vec<MosaicInput>> {
    let mut all = Vec::new();
    let mut add = |path: PathBuf, raster: Raster| -> Result<()> {
        let raster = match src_nodata {
            Some(NoDataArg(nodata)) => {
                raster.assume_nodata(nodata).map_err(|e| e.at_path(&path))?
            }
            None => raster,
        };
        all.push(MosaicInput { name: path.display().to_string(), raster });
        Ok(())
    };
    let mut first = true;
    let paths = expand(typed)?;
    let wanted = |path: &Path| !is_index(path) && !left_out.has(path);
    let looked = look_at(files, &paths, wanted, !read.skips_files(), threads);
    for (path, looked) in paths.into_iter().zip(looked) {
        if left_out.has(&path) {
            continue;
        }
        if let Some(looked) = looked {
            if let Some(raster) = left_out.take(read, &path, looked)? {
                add(path, raster)?;
                first = false;
            }
            continue;
        }
        let bytes = bytes(&path, MOST_INDEX_BYTES)?;
        let entries = read_index(&bytes).map_err(|e| e.at_path(&path))?;
        for entry in entries {
            let place = entry.path(&path);
            if left_out.has(&place) {
                continue;
            }
            // The first one's metadata is the output's.
            let raster = if entry.complete && !first && !opens_all {
                files.known(&place, entry.info)
            } else {
                let Some(raster) = left_out.take(read, &place, files.look(&place))? else {
                    continue;
                };
                raster
            };
            first = false;
            add(place, raster)?;
        }
    }
    Ok(all)
}

/// Looks at files on some threads; gives what was found of each in their order, `None` of those that
/// are not `wanted`. If a failure `ends` it, so may be those after the first that fails.
fn look_at(
    files: &Files,
    paths: &[PathBuf],
    wanted: impl Fn(&Path) -> bool + Sync,
    ends: bool,
    threads: usize,
) -> Vec<Option<Result<Raster>>> {
    let (next, end) = (AtomicUsize::new(0), AtomicUsize::new(paths.len()));
    let found: Vec<OnceLock<Result<Raster>>> = paths.iter().map(|_| OnceLock::new()).collect();
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= end.load(Ordering::Relaxed) {
                return;
            }
            if wanted(&paths[at]) {
                let looked = files.look(&paths[at]);
                if ends && looked.is_err() {
                    end.fetch_min(at, Ordering::Relaxed);
                }
                // Nobody else has this one.
                let _ = found[at].set(looked);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.min(MOST_THREADS).min(paths.len()) {
            // Where there are no more threads, those that are there do it.
            let _ = std::thread::Builder::new().spawn_scoped(scope, work);
        }
        work();
    });
    found.into_iter().map(OnceLock::into_inner).collect()
}

/// Whether a name is that of an index.
pub(crate) fn is_index(path: &Path) -> bool {
    path.extension().is_some_and(|end| end == "geojson" || end == "json" || end == "fgb")
}

fn matches(name: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    match name.to_str().filter(|_| walk::is_glob(name)) {
        Some(pattern) => found.extend(walk::glob(pattern)?),
        None => found.push(name.to_path_buf()),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_and_lists_are_spelt_out() {
        let dir = tempfile::tempdir().expect("a directory");
        let at = |name: &str| dir.path().join(name);
        for name in ["b.tif", "a.tif", "c.txt", "odd[1].tif"] {
            std::fs::write(at(name), b"x").expect("writes");
        }
        let lines = format!("# tiles\n\n{}\n{}\n", at("c.txt").display(), at("?.tif").display());
        std::fs::write(at("list"), lines).expect("writes");
        let list = PathBuf::from(format!("@{}", at("list").display()));
        let wanted: Vec<_> = ["c.txt", "a.tif", "b.tif", "odd[1].tif"].map(at).into();
        assert_eq!(expand(&[list, at("odd[1].tif")]).expect("expands"), wanted);
        assert!(matches!(expand(&[at("*.png")]), Err(Error::Usage(_))));
        assert!(matches!(expand(&[PathBuf::from("@nowhere")]), Err(Error::Io(..))));
    }
}
