//! The verb [`Raster::terrain`](crate::Raster::terrain): what elevations say of the ground.

use std::sync::Arc;

use crate::kernel::{Cell, Terrain, metres_of_a_degree, narrow, widen};
use crate::raster::{
    Buffer, Context, DataType, Info, Metadata, NoData, Point, Raster, Source, Tell, Window,
};
use crate::{Error, Result};

/// How the ground is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TerrainOptions {
    /// Units of elevation in a unit of the grid, along x and y; `None` for 1, or,
    /// where the grid is in degrees, for metres by the latitude of each row.
    pub scale: Option<(f64, f64)>,
    /// Whether pixels at the edge and beside missing ones are made too: beyond the
    /// edge the ground goes on as it came, and a missing neighbour is as high as the
    /// pixel itself. As gdaldem's `-compute_edges`.
    pub edges: bool,
}

impl Raster {
    /// Returns a quantity of the ground whose elevations a band (from 0) of this
    /// raster holds: `f32`, nodata -9999, or `u8`, nodata 0, for shaded reliefs.
    ///
    /// A pixel is missing if it or one of its eight neighbours is; at the edge it is,
    /// unless [`TerrainOptions::edges`]. Not suitable for a grid that is turned: north
    /// is taken to be up.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band, or the scale is not positive;
    /// [`Error::Unsupported`] if samples are complex or the grid is turned.
    pub fn terrain(&self, band: u16, what: Terrain, how: &TerrainOptions) -> Result<Self> {
        let info = self.info();
        info.check_real_band(band, "terrain of")?;
        if !info.grid.transform.is_unrotated() {
            return Err(Error::unsupported("terrain of a grid that is turned")
                .hint("warp it to a grid with north up first"));
        }
        if let Some((x, y)) = how.scale
            && !(x > 0.0 && y > 0.0 && x.is_finite() && y.is_finite())
        {
            return Err(Error::usage("scale")
                .expected("positive numbers")
                .found(format!("{x}, {y}")));
        }
        let shades = matches!(what, Terrain::Hillshade(..) | Terrain::MultiHillshade(..));
        let (dtype, nodata) = if shades { (DataType::U8, 0) } else { (DataType::F32, -9999) };
        // Nothing of what is said of elevations is true of their slopes.
        let metadata =
            Metadata { pixel_is_point: info.metadata.pixel_is_point, ..Metadata::default() };
        let out = Info {
            nodata: Some(NoData::Integer(nodata)),
            chunk: info.chunk,
            metadata: Arc::new(metadata),
            ..Info::new(info.grid.clone(), 1, dtype)
        };
        let input = self.select_bands(&[band])?;
        Ok(Self::new(Ground { input, info: out, what, how: *how }))
    }
}

#[derive(Debug)]
struct Ground {
    input: Raster,
    info: Info,
    what: Terrain,
    how: TerrainOptions,
}

impl Ground {
    /// The elevations that a window is made of: one more on each side.
    fn need(window: Window) -> Window {
        window.grown(1, 1)
    }

    /// The size of a pixel of a row in units of elevation.
    fn cell(&self, row: i64) -> Cell {
        let transform = self.info.grid.transform;
        let (width, height) = (transform.pixel_width.abs(), transform.pixel_height.abs());
        let is_degrees = self.info.grid.crs.as_ref().is_some_and(crate::crs::Crs::is_geographic);
        match self.how.scale {
            Some((x, y)) => Cell { width: width * x, height: height * y },
            None if is_degrees => {
                let latitude = transform.apply(Point { x: 0.5, y: row as f64 + 0.5 }).y;
                let degree = metres_of_a_degree(latitude);
                Cell { width: width * degree.width, height: height * degree.height }
            }
            None => Cell { width, height },
        }
    }
}

impl Source for Ground {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        let need = Self::need(window);
        let source = cx.read(&self.input, need)?;
        let raster = self.info.grid.size.window();
        out.validate();
        let width = need.width as usize;
        let mut lines = [(); 3].map(|()| vec![f64::NAN; width]);
        let mut made = vec![0.0; window.width as usize];
        let line = |row: i64, lines: &mut Vec<f64>| {
            if self.how.edges {
                continued(&source, raster, row, lines);
            } else {
                elevations(&source, row, lines);
            }
        };
        line(window.row - 1, &mut lines[1]);
        line(window.row, &mut lines[2]);
        for row in window.row..window.row_end() {
            lines.rotate_left(1);
            line(row + 1, &mut lines[2]);
            let mut rows = lines.each_ref().map(Vec::as_slice);
            let corners;
            if self.how.edges && (row == raster.row || row + 1 == raster.row_end()) {
                // In the first and the last row the outer columns repeat, as in gdaldem.
                corners = lines.clone().map(|line| repeated(line, need, raster));
                rows = corners.each_ref().map(Vec::as_slice);
            }
            self.what.row(rows, self.cell(row), self.how.edges, &mut made);
            let start = (row - window.row) as usize * window.width as usize;
            narrow(&made, 0, start, out);
        }
        out.invalidate_outside(raster);
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let need = Self::need(window);
        let info = self.input.info();
        let lines = 8 * 7 * u64::from(need.width);
        Buffer::bytes_for(need, 1, info.dtype) + self.input.source().footprint(need) + lines
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        self.input.source().needs(Self::need(window), tell);
    }
}

/// Reads a row of elevations; missing ones become NaN.
fn elevations(source: &Buffer, row: i64, out: &mut [f64]) {
    widen(source, 0, source.window().col, row, out);
}

/// Reads a row of elevations, continued by one pixel beyond the raster: as much
/// higher or lower than the last as that is than the one before.
fn continued(source: &Buffer, raster: Window, row: i64, out: &mut [f64]) {
    let inner = row.clamp(raster.row, raster.row_end() - 1);
    let held = source.window();
    if !(held.row..held.row_end()).contains(&inner) {
        return out.fill(f64::NAN);
    }
    elevations(source, inner, out);
    if inner != row {
        let before = (inner + (inner - row)).clamp(raster.row, raster.row_end() - 1);
        let mut other = vec![f64::NAN; out.len()];
        if (held.row..held.row_end()).contains(&before) {
            elevations(source, before, &mut other);
        }
        for (out, other) in out.iter_mut().zip(other) {
            *out = 2.0 * *out - other;
        }
    }
    let at = |col: i64| usize::try_from(col - held.col).ok().filter(|&at| at < out.len());
    let ends = [(raster.col - 1, 1), (raster.col_end(), -1)];
    for (beyond, inwards) in ends.map(|(col, step)| (at(col), (at(col + step), at(col + 2 * step))))
    {
        if let (Some(beyond), (Some(last), Some(before))) = (beyond, inwards) {
            out[beyond] = 2.0 * out[last] - out[before];
        }
    }
}

/// The same row with the outermost columns of the raster repeated beyond it.
fn repeated(mut line: Vec<f64>, held: Window, raster: Window) -> Vec<f64> {
    let at = |col: i64| usize::try_from(col - held.col).ok().filter(|&at| at < line.len());
    for (beyond, last) in
        [(at(raster.col - 1), at(raster.col)), (at(raster.col_end()), at(raster.col_end() - 1))]
    {
        if let (Some(beyond), Some(last)) = (beyond, last) {
            line[beyond] = line[last];
        }
    }
    line
}
