//! The tree of brackets that well-known text is.

use crate::error::{Error, Result};

/// The longest text that is read: the longest real ones have some 20 kB.
pub(super) const MAX_LENGTH: usize = 1 << 18;
/// The deepest nesting that is read: real ones have some 10 levels.
const MAX_DEPTH: usize = 40;

/// A keyword with what stands in its brackets.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Node {
    pub(super) keyword: String,
    pub(super) values: Vec<Value>,
    /// Where in the text it begins, in bytes.
    pub(super) at: usize,
}

/// One thing in brackets.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(f64),
    /// A word without brackets, such as `east`.
    Word(String),
    Node(Node),
}

impl Node {
    /// Reads a text of one node, or of two with a comma between.
    pub(super) fn parse(text: &str) -> Result<Vec<Self>> {
        let mut reader = Reader { text, at: 0 };
        let mut nodes = Vec::new();
        loop {
            let start = reader.at;
            match reader.value(0)? {
                Value::Node(node) => nodes.push(node),
                _ => return Err(reader.error_at(start, "a keyword with brackets")),
            }
            reader.space();
            match reader.peek() {
                None => return Ok(nodes),
                Some(b',') if nodes.len() == 1 => reader.at += 1,
                Some(_) => return Err(reader.error_at(reader.at, "the end of the text")),
            }
        }
    }

    pub(super) fn is(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.keyword.eq_ignore_ascii_case(keyword))
    }

    /// The first node below with one of the keywords.
    pub(super) fn child(&self, keywords: &[&str]) -> Option<&Self> {
        self.children().find(|node| node.is(keywords))
    }

    pub(super) fn children(&self) -> impl Iterator<Item = &Self> {
        self.values.iter().filter_map(|value| match value {
            Value::Node(node) => Some(node),
            _ => None,
        })
    }

    /// The text, word or number at a place, as text.
    pub(super) fn text(&self, place: usize) -> Option<String> {
        match self.values.get(place)? {
            Value::Text(text) | Value::Word(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Node(_) => None,
        }
    }

    /// The number at a place; some writers put numbers into quotes.
    pub(super) fn number(&self, place: usize) -> Option<f64> {
        match self.values.get(place)? {
            Value::Number(number) => Some(*number),
            Value::Text(text) => text.trim().parse().ok().filter(|x: &f64| x.is_finite()),
            _ => None,
        }
    }

    pub(super) fn name(&self) -> String {
        self.text(0).unwrap_or_default()
    }
}

/// Makes an error that shows where in a text it lies.
pub(super) fn error_at(text: &str, at: usize, expected: &str) -> Error {
    let floor = |mut at: usize| {
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let at = floor(at.min(text.len()));
    let start = floor(at.saturating_sub(30));
    let end = floor((at + 30).min(text.len()));
    let shown = |part: &str| part.replace(|c: char| c.is_control(), " ");
    let before = shown(&text[start..at]);
    let pad = " ".repeat(before.chars().count());
    let found = format!("at byte {at}:\n  {before}{}\n  {pad}^", shown(&text[at..end]));
    Error::usage("coordinate reference system").expected(expected).found(found)
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn error_at(&self, at: usize, expected: &str) -> Error {
        error_at(self.text, at, expected)
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn space(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn value(&mut self, depth: usize) -> Result<Value> {
        self.space();
        match self.peek() {
            Some(b'"') => self.quoted().map(Value::Text),
            Some(b'0'..=b'9' | b'+' | b'-' | b'.') => self.number().map(Value::Number),
            Some(byte) if byte.is_ascii_alphabetic() || byte == b'_' => self.word(depth),
            _ => Err(self.error_at(self.at, "a text, number or keyword")),
        }
    }

    fn quoted(&mut self) -> Result<String> {
        let start = self.at;
        self.at += 1;
        let mut text = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(end) = rest.find('"') else {
                return Err(self.error_at(start, "a closing quote"));
            };
            text.push_str(&rest[..end]);
            self.at += end + 1;
            // Two quotes are one quote in the text.
            if self.peek() != Some(b'"') {
                return Ok(text);
            }
            text.push('"');
            self.at += 1;
        }
    }

    fn number(&mut self) -> Result<f64> {
        let start = self.at;
        let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
        while self.peek().is_some_and(is_part) {
            self.at += 1;
        }
        let number = self.text[start..self.at].parse().ok();
        number
            .filter(|x: &f64| x.is_finite())
            .ok_or_else(|| self.error_at(start, "a finite number"))
    }

    fn word(&mut self, depth: usize) -> Result<Value> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        let keyword = self.text[start..self.at].to_owned();
        self.space();
        let close = match self.peek() {
            Some(b'[') => b']',
            Some(b'(') => b')',
            _ => return Ok(Value::Word(keyword)),
        };
        if depth >= MAX_DEPTH {
            return Err(self.error_at(start, "fewer brackets within brackets"));
        }
        self.at += 1;
        let mut values = Vec::new();
        self.space();
        if self.peek() == Some(close) {
            self.at += 1;
            return Ok(Value::Node(Node { keyword, values, at: start }));
        }
        loop {
            values.push(self.value(depth + 1)?);
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(byte) if byte == close => {
                    self.at += 1;
                    return Ok(Value::Node(Node { keyword, values, at: start }));
                }
                _ => return Err(self.error_at(self.at, "a comma or a closing bracket")),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_are_read() {
        let node = Node::parse(r#" A["x ""y""", B( 1e2,east ) , -.5] "#).unwrap().remove(0);
        assert_eq!(node.name(), "x \"y\"");
        let b = node.child(&["b"]).unwrap();
        assert_eq!((b.number(0), b.text(1).as_deref(), b.at), (Some(100.0), Some("east"), 14));
        assert_eq!(node.number(2), Some(-0.5));
    }

    #[test]
    fn an_error_points_at_its_place() {
        let error = Node::parse("GEOGCS[\"é\",DATUM[\"x\" SPHEROID[]]").unwrap_err().to_string();
        assert!(error.contains("a comma or a closing bracket"), "{error}");
        let mut lines = error.lines().skip_while(|line| !line.contains("SPHEROID"));
        let (text, caret) = (lines.next().unwrap(), lines.next().unwrap());
        let column = caret.chars().position(|c| c == '^').unwrap();
        assert_eq!(text.chars().skip(column).take(8).collect::<String>(), "SPHEROID", "{error}");
    }

    #[test]
    fn hostile_texts_are_refused() {
        let deep = "A[".repeat(100_000);
        for text in ["", "A", "1", "A[", "A[\"", "A[1e999]", "A[nan]x", "A[]]", deep.as_str()] {
            assert!(Node::parse(text).is_err(), "{}", &text[..text.len().min(9)]);
        }
    }
}
