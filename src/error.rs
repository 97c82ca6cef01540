//! What went wrong, where, and whose fault it is.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure, sorted by who can mend it.
///
/// Errors are made bare where they are found (`Error::format("tile width")`)
/// and gain their place on the way up: [`Error::in_chunk`], [`Error::in_ifd`],
/// [`Error::at_path`]. A place already named is kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file breaks the format it claims to be in: the file's fault.
    #[error("{0}")]
    Format(Box<Detail>),
    /// The file or request is valid, but swath cannot do it: swath's fault.
    #[error("{}", Told(.0, "not supported: "))]
    Unsupported(Box<Detail>),
    /// The request makes no sense: the caller's fault.
    #[error("{0}")]
    Usage(Box<Detail>),
    /// The operating system refused: the machine's fault.
    #[error("{0}: {1}")]
    Io(Box<Detail>, #[source] std::io::Error),
    /// A limit set by the caller (memory, sizes read from a file) was met.
    #[error("{}", Told(.0, "over the limit: "))]
    Limit(Box<Detail>),
    /// The run was stopped from outside.
    #[error("cancelled")]
    Cancelled,
    /// A worker panicked: a defect of swath, caught so that no output is left half-written.
    #[error("{}", Told(.0, "defect of swath: "))]
    Defect(Box<Detail>),
}

/// Where and what: the parts of an error's message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Detail {
    /// The file concerned.
    pub path: Option<PathBuf>,
    /// The image file directory, counted from 0 in file order.
    pub ifd: Option<u32>,
    /// The stored strip or tile, counted from 0 in the order of the offsets array.
    pub chunk: Option<u64>,
    /// What was looked at.
    pub what: String,
    /// What should have been there.
    pub expected: Option<String>,
    /// What was there.
    pub found: Option<String>,
    /// What the reader of the message can do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Told(self, "").fmt(f)
    }
}

/// A message with the kind of its error between place and matter.
struct Told<'a>(&'a Detail, &'static str);

impl fmt::Display for Told<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(detail, kind) = self;
        if let Some(path) = &detail.path {
            write!(f, "{}: ", path.display())?;
        }
        if let Some(ifd) = detail.ifd {
            write!(f, "directory {ifd}: ")?;
        }
        if let Some(chunk) = detail.chunk {
            write!(f, "chunk {chunk}: ")?;
        }
        write!(f, "{kind}{}", detail.what)?;
        match (&detail.expected, &detail.found) {
            (Some(expected), Some(found)) => write!(f, ": expected {expected}, found {found}"),
            (Some(expected), None) => write!(f, ": expected {expected}"),
            (None, Some(found)) => write!(f, ": found {found}"),
            (None, None) => Ok(()),
        }
    }
}

fn detail(what: impl Into<String>) -> Box<Detail> {
    Box::new(Detail { what: what.into(), ..Detail::default() })
}

impl Error {
    /// Makes an error for a file that breaks its format.
    pub fn format(what: impl Into<String>) -> Self {
        Self::Format(detail(what))
    }

