//! `swath fill`: what is missing, from what is beside it.

use clap::Args;
use swath::ops::fill::FillOptions;
use swath::{Raster, Result};

use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct FillStep {
    /// How far samples may be, in pixels.
    #[arg(long, value_name = "PIXELS", default_value_t = 100)]
    distance: u32,
    /// How often what was filled is smoothed, by the mean of 3 x 3 pixels.
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    smooth: u32,
}

impl Apply for FillStep {
    fn apply(&self, input: Raster, _: &StepContext<'_>) -> Result<Raster> {
        input.fill(FillOptions { distance: self.distance, smooth: self.smooth })
    }
}
