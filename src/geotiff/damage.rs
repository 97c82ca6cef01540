//! Chunks that could not be decoded, and went by as nodata.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::raster::Window;

/// What becomes of a chunk that is damaged or cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum OnCorrupt {
    /// Whatever needs it fails.
    #[default]
    Fail,
    /// Its samples are invalid, with the nodata value (0 without one) in them,
    /// and [`GeoTiff::damaged`](super::GeoTiff::damaged) tells of it. A chunk of
    /// a mask makes all its pixels invalid.
    Nodata,
}

/// A chunk that could not be decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Damaged {
    /// The file it is in, which may be a sidecar; `None` for bytes in memory.
    pub path: Option<PathBuf>,
    /// The directory of its image, counted from 0 in file order.
    pub ifd: u32,
    /// The strip or tile, counted from 0 in the order of the offsets array.
    pub chunk: u64,
    /// Its pixels.
    pub window: Window,
    /// Its first band, counted from 0.
    pub band: u16,
    /// How many bands it holds.
    pub bands: u16,
    /// What is wrong with it.
    pub cause: String,
}

/// Damaged chunks beyond which a list only says that there are more: it must
/// not grow with a hostile file.
const MOST: usize = 10_000;

/// The damaged chunks of any number of files that went by as nodata. Clones share
/// one list.
#[derive(Debug, Clone, Default)]
pub struct DamageList(pub(super) Arc<Damage>);

impl DamageList {
    /// Returns the chunks that went by as nodata so far, in the order of files,
    /// directories and offsets, and whether there are more than the list holds
    /// (10,000). Which they are depends on what was read, never on the order.
    pub fn list(&self) -> (Vec<Damaged>, bool) {
        self.0.list()
    }
}

/// The list that all images of an open file share.
#[derive(Debug, Default)]
pub(super) struct Damage(Mutex<List>);

#[derive(Debug, Default)]
struct List {
    /// By file, directory and chunk: the order of work changes nothing.
    chunks: BTreeMap<(Option<PathBuf>, u32, u64), Damaged>,
    more: bool,
}

impl Damage {
    /// Adds chunks of an image, in ascending order, unless the list is full of
    /// earlier ones: a file may have millions.
    pub(super) fn add(
        &self,
        path: Option<&Path>,
        ifd: u32,
        chunks: impl IntoIterator<Item = u64>,
        mut tell: impl FnMut(u64) -> Damaged,
    ) {
        let mut list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for chunk in chunks {
            let last = list.chunks.last_key_value();
            let last = last.map(|(key, _)| (key.0.as_deref(), key.1, key.2));
            if list.chunks.len() == MOST && last < Some((path, ifd, chunk)) {
                list.more = true;
                return;
            }
            let key = (path.map(Path::to_path_buf), ifd, chunk);
            list.chunks.entry(key).or_insert_with(|| tell(chunk));
            if list.chunks.len() > MOST {
                list.chunks.pop_last();
                list.more = true;
            }
        }
    }

    /// Returns the first damaged chunks by file, directory and place, and
    /// whether there are more.
    pub(super) fn list(&self) -> (Vec<Damaged>, bool) {
        let list = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        (list.chunks.values().cloned().collect(), list.more)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_the_same_in_any_order_and_never_long() {
        let chunk = |number: u64| Damaged {
            path: None,
            ifd: 0,
            chunk: number,
            window: Window::new(0, 0, 1, 1),
            band: 0,
            bands: 1,
            cause: String::new(),
        };
        let (up, down) = (Damage::default(), Damage::default());
        let count = MOST as u64 + 5;
        let add = |list: &Damage, number| list.add(None, 0, [number], chunk);
        (0..count).for_each(|number| add(&up, number));
        (0..count).rev().for_each(|number| add(&down, number));
        add(&up, 3);
        let at_once = Damage::default();
        at_once.add(None, 0, 7..count, chunk);
        at_once.add(None, 0, 0..9, chunk);
        assert_eq!(up.list(), down.list());
        assert_eq!(up.list(), at_once.list());
        let (list, more) = up.list();
        assert!(more && list.len() == MOST && list[3].chunk == 3);
    }
}
