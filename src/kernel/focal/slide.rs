//! What runs of neighbours come to, in steps that depend on the run's length alone.

/// Up to this many are put together one by one.
const FEW: usize = 8;

/// Fills `made` with what the `len` elements from each place on, `step` apart, come to.
///
/// Few are put together from the first on; of more, those of 2, 4, 8 ... are, and those
/// that the digits of `len` name, shortest first. Which are put together in which order
/// depends on `len` alone: the same elements come to the same bits wherever a tile begins,
/// which a sum that slides along would not, and the work grows with the logarithm of `len`.
///
/// # Panics
/// If `line` ends before the last run.
pub(super) fn runs<E: Copy>(
    line: &[E],
    step: usize,
    len: usize,
    spare: &mut Spare<E>,
    made: &mut [E],
    merge: impl Fn(E, E) -> E + Copy,
) {
    match len {
        1 => made.copy_from_slice(&line[..made.len()]),
        // What blocks and circles have is odd.
        3 => few::<E, 3>(line, step, made, merge),
        5 => few::<E, 5>(line, step, made, merge),
        7 => few::<E, 7>(line, step, made, merge),
        ..=FEW => {
            made.copy_from_slice(&line[..made.len()]);
            for k in 1..len {
                for (made, &other) in made.iter_mut().zip(&line[k * step..]) {
                    *made = merge(*made, other);
                }
            }
        }
        _ => many(line, step, len, spare, made, merge),
    }
}

/// Memory for runs of 2, 4, 8 ...
#[derive(Debug)]
pub(super) struct Spare<E>([Vec<E>; 2]);

impl<E> Default for Spare<E> {
    fn default() -> Self {
        Self([Vec::new(), Vec::new()])
    }
}

#[inline(always)]
fn few<E: Copy, const N: usize>(
    line: &[E],
    step: usize,
    made: &mut [E],
    merge: impl Fn(E, E) -> E,
) {
    let lines: [&[E]; N] = std::array::from_fn(|k| &line[k * step..][..made.len()]);
    for (i, made) in made.iter_mut().enumerate() {
        let mut all = lines[0][i];
        for line in &lines[1..] {
            all = merge(all, line[i]);
        }
        *made = all;
    }
}

fn many<E: Copy>(
    line: &[E],
    step: usize,
    len: usize,
    spare: &mut Spare<E>,
    made: &mut [E],
    merge: impl Fn(E, E) -> E,
) {
    let [current, next] = &mut spare.0;
    let needed = made.len() + (len - 1) * step;
    current.clear();
    current.extend_from_slice(&line[..needed]);
    // `current` holds runs of `double`; `taken` elements are in `made`.
    let (mut double, mut taken) = (1, 0);
    loop {
        if len & double != 0 {
            let run = &current[taken * step..][..made.len()];
            if taken == 0 {
                made.copy_from_slice(run);
            } else {
                for (made, &run) in made.iter_mut().zip(run) {
                    *made = merge(*made, run);
                }
            }
            taken += double;
        }
        if taken == len {
            return;
        }
        let (first, second) = (&current[..], &current[double * step..]);
        next.clear();
        next.extend(first.iter().zip(second).map(|(&a, &b)| merge(a, b)));
        std::mem::swap(current, next);
        double *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_hold_each_element_once_and_in_order() {
        // Elements are stretches: merging those that do not touch fails.
        let merge = |a: (usize, usize), b: (usize, usize)| {
            assert_eq!(a.1, b.0);
            (a.0, b.1)
        };
        for step in [1, 3] {
            let stretches: Vec<_> = (0..300).map(|i| (i / step, i / step + 1)).collect();
            for len in (1..=40).chain([63, 64, 65]) {
                let mut made = vec![(0, 0); 300 - (len - 1) * step];
                runs(&stretches, step, len, &mut Spare::default(), &mut made, merge);
                let wanted = (0..made.len()).map(|i| (i / step, i / step + len));
                assert!(made.iter().copied().eq(wanted), "{len}, step {step}");
            }
        }
    }
}
