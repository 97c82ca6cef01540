//! Byte sources and staged outputs.
//!
//! - [`ByteSource`]: read-only bytes with random access: mapped, read or owned.
//! - [`ByteOrder`]: which end of a number comes first in a file.
//! - [`Live`]: a file that is changed where it stands, readable at every moment.
//! - [`Staged`]: an output file that is whole or absent.
//! - [`Beside`]: what becomes of a file that is read together with an output.
//! - [`handles`]: how many rasters may be kept open.
//! - [`Scratch`]: an unnamed temporary file for parked bytes.

mod bytes;
mod handles;
mod live;
mod map;
mod order;
mod pair;
mod scratch;
mod staged;
mod temp;

pub use bytes::{ByteSource, IoMode, ReadAt};
pub use handles::handles;
pub use live::Live;
pub use order::ByteOrder;
pub use pair::Beside;
pub use scratch::Scratch;
pub use staged::{Overwrite, Staged};
pub use temp::sweep;
