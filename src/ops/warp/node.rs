//! The verb and the node: any window of a raster, seen through another grid.

use std::ops::Range;
use std::sync::Arc;

use super::density::{Form, hide_unseen, opaque, show_unseen, unweigh, weigh};
use super::{CELL, Cell, GridRequest, Leaf, PixelMap, SourceOverview, Tally, Unified, place};
use crate::crs::{Crs, TransformOptions};
use crate::kernel::{Cover, Footprints, Outcome, Plane, Positions, Quads, Resampling, Segment};
use crate::ops::cast::convert_all;
use crate::ops::nodata::check_fits;
use crate::ops::settled::without_statistics;
use crate::raster::{
    Alpha, Buffer, Colors, Context, DataType, GeoTransform, Grid, Info, Masked, Metadata, NoData,
    Raster, Size, Source, Tell, Window, dispatch,
};
use crate::{Error, Result};

/// How a warp makes its pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct WarpOptions {
    /// How output pixels are made of source pixels.
    pub resampling: Resampling,
    /// The permitted error of each source coordinate in source pixels; 0
    /// transforms every pixel exactly, at some hundred times the cost.
    pub max_error: f64,
    /// Which of the source's overviews is read.
    pub overview: SourceOverview,
    /// Which bands decide that a source pixel is missing.
    pub unified: Unified,
    /// The nodata value of the output; `None` keeps the source's.
    pub nodata: Option<NoData>,
    /// Which operation between the datums is taken, and the grids it may use;
    /// without an area, that for where the source lies.
    pub transform: TransformOptions,
}

impl Default for WarpOptions {
    /// Nearest neighbour, as gdalwarp, within 1/2000 of a source pixel.
    fn default() -> Self {
        Self {
            resampling: Resampling::Near,
            max_error: 0.0005,
            overview: SourceOverview::Auto,
            unified: Unified::Mixed,
            nodata: None,
            transform: TransformOptions::default(),
        }
    }
}

impl Raster {
    /// Returns this raster seen through another grid, in the same or another
    /// coordinate system. Nothing is read until the result is.
    ///
    /// Each output pixel is resampled where its centre lies in this raster; it
    /// is invalid if that is nowhere, outside, or among nodata (see
    /// [`Segment::gather`] for the rules at edges and next to nodata). Kernels
    /// widen where the output is coarser, pixel by pixel. Bands, type and nodata
    /// value stay. On the same grid the result is this raster itself; on one
    /// that is displaced by whole pixels its samples are copied unchanged.
    ///
    /// A much coarser output is made of an overview of the source, if it has a
    /// fitting one ([`SourceOverview`]).
    ///
    /// Where the last band is opacity that has not multiplied the others, colours
    /// weigh as much as they are seen: means, and the values that summaries pick
    /// from, are of what is visible. Opacity itself is resampled like any band.
    /// gdalwarp drops wholly transparent samples, so that its opacity ends in
    /// steps where this fades. A pixel missing in one band is then missing in all.
    ///
    /// # Errors
    /// [`Error::Usage`] if only one of the grids has a coordinate system, if
    /// `to` has no pixels, if `max_error` is negative, if no sample can have the
    /// nodata value, or if the resampling is not defined for such samples;
    /// [`Error::Unsupported`] if swath cannot transform between the systems.
    ///
    /// [`Error::Unsupported`]: crate::Error::Unsupported
    pub fn warp(&self, to: Grid, how: &WarpOptions) -> Result<Self> {
        Ok(self.warp_tallied(to, how)?.0)
    }

    /// Returns what [`Raster::warp`] does, and what counts its pixels as they are
    /// made. Of a raster that is returned as it is, nothing is counted.
    ///
    /// # Errors
    /// Those of [`Raster::warp`].
    pub fn warp_tallied(&self, to: Grid, how: &WarpOptions) -> Result<(Self, Arc<Tally>)> {
        let tally = Arc::new(Tally::default());
        Ok((self.warp_counted(to, how, &tally)?, tally))
    }

    /// Returns which overview a warp to a grid reads; `None` for the image itself.
    pub(in crate::ops) fn overview_for(
        &self,
        to: &Grid,
        how: &WarpOptions,
    ) -> Result<Option<usize>> {
        let transform = place::options(&self.info().grid, &how.transform);
        Ok(how.overview.choose(self, to, how.resampling, &transform)?.1)
    }