    /// Makes an error for something valid that swath cannot do; `what` names it.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported(detail(what))
    }

    /// Makes an error for a request that makes no sense.
    pub fn usage(what: impl Into<String>) -> Self {
        Self::Usage(detail(what))
    }

    /// Makes a usage error for a place, in bytes, of a text of some `kind`: line, column (both from
    /// 1), and the line with a caret below the place.
    pub fn in_text(kind: &str, text: &str, span: Range<usize>, message: impl fmt::Display) -> Self {
        let floor = |mut at: usize| {
            while !text.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = floor(span.start.min(text.len()));
        let end = floor(span.end.clamp(start, text.len())).max(start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = text[line_start..].lines().next().unwrap_or_default();
        let line_end = line_start + line.len();
        let before = text[line_start..start].chars().count();
        let marked = text[start..end.min(line_end).max(start)].chars().count().max(1);
        let number = text[..start].matches('\n').count() + 1;
        // Tabs and other control characters would push the caret aside.
        let shown: String = line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        Self::usage(format!(
            "{kind}, line {number}, column {}: {message}\n    {shown}\n    {}{}",
            before + 1,
            " ".repeat(before),
            "^".repeat(marked),
        ))
    }

    /// Makes an error for a refusal of the operating system; `action` says what was tried.
    pub fn io(action: impl Into<String>, source: std::io::Error) -> Self {
        Self::Io(detail(action), source)
    }

    /// Makes an error for a limit that was met.
    pub fn limit(what: impl Into<String>) -> Self {
        Self::Limit(detail(what))
    }

    /// Makes an error for a defect of swath itself.
    pub fn defect(what: impl Into<String>) -> Self {
        Self::Defect(detail(what))
    }

    /// Returns the parts of the message; `None` for [`Error::Cancelled`].
    pub fn detail(&self) -> Option<&Detail> {
        match self {
            Self::Format(d)
            | Self::Unsupported(d)
            | Self::Usage(d)
            | Self::Io(d, _)
            | Self::Limit(d)
            | Self::Defect(d) => Some(d),
            Self::Cancelled => None,
        }
    }

    /// Returns the message without file, directory and chunk, for who names them otherwise.
    pub fn bare(self) -> String {
        self.edit(|d| (d.path, d.ifd, d.chunk) = (None, None, None)).to_string()
    }

    fn edit(mut self, change: impl FnOnce(&mut Detail)) -> Self {
        match &mut self {
            Self::Format(d)
            | Self::Unsupported(d)
            | Self::Usage(d)
            | Self::Io(d, _)
            | Self::Limit(d)
            | Self::Defect(d) => change(d),
            Self::Cancelled => {}
        }
        self
    }

    /// Puts `subject`, the part of the file that was looked at, before what was looked at.
    #[must_use]
    pub fn about(self, subject: impl fmt::Display) -> Self {
        self.edit(|d| d.what = format!("{subject}: {}", d.what))
    }

    /// Adds what should have been there.
    #[must_use]
    pub fn expected(self, expected: impl fmt::Display) -> Self {
        self.edit(|d| d.expected = Some(expected.to_string()))
    }

    /// Adds what was there.
    #[must_use]
    pub fn found(self, found: impl fmt::Display) -> Self {
        self.edit(|d| d.found = Some(found.to_string()))
    }

    /// Adds what the reader of the message can do about it.
    #[must_use]
    pub fn hint(self, hint: impl Into<String>) -> Self {
        self.edit(|d| d.hint = Some(hint.into()))
    }

    /// Names the file, unless one is named already.
    #[must_use]
    pub fn at_path(self, path: impl AsRef<Path>) -> Self {
        self.edit(|d| {
            d.path.get_or_insert_with(|| path.as_ref().to_path_buf());
        })
    }

    /// Names the directory, unless one is named already.
    #[must_use]
    pub fn in_ifd(self, ifd: u32) -> Self {
        self.edit(|d| {
            d.ifd.get_or_insert(ifd);
        })
    }

    /// Names the strip or tile, unless one is named already.
    #[must_use]
    pub fn in_chunk(self, chunk: u64) -> Self {
        self.edit(|d| {
            d.chunk.get_or_insert(chunk);
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_place_expected_and_found() {
        let error = Error::format("tile width").expected("a multiple of 16").found(17);
        let error = error.in_chunk(3).in_ifd(1).at_path("a.tif").at_path("b.tif");
        assert_eq!(
            error.to_string(),
            "a.tif: directory 1: chunk 3: tile width: expected a multiple of 16, found 17"
        );
    }

    #[test]
    fn io_error_keeps_its_source() {
        let error = Error::io("read", std::io::Error::other("disk on fire")).at_path("a.tif");
        assert_eq!(error.to_string(), "a.tif: read: disk on fire");
        assert!(std::error::Error::source(&error).is_some());
    }
}
