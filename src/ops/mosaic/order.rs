//! Which input comes before which.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::path::Path;
use std::str::FromStr;

use super::MosaicInput;
use crate::ops::calc::{Expression, simple};
use crate::raster::{Info, Items};
use crate::{Error, Result};

/// What inputs are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OrderKey {
    /// Nothing: as they are given.
    #[default]
    Given,
    /// Their names, byte by byte.
    Name,
    /// The time their metadata states (`TIFFTAG_DATETIME`), oldest first.
    Time,
    /// The size of their pixels, coarsest first, so that the finest lies on top.
    Resolution,
}

/// Which input comes before which; equal ones keep the order they are given in.
///
/// At the prompt `name`, `time`, `resolution` or `given`, with a `-` before it the
/// other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Order {
    /// What inputs are sorted by.
    pub key: OrderKey,
    /// Whether the other way round.
    pub reverse: bool,
}

impl FromStr for Order {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, reverse) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
        let key = match name {
            "given" => OrderKey::Given,
            "name" => OrderKey::Name,
            "time" => OrderKey::Time,
            "resolution" => OrderKey::Resolution,
            _ => {
                return Err(Error::usage("order")
                    .expected("given, name, time or resolution, perhaps with - before it")
                    .found(text));
            }
        };
        Ok(Self { key, reverse })
    }
}

impl Order {
    /// Sorts inputs.
    ///
    /// # Errors
    /// [`Error::Usage`] if an input states no time by which it could be sorted.
    pub fn sort(self, inputs: &mut [MosaicInput]) -> Result<()> {
        let untimed = inputs.iter().find(|input| time(input).is_none());
        let compare: fn(&MosaicInput, &MosaicInput) -> Ordering = match (self.key, untimed) {
            (OrderKey::Given, _) => {
                if self.reverse {
                    inputs.reverse();
                }
                return Ok(());
            }
            (OrderKey::Time, Some(input)) => {
                return Err(Error::usage("order by time")
                    .expected("an item TIFFTAG_DATETIME")
                    .found("none")
                    .at_path(&input.name)
                    .hint("order by name, or set the item with swath edit"));
            }
            (OrderKey::Time, None) => |a, b| time(a).cmp(&time(b)),
            (OrderKey::Name, _) => |a, b| a.name.cmp(&b.name),
            (OrderKey::Resolution, _) => |a, b| area(b).total_cmp(&area(a)),
        };
        inputs.sort_by(|a, b| {
            let order = compare(a, b);
            if self.reverse { order.reverse() } else { order }
        });
        Ok(())
    }
}

const TIME: &str = "TIFFTAG_DATETIME";

/// The time that an input states, such as `2020:05:18 13:05:12`: it sorts as a text.
fn time(input: &MosaicInput) -> Option<&str> {
    let items = input.raster.info().metadata.domains.get("")?;
    items.get(TIME).map(String::as_str)
}

/// The area of a pixel, in units of the input's own system.
fn area(input: &MosaicInput) -> f64 {
    let t = input.raster.info().grid.transform;
    (t.pixel_width * t.pixel_height - t.row_rotation * t.column_rotation).abs()
}

/// An order by a number that an expression makes of what is known of each input, the least
/// first; equal ones are sorted by name.
///
/// The expression is one of [`Expression`], in which names stand for numbers: `width`, `height`
/// and `bands`; `resolution`, the side of a square of a pixel's area in units of the input's own
/// system; `left`, `bottom`, `right` and `top` in these units; `time`, the seconds since 1970 of
/// the item `TIFFTAG_DATETIME`; `index`, the input's place as given, from 1; `name1`, `name2` ...,
/// the first, second ... run of digits in its file name; and every item of its metadata, of the
/// file before those of bands and the first of these, such as `CLOUD_COVER`. Where an item's name has other than
/// letters, digits and `_`, `_` stands for these. What an input does not state, or is no number,
/// is missing there.
#[derive(Debug, Clone)]
pub struct OrderBy {
    text: String,
    expression: Expression,
}

/// What is known of every input; `name1` stands for all numbers of names.
const FACTS: [&str; 11] = [
    "width",
    "height",
    "bands",
    "resolution",
    "left",
    "bottom",
    "right",
    "top",
    "time",
    "index",
    "name1",
];

impl FromStr for OrderBy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Ok(Self { text: text.to_owned(), expression: Expression::parse(text)? })
    }
}