    /// Returns what [`Raster::warp`] does; its pixels are counted in `tally`.
    pub(in crate::ops) fn warp_counted(
        &self,
        to: Grid,
        how: &WarpOptions,
        tally: &Arc<Tally>,
    ) -> Result<Self> {
        let info = self.info();
        if to == info.grid && how.nodata.is_none() {
            return Ok(self.clone());
        }
        check_fits(how.nodata, info)?;
        if to.size.pixels() == 0 {
            return Err(Error::usage("the grid to warp to")
                .expected("at least one pixel")
                .found(format!("{} x {}", to.size.width, to.size.height)));
        }
        if info.dtype.is_complex() && info.bands > u16::MAX / 2 {
            return Err(Error::unsupported("warping so many complex bands")
                .expected("at most 32767")
                .found(info.bands));
        }
        // In its own system an image is another of its pixels, wherever it lies.
        let own = to.crs == info.grid.crs;
        let is_placed = own || info.grid.crs.as_ref().is_none_or(Crs::is_image);
        if !is_placed && info.grid.transform == GeoTransform::IDENTITY {
            let (what, hint) = match (&info.metadata.gcps, &info.metadata.rpc) {
                (Some(_), _) => ("ground control points", "swath warp or Raster::locate places it"),
                (_, Some(_)) => ("rational polynomials", "swath warp or Raster::locate places it"),
                _ => ("nothing", "the file has no GeoTransform: give it one first"),
            };
            return Err(Error::unsupported(format!("warping an image placed by {what}"))
                .expected("one placed by a GeoTransform")
                .hint(hint));
        }
        let keeps_colors = matches!(how.resampling, Resampling::Near | Resampling::Mode);
        if matches!(info.colors, Colors::Palette(_)) && !keeps_colors {
            return Err(Error::usage(format!("resampling {}", how.resampling))
                .expected("near or mode, for the samples are indices into a colour table")
                .hint("the mean of two indices is a third colour"));
        }
        if info.dtype.is_complex() && !how.resampling.takes_complex() {
            return Err(Error::usage(format!("resampling {} of complex samples", how.resampling))
                .expected("near, a kernel, average, sum or area")
                .hint("complex numbers have no order; resample their parts or magnitudes"));
        }
        let has_opacity = info.alpha == Some(Alpha::Straight) && info.bands > 1;
        if has_opacity && how.resampling == Resampling::Sum {
            return Err(Error::usage("resampling sum of colours under opacity")
                .expected("average or area")
                .hint("a sum is of amounts, which opacity says nothing of"));
        }
        // That of the image, whichever overview is read.
        let transform = place::options(&info.grid, &how.transform);
        let (input, _) = how.overview.choose(self, &to, how.resampling, &transform)?;
        let map = PixelMap::with_options(&to, &input.info().grid, how.max_error, &transform)?;
        // Every kernel gives the samples themselves at their centres; this one
        // does so without rounding, and without spreading NaN.
        let resampling = if map.shift().is_some() { Resampling::Near } else { how.resampling };
        // What ties pixels of the source to the ground is not true of these.
        let metadata = Metadata {
            gcps: None,
            rpc: None,
            pixel_is_point: false,
            ..without_statistics(&info.metadata)
        };
        let info = Info {
            grid: to,
            chunk: Size::new(CELL, CELL),
            metadata: Arc::new(metadata),
            nodata: how.nodata.or(info.nodata),
            masked: if how.nodata.is_some() { Masked::No } else { info.masked },
            ..info.clone()
        };
        let form = match resampling {
            Resampling::Near => Form::Plain,
            _ if info.dtype.is_complex() => Form::Parts,
            _ if has_opacity && resampling.picks() => Form::Seen,
            _ if has_opacity => Form::Weighted,
            _ => Form::Plain,
        };
        let (read, size) = (input.info().grid.size, info.grid.size);
        let (from, to) = ((read.width, read.height), (size.width, size.height));
        tracing::debug!(?from, ?to, %resampling, shifted = map.shift().is_some(), "warp");
        let (unified, tally) = (how.unified, tally.clone());
        Ok(Self::new(Warp { input, info, map, resampling, form, unified, tally }))
    }

