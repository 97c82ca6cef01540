//! Compression codecs and predictors, one file a codec; pure functions on bytes.
