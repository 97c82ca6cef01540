//! The samples of one window.

use super::{DataType, Pool, Sample, Window, Words, dispatch};

/// The samples of one window: `bands` planes of `height` rows of `width`
/// samples, in native byte order, ordered (band, row, column).
///
/// A buffer may carry validity: one byte a sample, 255 for valid and 0 for
/// not. Without it every sample is valid. What an invalid sample's value is
/// means nothing.
#[derive(Debug)]
pub struct Buffer {
    window: Window,
    bands: u16,
    dtype: DataType,
    plane_words: usize,
    words: Words,
    mask_words: usize,
    mask: Option<Words>,
    pool: Pool,
}

impl Buffer {
    /// Makes a buffer in memory of `pool`; its samples hold whatever was there
    /// before, all valid.
    ///
    /// # Panics
    /// If the window has more pixels than the address space.
    pub fn new(pool: &Pool, window: Window, bands: u16, dtype: DataType) -> Self {
        let pixels = usize::try_from(window.pixels()).expect("a window fits in memory");
        let plane_words = (pixels * dtype.bytes()).div_ceil(8);
        Self {
            window,
            bands,
            dtype,
            plane_words,
            words: pool.take(plane_words * usize::from(bands)),
            mask_words: pixels.div_ceil(8),
            mask: None,
            pool: pool.clone(),
        }
    }

    /// Returns the bytes a buffer takes with validity, for budgets.
    pub fn bytes_for(window: Window, bands: u16, dtype: DataType) -> u64 {
        let samples = window.pixels().saturating_mul(bands.into());
        samples.saturating_mul(dtype.bytes() as u64 + 1)
    }

    /// Returns the window whose samples these are.
    pub fn window(&self) -> Window {
        self.window
    }

    /// Returns the same samples as those of a window of the same extent elsewhere.
    #[must_use]
    pub fn moved_to(self, col: i64, row: i64) -> Self {
        Self { window: Window { col, row, ..self.window }, ..self }
    }

    /// Makes the samples those of a window of the same extent elsewhere.
    pub(crate) fn move_to(&mut self, col: i64, row: i64) {
        (self.window.col, self.window.row) = (col, row);
    }

    /// Returns the number of bands.
    pub fn bands(&self) -> u16 {
        self.bands
    }

    /// Returns the type of the samples.
    pub fn dtype(&self) -> DataType {
        self.dtype
    }

    /// Returns the samples of a band (from 0), row by row.
    ///
    /// # Panics
    /// If `T` is not the buffer's type or there is no such band.
    pub fn plane<T: Sample>(&self, band: u16) -> &[T] {
        assert_eq!(T::DTYPE, self.dtype, "sample type of the buffer");
        let words = &self.words.as_slice::<u64>()[self.words_of(band)];
        &bytemuck::cast_slice(words)[..self.window.pixels() as usize]
    }

    /// Returns the samples of a band (from 0) to write, row by row.
    ///
    /// # Panics
    /// If `T` is not the buffer's type or there is no such band.
    pub fn plane_mut<T: Sample>(&mut self, band: u16) -> &mut [T] {
        self.plane_and_valid_mut(band).0
    }

    /// Returns the bytes of a band (from 0) in native byte order.
    ///
    /// # Panics
    /// If there is no such band.
    pub fn plane_bytes(&self, band: u16) -> &[u8] {
        let words = &self.words.as_slice::<u64>()[self.words_of(band)];
        &bytemuck::cast_slice(words)[..self.window.pixels() as usize * self.dtype.bytes()]
    }

    /// Returns the bytes of a band (from 0) to write, in native byte order.
    ///
    /// # Panics
    /// If there is no such band.
    pub fn plane_bytes_mut(&mut self, band: u16) -> &mut [u8] {
        let range = self.words_of(band);
        let len = self.window.pixels() as usize * self.dtype.bytes();
        let words = &mut self.words.as_mut_slice::<u64>()[range];
        &mut bytemuck::cast_slice_mut(words)[..len]
    }

