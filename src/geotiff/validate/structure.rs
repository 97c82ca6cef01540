//! Where directories and chunks lie, and in which order.

use super::part::{Part, Parts};
use super::rule::Rule;
use crate::error::Result;
use crate::geotiff::ghost::Ghost;
use crate::ifd::Header;
use crate::io::ByteSource;

/// What takes findings: the rule, the place, and what was found there.
pub(super) type Report<'a> = dyn FnMut(Rule, &str, String) + 'a;

/// The first directory begins at most here in rio-cogeo's eyes: behind the
/// largest ghost area.
const FIRST_DIRECTORY: u64 = 300;

/// Checks everything that needs the directories and first chunks alone.
pub(super) fn check(
    source: &ByteSource,
    header: &Header,
    ghost: Option<&Ghost>,
    parts: &Parts,
    report: &mut Report<'_>,
) -> Result<()> {
    head(header, ghost, report);
    sizes(parts, report);
    directories(parts, report);
    data(source, ghost, parts, report)
}

fn head(header: &Header, ghost: Option<&Ghost>, report: &mut Report<'_>) {
    let (first, start) = (header.first, if header.big { 16 } else { 8 });
    let at = format!("it begins at byte {first}");
    if first > FIRST_DIRECTORY {
        report(Rule::HeaderTogether, "file", at);
    } else if ghost.is_none() && first != start {
        report(Rule::HeaderAdjacent, "file", at);
    }
    let Some(ghost) = ghost else { return };
    if ghost.says("KNOWN_INCOMPATIBLE_EDITION", "YES") {
        report(Rule::Edited, "file", "it does".into());
    }
    // Directories begin at even bytes.
    if first != ghost.end.next_multiple_of(2) {
        let found = format!("it ends at byte {}, the first directory begins at {first}", ghost.end);
        report(Rule::GhostSize, "file", found);
    }
}

fn sizes(parts: &Parts, report: &mut Report<'_>) {
    let pixels = |part: &Part| format!("{} x {} pixels", part.size.width, part.size.height);
    let image = &parts.image;
    let strips = |part: &Part| format!("{}, in strips of {} rows", pixels(part), part.chunk.height);
    if image.is_in_strips() {
        report(Rule::Tiled, &image.name, strips(image));
    }
    if image.is_large() && parts.overviews.is_empty() {
        report(Rule::Overviews, &image.name, format!("{} and none", pixels(image)));
    }
    for (larger, overview) in parts.levels().zip(&parts.overviews) {
        if overview.is_in_strips() {
            report(Rule::OverviewTiled, &overview.name, strips(overview));
        }
        let beyond = |part: &Part| {
            overview.size.width > part.size.width || overview.size.height > part.size.height
        };
        // The width tells how many pixels of the image one stands for.
        let same = (f64::from(image.size.width) / f64::from(overview.size.width)).round() <= 1.0
            && overview.size.pixels() >= image.size.pixels();
        if beyond(larger) || same {
            let found = format!("{} after {}", pixels(overview), pixels(larger));
            report(Rule::OverviewSizes, &overview.name, found);
        }
    }
    if image.mask.is_some() {
        for overview in parts.overviews.iter().filter(|overview| overview.mask.is_none()) {
            report(Rule::MaskOverviews, &overview.name, "no mask".into());
        }
    }
}

fn directories(parts: &Parts, report: &mut Report<'_>) {
    for (larger, overview) in parts.levels().zip(&parts.overviews) {
        let (own, before) = (overview.directory, larger.directory);
        if own < before {
            let found = format!("at byte {own}, that of the {} at {before}", larger.name);
            report(Rule::DirectoryOrder, &overview.name, found);
        }
    }
}

fn data(
    source: &ByteSource,
    ghost: Option<&Ghost>,
    parts: &Parts,
    report: &mut Report<'_>,
) -> Result<()> {
    let mut levels = Vec::new();
    for part in parts.levels() {
        levels.push((part, part.first(source)?.map(|place| place.offset)));
    }
    let last = levels.last().and_then(|&(part, first)| Some((part, first?)));
    if let Some((part, first)) = last.filter(|&(part, first)| first < part.directory) {
        let found = format!("pixels from byte {first}, directory at {}", part.directory);
        report(Rule::DirectoriesFirst, &part.name, found.clone());
        if ghost.is_some_and(|ghost| ghost.says("LAYOUT", "IFDS_BEFORE_DATA")) {
            report(Rule::LayoutPromise, &part.name, found);
        }
    }
    // Levels without any pixels lie nowhere.
    let levels: Vec<_> =
        levels.into_iter().filter_map(|(part, first)| Some((part, first?))).collect();
    for pair in levels.windows(2) {
        let &[(larger, above), (smaller, below)] = pair else { continue };
        if above < below {
            let found = format!("pixels from byte {above}, those of {} from {below}", smaller.name);
            report(Rule::DataOrder, &larger.name, found);
        }
    }
    Ok(())
}
