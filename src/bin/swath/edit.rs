//! `swath edit`: changes what a file says, not its pixels.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use swath::crs::Crs;
use swath::geotiff::edit::{BandEdits, Change, EditOptions, Edits, How};
use swath::geotiff::{GeoTiff, SidecarKind, edit};
use swath::raster::{Bounds, ColorInterpretation, GeoTransform, NoData};
use swath::{Error, Result};

use crate::args::{ReadArgs, parse_bounds, parse_crs, parse_numbers};
use crate::report::warn;

/// What takes away what a file says.
const NONE: &str = "none";

#[derive(Debug, Args)]
pub(crate) struct EditArgs {
    /// The file to change.
    file: PathBuf,
    /// The value that stands for "no value" in the image and its overviews.
    #[arg(long, value_name = "VALUE|none", value_parser = parse_nodata, allow_hyphen_values = true)]
    nodata: Option<Change<NoData>>,
    /// The coordinate reference system; coordinates stay the numbers they are.
    #[arg(long, value_name = "CRS|none", value_parser = parse_crs_or_none)]
    crs: Option<Change<Crs>>,
    /// The GeoTransform in GDAL's order: X of the top left corner, pixel width,
    /// row rotation, Y of the corner, column rotation, pixel height (negative if
    /// north is up).
    #[arg(long, value_name = "X,W,R,Y,C,H|none", value_parser = parse_transform, allow_hyphen_values = true)]
    transform: Option<Change<GeoTransform>>,
    /// The extent of the image, from which the GeoTransform follows.
    #[arg(long, value_name = "L,B,R,T", value_parser = parse_bounds, allow_hyphen_values = true, conflicts_with = "transform")]
    bounds: Option<Bounds>,
    /// Sets a metadata item, such as TIFFTAG_SOFTWARE=swath.
    #[arg(long, value_name = "KEY=VALUE", value_parser = parse_pair)]
    tag: Vec<(String, String)>,
    /// Takes a metadata item away.
    #[arg(long, value_name = "KEY")]
    untag: Vec<String>,
    /// The name of a band, counted from 1.
    #[arg(long, value_name = "BAND=TEXT|none", value_parser = parse_band)]
    description: Vec<(u16, String)>,
    /// What samples of a band are multiplied by to be values.
    #[arg(long, value_name = "BAND=NUMBER|none", value_parser = parse_band)]
    scale: Vec<(u16, String)>,
    /// What is added to that.
    #[arg(long, value_name = "BAND=NUMBER|none", value_parser = parse_band)]
    offset: Vec<(u16, String)>,
    /// The unit of a band's values.
    #[arg(long, value_name = "BAND=TEXT|none", value_parser = parse_band)]
    unit: Vec<(u16, String)>,
    /// What a band means as a colour, by GDAL's names: Gray, Red, Alpha, NIR ...
    #[arg(long, value_name = "BAND=COLOR|none", value_parser = parse_band)]
    color: Vec<(u16, String)>,
    /// Write a whole copy in the file's place: a COG stays laid out as one.
    #[arg(long)]
    rewrite: bool,
    /// Say nothing but errors.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    read: ReadArgs,
}

pub(crate) fn run(args: &EditArgs) -> Result<()> {
    args.read.check_one_file()?;
    let options = EditOptions { open: args.read.options(), rewrite: args.rewrite };
    let edits = args.edits(&options)?;
    if edits == Edits::default() {
        return Err(Error::usage("nothing to change").hint("swath edit --help lists what can be"));
    }
    let how = edit(&args.file, &edits, &options)?;
    if args.quiet {
        return Ok(());
    }
    let name = args.file.display();
    let said = match how {
        How::Unchanged => "said that already, nothing was written".into(),
        How::InPlace => "changed in place".into(),
        How::Appended { bytes, .. } => format!("changed, {bytes} bytes longer"),
        How::Rewritten => "changed, in a new copy".into(),
        _ => String::from("changed"),
    };
    // Nobody is left to tell if stderr is closed.
    let _ = writeln!(std::io::stderr().lock(), "{name}: {said}");
    if let How::Appended { was_cog: true, .. } = how {
        warn(&format!(
            "{name}: no longer laid out as a COG, and says so: `--rewrite` keeps the layout, \
             `swath convert` brings it back"
        ));
    }
    if let Change::Set(crs) = &edits.crs {
        let file = GeoTiff::open(&args.file, &options.open)?;
        let read = file.raster().info().grid.crs.clone();
        // What lies beside a file wins over what stands in it.
        let beside = file.sidecars().iter().find(|sidecar| sidecar.kind == SidecarKind::Pam);
        if let Some(beside) = beside.filter(|_| read.as_ref() != Some(crs)) {
            let beside = beside.path.display();
            warn(&format!("{name}: {beside} states another reference system, which readers heed"));
        }
    }
    if edits.nodata != Change::Keep && how != How::Unchanged {
        let file = GeoTiff::open(&args.file, &options.open)?;
        if file.image().overviews().len() > 0 {
            warn(&format!("{name}: the overviews keep their pixels, made by the old nodata value"));
        }
    }
    Ok(())
}

