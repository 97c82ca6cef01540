//! `swath terrain`: what elevations say of the ground.

use clap::{Args, ValueEnum};
use swath::Result;
use swath::kernel::{Gradient, Light, Terrain};
use swath::ops::terrain::TerrainOptions;

use crate::args::{JobArgs, parse_resolution};
use crate::job::Job;
use crate::session::Session;

#[derive(Debug, Clone, Args)]
pub(crate) struct TerrainArgs {
    /// What to make.
    #[arg(value_enum)]
    what: What,
    /// The band of elevations, counted from 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    band: u16,
    /// How the gradient is estimated, for slope, aspect and shades.
    #[arg(long, value_enum, default_value_t = Algorithm::Horn)]
    algorithm: Algorithm,
    /// Slope in percent, not in degrees.
    #[arg(long)]
    percent: bool,
    /// The mean difference to the neighbours (Wilson), not the root of the sum of squares (Riley), for tri.
    #[arg(long)]
    wilson: bool,
    /// What elevations are multiplied by, for shades.
    #[arg(long, value_name = "FACTOR", default_value_t = 1.0)]
    z_factor: f64,
    /// Where the light comes from, in degrees clockwise from north.
    #[arg(long, value_name = "DEGREES", default_value_t = 315.0, allow_hyphen_values = true)]
    azimuth: f64,
    /// How high the light stands, in degrees over the horizon.
    #[arg(long, value_name = "DEGREES", default_value_t = 45.0)]
    altitude: f64,
    /// Units of elevation in a unit of the grid: X, or X,Y [default: 1; metres by
    /// the latitude of each row where the grid is in degrees].
    #[arg(long, value_name = "X[,Y]", value_parser = parse_resolution)]
    scale: Option<(f64, f64)>,
    /// Make pixels at the edge and beside missing ones too.
    #[arg(long)]
    edges: bool,
    #[command(flatten)]
    pub(crate) job: JobArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// How much light the ground gets from one side, 1 to 255.
    Hillshade,
    /// How much it gets from four sides, 1 to 255.
    MultiHillshade,
    /// How steep it is.
    Slope,
    /// Which way it falls, in degrees clockwise from north.
    Aspect,
    /// The largest difference among nine elevations.
    Roughness,
    /// The elevation over the mean of its neighbours.
    Tpi,
    /// How much the neighbours differ.
    Tri,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Algorithm {
    /// From eight neighbours.
    Horn,
    /// From four neighbours.
    ZevenbergenThorne,
}

pub(crate) fn run(args: &TerrainArgs, session: &Session<'_>) -> Result<()> {
    let job = Job::open(&args.job, session)?;
    let gradient = match args.algorithm {
        Algorithm::Horn => Gradient::Horn,
        Algorithm::ZevenbergenThorne => Gradient::ZevenbergenThorne,
    };
    let light = Light { azimuth: args.azimuth, altitude: args.altitude, z_factor: args.z_factor };
    let what = match args.what {
        What::Hillshade => Terrain::Hillshade(gradient, light),
        What::MultiHillshade => Terrain::MultiHillshade(gradient, light),
        What::Slope if args.percent => Terrain::SlopePercent(gradient),
        What::Slope => Terrain::SlopeDegrees(gradient),
        What::Aspect => Terrain::Aspect(gradient),
        What::Roughness => Terrain::Roughness,
        What::Tpi => Terrain::PositionIndex,
        What::Tri if args.wilson => Terrain::RuggednessWilson,
        What::Tri => Terrain::RuggednessRiley,
    };
    let how = TerrainOptions { scale: args.scale, edges: args.edges };
    job.write(&job.input.terrain(args.band - 1, what, &how)?)?;
    Ok(())
}
