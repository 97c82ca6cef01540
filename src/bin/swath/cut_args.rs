//! Cutlines as they are typed.

use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use swath::crs::Crs;
use swath::ops::cutline::Cutline;
use swath::raster::Grid;
use swath::vector::Shapes;
use swath::{Error, Raster, Result};

use crate::args::parse_crs;
use crate::session::Session;
use crate::write_args::WriteArgs;

/// What follows a warning of zeros that nothing tells from values, and what helps.
pub(crate) const UNTOLD: &str = ", and nothing in it says that these are no values: \
    --dst-nodata VALUE, --dst-alpha or --mask internal does";

/// The most bytes of a file of polygons.
const MOST_BYTES: u64 = 256 << 20;

#[derive(Debug, Clone, Args)]
#[command(group(ArgGroup::new("lines").multiple(true)))]
pub(crate) struct CutArgs {
    /// Keep only what lies in the polygons of a GeoJSON or FlatGeobuf file.
    #[arg(long, value_name = "FILE", group = "lines")]
    pub(crate) cutline: Option<PathBuf>,
    /// The CRS of the polygons [default: what the file says, else longitudes and
    /// latitudes].
    #[arg(long, value_name = "CRS", value_parser = parse_crs, requires = "lines")]
    pub(crate) cutline_crs: Option<Crs>,
    /// Make the output no larger than the polygons, to whole pixels.
    #[arg(long, requires = "cutline")]
    crop_to_cutline: bool,
    /// Let opacity fade over so many pixels inside the polygons' edges; needs a band of
    /// opacity.
    #[arg(long, value_name = "PIXELS", default_value_t = 0.0, requires = "cutline")]
    feather: f64,
}

impl CutArgs {
    /// Whether there is anything to cut.
    pub(crate) fn is_given(&self) -> bool {
        self.cutline.is_some()
    }

    /// Cuts a raster as was asked; says so if nothing will tell what is cut off from values.
    pub(crate) fn cut(
        &self,
        raster: Raster,
        write: &WriteArgs,
        session: &Session<'_>,
    ) -> Result<Raster> {
        let Some(path) = &self.cutline else { return Ok(raster) };
        if !write.tells_missing(raster.info()) {
            session.warn(&format!("outside the cutline the output is 0{UNTOLD}"));
        }
        let line = read_cutline(path, self.cutline_crs.as_ref(), &raster.info().grid)?;
        let mut raster = raster;
        if self.crop_to_cutline {
            let window = line.window(&raster.info().grid).map_err(|e| e.at_path(path))?;
            let window = window.ok_or_else(|| {
                Error::usage("cutline")
                    .expected("polygons that meet the output")
                    .found("none that does")
                    .at_path(path)
                    .hint("are their coordinates those of --cutline-crs, x before y?")
            })?;
            raster = raster.crop(window)?;
        }
        raster.cut(&line, self.feather).map_err(|e| e.at_path(path))
    }
}

/// Reads polygons to cut what lies on a grid; `crs` is what they are in, whatever the file says.
pub(crate) fn read_cutline(path: &Path, crs: Option<&Crs>, grid: &Grid) -> Result<Cutline> {
    let bytes = crate::inputs::bytes(path, MOST_BYTES)?;
    let shapes = Shapes::read(&bytes).map_err(|e| e.at_path(path))?;
    let crs = crs.cloned().unwrap_or(shapes.crs);
    Ok(Cutline { polygons: shapes.polygons, crs: grid.crs.is_some().then_some(crs) })
}
