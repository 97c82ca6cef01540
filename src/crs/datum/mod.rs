//! From one datum to another: which operations there are, which is taken, and how it is done.

mod find;
mod frame;
mod helmert;
mod operation;
mod rank;
mod shape;
mod step;

pub(super) use find::{candidates, same};
pub(super) use frame::Frame;
pub use operation::{DatumOperation, GridUse};
pub(super) use rank::{choose, sort};
pub(super) use shape::Shape;
pub(super) use step::Step;
