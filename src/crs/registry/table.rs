//! The bytes of the registry: each section is unpacked when it is asked for first.
//!
//! `scripts/registry/generate.py` writes them and says how they lie.

use std::sync::{LazyLock, Mutex, OnceLock};

use zstd::bulk::Decompressor;

/// The facts of EPSG, Esri and PROJ.
static DATA: &[u8] = include_bytes!("../data/registry.bin");

/// The sections, unpacked.
static COLUMNS: [OnceLock<Vec<u8>>; SECTIONS] = [const { OnceLock::new() }; SECTIONS];

/// What unpacks them: a start asks for several.
static UNPACKER: LazyLock<Mutex<Decompressor<'static>>> =
    LazyLock::new(|| Mutex::new(Decompressor::new().expect("memory for a context")));

/// Where each text ends in its section.
static TEXT_ENDS: LazyLock<Vec<u32>> = LazyLock::new(|| {
    let mut end = 0;
    let add = |(position, row): (usize, Row)| {
        end = u32::from(row.u16(0)) + if position.is_multiple_of(TEXTS_TOGETHER) { 0 } else { end };
        end
    };
    TEXT_LENGTHS.rows().enumerate().map(add).collect()
});

/// Stands for a text, number, unit or area that is not given.
const NONE: u16 = 0xFFFF;

/// One table of the registry, with the length of its rows in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Section {
    place: usize,
    row: usize,
}

const fn section(place: usize, row: usize) -> Section {
    Section { place, row }
}

const TEXT_LENGTHS: Section = section(0, 2);
const NUMBERS: Section = section(1, 8);
pub(super) const UNITS: Section = section(2, 8);
pub(super) const ELLIPSOIDS: Section = section(3, 10);
pub(super) const MERIDIANS: Section = section(4, 8);
pub(super) const EXTENTS: Section = section(5, 12);
pub(super) const DATUMS: Section = section(6, 12);
pub(super) const GEODETIC: Section = section(7, 16);
pub(super) const PARAMETERS: Section = section(8, 4);
pub(super) const CONVERSIONS: Section = section(9, 12);
pub(super) const PROJECTED: Section = section(10, 18);
pub(super) const VERTICAL: Section = section(11, 16);
pub(super) const COMPOUND: Section = section(12, 16);
pub(super) const OPERATIONS: Section = section(13, 26);
pub(super) const STEPS: Section = section(14, 2);
pub(super) const CONCATENATED: Section = section(15, 18);
pub(super) const ALIASES: Section = section(16, 8);
/// Texts follow, so many in a section.
const TEXTS: usize = 17;
const TEXTS_TOGETHER: usize = 4096;
const SECTIONS: usize = TEXTS + 6;

impl Section {
    /// Where the section begins, how many bytes it has there, and how many rows.
    fn extent(self) -> [usize; 3] {
        let (words, _) = DATA[8 + 12 * self.place..].as_chunks::<4>();
        [0, 1, 2].map(|word: usize| u32::from_le_bytes(words[word]) as usize)
    }

    pub(super) fn len(self) -> usize {
        let [_, _, count] = self.extent();
        count
    }

    /// The first bytes of all rows, then all second ones, and so on.
    fn columns(self) -> &'static [u8] {
        COLUMNS[self.place].get_or_init(|| {
            let [start, bytes, count] = self.extent();
            let packed = &DATA[start..start + bytes];
            let mut unpacker = UNPACKER.lock().expect("nothing panics with it");
            let unpacked = unpacker.decompress(packed, count * self.row);
            drop(unpacker);
            unpacked.expect("the registry is whole")
        })
    }

    pub(super) fn row(self, position: usize) -> Row {
        assert!(position < self.len(), "a row of the section");
        Row { columns: self.columns(), count: self.len(), position }
    }

    pub(super) fn rows(self) -> impl Iterator<Item = Row> {
        let (columns, count) = (self.columns(), self.len());
        (0..count).map(move |position| Row { columns, count, position })
    }

    /// Finds the row of a key in a section that is sorted by it.
    pub(super) fn find(self, key: u32) -> Option<usize> {
        let (mut low, mut high) = (0, self.len());
        while low < high {
            let middle = low.midpoint(high);
            match self.row(middle).u32(0).cmp(&key) {
                std::cmp::Ordering::Equal => return Some(middle),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        None
    }
}

/// One row: fields are found by the position of their first byte.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    columns: &'static [u8],
    /// The rows of the section.
    count: usize,
    position: usize,
}

