//! The verb [`Raster::polygonize`](crate::Raster::polygonize): regions as polygons.

use std::collections::HashMap;

use geo::MultiPolygon;

use super::merge::Merged;
use super::rings::Rings;
use super::tile::{Open, TILE, bits_at, labels_of, part, to_value};
use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::kernel::{Arc, Connect, Corner, Outlines, Side, outline};
use crate::ops::held::Held;
use crate::raster::{Buffer, Context, DataType, GeoTransform, Info, Raster, Size, Window};
use crate::vector::Value;
use crate::{Error, Result};

/// Connected pixels of equal value.
#[derive(Debug, Clone, PartialEq)]
pub struct Region {
    /// The value of its pixels.
    pub value: Value,
    /// Its outline, in the coordinates of the raster: more than one polygon where its pixels
    /// are connected by corners alone.
    pub shape: MultiPolygon<f64>,
}

/// What takes the regions, one after another.
type Emit<'a> = dyn FnMut(Region) -> Result<()> + 'a;

impl Raster {
    /// Finds the regions of a band (from 0) and gives them to `emit`, as gdal_polygonize does.
    ///
    /// Values are equal if they are exactly so, those of floats too; missing samples and NaN
    /// belong to no region. Rings turn where outlines do, and run along the sides of pixels;
    /// outer ones are counterclockwise and holes clockwise, and none touches itself: every
    /// polygon is valid. (Under [`Connect::Eight`] gdal_polygonize makes one ring of pixels
    /// that meet in a corner, which crosses itself there; here they are several polygons.)
    ///
    /// Regions come in the order in which the tiles of 256 x 256 pixels that end them come, and
    /// those of one tile by their first pixel; every polygon begins with its first pixel.
    /// None of it depends on threads, memory or the shape of the engine's tiles.
    ///
    /// The raster is read twice. Memory is held for the outlines of regions that are not
    /// complete yet: up to 32 bytes for each corner, and for the largest at once.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band or pixels have no area,
    /// [`Error::Unsupported`] if samples are complex, [`Error::Limit`] if outlines take more
    /// than half of the engine's memory; those of `emit`, and whatever keeps a pixel from
    /// being made.
    pub fn polygonize(
        &self,
        band: u16,
        connect: Connect,
        engine: &Engine,
        emit: &mut Emit<'_>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let input = real_band(self, band)?;
        let transform = self.info().grid.transform;
        if transform.inverse().is_none() {
            return Err(Error::usage("the grid of the raster").expected("pixels with an area"));
        }
        let pieces = Merged::find(&input, engine, Connect::Four, false, observer)?;
        let regions = match connect {
            Connect::Four => None,
            Connect::Eight => Some(Merged::find(&input, engine, connect, false, observer)?),
        };
        let merged = regions.as_ref().unwrap_or(&pieces);
        let mut left = vec![0u32; merged.roots().len()];
        merged.roots().iter().for_each(|&root| left[root as usize] += 1);
        let held = Held::new(engine);
        let shared = Shared { pieces: &pieces, regions: regions.as_ref(), held: &held };
        let assembly = Assembly {
            shared,
            transform,
            dtype: input.info().dtype,
            size: input.info().grid.size,
            left,
            growing: HashMap::new(),
            growing_bytes: 0,
            emit,
        };
        assembly.note(0)?;
        engine.run(&input, assembly, observer)
    }
}

/// Returns the band (from 0) of a raster as one of its own, if its values are numbers in order.
pub(super) fn real_band(raster: &Raster, band: u16) -> Result<Raster> {
    raster.info().check_real_band(band, "regions of")?;
    raster.select_bands(&[band])
}

/// What is known of the whole raster.
#[derive(Clone, Copy)]
struct Shared<'a> {
    /// What is connected by sides of pixels.
    pieces: &'a Merged,
    /// What is connected by corners too, if that is wanted.
    regions: Option<&'a Merged>,
    held: &'a Held,
}

struct Tracer<'a> {
    shared: Shared<'a>,
    size: Size,
}

/// What one tile has.
struct Traced {
    /// The regions that no other tile has a part of.
    whole: Rings,
    /// The values of the tile's regions, by their labels.
    bits: Vec<u64>,
    /// The others: the number in the raster and the value of each.
    open: Vec<(u32, u64)>,
    /// The pieces of their outlines.
    parts: Vec<Part>,
    corners: Vec<Corner>,
}