    /// Returns this raster in another coordinate system, on the grid that
    /// gdalwarp would choose ([`GridRequest`] asks for others).
    ///
    /// # Errors
    /// Those of [`GridRequest::grid`] and [`Raster::warp`].
    pub fn warp_to(&self, to: Crs, how: &WarpOptions) -> Result<Self> {
        let request = GridRequest { transform: how.transform.clone(), ..GridRequest::new(to) };
        self.warp(request.grid(&self.info().grid)?, how)
    }
}

/// The source bytes beyond which a window is made in parts.
const LARGE: u64 = 32 << 20;
/// The source bytes up to which a window is never made in parts.
const SMALL: u64 = 1 << 20;

#[derive(Debug)]
struct Warp {
    input: Raster,
    info: Info,
    map: PixelMap,
    resampling: Resampling,
    form: Form,
    unified: Unified,
    tally: Arc<Tally>,
}

/// A part of the output that is made from one window of the source; from none
/// if all of it is invalid.
#[derive(Debug, Clone, Copy)]
struct Step {
    part: Window,
    need: Option<Window>,
}

impl Source for Warp {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let mut saturated = 0;
        match self.formed() {
            None => {
                saturated += self.fill(out, cx)?;
                if self.form == Form::Seen {
                    show_unseen(out);
                }
            }
            Some((bands, dtype)) => {
                let mut made = Buffer::new(cx.pool, out.window(), bands, dtype);
                saturated += self.fill(&mut made, cx)?;
                if self.form == Form::Parts {
                    out.set_complex_parts(&made);
                } else {
                    saturated += unweigh(&made, self.resampling, opaque(self.info.dtype), out);
                }
            }
        }
        if !cx.trial {
            self.tally.add(out, saturated);
        }
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let Some(window) = window.intersection(self.info.grid.size.window()) else { return 0 };
        let cells: Vec<Cell> = self.map.cells(window).collect();
        let needs = self.steps(&cells, window).into_iter().filter_map(|step| step.need);
        let bytes = needs.map(|need| {
            self.bytes(need)
                + self.input.source().footprint(need)
                + Cover::bytes_for(self.resampling, need, self.working().bytes())
        });
        // Coordinates and taps of one run, and the cells.
        let leaves: usize = cells.iter().map(|cell| cell.leaves().len()).sum();
        bytes.max().unwrap_or(0)
            + self.working_bytes(window)
            + (size_of::<Rows<'_>>() + leaves * size_of::<Leaf>()) as u64
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        let Some(window) = window.intersection(self.info.grid.size.window()) else { return };
        let cells: Vec<Cell> = self.map.cells(window).collect();
        for need in self.steps(&cells, window).into_iter().filter_map(|step| step.need) {
            self.input.source().needs(need, tell);
        }
    }
}

impl Warp {
    /// Returns the bands and type of the form, if not the raster's own.
    fn formed(&self) -> Option<(u16, DataType)> {
        match self.form {
            Form::Parts => Some((2 * self.info.bands, self.info.dtype.part())),
            Form::Weighted => Some((self.info.bands, DataType::F64)),
            Form::Plain | Form::Seen => None,
        }
    }

    /// Returns the type that is worked in.
    fn working(&self) -> DataType {
        self.how().working(self.formed().map_or(self.info.dtype, |(_, dtype)| dtype))
    }

    /// Returns the bytes that a window takes beside its own: in its form, and in the type that is
    /// worked in.
    fn working_bytes(&self, window: Window) -> u64 {
        let own = (self.info.bands, self.info.dtype);
        let formed = self.formed().unwrap_or(own);
        let working = (formed.0, self.working());
        let bytes = |(bands, dtype), beside| {
            if (bands, dtype) == beside { 0 } else { Buffer::bytes_for(window, bands, dtype) }
        };
        bytes(formed, own) + bytes(working, formed)
    }

    /// Returns how the bands that are worked on are resampled.
    fn how(&self) -> Resampling {
        match (self.form, self.resampling) {
            // The root is drawn when squares are divided by opacity.
            (Form::Weighted, Resampling::Rms) => Resampling::Average,
            (_, how) => how,
        }
    }

