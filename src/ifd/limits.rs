//! How much a file may ask for.

/// How much a file may ask for before it is refused with `Error::Limit`.
///
/// The defaults let every sane file through and keep a hostile one from taking the machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Limits {
    /// Directories in a file; 65,536 by default.
    pub directories: u64,
    /// Entries in one directory; 65,535 by default, the most a classic TIFF can state.
    pub entries: u64,
    /// Entries in all directories of a file together, for directories may overlap in a hostile
    /// one; 2,097,152 by default, about 64 MiB.
    pub total_entries: u64,
    /// Bytes of one value read into memory at once, as stored; 256 MiB by default. Arrays that
    /// are read element by element have no limit.
    pub value_bytes: u64,
    /// Bytes of one strip or tile, decoded; 1 GiB by default.
    pub chunk_bytes: u64,
    /// Bytes of a text file beside the file, such as `.aux.xml`; 16 MiB by default.
    pub sidecar_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            directories: 1 << 16,
            entries: (1 << 16) - 1,
            total_entries: 1 << 21,
            value_bytes: 256 << 20,
            chunk_bytes: 1 << 30,
            sidecar_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// No limits but the length of the file: for files that are trusted.
    pub fn unlimited() -> Self {
        Self {
            directories: u64::MAX,
            entries: u64::MAX,
            total_entries: u64::MAX,
            value_bytes: u64::MAX,
            chunk_bytes: u64::MAX,
            sidecar_bytes: u64::MAX,
        }
    }
}
