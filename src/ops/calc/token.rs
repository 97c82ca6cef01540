//! From text to tokens.

use std::ops::Range;

use super::tree::error_at;
use crate::Result;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Name(String),
    /// An operator or a bracket.
    Sign(&'static str),
    End,
}

/// Longer ones first: the longest that fits is meant.
const SIGNS: [&str; 31] = [
    "**", "//", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+", "-", "*", "/", "%", "<", ">",
    "=", "!", "&", "|", "~", "?", ":", "(", ")", "[", "]", ",", ".", ";",
];

/// Cuts a text into tokens, each with its place; the last is [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Range<usize>)>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let starts_number = |s: &str| s.starts_with(|c: char| c.is_ascii_digit());
        let (token, len) = if c.is_whitespace() {
            at += c.len_utf8();
            continue;
        } else if c == '#' {
            // A comment, to the end of the line.
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        } else if starts_number(rest) || c == '.' && starts_number(&rest[1..]) {
            number(text, at)?
        } else if c.is_alphabetic() || c == '_' {
            let len = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            let token = match &rest[..len] {
                "and" => Token::Sign("&&"),
                "or" => Token::Sign("||"),
                name => Token::Name(name.to_owned()),
            };
            (token, len)
        } else if let Some(sign) = SIGNS.into_iter().find(|sign| rest.starts_with(sign)) {
            (Token::Sign(sign), sign.len())
        } else {
            let error = error_at(text, at..at + c.len_utf8(), format!("{c:?} means nothing here"));
            return Err(match c {
                '^' => error.hint("a power is `a ** b`, an exclusive or of bits `xor(a, b)`"),
                '{' | '}' => error.hint("several output bands are `[e1, e2]`"),
                '"' | '\'' => error.hint("a band by its description is `A.name`"),
                '@' => error.hint("a band is `A[2]`"),
                '\\' => error.hint("a quotient is `a / b`"),
                _ => error.hint("the README says what an expression holds"),
            });
        };
        found.push((token, at..at + len));
        at += len;
    }
    found.push((Token::End, text.len()..text.len()));
    Ok(found)
}

/// Reads `12`, `1.5`, `.5`, `1e-3` or `0xff` at a place.
fn number(text: &str, at: usize) -> Result<(Token, usize)> {
    let rest = &text[at..];
    let bytes = rest.as_bytes();
    if let Some(digits) = rest.strip_prefix("0x").or_else(|| rest.strip_prefix("0X")) {
        let len = digits.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(digits.len());
        return match u64::from_str_radix(&digits[..len], 16) {
            Ok(value) if value <= 1 << 53 => Ok((Token::Number(value as f64), len + 2)),
            _ => Err(error_at(text, at..at + len + 2, "no hexadecimal number up to 2^53")
                .hint("such as `0xff`")),
        };
    }
    let digits =
        |from: usize| from + bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut len = digits(0);
    if bytes.get(len) == Some(&b'.') {
        len = digits(len + 1);
    }
    if matches!(bytes.get(len), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(len + 1), Some(b'+' | b'-')));
        let end = digits(len + 1 + sign);
        // `2e` is a number and a name, which is found wrong later.
        len = if end > len + 1 + sign { end } else { len };
    }
    match rest[..len].parse::<f64>() {
        Ok(value) if value.is_finite() => Ok((Token::Number(value), len)),
        _ => Err(error_at(text, at..at + len, "no number that fits 64 bits")
            .hint("at most about 1.8e308")),
    }
}
