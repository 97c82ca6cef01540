//! Compression codecs and predictors, one file a codec; pure functions on bytes.
//!
//! - [`Compression`]: a codec with its parameters, and its number in the Compression tag.
//! - [`Packed`], [`Plain`]: a chunk as it is stored and before that, with the shape that some
//!   codecs have to know.
//! - [`Decoder`], [`Encoder`]: every codec behind one door, with contexts that are reused.
//! - [`choose_predictor`], [`choose_level`]: what suits some samples, found by trying.
//! - [`standalone`]: a chunk as another file may hold it.
//! - [`predictor`]: differences between samples, made and undone.

mod ccitt;
mod ccitt_codes;
mod choose;
mod compression;
mod deflate;
mod inflate;
#[cfg(feature = "jp2")]
mod jp2;
#[cfg(feature = "jpeg")]
mod jpeg;
#[cfg(feature = "jpeg")]
mod jpeg_encode;
#[cfg(feature = "jpeg")]
mod jpeg_huffman;
#[cfg(feature = "jpeg")]
mod jpeg_planes;
#[cfg(feature = "jxl")]
mod jxl;
#[cfg(feature = "lerc")]
mod lerc;
#[cfg(feature = "libdeflate")]
mod libdeflate;
#[cfg(feature = "lzma")]
mod lzma;
mod lzw;
mod packbits;
pub mod predictor;
mod shape;
mod standalone;
#[cfg(test)]
mod testing;
#[cfg(feature = "webp")]
mod webp;
mod zstd;

/// What decodes deflate.
#[cfg(not(feature = "libdeflate"))]
use inflate::Inflater;
#[cfg(feature = "libdeflate")]
use libdeflate::Inflater;

pub use ccitt::Fax;
pub use choose::{choose_level, choose_predictor};
pub use compression::{Compression, Decoder, Encoder};
pub use predictor::{Predictor, RowShape};
pub use shape::{ChunkShape, LercPacking, Packed, Plain, SampleKind};
pub use standalone::standalone;