impl Row {
    fn bytes<const N: usize>(self, at: usize) -> [u8; N] {
        std::array::from_fn(|byte| self.columns[(at + byte) * self.count + self.position])
    }

    pub(super) fn u16(self, at: usize) -> u16 {
        u16::from_le_bytes(self.bytes(at))
    }

    pub(super) fn i16(self, at: usize) -> i16 {
        self.u16(at).cast_signed()
    }

    pub(super) fn u32(self, at: usize) -> u32 {
        u32::from_le_bytes(self.bytes(at))
    }

    /// The position that a field refers to in another section.
    pub(super) fn place(self, at: usize) -> Option<usize> {
        Some(self.u16(at)).filter(|&value| value != NONE).map(usize::from)
    }

    pub(super) fn text(self, at: usize) -> Option<&'static str> {
        self.place(at).map(text)
    }

    pub(super) fn number(self, at: usize) -> Option<f64> {
        self.place(at).map(|at| f64::from_le_bytes(NUMBERS.row(at).bytes(0)))
    }
}

const fn section_of_texts(number: usize) -> Section {
    section(TEXTS + number, 1)
}

/// Returns a text by its position.
pub(super) fn text(position: usize) -> &'static str {
    let (section, first) = (position / TEXTS_TOGETHER, position.is_multiple_of(TEXTS_TOGETHER));
    let start = if first { 0 } else { TEXT_ENDS[position - 1] };
    let texts = section_of_texts(section).columns();
    let text = &texts[start as usize..TEXT_ENDS[position] as usize];
    std::str::from_utf8(text).expect("texts are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_fill_the_file_without_gaps() {
        assert_eq!(&DATA[..8], b"SWCRSRG2");
        let all = [
            TEXT_LENGTHS,
            NUMBERS,
            UNITS,
            ELLIPSOIDS,
            MERIDIANS,
            EXTENTS,
            DATUMS,
            GEODETIC,
            PARAMETERS,
            CONVERSIONS,
            PROJECTED,
            VERTICAL,
            COMPOUND,
            OPERATIONS,
            STEPS,
            CONCATENATED,
            ALIASES,
        ];
        let texts = (TEXTS..SECTIONS).map(|place| section(place, 1));
        let mut end = 8 + 12 * SECTIONS;
        for (place, section) in all.into_iter().chain(texts).enumerate() {
            assert_eq!(section.place, place);
            let [start, bytes, count] = section.extent();
            assert_eq!(start, end, "{section:?}");
            assert_eq!(section.columns().len(), count * section.row, "{section:?}");
            end = start + bytes;
        }
        assert_eq!(end, DATA.len());
        for (texts, ends) in (0..).zip(TEXT_ENDS.chunks(TEXTS_TOGETHER)) {
            let end = ends.last().map(|&end| end as usize);
            assert_eq!(end, Some(section_of_texts(texts).len()), "texts {texts}");
        }
    }

    #[test]
    fn sections_with_keys_are_sorted() {
        for section in [
            ELLIPSOIDS,
            MERIDIANS,
            DATUMS,
            GEODETIC,
            PROJECTED,
            VERTICAL,
            COMPOUND,
            OPERATIONS,
            CONCATENATED,
        ] {
            let keys: Vec<u32> = section.rows().map(|row| row.u32(0)).collect();
            assert!(keys.is_sorted_by(|a, b| a < b), "{section:?}");
            for (position, key) in keys.iter().enumerate() {
                assert_eq!(section.find(*key), Some(position));
            }
        }
    }
}
