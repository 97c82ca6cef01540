//! Systems of linear equations.

/// The part of a column's length that has to be new for it to count as independent.
const INDEPENDENT: f64 = 1e-11;

/// Returns what solves `matrix` times it = each of `right`, with the least sum of squared
/// differences where there are more rows than columns; `None` if the columns are not independent.
///
/// `matrix` holds its columns one after the other, each as long as every one of `right`. By
/// Householder's reflections (Golub and Van Loan, Matrix Computations, 4th edition, 5.3.2).
pub(super) fn solve<const N: usize>(
    mut matrix: Vec<f64>,
    rows: usize,
    mut right: [Vec<f64>; N],
) -> Option<[Vec<f64>; N]> {
    let columns = matrix.len() / rows.max(1);
    if columns > rows {
        return None;
    }
    let norm = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let mut diagonal = vec![0.0; columns];
    for k in 0..columns {
        let (left, rest) = matrix.split_at_mut((k + 1) * rows);
        let column = &mut left[k * rows..];
        let whole = norm(column);
        let length = norm(&column[k..]);
        // Written so that NaN is refused too.
        if !(length > INDEPENDENT * whole && length.is_finite()) {
            return None;
        }
        diagonal[k] = if column[k] > 0.0 { -length } else { length };
        column[k] -= diagonal[k];
        let mirror = &column[k..];
        let squared = mirror.iter().map(|x| x * x).sum::<f64>();
        let reflect = |v: &mut [f64]| {
            let along = mirror.iter().zip(v.iter()).map(|(a, b)| a * b).sum::<f64>();
            let by = 2.0 * along / squared;
            v.iter_mut().zip(mirror).for_each(|(v, m)| *v -= by * m);
        };
        rest.chunks_exact_mut(rows).for_each(|other| reflect(&mut other[k..]));
        right.iter_mut().for_each(|right| reflect(&mut right[k..]));
    }
    Some(right.map(|mut right| {
        for k in (0..columns).rev() {
            let known: f64 = (k + 1..columns).map(|j| matrix[j * rows + k] * right[j]).sum();
            right[k] = (right[k] - known) / diagonal[k];
        }
        right.truncate(columns);
        right
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_fitted_and_squares_solved() {
        // y = 2 + 3x through points of which two are off by one, each its own way: by hand.
        let [line] =
            solve(vec![1.0, 1.0, 1.0, 1.0, 0.0, 1.0, 2.0, 3.0], 4, [vec![3.0, 4.0, 7.0, 12.0]])
                .expect("independent");
        assert!((line[0] - 2.0).abs() < 1e-14 && (line[1] - 3.0).abs() < 1e-14, "{line:?}");
        let [x] = solve(vec![2.0, 4.0, 1.0, -1.0], 2, [vec![5.0, 7.0]]).expect("independent");
        assert!((x[0] - 2.0).abs() < 1e-14 && (x[1] - 1.0).abs() < 1e-14, "{x:?}");
    }

    #[test]
    fn what_has_no_one_solution_has_none() {
        assert!(solve(vec![1.0, 2.0, 2.0, 4.0], 2, [vec![1.0, 1.0]]).is_none());
        assert!(solve(vec![1.0, f64::NAN], 2, [vec![1.0, 1.0]]).is_none());
        assert!(solve(vec![1.0, 2.0], 1, [vec![1.0]]).is_none());
    }
}
