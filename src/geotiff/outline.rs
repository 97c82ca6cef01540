//! What is known of a file's chunks while it is closed.

use std::os::unix::fs::MetadataExt;
use std::sync::Arc;

use super::{GeoTiff, Layout};
use crate::raster::{ChunkKey, Tell, Window};

/// How the image of a file and its mask are stored, and their numbers: what a read needs is known
/// without the file, and a chunk has one name however often the file is opened.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Outline {
    image: Layout,
    mask: Option<Layout>,
    /// Which file it was, how long, and when it was written, in seconds and nanoseconds.
    state: Option<[i64; 4]>,
    /// The number of the image; that of its mask follows.
    first: u64,
}

impl Outline {
    /// Returns the outline of a file that is open, with numbers of its own.
    pub(crate) fn of(file: &GeoTiff) -> Self {
        Self::numbered(file, ChunkKey::new_sources())
    }

    fn numbered(file: &GeoTiff, first: u64) -> Self {
        let image = file.image();
        let mask = image.mask().map(|mask| mask.layout.clone());
        let state = file.path().and_then(|path| path.metadata().ok()).map(|found| {
            let (number, len) = (found.ino().cast_signed(), found.len().cast_signed());
            [number, len, found.mtime(), found.mtime_nsec()]
        });
        Self { image: image.layout.clone(), mask, state, first }
    }

    /// Gives the image of a file that was opened again, and its mask, their numbers; those of one that
    /// is another meanwhile keep their own, as other samples lie in its chunks.
    pub(crate) fn give(&self, file: &mut GeoTiff) {
        if *self == Self::numbered(file, self.first)
            && let Some(image) = file.image_mut()
        {
            image.key = self.first;
            if let Some(mask) = image.mask.as_mut().and_then(Arc::get_mut) {
                mask.key = self.first + 1;
            }
        }
    }

    /// Tells of the chunks that a window of all bands is read from, without their lengths in the
    /// file.
    pub(crate) fn needs(&self, window: Window, tell: &mut dyn Tell) {
        let bands: Vec<u16> = (0..self.image.bands).collect();
        self.image.needs(self.first, &bands, window, |_| 0, tell);
        if let Some(mask) = &self.mask {
            let bands: &[u16] = if mask.bands == 1 { &[0] } else { &bands };
            mask.needs(self.first + 1, bands, window, |_| 0, tell);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Silent};
    use crate::geotiff::{Interleave, OpenOptions, WriteOptions};
    use crate::raster::{
        Buffer, DataType, GeoTransform, Grid, Info, Masked, Need, Pool, Raster, Size,
    };

    const SIZE: Size = Size::new(70, 50);

    /// Two bands and a mask, with copies of them.
    fn written(path: &std::path::Path, options: WriteOptions) {
        let grid = Grid { size: SIZE, transform: GeoTransform::IDENTITY, crs: None };
        let mut pixels = Buffer::new(&Pool::new(0), SIZE.window(), 2, DataType::U8);
        (0..2).for_each(|band| pixels.plane_mut::<u8>(band).fill(7));
        pixels.invalidate_outside(Window::new(0, 0, 40, 40));
        let info = Info { masked: Masked::Shared, ..Info::new(grid, 2, DataType::U8) };
        let raster = Raster::from_buffer(info, pixels).expect("whole");
        let engine = Engine::new(Default::default()).expect("starts");
        raster.write_with(&engine, path, &options, &mut Silent).expect("is written");
    }

    fn open(path: &std::path::Path) -> GeoTiff {
        GeoTiff::open(path, &OpenOptions::default()).expect("opens")
    }

    #[test]
    fn a_closed_file_needs_what_the_open_one_does() {
        let folder = tempfile::tempdir().expect("there is room");
        for interleave in [Interleave::Pixel, Interleave::Band] {
            let path = folder.path().join(format!("{interleave:?}.tif"));
            written(&path, WriteOptions { tile: 16, interleave, ..WriteOptions::default() });
            let mut file = open(&path);
            assert!(file.image().mask().is_some() && file.image().overviews().len() > 0);
            let outline = Outline::of(&file);
            outline.give(&mut file);
            let odd = Window::new(-3, 17, 40, 90);
            for window in [SIZE.window(), odd, Window::new(0, 0, 1, 1), Window::new(-9, 0, 9, 1)] {
                let (mut open, mut closed) = (Vec::new(), Vec::new());
                file.raster().source().needs(window, &mut |need: Need| open.push(need.key));
                outline.needs(window, &mut |need: Need| closed.push(need.key));
                assert_eq!(open, closed, "{interleave:?} {window:?}");
                assert_eq!(open.is_empty(), window.col_end() <= 0, "{interleave:?} {window:?}");
            }
            // No two images have one number.
            let overviews = file.image().overviews();
            let mut keys: Vec<u64> =
                overviews.flat_map(|o| [Some(o), o.mask()]).flatten().map(|i| i.key).collect();
            keys.extend([file.image().key, file.image().mask().expect("is there").key]);
            keys.sort_unstable();
            assert!(keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        }
    }

    #[test]
    fn one_that_is_another_meanwhile_keeps_its_numbers() {
        let folder = tempfile::tempdir().expect("there is room");
        let path = folder.path().join("scene.tif");
        let store = |tile| {
            let overwrite = crate::io::Overwrite::Replace;
            written(&path, WriteOptions { tile, overwrite, ..WriteOptions::default() });
            open(&path)
        };
        let outline = Outline::of(&store(16));
        let mut same = open(&path);
        outline.give(&mut same);
        assert_eq!(same.image().key, outline.first);
        let mut other = store(32);
        let own = other.image().key;
        outline.give(&mut other);
        assert_eq!(other.image().key, own);
        // Stored alike, at another time.
        let mut later = store(16);
        let file = std::fs::File::options().append(true).open(&path).expect("opens");
        file.set_modified(std::time::SystemTime::UNIX_EPOCH).expect("may be set");
        outline.give(&mut later);
        assert_ne!(later.image().key, outline.first);
    }
}
