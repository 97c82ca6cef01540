//! Where an image lies: GeoTransform, GeoKeys, nodata.

use super::unread::Unread;
use crate::crs::{Crs, GeoKey, GeoKeyTags, GeoKeys};
use crate::error::{Error, Result};
use crate::ifd::{Directory, DirectoryBuilder, Tag, Value};
use crate::io::ByteSource;
use crate::raster::{Gcp, Gcps, GeoTransform, NoData, Point};

/// What a directory says of an image's place and of its missing values.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Georeference {
    pub(super) transform: Option<GeoTransform>,
    pub(super) crs: Option<Crs>,
    pub(super) nodata: Option<NoData>,
    /// Whether positions in the file mean the centres of pixels.
    pub(super) pixel_is_point: bool,
    /// Ground control points, if there is no transform.
    pub(super) gcps: Option<Gcps>,
    /// The unit of heights, if the CRS says it.
    pub(super) unit: Option<String>,
}

/// `VerticalUnitsGeoKey`.
const VERTICAL_UNITS: u16 = 4099;

/// Reads what a directory says of an image's place.
///
/// Scale and tie point win over a matrix, as in GDAL; in a file whose pixels
/// are points both are moved by half a pixel, so that the result always maps
/// the top left corner of a pixel.
pub(super) fn read(
    source: &ByteSource,
    directory: &Directory,
    unread: &mut Unread,
) -> Result<Georeference> {
    let mut numbers =
        |tag| unread.without(directory.f64s(source, tag)).map(Option::unwrap_or_default);
    let matrix = numbers(Tag::ModelTransformationTag)?;
    let scale = numbers(Tag::ModelPixelScaleTag)?;
    let tie = numbers(Tag::ModelTiepointTag)?;
    let doubles = numbers(Tag::GeoDoubleParamsTag)?;
    let text = unread.without(directory.string(source, Tag::GeoAsciiParamsTag))?;
    let keys = match unread.without(directory.u64s(source, Tag::GeoKeyDirectoryTag))? {
        Some(values) => {
            let keys = GeoKeys::parse(&GeoKeyTags {
                // Stored as 16-bit numbers; wider ones are no keys.
                directory: values.iter().map(|&v| u16::try_from(v).unwrap_or(0)).collect(),
                doubles,
                text: text.unwrap_or_default(),
            });
            let placed = keys.map_err(|e| source.place(e.in_ifd(directory.index())));
            unread.without(placed.map(Some))?
        }
        None => None,
    };
    let pixel_is_point = keys.as_ref().is_some_and(GeoKeys::pixel_is_point);
    let transform = match (&matrix[..], &scale[..], &tie[..]) {
        // GDAL takes a negative height for a mistake, as most are.
        (_, &[sx, sy, ..], &[i, j, _, x, y, ..]) if sx != 0.0 && sy != 0.0 => {
            let at_tie = GeoTransform::north_up(x, y, sx, sy.abs());
            Some(at_tie.moved_to(Point { x: -i, y: -j }))
        }
        (&[a, b, _, d, e, f, _, h, ..], _, _) if matrix.len() >= 16 => {
            Some(GeoTransform::from_gdal([d, a, b, h, e, f]))
        }
        // Tie points without either are ground control points.
        _ => None,
    };
    let to_corner = Point { x: -0.5, y: -0.5 };
    let transform = transform.map(|t| if pixel_is_point { t.moved_to(to_corner) } else { t });
    if transform.is_some_and(|t| t.to_gdal().iter().any(|c| !c.is_finite())) {
        return Err(Error::format("georeference")
            .expected("finite numbers")
            .in_ifd(directory.index()));
    }
    let nodata = unread.without(directory.string(source, Tag::GdalNodata))?;
    let unit = keys.iter().flat_map(GeoKeys::iter).find(|(key, _)| *key == VERTICAL_UNITS);
    let unit = unit.and_then(|(_, value)| match value {
        GeoKey::Short(9001) => Some("metre"),
        GeoKey::Short(9002) => Some("foot"),
        GeoKey::Short(9003) => Some("US survey foot"),
        _ => None,
    });
    let unit = unit.map(str::to_owned);
    let crs = keys.and_then(Crs::from_geokeys);
    let points: Vec<Gcp> = if transform.is_some() {
        Vec::new()
    } else {
        let shift = shift(pixel_is_point);
        let points = tie.as_chunks::<6>().0.iter();
        points
            .map(|&[i, j, _, x, y, z]| Gcp {
                pixel: Point { x: i + shift, y: j + shift },
                ground: Point { x, y },
                z,
            })
            .collect()
    };
    let gcps = (!points.is_empty()).then(|| Gcps { crs: crs.clone(), points: points.into() });
    Ok(Georeference {
        transform,
        gcps,
        unit,
        crs,
        nodata: nodata.as_deref().and_then(NoData::parse),
        pixel_is_point,
    })
}

/// What positions in a file are off those of corners: in a file whose pixels are
/// points they are those of centres.
fn shift(is_point: bool) -> f64 {
    if is_point { 0.5 } else { 0.0 }
}

/// Writes a transform: scale and tie point, or a matrix. The identity is none.
pub(super) fn set_transform(
    transform: GeoTransform,
    is_point: bool,
    directory: &mut DirectoryBuilder,
) {
    if transform == GeoTransform::IDENTITY {
        return;
    }
    let t = transform.moved_to(Point { x: shift(is_point), y: shift(is_point) });
    if t.is_unrotated() && t.pixel_width > 0.0 && t.pixel_height < 0.0 {
        let scale = vec![t.pixel_width, -t.pixel_height, 0.0];
        let tie = vec![0.0, 0.0, 0.0, t.origin_x, t.origin_y, 0.0];
        directory.set(Tag::ModelPixelScaleTag, Value::Doubles(scale));
        directory.set(Tag::ModelTiepointTag, Value::Doubles(tie));
        return;
    }
    let across = [t.pixel_width, t.row_rotation, 0.0, t.origin_x];
    let down = [t.column_rotation, t.pixel_height, 0.0, t.origin_y];
    let rest = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0];
    let matrix = [&across[..], &down, &rest].concat();
    directory.set(Tag::ModelTransformationTag, Value::Doubles(matrix));
}

/// Writes ground control points, in place of a transform.
pub(super) fn set_gcps(gcps: &Gcps, is_point: bool, directory: &mut DirectoryBuilder) {
    let shift = shift(is_point);
    let numbers = gcps.points.iter().flat_map(|point| {
        let (pixel, ground) = (point.pixel, point.ground);
        [pixel.x - shift, pixel.y - shift, 0.0, ground.x, ground.y, point.z]
    });
    directory.set(Tag::ModelTiepointTag, Value::Doubles(numbers.collect()));
}

/// Writes GeoKeys, with what a pixel is.
pub(super) fn set_geokeys(keys: &GeoKeys, is_point: bool, directory: &mut DirectoryBuilder) {
    let tags = keys.with_pixel_is_point(is_point).to_tags();
    directory.set(Tag::GeoKeyDirectoryTag, Value::Shorts(tags.directory));
    if !tags.doubles.is_empty() {
        directory.set(Tag::GeoDoubleParamsTag, Value::Doubles(tags.doubles));
    }
    if !tags.text.is_empty() {
        directory.set(Tag::GeoAsciiParamsTag, Value::Ascii(tags.text));
    }
}
