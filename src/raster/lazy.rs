//! Rasters that are opened when they are read, a bounded number at a time.

use std::fmt;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::{Buffer, Context, Grid, Info, Masked, Raster, Source, Tell, Window};
use crate::error::{Error, Result};

/// Open rasters, least recently used dropped first once there are more than a
/// set number. Clones share the same shelf.
///
/// What it holds changes how long reads take, never what they give. A raster
/// that is dropped stays open until the reads in work on it end.
#[derive(Debug, Clone)]
pub struct Shelf(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// Least recently used first.
    open: Mutex<Vec<(u64, Slot)>>,
    limit: usize,
    next: AtomicU64,
    opened: AtomicU64,
}

/// Locked while one worker opens; others who want the raster wait for it.
type Slot = Arc<Mutex<Option<Raster>>>;

impl Shelf {
    /// Makes a shelf that keeps at most `limit` rasters open, at least 1.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Inner {
            open: Mutex::default(),
            limit: limit.max(1),
            next: AtomicU64::new(0),
            opened: AtomicU64::new(0),
        }))
    }

    /// Returns how many rasters were opened so far, repeats counted.
    pub fn opened(&self) -> u64 {
        self.0.opened.load(Ordering::Relaxed)
    }

    /// Returns a number for a raster, different at each call.
    pub(crate) fn new_key(&self) -> u64 {
        self.0.next.fetch_add(1, Ordering::Relaxed)
    }

    /// Returns the raster named `key`, by `open` if it is not here.
    pub(crate) fn get(&self, key: u64, open: impl FnOnce() -> Result<Raster>) -> Result<Raster> {
        let slot = {
            let mut shelf = self.0.open.lock().unwrap_or_else(PoisonError::into_inner);
            let entry = match shelf.iter().position(|(own, _)| *own == key) {
                Some(at) => shelf.remove(at),
                None => {
                    if shelf.len() >= self.0.limit {
                        shelf.remove(0);
                    }
                    (key, Slot::default())
                }
            };
            let slot = entry.1.clone();
            shelf.push(entry);
            slot
        };
        let mut place = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(raster) = &*place {
            return Ok(raster.clone());
        }
        self.0.opened.fetch_add(1, Ordering::Relaxed);
        let raster = open()?;
        *place = Some(raster.clone());
        Ok(raster)
    }
}

/// What opens a raster, again and again the same one.
type Open = dyn Fn() -> Result<Raster> + Send + Sync;

/// What a raster that is not open says of [`Source::needs`], lengths as they are stored left out.
type Needs = dyn Fn(Window, &mut dyn Tell) + Send + Sync;

impl Raster {
    /// Makes a raster of which `info` is known, and perhaps the infos of its overviews: those of
    /// which nothing is known are looked up when somebody asks for them. `open` gives its pixels
    /// when they are read, and `shelf` keeps it open meanwhile.
    pub fn lazy(
        info: Info,
        overviews: Option<Vec<Info>>,
        shelf: &Shelf,
        open: impl Fn() -> Result<Self> + Send + Sync + 'static,
    ) -> Self {
        Self::lazy_foreseen(info, overviews, None, shelf, open)
    }

    /// Makes a raster as [`Raster::lazy`] does of which is known what chunks it needs.
    pub(crate) fn lazy_foreseen(
        info: Info,
        overviews: Option<Vec<Info>>,
        needs: Option<Arc<Needs>>,
        shelf: &Shelf,
        open: impl Fn() -> Result<Self> + Send + Sync + 'static,
    ) -> Self {
        let key = shelf.new_key();
        let (shelf, open): (_, Arc<Open>) = (shelf.clone(), Arc::new(open));
        let copies = Arc::new(overviews.map_or_else(OnceLock::new, |known| Some(known).into()));
        Self::new(Lazy { info, copies, level: None, needs, shelf, key, open })
    }
}

#[derive(Clone)]
struct Lazy {
    info: Info,
    /// What the overviews are, once that is known; `None` if they were looked for in vain, as the
    /// raster could not be opened.
    copies: Arc<OnceLock<Option<Vec<Info>>>>,
    /// Which of them this is.
    level: Option<usize>,
    needs: Option<Arc<Needs>>,
    shelf: Shelf,
    key: u64,
    open: Arc<Open>,
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").field("info", &self.info).field("level", &self.level).finish()
    }
}

