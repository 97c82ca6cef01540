//! `swath stats`: what the samples of each band come to.

use std::fmt::Write;
use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};
use swath::Result;
use swath::kernel::Histogram;
use swath::ops::stats::{BandStatistics, HistogramRequest, StatsOptions};

use crate::args::{ReadArgs, RunArgs, parse_numbers};
use crate::session::Session;

#[derive(Debug, Clone, Args)]
pub(crate) struct StatsArgs {
    /// The file to look at.
    pub(crate) file: PathBuf,
    /// Percentiles to show, from 0 to 100; 50 is the median.
    #[arg(long, value_name = "P,...", value_delimiter = ',', default_value = "2,50,98")]
    pub(crate) percentiles: Vec<f64>,
    /// Minimum, maximum, mean and standard deviation alone: one pass for every type.
    #[arg(long, conflicts_with_all = ["percentiles", "range"])]
    pub(crate) quick: bool,
    /// The number of intervals of the histogram; 0 for none.
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) bins: u32,
    /// The range of the histogram [default: from the least to the largest sample].
    #[arg(long, value_name = "MIN,MAX", value_parser = parse_range, allow_hyphen_values = true)]
    pub(crate) range: Option<(f64, f64)>,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

fn parse_range(text: &str) -> Result<(f64, f64), String> {
    parse_numbers::<2>(text).map(|[min, max]| (min, max))
}

pub(crate) fn run(args: &StatsArgs, session: &Session<'_>) -> Result<()> {
    let files = session.files(&args.read)?;
    let raster = files.open(&args.file)?;
    let wants_bins = args.bins > 0 && !args.quick;
    let options = StatsOptions {
        percentiles: if args.quick { Vec::new() } else { args.percentiles.clone() },
        histogram: wants_bins.then_some(HistogramRequest { bins: args.bins, range: args.range }),
    };
    let mut progress = session.progress();
    let bands = raster.statistics(session.engine, &options, &mut progress)?;
    progress.end();
    session.losses(&files);
    if args.json {
        let bands: Vec<Value> = (1..)
            .zip(&bands)
            .map(|(number, band)| machine(number, band, &options.percentiles))
            .collect();
        session.say(&format!(
            "{:#}\n",
            json!({ "file": args.file.display().to_string(), "bands": bands })
        ))
    } else {
        let mut text = String::new();
        for (number, band) in (1..).zip(&bands) {
            human(number, band, &options.percentiles, &mut text);
        }
        session.say(&text)
    }
}

/// JSON has no infinite numbers and no NaN: they become text.
fn number(value: f64) -> Value {
    if value.is_finite() { json!(value) } else { json!(value.to_string()) }
}

fn machine(number_of_band: u32, band: &BandStatistics, percentiles: &[f64]) -> Value {
    let mut out = json!({
        "band": number_of_band,
        "samples": band.samples,
        "valid": band.summary.map_or(0, |s| s.valid),
        "validPercent": valid_percent(band),
    });
    if let Some(summary) = band.summary {
        out["minimum"] = number(summary.min);
        out["maximum"] = number(summary.max);
        out["mean"] = number(summary.mean);
        out["stdDev"] = number(summary.std);
    }
    if !band.percentiles.is_empty() {
        let pairs = percentiles.iter().zip(&band.percentiles);
        let named = pairs.map(|(p, &value)| (p.to_string(), number(value)));
        out["percentiles"] = Value::Object(named.collect());
    }
    if let Some(histogram) = &band.histogram {
        let (edges, counts) = (histogram.edges(), histogram.counts());
        out["histogram"] = json!({
            "min": edges[0],
            "max": edges[counts.len()],
            "buckets": counts,
        });
    }
    out
}

fn valid_percent(band: &BandStatistics) -> f64 {
    let valid = band.summary.map_or(0, |s| s.valid);
    if band.samples == 0 { 0.0 } else { valid as f64 / band.samples as f64 * 100.0 }
}

fn human(number: u32, band: &BandStatistics, percentiles: &[f64], text: &mut String) {
    // Writing to a string cannot fail.
    let mut line = |key: &str, value: String| {
        let _ = writeln!(text, "{key:<12} {value}");
    };
    line("band", number.to_string());
    let valid = band.summary.map_or(0, |s| s.valid);
    line("valid", format!("{valid} of {} ({:.2} %)", band.samples, valid_percent(band)));
    if let Some(summary) = band.summary {
        line("minimum", summary.min.to_string());
        line("maximum", summary.max.to_string());
        line("mean", summary.mean.to_string());
        line("std", summary.std.to_string());
    }
    for (percentile, value) in percentiles.iter().zip(&band.percentiles) {
        line(&format!("{percentile} %"), value.to_string());
    }
    if let Some(histogram) = &band.histogram {
        plot(histogram, text);
    }
    text.push('\n');
}

/// The width of the longest bar in characters.
const WIDTH: u64 = 50;

/// Draws one bar for each interval, in eighths of a character.
fn plot(histogram: &Histogram, text: &mut String) {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let counts = histogram.counts();
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    for (edge, &count) in histogram.edges().iter().zip(counts) {
        // What is there is seen.
        let eighths = u128::from(count) * u128::from(WIDTH * 8) / u128::from(most);
        let eighths = if count > 0 { eighths.max(1) as usize } else { 0 };
        let bar = "█".repeat(eighths / 8) + EIGHTHS[eighths % 8];
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{:>12} {bar} {count}", short(*edge));
    }
}

/// Writes a number in at most 12 characters.
fn short(value: f64) -> String {
    let plain = format!("{value:.3}");
    let plain = plain.trim_end_matches('0').trim_end_matches('.');
    if plain.len() <= 12 && (value == 0.0 || value.abs() >= 0.001) {
        plain.to_owned()
    } else {
        format!("{value:.4e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_counts_are_large() {
        let mut histogram = Histogram::new(0.0, 3.0, 3);
        histogram.count(0.5, 1000);
        histogram.count(1.5, 1);
        let mut text = String::new();
        plot(&histogram, &mut text);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0].matches('█').count(), 50);
        assert!(lines[1].ends_with("▏ 1") && lines[2].ends_with("  0"), "{text}");
    }

    #[test]
    fn edges_are_short() {
        assert_eq!((short(1234.5), short(0.0)), ("1234.5".into(), "0".into()));
        assert_eq!(short(1.234_567e-9), "1.2346e-9");
        assert!(short(-f64::MAX).len() <= 12);
    }
}