impl OrderBy {
    /// Sorts inputs.
    ///
    /// # Errors
    /// [`Error::Usage`] with line, column and a caret for a name that no input has a meaning for,
    /// and naming the file of which the expression comes to nothing, with what is missing or the
    /// text of an item that is no number.
    pub fn sort(&self, inputs: &mut Vec<MosaicInput>) -> Result<()> {
        let items: BTreeSet<&str> = inputs
            .iter()
            .flat_map(|input| domains(input.raster.info()))
            .flat_map(|items| items.keys().map(String::as_str))
            .collect();
        let known: Vec<&str> = FACTS.into_iter().chain(items.iter().copied()).collect();
        let is_item = |name: &str| items.iter().any(|item| is_called(item, name));
        let mut keys = Vec::with_capacity(inputs.len());
        for (index, input) in (1..).zip(inputs.iter()) {
            let mut lacks = Vec::new();
            let mut fact = |name: &str| {
                let own = fact(input, index, name);
                let found = own.or_else(|| is_item(name).then(|| item(input.raster.info(), name)));
                if found.is_some_and(f64::is_nan) {
                    lacks.push(lack(input, name));
                }
                found
            };
            let key = self.expression.number(&mut fact, &known)?;
            if key.is_nan() {
                let error = Error::usage(format!("order by {}", self.text)).expected("a number");
                let error = error.at_path(&input.name);
                return Err(match lacks.is_empty() {
                    true => error.found("none: it has no result, as x/0 has none"),
                    false => error
                        .found(format!("none: {}", lacks.join("; ")))
                        .hint("coalesce(NAME, 0) stands for 0 where NAME is missing"),
                });
            }
            keys.push(key);
        }
        let mut all: Vec<_> = keys.into_iter().zip(std::mem::take(inputs)).collect();
        all.sort_by(|(a, x), (b, y)| {
            a.partial_cmp(b).unwrap_or(Ordering::Equal).then_with(|| x.name.cmp(&y.name))
        });
        inputs.extend(all.into_iter().map(|(_, input)| input));
        Ok(())
    }
}

/// A fact that every input has, if it is called so.
fn fact(input: &MosaicInput, index: usize, name: &str) -> Option<f64> {
    let info = input.raster.info();
    let (size, bounds) = (info.grid.size, || info.grid.bounds());
    Some(match name {
        "width" => size.width.into(),
        "height" => size.height.into(),
        "bands" => info.bands.into(),
        "resolution" => area(input).sqrt(),
        "left" => bounds().left,
        "bottom" => bounds().bottom,
        "right" => bounds().right,
        "top" => bounds().top,
        "time" => time(input).and_then(seconds).unwrap_or(f64::NAN),
        "index" => index as f64,
        _ => {
            let place = name.strip_prefix("name")?.parse::<usize>().ok()?.checked_sub(1)?;
            let name = Path::new(&input.name).file_name()?.to_string_lossy();
            let mut runs = name.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty());
            runs.nth(place).and_then(|run| run.parse().ok()).unwrap_or(f64::NAN)
        }
    })
}

/// The items of an input: those of the file, then those of its bands.
fn domains(info: &Info) -> impl Iterator<Item = &Items> {
    let bands = info.metadata.bands.values().flat_map(|band| band.domains.get(""));
    info.metadata.domains.get("").into_iter().chain(bands)
}

fn is_called(item: &str, name: &str) -> bool {
    item == name || simple(item) == simple(name)
}

/// The text of an item.
fn stated<'a>(info: &'a Info, name: &str) -> Option<&'a str> {
    let found = domains(info).find_map(|items| {
        items
            .get(name)
            .or_else(|| items.iter().find(|(item, _)| is_called(item, name)).map(|i| i.1))
    });
    found.map(String::as_str)
}

/// The number that an item states; NaN if there is none.
fn item(info: &Info, name: &str) -> f64 {
    let number = stated(info, name).and_then(|text| text.trim().parse::<f64>().ok());
    number.filter(|value| value.is_finite()).unwrap_or(f64::NAN)
}

/// Why what is called so has no number: there is no such thing, or it is another text.
fn lack(input: &MosaicInput, name: &str) -> String {
    let (item, kind) = match name {
        "time" => (time(input), "time"),
        _ => (stated(input.raster.info(), name), "number"),
    };
    match item {
        Some(text) => {
            let start: String = text.chars().take(40).collect();
            format!("{name} is {start:?}, which is no {kind}")
        }
        None => format!("{name} is missing"),
    }
}

