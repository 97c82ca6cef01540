//! The verb [`Raster::contour`](crate::Raster::contour): lines of equal height.

use std::collections::{HashMap, VecDeque};

use geo::{Coord, LineString};

use super::held::Held;
use crate::engine::{Encode, Engine, EngineOptions, Observer, Sink, Tile, Tiling};
use crate::kernel::{Contours, Crossing, Levels, Stretch, TooMany, contour, widen};
use crate::raster::{Buffer, Context, GeoTransform, Info, Point, Raster, Size, Window};
use crate::{Error, Result};

/// A line of equal height.
#[derive(Debug, Clone, PartialEq)]
pub struct Contour {
    /// Its height.
    pub level: f64,
    /// Its course, in the coordinates of the raster; one that closes ends where it begins. On
    /// a grid with north up, higher ground lies on its right.
    pub line: LineString<f64>,
}

/// What takes the lines, one after another.
type Emit<'a> = dyn FnMut(Contour) -> Result<()> + 'a;

/// Lines are found in tiles of so many pixels, counted from the raster's top left corner,
/// whatever the engine's tiles: they then come in the same order for all.
const TILE: Size = Size::new(128, 128);

impl Raster {
    /// Finds the contours of a band (from 0) and gives them to `emit`: marching squares through
    /// the centres of pixels, as gdal_contour has them (see [`contour`]). Lines end at the edge
    /// of the raster and half a pixel before the centre of a missing one. A point that is not
    /// higher than a level but only as high belongs to what is higher; a closed line round no
    /// area (on a summit or along a ridge that just reaches the level) is left out.
    ///
    /// Lines come in the order in which the tiles of 128 x 128 pixels that end them come, those
    /// of one tile by level and first point. Closed ones begin with their first point from the
    /// top, then from the left. None of it depends on threads, memory or the shape of the
    /// engine's tiles. Memory is held for lines that have not ended yet, 16 bytes a point.
    /// Samples are computed with as `f64`: whole numbers beyond 2^53 lose digits, and infinite
    /// ones count as missing.
    ///
    /// # Errors
    /// [`Error::Usage`] if there is no such band, pixels have no area or the levels make no
    /// sense (an interval that is not positive, a level that is no number, or none);
    /// [`Error::Unsupported`] if samples are complex; [`Error::Limit`] if there are more than
    /// 100000 levels between two pixels, or lines in one tile that take more than a sixteenth of
    /// the engine's memory (four a pixel always find room), or lines take more than half of the engine's memory;
    /// those of `emit`, and whatever keeps a pixel from being made.
    pub fn contour(
        &self,
        band: u16,
        levels: &Levels,
        engine: &Engine,
        emit: &mut Emit<'_>,
        observer: &mut dyn Observer,
    ) -> Result<()> {
        let info = self.info();
        if info.dtype.is_complex() {
            return Err(Error::unsupported("contours of complex samples").found(info.dtype));
        }
        let transform = info.grid.transform;
        if transform.inverse().is_none() {
            return Err(Error::usage("the grid of the raster").expected("pixels with an area"));
        }
        let levels = &sound(levels)?;
        let input = self.select_bands(&[band])?;
        let held = Held::new(engine);
        let size = info.grid.size;
        // Whatever the number of workers: what is refused by one is by all.
        let share = engine.options().memory / 16 / SEGMENT;
        let most = share.max(TILE.pixels() * USUAL) as usize;
        let weaving =
            Weaving { levels, size, most, held: &held, transform, woven: Woven::default(), emit };
        engine.run(&input, weaving, observer)
    }
}

/// Checks levels; puts those of a list in order, each once.
fn sound(levels: &Levels) -> Result<Levels> {
    match levels {
        Levels::Every { interval, base } => {
            if !(*interval > 0.0 && interval.is_finite() && base.is_finite()) {
                return Err(Error::usage("levels")
                    .expected("an interval above 0, and a base that is a number")
                    .found(format!("{interval}, {base}")));
            }
            Ok(levels.clone())
        }
        Levels::These(list) => {
            if list.is_empty() || !list.iter().all(|level| level.is_finite()) {
                return Err(Error::usage("levels")
                    .expected("one number or more")
                    .found(format!("{list:?}")));
            }
            // Adding 0 makes the two zeros one.
            let mut sorted: Vec<f64> = list.iter().map(|level| level + 0.0).collect();
            sorted.sort_unstable_by(f64::total_cmp);
            sorted.dedup();
            Ok(Levels::These(sorted))
        }
    }
}

