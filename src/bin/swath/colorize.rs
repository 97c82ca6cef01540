//! `swath colorize`: samples as colours.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use swath::kernel::Shade;
use swath::ops::colorize::{ColorizeOptions, Ramp};
use swath::{Error, Raster, Result};

use crate::args::parse_numbers;
use crate::inputs;
use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct ColorizeStep {
    /// The colours: viridis, magma, inferno, plasma, cividis, turbo, grey or terrain (-grey turns
    /// it round), or a file as gdaldem color-relief takes it.
    #[arg(long, value_name = "NAME|FILE", allow_hyphen_values = true)]
    ramp: PathBuf,
    /// The band, counted from 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    band: u16,
    /// What becomes of values between those of the ramp.
    #[arg(long, value_enum, default_value_t = Between::Interpolate)]
    mode: Between,
    /// The values that 0 % and 100 % of the ramp stand for [default: the least and the largest
    /// of the band, found by a first pass].
    #[arg(long, value_name = "MIN,MAX", value_parser = parse_numbers::<2>, allow_hyphen_values = true)]
    range: Option<[f64; 2]>,
    /// Add a band of opacity, 0 for what is missing; without it that is masked.
    #[arg(long)]
    alpha: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Between {
    /// A colour between.
    Interpolate,
    /// That of the nearer value.
    Nearest,
    /// None, but what the ramp says of default.
    Exact,
}

/// The most bytes of a ramp.
const MOST_BYTES: u64 = 16 << 20;

impl ColorizeStep {
    fn named(&self) -> Option<Ramp> {
        self.ramp.to_str().and_then(Ramp::named)
    }
}

impl Apply for ColorizeStep {
    fn apply(&self, input: Raster, cx: &StepContext<'_>) -> Result<Raster> {
        let ramp = match self.named() {
            Some(ramp) => ramp,
            None => {
                let text = inputs::text(&self.ramp, MOST_BYTES)?;
                Ramp::parse(&text).map_err(|e| e.at_path(&self.ramp))?
            }
        };
        let mut range = self.range.map(|[min, max]| (min, max));
        if range.is_some() && !ramp.needs_range() {
            return Err(Error::usage("--range with a ramp of values")
                .hint("a ramp by name, or one of percentages, is laid over a range"));
        }
        if range.is_none() && ramp.needs_range() {
            cx.session.remark(
                "swath: warning: a ramp of percentages without --range reads its input once before \
                 the output is made: two passes",
            );
            let mut progress = cx.session.progress();
            let found = input.value_range(self.band - 1, cx.session.engine, &mut progress)?;
            // Where all are missing no value needs a colour.
            range = found.or(Some((0.0, 1.0)));
        }
        let shade = match self.mode {
            Between::Interpolate => Shade::Interpolate,
            Between::Nearest => Shade::Nearest,
            Between::Exact => Shade::Exact,
        };
        input.colorize(self.band - 1, &ramp, &ColorizeOptions { shade, range, alpha: self.alpha })
    }

    fn beside(&mut self) -> Vec<&mut PathBuf> {
        if self.named().is_some() { Vec::new() } else { vec![&mut self.ramp] }
    }
}
