//! The little XML that GDAL keeps metadata in (tag 42112), read and written.
//!
//! `<GDALMetadata><Item name=".." sample="0" role="scale" domain="..">text</Item>..`
//! Whatever else there is, well-formed or not, is passed over.

/// One item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) name: String,
    pub(super) domain: String,
    pub(super) role: String,
    /// The band, counted from 0.
    pub(super) sample: Option<u32>,
    pub(super) text: String,
}

/// Reads all items.
pub(super) fn parse(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("<Item") {
        rest = &rest[at + "<Item".len()..];
        let Some(end) = tag_end(rest) else { break };
        let (attributes, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        // Another tag whose name only begins alike.
        if !attributes.starts_with(|c: char| c.is_whitespace() || c == '/' || c == '>') {
            continue;
        }
        let mut item = Item::default();
        if !attributes.ends_with('/') {
            let Some(close) = after.find("</Item") else { break };
            item.text = content(&after[..close]);
            rest = &after[close..];
        }
        for (name, value) in attributes_of(attributes) {
            match name {
                "name" => item.name = value,
                "domain" => item.domain = value,
                "role" => item.role = value,
                "sample" => item.sample = value.trim().parse().ok(),
                _ => {}
            }
        }
        items.push(item);
    }
    items
}

/// Finds the end of a tag: the first `>` outside quotes.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return Some(at),
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), byte) if open == byte => quote = None,
            _ => {}
        }
    }
    None
}

fn attributes_of(mut text: &str) -> Vec<(&str, String)> {
    let mut found = Vec::new();
    while let Some((name, rest)) = text.split_once('=') {
        let rest = rest.trim_start();
        let Some(quote) = rest.chars().next().filter(|&c| c == '"' || c == '\'') else { break };
        let Some((value, rest)) = rest[1..].split_once(quote) else { break };
        found.push((name.trim(), unescape(value)));
        text = rest;
    }
    found
}

/// Reads text content, CDATA sections included. GDAL escapes values before it
/// writes them as XML, which escapes them once more.
fn content(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, section)) = rest.split_once("<![CDATA[") {
        out.push_str(&unescape(before));
        let (inside, after) = section.split_once("]]>").unwrap_or((section, ""));
        out.push_str(inside);
        rest = after;
    }
    out.push_str(&unescape(rest));
    unescape(&out)
}

fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let known = rest.find(';').filter(|&end| end <= 10).and_then(|end| {
            let character = match &rest[1..end] {
                "lt" => '<',
                "gt" => '>',
                "amp" => '&',
                "quot" => '"',
                "apos" => '\'',
                number => {
                    let number = number.strip_prefix('#')?;
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
                        None => number.parse().ok()?,
                    };
                    char::from_u32(code)?
                }
            };
            Some((character, end))
        });
        let (character, end) = known.unwrap_or(('&', 0));
        out.push(character);
        rest = &rest[end + 1..];
    }
    out.push_str(rest);
    out
}

/// Writes items as GDAL does.
pub(super) fn write(items: &[Item]) -> String {
    let mut out = String::from("<GDALMetadata>\n");
    for item in items {
        out.push_str("  <Item");
        let mut attribute = |name: &str, value: &str| {
            if !value.is_empty() {
                out.push_str(&format!(" {name}=\"{}\"", escape(value)));
            }
        };
        attribute("name", &item.name);
        attribute("domain", &item.domain);
        attribute("sample", &item.sample.map_or(String::new(), |band| band.to_string()));
        attribute("role", &item.role);
        out.push('>');
        out.push_str(&escape(&escape(&item.text)));
        out.push_str("</Item>\n");
    }
    out.push_str("</GDALMetadata>\n");
    out
}

pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_survive_writing_whatever_they_hold() {
        let items = [
            Item { name: "a<b".into(), text: "1 > 0 && \"so\" &lt; é".into(), ..Item::default() },
            Item {
                name: "scale".into(),
                role: "scale".into(),
                sample: Some(3),
                text: "0.5".into(),
                domain: "x".into(),
            },
            Item { name: "empty".into(), ..Item::default() },
        ];
        assert_eq!(parse(&write(&items)), items);
    }

    #[test]
    fn what_is_no_item_is_passed_over() {
        let odd = "<?xml?><GDALMetadata><Items/><Item name='x'>1</Item><Item name=\"y\"/>\
            <Item sample=\"-1\" name=\"a>b\"><![CDATA[<z>]]></Item><Item name=\"cut";
        let found = parse(odd);
        let told: Vec<_> = found.iter().map(|i| (i.name.as_str(), i.text.as_str())).collect();
        assert_eq!(told, [("x", "1"), ("y", ""), ("a>b", "<z>")]);
        assert_eq!(found[2].sample, None);
        assert_eq!(unescape("&#65;&#x42;&bad;&"), "AB&bad;&");
        for cut in 0..odd.len() {
            parse(&odd[..cut]);
        }
    }
}
