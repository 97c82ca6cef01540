//! What an operation does to coordinates.

use std::sync::Arc;

use super::helmert::{Convention, Helmert, to_geocentric, to_geographic};
use super::operation::Leg;
use super::{DatumOperation, Frame, Shape};
use crate::crs::grid::{GridKind, GridState, Grids, ShiftGrid};
use crate::crs::registry::{Method, Operation, System};
use crate::{Error, Result};

/// One step on longitudes and latitudes in radians, each on its frame's own meridian.
#[derive(Debug, Clone)]
pub(in crate::crs) enum Step {
    /// By way of earth-centred coordinates.
    Shift(Shift),
    /// The same everywhere: radians added.
    Offset { lon: f64, lat: f64 },
    /// By the first grid that reaches a place, there or back.
    Grid { grids: Vec<Layer>, back: bool },
    /// By a grid of translations, there or back.
    Translate(Box<Translate>),
}

/// One of the grids that a place may be shifted by.
#[derive(Debug, Clone)]
pub(in crate::crs) enum Layer {
    Grid(Arc<ShiftGrid>),
    /// PROJ's grid `null`: it reaches everywhere and shifts nothing.
    Null,
}

/// Translations of earth-centred coordinates by a grid that is laid out on the
/// datum which it leads to.
#[derive(Debug, Clone)]
pub(in crate::crs) struct Translate {
    grid: Arc<ShiftGrid>,
    /// The datum that it leads from, and that it leads to.
    from: (Shape, f64),
    to: (Shape, f64),
    back: bool,
}

/// A chain of shifts of earth-centred coordinates.
#[derive(Debug, Clone)]
pub(in crate::crs) struct Shift {
    from: (Shape, f64),
    to: (Shape, f64),
    moves: Vec<(Helmert, bool)>,
}

impl Step {
    /// The steps of an operation, there or back.
    ///
    /// # Errors
    /// If a grid cannot be read, or the operation is of a kind that swath does not do.
    pub(in crate::crs) fn plan(
        operation: &DatumOperation,
        back: bool,
        grids: &Grids,
    ) -> Result<Vec<Self>> {
        let mut steps = Vec::new();
        let mut legs: Vec<&Leg> = operation.legs.iter().collect();
        if back {
            legs.reverse();
        }
        for leg in legs {
            match leg {
                Leg::Ballpark(degrees) => {
                    let sign = if back { -1.0 } else { 1.0 };
                    push(&mut steps, Self::Offset { lon: sign * degrees.to_radians(), lat: 0.0 });
                }
                Leg::Bound(frame, reversed) => {
                    for step in bound(frame, *reversed != back, grids)? {
                        push(&mut steps, step);
                    }
                }
                Leg::Published(published, reversed) => {
                    let back = *reversed != back;
                    let mut parts = published.steps();
                    if back {
                        parts.reverse();
                    }
                    for (part, turned) in parts {
                        push(&mut steps, single(part, turned != back, grids)?);
                    }
                }
            }
        }
        Ok(steps)
    }

    /// Does the step for all points; NaN where it cannot be done.
    pub(in crate::crs) fn apply(&self, lon: &mut [f64], lat: &mut [f64]) {
        let points = lon.iter_mut().zip(lat);
        match self {
            Self::Offset { lon: east, lat: north } => {
                for (lon, lat) in points {
                    *lon += east;
                    *lat += north;
                }
            }
            Self::Grid { grids, back } => {
                for (lon, lat) in points {
                    let shifted = grids.iter().find_map(|layer| match layer {
                        Layer::Grid(grid) => grid.apply(*lon, *lat, *back),
                        Layer::Null => Some((*lon, *lat)),
                    });
                    (*lon, *lat) = shifted.unwrap_or((f64::NAN, f64::NAN));
                }
            }
            Self::Translate(translate) => {
                for (lon, lat) in points {
                    (*lon, *lat) = translate.apply(*lon, *lat).unwrap_or((f64::NAN, f64::NAN));
                }
            }
            Self::Shift(Shift { from, to, moves }) => {
                for (lon, lat) in points {
                    let mut point = to_geocentric(&from.0, *lon + from.1, *lat, 0.0);
                    for (helmert, back) in moves {
                        point = helmert.apply(point, *back);
                    }
                    let (east, north, _) = to_geographic(&to.0, point);
                    (*lon, *lat) = (east - to.1, north);
                }
            }
        }
    }
}

impl Translate {
    /// Moves a place in radians; `None` outside the grid.
    fn apply(&self, lon: f64, lat: f64) -> Option<(f64, f64)> {
        let at = |place: [f64; 3]| {
            let (lon, lat, _) = to_geographic(&self.to.0, place);
            self.grid.at(lon, lat)
        };
        let moved = |place: [f64; 3], by: [f64; 3], sign: f64| {
            [0, 1, 2].map(|axis| place[axis] + sign * by[axis])
        };
        if self.back {
            let place = to_geocentric(&self.to.0, lon + self.to.1, lat, 0.0);
            let place = moved(place, at(place)?, -1.0);
            let (lon, lat, _) = to_geographic(&self.from.0, place);
            return Some((lon - self.from.1, lat));
        }
        let start = to_geocentric(&self.from.0, lon + self.from.1, lat, 0.0);
        // The grid is asked at the place that is sought: as often as PROJ asks it.
        let mut place = start;
        for _ in 0..10 {
            let next = moved(start, at(place)?, 1.0);
            let gone: f64 = (0..3).map(|axis| (next[axis] - place[axis]).powi(2)).sum();
            place = next;
            if gone < 1e-10 {
                break;
            }
        }
        let (lon, lat, _) = to_geographic(&self.to.0, place);
        Some((lon - self.to.1, lat))
    }
}

