//! How outputs are named.

use std::path::{Component, Path, PathBuf};

use crate::error::{Error, Result};

/// What a template says of an input.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The input.
    pub input: &'a Path,
    /// The folders between where the search began and the input; empty if it began there.
    pub dir: &'a Path,
    /// The input's number, from 1.
    pub index: u64,
    /// What is done.
    pub verb: &'a str,
}

const PLACEHOLDERS: &str = "{stem}, {name}, {ext}, {dir}, {parent}, {folder}, {input}, {verb}, {index} \
    or {index:DIGITS}";

/// The name of a file with places for parts of another's name.
///
/// `{stem}` is the input's file name without its last extension, `{name}` with it, `{ext}` that
/// extension, `{dir}` the folders below where the search began, `{parent}` the name of the folder
/// that the input lies in, `{folder}` the path of that folder, `{input}` the whole path, `{verb}` what is done, `{index}` the input's number from 1, and
/// `{index:4}` that number in at least four digits. `{{` and `}}` are braces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Stem,
    Name,
    Ext,
    Dir,
    Parent,
    Folder,
    Input,
    Verb,
    /// With the least number of digits.
    Index(usize),
}

impl Part {
    fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "stem" => Self::Stem,
            "name" => Self::Name,
            "ext" => Self::Ext,
            "dir" => Self::Dir,
            "parent" => Self::Parent,
            "folder" => Self::Folder,
            "input" => Self::Input,
            "verb" => Self::Verb,
            "index" => Self::Index(1),
            _ => {
                let digits = word.strip_prefix("index:")?.parse().ok()?;
                // A file name has at most 255 bytes.
                Self::Index(Some(digits).filter(|digits| (1..=20).contains(digits))?)
            }
        })
    }
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// [`Error::Usage`] for a brace that is not closed, and for a word in braces that is none of
    /// those above.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong =
            |what: &str| Error::usage(format!("template {text:?}: {what}")).expected(PLACEHOLDERS);
        let mut parts = Vec::new();
        let (mut plain, mut rest) = (String::new(), text);
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let brace = &rest[at..=at];
            let behind = &rest[at + 1..];
            if behind.starts_with(brace) {
                plain.push_str(brace);
                rest = &behind[1..];
                continue;
            }
            let word = Some(behind).filter(|_| brace == "{").and_then(|rest| rest.split_once('}'));
            let (word, behind) = word.ok_or_else(|| wrong("a brace without its other"))?;
            let part = Part::parse(word).ok_or_else(|| wrong("a placeholder").found(word))?;
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(part);
            rest = behind;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self { text: text.to_owned(), parts })
    }

    /// Returns the template as it was read.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the folders before the first placeholder.
    pub fn folder(&self) -> PathBuf {
        match self.parts.first() {
            Some(Part::Text(text)) => match text.rfind('/') {
                Some(0) => PathBuf::from("/"),
                Some(end) => PathBuf::from(&text[..end]),
                None => PathBuf::new(),
            },
            _ => PathBuf::new(),
        }
    }

    /// Puts the parts of a name in their places.
    ///
    /// # Errors
    /// [`Error::Usage`] if the input's name is no UTF-8, or would lead out of the folders that
    /// the template names.
    pub fn expand(&self, of: &Names<'_>) -> Result<PathBuf> {
        let mut out = String::new();
        // The template's own way up is its writer's, and so is that of a folder asked for.
        let ups = |path: &Path| path.components().filter(|c| *c == Component::ParentDir).count();
        let mut most_ups = ups(Path::new(&self.text));
        let text = |part: Option<&std::ffi::OsStr>| match part.map(std::ffi::OsStr::to_str) {
            Some(None) => Err(Error::usage("file name").expected("one in UTF-8").at_path(of.input)),
            Some(Some(text)) => Ok(text.to_owned()),
            None => Ok(String::new()),
        };
        for part in &self.parts {
            let (value, from_input) = match part {
                Part::Text(plain) => (plain.clone(), false),
                Part::Stem => (text(of.input.file_stem())?, true),
                Part::Name => (text(of.input.file_name())?, true),
                Part::Ext => (text(of.input.extension())?, true),
                Part::Dir => (text(Some(of.dir.as_os_str()))?, true),
                Part::Parent => (text(of.input.parent().and_then(Path::file_name))?, true),
                Part::Folder | Part::Input => {
                    let folder = of.input.parent().filter(|folder| !folder.as_os_str().is_empty());
                    let folder = folder.unwrap_or(Path::new("."));
                    let path = if *part == Part::Folder { folder } else { of.input };
                    most_ups += ups(path);
                    (text(Some(path.as_os_str()))?, false)
                }
                Part::Verb => (of.verb.to_owned(), false),
                Part::Index(digits) => (format!("{:0digits$}", of.index), false),
            };
            let leads_out = |c: Component<'_>| !matches!(c, Component::Normal(_));
            if from_input && Path::new(&value).components().any(leads_out) {
                return Err(self.refused(of, &value));
            }
            // `out/{dir}/{stem}` of a file that lies where the search began.
            if value.is_empty() && from_input && out.ends_with('/') {
                out.pop();
            }
            out.push_str(&value);
        }
        let path = PathBuf::from(&out);
        // `{stem}.` of a file `.` and the like: dots of the input beside dots of the template.
        if ups(&path) > most_ups || out.ends_with('/') || path.file_name().is_none() {
            return Err(self.refused(of, &out));
        }
        Ok(path)
    }

    fn refused(&self, of: &Names<'_>, found: &str) -> Error {
        Error::usage(format!("output by the template {:?}", self.text))
            .expected("a file name inside its folders")
            .found(format!("{found:?}"))
            .at_path(of.input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expand(template: &str, input: &str, dir: &str) -> Result<String> {
        let names = Names { input: Path::new(input), dir: Path::new(dir), index: 7, verb: "warp" };
        let path = Template::parse(template)?.expand(&names)?;
        Ok(path.to_str().expect("UTF-8").to_owned())
    }

    #[test]
    fn parts_of_names_go_to_their_places() {
        let is = |template, wanted: &str| {
            assert_eq!(expand(template, "in/2024/a.b.tif", "2024").expect("expands"), wanted);
        };
        is("out/{stem}.tif", "out/a.b.tif");
        is("out/{name}", "out/a.b.tif");
        is("{dir}/{stem}_{verb}.{ext}", "2024/a.b_warp.tif");
        is("out/{parent}-{index}-{index:3}", "out/2024-7-007");
        is("{{{stem}}}", "{a.b}");
        is("{folder}/{stem}_m.tif", "in/2024/a.b_m.tif");
        is("{input}.ovr", "in/2024/a.b.tif.ovr");
        assert_eq!(expand("{folder}/x", "../../a.tif", "").expect("expands"), "../../x");
        assert_eq!(expand("{folder}/x", "a.tif", "").expect("expands"), "./x");
        assert_eq!(expand("out/{dir}/{stem}.x", "in/a.tif", "").expect("expands"), "out/a.x");
        assert_eq!(expand("/{dir}/{stem}", "in/a.tif", "").expect("expands"), "/a");
    }

    #[test]
    fn what_leads_out_or_means_nothing_is_refused() {
        for (template, input, dir) in [
            ("out/{dir}/{stem}", "a.tif", "../x"),
            ("out/{dir}/{stem}", "a.tif", "/etc"),
            ("out/{stem}", "...tif", ""),
            ("out/{stem}.", "..tif", ""),
            ("out/{dir}/", "a.tif", "x"),
            ("out/{what}", "a.tif", ""),
            ("out/{stem", "a.tif", ""),
            ("out/stem}", "a.tif", ""),
            ("out/{index:99}", "a.tif", ""),
        ] {
            let error = expand(template, input, dir).expect_err(template);
            assert!(matches!(error, Error::Usage(_)), "{template}: {error}");
        }
        // The template's own way up is its writer's.
        assert_eq!(expand("../{stem}.x", "a.tif", "").expect("expands"), "../a.x");
    }

    #[test]
    fn the_folder_before_the_first_placeholder_is_known() {
        let folder = |text| Template::parse(text).expect("parses").folder();
        assert_eq!(folder("out/x/{dir}/y.tif"), Path::new("out/x"));
        assert_eq!(folder("/pre{stem}"), Path::new("/"));
        assert_eq!(folder("{stem}.tif"), Path::new(""));
    }
}
