//! Every command in the README and the guide works as it is typed.

use std::path::Path;
use std::process::Command;

/// The lines of a page's shell examples.
fn commands(page: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(page).expect("the page is readable");
    let blocks = text.split("```sh\n").skip(1);
    let lines = blocks.flat_map(|rest| rest.split("```").next().unwrap_or_default().lines());
    lines.map(str::to_owned).collect()
}

/// The words of a command: those in single quotes whole, as a shell has them.
fn words(line: &str) -> Vec<&str> {
    let parts = line.split('\'').enumerate();
    parts
        .flat_map(|(i, part)| match i % 2 {
            0 => part.split_whitespace().collect(),
            _ => vec![part],
        })
        .collect()
}

/// Runs a page's commands in a folder that has the fixtures; returns how many ran, and what is none of
/// swath's.
fn run(page: &Path) -> (usize, Vec<String>) {
    let dir = tempfile::tempdir().expect("a directory");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::os::unix::fs::symlink(root.join("fixtures"), dir.path().join("fixtures")).expect("links");
    let (mut ran, mut left) = (0, Vec::new());
    for line in commands(page) {
        let words = words(&line);
        let args = match words[..] {
            // What cargo runs is this very binary.
            ["cargo", "run", "--release", "--", ref args @ ..] | ["swath", ref args @ ..] => args,
            _ => {
                left.push(line);
                continue;
            }
        };
        let done = Command::new(env!("CARGO_BIN_EXE_swath"))
            .args(args)
            .current_dir(dir.path())
            .output()
            .expect("swath runs");
        let said = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{}: {line}\n{said}", page.display());
        ran += 1;
    }
    (ran, left)
}

#[test]
fn the_commands_of_the_readme_work() {
    let (ran, left) = run(&Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"));
    assert!(ran >= 10, "{ran} commands of the README ran");
    // What CI runs on its own: the tests themselves, the comparison with GDAL, the static build and its
    // image. It takes Debian's packages for the target, as rustup may have no way to it.
    let own = [
        "cargo test",
        "rustup target add x86_64-unknown-linux-musl",
        "scripts/musl.sh",
        "scripts/image.sh target/x86_64-unknown-linux-musl/release/swath target/image latest",
        "benches/vs_gdal/run.sh --update-readme",
    ];
    assert_eq!(left, own);
}

#[test]
fn the_commands_of_the_guide_work() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let contents = std::fs::read_to_string(docs.join("SUMMARY.md")).expect("is there");
    let mut all = 0;
    for page in std::fs::read_dir(&docs).expect("is there") {
        let path = page.expect("is there").path();
        let name = path.file_name().and_then(|name| name.to_str()).expect("UTF-8");
        if path.extension().is_some_and(|end| end == "md") && name != "SUMMARY.md" {
            assert!(contents.contains(&format!("({name})")), "{name} is missing in the contents");
            let (ran, left) = run(&path);
            assert!(left.is_empty(), "{name}: {left:?}");
            all += ran;
        }
    }
    assert!(all >= 10, "{all} commands of the guide ran");
}
