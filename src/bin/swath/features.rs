//! From a raster to a file of features: what verbs that make lines and polygons do.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use swath::io::Overwrite;
use swath::raster::DataType;
use swath::vector::{Coordinates, FeatureWriter, Field, Schema, Shape};
use swath::{Raster, Result};

use crate::args::{ReadArgs, RunArgs};
use crate::report::Progress;
use crate::session::Session;

/// What a verb takes that makes features of a raster.
#[derive(Debug, Clone, Args)]
pub(crate) struct FeatureArgs {
    /// The raster to read.
    pub(crate) input: PathBuf,
    /// The file to write: .geojson or .json, or .fgb for FlatGeobuf.
    pub(crate) output: PathBuf,
    /// The band, counted from 1.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..))]
    band: u16,
    /// The system of the coordinates.
    #[arg(long, value_enum, default_value_t = System::Raster)]
    crs: System,
    /// Replace the output if it exists.
    #[arg(long)]
    pub(crate) overwrite: bool,
    #[command(flatten)]
    pub(crate) run: RunArgs,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum System {
    /// That of the raster, named as GDAL does.
    Raster,
    /// Longitudes and latitudes on WGS 84, as RFC 7946 has them.
    Wgs84,
}

impl FeatureArgs {
    /// The band, from 0.
    pub(crate) fn band(&self) -> u16 {
        self.band - 1
    }

    /// Writes what `find` finds in the input to the output. Of each feature `field` is said.
    pub(crate) fn write(
        &self,
        session: &Session<'_>,
        shape: Shape,
        field: impl FnOnce(DataType) -> Field,
        find: impl FnOnce(&Raster, &mut FeatureWriter, &mut Progress) -> Result<()>,
    ) -> Result<()> {
        let files = session.files(&self.read)?;
        let input = files.open(&self.input)?;
        if input.info().metadata.crs_text.is_some() {
            session.warn(&format!(
                "{}: the coordinate reference system of a sidecar is not understood, and lost",
                self.input.display()
            ));
        }
        let crs = input.info().grid.crs.clone();
        // No name of a file: equal work gives equal bytes.
        let name = match shape {
            Shape::Lines => "contours",
            Shape::Polygons => "regions",
        };
        let name = name.to_owned();
        let schema = Schema { name, shape, fields: vec![field(input.info().dtype)], crs };
        let coordinates = match self.crs {
            System::Raster => Coordinates::AsTheyAre,
            System::Wgs84 => Coordinates::Wgs84,
        };
        let overwrite = if self.overwrite { Overwrite::Replace } else { Overwrite::Refuse };
        session.keep_read(&self.output, overwrite, &[])?;
        let mut writer = FeatureWriter::create(&self.output, overwrite, schema, coordinates)?;
        let mut progress = session.progress();
        find(&input, &mut writer, &mut progress).map_err(|e| match e {
            swath::Error::Usage(_) => e,
            other => other.at_path(&self.input),
        })?;
        let features = writer.commit()?;
        session.wrote_features(&self.output, features, progress);
        session.losses(&files);
        Ok(())
    }
}
