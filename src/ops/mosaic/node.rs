//! The node, and which inputs a window needs.

use std::sync::Arc;

use geo::{AffineOps, AffineTransform, Coord, Intersects, Polygon, Rect};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::fold::{Keep, Sums, has_holes, median};
use super::{Footprint, Method, MosaicInput, MosaicOptions, blend, nodata, promoted};
use crate::crs::Crs;
use crate::ops::CastOptions;
use crate::ops::nodata::{check_fits, fill_missing};
use crate::ops::settled::without_statistics;
use crate::ops::warp::{CELL, Shift, Tally, WarpOptions, hide_unseen};
use crate::raster::{
    Buffer, ChunkKey, Colors, Context, DataType, GeoTransform, Grid, Info, Masked, Metadata, Need,
    Point, Raster, Shelf, Size, Source, Tell, Window, dispatch,
};
use crate::{Error, Result};

/// How many inputs on other pixels are kept ready to be warped.
const READY: usize = 256;
/// The bytes of samples of which medians are found at once.
const MEDIAN_BYTES: u64 = 16 << 20;

/// Many rasters as one: lazy as any raster, and what happened to its samples.
#[derive(Debug, Clone)]
pub struct Mosaic {
    /// The mosaic.
    pub raster: Raster,
    /// How many inputs lie in it.
    pub inputs: usize,
    /// How many of them are resampled.
    pub resampled: usize,
    /// The name of each input in it, and its raster if it is resampled.
    layers: Arc<[(String, Option<Raster>)]>,
    how: WarpOptions,
    made: Arc<Tally>,
    warped: Arc<Tally>,
}

impl Mosaic {
    /// Lays rasters on one another, in the order given. Nothing is read until the
    /// mosaic is, and of a window only the inputs that lie in it.
    ///
    /// Inputs whose pixels are those of the mosaic, displaced by whole ones, are
    /// copied sample by sample; others are warped ([`Raster::warp`]). Samples are of
    /// the smallest type that holds those of all inputs ([`promoted`]), and those of
    /// means, sums and counts as [`Method::dtype`] says. A sample that is missing
    /// (nodata, masked out) gives way to those below it, band by band; a pixel of no
    /// opacity gives way in all bands.
    ///
    /// Metadata and colours are those of the first input.
    ///
    /// # Errors
    /// [`Error::Usage`] if there are no inputs, or they differ in the number of bands,
    /// colours or opacity, if only some have a reference system, or if the method is
    /// not defined for such samples; those of [`Raster::warp`].
    pub fn new(inputs: Vec<MosaicInput>, options: &MosaicOptions) -> Result<Self> {
        let first = check(&inputs)?;
        let crs = options.grid.crs(&inputs);
        let mut prints = Vec::with_capacity(inputs.len());
        for MosaicInput { name, raster } in &inputs {
            let print = Footprint::of(&raster.info().grid, crs.as_ref(), &options.warp.transform);
            prints.push(print.map_err(|e| e.at_path(name))?);
        }
        let grid = options.grid.grid(&prints, crs.as_ref())?;
        let dtype = inputs.iter().map(|i| i.raster.info().dtype).fold(first.dtype, promoted);
        let (chooses, blends) = (options.method.chooses(), options.blend > 0.0);
        check_method(options, dtype, &first)?;
        let made = options.method.dtype(dtype);
        let info = Info {
            grid,
            dtype: made,
            nodata: nodata(&inputs, options, made),
            masked: if options.warp.nodata.is_none()
                && inputs.iter().any(|i| i.raster.info().masked != Masked::No)
            {
                Masked::Shared
            } else {
                Masked::No
            },
            colors: if chooses { first.colors.clone() } else { Colors::Gray },
            alpha: first.alpha.filter(|_| chooses),
            metadata: Arc::new(Metadata {
                gcps: None,
                rpc: None,
                ..without_statistics(&first.metadata)
            }),
            chunk: Size::new(CELL, CELL),
            ..first
        };
        check_fits(options.warp.nodata, &info)?;
        let halo = if blends { blend::reach(options.blend) } else { 0 };
        let mut stack = Stack {
            // Whole cells, so that the lattice of a warp lies where it would without.
            margin: halo.div_ceil(CELL) * CELL,
            halo,
            layers: Vec::new(),
            tree: RTree::new(),
            method: options.method,
            blend: options.blend,
            how: WarpOptions { nodata: None, ..options.warp.clone() },
            nodes: Shelf::new(READY),
            made: Arc::default(),
            warped: Arc::default(),
            info,
            once: false,
        };
        let mut resampled = 0;
        for (input, print) in inputs.into_iter().zip(prints) {
            let Some(layer) = Layer::new(input, &print, &stack.info.grid, dtype)? else { continue };
            resampled += usize::from(layer.shift.is_none());
            stack.layers.push(layer);
        }
        if let Some(at) = stack.layers.iter().position(|layer| layer.shift.is_none()) {
            // What is wrong with the options is wrong with all inputs.
            stack.node(at)?;
        }
        stack.settle_chunk();
        let items = stack.layers.iter().enumerate().map(|(at, layer)| layer.item(at));
        stack.tree = RTree::bulk_load(items.collect());
        Ok(Self {
            made: stack.made.clone(),
            warped: stack.warped.clone(),
            inputs: stack.layers.len(),
            layers: stack.layers.iter().map(Layer::source).collect(),
            how: stack.how.clone(),
            resampled,
            raster: Raster::new(stack),
        })
    }

