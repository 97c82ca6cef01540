//! Numbers as colours, as `gdaldem color-relief` has it (apps/gdaldem_lib.cpp).

use std::cmp::Ordering;

/// Red, green, blue and opacity.
pub type Rgba = [u8; 4];

/// What a value between two entries becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Shade {
    /// A colour between theirs.
    #[default]
    Interpolate,
    /// That of the nearer one, of the upper if both are as near.
    Nearest,
    /// None: only values of entries have colours.
    Exact,
}

/// Colours for numbers.
#[derive(Debug, Clone, PartialEq)]
pub struct Colouring {
    entries: Vec<(f64, Rgba)>,
    shade: Shade,
}

impl Colouring {
    /// Makes one of entries, values in any order. Values below the first entry have its
    /// colour, those above the last the last's.
    ///
    /// Entries of one value make a step: as in gdaldem they are moved apart by less than
    /// what tells numbers of that size apart.
    ///
    /// # Panics
    /// If there are no entries, or a value is NaN.
    pub fn new(mut entries: Vec<(f64, Rgba)>, shade: Shade) -> Self {
        assert!(!entries.is_empty() && entries.iter().all(|(value, _)| !value.is_nan()), "entries");
        entries.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal));
        part(&mut entries);
        Self { entries, shade }
    }

    /// Returns the colour of a value; `None` for NaN, and for what has none.
    pub fn color(&self, value: f64) -> Option<Rgba> {
        if value.is_nan() {
            return None;
        }
        let entries = &self.entries;
        let upper = entries.partition_point(|(entry, _)| *entry < value);
        let exact = |at: usize| entries.get(at).filter(|(entry, _)| *entry == value);
        if let Some((_, color)) = exact(upper) {
            return Some(*color);
        }
        if self.shade == Shade::Exact {
            return None;
        }
        if upper == 0 || upper == entries.len() {
            return entries.get(upper.saturating_sub(1)).map(|(_, color)| *color);
        }
        let ((low, below), (high, above)) = (entries[upper - 1], entries[upper]);
        if self.shade == Shade::Nearest {
            return Some(if value - low < high - value { below } else { above });
        }
        let ratio = (value - low) / (high - low);
        let between = |a: u8, b: u8| {
            // Cut off, as in C.
            (0.5 + f64::from(a) + ratio * (f64::from(b) - f64::from(a))) as u8
        };
        Some(std::array::from_fn(|i| between(below[i], above[i])))
    }
}

/// Moves entries of one value apart, all but those of the largest.
fn part(entries: &mut [(f64, Rgba)]) {
    let mut at = 0;
    while at < entries.len() {
        let value = entries[at].0;
        let end = at + entries[at..].iter().take_while(|(other, _)| *other == value).count();
        let count = (end - at) as f64;
        if count > 1.0 && end < entries.len() {
            let (all, left) = match at.checked_sub(1) {
                Some(before) => (entries[end].0 - entries[before].0, value - entries[before].0),
                None => (entries[end].0 - value, 0.0),
            };
            if all > value.abs() * count * f64::EPSILON {
                let mut factor = 0.5 - count * left / all;
                for (entry, _) in &mut entries[at..end] {
                    *entry += (value.abs() * factor) * f64::EPSILON;
                    factor += 1.0;
                }
            }
        }
        at = end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grey(v: u8) -> Rgba {
        [v, v, v, 255]
    }

    #[test]
    fn values_lie_between_entries() {
        let entries = vec![(10.0, grey(100)), (0.0, grey(0)), (20.0, grey(50))];
        let of = |shade, value| Colouring::new(entries.clone(), shade).color(value).map(|c| c[0]);
        let all = |shade| [-1.0, 0.0, 2.56, 5.0, 10.0, 19.0, 21.0].map(|value| of(shade, value));
        let some = |all: [u8; 7]| all.map(Some);
        assert_eq!(all(Shade::Interpolate), some([0, 0, 26, 50, 100, 55, 50]));
        assert_eq!(all(Shade::Nearest), some([0, 0, 0, 100, 100, 50, 50]));
        assert_eq!(all(Shade::Exact), [None, Some(0), None, None, Some(100), None, None]);
        assert_eq!(of(Shade::Interpolate, f64::NAN), None);
        assert_eq!(of(Shade::Interpolate, f64::INFINITY), Some(50));
    }

    #[test]
    fn entries_of_one_value_are_a_step() {
        let entries =
            vec![(0.0, grey(0)), (100.0, grey(10)), (100.0, grey(200)), (200.0, grey(255))];
        let ramp = Colouring::new(entries, Shade::Interpolate);
        let at = |value: f64| ramp.color(value).map(|c| c[0]);
        assert_eq!((at(99.999), at(100.001)), (Some(10), Some(200)));
        assert!(at(100.0).is_some_and(|v| (10..=200).contains(&v)));
    }
}
