//! Rectangles of pixels.

/// The extent of a raster or rectangle in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Size {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Size {
    /// Makes a size of `width` columns and `height` rows.
    pub const fn new(width: u32, height: u32) -> Self {
        Self { width, height }
    }

    /// Returns the number of pixels.
    pub const fn pixels(self) -> u64 {
        self.width as u64 * self.height as u64
    }

    /// Returns the window that covers a raster of this size.
    pub const fn window(self) -> Window {
        Window { col: 0, row: 0, width: self.width, height: self.height }
    }
}

/// A rectangle of pixels: absolute position of its top left pixel, and extent.
///
/// The position may be negative or beyond the raster's edge: a kernel's halo
/// asks for such windows, and the pixels outside are invalid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Window {
    /// Leftmost column.
    pub col: i64,
    /// Topmost row.
    pub row: i64,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

impl Window {
    /// Makes a window whose top left pixel is (`col`, `row`).
    pub const fn new(col: i64, row: i64, width: u32, height: u32) -> Self {
        Self { col, row, width, height }
    }

    /// Returns the extent.
    pub const fn size(self) -> Size {
        Size { width: self.width, height: self.height }
    }

    /// Returns the number of pixels.
    pub const fn pixels(self) -> u64 {
        self.size().pixels()
    }

    /// Returns this window with so many columns more on the left and on the right, and so
    /// many rows above and below. Extents beyond `u32::MAX` saturate.
    #[must_use]
    pub fn grown(self, columns: u32, rows: u32) -> Self {
        let wider = |extent: u32, by: u32| extent.saturating_add(by.saturating_mul(2));
        Self::new(
            self.col - i64::from(columns),
            self.row - i64::from(rows),
            wider(self.width, columns),
            wider(self.height, rows),
        )
    }

    /// Returns whether the window has no pixels.
    pub const fn is_empty(self) -> bool {
        self.width == 0 || self.height == 0
    }

    /// Returns the column just right of the window.
    pub const fn col_end(self) -> i64 {
        self.col + self.width as i64
    }

    /// Returns the row just below the window.
    pub const fn row_end(self) -> i64 {
        self.row + self.height as i64
    }

    /// Returns the pixels in both windows, or `None` if there are none.
    pub fn intersection(self, other: Self) -> Option<Self> {
        let col = self.col.max(other.col);
        let row = self.row.max(other.row);
        let width = self.col_end().min(other.col_end()) - col;
        let height = self.row_end().min(other.row_end()) - row;
        // Both fit in u32: they are no larger than the inputs' extents.
        (width > 0 && height > 0).then(|| Self::new(col, row, width as u32, height as u32))
    }

    /// Returns the smallest window that covers both; an empty one counts for nothing.
    /// Extents beyond `u32::MAX` saturate.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        if self.is_empty() {
            return other;
        }
        if other.is_empty() {
            return self;
        }
        let col = self.col.min(other.col);
        let row = self.row.min(other.row);
        let extent = |end: i64, start: i64| u32::try_from(end - start).unwrap_or(u32::MAX);
        Self::new(
            col,
            row,
            extent(self.col_end().max(other.col_end()), col),
            extent(self.row_end().max(other.row_end()), row),
        )
    }

    /// Returns whether every pixel of `other` is in this window.
    pub fn contains(self, other: Self) -> bool {
        other.is_empty() || self.intersection(other) == Some(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intersection_and_union_with_negative_positions() {
        let halo = Window::new(-2, -2, 10, 10);
        let raster = Size::new(6, 20).window();
        assert_eq!(halo.intersection(raster), Some(Window::new(0, 0, 6, 8)));
        assert_eq!(halo.union(raster), Window::new(-2, -2, 10, 22));
        assert_eq!(halo.intersection(Window::new(8, 0, 3, 3)), None);
        assert!(raster.contains(Window::new(0, 0, 6, 8)) && !raster.contains(halo));
    }
}