    /// Returns the names of the inputs that lie in it, lowest first, and which overview of each is
    /// read; `None` for the image itself.
    ///
    /// # Errors
    /// [`Error::Usage`] if an input has no such overview as was asked for.
    pub fn sources(&self) -> Result<Vec<(&str, Option<usize>)>> {
        let grid = &self.raster.info().grid;
        let of = |(name, resampled): &'_ (String, Option<Raster>)| match resampled {
            Some(raster) => raster.overview_for(grid, &self.how).map_err(|e| e.at_path(name)),
            None => Ok(None),
        };
        self.layers.iter().map(|layer| Ok((layer.0.as_str(), of(layer)?))).collect()
    }

    /// Returns what counts the mosaic's samples as they are made.
    pub fn made(&self) -> &Tally {
        &self.made
    }

    /// Returns what counts those of inputs that are resampled.
    pub fn warped(&self) -> &Tally {
        &self.warped
    }
}

/// Fails if inputs do not fit together; returns what the first is.
fn check(inputs: &[MosaicInput]) -> Result<Info> {
    let Some(first) = inputs.first() else {
        return Err(Error::usage("inputs of a mosaic").expected("at least one").found("none"));
    };
    let info = first.raster.info();
    for MosaicInput { name, raster } in inputs {
        let own = raster.info();
        let differs = |what: &str, wanted: String, found: String| {
            let error = Error::usage(what).expected(format!("{wanted}, as in {}", first.name));
            Err(error.found(found).at_path(name))
        };
        if own.bands != info.bands {
            let hint = "select the same bands of all inputs first, with swath convert --bands";
            return differs("bands", info.bands.to_string(), own.bands.to_string())
                .map_err(|e: Error| e.hint(hint));
        }
        if own.alpha.is_some() != info.alpha.is_some() {
            let word = |has: bool| if has { "a band of opacity" } else { "none" };
            let (wanted, found) = (word(info.alpha.is_some()), word(own.alpha.is_some()));
            return differs("opacity", wanted.into(), found.into());
        }
        let palette = |info: &Info| matches!(info.colors, Colors::Palette(_));
        if (palette(own) || palette(info)) && own.colors != info.colors {
            let hint = "spell the colours out first, with swath convert --expand rgb";
            return differs("colour table", "the same".into(), "another".into())
                .map_err(|e: Error| e.hint(hint));
        }
        let is_placed = own.grid.crs.as_ref().is_none_or(Crs::is_image);
        if !is_placed && own.grid.transform == GeoTransform::IDENTITY {
            return Err(Error::unsupported("an input without a GeoTransform").at_path(name));
        }
    }
    Ok(info.clone())
}

