//! One number of others, without rasters.

use super::Expression;
use super::build;
use super::program::Op;
use super::tree::{Definition, Kind, Node, Tree, error_at, nearest};
use crate::{Error, Result};

impl Expression {
    /// Returns the number that the expression comes to where names stand for numbers; NaN if it
    /// is missing. `fact` gives the number of a name, NaN for one that is missing, `None` for a
    /// name that means nothing; `known` are names that an error suggests.
    ///
    /// # Errors
    /// [`Error::Usage`] with line, column and a caret for what means nothing, or needs pixels.
    pub(in crate::ops) fn number(
        &self,
        fact: &mut dyn FnMut(&str) -> Option<f64>,
        known: &[&str],
    ) -> Result<f64> {
        let definitions = &self.tree.definitions;
        let is_defined = |name: &str| {
            definitions.iter().any(|definition| {
                let parameters = definition.parameters.iter().flatten();
                definition.name == name || parameters.into_iter().any(|own| own == name)
            })
        };
        let mut facts: Vec<Definition> = Vec::new();
        let mut wrong: Option<Error> = None;
        self.tree.each(|node| {
            let Kind::Name(name) = &node.kind else { return };
            let named = ["nodata", "pi"].contains(&name.as_str()) || is_defined(name);
            if named || wrong.is_some() || facts.iter().any(|fact| fact.name == *name) {
                return;
            }
            let Some(value) = fact(name) else {
                let message = format!("unknown name `{name}`");
                let error = error_at(&self.text, node.span.clone(), message);
                wrong = Some(match nearest(name, known.iter().copied()) {
                    Some(like) => error.hint(format!("did you mean `{like}`?")),
                    None => error.hint(format!("known are {}", known.join(", "))),
                });
                return;
            };
            let body = Node { kind: Kind::Number(value), span: node.span.clone() };
            let (name, span) = (name.clone(), node.span.clone());
            facts.push(Definition { name, parameters: None, body, span });
        });
        if let Some(error) = wrong {
            return Err(error);
        }
        facts.extend(definitions.iter().cloned());
        let tree = Tree { definitions: facts, result: self.tree.result.clone() };
        let mut ask = |_, _, _| Err(Error::usage("statistics of a raster, of none"));
        let (list, outputs) = build::build(&self.text, &tree, &[], &mut ask)?;
        match outputs.as_slice() {
            &[only] => match list[only as usize] {
                Op::Constant(bits) => Ok(f64::from_bits(bits)),
                _ => Err(self.no_number("something that differs from pixel to pixel")),
            },
            several => Err(self.no_number(format!("{} numbers", several.len()))),
        }
    }

    fn no_number(&self, found: impl std::fmt::Display) -> Error {
        let message = format!("expected one number, found {found}");
        error_at(&self.text, self.tree.result.span.clone(), message)
            .hint("functions of pixels and lists mean nothing here")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_for_numbers() {
        let number = |text: &str| {
            let mut fact = |name: &str| match name {
                "cloud" => Some(12.5),
                "gone" => Some(f64::NAN),
                _ => None,
            };
            Expression::parse(text).and_then(|e| e.number(&mut fact, &["cloud", "gone"]))
        };
        for (text, wanted) in [
            ("-cloud", -12.5),
            ("cloud > 10 ? 1 : 2", 1.0),
            ("coalesce(gone, 100) + cloud * 2", 125.0),
            ("let twice(x) = x * 2; let cloud = 3; twice(cloud)", 6.0),
            ("max(cloud, 3, gone) ** 2", 156.25),
            ("7", 7.0),
        ] {
            assert_eq!(number(text).expect(text), wanted, "{text}");
        }
        assert!(number("gone").expect("is missing").is_nan());
        assert!(number("1 / 0").expect("is missing").is_nan());
        for (text, column, said) in [
            ("1 + clod", 5, "unknown name `clod`"),
            ("[cloud, 1]", 1, "found 2 numbers"),
            ("x()", 1, "from pixel to pixel"),
            ("stat(cloud).mean", 1, "unknown name"),
            ("cloud.at(1, 0) + nowhere", 18, "unknown name"),
        ] {
            let error = number(text).expect_err(text).to_string();
            assert!(
                error.contains(said) && error.contains(&format!("column {column}:")),
                "{error}"
            );
        }
    }
}
