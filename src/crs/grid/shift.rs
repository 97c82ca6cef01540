//! Shifts of longitude and latitude at the nodes of grids, and what lies between them.

use crate::{Error, Result};

/// The most steps of the iteration that turns a grid round, and when it stops
/// early: as in PROJ.
const STEPS: usize = 10;
const ENOUGH: f64 = 1e-12;

/// A grid of shifts between two datums, with finer grids inside coarser ones.
#[derive(Debug, Clone, PartialEq)]
pub struct ShiftGrid {
    kind: GridKind,
    interpolation: GridInterpolation,
    pieces: Vec<GridPiece>,
    /// For each piece the finer ones inside it.
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
}

/// What the nodes of a grid say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridKind {
    /// Shifts of longitude (positive east) and latitude (positive north), in radians.
    Offsets,
    /// Shifts along the three axes of earth-centred coordinates, in metres.
    Translations,
}

impl GridKind {
    /// Returns how many numbers a node has.
    pub fn parts(self) -> usize {
        match self {
            Self::Offsets => 2,
            Self::Translations => 3,
        }
    }
}

/// How shifts between nodes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GridInterpolation {
    /// From the four nodes around.
    Bilinear,
    /// By parabolas through three by three nodes: NADCON 5 (NOAA Technical
    /// Memorandum NOS NGS 84).
    Biquadratic,
}

/// One grid of nodes, regular in longitude and latitude. All numbers in radians.
#[derive(Debug, Clone, PartialEq)]
pub struct GridPiece {
    /// The name that finer grids refer to.
    pub name: String,
    /// The name of the coarser grid around it, or empty.
    pub parent: String,
    /// The longitude of the westernmost nodes.
    pub west: f64,
    /// The latitude of the southernmost nodes.
    pub south: f64,
    /// The distance between columns, greater than 0.
    pub step_x: f64,
    /// The distance between rows, greater than 0.
    pub step_y: f64,
    /// Nodes from west to east.
    pub columns: usize,
    /// Nodes from south to north.
    pub rows: usize,
    /// The shifts of each node, as many numbers as the grid's [`GridKind`] has, row
    /// by row from the south-west corner; NaN where there is none.
    pub shifts: Vec<f32>,
}

impl GridPiece {
    /// Returns the longitude in reach of the nodes, or `None` outside.
    fn reach(&self, lon: f64, lat: f64) -> Option<f64> {
        let edge = (self.step_x + self.step_y) * 1e-5;
        let east = self.west + self.step_x * (self.columns - 1) as f64;
        let north = self.south + self.step_y * (self.rows - 1) as f64;
        if lat < self.south - edge || lat > north + edge {
            return None;
        }
        let turn = std::f64::consts::TAU;
        [lon, lon - turn, lon + turn]
            .into_iter()
            .find(|l| (self.west - edge..=east + edge).contains(l))
    }

    /// The first node and the place beside it, in steps, of a window of nodes
    /// along one axis.
    fn window(at: f64, count: usize, how: GridInterpolation) -> (usize, f64) {
        let index = at.floor().clamp(0.0, (count - 2) as f64);
        let part = (at - index).clamp(0.0, 1.0);
        let index = index as usize;
        match how {
            GridInterpolation::Bilinear => (index, part),
            // The three nodes whose middle one is nearest.
            GridInterpolation::Biquadratic => {
                let is_back = part <= 0.5 && index > 0 || index + 2 == count;
                if is_back { (index - 1, part + 1.0) } else { (index, part) }
            }
        }
    }

    fn interpolate(&self, lon: f64, lat: f64, grid: &ShiftGrid) -> Option<[f64; 3]> {
        let is_small = self.columns < 3 || self.rows < 3;
        let how = if is_small { GridInterpolation::Bilinear } else { grid.interpolation };
        let (column, x) = Self::window((lon - self.west) / self.step_x, self.columns, how);
        let (row, y) = Self::window((lat - self.south) / self.step_y, self.rows, how);
        let parts = grid.kind.parts();
        let node = |r: usize, c: usize, part: usize| {
            f64::from(self.shifts[((row + r) * self.columns + column + c) * parts + part])
        };
        let mut shift = [0.0; 3];
        for (part, shift) in shift.iter_mut().enumerate().take(parts) {
            *shift = match how {
                GridInterpolation::Bilinear => {
                    (1.0 - x) * (1.0 - y) * node(0, 0, part)
                        + x * (1.0 - y) * node(0, 1, part)
                        + (1.0 - x) * y * node(1, 0, part)
                        + x * y * node(1, 1, part)
                }
                GridInterpolation::Biquadratic => {
                    let row = |r| parabola(x, [0, 1, 2].map(|c| node(r, c, part)));
                    parabola(y, [0, 1, 2].map(row))
                }
            };
        }
        shift.iter().all(|v| v.is_finite()).then_some(shift)
    }

