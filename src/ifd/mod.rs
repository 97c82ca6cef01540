//! TIFF structure: header, directories, typed entries; reading and writing.
//!
//! The words ([`Tag`], [`Type`]) are those of the `tiff` crate; the reader is our own, because that
//! crate's judges the first image when it opens a file and reads the arrays of offsets eagerly.
//!
//! - [`Header`]: byte order, classic or BigTIFF, where the first directory lies.
//! - [`Limits`]: how much a file may ask for.
//! - [`Directory`], [`Chain`]: the entries of one image, and all directories of a file.
//! - [`Entry`], [`Array`]: typed values, read whole or element by element.
//! - [`DirectoryBuilder`], [`Value`], [`Patch`]: directories to write.

mod directory;
mod entry;
mod header;
mod limits;
#[cfg(test)]
mod tests;
mod write;

pub use directory::{Chain, Directory};
pub(crate) use entry::text_of;
pub use entry::{Array, Entry};
pub use header::Header;
pub use limits::Limits;
pub use tiff::tags::{Tag, Type};
pub use write::{DirectoryBuilder, Patch, Value};