fn check_method(options: &MosaicOptions, dtype: DataType, first: &Info) -> Result<()> {
    let method = options.method;
    let ordered = matches!(method, Method::First | Method::Last);
    if !(options.blend >= 0.0 && options.blend <= blend::MOST) {
        return Err(Error::usage("pixels to blend over")
            .expected(format!("0 to {}", blend::MOST))
            .found(options.blend));
    }
    if options.blend > 0.0 && !ordered {
        return Err(Error::usage(format!("blending with method {method}"))
            .expected("first or last")
            .hint("only what lies on top fades into what lies below"));
    }
    let counts = ordered && options.blend == 0.0 || method == Method::Count;
    if dtype.is_complex() && !counts {
        return Err(Error::usage(format!("method {method} of complex samples"))
            .expected("first, last or count, without blending"));
    }
    if matches!(first.colors, Colors::Palette(_)) && (!ordered || options.blend > 0.0) {
        return Err(Error::usage(format!("method {method} of indices into a colour table"))
            .expected("first or last, without blending")
            .hint("spell the colours out first, with swath convert --expand rgb"));
    }
    Ok(())
}

/// An input in its place.
#[derive(Debug)]
struct Layer {
    name: String,
    raster: Raster,
    /// The output pixels that it may fill.
    window: Window,
    /// Its edge in output pixels, and how far off that may be.
    edge: Option<(Polygon<f64>, f64)>,
    /// The displacement of its pixels, if they are the output's.
    shift: Option<Shift>,
}

/// What the tree holds: a layer's extent in output pixels, and its place in the stack.
type Item = GeomWithData<Rectangle<[f64; 2]>, usize>;

impl Layer {
    /// Finds where an input lies; `None` if nowhere in the mosaic.
    fn new(
        input: MosaicInput,
        print: &Footprint,
        to: &Grid,
        dtype: DataType,
    ) -> Result<Option<Self>> {
        let MosaicInput { name, raster } = input;
        let from = &raster.info().grid;
        let shift = Shift::between(to, from);
        let inverse = to.transform.inverse().ok_or_else(|| {
            Error::usage("the grid of the mosaic").expected("pixels with an area")
        })?;
        let window = match shift {
            Some(Shift { cols, rows }) => {
                Window::new(-cols, -rows, from.size.width, from.size.height)
            }
            None => around(print, inverse),
        };
        if window.intersection(to.size.window()).is_none() {
            return Ok(None);
        }
        let slack = slack(print, window);
        let t = inverse;
        let to_pixels = AffineTransform::new(
            t.pixel_width,
            t.row_rotation,
            t.origin_x,
            t.column_rotation,
            t.pixel_height,
            t.origin_y,
        );
        let edge = print.edge.as_ref().filter(|_| shift.is_none());
        let edge = edge.map(|edge| (edge.affine_transform(&to_pixels), slack));
        let own = raster.info().dtype;
        let raster = if own == dtype {
            raster
        } else {
            let how = CastOptions { dtype, scale: None, nodata: None };
            raster.cast(how).map_err(|e| e.at_path(&name))?.0
        };
        Ok(Some(Self { name, raster, window, edge, shift }))
    }

    /// Returns its name, and its raster if it is resampled.
    fn source(&self) -> (String, Option<Raster>) {
        (self.name.clone(), self.shift.is_none().then(|| self.raster.clone()))
    }

    fn item(&self, at: usize) -> Item {
        let w = self.window;
        let corners = ([w.col as f64, w.row as f64], [w.col_end() as f64, w.row_end() as f64]);
        GeomWithData::new(Rectangle::from_corners(corners.0, corners.1), at)
    }

    /// Whether pixels of a window may be this layer's.
    fn meets(&self, window: Window) -> bool {
        let Some(part) = self.window.intersection(window) else { return false };
        let Some((edge, slack)) = &self.edge else { return true };
        let corner = |x: i64, y: i64, by: f64| Coord { x: x as f64 + by, y: y as f64 + by };
        let rect = Rect::new(
            corner(part.col, part.row, -slack),
            corner(part.col_end(), part.row_end(), *slack),
        );
        edge.intersects(&rect)
    }
}

/// How far, in output pixels, a footprint may be off: its edge is straight between the
/// points looked at.
fn slack(print: &Footprint, window: Window) -> f64 {
    let side = f64::from(window.width.max(window.height));
    if print.exact { 2.0 } else { 2.0 + 0.01 * side }
}

