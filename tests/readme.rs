//! Every command in the README works as it is typed.

use std::path::Path;
use std::process::Command;

/// The lines of the README's shell examples.
fn commands() -> Vec<String> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md"))
        .expect("the README is readable");
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

#[test]
fn the_commands_work() {
    let dir = tempfile::tempdir().expect("a directory");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    std::os::unix::fs::symlink(root.join("fixtures"), dir.path().join("fixtures")).expect("links");
    let (mut ran, mut left) = (0, Vec::new());
    for line in commands() {
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
        assert!(done.status.success(), "{line}\n{said}");
        ran += 1;
    }
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
