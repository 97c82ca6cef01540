//! From changes to tags.

use std::collections::BTreeMap;

use super::{BandEdits, Change, Edits, File};
use crate::crs::Crs;
use crate::error::{Error, Result};
use crate::geotiff::metadata::{self, GDAL_METADATA};
use crate::geotiff::unread::Unread;
use crate::geotiff::xml::{self, Item};
use crate::geotiff::{Layout, georeference};
use crate::ifd::{Directory, DirectoryBuilder, Patch, Tag, Value};
use crate::raster::{ColorInterpretation, GeoTransform};

/// `NewSubfileType`: a smaller copy of another image, and a mask.
const REDUCED: u32 = 1;
const MASK: u32 = 4;
/// What is in a raster type key, for GDAL an item.
const AREA_OR_POINT: &str = "AREA_OR_POINT";

/// Returns the directories that the edits change, by their numbers in the chain.
pub(super) fn directories(
    file: &File<'_>,
    edits: &Edits,
) -> Result<BTreeMap<usize, DirectoryBuilder>> {
    let page = usize::try_from(file.options.open.page).unwrap_or(usize::MAX);
    let all = &file.chain.directories;
    let Some(image) = all.get(page) else {
        return Err(Error::usage("page")
            .expected(format!("at most {}", all.len()))
            .found(u64::from(file.options.open.page) + 1));
    };
    let mut changed = BTreeMap::from([(page, DirectoryBuilder::of(image))]);
    if let Some(builder) = changed.get_mut(&page) {
        change_image(file, image, edits, builder).map_err(|e| e.in_ifd(image.index()))?;
    }
    if !edits.nodata.is_keep() {
        let bands = |directory: &Directory| {
            directory.u16(file.source, Tag::SamplesPerPixel).ok().flatten().unwrap_or(1)
        };
        for (number, directory) in all.iter().enumerate().skip(page + 1) {
            let kind = directory.u32(file.source, Tag::NewSubfileType).ok().flatten().unwrap_or(0);
            // What comes after another image belongs to that one, except that the
            // first image of a file takes all there is.
            if kind & (REDUCED | MASK) == 0 && page > 0 {
                break;
            }
            if kind & REDUCED != 0 && kind & MASK == 0 && bands(directory) == bands(image) {
                let mut builder = DirectoryBuilder::of(directory);
                set_nodata(edits, &mut builder);
                changed.insert(number, builder);
            }
        }
    }
    changed.retain(|&number, builder| !says_already(file, &all[number], builder));
    Ok(changed)
}

/// Returns whether a directory says all that `builder` does.
fn says_already(file: &File<'_>, directory: &Directory, builder: &DirectoryBuilder) -> bool {
    let Ok(Some(places)) = builder.over(file.source, directory) else { return false };
    places.iter().all(|Patch { at, bytes }| {
        file.source.range(*at, bytes.len() as u64).is_ok_and(|there| *there == **bytes)
    })
}

fn change_image(
    file: &File<'_>,
    directory: &Directory,
    edits: &Edits,
    builder: &mut DirectoryBuilder,
) -> Result<()> {
    let layout = Layout::read(file.source, file.header.order, directory)?;
    if let Change::Set(nodata) = edits.nodata
        && !layout.dtype.part().is_float()
        && !nodata.fits(layout.dtype)
    {
        return Err(Error::usage("nodata value")
            .expected(format!("one that a sample of {} can be", layout.dtype))
            .found(nodata));
    }
    set_nodata(edits, builder);
    place(file, directory, edits, builder)?;
    if let Some((band, _)) = edits.bands.iter().find(|(band, _)| **band >= layout.bands) {
        return Err(Error::usage("band")
            .expected(format!("1 to {}", layout.bands))
            .found(u32::from(*band) + 1));
    }
    items(file, directory, edits, builder)?;
    opacity(file, directory, edits, layout.bands, builder)
}

fn set_nodata(edits: &Edits, builder: &mut DirectoryBuilder) {
    match edits.nodata {
        Change::Keep => {}
        Change::Set(nodata) => {
            builder.set(Tag::GdalNodata, Value::Ascii(nodata.to_string()));
        }
        Change::Remove => {
            builder.remove(Tag::GdalNodata);
        }
    }
}

