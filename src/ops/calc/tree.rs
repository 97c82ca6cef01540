//! What an expression says, before names mean anything.

use std::ops::Range;

use crate::Error;

/// One part of an expression, and where in the text it stands (bytes).
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

impl Node {
    /// Shows this part and all that it is made of.
    pub(super) fn each<'a>(&'a self, see: &mut dyn FnMut(&'a Self)) {
        see(self);
        match &self.kind {
            Kind::Number(_) | Kind::Name(_) => {}
            Kind::Index(of, _) | Kind::Field(of, _) | Kind::Prefix(_, of) => of.each(see),
            Kind::Method(of, _, parts) => {
                of.each(see);
                parts.iter().for_each(|part| part.each(see));
            }
            Kind::Call(_, parts) | Kind::List(parts) => {
                parts.iter().for_each(|part| part.each(see));
            }
            Kind::Infix(_, a, b) => [a, b].into_iter().for_each(|part| part.each(see)),
            Kind::Choice(c, a, b) => [c, a, b].into_iter().for_each(|part| part.each(see)),
        }
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    Number(f64),
    /// An input, a definition or `nodata`.
    Name(String),
    /// `A[2]`: a band, counted from 1.
    Index(Box<Node>, u32),
    /// `A.nir`: a band by its description; `stat(A).mean`.
    Field(Box<Node>, String),
    /// `A.at(dx, dy)`.
    Method(Box<Node>, String, Vec<Node>),
    Call(String, Vec<Node>),
    Prefix(Prefix, Box<Node>),
    Infix(Infix, Box<Node>, Box<Node>),
    /// `c ? x : y`.
    Choice(Box<Node>, Box<Node>, Box<Node>),
    /// `[e1, e2]`: several bands.
    List(Vec<Node>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefix {
    Plus,
    Minus,
    Not,
    BitNot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Infix {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    BitOr,
    BitAnd,
    ShiftLeft,
    ShiftRight,
    Add,
    Subtract,
    Multiply,
    Divide,
    FloorDivide,
    Modulo,
    Power,
}

/// `let name = body;` or `let name(parameters) = body;`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Definition {
    pub(super) name: String,
    /// `None` for a value.
    pub(super) parameters: Option<Vec<String>>,
    pub(super) body: Node,
    pub(super) span: Range<usize>,
}

/// All of an expression.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tree {
    pub(super) definitions: Vec<Definition>,
    pub(super) result: Node,
}

impl Tree {
    /// Shows each part.
    pub(super) fn each<'a>(&'a self, mut see: impl FnMut(&'a Node)) {
        let bodies = self.definitions.iter().map(|definition| &definition.body);
        bodies.chain([&self.result]).for_each(|body| body.each(&mut see));
    }
}

/// Makes the error for a place in the text of an expression.
pub(super) fn error_at(text: &str, span: Range<usize>, message: impl std::fmt::Display) -> Error {
    Error::in_text("expression", text, span, message)
}

/// Returns the name most like a wrong one, if any is much like it.
pub(super) fn nearest<'a>(
    wrong: &str,
    names: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    let scored = names.into_iter().map(|name| (distance(&lower, &name.to_lowercase()), name));
    let (least, name) = scored.min_by_key(|(score, _)| *score)?;
    (least <= wrong.chars().count().div_ceil(3)).then_some(name)
}

/// The number of letters to insert, remove or replace between two words (Levenshtein).
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(64).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().take(64).enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, &y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn carets_stand_below_what_is_meant() {
        let error = error_at("1 +\nä + oops", 9..13, "unknown name").to_string();
        assert_eq!(error, "expression, line 2, column 5: unknown name\n    ä + oops\n        ^^^^");
        assert!(error_at("", 0..0, "empty").to_string().ends_with("empty\n    \n    ^"));
    }

    #[test]
    fn names_much_alike_are_found() {
        assert_eq!(nearest("sqr", ["sin", "sqrt", "abs"]), Some("sqrt"));
        assert_eq!(nearest("zzz", ["sin", "sqrt"]), None);
    }
}
