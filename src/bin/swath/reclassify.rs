//! `swath reclassify`: other values for intervals of values.

use std::path::PathBuf;

use clap::Args;
use swath::ops::reclassify::{NewValue, ReclassifyOptions, Rules};
use swath::raster::{DataType, NoData};
use swath::{Error, Raster, Result};

use crate::calc::parse_nodata;
use crate::convert::parse_dtype;
use crate::inputs;
use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct ReclassifyStep {
    /// What becomes of which values: 0..10=1 (0 <= v < 10), ..0=nodata, [10,20]=2 (with both
    /// ends; (10,20] without the first), 7=keep, nodata=0. Each value is in one rule alone.
    #[arg(
        long = "rule",
        value_name = "WHAT=NEW",
        allow_hyphen_values = true,
        required_unless_present = "table"
    )]
    rules: Vec<String>,
    /// Take the rules from a table: a line each of VALUE,NEW or FROM,TO,NEW (FROM <= v < TO),
    /// or of a rule.
    #[arg(long, value_name = "FILE", conflicts_with = "rules")]
    table: Option<PathBuf>,
    /// What becomes of values that no rule is for: nodata, keep, or a value.
    #[arg(long = "else", value_name = "NEW", default_value = "nodata", value_parser = parse_new, allow_hyphen_values = true)]
    other: NewValue,
    /// The type of the output's samples, such as uint8 [default: the smallest that has all new
    /// values, and those of the input's if any may be kept].
    #[arg(long = "type", visible_alias = "dtype", value_name = "TYPE", value_parser = parse_dtype)]
    dtype: Option<DataType>,
    /// What stands for "no value" in the output [default: if anything may be missing, what it
    /// is in the input, else a value that no rule makes].
    #[arg(long, value_name = "VALUE", value_parser = parse_nodata, allow_hyphen_values = true)]
    nodata: Option<NoData>,
}

/// The most bytes of a table.
const MOST_BYTES: u64 = 16 << 20;

fn parse_new(text: &str) -> Result<NewValue, String> {
    match text {
        "nodata" => Ok(NewValue::Missing),
        "keep" => Ok(NewValue::Kept),
        _ => match NoData::parse(text).filter(|value| value.to_f64().is_finite()) {
            Some(value) => Ok(NewValue::Value(value)),
            None => Err(format!("expected nodata, keep or a number, found {text:?}")),
        },
    }
}

impl ReclassifyStep {
    fn rules(&self) -> Result<Rules> {
        match &self.table {
            None => Rules::parse(&self.rules),
            Some(path) => {
                let text = inputs::text(path, MOST_BYTES)?;
                // As spreadsheets write it.
                let text = text.trim_start_matches('\u{feff}');
                Rules::parse_table(text).map_err(|e: Error| e.at_path(path))
            }
        }
    }
}

impl Apply for ReclassifyStep {
    fn check(&self) -> Result<()> {
        Rules::parse(&self.rules).map(drop)
    }

    fn apply(&self, input: Raster, _: &StepContext<'_>) -> Result<Raster> {
        let options =
            ReclassifyOptions { other: self.other, dtype: self.dtype, nodata: self.nodata };
        input.reclassify(&self.rules()?, &options)
    }

    fn beside(&mut self) -> Vec<&mut PathBuf> {
        self.table.iter_mut().collect()
    }
}
