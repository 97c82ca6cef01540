//! What is typed, and tables of it, as rules.

use std::ops::Range;

use super::NewValue;
use crate::kernel::Interval;
use crate::ops::part::span_of;
use crate::raster::NoData;
use crate::{Error, Result};

/// What becomes of which values.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rules {
    pub(super) intervals: Vec<Interval>,
    pub(super) values: Vec<NewValue>,
    /// As they were typed.
    pub(super) texts: Vec<String>,
    /// What becomes of what is missing; `None` if no rule says.
    pub(super) missing: Option<NewValue>,
}

/// A text that rules are read from.
#[derive(Clone, Copy)]
struct Reading<'a> {
    subject: &'a str,
    text: &'a str,
}

impl Rules {
    /// Reads rules, each of the form `WHAT=NEW`.
    ///
    /// `WHAT` is `a..b` for a <= v < b, `a..` and `..b` without an end, `[a,b]` with both
    /// ends, `(a,b)` without, `[a,b)` and `(a,b]`, one value, or `nodata` for what is
    /// missing. `NEW` is a value, `nodata` for none, or `keep` for what it was.
    ///
    /// # Errors
    /// [`Error::Usage`] with a caret where a rule breaks this form, has no values between
    /// its ends, or is the second for what is missing.
    pub fn parse<S: AsRef<str>>(rules: &[S]) -> Result<Self> {
        let mut all = Self::default();
        for rule in rules {
            let text = rule.as_ref();
            all.rule(Reading { subject: "rule", text }, text)?;
        }
        Ok(all)
    }

    /// Reads a table: a line each with a rule as [`Rules::parse`] has it, or with two or
    /// three cells between commas, semicolons or tabs: a value and the new one, or from, to
    /// and the new value, for from <= v < to, where an empty cell is no end. Empty lines,
    /// those that begin with `#` and a first one without a number are passed over.
    ///
    /// # Errors
    /// As [`Rules::parse`], with the line.
    pub fn parse_table(text: &str) -> Result<Self> {
        let mut all = Self::default();
        let from = Reading { subject: "table", text };
        let lines = text.lines().map(str::trim);
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        for (index, line) in lines.enumerate() {
            if line.contains('=') {
                all.rule(from, line)?;
                continue;
            }
            let cells: Vec<&str> = line.split([',', ';', '\t']).map(unquoted).collect();
            if index == 0 && cells.iter().all(|cell| NoData::parse(cell).is_none()) {
                continue;
            }
            match cells[..] {
                [value, new] => all.add(from, value, new)?,
                [low, high, new] => {
                    let interval = Interval {
                        from: from.end(low)?.map(|end| (end, true)),
                        to: from.end(high)?.map(|end| (end, false)),
                    };
                    all.push(from, interval, line, new)?;
                }
                _ => {
                    return Err(from.error(line, "expected 2 or 3 cells: VALUE,NEW or FROM,TO,NEW"));
                }
            }
        }
        Ok(all)
    }

    /// Reads intervals alone, as rules without new values.
    pub(in crate::ops) fn parse_intervals<S: AsRef<str>>(texts: &[S]) -> Result<Vec<Interval>> {
        let mut all = Vec::new();
        for text in texts {
            let from = Reading { subject: "value", text: text.as_ref() };
            let text = from.text.trim();
            let interval = from.interval(text)?;
            from.check(interval, text)?;
            all.push(interval);
        }
        Ok(all)
    }

    /// Returns whether there are no rules.
    pub fn is_empty(&self) -> bool {
        self.intervals.is_empty() && self.missing.is_none()
    }

    fn rule(&mut self, from: Reading<'_>, text: &str) -> Result<()> {
        let Some((what, new)) = text.rsplit_once('=') else {
            return Err(from
                .error(text, "expected WHAT=NEW")
                .hint("such as 0..10=1, [10,20]=2, 7=nodata or nodata=0"));
        };
        self.add(from, what.trim(), new.trim())
    }

    fn add(&mut self, from: Reading<'_>, what: &str, new: &str) -> Result<()> {
        if what.eq_ignore_ascii_case("nodata") {
            let new = from.new_value(new)?;
            if self.missing.replace(new).is_some() {
                return Err(from.error(what, "there is a rule for what is missing already"));
            }
            return Ok(());
        }
        let interval = from.interval(what)?;
        self.push(from, interval, what, new)
    }

    fn push(&mut self, from: Reading<'_>, what: Interval, text: &str, new: &str) -> Result<()> {
        from.check(what, text)?;
        self.values.push(from.new_value(new)?);
        self.intervals.push(what);
        self.texts.push(text.to_owned());
        Ok(())
    }
}

/// Compares integers beyond what an `f64` tells apart.
fn is_less(a: NoData, b: NoData) -> bool {
    matches!((a, b), (NoData::Integer(a), NoData::Integer(b)) if a < b)
}

fn unquoted(cell: &str) -> &str {
    let cell = cell.trim();
    cell.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(cell).trim()
}

