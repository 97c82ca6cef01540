//! `swath --version`: what this binary is made of.

use std::fmt::Write;

use swath::Result;
use swath::engine::default_memory;

use crate::report;

/// The crates as they were locked.
const LOCK: &str = include_str!("../../../Cargo.lock");

/// Cargo's features: whether each is in this binary, the codecs it brings and the crates.
const FEATURES: [(&str, bool, &str, &[&str]); 9] = [
    (
        "cli",
        cfg!(feature = "cli"),
        "",
        &[
            "base64",
            "clap",
            "clap_complete",
            "clap_mangen",
            "ctrlc",
            "glob",
            "indicatif",
            "png",
            "signal-hook",
            "toml",
            "tracing-subscriber",
        ],
    ),
    ("jp2", cfg!(feature = "jp2"), "JPEG 2000 (read)", &["hayro-jpeg2000"]),
    ("jpeg", cfg!(feature = "jpeg"), "JPEG", &["jpeg-encoder", "zune-jpeg"]),
    ("jxl", cfg!(feature = "jxl"), "JPEG XL (read)", &["jxl-oxide"]),
    ("lerc", cfg!(feature = "lerc"), "LERC", &[]),
    ("libdeflate", cfg!(feature = "libdeflate"), "", &["libdeflater"]),
    ("lzma", cfg!(feature = "lzma"), "LZMA", &["lzma-rust2"]),
    ("mimalloc", cfg!(feature = "mimalloc"), "", &["mimalloc"]),
    ("webp", cfg!(feature = "webp"), "WebP", &["image-webp"]),
];

/// What is in every build.
const CODECS: &str = "deflate, LZW, PackBits, zstd, CCITT (read)";
const CRATES: [&str; 17] = [
    "bytemuck",
    "geo",
    "memmap2",
    "multiversion",
    "num-bigint",
    "proj4rs",
    "rayon",
    "roxmltree",
    "rstar",
    "rustix",
    "serde_json",
    "sha2",
    "thiserror",
    "tiff",
    "tracing",
    "zlib-rs",
    "zstd",
];

/// Prints the version on one line; what it is made of below it, if `verbose`.
pub(crate) fn run(verbose: bool) -> Result<()> {
    let mut text = format!("swath {}\n", env!("CARGO_PKG_VERSION"));
    if verbose {
        text += &made_of();
    }
    report::say(&text)
}

fn made_of() -> String {
    let here = FEATURES.iter().filter(|feature| feature.1);
    let features: Vec<_> = here.clone().map(|feature| feature.0).collect();
    let codecs: Vec<_> = here.clone().map(|f| f.2).filter(|codec| !codec.is_empty()).collect();
    let mut crates: Vec<_> = CRATES.iter().chain(here.flat_map(|feature| feature.3)).collect();
    crates.sort();
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    let c = match () {
        () if cfg!(target_env = "musl") => "-musl",
        () if cfg!(target_env = "gnu") => "-gnu",
        () => "",
    };
    // As `Engine::new` has it.
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = format!(
        "target: {}-{}{c}, {build}\ndefaults here: --threads {threads} --memory {}\n\
         features: {}\ncodecs: {}\ncrates:\n",
        std::env::consts::ARCH,
        std::env::consts::OS,
        default_memory(),
        features.join(", "),
        [&[CODECS], &codecs[..]].concat().join(", "),
    );
    for name in crates {
        let versions = versions(name).join(", ");
        // A String takes all that is written.
        let _ = writeln!(text, "  {name} {versions}");
    }
    text
}

/// Returns the locked versions of a crate: several where others ask for another.
fn versions(name: &str) -> Vec<&'static str> {
    let head = format!("name = \"{name}\"\nversion = \"");
    let rest = LOCK.split("[[package]]\n").filter_map(|entry| entry.strip_prefix(&head));
    rest.filter_map(|rest| rest.split('"').next()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_those_of_cargo() {
        let manifest = include_str!("../../../Cargo.toml");
        let section = |name: &str| {
            let rest = manifest.split(&format!("[{name}]\n")).nth(1).expect("a section");
            let lines = rest.split("\n[").next().expect("a part").lines();
            let keys = lines.filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(" = "));
            let mut keys: Vec<_> = keys.map(|(key, _)| key).collect();
            keys.sort();
            keys
        };
        let mut crates: Vec<_> =
            CRATES.iter().chain(FEATURES.iter().flat_map(|f| f.3)).copied().collect();
        crates.sort();
        assert_eq!(crates, section("dependencies"));
        let features: Vec<_> = FEATURES.iter().map(|feature| feature.0).collect();
        let mut cargo = section("features");
        cargo.retain(|name| !["default", "codecs"].contains(name));
        assert_eq!(features, cargo);
        assert!(crates.iter().all(|name| !versions(name).is_empty()));
    }
}