    /// Returns the bytes of all bands to write, one after another, in native byte
    /// order; `None` if there are gaps between them in memory.
    pub fn bytes_mut(&mut self) -> Option<&mut [u8]> {
        let plane = self.window.pixels() as usize * self.dtype.bytes();
        let gapless = plane == self.plane_words * 8;
        gapless.then(|| self.words.as_mut_slice::<u8>())
    }

    /// Returns the validity of a band's samples (255 valid, 0 not), row by
    /// row; `None` if all are valid.
    pub fn valid(&self, band: u16) -> Option<&[u8]> {
        let range = self.mask_of(band);
        let mask = self.mask.as_ref()?.as_slice::<u64>();
        Some(&bytemuck::cast_slice(&mask[range])[..self.window.pixels() as usize])
    }

    /// Returns the validity of a band's samples to write; `None` if all samples
    /// of all bands are valid. [`Buffer::add_mask`] makes it.
    pub fn valid_mut(&mut self, band: u16) -> Option<&mut [u8]> {
        let (range, pixels) = (self.mask_of(band), self.window.pixels() as usize);
        let mask = self.mask.as_mut()?.as_mut_slice::<u64>();
        Some(&mut bytemuck::cast_slice_mut(&mut mask[range])[..pixels])
    }

    /// Returns a band's samples and their validity to write. The validity is
    /// absent while all samples of all bands are valid; [`Buffer::add_mask`] makes it.
    ///
    /// # Panics
    /// If `T` is not the buffer's type or there is no such band.
    pub fn plane_and_valid_mut<T: Sample>(&mut self, band: u16) -> (&mut [T], Option<&mut [u8]>) {
        assert_eq!(T::DTYPE, self.dtype, "sample type of the buffer");
        let pixels = self.window.pixels() as usize;
        let (words, mask) = (self.words_of(band), self.mask_of(band));
        let samples = bytemuck::cast_slice_mut(&mut self.words.as_mut_slice::<u64>()[words]);
        let valid = self.mask.as_mut().map(|m| {
            &mut bytemuck::cast_slice_mut::<u64, u8>(&mut m.as_mut_slice()[mask])[..pixels]
        });
        (&mut samples[..pixels], valid)
    }

    /// Adds validity, all valid, unless it is there already.
    pub fn add_mask(&mut self) {
        if self.mask.is_none() {
            self.mask = Some(self.fresh_mask(255));
        }
    }

    /// Makes every sample valid.
    pub fn validate(&mut self) {
        self.mask = None;
    }

    /// Makes every sample invalid.
    pub fn invalidate(&mut self) {
        self.mask = Some(self.fresh_mask(0));
    }

    /// Makes the samples of the pixels outside `window` invalid.
    pub fn invalidate_outside(&mut self, window: Window) {
        let Some(inside) = self.window.intersection(window) else {
            return self.invalidate();
        };
        if inside == self.window {
            return;
        }
        self.add_mask();
        let (own, width) = (self.window, self.window.width as usize);
        let left = (inside.col - own.col) as usize;
        let right = (inside.col_end() - own.col) as usize;
        for band in 0..self.bands {
            let range = self.mask_of(band);
            let Some(mask) = self.mask.as_mut() else { return };
            let valid: &mut [u8] =
                &mut bytemuck::cast_slice_mut(&mut mask.as_mut_slice::<u64>()[range])
                    [..own.pixels() as usize];
            for (row, line) in (own.row..).zip(valid.chunks_exact_mut(width)) {
                if (inside.row..inside.row_end()).contains(&row) {
                    line[..left].fill(0);
                    line[right..].fill(0);
                } else {
                    line.fill(0);
                }
            }
        }
    }

