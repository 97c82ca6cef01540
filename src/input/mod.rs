//! Whatever holds a raster, opened by its path.

/// GDAL's virtual rasters.
mod vrt;

pub use vrt::{Virtual, VirtualSource};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::Result;
use crate::geotiff::{DamageList, Damaged, GeoTiff, OpenOptions, Outline, sidecar_names};
use crate::io::handles;
use crate::raster::{Info, Raster, Shelf, Tell};

/// Opens a raster: the first image of a GeoTIFF, its overviews along with it, or a virtual
/// raster ([`Files::open`]).
///
/// # Errors
/// As [`Files::open`].
pub fn open(path: impl AsRef<Path>) -> Result<Raster> {
    Files::new(OpenOptions::default()).open(path)
}

/// Whether [`Files::open`] takes a file for a virtual raster: by its name, which ends in `.vrt`.
pub fn is_virtual(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("vrt"))
}

/// Opens rasters, all in one way. Clones share what they have open.
#[derive(Debug, Clone)]
pub struct Files {
    options: OpenOptions,
    shelf: Shelf,
    damage: DamageList,
    vrt_anywhere: bool,
    notes_absent: bool,
    touched: Arc<Mutex<BTreeSet<PathBuf>>>,
    named: Arc<Mutex<BTreeSet<PathBuf>>>,
    absent: Arc<Mutex<BTreeSet<PathBuf>>>,
    unread: Arc<Mutex<BTreeSet<String>>>,
}

impl Files {
    /// Makes what opens rasters in this way. Of those that it [looks at](Files::look),
    /// a quarter of the process's limit of open files, and at most 512, are kept open.
    pub fn new(options: OpenOptions) -> Self {
        Self {
            options,
            shelf: Shelf::new(handles()),
            damage: DamageList::default(),
            vrt_anywhere: false,
            notes_absent: false,
            touched: Arc::default(),
            named: Arc::default(),
            absent: Arc::default(),
            unread: Arc::default(),
        }
    }

    /// Lets virtual rasters name sources that lie anywhere, not only in or below their own
    /// folders: for files of people one trusts.
    #[must_use]
    pub fn with_vrt_anywhere(self, anywhere: bool) -> Self {
        Self { vrt_anywhere: anywhere, ..self }
    }

    /// Has [`Files::absent`] tell of files that are not beside those that are opened: a dozen
    /// names to look for each.
    #[must_use]
    pub fn noting_absent(self) -> Self {
        Self { notes_absent: true, ..self }
    }

    /// Opens a raster for as long as it lives.
    ///
    /// A file named `.vrt` is one of GDAL's virtual rasters: bands of plain and complex
    /// sources (nodata, scale, offset, table of values, masks of sources), taken as they
    /// are or by the nearest pixel. Its sources must be GeoTIFFs that lie in its own folder
    /// or below it, links followed, as whoever wrote it may have named any file of this
    /// machine; [`Files::with_vrt_anywhere`] lifts that.
    ///
    /// # Errors
    /// Those of [`GeoTiff::open`]; for a virtual raster [`Error::Format`] if it makes no
    /// sense, [`Error::Unsupported`] naming what swath does not compute or where a source
    /// lies, [`Error::Limit`] if it is too large.
    ///
    /// [`Error::Format`]: crate::Error::Format
    /// [`Error::Unsupported`]: crate::Error::Unsupported
    /// [`Error::Limit`]: crate::Error::Limit
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Raster> {
        let path = path.as_ref();
        if is_virtual(path) {
            self.touch(path);
            return vrt::open(path, self).map_err(|e| e.at_path(path));
        }
        Ok(self.open_tiff(path)?.raster())
    }

