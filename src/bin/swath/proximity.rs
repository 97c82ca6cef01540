//! `swath proximity`: how far the nearest of some pixels is.

use clap::{Args, ValueEnum};
use swath::kernel::Interval;
use swath::ops::proximity::{DistanceUnit, ProximityOptions, parse_targets};
use swath::{Raster, Result};

use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct ProximityStep {
    /// The band, counted from 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    band: u16,
    /// The values of targets, such as 1,5 or 10.. or [2,4] [default: all but 0].
    #[arg(long = "target", value_name = "VALUES", allow_hyphen_values = true)]
    targets: Vec<String>,
    /// The furthest distance, in --units: what is further away is missing. Without it a first
    /// pass finds where targets are.
    #[arg(long, value_name = "DISTANCE")]
    max_distance: Option<f64>,
    /// What distances are measured in.
    #[arg(long, value_enum, default_value_t = Units::Pixel)]
    units: Units,
    /// Pixels that are missing themselves stay so.
    #[arg(long)]
    keep_missing: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Units {
    Pixel,
    /// Units of the grid, such as metres.
    Geo,
}

impl ProximityStep {
    /// The values of targets: commas part them, but for those between brackets.
    fn targets(&self) -> Result<Option<Vec<Interval>>> {
        let mut all = Vec::new();
        for text in &self.targets {
            let (mut depth, mut start) = (0, 0);
            for (at, c) in text.char_indices() {
                match c {
                    '[' | '(' => depth += 1,
                    ']' | ')' => depth -= 1,
                    ',' if depth == 0 => {
                        all.push(&text[start..at]);
                        start = at + 1;
                    }
                    _ => {}
                }
            }
            all.push(&text[start..]);
        }
        let targets = (!all.is_empty()).then(|| parse_targets(&all));
        targets.transpose()
    }
}

impl Apply for ProximityStep {
    fn check(&self) -> Result<()> {
        self.targets().map(drop)
    }

    fn apply(&self, input: Raster, cx: &StepContext<'_>) -> Result<Raster> {
        let how = ProximityOptions {
            targets: self.targets()?,
            furthest: self.max_distance,
            unit: match self.units {
                Units::Pixel => DistanceUnit::Pixel,
                Units::Geo => DistanceUnit::Grid,
            },
            keep_missing: self.keep_missing,
        };
        if how.furthest.is_none() {
            cx.session.remark(
                "swath: warning: without --max-distance the input is read once before the output \
                 is made: two passes",
            );
        }
        let mut progress = cx.session.progress();
        input.proximity(self.band - 1, &how, cx.session.engine, &mut progress)
    }
}