/// A piece of the outline of a region that other tiles have a part of.
struct Part {
    /// The number of the region in the raster.
    root: u32,
    /// The number of what is connected by sides there.
    piece: u64,
    arc: Arc,
}

/// Pieces that lie in one tile are numbered from here on.
const INNER: u64 = 1 << 32;

impl Encode for Tracer<'_> {
    type Packet = Traced;

    fn window(&self, tile: Tile) -> Window {
        let Window { col, row, width, height } = tile.window;
        Window::new(col - 1, row - 1, width + 2, height + 2)
    }

    fn encode(&self, tile: Tile, pixels: Buffer, cx: &Context<'_>) -> Result<Traced> {
        let (ids, _) = labels_of(&pixels, Connect::Four);
        let own = part(&pixels, tile.window, cx.pool);
        drop(pixels);
        let (labels, count) = labels_of(&own, Connect::Four);
        let Outlines { corners, arcs } = outline(tile.window, &ids, &labels);
        drop(ids);
        let open_pieces = Open::of(&labels, count, tile.window, self.size);
        let eight = self.shared.regions.map(|merged| {
            let (wide, count) = labels_of(&own, Connect::Eight);
            let open = Open::of(&wide, count, tile.window, self.size);
            (merged, wide, open)
        });
        // For each piece the place of a pixel of it, and its region.
        let mut places = vec![0; count as usize + 1];
        labels.iter().enumerate().rev().for_each(|(at, &label)| places[label as usize] = at);
        let region_of = |piece: u32| match &eight {
            Some((_, wide, _)) => wide[places[piece as usize]],
            None => piece,
        };
        let (merged, open) = match &eight {
            Some((merged, _, open)) => (*merged, open),
            None => (self.shared.pieces, &open_pieces),
        };
        let mut bits = vec![0; open.numbers.len()];
        let values = bits_at(&own, places.iter().copied());
        // A region's value is that of its first piece.
        for piece in (1..=count).rev() {
            bits[region_of(piece) as usize] = values[piece as usize];
        }
        let (mut whole, mut parts) = (Rings::default(), Vec::new());
        for arc in arcs {
            let label = region_of(arc.label);
            match open.numbers[label as usize] {
                0 => whole.add(label, arc.label, &corners[arc.start as usize..arc.end as usize]),
                number => {
                    let piece = match open_pieces.numbers[arc.label as usize] {
                        0 => INNER + tile.index * TILE.pixels() + u64::from(arc.label),
                        number => self.shared.pieces.root(tile.index, number).into(),
                    };
                    parts.push(Part { root: merged.root(tile.index, number), piece, arc });
                }
            }
        }
        whole.sort();
        let corners = if parts.is_empty() { Vec::new() } else { corners };
        let open = open.numbers.iter().zip(&bits).filter(|(number, _)| **number != 0);
        let open = open.map(|(&number, &bits)| (merged.root(tile.index, number), bits)).collect();
        Ok(Traced { whole, bits, open, parts, corners })
    }

    fn footprint(&self, window: Window) -> u64 {
        // Three labellings with what they take, the samples again, and at worst an outline
        // round each pixel: four corners, its piece, its ring, its value.
        window.pixels() * (3 * 8 + 9 + 2 * 32 + 40 + 24 + 16)
    }

    fn held(&self) -> u64 {
        self.shared.held.bytes()
    }
}

/// The outline of a region so far.
#[derive(Debug, Default)]
struct Growing {
    corners: Vec<Corner>,
    pieces: Vec<Grown>,
}

/// A piece of it: what it belongs to, its corners, its ends.
#[derive(Debug, Clone, Copy)]
struct Grown {
    piece: u64,
    start: usize,
    end: usize,
    ends: Option<(Side, Side)>,
}

impl Growing {
    fn bytes(&self) -> u64 {
        let pieces = self.pieces.capacity() * size_of::<Grown>();
        // What a map takes for it, too.
        (self.corners.capacity() * size_of::<Corner>() + pieces + 2 * size_of::<Self>()) as u64
    }

