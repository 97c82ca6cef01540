//! What a batch was asked for.

use sha2::{Digest, Sha256};

use super::fingerprint::hexadecimal;

/// What a batch was asked for: a journal goes on only with the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    words: Vec<String>,
    digest: String,
}

impl Command {
    /// Makes a command of its words: whatever changes an output must be among them.
    pub fn new(words: Vec<String>) -> Self {
        let mut digest = Sha256::new();
        for word in &words {
            digest.update((word.len() as u64).to_le_bytes());
            digest.update(word);
        }
        Self { words, digest: hexadecimal(digest.finalize()) }
    }

    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns a few characters that stand for the command in the name of a file.
    pub fn short(&self) -> &str {
        &self.digest[..8]
    }
}