/// The output pixels around a footprint, a few more than it may fill.
fn around(print: &Footprint, inverse: GeoTransform) -> Window {
    let b = print.grid.bounds();
    let corners = [(b.left, b.top), (b.right, b.top), (b.right, b.bottom), (b.left, b.bottom)]
        .map(|(x, y)| inverse.apply(Point { x, y }));
    let fold = |pick: fn(&Point) -> f64, least: fn(f64, f64) -> f64| {
        // Far beyond any raster, and still exact.
        let far = 2f64.powi(40);
        corners.iter().map(pick).reduce(least).unwrap_or(0.0).clamp(-far, far)
    };
    let (left, right) = (fold(|p| p.x, f64::min), fold(|p| p.x, f64::max));
    let (top, bottom) = (fold(|p| p.y, f64::min), fold(|p| p.y, f64::max));
    let more = if print.exact { 2.0 } else { 2.0 + 0.01 * (right - left).max(bottom - top) };
    let span = |low: f64, high: f64| {
        let start = (low - more).floor() as i64;
        let end = (high + more).ceil() as i64;
        (start, u32::try_from(end - start).unwrap_or(u32::MAX))
    };
    let ((col, width), (row, height)) = (span(left, right), span(top, bottom));
    Window::new(col, row, width, height)
}

#[derive(Debug)]
struct Stack {
    info: Info,
    layers: Vec<Layer>,
    tree: RTree<Item>,
    method: Method,
    blend: f64,
    /// How far beyond a window layers are read.
    halo: u32,
    /// How far beyond the mosaic layers are warped.
    margin: u32,
    how: WarpOptions,
    nodes: Shelf,
    made: Arc<Tally>,
    warped: Arc<Tally>,
    /// Whether every chunk of every layer lies in one of the mosaic's.
    once: bool,
}

impl Stack {
    /// Makes the chunks of the mosaic those of the layers, if those fall together.
    fn settle_chunk(&mut self) {
        let Some(first) = self.layers.first().map(|layer| layer.raster.info().chunk) else {
            return;
        };
        let falls = |layer: &Layer| {
            let (own, w) = (layer.raster.info().chunk, layer.window);
            own == first
                && layer.shift.is_some()
                && w.col.rem_euclid(own.width.into()) == 0
                && w.row.rem_euclid(own.height.into()) == 0
        };
        if self.halo == 0 && self.method != Method::Median && self.layers.iter().all(falls) {
            (self.info.chunk, self.once) = (first, true);
        }
    }

    /// Returns the layers that may have pixels in a window, lowest first.
    fn at(&self, window: Window) -> Vec<usize> {
        let low = [window.col as f64 + 0.25, window.row as f64 + 0.25];
        let high = [window.col_end() as f64 - 0.25, window.row_end() as f64 - 0.25];
        let found = self.tree.locate_in_envelope_intersecting(&AABB::from_corners(low, high));
        let mut found: Vec<usize> = found.map(|item| item.data).collect();
        found.retain(|&at| self.layers[at].meets(window));
        // The tree has an order of its own.
        found.sort_unstable();
        if self.method == Method::First {
            found.reverse();
        }
        found
    }

    /// Returns a layer that is resampled, seen through the mosaic's grid and its margin.
    fn node(&self, at: usize) -> Result<Raster> {
        let layer = &self.layers[at];
        let made = self.nodes.get(at as u64, || {
            let Size { width, height } = self.info.grid.size;
            let margin = i64::from(self.margin);
            let more = |side: u32| side.saturating_add(2 * self.margin);
            let window = Window::new(-margin, -margin, more(width), more(height));
            layer.raster.warp_counted(self.info.grid.crop(window), &self.how, &self.warped)
        });
        made.map_err(|e| e.at_path(&layer.name))
    }

    /// Returns the raster to read for a window of the mosaic, and the window there.
    fn source(&self, at: usize, window: Window) -> Result<(Raster, Window)> {
        let layer = &self.layers[at];
        Ok(match layer.shift {
            Some(Shift { cols, rows }) => {
                let moved = Window { col: window.col + cols, row: window.row + rows, ..window };
                (layer.raster.clone(), moved)
            }
            None => {
                let by = i64::from(self.margin);
                let moved = Window { col: window.col + by, row: window.row + by, ..window };
                (self.node(at)?, moved)
            }
        })
    }

