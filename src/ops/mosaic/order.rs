//! Which input comes before which.

use std::cmp::Ordering;
use std::str::FromStr;

use super::MosaicInput;
use crate::{Error, Result};

/// What inputs are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderKey {
    /// Nothing: as they are given.
    #[default]
    Given,
    /// Their names, byte by byte.
    Name,
    /// The time their metadata states (`TIFFTAG_DATETIME`), oldest first.
    Time,
    /// The size of their pixels, coarsest first, so that the finest lies on top.
    Resolution,
}

/// Which input comes before which; equal ones keep the order they are given in.
///
/// At the prompt `name`, `time`, `resolution` or `given`, with a `-` before it the
/// other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// What inputs are sorted by.
    pub key: OrderKey,
    /// Whether the other way round.
    pub reverse: bool,
}

impl FromStr for Order {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, reverse) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let key = match name {
            "given" => OrderKey::Given,
            "name" => OrderKey::Name,
            "time" => OrderKey::Time,
            "resolution" => OrderKey::Resolution,
            _ => {
                return Err(Error::usage("order")
                    .expected("given, name, time or resolution, perhaps with - before it")
                    .found(text));
            }
        };
        Ok(Self { key, reverse })
    }
}

impl Order {
    /// Sorts inputs.
    ///
    /// # Errors
    /// [`Error::Usage`] if an input states no time by which it could be sorted.
    pub fn sort(self, inputs: &mut [MosaicInput]) -> Result<()> {
        let untimed = inputs.iter().find(|input| time(input).is_none());
        let compare: fn(&MosaicInput, &MosaicInput) -> Ordering = match (self.key, untimed) {
            (OrderKey::Given, _) => {
                if self.reverse {
                    inputs.reverse();
                }
                return Ok(());
            }
            (OrderKey::Time, Some(input)) => {
                return Err(Error::usage("order by time")
                    .expected("an item TIFFTAG_DATETIME")
                    .found("none")
                    .at_path(&input.name)
                    .hint("order by name, or set the item with swath edit"));
            }
            (OrderKey::Time, None) => |a, b| time(a).cmp(&time(b)),
            (OrderKey::Name, _) => |a, b| a.name.cmp(&b.name),
            (OrderKey::Resolution, _) => |a, b| area(b).total_cmp(&area(a)),
        };
        inputs.sort_by(|a, b| {
            let order = compare(a, b);
            if self.reverse { order.reverse() } else { order }
        });
        Ok(())
    }
}

/// The time that an input states, such as `2020:05:18 13:05:12`: it sorts as a text.
fn time(input: &MosaicInput) -> Option<&str> {
    let items = input.raster.info().metadata.domains.get("")?;
    items.get("TIFFTAG_DATETIME").map(String::as_str)
}

/// The area of a pixel, in units of the input's own system.
fn area(input: &MosaicInput) -> f64 {
    let t = input.raster.info().grid.transform;
    (t.pixel_width * t.pixel_height - t.row_rotation * t.column_rotation).abs()
}
