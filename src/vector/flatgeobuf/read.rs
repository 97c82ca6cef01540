//! From the bytes of FlatGeobuf to the values of GeoJSON, so that one reader does for both.

use serde_json::{Map, Value, json};

use super::field::{column, crs, feature, geometry, header};
use super::{LINE, MAGIC, MULTI_LINE, MULTI_POLYGON, POLYGON};
use crate::error::{Error, Result};

/// Most items of a node of the index, by the format.
const LARGEST_NODE: u64 = 65535;

/// Whether a file begins as one of FlatGeobuf.
pub(in super::super) fn is_flatgeobuf(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && bytes[..7] == MAGIC[..7]
}

/// Returns a file as a feature collection: lines and polygons, what else there is without a
/// geometry.
pub(in super::super) fn to_geojson(bytes: &[u8]) -> Result<Value> {
    let mut budget = Budget { positions: bytes.len() / 16, texts: bytes.len() };
    read(bytes, &mut budget).ok_or_else(|| {
        Error::format("FlatGeobuf").expected("a header and features that lie in the file")
    })
}

/// What a file can hold if each of its bytes counts once: ways that lead to the same place again
/// and again would make much of little.
struct Budget {
    positions: usize,
    texts: usize,
}

impl Budget {
    fn position(&mut self, count: usize) -> Option<()> {
        self.positions = self.positions.checked_sub(count)?;
        Some(())
    }

    fn text(&mut self, len: usize) -> Option<()> {
        self.texts = self.texts.checked_sub(len)?;
        Some(())
    }
}

/// A table of a FlatBuffer.
#[derive(Clone, Copy)]
struct Table<'a> {
    bytes: &'a [u8],
    start: usize,
    vtable: usize,
    slots: usize,
}

fn take<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

fn int(bytes: &[u8], at: usize) -> Option<usize> {
    take(bytes, at).map(u32::from_le_bytes).and_then(|v| usize::try_from(v).ok())
}

/// Follows the way that stands somewhere.
fn follow(bytes: &[u8], at: usize) -> Option<usize> {
    at.checked_add(int(bytes, at)?)
}

impl<'a> Table<'a> {
    fn at(bytes: &'a [u8], start: usize) -> Option<Self> {
        let back = take(bytes, start).map(i32::from_le_bytes)?;
        let vtable = usize::try_from(start as i64 - i64::from(back)).ok()?;
        let size = usize::from(take(bytes, vtable).map(u16::from_le_bytes)?);
        bytes.get(vtable..vtable.checked_add(size)?)?;
        Some(Self { bytes, start, vtable, slots: size.checked_sub(4)? / 2 })
    }

    /// The place of a field; `None` if it is left out.
    fn field(&self, number: usize) -> Option<usize> {
        if number >= self.slots {
            return None;
        }
        let offset = take(self.bytes, self.vtable + 4 + 2 * number).map(u16::from_le_bytes)?;
        (offset != 0).then_some(self.start + usize::from(offset))
    }

    fn byte(&self, number: usize) -> u8 {
        self.field(number).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0)
    }

    fn table(&self, number: usize) -> Option<Self> {
        Self::at(self.bytes, follow(self.bytes, self.field(number)?)?)
    }

    /// The bytes of a vector's items, each of so many bytes.
    fn vector(&self, number: usize, item: usize) -> Option<&'a [u8]> {
        let start = follow(self.bytes, self.field(number)?)?;
        let len = int(self.bytes, start)?.checked_mul(item)?;
        self.bytes.get(start + 4..(start + 4).checked_add(len)?)
    }

    fn text(&self, number: usize) -> Option<&'a str> {
        std::str::from_utf8(self.vector(number, 1)?).ok()
    }

    /// The tables that a vector leads to.
    fn tables(&self, number: usize) -> Option<impl Iterator<Item = Option<Self>>> {
        let start = follow(self.bytes, self.field(number)?)?;
        let count = self.vector(number, 4)?.len() / 4;
        let bytes = self.bytes;
        Some((0..count).map(move |i| Self::at(bytes, follow(bytes, start + 4 + 4 * i)?)))
    }
}

/// A buffer behind its length; returns its first table and what follows.
fn buffer(bytes: &[u8]) -> Option<(Table<'_>, &[u8])> {
    let len = int(bytes, 0)?;
    let (own, rest) = bytes.get(4..)?.split_at_checked(len)?;
    Some((Table::at(own, follow(own, 0)?)?, rest))
}

fn read(bytes: &[u8], budget: &mut Budget) -> Option<Value> {
    let (head, rest) = buffer(bytes.get(MAGIC.len()..)?)?;
    let columns: Vec<(String, u8)> = match head.tables(header::COLUMNS) {
        None => Vec::new(),
        Some(tables) => tables
            .map(|table| {
                let table = table?;
                let name = table.text(column::NAME)?;
                budget.text(name.len())?;
                Some((name.to_owned(), table.byte(column::TYPE)))
            })
            .collect::<Option<_>>()?,
    };
    let count = head.field(header::FEATURES_COUNT);
    let count = count.and_then(|at| take(head.bytes, at)).map_or(0, u64::from_le_bytes);
    let node = head.field(header::INDEX_NODE_SIZE);
    let node = node.and_then(|at| take(head.bytes, at)).map_or(16, u16::from_le_bytes);
    let index = usize::try_from(index_bytes(count, node.into())?).ok()?;
    let mut rest = rest.get(index..)?;
    let kind = head.byte(header::GEOMETRY_TYPE);
    let mut features = Vec::new();
    while !rest.is_empty() {
        let (table, after) = buffer(rest)?;
        let said = table.vector(feature::PROPERTIES, 1).unwrap_or_default();
        let shape = match table.table(feature::GEOMETRY) {
            None => Value::Null,
            Some(table) => shape(table, kind, budget)?,
        };
        let said = properties(said, &columns, budget)?;
        features.push(json!({ "type": "Feature", "geometry": shape, "properties": said }));
        rest = after;
    }
    let mut root = json!({ "type": "FeatureCollection" });
    if let Some(name) = head.table(header::CRS).and_then(system) {
        root["crs"] = json!({ "type": "name", "properties": { "name": name } });
    }
    root["features"] = features.into();
    Some(root)
}

