//! All operations between two datums, found in the registry as PROJ finds them.
//!
//! In this order, each only if the one before gave nothing that can be used:
//! operations between the two systems themselves (or else between any systems on
//! their two datums); chains of two by way of any third datum. Reversed operations count
//! as well. Last comes the ballpark operation, which there always is.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::operation::{DatumOperation, GridUse, Leg};
use super::{Frame, sort};
use crate::crs::registry::{Operation, System};
use crate::crs::{Area, GridState};

/// An operation of the registry as seen from one of its ends.
#[derive(Debug, Clone, Copy)]
struct Edge {
    operation: Operation,
    is_reversed: bool,
    from: System,
    to: System,
}

/// Returns every operation between two frames that touches an area, best first
/// for the area of use of the two systems: see [`sort`]. `state` tells
/// whether a grid can be used.
pub(in crate::crs) fn candidates(
    from: &Frame,
    to: &Frame,
    area: Option<Area>,
    area_of_use: Option<Area>,
    state: &dyn Fn(&str) -> GridState,
) -> Vec<DatumOperation> {
    if from.is_same(to) {
        return vec![same(&from.name)];
    }
    let mut found: Vec<DatumOperation> =
        paths(from, to, state).into_iter().filter_map(|legs| assemble(legs, state)).collect();
    if let Some(area) = area {
        found.retain(|operation| operation.area.is_none_or(|a| a.intersection(&area).is_some()));
    }
    sort(&mut found, area_of_use);
    found.push(ballpark(from, to));
    found
}

/// Returns the operation that leaves everything as it is, on the datum of a named system.
pub(in crate::crs) fn same(name: &str) -> DatumOperation {
    DatumOperation {
        name: format!("same datum ({name})"),
        accuracy: Some(0.0),
        area: None,
        area_name: None,
        is_offshore: false,
        is_ballpark: false,
        grids: Vec::new(),
        legs: Vec::new(),
    }
}

fn ballpark(from: &Frame, to: &Frame) -> DatumOperation {
    DatumOperation {
        name: format!("Ballpark geographic offset from {} to {}", from.name, to.name),
        accuracy: None,
        is_ballpark: true,
        legs: vec![Leg::Ballpark(from.meridian - to.meridian)],
        ..same(&from.name)
    }
}

/// The sequences of legs that lead from one frame to the other.
fn paths(from: &Frame, to: &Frame, state: &dyn Fn(&str) -> GridState) -> Vec<Vec<Leg>> {
    let bound = |frame: &Frame, reversed| Leg::Bound(Box::new(frame.clone()), reversed);
    if from.is_bound() {
        let rest = if to.is_same(&Frame::wgs84()) {
            vec![vec![]]
        } else {
            paths(&Frame::wgs84(), to, state)
        };
        let first = bound(from, false);
        return rest.into_iter().map(|legs| [vec![first.clone()], legs].concat()).collect();
    }
    if to.is_bound() {
        let rest = if from.is_same(&Frame::wgs84()) {
            vec![vec![]]
        } else {
            paths(from, &Frame::wgs84(), state)
        };
        let last = bound(to, true);
        return rest.into_iter().map(|legs| [legs, vec![last.clone()]].concat()).collect();
    }
    let (Some(a), Some(b)) = (from.system, to.system) else { return Vec::new() };
    let legs = |chain: &[Edge]| {
        chain.iter().map(|e| Leg::Published(e.operation, e.is_reversed)).collect::<Vec<_>>()
    };
    let is_usable = |chain: &[Edge]| {
        chain.iter().all(|edge| {
            grids_of(edge.operation).iter().all(|grid| state(grid) == GridState::Present)
        })
    };
    published(a, b, &is_usable).iter().map(|chain| legs(chain)).collect()
}