    /// Reads a layer's pixels of a window of the mosaic.
    fn part(&self, at: usize, window: Window, cx: &Context<'_>) -> Result<Buffer> {
        let info = self.layers[at].raster.info();
        let mut pixels = Buffer::new(cx.pool, window, info.bands, info.dtype);
        self.read_layer(at, &mut pixels, cx)?;
        Ok(pixels)
    }

    /// Reads a layer's pixels of the window of `out`; those where it does not lie are missing.
    fn read_layer(&self, at: usize, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let own = out.window();
        let (raster, moved) = self.source(at, own)?;
        let cx = Context { once: cx.once && self.once, ..*cx };
        out.move_to(moved.col, moved.row);
        let read = cx.read_into(&raster, out);
        out.move_to(own.col, own.row);
        read.map_err(|e| e.at_path(&self.layers[at].name))?;
        if self.layers[at].raster.info().alpha.is_some() {
            // What nobody sees gives way in all bands.
            hide_unseen(out, out.bands());
        }
        Ok(())
    }

    /// Whether a layer, where it is the uppermost, is read as the whole window, be it missing from
    /// some of it, rather than copied into that.
    fn is_read_whole(&self, at: usize) -> bool {
        let ordered = matches!(self.method, Method::First | Method::Last);
        ordered && self.halo == 0 && self.layers[at].shift.is_some()
    }

    /// Has the cache know that a layer's pixels of a window, which [`Source::needs`] told of, are not
    /// read.
    fn forgo(&self, at: usize, window: Window, cx: &Context<'_>) -> Result<()> {
        if self.layers[at].shift.is_some() && cx.cache.expects() {
            let (raster, moved) = self.source(at, window)?;
            let mut keys = Unread(Vec::new());
            raster.source().needs(moved, &mut keys);
            cx.cache.forgo(keys.0);
        }
        Ok(())
    }

    /// Lays the layers on one another, the uppermost first, until nothing is missing.
    fn overlay(&self, layers: &[usize], out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let own = out.window();
        let (mut begun, mut ended) = (false, false);
        for &at in layers.iter().rev() {
            let Some(part) = self.layers[at].window.intersection(own) else { continue };
            if ended || begun && !has_holes(out, part) {
                self.forgo(at, part, cx)?;
                continue;
            }
            if !begun && (part == own || self.is_read_whole(at)) {
                self.read_layer(at, out, cx)?;
            } else {
                let pixels = self.part(at, part, cx)?;
                if !begun {
                    out.invalidate();
                }
                Keep::Own.fold(out, &pixels);
            }
            begun = true;
            ended = !has_holes(out, own);
            if ended {
                out.validate();
            }
        }
        if !begun {
            out.invalidate();
        }
        Ok(())
    }

    fn parts<'a>(
        &'a self,
        layers: &'a [usize],
        own: Window,
        cx: &'a Context<'_>,
    ) -> impl Iterator<Item = Result<Buffer>> + 'a {
        let parts = layers
            .iter()
            .filter_map(move |&at| Some((at, self.layers[at].window.intersection(own)?)));
        parts.map(move |(at, part)| self.part(at, part, cx))
    }

    /// Finds medians in strips of rows, so that the samples of all layers fit.
    fn medians(&self, layers: &[usize], out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let own = out.window();
        out.invalidate();
        let rows = self.median_rows(layers, own);
        let mut row = own.row;
        while row < own.row_end() {
            let height = rows.min((own.row_end() - row) as u32);
            let strip = Window { row, height, ..own };
            let parts = self.parts(layers, strip, cx).collect::<Result<Vec<_>>>()?;
            median(&parts, strip, out);
            row += i64::from(height);
        }
        Ok(())
    }

    fn median_rows(&self, layers: &[usize], own: Window) -> u32 {
        let row = Window { height: 1, ..own };
        let each = layers.iter().map(|&at| self.layers[at].raster.info());
        let bytes: u64 = each.map(|i| Buffer::bytes_for(row, i.bands, i.dtype)).sum();
        u32::try_from(MEDIAN_BYTES / bytes.max(1)).unwrap_or(u32::MAX).clamp(1, own.height.max(1))
    }

    fn blended(&self, layers: &[usize], out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let own = out.window();
        let mut all = blend::Blend::new(own, out.bands(), self.blend, cx.pool);
        for &at in layers {
            let Some(part) = self.layers[at].window.intersection(own) else { continue };
            let pixels = self.part(at, blend::grown(part, self.halo), cx)?;
            all.add(&pixels, part);
        }
        all.finish(out);
        Ok(())
    }
}

