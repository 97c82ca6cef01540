//! Which pixels around a pixel count.

use crate::{Error, Result};

/// The widest side in pixels.
const WIDEST: u32 = 8191;

/// Pixels of one row that count: so many from (`dx`, `dy`) on, beside the pixel at hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) dx: i64,
    pub(super) dy: i64,
    pub(super) len: usize,
}

/// What the pixel at (`dx`, `dy`) beside the one at hand is multiplied by.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Weight {
    pub(super) dx: i64,
    pub(super) dy: i64,
    pub(super) weight: f64,
}

/// Which pixels around a pixel count, and how much.
#[derive(Debug, Clone, PartialEq)]
pub struct Neighbourhood {
    runs: Vec<Run>,
    weights: Option<Vec<Weight>>,
    columns: usize,
    rows: usize,
}

impl Neighbourhood {
    /// Makes one of all pixels of a rectangle, which the pixel at hand is in the middle of.
    ///
    /// # Errors
    /// [`Error::Usage`] unless both sides are odd, up to 8191.
    pub fn rectangle(width: u32, height: u32) -> Result<Self> {
        let (columns, rows) = (side(width)?, side(height)?);
        let (left, up) = (columns as i64 / 2, rows as i64 / 2);
        let runs = (-up..=up).map(|dy| Run { dx: -left, dy, len: columns }).collect();
        Ok(Self { runs, weights: None, columns, rows })
    }

    /// Makes one of the pixels whose centres lie within so many pixels of the centre.
    ///
    /// # Errors
    /// [`Error::Usage`] unless the radius is from 0 to 4095.
    pub fn disc(radius: f64) -> Result<Self> {
        Self::ring(0.0, radius)
    }

    /// Makes one of the pixels whose centres are at least `inner` and at most `outer`
    /// pixels away.
    ///
    /// # Errors
    /// [`Error::Usage`] unless the radii are from 0 to 4095, the inner one no larger than
    /// the outer, or if no pixel lies between them.
    pub fn ring(inner: f64, outer: f64) -> Result<Self> {
        let most = f64::from(WIDEST / 2);
        if !((0.0..=most).contains(&outer) && (0.0..=outer).contains(&inner)) {
            let found = if inner == 0.0 { outer.to_string() } else { format!("{inner}, {outer}") };
            return Err(Error::usage("radius of the neighbourhood")
                .expected(format!("0 to {most} pixels, an inner one up to the outer"))
                .found(found));
        }
        let reach = outer.floor() as i64;
        // How far out of the middle of a row pixels are within a square of a distance.
        let half = |dy: i64, fits: &dyn Fn(f64) -> bool| {
            (0..=reach).take_while(|dx| fits((dx * dx + dy * dy) as f64)).count() as i64
        };
        let mut runs = Vec::new();
        for dy in -reach..=reach {
            let out = half(dy, &|square| square <= outer * outer);
            let hole = half(dy, &|square| square < inner * inner);
            if hole == 0 && out > 0 {
                runs.push(Run { dx: 1 - out, dy, len: 2 * out as usize - 1 });
            } else if hole < out {
                let len = (out - hole) as usize;
                runs.push(Run { dx: 1 - out, dy, len });
                runs.push(Run { dx: hole, dy, len });
            }
        }
        Self::of(runs, None)
            .ok_or_else(|| Error::usage("ring").expected("a pixel between its radii"))
    }

    /// Makes one of weights, row by row, of a rectangle that the pixel at hand is in the
    /// middle of: pixels of weight 0 do not count.
    ///
    /// # Errors
    /// [`Error::Usage`] unless there is a row or more, each of the same odd width, an odd
    /// number of them, all weights are finite, and one is not 0.
    pub fn weighted(width: u32, weights: &[f64]) -> Result<Self> {
        let columns = side(width)?;
        let rows = weights.len() / columns;
        if !weights.len().is_multiple_of(columns)
            || rows.is_multiple_of(2)
            || rows > WIDEST as usize
        {
            return Err(Error::usage("weights of the neighbourhood")
                .expected(format!("an odd number of rows of {columns}"))
                .found(format!("{} weights", weights.len())));
        }
        if let Some(wrong) = weights.iter().find(|weight| !weight.is_finite()) {
            return Err(Error::usage("weight").expected("a finite number").found(wrong));
        }
        let places = (0..).zip(weights).filter(|(_, weight)| **weight != 0.0);
        let taps: Vec<Weight> = places
            .map(|(at, &weight)| {
                let (row, column) = (at / columns as i64, at % columns as i64);
                Weight { dx: column - columns as i64 / 2, dy: row - rows as i64 / 2, weight }
            })
            .collect();
        let mut runs: Vec<Run> = Vec::new();
        for tap in &taps {
            match runs.last_mut() {
                Some(run) if run.dy == tap.dy && run.dx + run.len as i64 == tap.dx => run.len += 1,
                _ => runs.push(Run { dx: tap.dx, dy: tap.dy, len: 1 }),
            }
        }
        Self::of(runs, Some(taps)).ok_or_else(|| {
            Error::usage("weights of the neighbourhood").expected("one that is not 0")
        })
    }

