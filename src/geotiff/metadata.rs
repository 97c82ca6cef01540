//! What a directory says besides pixels and place, and back.

use std::sync::Arc;

use super::exif;
use super::unread::Unread;
use super::xml::{self, Item};
use crate::error::Result;
use crate::ifd::{Directory, DirectoryBuilder, Tag, Value};
use crate::io::ByteSource;
use crate::raster::{BandMetadata, ColorInterpretation, Metadata, Rpc};

/// `GDAL_METADATA`.
pub(super) const GDAL_METADATA: Tag = Tag::Unknown(42112);
/// `RPCCoefficientTag`.
const RPC: Tag = Tag::Unknown(50844);
/// `ICCProfile`.
const ICC: Tag = Tag::Unknown(34675);
/// `XMP`.
const XMP: Tag = Tag::Unknown(700);
/// Tags with text, and the names GDAL gives their items.
const TEXTS: [(Tag, &str); 7] = [
    (Tag::Unknown(269), "TIFFTAG_DOCUMENTNAME"),
    (Tag::ImageDescription, "TIFFTAG_IMAGEDESCRIPTION"),
    (Tag::Software, "TIFFTAG_SOFTWARE"),
    (Tag::DateTime, "TIFFTAG_DATETIME"),
    (Tag::Artist, "TIFFTAG_ARTIST"),
    (Tag::HostComputer, "TIFFTAG_HOSTCOMPUTER"),
    (Tag::Copyright, "TIFFTAG_COPYRIGHT"),
];
const RESOLUTIONS: [(Tag, &str); 2] =
    [(Tag::XResolution, "TIFFTAG_XRESOLUTION"), (Tag::YResolution, "TIFFTAG_YRESOLUTION")];
const RANGE: [(Tag, &str); 2] = [
    (Tag::MinSampleValue, "TIFFTAG_MINSAMPLEVALUE"),
    (Tag::MaxSampleValue, "TIFFTAG_MAXSAMPLEVALUE"),
];
const RESOLUTION_UNIT: &str = "TIFFTAG_RESOLUTIONUNIT";

/// Reads what a directory says. What makes no sense is left out: it keeps
/// nobody from the pixels.
///
/// # Errors
/// [`Error::Limit`](crate::Error::Limit) if a value is too long, [`Error::Io`](crate::Error::Io).
pub(super) fn read(
    source: &ByteSource,
    directory: &Directory,
    bands: u16,
    unread: &mut Unread,
) -> Result<Metadata> {
    let mut metadata = Metadata::default();
    let items = metadata.domains.entry(String::new()).or_default();
    for (tag, name) in TEXTS {
        if let Some(text) = unread.without(directory.string(source, tag))? {
            items.insert(name.into(), text);
        }
    }
    for (tag, name) in RESOLUTIONS {
        if let Some(value) = unread.without(directory.f64(source, tag))? {
            items.insert(name.into(), significant(value, 8));
        }
    }
    if let Some(unit) = unread.without(directory.u16(source, Tag::ResolutionUnit))? {
        let meaning = match unit {
            1 => " (unitless)",
            2 => " (pixels/inch)",
            3 => " (pixels/cm)",
            _ => "",
        };
        items.insert(RESOLUTION_UNIT.into(), format!("{unit}{meaning}"));
    }
    for (tag, name) in RANGE {
        if let Some(value) = unread.without(directory.u64(source, tag))? {
            items.insert(name.into(), value.to_string());
        }
    }
    if let Some(text) = unread.without(directory.string(source, GDAL_METADATA))? {
        for item in xml::parse(&text) {
            place(&mut metadata, item, bands);
        }
    }
    metadata.domains.retain(|_, items| !items.is_empty());
    if let Some(values) = unread.without(directory.f64s(source, RPC))? {
        metadata.rpc = <[f64; 92]>::try_from(values).ok().map(|values| Arc::new(Rpc { values }));
    }
    if let Some(profile) = unread.without(directory.bytes(source, ICC))? {
        metadata.icc = Some(profile.into());
    }
    if let Some(packet) = unread.without(directory.bytes(source, XMP))? {
        let text = std::str::from_utf8(&packet).ok();
        metadata.xmp = text.map(|text| text.trim_end_matches('\0').into());
    }
    Ok(metadata)
}

/// Puts an item of GDAL's XML where it belongs.
fn place(metadata: &mut Metadata, item: Item, bands: u16) {
    let Item { name, domain, role, sample, text } = item;
    // Said by tags; an item would only repeat it.
    if domain == "IMAGE_STRUCTURE" || domain == "COLOR_PROFILE" {
        return;
    }
    let Some(sample) = sample else {
        metadata.domains.entry(domain).or_default().insert(name, text);
        return;
    };
    let Some(band) = u16::try_from(sample).ok().filter(|&band| band < bands) else { return };
    let band = metadata.bands.entry(band).or_default();
    match role.as_str() {
        "scale" => band.scale = text.trim().parse().ok(),
        "offset" => band.offset = text.trim().parse().ok(),
        "unittype" => band.unit = Some(text),
        "description" => band.description = Some(text),
        "colorinterp" => band.color = ColorInterpretation::parse(&text),
        _ => {
            band.domains.entry(domain).or_default().insert(name, text);
        }
    }
}

