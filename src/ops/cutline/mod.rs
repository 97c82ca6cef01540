//! The part of a raster that lies in polygons.

/// Polygons as segments in pixels, and which pixels lie in them.
mod lines;

use std::sync::Arc;

use geo::{Coord, LineString, MapCoords, MultiPolygon, Polygon};

use self::lines::Lines;
use super::settled::without_statistics;
use super::warp::place_options;
use crate::crs::{Crs, TransformOptions, Transformer};
use crate::ops::nodata::fill_missing;
use crate::raster::{
    Buffer, Context, Grid, Info, Point, Raster, Sample, Source, Tell, Window, dispatch,
};
use crate::{Error, Result};

/// How far, in pixels, an edge may be off where another system bends it.
const BEND: f64 = 0.05;
/// How often an edge is halved at most.
const HALVINGS: u32 = 14;

/// Polygons that say which part of a raster counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Cutline {
    /// The polygons: what lies in any of them counts, holes left out.
    pub polygons: MultiPolygon<f64>,
    /// The system of their coordinates, x before y; `None` for that of the raster.
    pub crs: Option<Crs>,
}

impl Cutline {
    /// Returns the pixels of a grid that the polygons touch, or `None` if none.
    ///
    /// # Errors
    /// [`Error::Usage`] if part of the polygons has no coordinates in the grid's system;
    /// those of [`Transformer::new`].
    pub fn window(&self, grid: &Grid) -> Result<Option<Window>> {
        Ok(Lines::new(&self.in_pixels(grid)?).window().intersection(grid.size.window()))
    }

    /// Brings the polygons to the pixels of a grid. Edges that its system bends are
    /// followed to a twentieth of a pixel.
    fn in_pixels(&self, grid: &Grid) -> Result<MultiPolygon<f64>> {
        let inverse = grid
            .transform
            .inverse()
            .ok_or_else(|| Error::usage("the grid to cut").expected("pixels with an area"))?;
        let to_pixel = |c: Coord<f64>| {
            let p = inverse.apply(Point { x: c.x, y: c.y });
            Coord { x: p.x, y: p.y }
        };
        let (from, to) = match (&self.crs, &grid.crs) {
            (Some(from), Some(to)) if from != to => (from, to),
            _ => return Ok(self.polygons.map_coords(to_pixel)),
        };
        let transformer = Transformer::with_options(
            from,
            to,
            &place_options(grid, &TransformOptions::default()),
        )?;
        let place = |c: Coord<f64>| {
            let (mut x, mut y) = ([c.x], [c.y]);
            transformer.transform(&mut x, &mut y);
            let found = to_pixel(Coord { x: x[0], y: y[0] });
            if found.x.is_finite() && found.y.is_finite() {
                return Ok(found);
            }
            Err(Error::usage("cutline")
                .expected(format!("coordinates that {to} has a place for"))
                .found(format!("{}, {} in {from}", c.x, c.y))
                .hint("end the polygon where that system does: web mercator ends at 85.06 degrees north and south"))
        };
        let ring = |ring: &LineString<f64>| -> Result<LineString<f64>> {
            let mut points = Vec::new();
            for line in ring.lines() {
                let (a, b) = (place(line.start)?, place(line.end)?);
                points.push(a);
                bend(line.start, line.end, a, b, HALVINGS, &place, &mut points)?;
            }
            points.extend(ring.0.last().map(|&last| place(last)).transpose()?);
            Ok(LineString::new(points))
        };
        let polygon = |polygon: &Polygon<f64>| -> Result<Polygon<f64>> {
            let holes = polygon.interiors().iter().map(ring).collect::<Result<_>>()?;
            Ok(Polygon::new(ring(polygon.exterior())?, holes))
        };
        Ok(MultiPolygon::new(self.polygons.iter().map(polygon).collect::<Result<_>>()?))
    }
}

/// Adds the points between two of an edge that keep it near its true course.
fn bend(
    from: Coord<f64>,
    to: Coord<f64>,
    a: Coord<f64>,
    b: Coord<f64>,
    left: u32,
    place: &impl Fn(Coord<f64>) -> Result<Coord<f64>>,
    points: &mut Vec<Coord<f64>>,
) -> Result<()> {
    let middle = (from + to) / 2.0;
    let (true_middle, straight) = (place(middle)?, (a + b) / 2.0);
    let off = (true_middle.x - straight.x).hypot(true_middle.y - straight.y);
    if off <= BEND || left == 0 {
        return Ok(());
    }
    bend(from, middle, a, true_middle, left - 1, place, points)?;
    points.push(true_middle);
    bend(middle, to, true_middle, b, left - 1, place, points)
}