/// The bytes that a segment of a line takes in work: itself and what follows it, and its points,
/// each in a vector that may be half empty.
const SEGMENT: u64 = 2 * 16 + 4 + 2 + 2 * 16 + 20;

/// The segments for each pixel that there is always room for.
const USUAL: u64 = 4;

struct Tracer<'a> {
    levels: &'a Levels,
    size: Size,
    most: usize,
    held: &'a Held,
}

impl Tracer<'_> {
    /// The cells of a tile: those at its pixels' upper left corners, and the last ones of the
    /// raster.
    fn cells(&self, window: Window) -> Window {
        let last = |end: i64, all: u32| u32::from(end == i64::from(all));
        Window {
            width: window.width + last(window.col_end(), self.size.width),
            height: window.height + last(window.row_end(), self.size.height),
            ..window
        }
    }
}

impl Encode for Tracer<'_> {
    type Packet = Contours;

    fn window(&self, tile: Tile) -> Window {
        let Window { col, row, width, height } = self.cells(tile.window);
        Window::new(col - 1, row - 1, width + 1, height + 1)
    }

    fn encode(&self, tile: Tile, pixels: Buffer, _cx: &Context<'_>) -> Result<Contours> {
        let window = pixels.window();
        let mut samples = vec![f64::NAN; window.pixels() as usize];
        let rows = samples.chunks_mut(window.width as usize);
        for (row, line) in (window.row..).zip(rows) {
            widen(&pixels, 0, window.col, row, line);
        }
        for sample in samples.iter_mut().filter(|sample| sample.is_infinite()) {
            *sample = f64::NAN;
        }
        drop(pixels);
        let found = contour(self.cells(tile.window), &samples, self.levels, self.most);
        found.map_err(|what| match what {
            TooMany::Levels => Error::limit("levels between two pixels")
                .expected("at most 100000, and numbers large enough to tell them apart")
                .hint("choose a larger interval"),
            TooMany::Lines => Error::limit("lines in one tile of 128 x 128 pixels")
                .expected(format!("at most {} crossings between pixels", self.most))
                .hint("choose a larger interval, or allow more memory"),
        })
    }

    fn footprint(&self, window: Window) -> u64 {
        window.pixels() * 8 + self.most as u64 * SEGMENT
    }

    fn held(&self) -> u64 {
        self.held.bytes()
    }
}

/// A line that goes on in tiles that have not come yet, at one end or both.
#[derive(Debug)]
struct Open {
    level: i64,
    from: Crossing,
    to: Crossing,
    points: VecDeque<Point>,
}

/// Lines that have not ended yet.
#[derive(Debug, Default)]
struct Woven {
    lines: HashMap<u64, Open>,
    /// The line that begins, or ends, at a crossing where it goes on.
    begins: HashMap<(i64, Crossing), u64>,
    ends: HashMap<(i64, Crossing), u64>,
    next: u64,
    /// The points of all.
    points: u64,
}

/// A whole line: its level, its points.
type Whole = (i64, Vec<Point>);

impl Woven {
    /// Adds a part of a line; returns the line if that makes it whole.
    fn add(&mut self, stretch: &Stretch, points: &[Point]) -> Option<Whole> {
        let level = stretch.level;
        let Some((from, to)) = stretch.ends else { return Some((level, points.to_vec())) };
        let mut line = Open { level, from, to, points: points.iter().copied().collect() };
        // What leads here comes before it, what leads on from its end after it.
        if let Some(before) = self.ends.remove(&(level, from)).and_then(|n| self.take(n)) {
            line = join(before, line);
        }
        if line.from == line.to {
            return Some((level, line.points.into()));
        }
        if let Some(after) = self.begins.remove(&(level, to)).and_then(|n| self.take(n)) {
            line = join(line, after);
        }
        if line.from == line.to || !line.from.goes_on() && !line.to.goes_on() {
            return Some((level, line.points.into()));
        }
        let number = self.next;
        self.next += 1;
        if line.from.goes_on() {
            self.begins.insert((level, line.from), number);
        }
        if line.to.goes_on() {
            self.ends.insert((level, line.to), number);
        }
        self.points += line.points.len() as u64;
        self.lines.insert(number, line);
        None
    }

