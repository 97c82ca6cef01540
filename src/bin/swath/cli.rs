//! The command line: its verbs and exit codes.

use clap::{Parser, Subcommand};

/// Reads, reprojects, resamples and writes GeoTIFF and COG rasters on every
/// core, with the same bytes every time.
#[derive(Debug, Parser)]
#[command(version, arg_required_else_help = true, after_help = EXIT_CODES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

const EXIT_CODES: &str = "Exit codes: 0 all of it worked, 1 defect of swath, 2 usage, \
    3 input breaks its format, 4 not supported, 5 refused by the operating system, \
    6 limit met, 7 a file is no valid COG (validate), 8 done, but damaged chunks became nodata, \
    9 some items of a batch failed, 130 stopped";

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Shows what files are.
    Info(crate::args::InfoArgs),
    /// Rewrites a file as COG or plain tiled GeoTIFF.
    Convert(crate::convert::ConvertArgs),
    /// Reprojects and resamples a file.
    Warp(crate::warp::WarpArgs),
    /// Lays many files on one another.
    Mosaic(Box<crate::mosaic::MosaicArgs>),
    /// Writes where files lie and what they are, as GeoJSON.
    Index(crate::index::IndexArgs),
    /// Lists the operations between two reference systems, and which is taken; or
    /// prints the definition of one.
    Crs(crate::crs::CrsArgs),
    /// Transforms coordinates of points and GeoJSON from standard input.
    Transform(crate::transform::TransformArgs),
    /// Judges whether files are valid cloud optimized GeoTIFFs.
    Validate(crate::args::ValidateArgs),
    /// Changes what a file says, not its pixels: nodata, CRS, place, metadata.
    Edit(Box<crate::edit::EditArgs>),
    /// Makes overviews for a file where it stands, or takes them away.
    Overviews(crate::overviews::OverviewsArgs),
    /// Makes slopes, aspects and shaded reliefs of elevations.
    Terrain(crate::terrain::TerrainArgs),
    /// Makes a raster of others by an expression.
    Calc(crate::calc::CalcArgs),
    /// Does the same with many files: several at once, nothing lost, goes on where it stopped.
    Batch(Box<crate::batch::BatchArgs>),
    /// Shows what the samples of each band come to: mean, median, histogram.
    Stats(crate::stats::StatsArgs),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        use clap::CommandFactory;
        Cli::command().debug_assert();
    }
}
