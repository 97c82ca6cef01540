//! Polygons as segments in pixels, and which pixels lie in them.

use geo::{BooleanOps, MultiPolygon, unary_union};
use rstar::primitives::{GeomWithData, Line};
use rstar::{AABB, PointDistance, RTree};

use crate::raster::Window;

/// An edge, and which polygon's it is.
type Edge = GeomWithData<Line<[f64; 2]>, usize>;

/// The edges of polygons, in a tree.
#[derive(Debug)]
pub(super) struct Lines(RTree<Edge>);

impl Lines {
    pub(super) fn new(polygons: &MultiPolygon<f64>) -> Self {
        let mut edges = Vec::new();
        for (number, polygon) in polygons.iter().enumerate() {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                edges.extend(ring.lines().map(|line| {
                    let (a, b) = (line.start, line.end);
                    GeomWithData::new(Line::new([a.x, a.y], [b.x, b.y]), number)
                }));
            }
        }
        Self(RTree::bulk_load(edges))
    }

    /// The edges of all polygons together: none where they overlap or touch.
    pub(super) fn rim(polygons: &MultiPolygon<f64>) -> Self {
        // Its coordinates are rounded to a 2^30th or so of the extent: enough for
        // distances, not for the edge itself.
        let whole = match polygons.0.as_slice() {
            [single] => single.union(&MultiPolygon::new(Vec::new())),
            several => unary_union(several),
        };
        Self::new(&whole)
    }

    /// The pixels that the polygons touch.
    pub(super) fn window(&self) -> Window {
        let envelope = self.0.root().envelope();
        let ([left, top], [right, bottom]) = (envelope.lower(), envelope.upper());
        if !(left <= right && top <= bottom) {
            return Window::new(0, 0, 0, 0);
        }
        // Far beyond any raster, and still exact.
        let far = 2f64.powi(40);
        let span = |low: f64, high: f64| {
            let start = low.clamp(-far, far).floor() as i64;
            let end = high.clamp(-far, far).ceil() as i64;
            (start, u32::try_from(end - start).unwrap_or(u32::MAX))
        };
        let ((col, width), (row, height)) = (span(left, right), span(top, bottom));
        Window::new(col, row, width, height)
    }

    /// Returns 255 for each pixel of a window whose centre lies in a polygon, else 0.
    ///
    /// Along a row polygons begin and end where edges cross the line through its pixels'
    /// centres; a centre on an edge belongs to what lies on its left, as in GDAL's
    /// rasterizer (llrasterize.cpp).
    pub(super) fn inside(&self, window: Window) -> Vec<u8> {
        let (width, height) = (window.width as usize, window.height as usize);
        let mut found = vec![0u8; width * height];
        let (top, bottom) = (window.row as f64 + 0.5, window.row_end() as f64 - 0.5);
        let right = window.col_end() as f64;
        // Edges on the left count too: they decide whether the row begins inside.
        let reach = AABB::from_corners([f64::MIN, top], [right, bottom]);
        let mut crossings: Vec<(usize, usize, f64)> = Vec::new();
        for edge in self.0.locate_in_envelope_intersecting(&reach) {
            let ([mut x0, mut y0], [mut x1, mut y1]) = (edge.geom().from, edge.geom().to);
            if y0 > y1 {
                (x0, y0, x1, y1) = (x1, y1, x0, y0);
            }
            let first = (y0 - top).ceil().max(0.0);
            for row in first as usize..height {
                let y = top + row as f64;
                if y >= y1 {
                    break;
                }
                if y0 <= y {
                    crossings.push((edge.data, row, x0 + (y - y0) * (x1 - x0) / (y1 - y0)));
                }
            }
        }
        crossings.sort_unstable_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)).then(a.2.total_cmp(&b.2)));
        let column = |x: f64| ((x + 0.5).floor() - window.col as f64).clamp(0.0, width as f64);
        for run in crossings.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1)) {
            for pair in run.chunks(2) {
                // What ends beyond the window ends with it.
                let end = pair.get(1).map_or(right + 1.0, |(_, _, x)| *x);
                let (start, end) = (column(pair[0].2) as usize, column(end) as usize);
                let line = pair[0].1 * width;
                found[line + start.min(end)..line + end].fill(255);
            }
        }
        found
    }

    /// Whether an edge comes so near to some pixel of a window.
    pub(super) fn near(&self, window: Window, distance: f64) -> bool {
        let low = [window.col as f64 - distance, window.row as f64 - distance];
        let high = [window.col_end() as f64 + distance, window.row_end() as f64 + distance];
        self.0.locate_in_envelope_intersecting(&AABB::from_corners(low, high)).next().is_some()
    }

    /// Returns the distance of a pixel's centre from the nearest edge.
    pub(super) fn distance(&self, col: i64, row: i64) -> f64 {
        let centre = [col as f64 + 0.5, row as f64 + 0.5];
        let nearest = self.0.nearest_neighbor(&centre);
        nearest.map_or(f64::INFINITY, |edge| edge.distance_2(&centre).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Contains, Coord, LineString, Point, Polygon};

    fn polygons() -> MultiPolygon<f64> {
        let ring = |points: &[(f64, f64)]| LineString::from(points.to_vec());
        let star = ring(&[(3.1, 2.2), (40.7, 9.3), (12.2, 33.9), (-5.3, 20.1), (3.1, 2.2)]);
        let hole = ring(&[(10.3, 10.1), (20.2, 12.7), (12.9, 22.3), (10.3, 10.1)]);
        let other = ring(&[(30.3, 5.1), (60.2, 5.4), (55.1, 29.7), (30.3, 5.1)]);
        MultiPolygon::new(vec![Polygon::new(star, vec![hole]), Polygon::new(other, vec![])])
    }

    #[test]
    fn centres_lie_inside_as_geo_has_it_whatever_the_window() {
        let (all, lines) = (polygons(), Lines::new(&polygons()));
        for window in [
            Window::new(-10, -5, 80, 50),
            Window::new(11, 9, 7, 9),
            Window::new(25, 0, 30, 16),
            Window::new(100, 100, 4, 4),
        ] {
            let inside = lines.inside(window);
            for (i, &inside) in inside.iter().enumerate() {
                let (col, row) = (i as u32 % window.width, i as u32 / window.width);
                let x = window.col as f64 + f64::from(col) + 0.5;
                let y = window.row as f64 + f64::from(row) + 0.5;
                let wanted = all.0.iter().any(|p| p.contains(&Point(Coord { x, y })));
                assert_eq!(inside == 255, wanted, "({x}, {y}) of {window:?}");
            }
        }
        assert_eq!(lines.window(), Window::new(-6, 2, 67, 32));
    }

    #[test]
    fn the_rim_of_polygons_that_overlap_lies_outside_them() {
        let rim = Lines::rim(&polygons());
        // The second polygon's left edge enters the first at (33.1, 7.9) and leaves it at (37.4, 12.1).
        let (all, inside) = (Lines::new(&polygons()), Window::new(35, 9, 1, 1));
        assert!(all.near(inside, 0.2) && all.distance(35, 9) < 0.6);
        assert!(!rim.near(inside, 0.2) && rim.distance(35, 9) > 2.5);
        let (square, centre) = (geo::Rect::new((0.0, 0.0), (10.0, 10.0)).to_polygon(), 4);
        let rim = Lines::rim(&MultiPolygon::new(vec![square]));
        assert!((rim.distance(centre, 7) - 2.5).abs() < 1e-6);
    }
}