/// EPSG's methods by way of earth-centred coordinates.
const HELMERT: [u16; 13] =
    [9603, 9606, 9607, 9636, 1031, 1032, 1033, 1053, 1056, 1061, 1063, 1065, 1066];

/// Adds a step; a shift that begins where the last one ended joins it, so that
/// the height between the two is kept, as in PROJ.
fn push(steps: &mut Vec<Step>, step: Step) {
    match (steps.last_mut(), step) {
        (Some(Step::Shift(last)), Step::Shift(next)) if last.to == next.from => {
            last.to = next.to;
            last.moves.extend(next.moves);
        }
        (_, Step::Offset { lon: 0.0, lat: 0.0 }) => {}
        (_, step) => steps.push(step),
    }
}

fn body(frame: &Frame) -> (Shape, f64) {
    (frame.ellipsoid, frame.meridian.to_radians())
}

/// The shift to WGS 84 that comes with a definition, or the way back.
fn bound(frame: &Frame, back: bool, grids: &Grids) -> Result<Vec<Step>> {
    let wgs84 = Frame::wgs84();
    if let Some(values) = frame.to_wgs84 {
        let moves = vec![(Helmert::new(&values, Convention::PositionVector), back)];
        let (from, to) = if back { (&wgs84, frame) } else { (frame, &wgs84) };
        return Ok(vec![Step::Shift(Shift { from: body(from), to: body(to), moves })]);
    }
    let meridian = Step::Offset { lon: frame.meridian.to_radians(), lat: 0.0 };
    let shift = Step::Grid { grids: layers(&frame.grids, grids)?, back };
    Ok(if back {
        vec![shift, Step::Offset { lon: -frame.meridian.to_radians(), lat: 0.0 }]
    } else {
        vec![meridian, shift]
    })
}

/// The grids of `+nadgrids`, in order. Those marked with an `@` may be absent (not
/// damaged), but one at least has to be there.
fn layers(names: &[String], grids: &Grids) -> Result<Vec<Layer>> {
    let mut layers = Vec::new();
    let mut absent = None;
    for name in names {
        let plain = name.trim_start_matches('@');
        if plain == "null" {
            layers.push(Layer::Null);
            continue;
        }
        match grids.load(plain).and_then(|grid| of_kind(grid, GridKind::Offsets, plain)) {
            Ok(grid) => layers.push(Layer::Grid(grid)),
            Err(error) if plain != name && grids.state(plain) == GridState::Absent => {
                absent = absent.or(Some(error));
            }
            Err(error) => return Err(error),
        }
    }
    match absent {
        Some(error) if layers.is_empty() => Err(error),
        _ => Ok(layers),
    }
}

/// A grid, if its nodes say what is wanted.
fn of_kind(grid: Arc<ShiftGrid>, wanted: GridKind, name: &str) -> Result<Arc<ShiftGrid>> {
    if grid.kind() == wanted {
        return Ok(grid);
    }
    Err(Error::unsupported(format!("grid {name} here"))
        .expected(format!("{wanted:?}"))
        .found(format!("{:?}", grid.kind())))
}

/// The step of one operation of the registry.
fn single(operation: Operation, back: bool, grids: &Grids) -> Result<Step> {
    let Some(Method { code, values, grids: names }) = operation.method() else {
        return Err(Error::defect(format!("{} has no method", operation.name())));
    };
    let (mut from, mut to) = (of(operation.source()), of(operation.target()));
    if back {
        std::mem::swap(&mut from, &mut to);
    }
    // A shift of nothing between two ellipsoids that agree to 0.1 mm does nothing.
    let is_same = (from.0.semi_major - to.0.semi_major).abs() < 1e-4
        && (from.0.flattening() - to.0.flattening()).abs() < 1e-10
        && from.1 == to.1;
    if is_same && HELMERT.contains(&code) && values.iter().all(|v| *v == 0.0) {
        return Ok(Step::Offset { lon: 0.0, lat: 0.0 });
    }
    let shift = |convention| {
        Step::Shift(Shift { from, to, moves: vec![(Helmert::new(&values, convention), back)] })
    };
    match code {
        9603 | 9606 | 1031 | 1033 | 1053 | 1061 | 1063 | 1065 => {
            Ok(shift(Convention::PositionVector))
        }
        9607 | 9636 | 1032 | 1056 | 1066 => Ok(shift(Convention::CoordinateFrame)),
        9601 | 9618 | 9619 => {
            let sign = if back { -1.0 } else { 1.0 };
            let at = |i: usize| sign * values.get(i).copied().unwrap_or(0.0).to_radians();
            Ok(Step::Offset { lat: at(0), lon: at(1) })
        }
        9613 | 9614 | 9615 | 1074 | 1075 if !names.is_empty() => {
            let is_turned = values.first() == Some(&-1.0);
            let grid = of_kind(grids.load(names[0])?, GridKind::Offsets, names[0])?;
            Ok(Step::Grid { grids: vec![Layer::Grid(grid)], back: back != is_turned })
        }
        1087 if !names.is_empty() => {
            let grid = of_kind(grids.load(names[0])?, GridKind::Translations, names[0])?;
            // The two were swapped above.
            let (from, to) = if back { (to, from) } else { (from, to) };
            Ok(Step::Translate(Box::new(Translate { grid, from, to, back })))
        }
        _ => Err(Error::unsupported(format!(
            "operation {:?} by EPSG method {code}",
            operation.name()
        ))),
    }
}

fn of(system: System) -> (Shape, f64) {
    (system.ellipsoid(), system.meridian().to_radians())
}