fn published(a: System, b: System, is_usable: &dyn Fn(&[Edge]) -> bool) -> Vec<Vec<Edge>> {
    let (from_a, to_b) = (edges(a), edges(b));
    let between = from_a.iter().filter(|e| e.to.datum() == b.datum());
    let direct: Vec<Vec<Edge>> = between.map(|&e| vec![e]).collect();
    let exact: Vec<Vec<Edge>> =
        direct.iter().filter(|e| e[0].from == a && e[0].to == b).cloned().collect();
    let mut found = if exact.is_empty() { direct } else { exact };
    if found.iter().any(|chain| is_usable(chain)) {
        return found;
    }
    // Seen from b, then turned round: what leads to b.
    let mut into_b: BTreeMap<u16, Vec<Edge>> = BTreeMap::new();
    for edge in to_b {
        let turned = Edge { is_reversed: !edge.is_reversed, from: edge.to, to: edge.from, ..edge };
        into_b.entry(turned.from.datum()).or_default().push(turned);
    }
    let after = |edge: &Edge| into_b.get(&edge.to.datum()).into_iter().flatten();
    for first in &from_a {
        found.extend(after(first).map(|&last| vec![*first, last]));
    }
    found
}

/// The operations at a system's datum, seen from it.
fn edges(system: System) -> Vec<Edge> {
    // Made once, when the first two datums differ.
    static ALL: OnceLock<BTreeMap<u16, Vec<Edge>>> = OnceLock::new();
    let all = ALL.get_or_init(|| {
        let mut all: BTreeMap<u16, Vec<Edge>> = BTreeMap::new();
        for operation in Operation::all() {
            let (from, to) = (operation.source(), operation.target());
            if operation.is_superseded() || from.datum() == to.datum() {
                continue;
            }
            let there = Edge { operation, is_reversed: false, from, to };
            let back = Edge { operation, is_reversed: true, from: to, to: from };
            all.entry(from.datum()).or_default().push(there);
            all.entry(to.datum()).or_default().push(back);
        }
        all
    });
    all.get(&system.datum()).cloned().unwrap_or_default()
}

/// The grid files that an operation needs.
fn grids_of(operation: Operation) -> Vec<&'static str> {
    let methods = operation.steps().into_iter().filter_map(|(step, _)| step.method());
    methods.flat_map(|method| method.grids).collect()
}

fn named(name: &str, is_reversed: bool) -> String {
    if is_reversed { format!("Inverse of {name}") } else { name.to_owned() }
}

/// Makes one operation of its legs; `None` if their areas share nothing.
fn assemble(legs: Vec<Leg>, state: &dyn Fn(&str) -> GridState) -> Option<DatumOperation> {
    let mut names = Vec::new();
    let mut accuracy = Some(0.0);
    let (mut area, mut area_name): (Option<Area>, _) = (None, None);
    let mut is_offshore = false;
    let mut grids: Vec<GridUse> = Vec::new();
    let mut need = |name: &str| {
        if !grids.iter().any(|grid| grid.name == name) {
            grids.push(GridUse { name: name.to_owned(), state: state(name) });
        }
    };
    for leg in &legs {
        let figure = match leg {
            Leg::Published(operation, is_reversed) => {
                if let Some(other) = operation.area() {
                    let shared = match area {
                        Some(area) => area.intersection(&other)?,
                        None => other,
                    };
                    if area.is_none_or(|a| other.size() < a.size()) {
                        area_name = operation.area_name();
                        is_offshore = operation.is_offshore();
                    }
                    area = Some(shared);
                }
                let mut steps = operation.steps();
                if *is_reversed {
                    steps.reverse();
                }
                grids_of(*operation).into_iter().for_each(&mut need);
                for (step, is_turned) in steps {
                    names.push(named(step.name(), is_turned != *is_reversed));
                }
                operation.accuracy()
            }
            Leg::Bound(frame, is_reversed) => {
                let is_needed = |grid: &&String| !grid.starts_with('@') && *grid != "null";
                frame.grids.iter().filter(is_needed).for_each(|grid| need(grid));
                let name = format!("Transformation from {} to WGS 84", frame.name);
                names.push(named(&name, *is_reversed));
                None
            }
            Leg::Ballpark(_) => return None,
        };
        accuracy = accuracy.zip(figure).map(|(a, b)| a + b);
    }
    Some(DatumOperation {
        name: names.join(" + "),
        accuracy,
        area,
        area_name,
        is_offshore,
        is_ballpark: false,
        grids,
        legs,
    })
}