    /// Reads a window of the input, in the form and type that are worked on.
    fn source(&self, need: Window, cx: &Context<'_>) -> Result<Buffer> {
        let mut source = cx.read(&self.input, need)?;
        self.unified.unify(self.input.info(), &mut source);
        let formed = match self.form {
            Form::Plain => source,
            Form::Parts => source.complex_parts(cx.pool).unwrap_or(source),
            Form::Weighted => weigh(&source, self.resampling, cx.pool),
            Form::Seen => {
                let colors = source.bands() - 1;
                hide_unseen(&mut source, colors);
                source
            }
        };
        if formed.dtype() == self.working() {
            return Ok(formed);
        }
        let mut widened = Buffer::new(cx.pool, need, formed.bands(), self.working());
        convert_all(&formed, &mut widened);
        Ok(widened)
    }

    /// Fills all of `out`, in the form that is worked on; returns how many samples
    /// did not fit their type.
    fn fill(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<u64> {
        if out.dtype() == self.working() {
            return self.resample(out, cx);
        }
        let mut made = Buffer::new(cx.pool, out.window(), out.bands(), self.working());
        Ok(self.resample(&mut made, cx)? + convert_all(&made, out))
    }

    /// Fills all of `out`, in the form and type that are worked on; returns how many
    /// samples did not fit their type.
    fn resample(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<u64> {
        out.invalidate();
        let window = out.window().intersection(self.info.grid.size.window());
        let cells: Vec<Cell> = window.into_iter().flat_map(|own| self.map.cells(own)).collect();
        let steps = window.map_or(Vec::new(), |own| self.steps(&cells, own));
        // Pixels that no step reaches are invalid, and 0 whatever memory they lie in.
        if reached(&cells, &steps) < out.window().pixels() {
            for band in 0..out.bands() {
                out.plane_bytes_mut(band).fill(0);
            }
        }
        cells.iter().for_each(|cell| self.tally.meet_error(cell.max_error()));
        let mut rows = Rows::new(self);
        let (mut all_valid, mut saturated) = (window == Some(out.window()), 0);
        for step in steps {
            let Some(need) = step.need else {
                all_valid = false;
                continue;
            };
            let source = self.source(need, cx)?;
            for leaf in cells.iter().flat_map(Cell::leaves) {
                if let Some(part) = leaf.window().intersection(step.part) {
                    let outcome = rows.fill(leaf, part, &source, out);
                    all_valid &= outcome.all_valid;
                    saturated += u64::from(outcome.saturated);
                }
            }
        }
        if all_valid {
            out.validate();
        }
        Ok(saturated)
    }

    /// Returns the bytes of a source window, all that is made of it included.
    fn bytes(&self, need: Window) -> u64 {
        Buffer::bytes_for(need, self.info.bands, self.info.dtype) + self.working_bytes(need)
    }

    /// Divides an output window into parts whose source windows are not too large.
    fn steps(&self, cells: &[Cell], window: Window) -> Vec<Step> {
        let mut steps = Vec::new();
        self.divide(cells, window, &mut steps);
        steps
    }

    /// Adds the steps of one part: a single one if its source window is small,
    /// or neither large nor much larger than its leaves' own together (as where a
    /// seam sends neighbours to both ends of the source); else those of its parts.
    fn divide(&self, cells: &[Cell], part: Window, steps: &mut Vec<Step>) {
        let (mut need, mut separate) = (None::<Window>, 0);
        for leaf in cells.iter().flat_map(Cell::leaves) {
            let radius = f64::from(self.resampling.radius());
            let source = self.input.info().grid.size;
            if let Some(own) = leaf.source_window(part, radius, source) {
                separate += self.bytes(own);
                need = Some(need.map_or(own, |all| all.union(own)));
            }
        }
        let bytes = need.map_or(0, |need| self.bytes(need));
        let fits = bytes <= SMALL || bytes <= LARGE && bytes / 4 <= separate;
        if fits || part.pixels() <= 1 {
            steps.push(Step { part, need });
            return;
        }
        // Cut at the roundest column and row inside, so that parts end at cells
        // and leaves first.
        let cut = |start: i64, end: i64| {
            let differ = start ^ (end - 1);
            let round = differ.checked_ilog2().map(|bit| ((end - 1) >> bit) << bit);
            [(start, round.unwrap_or(end)), (round.unwrap_or(end), end)]
        };
        for (top, bottom) in cut(part.row, part.row_end()) {
            for (left, right) in cut(part.col, part.col_end()) {
                if top < bottom && left < right {
                    let (width, height) = ((right - left) as u32, (bottom - top) as u32);
                    self.divide(cells, Window::new(left, top, width, height), steps);
                }
            }
        }
    }
}

/// Returns how many pixels some steps write: parts do not overlap, nor do leaves.
fn reached(cells: &[Cell], steps: &[Step]) -> u64 {
    let steps = steps.iter().filter(|step| step.need.is_some());
    let leaves = || cells.iter().flat_map(Cell::leaves).filter(|leaf| leaf.scale().is_some());
    let parts = steps.flat_map(|s| leaves().filter_map(|leaf| leaf.window().intersection(s.part)));
    parts.map(Window::pixels).sum()
}

/// The scratch of one read: coordinates and taps of one run of pixels.
struct Rows<'a> {
    warp: &'a Warp,
    segment: Segment,
    cover: Cover,
    quads: Quads,
    x: [f64; Segment::MAX],
    y: [f64; Segment::MAX],
    footprint_x: [f64; Segment::MAX],
    footprint_y: [f64; Segment::MAX],
}

impl<'a> Rows<'a> {
    fn new(warp: &'a Warp) -> Self {
        let zeros = [0.0; Segment::MAX];
        Self {
            warp,
            segment: Segment::new(),
            cover: Cover::new(),
            quads: Quads::default(),
            x: zeros,
            y: zeros,
            footprint_x: zeros,
            footprint_y: zeros,
        }
    }

