//! Byte sources and staged outputs.
