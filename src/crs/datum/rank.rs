//! Which operation comes first, and which is taken.
//!
//! The order is PROJ's (`CoordinateOperationFactory`), and so is the choice
//! among several (`proj_trans`), but made once for a whole area instead of
//! anew for each point: a raster cannot jump where two areas meet.

use std::cmp::Ordering;

use super::DatumOperation;
use crate::crs::Area;

/// Sorts operations as PROJ lists them: those that can be used first, then by
/// how much of the area they cover, by accuracy, without grids, by fewer steps.
pub(in crate::crs) fn sort(operations: &mut [DatumOperation], area: Option<Area>) {
    operations.sort_by(|a, b| order(a, b, area));
}

fn order(a: &DatumOperation, b: &DatumOperation, area: Option<Area>) -> Ordering {
    let first = |a: bool, b: bool| b.cmp(&a);
    first(a.is_available(), b.is_available())
        .then(first(is_preferred(&a.name), is_preferred(&b.name)))
        .then(first(a.accuracy.is_some(), b.accuracy.is_some()))
        .then_with(|| match (a.accuracy, b.accuracy) {
            (None, None) => first(!a.grids.is_empty(), !b.grids.is_empty()),
            _ => Ordering::Equal,
        })
        .then_with(|| covered(b, area).total_cmp(&covered(a, area)))
        .then_with(|| {
            let unknown = f64::INFINITY;
            a.accuracy.unwrap_or(unknown).total_cmp(&b.accuracy.unwrap_or(unknown))
        })
        .then(a.grids.is_empty().cmp(&b.grids.is_empty()).reverse())
        .then(a.legs.len().cmp(&b.legs.len()))
        .then_with(|| plain(a).len().cmp(&plain(b).len()))
        .then_with(|| plain(b).cmp(&plain(a)))
}

/// The name without the words that depend on the direction, which the order must not.
fn plain(operation: &DatumOperation) -> String {
    let mut parts: Vec<&str> = operation
        .name
        .split(" + ")
        .map(|part| part.strip_prefix("Inverse of ").unwrap_or(part))
        .collect();
    parts.sort_unstable();
    parts.join(" + ")
}

/// How much of the area an operation is meant for.
fn covered(operation: &DatumOperation, area: Option<Area>) -> f64 {
    match (operation.area, area) {
        (Some(own), Some(area)) => own.intersection(&area).map_or(0.0, |shared| shared.size()),
        (Some(own), None) => own.size(),
        // Not known to be good anywhere: after those that are, as in PROJ.
        (None, _) => 0.0,
    }
}

/// Chooses among operations in the order of [`sort`] for an area, by PROJ's
/// rule for a point: of those meant for all of it the most accurate, and of
/// equally accurate ones that with the smallest area; one for the sea only if it
/// comes first. If none is meant for all of the area, that which covers most: but one of
/// grids, which have nothing to say beyond their edges, only if it covers half.
pub(in crate::crs) fn choose(operations: &[DatumOperation], area: Option<Area>) -> Option<usize> {
    let usable = || operations.iter().enumerate().filter(|(_, o)| o.is_available());
    let whole = |o: &DatumOperation| match (o.area, area) {
        (Some(own), Some(area)) => own.contains(&area),
        (Some(_), None) => false,
        (None, _) => !o.is_ballpark,
    };
    let mut best: Option<(usize, &DatumOperation)> = None;
    for (at, operation) in usable().filter(|(_, o)| whole(o)) {
        let is_better = best.is_none_or(|(_, best)| {
            !operation.is_offshore
                && match (operation.accuracy, best.accuracy) {
                    (Some(a), Some(b)) if a != b => a < b,
                    (Some(_), Some(_)) => {
                        let size = |o: &DatumOperation| o.area.map_or(f64::INFINITY, |a| a.size());
                        size(operation) < size(best) && !is_preferred(&best.name)
                    }
                    _ => false,
                }
        });
        if is_better {
            best = Some((at, operation));
        }
    }
    let most = || {
        let reaches = |o: &DatumOperation| {
            area.is_none_or(|area| {
                o.grids.is_empty() || covered(o, Some(area)) >= 0.5 * area.size()
            })
        };
        let real = usable().filter(|(_, o)| !o.is_ballpark && reaches(o));
        let real = real.filter(|_| area.is_none_or(|a| !a.is_point()));
        // Of equal ones the first: `max_by` would take the last.
        real.rev().max_by(|a, b| covered(a.1, area).total_cmp(&covered(b.1, area)))
    };
    best.or_else(most).or_else(|| usable().next_back()).map(|(at, _)| at)
}

/// Operations that PROJ puts before others as good.
fn is_preferred(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        "GDA94 to WGS 84 (1)",
        "GDA2020 to WGS 84 (2)",
        "NAD83 to NAD83(HARN) (47)",
        "NAD83 to NAD83(HARN) (48)",
        "NAD83 to NAD83(HARN) (49)",
        "NAD83 to NAD83(HARN) (50)",
    ];
    NAMES.iter().any(|preferred| name.contains(preferred))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crs::{GridState, datum::GridUse};

    /// An operation over an area from west to east.
    fn over(west: f64, east: f64, accuracy: f64, state: Option<GridState>) -> DatumOperation {
        let grids = state.map(|state| GridUse { name: "a.gsb".into(), state });
        DatumOperation {
            accuracy: Some(accuracy),
            area: Some(Area { west, south: 40.0, east, north: 50.0 }),
            grids: grids.into_iter().collect(),
            ..crate::crs::datum::same("a")
        }
    }

    fn ballpark() -> DatumOperation {
        DatumOperation { accuracy: None, is_ballpark: true, ..crate::crs::datum::same("a") }
    }

    #[test]
    fn a_grid_over_less_than_half_of_the_area_is_left_out() {
        let area = Some(Area { west: 0.0, south: 40.0, east: 10.0, north: 50.0 });
        let grid = |east| over(-10.0, east, 0.1, Some(GridState::Present));
        let chosen = |mut list: Vec<DatumOperation>| {
            sort(&mut list, area);
            list.push(ballpark());
            let at = choose(&list, area).expect("one");
            (list[at].grids.len(), list[at].accuracy)
        };
        // All of it: the most accurate. Part of it: whatever is meant for all of it.
        let rough = || over(-20.0, 20.0, 10.0, None);
        assert_eq!(chosen(vec![rough(), grid(10.0)]), (1, Some(0.1)));
        assert_eq!(chosen(vec![rough(), grid(9.9)]), (0, Some(10.0)));
        // Nothing is meant for all of it: a grid that covers half, never one that covers less,
        // but then the formula that covers most.
        assert_eq!(chosen(vec![grid(5.1)]), (1, Some(0.1)));
        assert_eq!(chosen(vec![grid(4.9)]), (0, None));
        assert_eq!(chosen(vec![grid(4.9), over(8.0, 20.0, 10.0, None)]), (0, Some(10.0)));
        // One that cannot be used is never taken, damaged or not there.
        for state in [GridState::Absent, GridState::Damaged("short".into())] {
            assert_eq!(chosen(vec![over(-10.0, 10.0, 0.1, Some(state)), rough()]), (0, Some(10.0)));
        }
    }
}