    /// Puts runs together; `None` if there are none.
    fn of(runs: Vec<Run>, weights: Option<Vec<Weight>>) -> Option<Self> {
        let far = |run: &Run| run.dx.abs().max((run.dx + run.len as i64 - 1).abs());
        let across = runs.iter().map(far).max()? as usize;
        let down = runs.iter().map(|run| run.dy.abs()).max()? as usize;
        Some(Self { runs, weights, columns: 2 * across + 1, rows: 2 * down + 1 })
    }

    /// Returns how many columns beside a pixel count, on either side.
    pub fn columns_beside(&self) -> u32 {
        self.columns as u32 / 2
    }

    /// Returns how many rows above and below a pixel count, either way.
    pub fn rows_beside(&self) -> u32 {
        self.rows as u32 / 2
    }

    /// Returns whether the pixel at hand counts.
    pub fn has_centre(&self) -> bool {
        let mut middle = self.runs.iter().filter(|run| run.dy == 0);
        middle.any(|run| (run.dx..run.dx + run.len as i64).contains(&0))
    }

    /// Returns whether pixels have weights other than 1.
    pub fn is_weighted(&self) -> bool {
        self.weights().is_some_and(|weights| weights.iter().any(|tap| tap.weight != 1.0))
    }

    pub(super) fn weights(&self) -> Option<&[Weight]> {
        self.weights.as_deref()
    }

    pub(super) fn runs(&self) -> &[Run] {
        &self.runs
    }

    /// The number of pixels.
    pub(super) fn len(&self) -> usize {
        self.runs.iter().map(|run| run.len).sum()
    }

    /// The columns and rows, if all pixels of the rectangle count.
    pub(super) fn block(&self) -> Option<(usize, usize)> {
        (self.len() == self.columns * self.rows).then_some((self.columns, self.rows))
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }
}

fn side(pixels: u32) -> Result<usize> {
    if pixels % 2 == 1 && pixels <= WIDEST {
        return Ok(pixels as usize);
    }
    Err(Error::usage("side of the neighbourhood")
        .expected(format!("an odd number of pixels up to {WIDEST}"))
        .found(pixels))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pixels that count, by a test of each.
    fn count(reach: i64, counts: impl Fn(i64, i64) -> bool) -> Vec<(i64, i64)> {
        let all = (-reach..=reach).flat_map(|dy| (-reach..=reach).map(move |dx| (dy, dx)));
        all.filter(|&(dy, dx)| counts(dx, dy)).collect()
    }

    fn pixels(of: &Neighbourhood) -> Vec<(i64, i64)> {
        let runs = of.runs.iter();
        runs.flat_map(|run| (0..run.len as i64).map(|i| (run.dy, run.dx + i))).collect()
    }

    #[test]
    fn rings_hold_what_lies_between_their_radii() {
        for (inner, outer) in
            [(0.0, 0.0), (0.0, 1.0), (0.0, 5.0), (2.0, 5.0), (1.5, 7.3), (5.0, 5.0)]
        {
            let ring = Neighbourhood::ring(inner, outer).expect("a ring");
            let wanted = count(8, |dx, dy| {
                let square = (dx * dx + dy * dy) as f64;
                (inner * inner..=outer * outer).contains(&square)
            });
            assert_eq!(pixels(&ring), wanted, "{inner} {outer}");
            assert_eq!(ring.has_centre(), inner == 0.0);
        }
        for (inner, outer) in [(0.1, 0.9), (3.0, 2.0), (0.0, -1.0), (0.0, f64::NAN), (0.0, 1e300)] {
            assert!(matches!(Neighbourhood::ring(inner, outer), Err(Error::Usage(_))));
        }
    }

    #[test]
    fn weights_of_zero_do_not_count() {
        let cross = Neighbourhood::weighted(3, &[0.0, 1.0, 0.0, 1.0, -4.0, 1.0, 0.0, 1.0, 0.0]);
        let cross = cross.expect("weights");
        assert_eq!(pixels(&cross), [(-1, 0), (0, -1), (0, 0), (0, 1), (1, 0)]);
        assert!(cross.is_weighted() && cross.has_centre() && cross.block().is_none());
        let ones = Neighbourhood::weighted(3, &[1.0; 9]).expect("weights");
        assert!(!ones.is_weighted() && ones.block() == Some((3, 3)));
        for (width, weights) in
            [(2, &[1.0; 2][..]), (3, &[1.0; 6]), (3, &[1.0; 4]), (3, &[0.0; 3]), (1, &[f64::NAN])]
        {
            assert!(matches!(Neighbourhood::weighted(width, weights), Err(Error::Usage(_))));
        }
        assert!(Neighbourhood::weighted(1, &[]).is_err());
        assert!(
            Neighbourhood::rectangle(4, 3).is_err() && Neighbourhood::rectangle(9999, 3).is_err()
        );
    }
}