impl Reading<'_> {
    fn error(&self, part: &str, message: impl std::fmt::Display) -> Error {
        let span: Range<usize> = span_of(part, self.text);
        Error::in_text(self.subject, self.text, span, message)
    }

    fn number(&self, text: &str) -> Result<NoData> {
        match NoData::parse(text) {
            Some(value) if !value.to_f64().is_nan() => Ok(value),
            _ => Err(self.error(text, format!("expected a number, found {text:?}"))),
        }
    }

    /// An end of an interval; `None` for nothing.
    fn end(&self, text: &str) -> Result<Option<NoData>> {
        if text.is_empty() { Ok(None) } else { self.number(text).map(Some) }
    }

    fn interval(&self, text: &str) -> Result<Interval> {
        let first = text.starts_with('[');
        if first || text.starts_with('(') {
            let last = text.ends_with(']');
            let inner = text.get(1..text.len() - 1).filter(|_| last || text.ends_with(')'));
            let Some((low, high)) = inner.and_then(|inner| inner.split_once(',')) else {
                return Err(self
                    .error(text, "expected two ends between brackets")
                    .hint("[a,b] has both ends, (a,b) none"));
            };
            return Ok(Interval {
                from: self.end(low.trim())?.map(|end| (end, first)),
                to: self.end(high.trim())?.map(|end| (end, last)),
            });
        }
        if let Some((low, high)) = text.split_once("..") {
            if high.starts_with('=') {
                return Err(self.error(text, "an interval with both ends is [a,b]"));
            }
            return Ok(Interval {
                from: self.end(low.trim())?.map(|end| (end, true)),
                to: self.end(high.trim())?.map(|end| (end, false)),
            });
        }
        let value = self.number(text)?;
        Ok(Interval { from: Some((value, true)), to: Some((value, true)) })
    }

    /// Fails if no value lies between two ends.
    fn check(&self, what: Interval, text: &str) -> Result<()> {
        if let (Some((low, first)), Some((high, last))) = (what.from, what.to)
            && !(low.to_f64() < high.to_f64() || is_less(low, high) || low == high && first && last)
        {
            let error = self.error(text, "there is no value between these ends");
            return Err(match low == high {
                true => {
                    error.hint("one value alone is VALUE=NEW; a..b ends before b, [a,b] with it")
                }
                false => error,
            });
        }
        Ok(())
    }

    fn new_value(&self, text: &str) -> Result<NewValue> {
        if text.eq_ignore_ascii_case("nodata") {
            return Ok(NewValue::Missing);
        }
        if text.eq_ignore_ascii_case("keep") {
            return Ok(NewValue::Kept);
        }
        match self.number(text)? {
            value if value.to_f64().is_finite() => Ok(NewValue::Value(value)),
            _ => Err(self.error(text, "a new value is finite")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read() {
        let rules =
            ["0..10=1", "[10, 20]=2.5", "(20,30]=nodata", " -7 = keep", "..-9=-1", "nodata=0"];
        let rules = Rules::parse(&rules).expect("rules");
        let ends = |from, to| Interval { from, to };
        let (int, some) = (NoData::Integer, Some::<(NoData, bool)>);
        assert_eq!(
            rules.intervals,
            [
                ends(some((int(0), true)), some((int(10), false))),
                ends(some((int(10), true)), some((int(20), true))),
                ends(some((int(20), false)), some((int(30), true))),
                ends(some((int(-7), true)), some((int(-7), true))),
                ends(None, some((int(-9), false))),
            ]
        );
        let value = NewValue::Value;
        let wanted = [
            value(int(1)),
            value(NoData::Float(2.5)),
            NewValue::Missing,
            NewValue::Kept,
            value(int(-1)),
        ];
        assert_eq!((&rules.values[..], rules.missing), (&wanted[..], Some(value(int(0)))));
    }

    #[test]
    fn tables_say_the_same() {
        let table =
            "from,to,value\n# low\n0,10,1\n10;;2\n\n-9999,nodata\n[-5,0)=7\n\"nodata\"\t3\n";
        let said = ["0..10=1", "10..=2", "-9999=nodata", "[-5,0)=7", "nodata=3"];
        let (table, said) = (Rules::parse_table(table), Rules::parse(&said));
        let (table, said) = (table.expect("a table"), said.expect("rules"));
        assert_eq!((table.intervals, table.values), (said.intervals, said.values));
        assert_eq!(table.missing, said.missing);
    }

    #[test]
    fn what_is_wrong_is_marked() {
        for (rule, caret) in [
            ("0..10", "rule, line 1, column 1: expected WHAT=NEW\n    0..10\n    ^^^^^"),
            ("0..x=1", "column 4: expected a number, found \"x\"\n    0..x=1\n       ^"),
            ("10..5=1", "column 1: there is no value between these ends"),
            ("5..5=1", "no value between these ends"),
            ("(5,5]=1", "no value between these ends"),
            ("[1;2]=1", "expected two ends between brackets"),
            ("[1,2=1", "expected two ends between brackets"),
            ("[=1", "expected two ends between brackets"),
            ("1=inf", "a new value is finite"),
            ("nan=1", "expected a number"),
            ("=1", "expected a number"),
            ("1=", "expected a number"),
        ] {
            let error = Rules::parse(&[rule]).expect_err(rule).to_string();
            assert!(error.contains(caret), "{rule}: {error}");
        }
        let twice = Rules::parse(&["nodata=1", "nodata=2"]);
        assert!(twice.is_err());
        let error = Rules::parse_table("1,2\n3,4,5,6\n").expect_err("four cells").to_string();
        assert!(error.contains("table, line 2, column 1: expected 2 or 3 cells"), "{error}");
    }
}
