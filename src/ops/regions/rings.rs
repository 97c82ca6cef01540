//! Rings of corners: from pieces of outlines to polygons.

use std::collections::HashMap;

use geo::{Coord, LineString, MultiPolygon, Polygon};

use crate::kernel::{Corner, Side};
use crate::raster::{GeoTransform, Point};

/// The rings of regions. None touches itself.
#[derive(Debug, Default)]
pub(super) struct Rings {
    corners: Vec<Corner>,
    list: Vec<Ring>,
}

/// One ring: from its first corner from the top (then from the left), the region on the right.
#[derive(Debug, Clone, Copy)]
struct Ring {
    region: u32,
    /// The part of the region that is connected by sides of pixels.
    piece: u32,
    is_hole: bool,
    start: u32,
    end: u32,
}

/// A ring of fewer corners touches itself nowhere.
const LEAST_TOUCHING: usize = 8;

impl Rings {
    /// Adds the outline that turns at these corners, as rings that do not touch themselves.
    pub(super) fn add(&mut self, region: u32, piece: u32, turns: &[Corner]) {
        let first = first_of(turns);
        let ring = turns[first..].iter().chain(&turns[..first]).copied();
        let twice = if turns.len() < LEAST_TOUCHING { Vec::new() } else { twice(turns) };
        if twice.is_empty() {
            return self.push(region, piece, ring);
        }
        // Each corner that comes again ends a ring that began with it.
        let mut stack: Vec<Corner> = Vec::new();
        let mut places: HashMap<Corner, usize> = HashMap::new();
        for corner in ring {
            if twice.binary_search(&corner).is_ok() {
                if let Some(&at) = places.get(&corner) {
                    stack[at + 1..].iter().for_each(|inner| {
                        places.remove(inner);
                    });
                    let part = stack.split_off(at);
                    let first = first_of(&part);
                    let ring = part[first..].iter().chain(&part[..first]).copied();
                    self.push(region, piece, ring);
                }
                places.insert(corner, stack.len());
            }
            stack.push(corner);
        }
        self.push(region, piece, stack.into_iter());
    }

    fn push(&mut self, region: u32, piece: u32, ring: impl Iterator<Item = Corner>) {
        let start = self.corners.len();
        self.corners.extend(ring);
        // Round a region one leaves its first corner to the right, round a hole downwards.
        let is_hole = match self.corners[start..] {
            [first, second, ..] => first.row != second.row,
            _ => false,
        };
        let (start, end) = (start as u32, self.corners.len() as u32);
        self.list.push(Ring { region, piece, is_hole, start, end });
    }

    /// Adds what pieces of an outline make together: the turns of each, its first side and
    /// the one that follows its last.
    pub(super) fn join(&mut self, region: u32, piece: u32, pieces: &[(&[Corner], Side, Side)]) {
        let starts: HashMap<Side, usize> =
            pieces.iter().enumerate().map(|(at, (_, first, _))| (*first, at)).collect();
        let mut done = vec![false; pieces.len()];
        let mut turns = Vec::new();
        for start in 0..pieces.len() {
            turns.clear();
            let mut next = Some(start);
            while let Some(at) = next.filter(|&at| !done[at]) {
                done[at] = true;
                turns.extend_from_slice(pieces[at].0);
                next = starts.get(&pieces[at].2).copied();
            }
            if !turns.is_empty() {
                self.add(region, piece, &turns);
            }
        }
    }

    /// Puts the rings in order: by region and piece, the outer one of each before its holes.
    pub(super) fn sort(&mut self) {
        let corners = &self.corners;
        self.list.sort_unstable_by_key(|ring| {
            (ring.region, ring.piece, ring.is_hole, corners[ring.start as usize])
        });
    }

    /// Renumbers pieces by their first corners, so that `sort` puts them in that order.
    pub(super) fn rank_pieces(&mut self) {
        let first = |ring: &Ring| self.corners[ring.start as usize];
        let outer = self.list.iter().filter(|ring| !ring.is_hole);
        let mut order: Vec<(Corner, u32)> = outer.map(|ring| (first(ring), ring.piece)).collect();
        order.sort_unstable();
        let ranks: HashMap<u32, u32> =
            (0..).zip(order).map(|(rank, (_, piece))| (piece, rank)).collect();
        for ring in &mut self.list {
            ring.piece = ranks.get(&ring.piece).copied().unwrap_or(u32::MAX);
        }
    }