/// The bytes of the index: a tree whose nodes have so many children, 40 bytes each.
fn index_bytes(count: u64, node: u64) -> Option<u64> {
    if count == 0 || node == 0 {
        return Some(0);
    }
    let node = node.clamp(2, LARGEST_NODE);
    let (mut level, mut all) = (count, count);
    while level > 1 {
        level = level.div_ceil(node);
        all = all.checked_add(level)?;
    }
    all.checked_mul(40)
}

/// The name of a system.
fn system(table: Table<'_>) -> Option<String> {
    let code =
        table.field(crs::CODE).and_then(|at| take(table.bytes, at)).map_or(0, i32::from_le_bytes);
    if code > 0 {
        return Some(format!("{}:{code}", table.text(crs::ORG).unwrap_or("EPSG")));
    }
    table.text(crs::WKT).map(str::to_owned)
}

/// A geometry of a feature; its type is that of all, or its own.
fn shape(table: Table<'_>, all: u8, budget: &mut Budget) -> Option<Value> {
    let kind = if all == 0 { table.byte(geometry::TYPE) } else { all };
    let (name, coordinates) = match kind {
        LINE => ("LineString", lines(table, budget)?.into_iter().next()?),
        POLYGON => ("Polygon", lines(table, budget)?.into()),
        MULTI_LINE => ("MultiLineString", lines(table, budget)?.into()),
        MULTI_POLYGON => {
            let parts = table.tables(geometry::PARTS)?;
            let parts = parts.map(|part| Some(lines(part?, budget)?.into()));
            ("MultiPolygon", Value::Array(parts.collect::<Option<_>>()?))
        }
        _ => return Some(Value::Null),
    };
    Some(json!({ "type": name, "coordinates": coordinates }))
}

/// The lines or rings of a geometry.
fn lines(table: Table<'_>, budget: &mut Budget) -> Option<Vec<Value>> {
    let (numbers, _) = table.vector(geometry::XY, 8)?.as_chunks::<8>();
    budget.position(numbers.len() / 2)?;
    let positions: Vec<Value> = numbers
        .as_chunks::<2>()
        .0
        .iter()
        .map(|[x, y]| json!([f64::from_le_bytes(*x), f64::from_le_bytes(*y)]))
        .collect();
    let Some(ends) = table.vector(geometry::ENDS, 4) else { return Some(vec![positions.into()]) };
    let mut rest = positions.into_iter();
    let mut before = 0;
    let ends = ends.as_chunks::<4>().0.iter().map(|end| u32::from_le_bytes(*end) as usize);
    ends.map(|end| {
        // One more for each line, so that empty ones count too.
        budget.text(1)?;
        let count = end.checked_sub(std::mem::replace(&mut before, end))?;
        let line: Vec<Value> = rest.by_ref().take(count).collect();
        (line.len() == count).then(|| line.into())
    })
    .collect()
}

/// What is said of a feature.
fn properties(
    mut bytes: &[u8],
    columns: &[(String, u8)],
    budget: &mut Budget,
) -> Option<Map<String, Value>> {
    let mut said = Map::new();
    budget.text(bytes.len())?;
    while !bytes.is_empty() {
        let (name, kind) = columns.get(usize::from(u16::from_le_bytes(take(bytes, 0)?)))?;
        let (value, len) = value(bytes.get(2..)?, *kind)?;
        bytes = bytes.get(2 + len..)?;
        said.insert(name.clone(), value);
    }
    Some(said)
}

/// A value of a column of this type, and how many bytes it takes.
fn value(bytes: &[u8], kind: u8) -> Option<(Value, usize)> {
    macro_rules! number {
        ($t:ty) => {
            (json!(<$t>::from_le_bytes(take(bytes, 0)?)), size_of::<$t>())
        };
    }
    Some(match kind {
        0 => number!(i8),
        1 => number!(u8),
        2 => (json!(*bytes.first()? != 0), 1),
        3 => number!(i16),
        4 => number!(u16),
        5 => number!(i32),
        6 => number!(u32),
        7 => number!(i64),
        8 => number!(u64),
        9 => number!(f32),
        10 => number!(f64),
        // Words, JSON, times, bytes.
        11..=14 => {
            let len = int(bytes, 0)?;
            let own = bytes.get(4..len.checked_add(4)?)?;
            let text = || std::str::from_utf8(own).ok();
            let value = match kind {
                12 => serde_json::from_str(text()?).ok()?,
                14 => Value::Null,
                _ => json!(text()?),
            };
            (value, 4 + len)
        }
        _ => return None,
    })
}
