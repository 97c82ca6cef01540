//! `swath polygonize`: regions of equal value as polygons.

use clap::Args;
use geo::Geometry;
use swath::Result;
use swath::ops::regions::{Region, value_kind};
use swath::vector::{Field, Shape};

use crate::features::FeatureArgs;
use crate::session::Session;
use crate::sieve::parse_connect;

#[derive(Debug, Clone, Args)]
pub(crate) struct PolygonizeArgs {
    /// Which pixels of equal value are connected: 4 for those that share a side, 8 for those
    /// that share a corner too.
    #[arg(long, value_name = "4|8", default_value = "4", value_parser = parse_connect)]
    connect: swath::kernel::Connect,
    /// What the property is called that has the value.
    #[arg(long, value_name = "FIELD", default_value = "DN")]
    name: String,
    /// Take missing pixels for regions too: of their nodata value, or of 0 where a mask says
    /// that they are missing.
    #[arg(long)]
    skip_mask: bool,
    #[command(flatten)]
    pub(crate) features: FeatureArgs,
}

pub(crate) fn run(args: &PolygonizeArgs, session: &Session<'_>) -> Result<()> {
    let features = &args.features;
    let field = |dtype| Field { name: args.name.clone(), kind: value_kind(dtype) };
    features.write(session, Shape::Polygons, field, |input, writer, progress| {
        let bare = args.skip_mask.then(|| input.with_nodata(None)).transpose()?;
        let input = bare.as_ref().unwrap_or(input);
        let mut emit = |Region { value, shape }: Region| {
            // One part is a polygon, as in GDAL.
            let shape = match <[_; 1]>::try_from(shape.0) {
                Ok([one]) => Geometry::Polygon(one),
                Err(parts) => Geometry::MultiPolygon(parts.into()),
            };
            writer.write(Some(shape), &[value])
        };
        input.polygonize(features.band(), args.connect, session.engine, &mut emit, progress)
    })
}
