//! From features to the bytes of FlatGeobuf.

use geo::{Geometry, LineString, Polygon};

use super::super::{Field, Kind, Shape, Value};
use super::field::{column, crs, feature as of_feature, geometry as of_geometry, header};
use super::{
    BOOL, DOUBLE, JSON, LINE, LONG, MAGIC, MULTI_LINE, MULTI_POLYGON, POLYGON, TEXT, ULONG,
};
use crate::crs::Crs;
use crate::error::{Error, Result};

/// The beginning of a file, and what is known at its end alone.
pub(in super::super) struct Head {
    pub(in super::super) bytes: Vec<u8>,
    /// Where the number of features goes.
    pub(in super::super) count_at: u64,
    /// Where the four numbers of the extent go: least x and y, largest x and y.
    pub(in super::super) extent_at: u64,
}

/// A FlatBuffer that grows at its end: what a table leads to lies behind it.
struct Builder(Vec<u8>);

/// What a table holds.
enum Slot {
    Byte(u8),
    Short(u16),
    Int(i32),
    Long(u64),
    /// Leads to what is put in later.
    Leads,
}

impl Slot {
    fn size(&self) -> usize {
        match self {
            Self::Byte(_) => 1,
            Self::Short(_) => 2,
            Self::Int(_) | Self::Leads => 4,
            Self::Long(_) => 8,
        }
    }
}

impl Builder {
    /// Begins a buffer, with room for its length and the way to its first table.
    fn new() -> Self {
        Self(vec![0; 8])
    }

    fn align(&mut self, to: usize) {
        self.0.resize(self.0.len().next_multiple_of(to), 0);
    }

    /// Adds a table of these fields; returns where each of their values stands.
    fn table(&mut self, fields: &[(usize, Slot)]) -> (usize, Vec<usize>) {
        let slots = fields.iter().map(|(number, _)| number + 1).max().unwrap_or(0);
        self.align(4);
        let vtable = self.0.len();
        self.0.resize(vtable + 4 + 2 * slots, 0);
        // So that 8 bytes behind the way back to the vtable are aligned.
        self.align(4);
        if self.0.len().is_multiple_of(8) {
            self.0.extend([0; 4]);
        }
        let start = self.0.len();
        self.0.extend((((start - vtable) as u32) as i32).to_le_bytes());
        let mut places = vec![0; fields.len()];
        let mut order: Vec<usize> = (0..fields.len()).collect();
        order.sort_by_key(|&at| std::cmp::Reverse(fields[at].1.size()));
        for at in order {
            let (number, slot) = &fields[at];
            places[at] = self.0.len();
            let slot_at = vtable + 4 + 2 * number;
            let offset = (places[at] - start) as u16;
            self.0[slot_at..slot_at + 2].copy_from_slice(&offset.to_le_bytes());
            match slot {
                Slot::Byte(v) => self.0.push(*v),
                Slot::Short(v) => self.0.extend(v.to_le_bytes()),
                Slot::Int(v) => self.0.extend(v.to_le_bytes()),
                Slot::Long(v) => self.0.extend(v.to_le_bytes()),
                Slot::Leads => self.0.extend([0; 4]),
            }
        }
        let sizes = [(start - vtable).min(4 + 2 * slots), self.0.len() - start];
        for (at, size) in [vtable, vtable + 2].into_iter().zip(sizes) {
            self.0[at..at + 2].copy_from_slice(&(size as u16).to_le_bytes());
        }
        (start, places)
    }

    /// Lets a field lead to what begins there.
    fn lead(&mut self, field: usize, to: usize) {
        let way = (to - field) as u32;
        self.0[field..field + 4].copy_from_slice(&way.to_le_bytes());
    }

    /// Lets a field lead to a vector, which begins with its length; returns where its items are.
    fn vector(&mut self, field: usize, count: usize, item: usize) -> usize {
        self.align(4);
        if item == 8 && self.0.len().is_multiple_of(8) {
            self.0.extend([0; 4]);
        }
        let start = self.0.len();
        self.lead(field, start);
        self.0.extend((count as u32).to_le_bytes());
        start + 4
    }

