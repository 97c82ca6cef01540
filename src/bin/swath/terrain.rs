//! `swath terrain`: what elevations say of the ground.

use clap::{Args, ValueEnum};
use swath::kernel::{Curvature, Gradient, Light, Terrain};
use swath::ops::terrain::TerrainOptions;
use swath::{Raster, Result};

use crate::args::parse_resolution;
use crate::step::{Apply, StepContext};

#[derive(Debug, Clone, Args)]
pub(crate) struct TerrainStep {
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
    /// Which way the ground bends, for curvature.
    #[arg(long, value_enum, default_value_t = Kind::Profile)]
    kind: Kind,
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
    /// How the ground bends: positive where it bulges, in 1 / (unit of elevation).
    Curvature,
}

/// Zevenbergen and Thorne (1987); `mean` is the surface's own, the others are along the map.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// Down the slope.
    Profile,
    /// Across the slope.
    #[value(alias = "planform", alias = "horizontal")]
    Plan,
    /// The sum of both.
    Total,
    /// The mean of the principal curvatures: 1 / R on a sphere.
    Mean,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Algorithm {
    /// From eight neighbours.
    Horn,
    /// From four neighbours.
    ZevenbergenThorne,
}

impl Apply for TerrainStep {
    fn apply(&self, input: Raster, _: &StepContext<'_>) -> Result<Raster> {
        let gradient = match self.algorithm {
            Algorithm::Horn => Gradient::Horn,
            Algorithm::ZevenbergenThorne => Gradient::ZevenbergenThorne,
        };
        let light =
            Light { azimuth: self.azimuth, altitude: self.altitude, z_factor: self.z_factor };
        let what = match self.what {
            What::Hillshade => Terrain::Hillshade(gradient, light),
            What::MultiHillshade => Terrain::MultiHillshade(gradient, light),
            What::Slope if self.percent => Terrain::SlopePercent(gradient),
            What::Slope => Terrain::SlopeDegrees(gradient),
            What::Aspect => Terrain::Aspect(gradient),
            What::Roughness => Terrain::Roughness,
            What::Tpi => Terrain::PositionIndex,
            What::Tri if self.wilson => Terrain::RuggednessWilson,
            What::Tri => Terrain::RuggednessRiley,
            What::Curvature => Terrain::Curvature(match self.kind {
                Kind::Profile => Curvature::Profile,
                Kind::Plan => Curvature::Plan,
                Kind::Total => Curvature::Total,
                Kind::Mean => Curvature::Mean,
            }),
        };
        let how = TerrainOptions { scale: self.scale, edges: self.edges };
        input.terrain(self.band - 1, what, &how)
    }
}
