//! From tokens to a tree: operators by binding power (Pratt, "Top down operator
//! precedence", 1973).

use std::ops::Range;

use super::token::{Token, tokens};
use super::tree::{Definition, Infix, Kind, Node, Prefix, Tree, error_at};
use crate::{Error, Result};

/// The deepest nesting of parts: each takes some stack.
const DEEPEST: usize = 100;
/// The longest text, in bytes.
const LONGEST: usize = 1 << 16;

/// Reads an expression: definitions, each ended by `;`, then what is wanted.
pub(super) fn parse(text: &str) -> Result<Tree> {
    if text.len() > LONGEST {
        return Err(Error::limit("length of an expression")
            .expected(format!("at most {LONGEST} bytes"))
            .found(text.len()));
    }
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let mut definitions = Vec::new();
    while *parser.peek() == Token::Name("let".into()) {
        definitions.push(parser.definition()?);
    }
    if *parser.peek() == Token::End {
        return Err(parser.unexpected("an expression"));
    }
    let result = parser.expression(0)?;
    if *parser.peek() == Token::Sign(";") {
        parser.next();
    }
    if *parser.peek() != Token::End {
        return Err(parser.unexpected("an operator or the end"));
    }
    Ok(Tree { definitions, result })
}

struct Parser<'a> {
    text: &'a str,
    tokens: Vec<(Token, Range<usize>)>,
    at: usize,
    depth: usize,
}

/// How strongly each operator holds the parts beside it, weakest first.
fn infix(sign: &str) -> Option<(Infix, u8)> {
    Some(match sign {
        "||" => (Infix::Or, 2),
        "&&" => (Infix::And, 3),
        "==" => (Infix::Equal, COMPARISON),
        "!=" => (Infix::NotEqual, COMPARISON),
        "<" => (Infix::Less, COMPARISON),
        "<=" => (Infix::LessEqual, COMPARISON),
        ">" => (Infix::Greater, COMPARISON),
        ">=" => (Infix::GreaterEqual, COMPARISON),
        "|" => (Infix::BitOr, 6),
        "&" => (Infix::BitAnd, 7),
        "<<" => (Infix::ShiftLeft, 8),
        ">>" => (Infix::ShiftRight, 8),
        "+" => (Infix::Add, 9),
        "-" => (Infix::Subtract, 9),
        "*" => (Infix::Multiply, 10),
        "/" => (Infix::Divide, 10),
        "//" => (Infix::FloorDivide, 10),
        "%" => (Infix::Modulo, 10),
        "**" => (Infix::Power, POWER),
        _ => return None,
    })
}

const CHOICE: u8 = 1;
/// `not a == b` is `not (a == b)`, as in Python.
const NOT: u8 = 4;
const COMPARISON: u8 = 5;
/// `-a ** b` is `-(a ** b)`, but `-a * b` is `(-a) * b`.
const SIGN: u8 = 11;
const POWER: u8 = 12;

