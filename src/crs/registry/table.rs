//! The bytes of the registry, read in place but for texts: nothing else is decoded until it is asked
//! for.
//!
//! `scripts/registry/generate.py` writes them and says how they lie.

use std::sync::LazyLock;

/// The facts of EPSG, Esri and PROJ.
static DATA: &[u8] = include_bytes!("../data/registry.bin");

/// All texts, one after the other: half of what there is, and a sixth as long where they are stored.
static TEXT: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let (start, count) = TEXTS.extent();
    let packed = &DATA[start..start + count];
    zstd::bulk::decompress(packed, MOST_TEXT).expect("the registry is whole")
});

/// More bytes than there are in texts.
const MOST_TEXT: usize = 1 << 20;

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

const TEXT_ENDS: Section = section(0, 4);
const TEXTS: Section = section(1, 1);
const NUMBERS: Section = section(2, 8);
pub(super) const UNITS: Section = section(3, 8);
pub(super) const ELLIPSOIDS: Section = section(4, 10);
pub(super) const MERIDIANS: Section = section(5, 8);
pub(super) const EXTENTS: Section = section(6, 12);
pub(super) const DATUMS: Section = section(7, 12);
pub(super) const GEODETIC: Section = section(8, 16);
pub(super) const PARAMETERS: Section = section(9, 4);
pub(super) const CONVERSIONS: Section = section(10, 12);
pub(super) const PROJECTED: Section = section(11, 18);
pub(super) const VERTICAL: Section = section(12, 16);
pub(super) const COMPOUND: Section = section(13, 16);
pub(super) const OPERATIONS: Section = section(14, 26);
pub(super) const STEPS: Section = section(15, 2);
pub(super) const CONCATENATED: Section = section(16, 18);
pub(super) const ALIASES: Section = section(17, 8);

impl Section {
    /// Where the section begins and how many rows it has.
    fn extent(self) -> (usize, usize) {
        let head = Row(&DATA[8 + 8 * self.place..]);
        (head.u32(0) as usize, head.u32(4) as usize)
    }

    pub(super) fn len(self) -> usize {
        self.extent().1
    }

    pub(super) fn row(self, position: usize) -> Row {
        let start = self.extent().0 + self.row * position;
        Row(&DATA[start..start + self.row])
    }

    pub(super) fn rows(self) -> impl Iterator<Item = Row> {
        let (start, count) = self.extent();
        DATA[start..start + count * self.row].chunks_exact(self.row).map(Row)
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
pub(super) struct Row(&'static [u8]);

impl Row {
    pub(super) fn u16(self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    pub(super) fn i16(self, at: usize) -> i16 {
        self.u16(at).cast_signed()
    }

    pub(super) fn u32(self, at: usize) -> u32 {
        u32::from(self.u16(at)) | u32::from(self.u16(at + 2)) << 16
    }

    /// The position that a field refers to in another section.
    pub(super) fn place(self, at: usize) -> Option<usize> {
        Some(self.u16(at)).filter(|&value| value != NONE).map(usize::from)
    }

    pub(super) fn text(self, at: usize) -> Option<&'static str> {
        self.place(at).map(text)
    }

    pub(super) fn number(self, at: usize) -> Option<f64> {
        let bytes = NUMBERS.row(self.place(at)?).0;
        Some(f64::from_le_bytes(bytes.try_into().expect("8 bytes a number")))
    }
}

/// Returns a text by its position.
pub(super) fn text(position: usize) -> &'static str {
    let end = |position: usize| TEXT_ENDS.row(position).u32(0) as usize;
    let start = if position == 0 { 0 } else { end(position - 1) };
    std::str::from_utf8(&TEXT[start..end(position)]).expect("texts are UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_fill_the_file_without_gaps() {
        assert_eq!(&DATA[..8], b"SWCRSRG1");
        let all = [
            TEXT_ENDS,
            TEXTS,
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
        let mut end = 8 + 8 * all.len();
        for section in all {
            let (start, count) = section.extent();
            assert_eq!(start, end, "{section:?}");
            end = start + count * section.row;
        }
        assert_eq!(end, DATA.len());
        let texts = TEXT_ENDS.rows().last().expect("there are texts").u32(0);
        assert_eq!(texts as usize, TEXT.len());
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
