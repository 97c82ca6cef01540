//! The ghost area between header and directories
//! (<https://gdal.org/en/stable/drivers/raster/cog.html>, "Header ghost area").

use crate::error::Result;
use crate::ifd::Header;
use crate::io::ByteSource;

/// How every ghost area begins.
const BEGINNING: &[u8] = b"GDAL_STRUCTURAL_METADATA_SIZE=";
/// The first line: its beginning, a number of 6 digits, and the word.
const FIRST_LINE: u64 = 43;

/// What a ghost area says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ghost {
    /// The lines after the first, cut at `=`.
    pub(super) lines: Vec<(String, String)>,
    /// Where it ends by what it states itself.
    pub(super) end: u64,
    /// Where its `NO` for an edition that breaks its promises stands, with room for `YES`.
    pub(super) edition: Option<u64>,
}

/// The line that an edition changes, and the place of its value in it.
const INTACT: &str = "KNOWN_INCOMPATIBLE_EDITION=NO\n ";
const EDITION: usize = "KNOWN_INCOMPATIBLE_EDITION=".len();

impl Ghost {
    /// Reads the ghost area of a file; `None` if there is none.
    pub(super) fn read(source: &ByteSource, header: &Header) -> Result<Option<Self>> {
        let start = if header.big { 16 } else { 8 };
        let mut head = [0; FIRST_LINE as usize];
        if source.len() < start + FIRST_LINE {
            return Ok(None);
        }
        source.read_into(start, &mut head)?;
        let digits = head.strip_prefix(BEGINNING).and_then(|rest| rest.get(..6));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let Some(bytes) = digits.and_then(|digits| digits.parse::<u64>().ok()) else {
            return Ok(None);
        };
        let end = start + FIRST_LINE + bytes;
        // A stated length beyond the file is found wrong by the rule for it.
        let text =
            source.range(start + FIRST_LINE, bytes.min(source.len() - start - FIRST_LINE))?;
        let edition = text.windows(INTACT.len()).position(|window| window == INTACT.as_bytes());
        let edition = edition.map(|at| start + FIRST_LINE + (at + EDITION) as u64);
        let text = String::from_utf8_lossy(&text);
        let lines = text.lines().filter_map(|line| line.split_once('='));
        let lines = lines.map(|(key, value)| (key.trim().into(), value.trim().into())).collect();
        Ok(Some(Self { lines, end, edition }))
    }

    /// Returns whether the file is laid out as a COG by what it says itself.
    pub(super) fn is_intact(&self) -> bool {
        self.says("LAYOUT", "IFDS_BEFORE_DATA") && !self.says("KNOWN_INCOMPATIBLE_EDITION", "YES")
    }

    /// Returns whether a line says so.
    pub(super) fn says(&self, key: &str, value: &str) -> bool {
        self.lines.iter().any(|(k, v)| k == key && v == value)
    }
}
