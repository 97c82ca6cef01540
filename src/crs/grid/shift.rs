//! Shifts of longitude and latitude at the nodes of grids, and what lies between them.

use crate::{Error, Result};

/// The most steps of the iteration that turns a grid round, and when it stops
/// early: as in PROJ.
const STEPS: usize = 10;
const ENOUGH: f64 = 1e-12;

/// A grid of horizontal shifts, with finer grids inside coarser ones.
#[derive(Debug, Clone, PartialEq)]
pub struct ShiftGrid {
    pieces: Vec<GridPiece>,
    /// For each piece the finer ones inside it.
    children: Vec<Vec<usize>>,
    roots: Vec<usize>,
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
    /// Longitude (positive east) and latitude (positive north) shifts of each
    /// node, row by row from the south-west corner; NaN where there is none.
    pub shifts: Vec<[f32; 2]>,
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

    fn interpolate(&self, lon: f64, lat: f64) -> Option<[f64; 2]> {
        let cell = |at: f64, count: usize| {
            let index = at.floor().clamp(0.0, (count - 2) as f64);
            (index as usize, (at - index).clamp(0.0, 1.0))
        };
        let (column, fx) = cell((lon - self.west) / self.step_x, self.columns);
        let (row, fy) = cell((lat - self.south) / self.step_y, self.rows);
        let node = |r: usize, c: usize| self.shifts[(row + r) * self.columns + column + c];
        let weights = [
            ((1.0 - fx) * (1.0 - fy), node(0, 0)),
            (fx * (1.0 - fy), node(0, 1)),
            ((1.0 - fx) * fy, node(1, 0)),
            (fx * fy, node(1, 1)),
        ];
        let mut sum = [0.0; 2];
        for (weight, shift) in weights {
            for i in 0..2 {
                sum[i] += weight * f64::from(shift[i]);
            }
        }
        sum[0].is_finite().then_some(sum)
    }
}

impl ShiftGrid {
    /// Makes a grid of its pieces.
    ///
    /// # Errors
    /// [`Error::Format`] if there is none, or one has fewer than 2 x 2 nodes or
    /// another number of shifts than of nodes.
    pub fn new(pieces: Vec<GridPiece>) -> Result<Self> {
        if pieces.is_empty() {
            return Err(Error::format("grid of shifts").expected("at least one grid"));
        }
        for piece in &pieces {
            let is_whole = piece.columns >= 2
                && piece.rows >= 2
                && piece.columns.checked_mul(piece.rows) == Some(piece.shifts.len());
            let is_real = [piece.west, piece.south].iter().all(|v| v.is_finite())
                && piece.step_x > 0.0
                && piece.step_y > 0.0;
            if !is_whole || !is_real {
                return Err(Error::format(format!("grid {:?}", piece.name))
                    .expected("2 x 2 nodes or more, with a shift each")
                    .found(format!(
                        "{} x {} nodes, {} shifts",
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
            match pieces[..at]
                .iter()
                .position(|p| !piece.parent.is_empty() && p.name == piece.parent)
            {
                Some(parent) => children[parent].push(at),
                None => roots.push(at),
            }
        }
        Ok(Self { pieces, children, roots })
    }

    /// The shift at a place in radians, by the finest grid around it.
    fn at(&self, lon: f64, lat: f64) -> Option<[f64; 2]> {
        let mut level = &self.roots;
        let mut best = None;
        while let Some((at, lon)) =
            level.iter().find_map(|&at| Some((at, self.pieces[at].reach(lon, lat)?)))
        {
            best = Some((at, lon));
            level = &self.children[at];
        }
        let (at, lon) = best?;
        self.pieces[at].interpolate(lon, lat)
    }

    /// Shifts a place in radians there or back; `None` outside the grid.
    pub(in crate::crs) fn apply(&self, lon: f64, lat: f64, back: bool) -> Option<(f64, f64)> {
        let [east, north] = self.at(lon, lat)?;
        if !back {
            return Some((lon + east, lat + north));
        }
        let (mut x, mut y) = (lon - east, lat - north);
        for _ in 0..STEPS {
            // A guess may step off the edge although the place itself lies inside.
            let Some([east, north]) = self.at(x, y) else { break };
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

    fn piece(name: &str, parent: &str, west: f64, shift: f32) -> GridPiece {
        let shifts = (0..9).map(|i| [shift + i as f32 * 1e-6, shift]).collect();
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
        let grid = ShiftGrid::new(vec![
            piece("coarse", "NONE", 0.0, 1e-4),
            piece("fine", "coarse", 0.01, 2e-4),
        ])
        .unwrap();
        let (x, _) = grid.apply(0.005, 0.505, false).unwrap();
        assert!((x - 0.005 - 1.02e-4).abs() < 1e-9, "{x}");
        let (x, _) = grid.apply(0.015, 0.505, false).unwrap();
        assert!((x - 0.015 - 2.02e-4).abs() < 1e-9, "{x}");
        assert_eq!(grid.apply(0.1, 0.5, false), None);
    }

    #[test]
    fn back_undoes_there() {
        let grid = ShiftGrid::new(vec![piece("a", "", 0.0, 1e-4)]).unwrap();
        for (x, y) in [(0.003, 0.501), (0.011, 0.5123), (0.0195, 0.5195)] {
            let (there_x, there_y) = grid.apply(x, y, false).unwrap();
            let (back_x, back_y) = grid.apply(there_x, there_y, true).unwrap();
            assert!((back_x - x).abs() < 1e-12 && (back_y - y).abs() < 1e-12);
        }
    }

    #[test]
    fn impossible_grids_are_refused() {
        assert!(ShiftGrid::new(Vec::new()).is_err());
        for spoil in [
            |p: &mut GridPiece| p.columns = 1,
            |p: &mut GridPiece| p.rows = usize::MAX,
            |p: &mut GridPiece| p.step_x = f64::NAN,
            |p: &mut GridPiece| p.west = f64::INFINITY,
        ] {
            let mut bad = piece("a", "", 0.0, 1e-4);
            spoil(&mut bad);
            assert!(matches!(ShiftGrid::new(vec![bad]), Err(Error::Format(_))));
        }
    }
}