impl Lazy {
    /// Opens the raster, which must be what it was said to be.
    fn raster(&self) -> Result<Raster> {
        let whole = self.shelf.get(self.key, || (self.open)())?;
        let raster = match self.level {
            None => Some(whole),
            Some(level) => whole.overviews().into_iter().nth(level),
        };
        let found = raster.as_ref().map_or("none".into(), |raster| summary(raster.info()));
        let raster = raster.filter(|raster| alike(raster.info(), &self.info)).ok_or_else(|| {
            Error::format("the raster is another than when it was looked at")
                .expected(summary(&self.info))
                .found(found)
                .hint("it was changed meanwhile, or the index is older than the file")
        })?;
        match self.copies.get() {
            // Who asked has other pixels of it, or of a copy of it, than the next would have.
            Some(None) => Err(Error::io(
                "open",
                io::Error::other("it could not be opened to look for overviews, and now it can"),
            )),
            _ => Ok(raster),
        }
    }

    /// Returns what the overviews are: none of a raster that cannot be opened, of which reading
    /// tells.
    fn copies(&self) -> &[Info] {
        let look = || {
            let overviews = self.raster().ok()?.overviews();
            Some(overviews.iter().map(|o| o.info().clone()).collect())
        };
        self.copies.get_or_init(look).as_deref().unwrap_or_default()
    }
}

/// Whether all that samples are made and judged by is the same.
fn alike(a: &Info, b: &Info) -> bool {
    // A number and the text of it are the same; NaN is NaN.
    let nodata = |info: &Info| info.nodata.map(|n| n.to_string());
    (a.grid.size, a.grid.transform, a.bands, a.dtype)
        == (b.grid.size, b.grid.transform, b.bands, b.dtype)
        && (&a.colors, a.alpha, a.masked != Masked::No)
            == (&b.colors, b.alpha, b.masked != Masked::No)
        && nodata(a) == nodata(b)
}

fn summary(info: &Info) -> String {
    let Info { grid: Grid { size, transform, .. }, bands, dtype, colors, .. } = info;
    let nodata = info.nodata.map_or("none".into(), |n| n.to_string());
    let word = |has: bool, word| if has { word } else { "" };
    format!(
        "{} x {} pixels at {}, {}, {bands} band(s) of {dtype}, {}{}{}, nodata {nodata}",
        size.width,
        size.height,
        transform.origin_x,
        transform.origin_y,
        colors.word(),
        word(info.alpha.is_some(), ", opacity"),
        word(info.masked != Masked::No, ", masked"),
    )
}