impl Raster {
    /// Returns this raster without what lies outside a cutline: pixels whose centres lie
    /// in none of its polygons are missing in all bands, and no chunk of which all are is
    /// read. The rule is that of gdalwarp and rasterio.mask, applied to this raster's own
    /// pixels: cut after a warp, the edge is as sharp as the output; cut before one or before
    /// a mosaic, what lies outside is part of no pixel that is made of this one's. Its overviews
    /// are cut likewise: what is made of them may have, along the edge, up to half a pixel of
    /// theirs from outside.
    ///
    /// With a `feather` opacity fades towards the edge instead of ending there: it is
    /// multiplied by the distance of a pixel's centre from the edge over `feather`
    /// pixels, where that is below 1.
    ///
    /// # Errors
    /// [`Error::Usage`] for a feather of a raster without a band of opacity, or that is
    /// negative; those of [`Cutline::window`].
    pub fn cut(&self, cutline: &Cutline, feather: f64) -> Result<Self> {
        let info = self.info();
        if !(feather >= 0.0 && feather.is_finite()) {
            return Err(Error::usage("feather").expected("0 or more pixels").found(feather));
        }
        if feather > 0.0 && info.alpha.is_none() {
            return Err(Error::usage("feather of a raster without opacity")
                .expected("a band of opacity")
                .hint("add one, with --dst-alpha"));
        }
        let polygons = cutline.in_pixels(&info.grid)?;
        let lines = Lines::new(&polygons);
        let rim = (feather > 0.0).then(|| Lines::rim(&polygons));
        let metadata = Arc::new(without_statistics(&info.metadata));
        let info = Info { metadata, ..info.clone() };
        let cutline = cutline.clone();
        Ok(Self::new(Cut { input: self.clone(), info, cutline, lines, rim, feather }))
    }
}

#[derive(Debug)]
struct Cut {
    input: Raster,
    info: Info,
    /// For the overviews.
    cutline: Cutline,
    lines: Lines,
    /// The edges of all polygons together, for distances from them.
    rim: Option<Lines>,
    feather: f64,
}

impl Cut {
    /// The parts of a window to read, of which `inside` tells the pixels that count: all of it
    /// unless whole chunks count for nothing, else chunks that do, as few parts as rows allow.
    fn parts(&self, window: Window, inside: &[u8]) -> Vec<Window> {
        let chunk = self.info.chunk;
        let cells = |from: i64, to: i64, side: u32| {
            let side = i64::from(side.max(1));
            (from.div_euclid(side)..=(to - 1).div_euclid(side))
                .map(move |cell| ((cell * side).max(from), ((cell + 1) * side).min(to)))
        };
        let counts = |(left, right): (i64, i64), (top, bottom): (i64, i64)| {
            (top..bottom).any(|row| {
                let line = (row - window.row) as usize * window.width as usize;
                let columns = (left - window.col) as usize..(right - window.col) as usize;
                inside[line..][columns].contains(&255)
            })
        };
        let mut parts: Vec<Window> = Vec::new();
        let mut above: Vec<(i64, i64)> = Vec::new();
        for rows in cells(window.row, window.row_end(), chunk.height) {
            let mut runs: Vec<(i64, i64)> = Vec::new();
            for columns in cells(window.col, window.col_end(), chunk.width) {
                if !counts(columns, rows) {
                    continue;
                }
                match runs.last_mut() {
                    Some(last) if last.1 == columns.0 => last.1 = columns.1,
                    _ => runs.push(columns),
                }
            }
            let height = (rows.1 - rows.0) as u32;
            if runs == above {
                let first = parts.len() - runs.len();
                parts[first..].iter_mut().for_each(|part| part.height += height);
            } else {
                let part = |&(left, right): &(i64, i64)| {
                    Window::new(left, rows.0, (right - left) as u32, height)
                };
                parts.extend(runs.iter().map(part));
                above = runs;
            }
        }
        parts
    }
}

impl Source for Cut {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let window = out.window();
        let inside = self.lines.inside(window);
        if !inside.contains(&255) {
            out.invalidate();
            dispatch!(out.dtype(), T => fill_missing::<T>(None, out));
            return Ok(());
        }
        match self.parts(window, &inside).as_slice() {
            [all] if *all == window => self.input.source().read(out, cx)?,
            parts => {
                out.invalidate();
                for &part in parts {
                    let pixels = cx.read_tile(&self.input, part)?;
                    (0..out.bands()).for_each(|band| out.copy_band(band, &pixels, band));
                }
            }
        }
        if inside.contains(&0) {
            out.add_mask();
            for band in 0..out.bands() {
                let valid = out.valid_mut(band).into_iter().flatten();
                valid.zip(&inside).for_each(|(valid, inside)| *valid &= inside);
            }
            dispatch!(out.dtype(), T => fill_missing::<T>(None, out));
        }
        if let Some(rim) = self.rim.as_ref().filter(|rim| rim.near(window, self.feather)) {
            let last = out.bands() - 1;
            let places = (window.row..window.row_end())
                .flat_map(|row| (window.col..window.col_end()).map(move |col| (col, row)));
            dispatch!(out.dtype(), T => {
                let samples = out.plane_mut::<T>(last).iter_mut().zip(&inside);
                for ((alpha, &inside), (col, row)) in samples.zip(places) {
                    if inside != 0 {
                        let share = rim.distance(col, row) / self.feather;
                        if share < 1.0 {
                            *alpha = T::from_f64(alpha.to_f64() * share);
                        }
                    }
                }
            });
        }
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let own = Buffer::bytes_for(window, self.info.bands, self.info.dtype);
        window.pixels() + own + self.input.source().footprint(window)
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        for part in self.parts(window, &self.lines.inside(window)) {
            self.input.source().needs(part, tell);
        }
    }

    fn overviews(&self) -> Vec<Raster> {
        let own = self.info.grid.size.width;
        let cut = |overview: Raster| {
            let scale = f64::from(overview.info().grid.size.width) / f64::from(own);
            overview.cut(&self.cutline, self.feather * scale).ok()
        };
        self.input.overviews().into_iter().filter_map(cut).collect()
    }
}
