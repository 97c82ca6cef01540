//! Outlines of regions: the sides of pixels along which a region ends, as chains of corners.

use crate::raster::Window;

/// A corner of pixels: the top left one of the pixel at this column and row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Corner {
    /// Rows from the top.
    pub row: u32,
    /// Columns from the left.
    pub col: u32,
}

/// A side of a pixel, named by where it begins as one goes round the pixel clockwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Side {
    /// Its first corner.
    pub corner: Corner,
    /// Where it leads: 0 right, 1 down, 2 left, 3 up.
    pub heading: u8,
}

/// A piece of the outline of a region, the region on its right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arc {
    /// The label of the region.
    pub label: u32,
    /// Where its corners begin among all.
    pub start: u32,
    /// Where they end.
    pub end: u32,
    /// Its first side, and the one that follows its last and lies in another rectangle; `None`
    /// for a piece that closes.
    pub ends: Option<(Side, Side)>,
}

/// The outlines of the regions in a rectangle.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outlines {
    /// The corners where outlines turn, those of one piece after another.
    pub corners: Vec<Corner>,
    /// The pieces.
    pub arcs: Vec<Arc>,
}

/// Steps right, down, left and up.
const STEPS: [(isize, isize); 4] = [(1, 0), (0, 1), (-1, 0), (0, -1)];

/// Finds the outlines of the regions of a window.
///
/// `ids` has one more row and column on each side of it: of two pixels that share a side it
/// has equal numbers just where they are of one region. `labels` names the regions of the
/// window's own pixels; 0 is none. Where two pixels of one number meet in a corner alone, the
/// outline goes round each of them.
///
/// # Panics
/// If `ids` or `labels` are shorter than that, or the window begins left of or above 0.
pub fn outline(window: Window, ids: &[u32], labels: &[u32]) -> Outlines {
    let (width, height) = (window.width as usize, window.height as usize);
    let (ids, labels) = (&ids[..(width + 2) * (height + 2)], &labels[..width * height]);
    let corner = u32::try_from(window.col).and_then(|col| Ok((col, u32::try_from(window.row)?)));
    let (left, top) = corner.expect("a window of a raster");
    let tracer = Tracer { width: width as isize, height: height as isize, left, top, ids };
    let mut seen = vec![0u8; labels.len()];
    let mut found = Outlines::default();
    // First what comes in from elsewhere: only pixels at the rim can go on with that.
    for row in 0..height as isize {
        let rim = row == 0 || row + 1 == height as isize;
        let step = if rim { 1 } else { (width as isize - 1).max(1) };
        for col in (0..width as isize).step_by(step as usize) {
            for heading in 0..4 {
                let edge = Edge { col, row, heading };
                if tracer.is_outline(edge, labels) && !tracer.holds(tracer.before(edge)) {
                    tracer.follow(edge, labels, &mut seen, &mut found);
                }
            }
        }
    }
    for row in 0..height as isize {
        for col in 0..width as isize {
            for heading in 0..4 {
                let edge = Edge { col, row, heading };
                let at = row as usize * width + col as usize;
                if tracer.is_outline(edge, labels) && seen[at] & (1 << heading) == 0 {
                    tracer.follow(edge, labels, &mut seen, &mut found);
                }
            }
        }
    }
    found
}

/// A side of a pixel of the window or next to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Edge {
    col: isize,
    row: isize,
    heading: u8,
}

impl Edge {
    /// The pixel on the way, and the one left of that.
    fn ahead(self, sign: isize) -> (Self, Self) {
        let (dx, dy) = STEPS[usize::from(self.heading)];
        let (lx, ly) = STEPS[usize::from(self.heading + 3) % 4];
        let next = Self { col: self.col + sign * dx, row: self.row + sign * dy, ..self };
        (next, Self { col: next.col + lx, row: next.row + ly, ..self })
    }

    fn turned(self, by: u8) -> Self {
        Self { heading: (self.heading + by) % 4, ..self }
    }
}

struct Tracer<'a> {
    width: isize,
    height: isize,
    left: u32,
    top: u32,
    ids: &'a [u32],
}

