//! Points that are converted together.

/// Points converted at a time: their copies live on the stack.
pub(in crate::crs) const BATCH: usize = 128;

/// Copies points into the beginnings of two buffers.
pub(super) fn copies<'a>(
    x: &[f64],
    y: &[f64],
    to_x: &'a mut [f64; BATCH],
    to_y: &'a mut [f64; BATCH],
) -> (&'a mut [f64], &'a mut [f64]) {
    let (to_x, to_y) = (&mut to_x[..x.len()], &mut to_y[..y.len()]);
    to_x.copy_from_slice(x);
    to_y.copy_from_slice(y);
    (to_x, to_y)
}