/// Writes what a directory can say of it.
///
/// # Errors
/// [`Error::Usage`](crate::Error::Usage) if the EXIF is none.
pub(super) fn write(metadata: &Metadata, directory: &mut DirectoryBuilder) -> Result<()> {
    let mut items = Vec::new();
    for (domain, named) in &metadata.domains {
        for (name, text) in named {
            if domain.is_empty() && write_tag(name, text, directory) {
                continue;
            }
            let (name, domain, text) = (name.clone(), domain.clone(), text.clone());
            items.push(Item { name, domain, text, ..Item::default() });
        }
    }
    for (&index, band) in &metadata.bands {
        write_band(index, band, &mut items);
    }
    if !items.is_empty() {
        directory.set(GDAL_METADATA, Value::Ascii(xml::write(&items)));
    }
    if let Some(rpc) = &metadata.rpc {
        directory.set(RPC, Value::Doubles(rpc.values.to_vec()));
    }
    if let Some(profile) = &metadata.icc {
        directory.set(ICC, Value::Undefined(profile.to_vec()));
    }
    if let Some(packet) = &metadata.xmp {
        directory.set(XMP, Value::Bytes(packet.as_bytes().to_vec()));
    }
    metadata.exif.as_deref().map_or(Ok(()), |stream| exif::write(stream, directory))
}

fn write_band(index: u16, band: &BandMetadata, items: &mut Vec<Item>) {
    let mut said = |name: &str, role: &str, text: Option<String>| {
        items.extend(text.map(|text| Item {
            name: name.into(),
            role: role.into(),
            sample: Some(index.into()),
            text,
            ..Item::default()
        }));
    };
    said("DESCRIPTION", "description", band.description.clone());
    said("OFFSET", "offset", band.offset.map(|x| x.to_string()));
    said("SCALE", "scale", band.scale.map(|x| x.to_string()));
    said("UNITTYPE", "unittype", band.unit.clone());
    said("COLORINTERP", "colorinterp", band.color.map(|color| color.name().into()));
    for (domain, named) in &band.domains {
        for (name, text) in named {
            let (name, domain, text) = (name.clone(), domain.clone(), text.clone());
            let sample = Some(index.into());
            items.push(Item { name, domain, text, sample, role: String::new() });
        }
    }
}

/// Returns the tag that an item stands for.
pub(super) fn tag_of(name: &str) -> Option<Tag> {
    let unit = (Tag::ResolutionUnit, RESOLUTION_UNIT);
    let all = TEXTS.iter().chain(&RESOLUTIONS).chain(&RANGE).chain(std::iter::once(&unit));
    { all }.find(|(_, known)| *known == name).map(|(tag, _)| *tag)
}

/// Writes an item that stands for a tag; returns whether it does.
pub(super) fn write_tag(name: &str, text: &str, directory: &mut DirectoryBuilder) -> bool {
    if let Some((tag, _)) = TEXTS.iter().find(|(_, known)| *known == name) {
        directory.set(*tag, Value::Ascii(text.into()));
        return true;
    }
    if let Some((tag, _)) = RESOLUTIONS.iter().find(|(_, known)| *known == name) {
        let fraction = text.parse().ok().and_then(fraction);
        fraction.map(|fraction| directory.set(*tag, Value::Rationals(vec![fraction])));
        return fraction.is_some();
    }
    let unit = (Tag::ResolutionUnit, RESOLUTION_UNIT);
    let shorts = RANGE.iter().chain(std::iter::once(&unit)).find(|(_, known)| *known == name);
    let number = text.split(' ').next().and_then(|number| number.parse().ok());
    let (Some((tag, _)), Some(number)) = (shorts, number) else { return false };
    directory.set(*tag, Value::Shorts(vec![number]));
    true
}

/// Returns the best fraction with a power of ten under the line.
fn fraction(value: f64) -> Option<(u32, u32)> {
    [1, 10, 100, 1000, 10_000, 100_000, 1_000_000].into_iter().rev().find_map(|under: u32| {
        let over = (value * f64::from(under)).round();
        (0.0..=f64::from(u32::MAX)).contains(&over).then_some((over as u32, under))
    })
}

/// Writes a number with at most `digits` significant digits, as C's `%.*g` does.
pub(super) fn significant(value: f64, digits: usize) -> String {
    if !value.is_finite() || value == 0.0 {
        return format!("{value}").to_lowercase();
    }
    let scientific = format!("{value:.*e}", digits.max(1) - 1);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let trim = |text: &str| match text.contains('.') {
        true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
        false => text.to_owned(),
    };
    if exponent < -4 || exponent >= digits as i32 {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{}e{sign}{:02}", trim(mantissa), exponent.unsigned_abs());
    }
    let decimals = (digits as i32 - 1 - exponent).max(0) as usize;
    trim(&format!("{value:.decimals$}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_c_writes_them() {
        let g = |x, digits| significant(x, digits);
        assert_eq!([g(72.0, 8), g(0.1, 15), g(1e-5, 8)], ["72", "0.1", "1e-05"]);
        assert_eq!(
            [g(123_456_789.0, 8), g(-1_046.870_080_172_61, 15)],
            ["1.2345679e+08", "-1046.87008017261"]
        );
        assert_eq!(g(5.180_796_636_179_09e-5, 15), "5.18079663617909e-05");
        assert_eq!(fraction(72.5), Some((72_500_000, 1_000_000)));
        assert_eq!(fraction(-1.0), None);
    }
}