/// Chunks that are not read.
struct Unread(Vec<ChunkKey>);

impl Tell for Unread {
    fn tell(&mut self, need: Need) -> bool {
        self.0.push(need.key);
        true
    }

    fn may_read(&self) -> bool {
        false
    }
}

impl Source for Stack {
    fn info(&self) -> &Info {
        &self.info
    }

    fn read(&self, out: &mut Buffer, cx: &Context<'_>) -> Result<()> {
        let own = out.window();
        let layers = self.at(own);
        match self.method {
            // The same sample by sample as blending where one layer alone lies; what f64
            // has no room for must then be made in one way.
            Method::First | Method::Last
                if self.blend > 0.0 && (layers.len() > 1 || out.dtype().bytes() == 8) =>
            {
                self.blended(&layers, out, cx)?;
            }
            Method::First | Method::Last => self.overlay(&layers, out, cx)?,
            Method::Min | Method::Max => {
                let which = if self.method == Method::Min { Keep::Least } else { Keep::Most };
                out.invalidate();
                for part in self.parts(&layers, own, cx) {
                    which.fold(out, &part?);
                }
            }
            Method::Mean | Method::Sum | Method::Count => {
                let mut sums = Sums::new(own, out.bands(), cx.pool);
                for part in self.parts(&layers, own, cx) {
                    sums.add(&part?);
                }
                sums.finish(self.method, out);
            }
            Method::Median => self.medians(&layers, out, cx)?,
        }
        // Missing samples mean nothing, whatever memory they lie in.
        dispatch!(out.dtype(), T => fill_missing::<T>(None, out));
        out.invalidate_outside(self.info.grid.size.window());
        if !cx.trial {
            self.made.add(out, 0);
        }
        Ok(())
    }

    fn footprint(&self, window: Window) -> u64 {
        let layers = self.at(window);
        let part = |&at: &usize| {
            let layer = &self.layers[at];
            let part = blend::grown(layer.window.intersection(window)?, self.halo);
            let info = layer.raster.info();
            let (raster, moved) = self.source(at, part).ok()?;
            let own = Buffer::bytes_for(part, info.bands, info.dtype);
            Some(own + raster.source().footprint(moved))
        };
        let whole = |&at: &usize| {
            let (raster, moved) = self.source(at, window).ok()?;
            Some(raster.source().footprint(moved))
        };
        let uppermost = layers.last().filter(|&&at| self.is_read_whole(at));
        let most = layers.iter().filter_map(part).chain(uppermost.and_then(whole));
        let most = most.max().unwrap_or(0);
        let bands = self.info.bands;
        most + match self.method {
            Method::First | Method::Last if self.halo == 0 => 0,
            Method::Min | Method::Max => 0,
            Method::Median => {
                let row = Window { height: 1, ..window };
                let each = layers.iter().map(|&at| self.layers[at].raster.info());
                let bytes: u64 = each.map(|i| Buffer::bytes_for(row, i.bands, i.dtype)).sum();
                bytes.max(MEDIAN_BYTES.min(bytes * u64::from(window.height)))
            }
            _ => 2 * Buffer::bytes_for(window, bands, DataType::F64),
        }
    }

    fn needs(&self, window: Window, tell: &mut dyn Tell) {
        let layers = self.at(window);
        for (place, &at) in layers.iter().enumerate() {
            // To find out what one that is resampled needs, a map into it is made. For medians a
            // chunk is read once a strip.
            let is_known = self.layers[at].shift.is_some() && self.method != Method::Median;
            if !is_known && !tell.may_read() {
                continue;
            }
            let Some(part) = self.layers[at].window.intersection(window) else { continue };
            let is_whole = place + 1 == layers.len() && self.is_read_whole(at);
            let read = if is_whole { window } else { blend::grown(part, self.halo) };
            // What cannot be opened is told when it is read.
            if let Ok((raster, moved)) = self.source(at, read) {
                raster.source().needs(moved, tell);
            }
        }
    }
}
