//! `swath sieve`: small regions become part of larger ones.

use clap::Args;
use swath::kernel::Connect;
use swath::{Raster, Result};

use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct SieveStep {
    /// Regions of fewer pixels get the value of their largest neighbour.
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u64).range(1..))]
    threshold: u64,
    /// Which pixels of equal value are connected: 4 for those that share a side, 8 for those
    /// that share a corner too.
    #[arg(long, value_name = "4|8", default_value = "4", value_parser = parse_connect)]
    connect: Connect,
    /// The band, counted from 1; the output has no other.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    band: u16,
}

impl Apply for SieveStep {
    fn apply(&self, input: Raster, cx: &StepContext<'_>) -> Result<Raster> {
        let mut progress = cx.session.progress();
        let (band, engine) = (self.band - 1, cx.session.engine);
        let made = input.sieve(band, self.threshold, self.connect, engine, &mut progress)?;
        progress.end();
        Ok(made)
    }
}

pub(crate) fn parse_connect(text: &str) -> Result<Connect, String> {
    match text {
        "4" => Ok(Connect::Four),
        "8" => Ok(Connect::Eight),
        _ => Err(format!("expected 4 or 8, found {text:?}")),
    }
}
