//! Cutlines of single inputs as they are typed.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use glob::Pattern;
use swath::batch::{Names, Template};
use swath::crs::Crs;
use swath::ops::mosaic::MosaicInput;
use swath::{Error, Result};

use crate::cut_args::read_cutline;
use crate::sound::LeftOut;
use crate::walk::MATCH;

#[derive(Debug, Clone, Args)]
pub(crate) struct CutEachArgs {
    /// Of the inputs that a pattern matches, keep only what lies in the polygons of a file,
    /// such as "*.tif={folder}/{stem}.geojson". A pattern without / is that of a file name;
    /// of several options the first that matches an input counts, and inputs that none
    /// matches stay whole.
    #[arg(long, value_name = "PATTERN=FILE", group = "lines")]
    cutline_of: Vec<CutOf>,
}

/// Which inputs polygons are for, and where they are.
#[derive(Debug, Clone)]
struct CutOf {
    text: String,
    pattern: Pattern,
    file: Template,
}

impl FromStr for CutOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (pattern, file) = text
            .split_once('=')
            .filter(|(pattern, file)| !pattern.is_empty() && !file.is_empty())
            .ok_or("expected PATTERN=FILE, such as \"*.tif={folder}/{stem}.geojson\"")?;
        Ok(Self {
            text: text.to_owned(),
            pattern: Pattern::new(pattern).map_err(|e| format!("pattern {pattern:?}: {e}"))?,
            file: Template::parse(file).map_err(|e| e.to_string())?,
        })
    }
}

impl CutOf {
    fn matches(&self, path: &Path) -> bool {
        if self.pattern.as_str().contains('/') {
            return self.pattern.matches_path_with(path, MATCH);
        }
        let name = path.file_name().and_then(|name| name.to_str());
        name.is_some_and(|name| self.pattern.matches_with(name, MATCH))
    }

    fn file(&self, path: &Path, index: u64, verb: &str) -> Result<PathBuf> {
        self.file.expand(&Names { input: path, dir: Path::new(""), index, verb })
    }
}

impl CutEachArgs {
    /// Whether there is anything to cut.
    pub(crate) fn is_given(&self) -> bool {
        !self.cutline_of.is_empty()
    }

    /// Cuts the inputs that were named, by polygons in a system, if one is given. A pattern that
    /// matches none is refused, unless files were left out.
    pub(crate) fn cut(
        &self,
        inputs: &mut [MosaicInput],
        crs: Option<&Crs>,
        verb: &str,
        left_out: &LeftOut,
    ) -> Result<()> {
        let mut used = vec![false; self.cutline_of.len()];
        for (index, input) in (1..).zip(inputs) {
            let path = Path::new(&input.name);
            let found = self.cutline_of.iter().position(|cut| cut.matches(path));
            let Some(at) = found else { continue };
            used[at] = true;
            let file = self.cutline_of[at].file(path, index, verb)?;
            let grid = &input.raster.info().grid;
            let line = read_cutline(&file, crs, grid)
                .map_err(|e| e.hint(format!("it is the cutline of {}", path.display())))?;
            input.raster = input.raster.cut(&line, 0.0).map_err(|e| e.at_path(&file))?;
        }
        match self.cutline_of.iter().zip(used).find(|(_, used)| !used) {
            Some((unused, _)) if left_out.is_empty() => Err(Error::usage(format!("--cutline-of {}", unused.text))
                .expected("an input that it matches, and no option before it")
                .found("none")
                .hint("a pattern with / is that of whole paths as they are typed, without one of file names")),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_names_or_whole_paths() {
        let of = |text: &str| text.parse::<CutOf>().expect("parses");
        let path = Path::new("tiles/year=2024/a_B4.tif");
        for (pattern, wanted) in [
            ("*_B4.tif", true),
            ("a_B4.tif", true),
            ("*_B5.tif", false),
            ("tiles/*/a_B4.tif", true),
            ("tiles/*.tif", false),
            ("**/*.tif", true),
            ("tiles/year?2024/*", true),
        ] {
            assert_eq!(of(&format!("{pattern}=x.geojson")).matches(path), wanted, "{pattern}");
        }
        let file = of("*={folder}/{stem}.geojson").file(path, 1, "mosaic").expect("expands");
        assert_eq!(file, Path::new("tiles/year=2024/a_B4.geojson"));
        for text in ["a.tif", "=x", "a=", "[=x", "a={what}"] {
            assert!(text.parse::<CutOf>().is_err(), "{text}");
        }
    }
}
