//! NTv2 grids (`.gsb`): the National Transformation, version 2, of Canada.
//!
//! After the format's description in the NTv2 Developer's Guide: records of 16
//! bytes, a header of 11, then for each grid a header of 11 and a record of
//! four 32-bit numbers a node, from south to north and from east to west, with
//! longitudes and their shifts positive to the west.

use super::{GridInterpolation, GridKind, GridPiece, ShiftGrid};
use crate::{Error, Result};

const RECORD: usize = 16;
const HEADER: usize = 11 * RECORD;
/// The most grids that are believed; the largest known file has some hundred.
const MOST: usize = 10_000;

impl ShiftGrid {
    /// Reads a grid from the bytes of an NTv2 file of either byte order.
    ///
    /// # Errors
    /// [`Error::Format`] if the bytes are no whole NTv2 file,
    /// [`Error::Unsupported`] for shifts in an unknown unit.
    pub fn from_ntv2(bytes: &[u8]) -> Result<Self> {
        let file = File::new(bytes)?;
        let head = file.take(0, HEADER)?;
        let unit = match field(head, 3).trim_ascii() {
            b"SECONDS" => 1.0 / 3600.0,
            b"MINUTES" => 1.0 / 60.0,
            b"DEGREES" => 1.0,
            other => {
                let other = String::from_utf8_lossy(other).into_owned();
                return Err(Error::unsupported(format!("NTv2 grid in {other:?}")));
            }
        };
        let unit = f64::to_radians(unit);
        let count = file.int(head, 2);
        if count > MOST {
            return Err(Error::format("NTv2 file").expected("a number of grids").found(count));
        }
        let mut at = HEADER;
        let mut pieces = Vec::new();
        for _ in 0..count {
            let head = file.take(at, HEADER)?;
            let [south, north, east, west, step_y, step_x] =
                [4, 5, 6, 7, 8, 9].map(|i| file.double(head, i));
            let nodes = file.int(head, 10);
            let along = |from: f64, to: f64, step: f64| ((to - from) / step).round() + 1.0;
            let (rows, columns) = (along(south, north, step_y), along(east, west, step_x));
            if !(rows * columns == nodes as f64 && rows >= 2.0 && columns >= 2.0) {
                return Err(Error::format("NTv2 grid")
                    .expected(format!("{nodes} nodes"))
                    .found(format!("{rows} rows of {columns}")));
            }
            let (rows, columns) = (rows as usize, columns as usize);
            let body = file.take(at + HEADER, nodes.saturating_mul(RECORD))?;
            let mut shifts = vec![0.0; 2 * nodes];
            for (node, record) in body.chunks_exact(RECORD).enumerate() {
                let (row, from_east) = (node / columns, node % columns);
                let shift = |i: usize| f64::from(file.float(record, i)) * unit;
                let at = 2 * (row * columns + columns - 1 - from_east);
                (shifts[at], shifts[at + 1]) = (-shift(1) as f32, shift(0) as f32);
            }
            let name = |i| String::from_utf8_lossy(field(head, i).trim_ascii()).into_owned();
            pieces.push(GridPiece {
                name: name(0),
                parent: Some(name(1)).filter(|parent| parent != "NONE").unwrap_or_default(),
                west: -west * unit,
                south: south * unit,
                step_x: step_x * unit,
                step_y: step_y * unit,
                columns,
                rows,
                shifts,
            });
            at += HEADER + nodes * RECORD;
        }
        Self::new(GridKind::Offsets, GridInterpolation::Bilinear, pieces)
    }
}

/// The value of a header's record.
fn field(head: &[u8], record: usize) -> &[u8] {
    &head[record * RECORD + 8..(record + 1) * RECORD]
}

struct File<'a> {
    bytes: &'a [u8],
    is_big_endian: bool,
}

impl<'a> File<'a> {
    /// The first value is 11, the number of records in the header, and tells the byte order.
    fn new(bytes: &'a [u8]) -> Result<Self> {
        let first = bytes.get(8..12).filter(|_| bytes.starts_with(b"NUM_OREC"));
        match first {
            Some([11, 0, 0, 0]) => Ok(Self { bytes, is_big_endian: false }),
            Some([0, 0, 0, 11]) => Ok(Self { bytes, is_big_endian: true }),
            _ => Err(Error::format("NTv2 file").expected("11 records of header, NUM_OREC first")),
        }
    }

