//! The command line: its verbs and exit codes.

use clap::{Parser, Subcommand};

use crate::colorize::ColorizeStep;
use crate::convert::ConvertStep;
use crate::fill::FillStep;
use crate::focal::FocalStep;
use crate::proximity::ProximityStep;
use crate::reclassify::ReclassifyStep;
use crate::report;
use crate::resize::ResizeStep;
use crate::sieve::SieveStep;
use crate::step::{Chain, Step, StepArgs};
use crate::terrain::TerrainStep;

/// Reads, reprojects, resamples and writes GeoTIFF and COG rasters on every
/// core, with the same bytes every time.
#[derive(Debug, Parser)]
#[command(
    name = "swath",
    arg_required_else_help = true,
    after_help = report::exit_codes(),
    subcommand_value_name = "VERB",
    subcommand_help_heading = "Verbs"
)]
pub(crate) struct Cli {
    /// Print the version; with --verbose also the features, codecs and crates it is made of.
    #[arg(long, short = 'V')]
    pub(crate) version: bool,
    /// With --version: all of it.
    #[arg(long, requires = "version")]
    pub(crate) verbose: bool,
    #[command(subcommand)]
    pub(crate) verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Shows what files are.
    Info(crate::args::InfoArgs),
    #[command(flatten)]
    Step(StepVerb),
    /// Reprojects and resamples a file.
    Warp(Box<crate::warp::WarpArgs>),
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
    /// Makes a raster of others by an expression.
    Calc(crate::calc::CalcArgs),
    /// Makes polygons of the regions of equal value.
    Polygonize(crate::polygonize::PolygonizeArgs),
    /// Makes lines of equal height.
    Contour(crate::contour::ContourArgs),
    /// Does several steps at once, from one file to another with none between.
    Pipe(crate::pipe::PipeArgs),
    /// Prints what a job file of pipe holds, as a JSON Schema.
    Schema,
    /// Tells what a verb would read, write and take, without doing it.
    Plan(crate::plan::PlanArgs),
    /// Tells how a verb gets on with more threads, and what holds it up.
    Bench(crate::plan::PlanArgs),
    /// Does the same with many files: several at once, nothing lost, goes on where it stopped.
    Batch(Box<crate::batch::BatchArgs>),
    /// Shows what the samples of each band come to: mean, median, histogram.
    Stats(crate::stats::StatsArgs),
    /// Prints what makes a shell complete the words of this command.
    Completions(crate::papers::CompletionsArgs),
    /// Prints the manual page, or writes one a verb to a directory.
    Man(crate::papers::ManArgs),
}

/// Verbs of one step from one file to another.
#[derive(Debug, Subcommand)]
pub(crate) enum StepVerb {
    /// Rewrites a file as COG or plain tiled GeoTIFF.
    Convert(StepArgs<ConvertStep>),
    /// Makes a file of more or fewer pixels over the same extent.
    Resize(StepArgs<ResizeStep>),
    /// Makes slopes, aspects, curvatures and shaded reliefs of elevations.
    Terrain(StepArgs<TerrainStep>),
    /// Gives small regions of equal value the value of their largest neighbours.
    Sieve(StepArgs<SieveStep>),
    /// Makes of each pixel what those around it come to: means, extremes, medians and others.
    Focal(StepArgs<FocalStep>),
    /// Gives other values to intervals of values.
    Reclassify(StepArgs<ReclassifyStep>),
    /// Makes colours of values, by a ramp.
    Colorize(StepArgs<ColorizeStep>),
    /// Fills what is missing from what is beside it.
    Fill(StepArgs<FillStep>),
    /// Makes the distance from each pixel to the nearest of some values.
    Proximity(StepArgs<ProximityStep>),
}

impl StepVerb {
    /// Returns the chain of the one step.
    pub(crate) fn chain(self) -> Chain {
        match self {
            Self::Convert(args) => args.chain(Step::Convert),
            Self::Resize(args) => args.chain(Step::Resize),
            Self::Terrain(args) => args.chain(Step::Terrain),
            Self::Sieve(args) => args.chain(Step::Sieve),
            Self::Focal(args) => args.chain(Step::Focal),
            Self::Reclassify(args) => args.chain(Step::Reclassify),
            Self::Colorize(args) => args.chain(Step::Colorize),
            Self::Fill(args) => args.chain(Step::Fill),
            Self::Proximity(args) => args.chain(Step::Proximity),
        }
    }
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
