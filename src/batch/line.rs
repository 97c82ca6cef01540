//! The lines of a journal, each with its checksum.
//!
//! A line is eight hexadecimal digits, a space, an object of JSON and a line feed. The digits are
//! the first of the SHA-256 of the JSON: a line that was torn or changed does not fit them.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::fingerprint::hexadecimal;

const DIGITS: usize = 8;

fn checksum(json: &[u8]) -> String {
    let mut digits = hexadecimal(Sha256::digest(json));
    digits.truncate(DIGITS);
    digits
}

/// Makes a line, its line feed included.
pub(super) fn encode(value: &Value) -> Vec<u8> {
    let json = value.to_string();
    format!("{} {json}\n", checksum(json.as_bytes())).into_bytes()
}

/// Reads a line, its line feed included; `None` if it is not as it was written.
pub(super) fn decode(line: &[u8]) -> Option<Value> {
    let (digits, rest) = line.split_at_checked(DIGITS)?;
    let json = rest.strip_prefix(b" ")?.strip_suffix(b"\n")?;
    (checksum(json).as_bytes() == digits).then(|| serde_json::from_slice(json).ok())?
}

/// Whether a line looks like one that was written, whatever its checksum.
pub(super) fn is_like(line: &[u8]) -> bool {
    line.split_at_checked(DIGITS).is_some_and(|(digits, rest)| {
        digits.iter().all(u8::is_ascii_hexdigit)
            && rest.starts_with(b" {\"")
            && rest.ends_with(b"}\n")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_line_that_is_torn_or_changed_is_none() {
        let value = json!({"type": "done", "output": "ä\n.tif", "bytes": 7});
        let line = encode(&value);
        assert_eq!(decode(&line), Some(value));
        for end in 0..line.len() {
            assert_eq!(decode(&line[..end]), None);
        }
        for at in 0..line.len() {
            let mut changed = line.clone();
            changed[at] ^= 1;
            assert_eq!(decode(&changed), None, "byte {at}");
        }
    }
}
