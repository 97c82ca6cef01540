//! Regions of one rectangle: connected pixels of equal value.

use crate::raster::Sample;

/// Which pixels of equal value are connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Connect {
    /// Those that share a side.
    #[default]
    Four,
    /// Those that share a side or a corner.
    Eight,
}

/// Labels the regions of a rectangle of `width` columns: each pixel's label is the number of
/// its region, counted from 1 in the order of their first pixels, row by row. Pixels that are
/// missing (0 in `valid`) or NaN have the label 0. Values are compared exactly; the two zeros
/// of floats are equal. Returns the number of regions.
///
/// Takes 4 bytes for each stretch of equal pixels besides `labels`.
///
/// # Panics
/// If `labels` is shorter than `samples`, or `samples` are more than `u32::MAX`.
pub fn label<T: Sample>(
    samples: &[T],
    valid: Option<&[u8]>,
    width: usize,
    connect: Connect,
    labels: &mut [u32],
) -> u32 {
    let labels = &mut labels[..samples.len()];
    // parents[0] is unused: 0 stands for what is missing.
    let mut parents: Vec<u32> = vec![0];
    let present = |at: usize| {
        // NaN is the one value that does not equal itself.
        valid.is_none_or(|valid| valid[at] != 0) && samples[at].partial_cmp(&samples[at]).is_some()
    };
    for start in (0..samples.len()).step_by(width.max(1)) {
        for at in start..samples.len().min(start + width) {
            if !present(at) {
                labels[at] = 0;
                continue;
            }
            let mut own = 0;
            let mut join = |other: usize| {
                let label = labels[other];
                if label != 0 && samples[other] == samples[at] {
                    own = if own == 0 { label } else { union(&mut parents, own, label) };
                }
            };
            if at > start {
                join(at - 1);
            }
            if start > 0 {
                let above = at - width;
                join(above);
                if connect == Connect::Eight {
                    if at > start {
                        join(above - 1);
                    }
                    if at + 1 < start + width {
                        join(above + 1);
                    }
                }
            }
            if own == 0 {
                own = u32::try_from(parents.len()).expect("no more regions than pixels");
                parents.push(own);
            }
            labels[at] = own;
        }
    }
    // The least label of a region is its root and that of its first pixel: in ascending order
    // roots are numbered before those that lead to them.
    let mut count = 0;
    for at in 1..parents.len() {
        let parent = parents[at] as usize;
        parents[at] = if parent == at {
            count += 1;
            count
        } else {
            parents[parent]
        };
    }
    labels.iter_mut().for_each(|label| *label = parents[*label as usize]);
    count
}

/// Makes two sets one, in a forest in which the least of a set is its root; returns the root.
pub fn union(parents: &mut [u32], a: u32, b: u32) -> u32 {
    let (a, b) = (root(parents, a), root(parents, b));
    let (least, other) = (a.min(b), a.max(b));
    parents[other as usize] = least;
    least
}

/// Returns the root of a set, and shortens the way to it.
pub fn root(parents: &mut [u32], mut at: u32) -> u32 {
    while parents[at as usize] != at {
        let above = parents[parents[at as usize] as usize];
        parents[at as usize] = above;
        at = above;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Labels by flooding from each first pixel.
    fn flooded(samples: &[u8], width: usize, connect: Connect) -> Vec<u32> {
        let height = samples.len() / width;
        let mut labels = vec![0; samples.len()];
        let mut count = 0;
        for first in 0..samples.len() {
            if labels[first] != 0 {
                continue;
            }
            count += 1;
            labels[first] = count;
            let mut open = vec![first];
            while let Some(at) = open.pop() {
                let (x, y) = (at % width, at / width);
                for (row, col) in (y.saturating_sub(1)..(y + 2).min(height)).flat_map(|row| {
                    (x.saturating_sub(1)..(x + 2).min(width)).map(move |c| (row, c))
                }) {
                    let beside = row == y || col == x || connect == Connect::Eight;
                    let other = row * width + col;
                    if beside && labels[other] == 0 && samples[other] == samples[at] {
                        labels[other] = count;
                        open.push(other);
                    }
                }
            }
        }
        labels
    }

    #[test]
    fn labels_are_those_of_flooding() {
        let mut state = 7u32;
        let mut random = |end: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % end
        };
        for round in 0..200 {
            let (width, height) = (1 + random(20) as usize, 1 + random(20) as usize);
            let values = 1 + round % 4;
            let samples: Vec<u8> = (0..width * height).map(|_| random(values) as u8).collect();
            for connect in [Connect::Four, Connect::Eight] {
                let mut labels = vec![0; samples.len()];
                let count = label(&samples, None, width, connect, &mut labels);
                assert_eq!(labels, flooded(&samples, width, connect), "{width} {samples:?}");
                assert_eq!(labels.iter().max(), Some(&count));
            }
        }
    }

    #[test]
    fn what_is_missing_has_no_region() {
        let samples = [f32::NAN, 1.0, -0.0, 0.0, f32::INFINITY, f32::INFINITY];
        let mut labels = [9; 6];
        let valid = [255, 0, 255, 255, 255, 255];
        assert_eq!(label(&samples, Some(&valid), 6, Connect::Four, &mut labels), 2);
        assert_eq!(labels, [0, 0, 1, 1, 2, 2]);
    }
}