    /// Whether another lies inside, to the millionth of a step.
    fn contains(&self, other: &Self) -> bool {
        let ends = |west: f64, step: f64, count: usize| west + step * (count - 1) as f64;
        let (x, y) = (1e-6 * self.step_x, 1e-6 * self.step_y);
        self.west <= other.west + x
            && self.south <= other.south + y
            && ends(other.west, other.step_x, other.columns)
                <= ends(self.west, self.step_x, self.columns) + x
            && ends(other.south, other.step_y, other.rows)
                <= ends(self.south, self.step_y, self.rows) + y
    }
}

/// The parabola through the values at 0, 1 and 2.
fn parabola(x: f64, [a, b, c]: [f64; 3]) -> f64 {
    a + x * (b - a) + 0.5 * x * (x - 1.0) * ((c - b) - (b - a))
}

impl ShiftGrid {
    /// Makes a grid of its pieces.
    ///
    /// # Errors
    /// [`Error::Format`] if there is none, or one has fewer than 2 x 2 nodes or
    /// another number of shifts than its nodes have.
    pub fn new(
        kind: GridKind,
        interpolation: GridInterpolation,
        pieces: Vec<GridPiece>,
    ) -> Result<Self> {
        if pieces.is_empty() {
            return Err(Error::format("grid of shifts").expected("at least one grid"));
        }
        for piece in &pieces {
            let is_whole = piece.columns >= 2
                && piece.rows >= 2
                && piece
                    .columns
                    .checked_mul(piece.rows)
                    .and_then(|nodes| nodes.checked_mul(kind.parts()))
                    == Some(piece.shifts.len());
            let is_real = [piece.west, piece.south].iter().all(|v| v.is_finite())
                && piece.step_x > 0.0
                && piece.step_y > 0.0;
            if !is_whole || !is_real {
                return Err(Error::format(format!("grid {:?}", piece.name))
                    .expected(format!("2 x 2 nodes or more, {} numbers each", kind.parts()))
                    .found(format!(
                        "{} x {} nodes, {} numbers",
                        piece.columns,
                        piece.rows,
                        piece.shifts.len()
                    )));
            }
        }
        let mut children = vec![Vec::new(); pieces.len()];
        let mut roots = Vec::new();
        for (at, piece) in pieces.iter().enumerate() {
            // A parent comes before its children in every file seen; one that
            // does not is no parent, so that no grid can contain itself.
            let parent = if piece.name.is_empty() && piece.parent.is_empty() {
                // Pages without names, as PROJ takes them: by what lies inside what.
                pieces[..at].iter().rposition(|p| p.contains(piece))
            } else {
                pieces[..at].iter().position(|p| !piece.parent.is_empty() && p.name == piece.parent)
            };
            match parent {
                Some(parent) => children[parent].push(at),
                None => roots.push(at),
            }
        }
        Ok(Self { kind, interpolation, pieces, children, roots })
    }

    /// Returns what its nodes say.
    pub fn kind(&self) -> GridKind {
        self.kind
    }

    /// The shift at a place in radians, by the finest grid around it; what a grid
    /// of [`GridKind::Offsets`] has no third part of is 0.
    pub(in crate::crs) fn at(&self, lon: f64, lat: f64) -> Option<[f64; 3]> {
        let mut level = &self.roots;
        let mut best = None;
        while let Some((at, lon)) =
            level.iter().find_map(|&at| Some((at, self.pieces[at].reach(lon, lat)?)))
        {
            best = Some((at, lon));
            level = &self.children[at];
        }
        let (at, lon) = best?;
        self.pieces[at].interpolate(lon, lat, self)
    }

