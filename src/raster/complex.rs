//! Complex samples taken apart, for what computes with real ones.

use super::{Buffer, DataType, Pool, Sample};
use bytemuck::Pod;

impl Buffer {
    /// Returns the parts of complex samples as a buffer of twice the bands:
    /// the real part of each band, then its imaginary part, with its validity.
    /// `None` if samples are real, or the bands too many.
    pub fn complex_parts(&self, pool: &Pool) -> Option<Self> {
        let bands = self.bands().checked_mul(2).filter(|_| self.dtype().is_complex())?;
        let mut parts = Self::new(pool, self.window(), bands, self.dtype().part());
        for band in 0..bands {
            let part = usize::from(band % 2);
            match self.dtype() {
                DataType::CI16 => take::<i16>(self, band / 2, part, &mut parts, band),
                DataType::CI32 => take::<i32>(self, band / 2, part, &mut parts, band),
                DataType::CF32 => take::<f32>(self, band / 2, part, &mut parts, band),
                _ => take::<f64>(self, band / 2, part, &mut parts, band),
            }
            let Some(valid) = self.valid(band / 2) else { continue };
            parts.add_mask();
            parts.valid_mut(band).into_iter().for_each(|to| to.copy_from_slice(valid));
        }
        Some(parts)
    }

    /// Puts samples together again from what [`Buffer::complex_parts`] gave.
    /// Validity is that of the real parts.
    ///
    /// # Panics
    /// If `parts` has another window, or is not of twice the bands and the
    /// parts' type.
    pub fn set_complex_parts(&mut self, parts: &Self) {
        assert!(parts.window() == self.window(), "one window");
        assert!(parts.bands() == 2 * self.bands(), "two parts a band");
        self.validate();
        for band in 0..parts.bands() {
            let part = usize::from(band % 2);
            match self.dtype() {
                DataType::CI16 => put::<i16>(parts, band, self, band / 2, part),
                DataType::CI32 => put::<i32>(parts, band, self, band / 2, part),
                DataType::CF32 => put::<f32>(parts, band, self, band / 2, part),
                _ => put::<f64>(parts, band, self, band / 2, part),
            }
            let Some(valid) = parts.valid(band).filter(|_| part == 0) else { continue };
            self.add_mask();
            self.valid_mut(band / 2).into_iter().for_each(|to| to.copy_from_slice(valid));
        }
    }
}

fn take<P: Sample>(from: &Buffer, band: u16, part: usize, to: &mut Buffer, to_band: u16)
where
    [P; 2]: Sample + Pod,
{
    let samples = from.plane::<[P; 2]>(band);
    for (to, sample) in to.plane_mut::<P>(to_band).iter_mut().zip(samples) {
        *to = sample[part];
    }
}

fn put<P: Sample>(from: &Buffer, band: u16, to: &mut Buffer, to_band: u16, part: usize)
where
    [P; 2]: Sample + Pod,
{
    let parts = from.plane::<P>(band);
    for (sample, &value) in to.plane_mut::<[P; 2]>(to_band).iter_mut().zip(parts) {
        sample[part] = value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Window;

    #[test]
    fn parts_make_the_whole_again() {
        let pool = Pool::new(0);
        let mut whole = Buffer::new(&pool, Window::new(1, 2, 3, 1), 1, DataType::CI16);
        whole.plane_mut::<[i16; 2]>(0).copy_from_slice(&[[1, -1], [2, -2], [3, -3]]);
        whole.invalidate_outside(Window::new(2, 2, 9, 9));
        let parts = whole.complex_parts(&pool).expect("is complex");
        assert_eq!(
            (parts.plane::<i16>(0), parts.plane::<i16>(1)),
            (&[1, 2, 3][..], &[-1, -2, -3][..])
        );
        let mut again = Buffer::new(&pool, Window::new(1, 2, 3, 1), 1, DataType::CI16);
        again.set_complex_parts(&parts);
        assert_eq!(again.plane::<[i16; 2]>(0), whole.plane::<[i16; 2]>(0));
        assert_eq!(again.valid(0), Some(&[0, 255, 255][..]));
        assert!(parts.complex_parts(&pool).is_none());
    }
}
