//! `swath contour`: lines of equal height.

use clap::Args;
use swath::Result;
use swath::kernel::Levels;
use swath::ops::contour::Contour;
use swath::vector::{Field, Kind, Shape, Value};

use crate::features::FeatureArgs;
use crate::session::Session;

#[derive(Debug, Clone, Args)]
pub(crate) struct ContourArgs {
    #[command(flatten)]
    levels: LevelArgs,
    /// What the property is called that has the level.
    #[arg(long, value_name = "FIELD", default_value = "elev")]
    attribute: String,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

/// Which levels have lines.
#[derive(Debug, Clone, Args)]
struct LevelArgs {
    /// The difference between two levels.
    #[arg(
        long,
        value_name = "I",
        required_unless_present = "levels",
        conflicts_with = "levels",
        allow_hyphen_values = true
    )]
    interval: Option<f64>,
    /// One of the levels, from which the others are counted.
    #[arg(
        long,
        value_name = "B",
        default_value_t = 0.0,
        conflicts_with = "levels",
        allow_hyphen_values = true
    )]
    base: f64,
    /// The levels themselves.
    #[arg(long, value_name = "L,...", value_delimiter = ',', allow_hyphen_values = true)]
    levels: Vec<f64>,
}

impl LevelArgs {
    fn levels(&self) -> Levels {
        match self.interval {
            Some(interval) => Levels::Every { interval, base: self.base },
            None => Levels::These(self.levels.clone()),
        }
    }
}

pub(crate) fn run(args: &ContourArgs, session: &Session<'_>) -> Result<()> {
    let (features, levels) = (&args.features, args.levels.levels());
    let field = |_| Field { name: args.attribute.clone(), kind: Kind::Float };
    features.write(session, Shape::Lines, field, |input, writer, progress| {
        let mut emit = |Contour { level, line }: Contour| {
            writer.write(Some(line.into()), &[Value::Float(level)])
        };
        input.contour(features.band(), &levels, session.engine, &mut emit, progress)
    })
}
