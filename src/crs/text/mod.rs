//! The texts that reference systems are written in.

mod json_read;
mod json_write;
mod known;
mod proj_keys;
mod proj_method;
mod proj_names;
mod proj_plane;
mod proj_read;
mod proj_write;
mod tree;
pub(super) mod units;
mod wkt_geographic;
mod wkt_method;
mod wkt_out;
mod wkt_projection;
mod wkt_read;
mod wkt_write;

use super::Definition;
use super::method::same_name;
use crate::error::{Error, Result};

pub(super) use json_write::write as projjson;
pub(super) use known::{datum, ellipsoid, prime_meridian};
pub(super) use proj_plane::{projection, radius};
pub(super) use proj_write::string as proj_string;
pub(super) use wkt_method::usual_axes;
pub(super) use wkt_out::Style;
pub(super) use wkt_write::write as wkt;

/// Reads well-known text of any age, PROJJSON or a PROJ string, told apart by
/// how they begin.
pub(super) fn read(text: &str) -> Result<Definition> {
    let text = text.trim();
    if text.len() > tree::MAX_LENGTH {
        return Err(Error::usage("coordinate reference system")
            .expected(format!("at most {} bytes", tree::MAX_LENGTH))
            .found(text.len()));
    }
    if text.starts_with('{') {
        json_read::read(text)
    } else if text.contains("+proj=") || text.starts_with("proj=") {
        // Also inside WKT1, but there after a bracket.
        match text.find(['[', '(']) {
            Some(bracket) if text.find("proj=").is_some_and(|at| at > bracket) => {
                wkt_read::read(text)
            }
            _ => proj_read::read(text),
        }
    } else {
        wkt_read::read(text)
    }
}
