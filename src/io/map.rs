//! A file mapped into memory: the one place of the house with unsafe code.

use std::fs::File;
use std::io;

/// The bytes of a file, mapped read-only.
#[derive(Debug)]
pub(super) struct Map(memmap2::Mmap);

impl Map {
    /// Maps the whole of `file`, which must not be empty.
    #[allow(unsafe_code)]
    pub(super) fn new(file: &File) -> io::Result<Self> {
        // SAFETY: the map is private and read-only, and nothing of ours writes to an input
        // file: outputs are staged under another inode and renamed. What stays is another
        // process changing the file meanwhile: bytes may then change under us (every value is
        // checked after it is copied out, never trusted twice) or, if the file shrinks, the
        // process gets SIGBUS. This is documented at `IoMode::Map`; `IoMode::Pread` avoids it.
        unsafe { memmap2::Mmap::map(file) }.map(Self)
    }

    /// The bytes of the file.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Asks the system to start reading a range that lies inside the map.
    pub(super) fn will_need(&self, offset: usize, len: usize) {
        // A hint: where the system does not take it, reads are as correct as before.
        #[cfg(unix)]
        let _ = self.0.advise_range(memmap2::Advice::WillNeed, offset, len);
        #[cfg(not(unix))]
        let _ = (offset, len);
    }
}