    /// Takes a line out, to be joined with another.
    fn take(&mut self, number: u64) -> Option<Open> {
        let line = self.lines.remove(&number)?;
        self.points -= line.points.len() as u64;
        self.begins.remove(&(line.level, line.from));
        self.ends.remove(&(line.level, line.to));
        Some(line)
    }

    /// The bytes it takes; deques and maps may be half empty.
    fn bytes(&self) -> u64 {
        let line = size_of::<Open>() + 2 * size_of::<((i64, Crossing), u64)>();
        2 * (self.points * size_of::<Point>() as u64 + (self.lines.len() * line) as u64)
    }
}

/// Joins two lines; the shorter one is moved.
fn join(mut before: Open, mut after: Open) -> Open {
    // The point where they meet comes once.
    let meet = before.points.pop_back();
    if after.points.front() != meet.as_ref() {
        before.points.extend(meet);
    }
    let Open { level, from, .. } = before;
    let to = after.to;
    let points = if before.points.len() < after.points.len() {
        while let Some(point) = before.points.pop_back() {
            after.points.push_front(point);
        }
        after.points
    } else {
        before.points.append(&mut after.points);
        before.points
    };
    Open { level, from, to, points }
}

struct Weaving<'a> {
    levels: &'a Levels,
    size: Size,
    most: usize,
    held: &'a Held,
    transform: GeoTransform,
    woven: Woven,
    emit: &'a mut Emit<'a>,
}

impl Weaving<'_> {
    fn emit(&mut self, level: i64, points: Vec<Point>) -> Result<()> {
        let place = |pixel: Point| {
            let Point { x, y } = self.transform.apply(pixel);
            Coord { x, y }
        };
        let line = points.into_iter().map(place).collect();
        (self.emit)(Contour { level: self.levels.level(level), line })
    }
}

impl<'a> Sink for Weaving<'a> {
    type Encoder = Tracer<'a>;
    type Output = ();

    fn begin(&mut self, _info: &Info, _options: &EngineOptions) -> Result<(Tiling, Tracer<'a>)> {
        let Self { levels, size, most, held, .. } = *self;
        Ok((Tiling::new(size, TILE), Tracer { levels, size, most, held }))
    }

    fn put(&mut self, _tile: Tile, found: Contours) -> Result<()> {
        let mut whole: Vec<Whole> = Vec::new();
        for stretch in &found.stretches {
            let line = self.woven.add(stretch, &found.points[stretch.start..stretch.end]);
            whole.extend(line.and_then(tidy));
            self.held.note("lines that have not ended", self.woven.bytes(), 0)?;
        }
        let key = |point: &Point| (point.y, point.x);
        whole.sort_by(|(a, one), (b, other)| {
            let points = one.iter().map(key).zip(other.iter().map(key));
            let differ = points.map(|(a, b)| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
            a.cmp(b)
                .then(differ.into_iter().find(|o| o.is_ne()).unwrap_or(one.len().cmp(&other.len())))
        });
        whole.into_iter().try_for_each(|(level, points)| self.emit(level, points))
    }

    fn finish(self) -> Result<()> {
        if self.woven.lines.is_empty() {
            Ok(())
        } else {
            Err(Error::defect("lines without an end"))
        }
    }
}

/// Lets a closed line begin with its first point; `None` for one that is but a point or goes
/// round no area.
fn tidy((level, mut points): Whole) -> Option<Whole> {
    let (first, last) = (*points.first()?, *points.last()?);
    if points.len() < 2 {
        return None;
    }
    if first != last {
        return Some((level, points));
    }
    points.pop();
    let of = |at: usize| points[at % points.len()];
    let area: f64 = (1..points.len())
        .map(|at| {
            let (a, b) = (of(at), of(at + 1));
            (a.x - first.x) * (b.y - first.y) - (b.x - first.x) * (a.y - first.y)
        })
        .sum();
    if area == 0.0 {
        return None;
    }
    let key = |at: usize| [of(at).y, of(at).x, of(at + 1).y, of(at + 1).x];
    let least = (0..points.len()).min_by(|&a, &b| {
        let pairs = key(a).into_iter().zip(key(b)).map(|(a, b)| a.total_cmp(&b));
        pairs.into_iter().find(|o| o.is_ne()).unwrap_or(a.cmp(&b))
    })?;
    points.rotate_left(least);
    points.push(points[0]);
    Some((level, points))
}