    fn open_tiff(&self, path: &Path) -> Result<GeoTiff> {
        // Before it is opened: what appears meanwhile is not taken for what was heeded.
        let notes = self.notes_absent && self.options.sidecars;
        let names = if notes { sidecar_names(path) } else { Vec::new() };
        let absent: Vec<_> = names.into_iter().filter(|name| !name.is_file()).collect();
        let file = GeoTiff::open_listing(path, &self.options, &self.damage);
        // What cannot be made sense of was read too.
        let file = file.inspect_err(|_| self.name(path))?;
        self.absent.lock().unwrap_or_else(PoisonError::into_inner).extend(absent);
        file.path().into_iter().chain(file.sidecars().iter().map(|s| &*s.path)).for_each(|path| {
            self.touch(path);
        });
        let mut unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.extend(file.image().unread().iter().map(ToString::to_string));
        Ok(file)
    }

    fn touch(&self, path: &Path) {
        let mut touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        if !touched.contains(path) {
            touched.insert(path.to_path_buf());
        }
    }

    /// Returns the files that were opened so far, those beside images among them, by name.
    pub fn touched(&self) -> Vec<PathBuf> {
        let touched = self.touched.lock().unwrap_or_else(PoisonError::into_inner);
        touched.iter().cloned().collect()
    }

    fn name(&self, path: &Path) {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if !named.contains(path) {
            named.insert(path.to_path_buf());
        }
    }

    /// Returns the files that were not opened for a caller, by name: sources of virtual rasters and
    /// what is [known](Files::known), which are read when their pixels are wanted, and those that
    /// could not be opened.
    pub fn named(&self) -> Vec<PathBuf> {
        let named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        named.iter().cloned().collect()
    }

    /// Returns the files that would have been heeded beside those that were opened so far, and were
    /// not there, by name; none unless [they are noted](Files::noting_absent).
    pub fn absent(&self) -> Vec<PathBuf> {
        let absent = self.absent.lock().unwrap_or_else(PoisonError::into_inner);
        absent.iter().cloned().collect()
    }

    /// Opens a raster, looks at what it is and closes it; it is opened again when it is
    /// read. So any number of them can be held.
    ///
    /// # Errors
    /// Those of [`Files::open`].
    pub fn look(&self, path: impl Into<PathBuf>) -> Result<Raster> {
        let path = path.into();
        let (raster, outline) = if is_virtual(&path) {
            (self.open(&path)?, None)
        } else {
            let file = self.open_tiff(&path)?;
            (file.raster(), Some(Outline::of(&file)))
        };
        let copies = raster.overviews().iter().map(|o| o.info().clone()).collect();
        Ok(self.lazy(path, raster.info().clone(), Some(copies), outline))
    }

    /// Makes a raster of a file that is not opened before it is read, or asked for its overviews, of
    /// which `info` is known. Reading fails if it is another.
    pub fn known(&self, path: impl Into<PathBuf>, info: Info) -> Raster {
        let path = path.into();
        self.name(&path);
        self.lazy(path, info, None, None)
    }

    fn lazy(
        &self,
        path: PathBuf,
        info: Info,
        copies: Option<Vec<Info>>,
        outline: Option<Outline>,
    ) -> Raster {
        let files = self.clone();
        let Some(outline) = outline else {
            return Raster::lazy(info, copies, &self.shelf, move || files.open(&path));
        };
        let outline = Arc::new(outline);
        let needs = {
            let outline = outline.clone();
            Arc::new(move |window, tell: &mut dyn Tell| outline.needs(window, tell))
        };
        Raster::lazy_foreseen(info, copies, Some(needs), &self.shelf, move || {
            let mut file = files.open_tiff(&path)?;
            outline.give(&mut file);
            Ok(file.raster())
        })
    }

    /// Returns how often a raster that was looked at, or is known, was opened to be read.
    pub fn opened(&self) -> u64 {
        self.shelf.opened()
    }

    /// Returns why tags of the files opened so far could not be read, sorted
    /// ([`Image::unread`](crate::geotiff::Image::unread)).
    pub fn unread(&self) -> Vec<String> {
        let unread = self.unread.lock().unwrap_or_else(PoisonError::into_inner);
        unread.iter().cloned().collect()
    }

    /// Returns the damaged chunks that went by as nodata so far, of all files, as
    /// [`GeoTiff::damaged`] does.
    pub fn damaged(&self) -> (Vec<Damaged>, bool) {
        self.damage.list()
    }
}
