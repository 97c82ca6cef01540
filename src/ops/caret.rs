//! Errors that show where in a text they are.

use std::ops::Range;

use crate::Error;

/// Makes an error of what was typed, with the line of the text and a caret below the place.
pub(super) fn error_at(
    subject: &str,
    text: &str,
    span: Range<usize>,
    message: impl std::fmt::Display,
) -> Error {
    // Tokens begin and end between characters.
    let start = span.start.min(text.len());
    let end = span.end.clamp(start, text.len());
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line = text[line_start..].lines().next().unwrap_or_default();
    let line_end = line_start + line.len();
    let before = text[line_start..start].chars().count();
    let marked = text[start..end.min(line_end).max(start)].chars().count().max(1);
    let number = text[..start].matches('\n').count() + 1;
    // Tabs and other control characters would push the caret aside.
    let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Error::usage(format!(
        "{subject}, line {number}, column {}: {message}\n    {shown}\n    {}{}",
        before + 1,
        " ".repeat(before),
        "^".repeat(marked),
    ))
}

/// Returns where a part of a text lies in it.
pub(super) fn span_of(part: &str, text: &str) -> Range<usize> {
    let start = (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize).min(text.len());
    start..(start + part.len()).min(text.len())
}
