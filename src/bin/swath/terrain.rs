//! `swath terrain`: what elevations say of the ground.

use clap::{Args, ValueEnum};
use swath::kernel::{Curvature, Gradient, Light, Terrain};
use swath::ops::terrain::TerrainOptions;
use swath::{Error, Raster, Result};

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
    /// How the gradient is estimated, for slope, aspect and shades [default: horn].
    #[arg(long, value_enum)]
    algorithm: Option<Algorithm>,
    /// Slope in percent, not in degrees.
    #[arg(long)]
    percent: bool,
    /// The mean difference to the neighbours (Wilson), not the root of the sum of squares (Riley), for tri.
    #[arg(long)]
    wilson: bool,
    /// Which way the ground bends, for curvature [default: profile].
    #[arg(long, value_enum)]
    kind: Option<Kind>,
    /// What elevations are multiplied by, for shades [default: 1].
    #[arg(long, value_name = "FACTOR")]
    z_factor: Option<f64>,
    /// Where the light comes from, in degrees clockwise from north, for hillshade [default: 315].
    #[arg(long, value_name = "DEGREES", allow_hyphen_values = true)]
    azimuth: Option<f64>,
    /// How high the light stands, in degrees over the horizon, for shades [default: 45].
    #[arg(long, value_name = "DEGREES")]
    altitude: Option<f64>,
    /// Units of elevation in a unit of the grid: X, or X,Y [default: 1; metres by
    /// the latitude of each row where the grid is in degrees].
    #[arg(long, value_name = "X[,Y]", value_parser = parse_resolution)]
    scale: Option<(f64, f64)>,
    /// Make pixels at the edge and beside missing ones too.
    #[arg(long)]
    edges: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
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
    /// Refuses options that say nothing of what is made.
    fn check(&self) -> Result<()> {
        use What::{Aspect, Curvature, Hillshade, MultiHillshade, Slope, Tri};
        let shades = &[Hillshade, MultiHillshade][..];
        let gradients = &[Hillshade, MultiHillshade, Slope, Aspect][..];
        for (given, option, of) in [
            (self.algorithm.is_some(), "--algorithm", gradients),
            (self.percent, "--percent", &[Slope]),
            (self.wilson, "--wilson", &[Tri]),
            (self.kind.is_some(), "--kind", &[Curvature]),
            (self.z_factor.is_some(), "--z-factor", shades),
            (self.azimuth.is_some(), "--azimuth", &[Hillshade]),
            (self.altitude.is_some(), "--altitude", shades),
        ] {
            if given && !of.contains(&self.what) {
                let name = |what: &What| {
                    what.to_possible_value().map_or_else(String::new, |v| v.get_name().to_owned())
                };
                let names: Vec<_> = of.iter().map(name).collect();
                return Err(Error::usage(format!("{option} of {}", name(&self.what)))
                    .hint(format!("it is for {}", names.join(", "))));
            }
        }
        Ok(())
    }

    fn apply(&self, input: Raster, _: &StepContext<'_>) -> Result<Raster> {
        self.check()?;
        let gradient = match self.algorithm {
            None | Some(Algorithm::Horn) => Gradient::Horn,
            Some(Algorithm::ZevenbergenThorne) => Gradient::ZevenbergenThorne,
        };
        let light = Light {
            azimuth: self.azimuth.unwrap_or(315.0),
            altitude: self.altitude.unwrap_or(45.0),
            z_factor: self.z_factor.unwrap_or(1.0),
        };
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
                None | Some(Kind::Profile) => Curvature::Profile,
                Some(Kind::Plan) => Curvature::Plan,
                Some(Kind::Total) => Curvature::Total,
                Some(Kind::Mean) => Curvature::Mean,
            }),
        };
        let how = TerrainOptions { scale: self.scale, edges: self.edges };
        input.terrain(self.band - 1, what, &how)
    }
}