    /// Shifts a place in radians there or back; `None` outside the grid.
    pub(in crate::crs) fn apply(&self, lon: f64, lat: f64, back: bool) -> Option<(f64, f64)> {
        let [east, north, _] = self.at(lon, lat)?;
        if !back {
            return Some((lon + east, lat + north));
        }
        let (mut x, mut y) = (lon - east, lat - north);
        // As NOAA's own program, and PROJ, have it: parabolas meet with a kink, where
        // going on may not end.
        let steps = if self.interpolation == GridInterpolation::Biquadratic { 0 } else { STEPS };
        for _ in 0..steps {
            // A guess may step off the edge although the place itself lies inside.
            let Some([east, north, _]) = self.at(x, y) else { break };
            let (dx, dy) = (x + east - lon, y + north - lat);
            x -= dx;
            y -= dy;
            if dx.hypot(dy) <= ENOUGH {
                break;
            }
        }
        Some((x, y))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offsets(pieces: Vec<GridPiece>) -> Result<ShiftGrid> {
        ShiftGrid::new(GridKind::Offsets, GridInterpolation::Bilinear, pieces)
    }

    fn piece(name: &str, parent: &str, west: f64, shift: f32) -> GridPiece {
        let shifts = (0..9).flat_map(|i| [shift + i as f32 * 1e-6, shift]).collect();
        GridPiece {
            name: name.into(),
            parent: parent.into(),
            west,
            south: 0.5,
            step_x: 0.01,
            step_y: 0.01,
            columns: 3,
            rows: 3,
            shifts,
        }
    }

    #[test]
    fn a_finer_grid_goes_before_the_coarser_around_it() {
        let grid =
            offsets(vec![piece("coarse", "NONE", 0.0, 1e-4), piece("fine", "coarse", 0.01, 2e-4)])
                .unwrap();
        let (x, _) = grid.apply(0.005, 0.505, false).unwrap();
        assert!((x - 0.005 - 1.02e-4).abs() < 1e-9, "{x}");
        let (x, _) = grid.apply(0.015, 0.505, false).unwrap();
        assert!((x - 0.015 - 2.02e-4).abs() < 1e-9, "{x}");
        assert_eq!(grid.apply(0.1, 0.5, false), None);
    }

    #[test]
    fn back_undoes_there() {
        let grid = offsets(vec![piece("a", "", 0.0, 1e-4)]).unwrap();
        for (x, y) in [(0.003, 0.501), (0.011, 0.5123), (0.0195, 0.5195)] {
            let (there_x, there_y) = grid.apply(x, y, false).unwrap();
            let (back_x, back_y) = grid.apply(there_x, there_y, true).unwrap();
            assert!((back_x - x).abs() < 1e-12 && (back_y - y).abs() < 1e-12);
        }
    }

    #[test]
    fn pages_without_names_lie_where_their_extents_do() {
        let fine = GridPiece { step_x: 0.005, step_y: 0.005, ..piece("", "", 0.005, 2e-4) };
        let grid = offsets(vec![piece("", "", 0.0, 1e-4), fine]).unwrap();
        let (x, _) = grid.apply(0.001, 0.501, false).unwrap();
        assert!((x - 0.001 - 1e-4).abs() < 1e-6, "{x}");
        let (x, _) = grid.apply(0.007, 0.501, false).unwrap();
        assert!((x - 0.007 - 2e-4).abs() < 1e-6, "{x}");
    }

    #[test]
    fn parabolas_are_exact_for_what_is_quadratic() {
        let value = |x: f64, y: f64| 1e-4 + 0.3 * x * x - 0.2 * x * y + 0.5 * (y - 0.5) * (y - 0.5);
        let mut wavy = piece("a", "", 0.0, 0.0);
        (wavy.columns, wavy.rows) = (5, 4);
        wavy.shifts = (0..20)
            .flat_map(|i| {
                let (x, y) = (f64::from(i % 5) * 0.01, 0.5 + f64::from(i / 5) * 0.01);
                [value(x, y) as f32, 0.0]
            })
            .collect();
        let grid =
            ShiftGrid::new(GridKind::Offsets, GridInterpolation::Biquadratic, vec![wavy]).unwrap();
        for (x, y) in [(0.0, 0.5), (0.004, 0.506), (0.0151, 0.5149), (0.033, 0.525), (0.04, 0.53)] {
            let [east, ..] = grid.at(x, y).unwrap();
            assert!((east - value(x, y)).abs() < 1e-10, "{x} {y}: {east} {}", value(x, y));
        }
    }

    #[test]
    fn impossible_grids_are_refused() {
        assert!(offsets(Vec::new()).is_err());
        for spoil in [
            |p: &mut GridPiece| p.columns = 1,
            |p: &mut GridPiece| p.rows = usize::MAX,
            |p: &mut GridPiece| p.step_x = f64::NAN,
            |p: &mut GridPiece| p.west = f64::INFINITY,
        ] {
            let mut bad = piece("a", "", 0.0, 1e-4);
            spoil(&mut bad);
            assert!(matches!(offsets(vec![bad]), Err(Error::Format(_))));
        }
    }
}
