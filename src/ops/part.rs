//! Where a part of a text lies in it.

use std::ops::Range;

/// Returns the bytes of a text that a part of it is.
pub(super) fn span_of(part: &str, text: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
    start..(start + part.len()).min(text.len())
}