    /// Fills the pixels of `part`, which lies in a leaf and in `out`; returns
    /// what became of them. A row of a leaf is one run: no wider than a cell.
    fn fill(&mut self, leaf: &Leaf, part: Window, source: &Buffer, out: &mut Buffer) -> Outcome {
        let Some(scale) = leaf.scale() else {
            return Outcome { all_valid: false, ..Outcome::ALL_VALID };
        };
        let how = self.warp.how();
        // Decided by bounds that hold for the whole leaf, whatever is asked of it.
        let minifies = how.minifies(scale.x.max.max(scale.y.max));
        let to = out.window();
        let mut outcome = Outcome::ALL_VALID;
        for row in part.row..part.row_end() {
            let start = (row - to.row) as usize * to.width as usize + (part.col - to.col) as usize;
            let run = start..start + part.width as usize;
            self.locate(leaf, row, part.col..part.col_end(), minifies, source.window());
            for band in 0..out.bands() {
                dispatch!(out.dtype(), T => {
                    let (plane, valid) = out.plane_and_valid_mut::<T>(band);
                    if let Some(valid) = valid {
                        let (plane, valid) = (&mut plane[run.clone()], &mut valid[run.clone()]);
                        let source = Plane::of(source, band);
                        outcome += if how.is_summary() {
                            self.cover.gather(source, plane, valid)
                        } else {
                            self.segment.gather(source, plane, valid)
                        };
                    }
                });
            }
            if how.is_kernel() {
                let unified = self.warp.unified;
                outcome.all_valid &= unified.keep_gaps(&self.segment, source, run, out);
            }
        }
        outcome
    }

    /// Works out where some pixels of a row lie in a source window.
    fn locate(&mut self, leaf: &Leaf, row: i64, cols: Range<i64>, minifies: bool, window: Window) {
        let Warp { map, input, .. } = self.warp;
        let (how, raster) = (self.warp.how(), input.info().grid.size);
        let len = (cols.end - cols.start) as usize;
        if how.is_summary() {
            map.quad_row(leaf, row, cols, how.is_exact_cover(), &mut self.quads);
            return self.cover.locate(how, raster, window, &self.quads, len);
        }
        let (x, y) = (&mut self.x[..len], &mut self.y[..len]);
        map.row(leaf, row, cols.clone(), x, y);
        let (fx, fy) = (&mut self.footprint_x[..len], &mut self.footprint_y[..len]);
        if minifies {
            map.scale_row(leaf, row, cols, fx, fy);
        }
        let footprints = minifies.then_some(Footprints { x: fx, y: fy });
        self.segment.locate(how, raster, window, Positions { x, y, footprints });
    }
}