impl Source for Lazy {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        self.raster()?.source().read(out, cx)
    }

    fn footprint(&self, window: Window) -> u64 {
        // Known without opening: one chunk in work, and twice more while samples are
        // widened and bands split; masks alike.
        let (info, chunk) = (&self.info, self.info.chunk.window());
        let one = Buffer::bytes_for(chunk, info.bands, info.dtype);
        one.saturating_mul(3).saturating_add(window.pixels().saturating_mul(2))
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        if !tell.may_read() {
            if let Some(needs) = &self.needs {
                needs(window, tell);
            }
            return;
        }
        // What cannot be opened is told when it is read.
        if let Ok(raster) = self.raster() {
            raster.source().needs(window, tell);
        }
    }

    fn overviews(&self) -> Vec<Raster> {
        if self.level.is_some() {
            return Vec::new();
        }
        let copy = |(level, info): (usize, &Info)| {
            Raster::new(Self {
                info: info.clone(),
                level: Some(level),
                needs: None,
                ..self.clone()
            })
        };
        self.copies().iter().enumerate().map(copy).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Alpha, Colors, DataType, GeoTransform, Grid, NoData, Pool, Size};

    fn raster(value: u8, size: Size) -> Raster {
        let grid = Grid { size, transform: GeoTransform::IDENTITY, crs: None };
        let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::U8);
        pixels.plane_mut::<u8>(0).fill(value);
        Raster::from_buffer(Info::new(grid, 1, DataType::U8), pixels).expect("whole")
    }

    #[test]
    fn rasters_are_opened_when_read_and_dropped_when_there_are_more() {
        let (shelf, size) = (Shelf::new(2), Size::new(3, 2));
        let lazy: Vec<_> = (0..4)
            .map(|v| {
                let info = raster(v, size).info().clone();
                Raster::lazy(info, Some(Vec::new()), &shelf, move || Ok(raster(v, size)))
            })
            .collect();
        assert_eq!(shelf.opened(), 0);
        let read = |v: usize| lazy[v].read(size.window()).expect("reads").plane::<u8>(0)[0];
        assert_eq!((read(0), read(1), read(0), shelf.opened()), (0, 1, 0, 2));
        // 2 drops 1, used longest ago.
        assert_eq!((read(2), read(0), shelf.opened()), (2, 0, 3));
        assert_eq!((read(1), shelf.opened()), (1, 4));
    }

    #[test]
    fn another_raster_than_was_promised_is_refused() {
        let (shelf, size) = (Shelf::new(2), Size::new(3, 2));
        let info = raster(0, Size::new(4, 2)).info().clone();
        let lazy = Raster::lazy(info, Some(Vec::new()), &shelf, move || Ok(raster(0, size)));
        let error = lazy.read(size.window()).expect_err("is another");
        assert!(matches!(error, Error::Format(_)), "{error}");
    }

    #[test]
    fn overviews_of_which_nothing_is_known_are_looked_up_when_they_are_asked_for() {
        let (shelf, size) = (Shelf::new(1), Size::new(3, 2));
        let info = raster(0, size).info().clone();
        let known = Some(vec![info.clone()]);
        let inner = move || {
            Ok(Raster::lazy(info.clone(), known.clone(), &Shelf::new(1), move || {
                Ok(raster(7, size))
            }))
        };
        let lazy = Raster::lazy(raster(0, size).info().clone(), None, &shelf, inner);
        assert_eq!(shelf.opened(), 0);
        assert_eq!((lazy.overviews().len(), shelf.opened()), (1, 1));
        assert_eq!(lazy.read(size.window()).expect("reads").plane::<u8>(0)[0], 7);
    }

    #[test]
    fn what_could_not_be_opened_for_its_overviews_is_not_read_without_them() {
        let (shelf, size) = (Shelf::new(1), Size::new(3, 2));
        let tries = AtomicU64::new(0);
        let open = move || match tries.fetch_add(1, Ordering::Relaxed) {
            0 => Err(Error::io("open", io::Error::other("no handle is left"))),
            _ => Ok(raster(7, size)),
        };
        let lazy = Raster::lazy(raster(0, size).info().clone(), None, &shelf, open);
        assert!(lazy.overviews().is_empty());
        assert!(matches!(lazy.read(size.window()), Err(Error::Io(..))));
    }

    #[test]
    fn all_that_samples_are_judged_by_must_be_as_promised() {
        let (shelf, size) = (Shelf::new(1), Size::new(3, 2));
        let read = |change: &dyn Fn(&mut Info)| {
            let mut info = raster(7, size).info().clone();
            change(&mut info);
            let made = move || {
                let mut own = raster(7, size).info().clone();
                own.nodata = Some(NoData::Float(5.0));
                Raster::from_buffer(own, raster(7, size).read(size.window())?)
            };
            Raster::lazy(info, Some(Vec::new()), &shelf, made).read(size.window())
        };
        read(&|info| info.nodata = Some(NoData::Integer(5))).expect("the same number");
        let changes: [&dyn Fn(&mut Info); 5] = [
            &|info| info.nodata = None,
            &|info| info.nodata = Some(NoData::Integer(7)),
            &|info| (info.nodata, info.masked) = (Some(NoData::Integer(5)), Masked::Shared),
            &|info| (info.nodata, info.colors) = (Some(NoData::Integer(5)), Colors::WhiteIsZero),
            &|info| (info.nodata, info.alpha) = (Some(NoData::Integer(5)), Some(Alpha::Straight)),
        ];
        for change in changes {
            assert!(matches!(read(change), Err(Error::Format(_))));
        }
    }
}