    /// Gives the samples of a band inside `window` one value.
    ///
    /// # Panics
    /// If `T` is not the buffer's type or there is no such band.
    pub fn fill_band<T: Sample>(&mut self, band: u16, window: Window, value: T) {
        let own = self.window;
        let Some(shared) = own.intersection(window) else { return };
        let samples = self.plane_mut::<T>(band);
        for_rows(shared, own, own, |row, _| samples[row].fill(value));
    }

    /// Makes the samples of a band inside `window` invalid.
    pub fn invalidate_band(&mut self, band: u16, window: Window) {
        let own = self.window;
        let Some(shared) = own.intersection(window) else { return };
        self.add_mask();
        if let Some(valid) = self.valid_mut(band) {
            for_rows(shared, own, own, |row, _| valid[row].fill(0));
        }
    }

    /// Copies the samples that both windows share from a band of `from` into
    /// `band`, validity included.
    ///
    /// # Panics
    /// If the buffers' types differ or there is no such band.
    pub fn copy_band(&mut self, band: u16, from: &Self, from_band: u16) {
        let own = self.window;
        let Some(shared) = own.intersection(from.window) else { return };
        if from.mask.is_some() {
            self.add_mask();
        }
        dispatch!(self.dtype, T => {
            let (to, valid) = self.plane_and_valid_mut::<T>(band);
            let source = from.plane::<T>(from_band);
            for_rows(shared, own, from.window, |to_row, from_row| {
                to[to_row].copy_from_slice(&source[from_row]);
            });
            if let Some(valid) = valid {
                let from_valid = from.valid(from_band);
                for_rows(shared, own, from.window, |to_row, from_row| {
                    match from_valid {
                        Some(v) => valid[to_row].copy_from_slice(&v[from_row]),
                        None => valid[to_row].fill(255),
                    }
                });
            }
        });
    }

    fn words_of(&self, band: u16) -> std::ops::Range<usize> {
        let start = usize::from(band) * self.plane_words;
        start..start + self.plane_words
    }

    fn mask_of(&self, band: u16) -> std::ops::Range<usize> {
        let start = usize::from(band) * self.mask_words;
        start..start + self.mask_words
    }

    fn fresh_mask(&self, byte: u8) -> Words {
        let mut mask = self.pool.take(self.mask_words * usize::from(self.bands));
        mask.as_mut_slice::<u8>().fill(byte);
        mask
    }
}

/// Calls `each` with the index ranges, in two row-major windows, of every row
/// of `shared`, which lies in both.
fn for_rows(
    shared: Window,
    to: Window,
    from: Window,
    mut each: impl FnMut(std::ops::Range<usize>, std::ops::Range<usize>),
) {
    let index = |of: Window, row: i64| {
        let start = (row - of.row) as usize * of.width as usize + (shared.col - of.col) as usize;
        start..start + shared.width as usize
    };
    for row in shared.row..shared.row_end() {
        each(index(to, row), index(from, row));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_the_shared_rectangle_with_validity() {
        let pool = Pool::new(1 << 20);
        let mut from = Buffer::new(&pool, Window::new(2, 1, 3, 3), 1, DataType::I16);
        for (i, v) in from.plane_mut::<i16>(0).iter_mut().enumerate() {
            *v = i as i16;
        }
        from.invalidate_outside(Window::new(2, 1, 2, 9));
        let mut to = Buffer::new(&pool, Window::new(0, 0, 4, 3), 2, DataType::I16);
        to.plane_mut::<i16>(1).fill(-1);
        to.invalidate();
        to.copy_band(1, &from, 0);
        assert_eq!(to.plane::<i16>(1), [-1, -1, -1, -1, -1, -1, 0, 1, -1, -1, 3, 4]);
        assert_eq!(to.valid(1), Some(&[0, 0, 0, 0, 0, 0, 255, 255, 0, 0, 255, 255][..]));
        assert_eq!(to.valid(0), Some(&[0; 12][..]));
    }
}