    fn take(&self, at: usize, len: usize) -> Result<&'a [u8]> {
        let end = at.saturating_add(len);
        self.bytes.get(at..end).ok_or_else(|| {
            Error::format("NTv2 file")
                .expected(format!("{end} bytes"))
                .found(format!("{} bytes", self.bytes.len()))
        })
    }

    fn int(&self, head: &[u8], record: usize) -> usize {
        let bytes: [u8; 4] = field(head, record)[..4].try_into().expect("4 bytes");
        let value =
            if self.is_big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) };
        value as usize
    }

    fn double(&self, head: &[u8], record: usize) -> f64 {
        let bytes: [u8; 8] = field(head, record).try_into().expect("8 bytes");
        if self.is_big_endian { f64::from_be_bytes(bytes) } else { f64::from_le_bytes(bytes) }
    }

    fn float(&self, record: &[u8], at: usize) -> f32 {
        let bytes: [u8; 4] = record[4 * at..4 * at + 4].try_into().expect("4 bytes");
        if self.is_big_endian { f32::from_be_bytes(bytes) } else { f32::from_le_bytes(bytes) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two by two nodes with one shift, in either byte order.
    fn file(is_big_endian: bool) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut put = |name: &[u8; 8], value: [u8; 8]| {
            bytes.extend_from_slice(name);
            bytes.extend_from_slice(&value);
        };
        let int = |v: u32| {
            let four = if is_big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
            [four[0], four[1], four[2], four[3], 0, 0, 0, 0]
        };
        let double = |v: f64| if is_big_endian { v.to_be_bytes() } else { v.to_le_bytes() };
        for (name, value) in [(b"NUM_OREC", 11), (b"NUM_SREC", 11), (b"NUM_FILE", 1)] {
            put(name, int(value));
        }
        put(b"GS_TYPE ", *b"SECONDS ");
        for name in [
            b"VERSION ",
            b"SYSTEM_F",
            b"SYSTEM_T",
            b"MAJOR_F ",
            b"MINOR_F ",
            b"MAJOR_T ",
            b"MINOR_T ",
        ] {
            put(name, [b' '; 8]);
        }
        put(b"SUB_NAME", *b"ONE     ");
        put(b"PARENT  ", *b"NONE    ");
        put(b"CREATED ", [b' '; 8]);
        put(b"UPDATED ", [b' '; 8]);
        // 40 to 41 degrees north, 9 to 10 degrees east: minus 36000 to minus 32400 west.
        for (name, value) in [
            (b"S_LAT   ", 144_000.0),
            (b"N_LAT   ", 147_600.0),
            (b"E_LONG  ", -36_000.0),
            (b"W_LONG  ", -32_400.0),
            (b"LAT_INC ", 3600.0),
            (b"LONG_INC", 3600.0),
        ] {
            put(name, double(value));
        }
        put(b"GS_COUNT", int(4));
        for node in 0..4_u8 {
            for value in [f32::from(node), 10.0 + f32::from(node), 0.0, 0.0] {
                let four = if is_big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
                bytes.extend_from_slice(&four);
            }
        }
        bytes
    }

    #[test]
    fn either_byte_order_is_read() {
        for order in [false, true] {
            let grid = ShiftGrid::from_ntv2(&file(order)).unwrap();
            // The south-east node comes first: 10 E, 40 N, 0 seconds north, 10 seconds west.
            let (lon, lat) = (10_f64.to_radians(), 40_f64.to_radians());
            let (x, y) = grid.apply(lon, lat, false).unwrap();
            assert!(((x - lon).to_degrees() * 3600.0 + 10.0).abs() < 1e-4);
            assert!(((y - lat).to_degrees() * 3600.0).abs() < 1e-4);
            // The north-west node comes last: 9 E, 41 N.
            let (lon, lat) = (9_f64.to_radians(), 41_f64.to_radians());
            let (x, y) = grid.apply(lon, lat, false).unwrap();
            assert!(((x - lon).to_degrees() * 3600.0 + 13.0).abs() < 1e-4);
            assert!(((y - lat).to_degrees() * 3600.0 - 3.0).abs() < 1e-4);
        }
    }

    #[test]
    fn files_cut_short_or_of_another_kind_are_refused() {
        let whole = file(false);
        for len in 0..whole.len() {
            assert!(matches!(ShiftGrid::from_ntv2(&whole[..len]), Err(Error::Format(_))), "{len}");
        }
        let mut other = whole.clone();
        other[HEADER + 10 * RECORD + 8] = 5;
        assert!(matches!(ShiftGrid::from_ntv2(&other), Err(Error::Format(_))));
    }
}