impl Parser<'_> {
    fn peek(&self) -> &Token {
        &self.tokens[self.at].0
    }

    fn span(&self) -> Range<usize> {
        self.tokens[self.at].1.clone()
    }

    /// Takes a token; the end stays.
    fn next(&mut self) -> (Token, Range<usize>) {
        let token = self.tokens[self.at].clone();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn unexpected(&self, wanted: &str) -> Error {
        let found = match self.peek() {
            Token::Number(value) => format!("`{value}`"),
            Token::Name(name) => format!("`{name}`"),
            Token::Sign(sign) => format!("`{sign}`"),
            Token::End => "the end".into(),
        };
        let error = error_at(self.text, self.span(), format!("expected {wanted}, found {found}"));
        error.hint(match (self.peek(), wanted) {
            (Token::Sign(">"), "a value") => "what differs is `!=`",
            (Token::Name(name), _) if ["AND", "OR", "NOT"].contains(&name.as_str()) => {
                "and, or and not are written small"
            }
            (Token::Sign("="), _) => "equality is `==`; a definition is `let name = ...;`",
            (_, "a value" | "an expression") => "an input such as `A`, a number, a function or `(`",
            (_, "an operator or the end") => "a product is `2 * A`; definitions end with `;`",
            (_, "`)`" | "`]`") => "a bracket that was opened is not closed",
            (_, "`:`") => "a choice is `condition ? a : b`",
            (_, "a name") => "letters, digits and `_`, not a digit first",
            _ => "the README says what an expression holds",
        })
    }

    fn expect(&mut self, sign: &'static str) -> Result<Range<usize>> {
        if *self.peek() == Token::Sign(sign) {
            Ok(self.next().1)
        } else {
            Err(self.unexpected(&format!("`{sign}`")))
        }
    }

    fn name(&mut self) -> Result<(String, Range<usize>)> {
        match self.peek() {
            Token::Name(name) => {
                let name = name.clone();
                Ok((name, self.next().1))
            }
            _ => Err(self.unexpected("a name")),
        }
    }

    fn definition(&mut self) -> Result<Definition> {
        self.next();
        let (name, span) = self.name()?;
        let mut parameters = None;
        if *self.peek() == Token::Sign("(") {
            self.next();
            let mut names = vec![self.name()?.0];
            while *self.peek() == Token::Sign(",") {
                self.next();
                names.push(self.name()?.0);
            }
            self.expect(")")?;
            parameters = Some(names);
        }
        self.expect("=")?;
        let body = self.expression(0)?;
        self.expect(";")?;
        Ok(Definition { name, parameters, body, span })
    }

    /// Reads a part whose operators all hold more strongly than `least`.
    fn expression(&mut self, least: u8) -> Result<Node> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let message = format!("parts nested more than {DEEPEST} deep");
            return Err(error_at(self.text, self.span(), message)
                .hint("give parts names with `let name = ...;`"));
        }
        let mut left = self.prefix()?;
        loop {
            left = match self.peek() {
                Token::Sign("[" | ".") => self.postfix(left)?,
                Token::Sign("?") if least < CHOICE => {
                    self.next();
                    let yes = self.expression(0)?;
                    self.expect(":")?;
                    // From the right: `a ? b : c ? d : e`.
                    let no = self.expression(CHOICE - 1)?;
                    let span = left.span.start..no.span.end;
                    let kind = Kind::Choice(Box::new(left), Box::new(yes), Box::new(no));
                    Node { kind, span }
                }
                &Token::Sign(sign) => match infix(sign) {
                    Some((operator, power)) if power > least => {
                        self.infix(left, operator, power)?
                    }
                    _ => break,
                },
                _ => break,
            };
        }
        self.depth -= 1;
        Ok(left)
    }

    fn infix(&mut self, left: Node, operator: Infix, power: u8) -> Result<Node> {
        self.next();
        // Powers group from the right, and their exponent may have a sign.
        let right = self.expression(if operator == Infix::Power { SIGN - 1 } else { power })?;
        if let (COMPARISON, Token::Sign(sign)) = (power, self.peek())
            && infix(sign).is_some_and(|(_, power)| power == COMPARISON)
        {
            return Err(error_at(self.text, self.span(), "comparisons cannot be chained")
                .hint("write `a < b && b < c`"));
        }
        let span = left.span.start..right.span.end;
        Ok(Node { kind: Kind::Infix(operator, Box::new(left), Box::new(right)), span })
    }

    fn prefix(&mut self) -> Result<Node> {
        let (token, span) = self.next();
        let (operator, power) = match token {
            Token::Number(value) => return Ok(Node { kind: Kind::Number(value), span }),
            Token::Name(name) if name == "not" => (Prefix::Not, NOT),
            Token::Name(name) => return self.named(name, span),
            Token::Sign("(") => {
                let inner = self.expression(0)?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Sign("[") => {
                let (parts, end) = self.list("]")?;
                return Ok(Node { kind: Kind::List(parts), span: span.start..end });
            }
            Token::Sign("-") => (Prefix::Minus, SIGN),
            Token::Sign("+") => (Prefix::Plus, SIGN),
            Token::Sign("!") => (Prefix::Not, SIGN),
            Token::Sign("~") => (Prefix::BitNot, SIGN),
            _ => {
                // The end was not taken.
                self.at -= usize::from(token != Token::End);
                return Err(self.unexpected("a value"));
            }
        };
        let inner = self.expression(power)?;
        let span = span.start..inner.span.end;
        Ok(Node { kind: Kind::Prefix(operator, Box::new(inner)), span })
    }

    fn named(&mut self, name: String, span: Range<usize>) -> Result<Node> {
        if *self.peek() != Token::Sign("(") {
            return Ok(Node { kind: Kind::Name(name), span });
        }
        self.next();
        let (arguments, end) = self.list(")")?;
        Ok(Node { kind: Kind::Call(name, arguments), span: span.start..end })
    }

    /// Reads parts separated by commas up to a bracket; returns where that ends.
    fn list(&mut self, close: &'static str) -> Result<(Vec<Node>, usize)> {
        let mut parts = Vec::new();
        if *self.peek() != Token::Sign(close) {
            parts.push(self.expression(0)?);
            while *self.peek() == Token::Sign(",") {
                self.next();
                parts.push(self.expression(0)?);
            }
        }
        Ok((parts, self.expect(close)?.end))
    }

    fn postfix(&mut self, of: Node) -> Result<Node> {
        let start = of.span.start;
        if self.next().0 == Token::Sign("[") {
            let band = match *self.peek() {
                Token::Number(value)
                    if value.fract() == 0.0 && (1.0..=65535.0).contains(&value) =>
                {
                    value as u32
                }
                _ => return Err(self.unexpected("a band, counted from 1")),
            };
            self.next();
            let end = self.expect("]")?.end;
            return Ok(Node { kind: Kind::Index(Box::new(of), band), span: start..end });
        }
        let (name, span) = self.name()?;
        if *self.peek() == Token::Sign("(") {
            self.next();
            let (arguments, end) = self.list(")")?;
            let kind = Kind::Method(Box::new(of), name, arguments);
            return Ok(Node { kind, span: start..end });
        }
        Ok(Node { kind: Kind::Field(Box::new(of), name), span: start..span.end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes a tree with every bracket.
    fn written(node: &Node) -> String {
        match &node.kind {
            Kind::Number(value) => value.to_string(),
            Kind::Name(name) => name.clone(),
            Kind::Index(of, band) => format!("{}[{band}]", written(of)),
            Kind::Field(of, name) => format!("{}.{name}", written(of)),
            Kind::Method(of, name, parts) => format!("{}.{name}({})", written(of), all(parts)),
            Kind::Call(name, parts) => format!("{name}({})", all(parts)),
            Kind::Prefix(operator, of) => format!("({operator:?} {})", written(of)),
            Kind::Infix(operator, a, b) => format!("({} {operator:?} {})", written(a), written(b)),
            Kind::Choice(c, a, b) => format!("({} ? {} : {})", written(c), written(a), written(b)),
            Kind::List(parts) => format!("[{}]", all(parts)),
        }
    }

    fn all(parts: &[Node]) -> String {
        parts.iter().map(written).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn operators_bind_as_in_python() {
        for (text, wanted) in [
            ("1 - 2 - 3", "((1 Subtract 2) Subtract 3)"),
            ("2 ** 3 ** 2", "(2 Power (3 Power 2))"),
            ("-2 ** 2", "(Minus (2 Power 2))"),
            ("2 ** -1", "(2 Power (Minus 1))"),
            ("-a * b", "((Minus a) Multiply b)"),
            ("a + b * c", "(a Add (b Multiply c))"),
            ("a & 3 == 1", "((a BitAnd 3) Equal 1)"),
            ("not a == b and c", "((Not (a Equal b)) And c)"),
            ("!a || b && c", "((Not a) Or (b And c))"),
            ("a ? b : c ? d : e", "(a ? b : (c ? d : e))"),
            ("a < 1 ? b + 1 : c", "((a Less 1) ? (b Add 1) : c)"),
            ("A[2].at(1, -1) // .5e1", "(A[2].at(1, (Minus 1)) FloorDivide 5)"),
            ("[A.nir, 0x10] # bands", "[A.nir, 16]"),
            ("1 << 2 + 3", "(1 ShiftLeft (2 Add 3))"),
        ] {
            assert_eq!(
                parse(text).map(|tree| written(&tree.result)).ok().as_deref(),
                Some(wanted),
                "{text}"
            );
        }
    }

    #[test]
    fn definitions_come_first() {
        let tree = parse("let k = 2; let f(a, b) = a * k + b; f(A, 1)").expect("parses");
        assert_eq!(tree.definitions.len(), 2);
        assert_eq!(tree.definitions[1].parameters, Some(vec!["a".into(), "b".into()]));
    }

    #[test]
    fn mistakes_are_pointed_at() {
        for (text, column, said) in [
            ("A ^ 2", 3, "'^' means nothing"),
            ("A +", 4, "expected a value, found the end"),
            ("(A", 3, "expected `)`"),
            ("1 < A < 3", 7, "cannot be chained"),
            ("A = 3", 3, "found `=`"),
            ("A[0]", 3, "counted from 1"),
            ("A B", 3, "found `B`"),
            ("", 1, "expected an expression"),
            ("let a 3; a", 7, "expected `=`"),
            ("1e999", 1, "fits 64 bits"),
            ("A + $", 5, "'$'"),
        ] {
            let error = parse(text).expect_err(text);
            assert!(error.detail().is_some_and(|detail| detail.hint.is_some()), "{error}");
            let error = error.to_string();
            assert!(
                error.contains(said) && error.contains(&format!("column {column}:")),
                "{error}"
            );
        }
        let deep = "(".repeat(5000);
        assert!(parse(&deep).expect_err("deep").to_string().contains("nested"));
        assert!(parse(&"-".repeat(5000)).is_err() && parse(&"1 ? ".repeat(5000)).is_err());
    }
}