/// The seconds since 1970 of a time such as `2020:05:18 13:05:12`.
fn seconds(text: &str) -> Option<f64> {
    let numbers: Option<Vec<i64>> =
        text.trim().split([':', '-', ' ', 'T']).map(|part| part.parse().ok()).collect();
    let [year, month, day, hour, minute, second] = *numbers? else { return None };
    let is_time =
        (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    if !is_time
        || !(0..=9999).contains(&year)
        || !(1..=12).contains(&month)
        || !(1..=31).contains(&day)
    {
        return None;
    }
    // Days from March on, so that the leap day comes last (Hinnant, "chrono-compatible low-level
    // date algorithms", days_from_civil).
    let year = if month <= 2 { year - 1 } else { year };
    let days = 365 * year + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * ((month + 9) % 12) + 2) / 5
        + day
        - 1
        - 719_468;
    Some((days * 86_400 + hour * 3600 + minute * 60 + second) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::{Buffer, DataType, GeoTransform, Grid, Metadata, Pool, Raster, Size};

    fn input(name: &str, width: u32, items: &[(&str, &str)]) -> MosaicInput {
        let transform = GeoTransform::north_up(10.0, 20.0, 2.0, 8.0);
        let grid = Grid { size: Size::new(width, 2), transform, crs: None };
        let pixels = Buffer::new(&Pool::new(0), grid.size.window(), 1, DataType::U8);
        let mut metadata = Metadata::default();
        let items = items.iter().map(|&(key, value)| (key.to_owned(), value.to_owned()));
        metadata.domains.insert(String::new(), items.collect());
        let info = Info { metadata: metadata.into(), ..Info::new(grid, 1, DataType::U8) };
        let raster = Raster::from_buffer(info, pixels).expect("whole");
        MosaicInput { name: name.to_owned(), raster }
    }

    fn sorted(by: &str) -> Result<String> {
        let mut inputs = vec![
            input(
                "in/c_20200518.tif",
                4,
                &[("CLOUD_COVER", "7.5"), ("eo:sun", "30"), (TIME, "2020:05:18 13:05:12")],
            ),
            input("in/a_20190101.tif", 9, &[("CLOUD_COVER", "80"), (TIME, "2019:01:01 00:00:00")]),
            input(
                "in/b_20200518.tif",
                4,
                &[("CLOUD_COVER", " 7.5 "), ("eo:sun", "high"), (TIME, "1969:12:31 23:59:59")],
            ),
        ];
        by.parse::<OrderBy>()?.sort(&mut inputs)?;
        Ok(inputs.iter().map(|input| &input.name[3..4]).collect())
    }

    #[test]
    fn inputs_are_sorted_by_what_they_state() {
        for (by, wanted) in [
            ("CLOUD_COVER", "bca"),
            ("-CLOUD_COVER", "abc"),
            ("-cloud_cover", "abc"),
            ("0", "abc"),
            ("index", "cab"),
            ("-index", "bac"),
            ("time", "bac"),
            ("name1 * 10 + index", "acb"),
            ("width * CLOUD_COVER < 100", "abc"),
            ("CLOUD_COVER < 50 ? width : -1", "abc"),
            ("coalesce(eo_sun, -1)", "abc"),
            ("resolution + left + top - height - bands", "abc"),
        ] {
            assert_eq!(sorted(by).expect(by), wanted, "{by}");
        }
    }

    #[test]
    fn what_is_missing_or_means_nothing_is_an_error() {
        for (by, said) in [
            (
                "eo_sun",
                "in/a_20190101.tif: order by eo_sun: expected a number, found none: eo_sun is missing",
            ),
            (
                "coalesce(eo_sun, CLOUD_COVER > 50 ? 1 : eo_sun)",
                "in/b_20200518.tif: order by coalesce(eo_sun, CLOUD_COVER > 50 ? 1 : eo_sun): \
                 expected a number, found none: eo_sun is \"high\", which is no number",
            ),
            ("name2", "in/c_20200518.tif: order by name2: expected a number, found none: name2 is"),
            (
                "1 / (width - 9)",
                "in/a_20190101.tif: order by 1 / (width - 9): expected a number, found none: it has",
            ),
            ("CLOUD", "column 1: unknown name `CLOUD`"),
            ("width +", "column 8: expected a value"),
        ] {
            let error = sorted(by).expect_err(by);
            assert!(
                matches!(error, Error::Usage(_)) && error.to_string().contains(said),
                "{error}"
            );
        }
    }

    #[test]
    fn times_are_seconds_since_1970() {
        // `date -u -d '...' +%s` says so.
        for (text, wanted) in [
            ("1970:01:01 00:00:00", Some(0.0)),
            ("2020:02:29 12:00:01", Some(1_582_977_601.0)),
            ("2026-11-29T17:00:00", Some(1_795_971_600.0)),
            ("1900:03:01 00:00:00", Some(-2_203_891_200.0)),
            ("2020:13:01 00:00:00", None),
            ("2020:01:01", None),
            ("yesterday", None),
        ] {
            assert_eq!(seconds(text), wanted, "{text}");
        }
    }
}