    fn text(&mut self, field: usize, text: &str) {
        self.vector(field, text.len(), 1);
        self.0.extend(text.as_bytes());
        self.0.push(0);
    }

    /// Ends a buffer whose first table is `root`.
    fn finish(mut self, root: usize) -> Result<Vec<u8>> {
        self.align(8);
        // Ways are 32 bits, and some readers take them for signed.
        let length = i32::try_from(self.0.len() - 4).map_err(|_| {
            Error::limit("feature of a FlatGeobuf file")
                .expected("less than 2 GiB")
                .found(format!("{} bytes", self.0.len()))
                .hint("GeoJSON has no such limit")
        })?;
        self.0[..4].copy_from_slice(&length.to_le_bytes());
        self.lead(4, root);
        Ok(self.0)
    }
}

/// Makes the beginning of a file.
pub(in super::super) fn head(
    name: &str,
    shape: Shape,
    fields: &[Field],
    system: Option<&Crs>,
) -> Result<Head> {
    let mut out = Builder::new();
    let kind = match shape {
        Shape::Lines => LINE,
        Shape::Polygons => MULTI_POLYGON,
    };
    let mut slots = vec![
        (header::FEATURES_COUNT, Slot::Long(0)),
        (header::NAME, Slot::Leads),
        (header::ENVELOPE, Slot::Leads),
        (header::COLUMNS, Slot::Leads),
        (header::GEOMETRY_TYPE, Slot::Byte(kind)),
        // No index.
        (header::INDEX_NODE_SIZE, Slot::Short(0)),
    ];
    slots.extend(system.map(|_| (header::CRS, Slot::Leads)));
    let (root, places) = out.table(&slots);
    let count_at = places[0];
    out.text(places[1], name);
    let extent_at = out.vector(places[2], 4, 8);
    out.0.extend([0; 32]);
    let columns = out.vector(places[3], fields.len(), 4);
    out.0.resize(columns + 4 * fields.len(), 0);
    for (number, field) in fields.iter().enumerate() {
        let kind = match field.kind {
            Kind::Bool => BOOL,
            Kind::Integer => LONG,
            Kind::Unsigned => ULONG,
            Kind::Float => DOUBLE,
            Kind::Text => TEXT,
            Kind::Json => JSON,
        };
        let (start, places) =
            out.table(&[(column::NAME, Slot::Leads), (column::TYPE, Slot::Byte(kind))]);
        out.lead(columns + 4 * number, start);
        out.text(places[0], &field.name);
    }
    if let (Some(system), Some(&place)) = (system, places.get(6)) {
        let code = system.epsg().and_then(|code| i32::try_from(code).ok());
        let wkt = system.to_wkt2();
        let mut slots = vec![(crs::CODE, Slot::Int(code.unwrap_or(0)))];
        slots.extend(code.map(|_| (crs::ORG, Slot::Leads)));
        slots.extend(wkt.as_ref().map(|_| (crs::WKT, Slot::Leads)));
        let (start, fields) = out.table(&slots);
        out.lead(place, start);
        let mut leads = fields.into_iter().skip(1);
        if let Some(at) = code.and_then(|_| leads.next()) {
            out.text(at, "EPSG");
        }
        if let (Some(wkt), Some(at)) = (&wkt, leads.next()) {
            out.text(at, wkt);
        }
    }
    let mut bytes = MAGIC.to_vec();
    bytes.extend(out.finish(root)?);
    let place = |at: usize| (at + MAGIC.len()) as u64;
    Ok(Head { bytes, count_at: place(count_at), extent_at: place(extent_at) })
}

