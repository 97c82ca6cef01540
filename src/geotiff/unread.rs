//! Tags that are there and cannot be read.

use crate::error::{Error, Result};

/// What could not be read of an image's tags, and why: what they would have said is lost, but
/// not the pixels, as in libtiff.
#[derive(Debug, Default)]
pub(super) struct Unread(Vec<Error>);

impl Unread {
    /// Takes a tag that breaks the format for one that is not there, and remembers why.
    ///
    /// # Errors
    /// What is not the tag's fault: limits, reads that fail.
    pub(super) fn without<T>(&mut self, read: Result<Option<T>>) -> Result<Option<T>> {
        match read {
            Err(error @ Error::Format(_)) => {
                self.0.push(error);
                Ok(None)
            }
            read => read,
        }
    }

    /// Returns why the first could not be read.
    pub(super) fn into_first(self) -> Option<Error> {
        self.0.into_iter().next()
    }

    /// Returns why, in the order of reading.
    pub(super) fn reasons(&self) -> &[Error] {
        &self.0
    }
}