    /// Returns the regions, after `sort`: the number of each, its first corner, and which rings
    /// it has.
    pub(super) fn regions(&self) -> impl Iterator<Item = (u32, Corner, std::ops::Range<usize>)> {
        let mut start = 0;
        self.list.chunk_by(|a, b| a.region == b.region).map(move |rings| {
            let range = start..start + rings.len();
            start = range.end;
            (rings[0].region, self.corners[rings[0].start as usize], range)
        })
    }

    /// Makes polygons of the rings of a region: outer rings counterclockwise in the plane of
    /// the transform (x to the right, y up), holes clockwise, as RFC 7946 has them.
    pub(super) fn polygons(
        &self,
        rings: std::ops::Range<usize>,
        transform: &GeoTransform,
    ) -> MultiPolygon<f64> {
        let t = transform;
        let mirrored = t.pixel_width * t.pixel_height - t.row_rotation * t.column_rotation < 0.0;
        let line = |ring: &Ring| -> LineString<f64> {
            let corners = &self.corners[ring.start as usize..ring.end as usize];
            let place = |corner: &Corner| {
                let pixel = Point { x: corner.col.into(), y: corner.row.into() };
                let Point { x, y } = transform.apply(pixel);
                Coord { x, y }
            };
            let first = corners.iter().take(1);
            // Outer rings are clockwise as one looks at rows and columns, and so on a map with
            // north up, where y grows upwards.
            if mirrored {
                first.clone().chain(corners[1..].iter().rev()).chain(first).map(place).collect()
            } else {
                corners.iter().chain(first).map(place).collect()
            }
        };
        let pieces = self.list[rings].chunk_by(|a, b| a.piece == b.piece);
        let polygon =
            |rings: &[Ring]| Polygon::new(line(&rings[0]), rings[1..].iter().map(line).collect());
        MultiPolygon::new(pieces.map(polygon).collect())
    }

    /// The number of rings.
    pub(super) fn len(&self) -> usize {
        self.list.len()
    }
}

/// The place of the first corner from the top, then from the left; of several visits to it the
/// one that goes on to the lesser corner.
fn first_of(turns: &[Corner]) -> usize {
    let next = |at: usize| turns[(at + 1) % turns.len()];
    (0..turns.len()).min_by_key(|&at| (turns[at], next(at))).unwrap_or(0)
}

/// The corners that come more than once, in order.
fn twice(turns: &[Corner]) -> Vec<Corner> {
    let mut sorted = turns.to_vec();
    sorted.sort_unstable();
    let pairs = sorted.windows(2).filter(|pair| pair[0] == pair[1]);
    let mut twice: Vec<Corner> = pairs.map(|pair| pair[0]).collect();
    twice.dedup();
    twice
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, Validation};

    fn corners(of: &[(u32, u32)]) -> Vec<Corner> {
        of.iter().map(|&(col, row)| Corner { row, col }).collect()
    }

    #[test]
    fn an_outline_that_touches_itself_is_two_rings() {
        // A frame of 3 x 3 pixels that lacks its middle and its last: they meet in (2, 2).
        let turns =
            [(0, 0), (3, 0), (3, 2), (2, 2), (2, 1), (1, 1), (1, 2), (2, 2), (2, 3), (0, 3)];
        for shift in 0..turns.len() {
            let mut turned = corners(&turns);
            turned.rotate_left(shift);
            let mut rings = Rings::default();
            rings.add(1, 1, &turned);
            rings.sort();
            let (_, first, range) = rings.regions().next().expect("one");
            let transform = GeoTransform::north_up(0.0, 0.0, 1.0, 1.0);
            let shape = rings.polygons(range, &transform);
            assert_eq!(first, Corner { row: 0, col: 0 });
            assert_eq!((shape.0.len(), shape.0[0].interiors().len()), (1, 1));
            assert_eq!(shape.0[0].exterior().0.len() + shape.0[0].interiors()[0].0.len(), 7 + 5);
            assert_eq!(shape.signed_area(), 7.0);
            assert!(shape.is_valid());
        }
    }
}