/// Makes the bytes of a feature. Polygons become multipolygons of one part.
pub(in super::super) fn feature(
    shape: Option<&Geometry<f64>>,
    values: &[Value],
) -> Result<Vec<u8>> {
    let mut out = Builder::new();
    let mut slots = vec![(of_feature::PROPERTIES, Slot::Leads)];
    slots.extend(shape.map(|_| (of_feature::GEOMETRY, Slot::Leads)));
    let (root, places) = out.table(&slots);
    let said = properties(values);
    out.vector(places[0], said.len(), 1);
    out.0.extend(said);
    match (shape, places.get(1)) {
        (Some(Geometry::LineString(line)), Some(&place)) => {
            plain(&mut out, place, LINE, &[line]);
        }
        (Some(Geometry::Polygon(one)), Some(&place)) => {
            parts(&mut out, place, MULTI_POLYGON, std::slice::from_ref(one), polygon);
        }
        (Some(Geometry::MultiPolygon(several)), Some(&place)) => {
            parts(&mut out, place, MULTI_POLYGON, &several.0, polygon);
        }
        (Some(Geometry::MultiLineString(several)), Some(&place)) => {
            parts(&mut out, place, MULTI_LINE, &several.0, |out, place, line| {
                plain(out, place, LINE, &[line]);
            });
        }
        (None, _) => {}
        _ => return Err(Error::unsupported("features that are neither lines nor polygons")),
    }
    out.finish(root)
}

/// The values that there are, each behind the number of its column.
fn properties(values: &[Value]) -> Vec<u8> {
    let mut out = Vec::new();
    for (value, number) in values.iter().zip(0u16..) {
        if *value == Value::Null {
            continue;
        }
        out.extend(number.to_le_bytes());
        match value {
            Value::Null => {}
            Value::Bool(yes) => out.push((*yes).into()),
            Value::Integer(v) => out.extend(v.to_le_bytes()),
            Value::Unsigned(v) => out.extend(v.to_le_bytes()),
            Value::Float(v) => out.extend(v.to_le_bytes()),
            Value::Text(text) | Value::Json(text) => {
                out.extend((text.len() as u32).to_le_bytes());
                out.extend(text.as_bytes());
            }
        }
    }
    out
}

/// Adds a geometry of parts.
fn parts<T>(
    out: &mut Builder,
    place: usize,
    kind: u8,
    parts: &[T],
    each: impl Fn(&mut Builder, usize, &T),
) {
    let slots = [(of_geometry::PARTS, Slot::Leads), (of_geometry::TYPE, Slot::Byte(kind))];
    let (start, places) = out.table(&slots);
    out.lead(place, start);
    let list = out.vector(places[0], parts.len(), 4);
    out.0.resize(list + 4 * parts.len(), 0);
    for (number, part) in parts.iter().enumerate() {
        each(out, list + 4 * number, part);
    }
}

fn polygon(out: &mut Builder, place: usize, polygon: &Polygon<f64>) {
    let rings: Vec<&LineString<f64>> =
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect();
    plain(out, place, POLYGON, &rings);
}

/// Adds a geometry of lines or rings, with its points in one vector.
fn plain(out: &mut Builder, place: usize, kind: u8, lines: &[&LineString<f64>]) {
    let mut slots = vec![(of_geometry::XY, Slot::Leads), (of_geometry::TYPE, Slot::Byte(kind))];
    if lines.len() > 1 {
        slots.push((of_geometry::ENDS, Slot::Leads));
    }
    let (start, places) = out.table(&slots);
    out.lead(place, start);
    let count: usize = lines.iter().map(|line| line.0.len()).sum();
    out.vector(places[0], 2 * count, 8);
    for c in lines.iter().flat_map(|line| &line.0) {
        out.0.extend(c.x.to_le_bytes());
        out.0.extend(c.y.to_le_bytes());
    }
    if let Some(&ends) = places.get(2) {
        out.vector(ends, lines.len(), 4);
        let mut end = 0u32;
        for line in lines {
            end += line.0.len() as u32;
            out.0.extend(end.to_le_bytes());
        }
    }
}