    fn add(&mut self, part: &Part, corners: &[Corner]) {
        let start = self.corners.len();
        self.corners.extend(&corners[part.arc.start as usize..part.arc.end as usize]);
        let (piece, end, ends) = (part.piece, self.corners.len(), part.arc.ends);
        self.pieces.push(Grown { piece, start, end, ends });
    }

    /// Makes the rings of it; its number is 0.
    fn close(mut self) -> Rings {
        // Which tile a piece came from first is the same in every run.
        self.pieces.sort_by_key(|part| part.piece);
        let mut rings = Rings::default();
        for (number, parts) in (0..).zip(self.pieces.chunk_by(|a, b| a.piece == b.piece)) {
            let mut open: Vec<(&[Corner], Side, Side)> = Vec::new();
            for part in parts {
                let corners = &self.corners[part.start..part.end];
                match part.ends {
                    None => rings.add(0, number, corners),
                    Some((first, next)) => open.push((corners, first, next)),
                }
            }
            rings.join(0, number, &open);
        }
        rings.rank_pieces();
        rings.sort();
        rings
    }
}

struct Assembly<'a> {
    shared: Shared<'a>,
    transform: GeoTransform,
    dtype: DataType,
    size: Size,
    /// For each region that may have parts in several tiles how many are still to come.
    left: Vec<u32>,
    growing: HashMap<u32, Growing>,
    growing_bytes: u64,
    emit: &'a mut Emit<'a>,
}

/// A region that a tile completes.
enum Complete {
    /// The rings of one that lies in it alone, and its label.
    Whole(std::ops::Range<usize>, u32),
    Grown(Growing, u64),
}

impl Assembly<'_> {
    /// Notes what is held, and `needs` bytes more for a moment.
    fn note(&self, needs: u64) -> Result<()> {
        let Shared { pieces, regions, held } = self.shared;
        let merged = pieces.bytes() + regions.map_or(0, Merged::bytes);
        let bytes = merged + self.left.len() as u64 * 4 + self.growing_bytes;
        held.note("the outlines of regions", bytes, needs)
    }

    fn emit(&mut self, rings: &Rings, range: std::ops::Range<usize>, bits: u64) -> Result<()> {
        let shape = rings.polygons(range, &self.transform);
        (self.emit)(Region { value: to_value(bits, self.dtype), shape })
    }
}

impl<'a> Sink for Assembly<'a> {
    type Encoder = Tracer<'a>;
    type Output = ();

    fn begin(&mut self, _info: &Info, _options: &EngineOptions) -> Result<(Tiling, Tracer<'a>)> {
        let tracer = Tracer { shared: self.shared, size: self.size };
        Ok((self.shared.pieces.tiling(), tracer))
    }

    fn put(&mut self, _tile: Tile, traced: Traced) -> Result<()> {
        let Traced { whole, bits, open, parts, corners } = traced;
        for part in &parts {
            let growing = self.growing.entry(part.root).or_default();
            let before = if growing.pieces.is_empty() { 0 } else { growing.bytes() };
            growing.add(part, &corners);
            self.growing_bytes += growing.bytes() - before;
        }
        self.note(0)?;
        let regions = whole.regions();
        let mut complete: Vec<(Corner, Complete)> =
            regions.map(|(label, first, range)| (first, Complete::Whole(range, label))).collect();
        for (root, bits) in open {
            let left = &mut self.left[root as usize];
            *left -= 1;
            if *left > 0 {
                continue;
            }
            if let Some(grown) = self.growing.remove(&root) {
                // The first of all corners is that of its first pixel.
                let first = grown.corners.iter().min().copied();
                let first = first.ok_or_else(|| Error::defect("an outline without corners"))?;
                complete.push((first, Complete::Grown(grown, bits)));
            }
        }
        complete.sort_by_key(|(first, _)| *first);
        for (_, region) in complete {
            match region {
                Complete::Whole(range, label) => self.emit(&whole, range, bits[label as usize])?,
                Complete::Grown(grown, bits) => {
                    // Its rings in order, and as polygons.
                    self.note(grown.corners.len() as u64 * 32)?;
                    self.growing_bytes -= grown.bytes();
                    let rings = grown.close();
                    self.emit(&rings, 0..rings.len(), bits)?;
                }
            }
        }
        self.note(0)
    }

    fn finish(self) -> Result<()> {
        Ok(())
    }
}
