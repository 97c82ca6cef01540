//! All operations between two datums, found in the registry as PROJ finds them.
//!
//! In this order, each only if the one before gave nothing: operations between
//! the two systems themselves; between any systems on their two datums; chains
//! of two by way of any third datum; chains of three. Reversed operations count
//! as well. Last comes the ballpark operation, which there always is.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::operation::{DatumOperation, GridUse, Leg};
use super::{Frame, sort};
use crate::crs::Area;
use crate::crs::registry::{Operation, System};

/// An operation of the registry as seen from one of its ends.
#[derive(Debug, Clone, Copy)]
struct Edge {
    operation: Operation,
    is_reversed: bool,
    from: System,
    to: System,
}

/// Returns every operation between two frames, best first for an area: see
/// [`sort`]. `has_grid` tells whether a grid file is there.
pub(in crate::crs) fn candidates(
    from: &Frame,
    to: &Frame,
    area: Option<Area>,
    has_grid: &dyn Fn(&str) -> bool,
) -> Vec<DatumOperation> {
    if from.is_same(to) {
        return vec![same(&from.name)];
    }
    let mut found: Vec<DatumOperation> =
        paths(from, to).into_iter().filter_map(|legs| assemble(legs, has_grid)).collect();
    if let Some(area) = area {
        found.retain(|operation| operation.area.is_none_or(|a| a.intersection(&area).is_some()));
    }
    sort(&mut found, area);
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
fn paths(from: &Frame, to: &Frame) -> Vec<Vec<Leg>> {
    let bound = |frame: &Frame, reversed| Leg::Bound(Box::new(frame.clone()), reversed);
    if from.is_bound() {
        let rest = if to.is_same(&Frame::wgs84()) { vec![vec![]] } else { paths(&Frame::wgs84(), to) };
        let first = bound(from, false);
        return rest.into_iter().map(|legs| [vec![first.clone()], legs].concat()).collect();
    }
    if to.is_bound() {
        let rest =
            if from.is_same(&Frame::wgs84()) { vec![vec![]] } else { paths(from, &Frame::wgs84()) };
        let last = bound(to, true);
        return rest.into_iter().map(|legs| [legs, vec![last.clone()]].concat()).collect();
    }
    let (Some(a), Some(b)) = (from.system, to.system) else { return Vec::new() };
    let legs = |chain: &[Edge]| {
        chain.iter().map(|e| Leg::Published(e.operation, e.is_reversed)).collect::<Vec<_>>()
    };
    published(a, b).iter().map(|chain| legs(chain)).collect()
}

fn published(a: System, b: System) -> Vec<Vec<Edge>> {
    let (from_a, to_b) = (edges(a), edges(b));
    let between = from_a.iter().filter(|e| e.to.datum() == b.datum());
    let direct: Vec<Edge> = between.copied().collect();
    let exact = |e: &&Edge| e.from == a && e.to == b;
    let exactly: Vec<Vec<Edge>> = direct.iter().filter(exact).map(|&e| vec![e]).collect();
    if !exactly.is_empty() {
        return exactly;
    }
    if !direct.is_empty() {
        return direct.into_iter().map(|e| vec![e]).collect();
    }
    // Seen from b, then turned round: what leads to b.
    let mut into_b: BTreeMap<u16, Vec<Edge>> = BTreeMap::new();
    for edge in to_b {
        let turned = Edge {
            is_reversed: !edge.is_reversed,
            from: edge.to,
            to: edge.from,
            ..edge
        };
        into_b.entry(turned.from.datum()).or_default().push(turned);
    }
    let after = |edge: &Edge| into_b.get(&edge.to.datum()).into_iter().flatten();
    let mut chains = Vec::new();
    for first in &from_a {
        chains.extend(after(first).map(|&last| vec![*first, last]));
    }
    if chains.is_empty() {
        let mut middles: BTreeMap<System, Vec<Edge>> = BTreeMap::new();
        for first in &from_a {
            let middle = middles.entry(first.to).or_insert_with(|| edges(first.to));
            for second in middle.iter().filter(|e| e.to.datum() != a.datum()) {
                chains.extend(after(second).map(|&last| vec![*first, *second, last]));
            }
        }
    }
    chains
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

fn named(name: &str, is_reversed: bool) -> String {
    if is_reversed { format!("Inverse of {name}") } else { name.to_owned() }
}

/// Makes one operation of its legs; `None` if their areas share nothing.
fn assemble(legs: Vec<Leg>, has_grid: &dyn Fn(&str) -> bool) -> Option<DatumOperation> {
    let mut names = Vec::new();
    let mut accuracy = Some(0.0);
    let (mut area, mut area_name): (Option<Area>, _) = (None, None);
    let mut is_offshore = false;
    let mut grids: Vec<GridUse> = Vec::new();
    let mut need = |name: &str| {
        if !grids.iter().any(|grid| grid.name == name) {
            grids.push(GridUse { name: name.to_owned(), is_present: has_grid(name) });
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
                for (step, is_turned) in steps {
                    for grid in step.method().map(|m| m.grids).unwrap_or_default() {
                        need(grid);
                    }
                    names.push(named(step.name(), is_turned != *is_reversed));
                }
                operation.accuracy()
            }
            Leg::Bound(frame, is_reversed) => {
                frame.grids.iter().filter(|g| !g.starts_with('@')).for_each(|grid| need(grid));
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
