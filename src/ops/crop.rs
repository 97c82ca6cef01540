//! A part of a raster.

use std::sync::Arc;

use super::settled::without_statistics;
use crate::raster::{
    Bounds, Buffer, Context, Gcp, Gcps, Info, Metadata, Point, Raster, Rpc, Source, Tell, Window,
};
use crate::{Error, Result};

/// Where LINE_OFF and SAMP_OFF are among the numbers of [`Rpc`].
const LINE_OFF: usize = 2;
const SAMP_OFF: usize = 3;

impl Raster {
    /// Returns the pixels of a window as a raster of its own. What ties pixels
    /// to the ground (GeoTransform, control points, rational polynomials) moves
    /// along; statistics, which were those of all pixels, are left out.
    ///
    /// # Errors
    /// [`Error::Usage`] if the window is empty or reaches beyond the raster.
    pub fn crop(&self, window: Window) -> Result<Self> {
        let info = self.info();
        let size = info.grid.size;
        if window == size.window() {
            return Ok(self.clone());
        }
        if window.is_empty() || !size.window().contains(window) {
            return Err(Error::usage("window")
                .expected(format!("pixels within {} x {}", size.width, size.height))
                .found(format!(
                    "{} x {} pixels at column {}, row {}",
                    window.width, window.height, window.col, window.row
                )));
        }
        let mut metadata = without_statistics(&info.metadata);
        shift(&mut metadata, Point { x: window.col as f64, y: window.row as f64 });
        let info =
            Info { grid: info.grid.crop(window), metadata: Arc::new(metadata), ..info.clone() };
        Ok(Self::new(Crop { input: self.clone(), info, window }))
    }

    /// Returns the window that shows `bounds`, in the raster's own coordinates,
    /// as gdal_translate's -projwin has it: it begins with the pixel that holds
    /// the upper left corner, and has as many pixels as the extent comes to,
    /// rounded to the nearest. It may reach beyond the raster.
    ///
    /// # Errors
    /// [`Error::Usage`] if the bounds are empty or inverted; [`Error::Unsupported`]
    /// if the raster is not north up.
    pub fn window_of(&self, bounds: Bounds) -> Result<Window> {
        let transform = self.info().grid.transform;
        if !transform.is_north_up() {
            return Err(Error::unsupported("bounds of a raster that is not north up")
                .hint("give a window in pixels"));
        }
        if !(bounds.width() > 0.0 && bounds.height() > 0.0) {
            return Err(Error::usage("bounds").expected("left < right and bottom < top").found(
                format!("{}, {}, {}, {}", bounds.left, bounds.bottom, bounds.right, bounds.top),
            ));
        }
        let (width, height) = (transform.pixel_width, -transform.pixel_height);
        // A corner a rounding error above a pixel's border is in that pixel.
        let first = |distance: f64| (distance + 0.001).floor();
        let count = |pixels: f64| (pixels + 0.5).floor().clamp(1.0, f64::from(u32::MAX)) as u32;
        Ok(Window::new(
            first((bounds.left - transform.origin_x) / width) as i64,
            first((transform.origin_y - bounds.top) / height) as i64,
            count(bounds.width() / width),
            count(bounds.height() / height),
        ))
    }
}

/// Moves what ties pixels to the ground by an offset in pixels.
fn shift(metadata: &mut Metadata, by: Point) {
    if let Some(gcps) = &metadata.gcps {
        let moved = |gcp: &Gcp| Gcp {
            pixel: Point { x: gcp.pixel.x - by.x, y: gcp.pixel.y - by.y },
            ..*gcp
        };
        let points = gcps.points.iter().map(moved).collect();
        metadata.gcps = Some(Gcps { crs: gcps.crs.clone(), points });
    }
    if let Some(rpc) = &metadata.rpc {
        let mut values = rpc.values;
        values[LINE_OFF] -= by.y;
        values[SAMP_OFF] -= by.x;
        metadata.rpc = Some(Arc::new(Rpc { values }));
    }
}

#[derive(Debug)]
struct Crop {
    input: Raster,
    info: Info,
    window: Window,
}

impl Crop {
    /// Returns a window of this raster as one of the input.
    fn outer(&self, window: Window) -> Window {
        Window { col: window.col + self.window.col, row: window.row + self.window.row, ..window }
    }
}

impl Source for Crop {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let own = out.window();
        let pixels = cx.read(&self.input, self.outer(own))?;
        *out = pixels.moved_to(own.col, own.row);
        // What lies beside the window in the input is not this raster's.
        out.invalidate_outside(self.info.grid.size.window());
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let info = &self.info;
        let outer = self.outer(window);
        Buffer::bytes_for(window, info.bands, info.dtype) + self.input.source().footprint(outer)
    }

    fn only_bands(&self, bands: &[u16]) -> Option<Raster> {
        let input = self.input.source().only_bands(bands)?;
        let info = Info { bands: input.info().bands, ..self.info.clone() };
        Some(Raster::new(Self { input, info, window: self.window }))
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(self.outer(window), tell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{DataType, GeoTransform, Grid, Pool, Size};

    fn numbered() -> Raster {
        let size = Size::new(20, 10);
        let mut pixels = Buffer::new(&Pool::new(0), size.window(), 1, DataType::U8);
        (0..).zip(pixels.plane_mut::<u8>(0)).for_each(|(k, v)| *v = k);
        let transform = GeoTransform::north_up(100.0, 50.0, 2.0, 5.0);
        let info = Info::new(Grid { size, transform, crs: None }, 1, DataType::U8);
        Raster::from_buffer(info, pixels).expect("a whole raster")
    }

    #[test]
    fn a_crop_is_a_raster_of_its_own() {
        let crop = numbered().crop(Window::new(3, 2, 5, 4)).expect("inside");
        let corner = crop.info().grid.transform.apply(Point { x: 0.0, y: 0.0 });
        assert_eq!(corner, Point { x: 106.0, y: 40.0 });
        let read = crop.read(Window::new(-1, 3, 3, 2)).expect("reads");
        assert_eq!(read.plane::<u8>(0)[1..3], [103, 104]);
        assert_eq!(read.valid(0), Some(&[0, 255, 255, 0, 0, 0][..]));
        assert!(numbered().crop(Window::new(16, 0, 5, 4)).is_err());
    }

    #[test]
    fn bounds_are_windows_as_gdal_translate_has_them() {
        let window = |l, b, r, t| numbered().window_of(Bounds::new(l, b, r, t)).expect("sound");
        assert_eq!(window(106.0, 20.0, 116.0, 40.0), Window::new(3, 2, 5, 4));
        // 3.45 pixels to the right; 4.6 wide.
        assert_eq!(window(106.9, 20.0, 116.1, 40.0), Window::new(3, 2, 5, 4));
        assert_eq!(window(105.9985, 20.0, 116.0, 40.0), Window::new(3, 2, 5, 4));
        assert!(numbered().window_of(Bounds::new(3.0, 2.0, 1.0, 5.0)).is_err());
    }
}
