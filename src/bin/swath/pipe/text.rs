//! From the text of a pipe to the words of its steps.

use std::ops::Range;

use swath::{Error, Result};

/// The words of one step, and where it stands in the text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Words {
    pub(super) words: Vec<String>,
    pub(super) span: Range<usize>,
}

/// Makes the error for a place in the text of a pipe.
pub(super) fn error_at(text: &str, span: Range<usize>, message: &str) -> Error {
    Error::in_text("pipe", text, span, message)
}

/// Cuts a text at each word that is `!`, and the steps into words, as shells do: at white space,
/// but not in quotes; what stands behind a backslash, outside of '...', is itself.
///
/// # Errors
/// [`Error::Usage`], with a caret, for a quote that does not end and a step of no words.
pub(super) fn split(text: &str) -> Result<Vec<Words>> {
    let mut steps = Vec::new();
    let mut step: Option<Words> = None;
    let mut rest = text.char_indices().peekable();
    while let Some(&(start, c)) = rest.peek() {
        if c.is_whitespace() {
            rest.next();
            continue;
        }
        let (word, plain) = word(text, &mut rest)?;
        let end = rest.peek().map_or(text.len(), |&(at, _)| at);
        if plain && word == "!" {
            let done = step.take().ok_or_else(|| error_at(text, start..end, "no step before it"));
            steps.push(done?);
            continue;
        }
        let step = step.get_or_insert_with(|| Words { words: Vec::new(), span: start..end });
        step.words.push(word);
        step.span.end = end;
    }
    let end = text.trim_end().len();
    let last = step.ok_or_else(|| {
        error_at(text, end.saturating_sub(1)..end, "no step behind it")
            .hint("such as 'read in.tif ! warp --to EPSG:3857 ! write out.tif'")
    });
    steps.push(last?);
    Ok(steps)
}

/// Takes a word; returns whether nothing in it was quoted, too.
fn word(
    text: &str,
    rest: &mut std::iter::Peekable<std::str::CharIndices<'_>>,
) -> Result<(String, bool)> {
    let (mut word, mut plain) = (String::new(), true);
    // Where the quote that is open began.
    let mut open: Option<(usize, char)> = None;
    while let Some(&(at, c)) = rest.peek() {
        match (c, open) {
            (c, None) if c.is_whitespace() => break,
            ('\'' | '"', None) => open = Some((at, c)),
            (c, Some((_, quote))) if c == quote => open = None,
            ('\\', None | Some((_, '"'))) => {
                rest.next();
                match rest.peek() {
                    Some(&(_, c)) => word.push(c),
                    None => return Err(error_at(text, at..at + 1, "nothing behind it")),
                }
            }
            (c, _) => word.push(c),
        }
        plain &= open.is_none() && !matches!(c, '\'' | '"' | '\\');
        rest.next();
    }
    match open {
        Some((at, _)) => Err(error_at(text, at..at + 1, "the quote does not end")),
        None => Ok((word, plain)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<Vec<String>> {
        split(text).expect("splits").into_iter().map(|step| step.words).collect()
    }

    #[test]
    fn steps_end_at_exclamation_marks_and_words_at_spaces() {
        assert_eq!(words("read a.tif ! write b.tif"), [["read", "a.tif"], ["write", "b.tif"]]);
        assert_eq!(words("  calc  \"A != 2\"\n! x"), [vec!["calc", "A != 2"], vec!["x"]]);
        assert_eq!(words("calc '!' ! b!"), [vec!["calc", "!"], vec!["b!"]]);
        assert_eq!(words(r#"a\ b "c\"d" 'e\f' """#), [["a b", "c\"d", "e\\f", ""]]);
        assert_eq!(split("ä ! b").expect("splits")[1].span, 5..6);
    }

    #[test]
    fn mistakes_are_pointed_at() {
        for (text, column) in
            [("", 1), ("a !", 3), ("! a", 1), ("a ! ! b", 5), ("a 'b", 3), ("a b\\", 4)]
        {
            let error = split(text).expect_err(text).to_string();
            assert!(error.contains(&format!("line 1, column {column}:")), "{text}: {error}");
        }
    }
}