impl Tracer<'_> {
    fn id(&self, edge: Edge) -> u32 {
        self.ids[((edge.row + 1) * (self.width + 2) + edge.col + 1) as usize]
    }

    fn holds(&self, edge: Edge) -> bool {
        (0..self.width).contains(&edge.col) && (0..self.height).contains(&edge.row)
    }

    /// Whether a region ends at this side.
    fn is_outline(&self, edge: Edge, labels: &[u32]) -> bool {
        let (lx, ly) = STEPS[usize::from(edge.heading + 3) % 4];
        let beyond = Edge { col: edge.col + lx, row: edge.row + ly, ..edge };
        labels[(edge.row * self.width + edge.col) as usize] != 0 && self.id(beyond) != self.id(edge)
    }

    /// The side that follows.
    fn after(&self, edge: Edge) -> Edge {
        let (next, beside) = edge.ahead(1);
        if self.id(next) != self.id(edge) {
            edge.turned(1)
        } else if self.id(beside) != self.id(next) {
            next
        } else {
            beside.turned(3)
        }
    }

    /// The side that it follows.
    fn before(&self, edge: Edge) -> Edge {
        let (next, beside) = edge.ahead(-1);
        if self.id(next) != self.id(edge) {
            edge.turned(3)
        } else if self.id(beside) != self.id(next) {
            next
        } else {
            beside.turned(1)
        }
    }

    fn side(&self, edge: Edge) -> Side {
        let right = isize::from(matches!(edge.heading, 1 | 2));
        let down = isize::from(matches!(edge.heading, 2 | 3));
        let place = |first: u32, at: isize| (i64::from(first) + at as i64) as u32;
        let corner = Corner {
            row: place(self.top, edge.row + down),
            col: place(self.left, edge.col + right),
        };
        Side { corner, heading: edge.heading }
    }

    /// Adds the piece that begins with a side.
    fn follow(&self, first: Edge, labels: &[u32], seen: &mut [u8], found: &mut Outlines) {
        let start = found.corners.len() as u32;
        let at = |edge: Edge| (edge.row * self.width + edge.col) as usize;
        let mut edge = first;
        let ends = loop {
            seen[at(edge)] |= 1 << edge.heading;
            let next = self.after(edge);
            if next.heading != edge.heading {
                found.corners.push(self.side(next).corner);
            }
            if !self.holds(next) {
                break Some((self.side(first), self.side(next)));
            }
            if next == first {
                break None;
            }
            edge = next;
        };
        let end = found.corners.len() as u32;
        found.arcs.push(Arc { label: labels[at(first)], start, end, ends });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn corners(of: &[(u32, u32)]) -> Vec<Corner> {
        of.iter().map(|&(col, row)| Corner { row, col }).collect()
    }

    #[test]
    fn a_ring_has_an_outline_on_either_side() {
        #[rustfmt::skip]
        let ids = [
            0, 0, 0, 0, 0,
            0, 1, 1, 1, 0,
            0, 1, 2, 1, 0,
            0, 1, 1, 1, 0,
            0, 0, 0, 0, 0,
        ];
        let labels = [1, 1, 1, 1, 2, 1, 1, 1, 1];
        let found = outline(Window::new(10, 20, 3, 3), &ids, &labels);
        let rings: Vec<_> = found
            .arcs
            .iter()
            .map(|a| (a.label, found.corners[a.start as usize..a.end as usize].to_vec()))
            .collect();
        assert_eq!(
            rings,
            [
                (1, corners(&[(13, 20), (13, 23), (10, 23), (10, 20)])),
                // Round the hole the other way, the region on the right.
                (1, corners(&[(11, 21), (11, 22), (12, 22), (12, 21)])),
                (2, corners(&[(12, 21), (12, 22), (11, 22), (11, 21)])),
            ]
        );
        assert!(found.arcs.iter().all(|arc| arc.ends.is_none()));
    }

    #[test]
    fn what_goes_on_elsewhere_ends_at_the_rim() {
        // One region over all: nothing turns, and nothing ends here.
        let none = outline(Window::new(5, 5, 2, 1), &[1; 12], &[1; 2]);
        assert_eq!(none, Outlines::default());
        // The lower half of two pixels that go on to both sides.
        let ids = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1];
        let found = outline(Window::new(5, 5, 2, 1), &ids, &[1; 2]);
        let side = |col, row| Side { corner: Corner { row, col }, heading: 0 };
        assert_eq!(found.corners, []);
        assert_eq!(found.arcs.len(), 1);
        assert_eq!(found.arcs[0].ends, Some((side(5, 5), side(7, 5))));
    }
}
