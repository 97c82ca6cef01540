//! Compression codecs and predictors, one file a codec; pure functions on bytes.
//!
//! - [`Compression`]: a codec with its parameters, and its number in the Compression tag.
//! - [`Decoder`], [`Encoder`]: every codec behind one door, with contexts that are reused.
//! - [`predictor`]: differences between samples, made and undone.

mod compression;
mod deflate;
mod inflate;
mod lzw;
mod packbits;
pub mod predictor;
#[cfg(test)]
mod testing;
mod zstd;

pub use compression::{Compression, Decoder, Encoder};
pub use predictor::{Predictor, RowShape};
