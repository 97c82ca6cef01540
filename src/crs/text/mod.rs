//! The texts that reference systems are written in.

mod proj_write;

pub(super) use proj_write::{projection, radius};