/// Changes where the image lies. A transform alone leaves the keys as they are,
/// and a CRS alone the numbers.
fn place(
    file: &File<'_>,
    directory: &Directory,
    edits: &Edits,
    builder: &mut DirectoryBuilder,
) -> Result<()> {
    if edits.crs.is_keep() && edits.transform.is_keep() {
        return Ok(());
    }
    let before = georeference::read(file.source, directory, &mut Unread::default())?;
    let is_point = before.pixel_is_point;
    let transform = match edits.transform {
        Change::Keep => before.transform,
        Change::Remove => None,
        Change::Set(transform) => Some(transform),
    };
    if !edits.transform.is_keep() {
        for tag in [Tag::ModelPixelScaleTag, Tag::ModelTiepointTag, Tag::ModelTransformationTag] {
            builder.remove(tag);
        }
        georeference::set_transform(transform.unwrap_or(GeoTransform::IDENTITY), is_point, builder);
    }
    let crs = match &edits.crs {
        Change::Keep => return Ok(()),
        Change::Remove => None,
        Change::Set(crs) => Some(crs),
    };
    for tag in [Tag::GeoKeyDirectoryTag, Tag::GeoDoubleParamsTag, Tag::GeoAsciiParamsTag] {
        builder.remove(tag);
    }
    let keys = crs.map(Crs::to_geokeys).transpose()?;
    if keys.is_some() || is_point && transform.is_some() {
        georeference::set_geokeys(&keys.unwrap_or_default(), is_point, builder);
    }
    Ok(())
}

/// Changes items and what is said of bands.
fn items(
    file: &File<'_>,
    directory: &Directory,
    edits: &Edits,
    builder: &mut DirectoryBuilder,
) -> Result<()> {
    let text = directory.string(file.source, GDAL_METADATA)?.unwrap_or_default();
    let before = xml::parse(&text);
    let mut items = before.clone();
    for (name, change) in &edits.items {
        if name == AREA_OR_POINT {
            return Err(Error::unsupported("changing AREA_OR_POINT")
                .hint("it moves the image by half a pixel: swath convert, or give a transform"));
        }
        match (metadata::tag_of(name), change) {
            (_, Change::Keep) => {}
            (Some(tag), Change::Remove) => {
                builder.remove(tag);
            }
            (Some(_), Change::Set(text)) => {
                if !metadata::write_tag(name, text, builder) {
                    return Err(Error::usage(name.clone()).expected("a number").found(text));
                }
            }
            (None, change) => {
                let item = Item { name: name.clone(), ..Item::default() };
                put(&mut items, item, change);
            }
        }
    }
    for (&band, said) in &edits.bands {
        let BandEdits { description, scale, offset, unit, color } = said;
        let text = |change: &Change<f64>| match change {
            Change::Keep => Change::Keep,
            Change::Remove => Change::Remove,
            Change::Set(number) => Change::Set(number.to_string()),
        };
        let color = match color {
            Change::Keep => Change::Keep,
            Change::Remove => Change::Remove,
            Change::Set(color) => Change::Set(color.name().to_owned()),
        };
        for (name, role, change) in [
            ("DESCRIPTION", "description", description),
            ("OFFSET", "offset", &text(offset)),
            ("SCALE", "scale", &text(scale)),
            ("UNITTYPE", "unittype", unit),
            ("COLORINTERP", "colorinterp", &color),
        ] {
            let (name, role, sample) = (name.to_owned(), role.to_owned(), Some(band.into()));
            put(&mut items, Item { name, role, sample, ..Item::default() }, change);
        }
    }
    if items.is_empty() && !before.is_empty() {
        builder.remove(GDAL_METADATA);
    } else if items != before {
        builder.set(GDAL_METADATA, Value::Ascii(xml::write(&items)));
    }
    Ok(())
}

/// Puts an item in the place of the one that says the same thing, or takes it out.
fn put(items: &mut Vec<Item>, item: Item, change: &Change<String>) {
    let same = |other: &Item| {
        let names = if item.role.is_empty() { other.name == item.name } else { true };
        names
            && (&other.domain, &other.role, other.sample) == (&item.domain, &item.role, item.sample)
    };
    match change {
        Change::Keep => {}
        Change::Remove => items.retain(|other| !same(other)),
        Change::Set(text) => match items.iter_mut().find(|other| same(other)) {
            Some(there) => there.text.clone_from(text),
            None => items.push(Item { text: text.clone(), ..item }),
        },
    }
}

/// Lets the tag for extra bands say whether the last is opacity, as its colour does.
fn opacity(
    file: &File<'_>,
    directory: &Directory,
    edits: &Edits,
    bands: u16,
    builder: &mut DirectoryBuilder,
) -> Result<()> {
    let last = edits.bands.get(&(bands - 1)).map(|said| said.color);
    let Some(Change::Set(color)) = last else { return Ok(()) };
    let extra = directory.u64s(file.source, Tag::ExtraSamples)?.unwrap_or_default();
    let mut extra: Vec<u16> = extra.iter().map(|&kind| u16::try_from(kind).unwrap_or(0)).collect();
    let Some(kind) = extra.last_mut() else { return Ok(()) };
    let is_alpha = matches!(*kind, 1 | 2);
    if (color == ColorInterpretation::Alpha) != is_alpha {
        *kind = if is_alpha { 0 } else { 2 };
        builder.set(Tag::ExtraSamples, Value::Shorts(extra));
    }
    Ok(())
}