impl EditArgs {
    fn edits(&self, options: &EditOptions) -> Result<Edits> {
        let mut transform = self.transform.unwrap_or_default();
        if let Some(bounds) = self.bounds {
            let size = GeoTiff::open(&self.file, &options.open)?.image().layout().size;
            let (width, height) = (f64::from(size.width), f64::from(size.height));
            let (width, height) = (bounds.width() / width, bounds.height() / height);
            if width <= 0.0 || height <= 0.0 {
                return Err(Error::usage("--bounds").expected("LEFT < RIGHT and BOTTOM < TOP"));
            }
            transform = Change::Set(GeoTransform::north_up(bounds.left, bounds.top, width, height));
        }
        let set = self.tag.iter().map(|(key, text)| (key.clone(), Change::Set(text.clone())));
        let removed = self.untag.iter().map(|key| (key.clone(), Change::Remove));
        let mut bands: BTreeMap<u16, BandEdits> = BTreeMap::new();
        for (band, text) in &self.description {
            bands.entry(*band).or_default().description = words(text);
        }
        for (band, text) in &self.unit {
            bands.entry(*band).or_default().unit = words(text);
        }
        for (band, text) in &self.scale {
            bands.entry(*band).or_default().scale = number("--scale", text)?;
        }
        for (band, text) in &self.offset {
            bands.entry(*band).or_default().offset = number("--offset", text)?;
        }
        for (band, text) in &self.color {
            bands.entry(*band).or_default().color = match text.as_str() {
                NONE => Change::Remove,
                name => Change::Set(ColorInterpretation::parse(name).ok_or_else(|| {
                    let error = Error::usage("--color").expected("a colour as GDAL names it");
                    error.found(name).hint("such as Gray, Red, Green, Blue, Alpha, NIR, Undefined")
                })?),
            };
        }
        Ok(Edits {
            nodata: self.nodata.unwrap_or_default(),
            crs: self.crs.clone().unwrap_or_default(),
            transform,
            items: set.chain(removed).collect(),
            bands,
        })
    }
}

fn words(text: &str) -> Change<String> {
    if text == NONE { Change::Remove } else { Change::Set(text.to_owned()) }
}

fn number(option: &str, text: &str) -> Result<Change<f64>> {
    match text.parse::<f64>() {
        _ if text == NONE => Ok(Change::Remove),
        Ok(number) if number.is_finite() => Ok(Change::Set(number)),
        _ => Err(Error::usage(option).expected("a number").found(text)),
    }
}

fn parse_nodata(text: &str) -> Result<Change<NoData>, String> {
    match NoData::parse(text) {
        _ if text == NONE => Ok(Change::Remove),
        Some(nodata) => Ok(Change::Set(nodata)),
        None => Err(format!("expected a number, nan or none, found {text:?}")),
    }
}

fn parse_crs_or_none(text: &str) -> Result<Change<Crs>, String> {
    if text == NONE { Ok(Change::Remove) } else { parse_crs(text).map(Change::Set) }
}

fn parse_transform(text: &str) -> Result<Change<GeoTransform>, String> {
    if text == NONE {
        return Ok(Change::Remove);
    }
    let transform = GeoTransform::from_gdal(parse_numbers::<6>(text)?);
    match transform.inverse() {
        Some(_) => Ok(Change::Set(transform)),
        None => Err(format!("{text:?} maps all pixels to a line")),
    }
}

fn parse_pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key.to_owned(), value.to_owned())),
        _ => Err(format!("expected KEY=VALUE, found {text:?}")),
    }
}

/// Reads what is said of a band, counted from 1; returns it counted from 0.
fn parse_band(text: &str) -> Result<(u16, String), String> {
    let (band, said) = parse_pair(text)?;
    match band.parse::<u16>() {
        Ok(band @ 1..) => Ok((band - 1, said)),
        _ => Err(format!("expected BAND=..., with a band from 1 on, found {text:?}")),
    }
}
