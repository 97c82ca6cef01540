//! What the pages lead to is there: every link to a file, and to a heading in one.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A page's lines without those of its code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut code = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        !code && !fence
    })
}

/// Where a line's links lead, words in backticks left out.
fn links(line: &str) -> Vec<String> {
    let plain: String = line.split('`').step_by(2).collect::<Vec<_>>().join("``");
    let targets = plain.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.map(|target| target.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// The names that a page's headings have as targets of links, as GitHub and mdBook make them: small
/// letters, digits, hyphens for spaces, and a number for one that is there already.
fn anchors(text: &str) -> Vec<String> {
    let mut met = BTreeMap::<String, u32>::new();
    let titles = prose(text).filter(|line| line.starts_with('#'));
    let names = titles.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let name: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = met.entry(name.clone()).or_default();
        *before += 1;
        if *before == 1 { name } else { format!("{name}-{}", *before - 1) }
    });
    names.collect()
}

/// The links of a page that lead nowhere, and how many there are that lead to files.
fn dead(page: &Path, text: &str) -> (Vec<String>, usize) {
    let folder = page.parent().expect("a page is in a folder");
    let (mut dead, mut seen) = (Vec::new(), 0);
    for link in prose(text).flat_map(links) {
        if link.contains("://") || link.starts_with("mailto:") {
            continue;
        }
        seen += 1;
        let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
        let target = folder.join(file);
        let named = |text: &str| anchor.is_empty() || anchors(text).iter().any(|n| n == anchor);
        let leads = match file {
            "" => named(text),
            _ if anchor.is_empty() => target.exists(),
            _ => fs::read_to_string(&target).is_ok_and(|text| named(&text)),
        };
        if !leads {
            dead.push(format!("{}: {link}", page.display()));
        }
    }
    (dead, seen)
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let listed = |folder: PathBuf| fs::read_dir(folder).expect("is there");
    let entries = listed(root.into()).chain(listed(root.join("docs")));
    let paths = entries.map(|entry| entry.expect("is there").path());
    let pages: Vec<_> = paths.filter(|p| p.extension().is_some_and(|end| end == "md")).collect();
    assert!(pages.len() >= 15, "only {pages:?}");
    let (mut all, mut wrong) = (0, Vec::new());
    for page in pages {
        let text = fs::read_to_string(&page).expect("a page is text");
        let (dead, seen) = dead(&page, &text);
        all += seen;
        wrong.extend(dead);
    }
    assert!(all >= 20, "only {all} links found: the test no longer sees them");
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
}

#[test]
fn the_test_sees_what_it_should() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = "# A `b` & c\n[x](#a-b--c) [y](nowhere.md) `[z](gone.md)`\n```\n[w](gone.md)\n# D\n```\n\
                [v](docs/crs.md#none) [u](https://example.org) ![p](LICENSE-MIT \"title\")\n# A b  c\n[t](#a-b--c-1) [s](#d)";
    let (found, seen) = dead(&page, text);
    let ends: Vec<_> = found.iter().map(|f| f.rsplit(' ').next().unwrap_or_default()).collect();
    assert_eq!((ends, seen), (vec!["nowhere.md", "docs/crs.md#none", "#d"], 6));
}
