//! A datum as an operation sees it.

use super::Shape;
use crate::crs::registry::System;

/// What longitudes and latitudes refer to: a datum of the registry, or one spelled out.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::crs) struct Frame {
    /// The name of the geodetic system.
    pub(in crate::crs) name: String,
    /// The system in the registry; `None` for one that is spelled out.
    pub(in crate::crs) system: Option<System>,
    pub(in crate::crs) ellipsoid: Shape,
    /// The prime meridian in degrees east of Greenwich.
    pub(in crate::crs) meridian: f64,
    /// Its own shift to WGS 84 as a position vector transformation: metres, arc seconds, ppm.
    pub(in crate::crs) to_wgs84: Option<[f64; 7]>,
    /// Its own shift to WGS 84 by a grid: `+nadgrids`.
    pub(in crate::crs) grids: Vec<String>,
}

impl Frame {
    /// The frame of a system of the registry.
    pub(in crate::crs) fn of(system: System) -> Self {
        Self {
            name: system.name().to_owned(),
            system: Some(system),
            ellipsoid: system.ellipsoid(),
            meridian: system.meridian(),
            to_wgs84: None,
            grids: Vec::new(),
        }
    }

    /// The frame that shifts of one's own lead to.
    pub(in crate::crs) fn wgs84() -> Self {
        Self::of(System::of_key(4326).expect("the registry has EPSG:4326"))
    }

    /// Whether a shift to WGS 84 comes with the definition.
    pub(in crate::crs) fn is_bound(&self) -> bool {
        self.to_wgs84.is_some() || !self.grids.is_empty()
    }

    /// Whether coordinates mean the same in both.
    pub(in crate::crs) fn is_same(&self, other: &Self) -> bool {
        if self.to_wgs84 != other.to_wgs84 || self.grids != other.grids {
            return false;
        }
        match (self.system, other.system) {
            (Some(a), Some(b)) => a.datum() == b.datum(),
            (None, None) => {
                self.name == other.name
                    && self.ellipsoid == other.ellipsoid
                    && self.meridian == other.meridian
            }
            _ => false,
        }
    }
}
