//! Bits of a deflate stream, lowest first (RFC 1951, section 3.1.1).

/// Why decoding ends before the stream does.
#[derive(Debug)]
pub(super) enum Stop {
    /// There is no more input, or no more room.
    Short,
    /// The stream is wrong, and how.
    Corrupt(&'static str),
}

/// The bits of `input` from some place on.
pub(super) struct Bits<'a> {
    pub(super) input: &'a [u8],
    /// The next byte that is not counted in the buffer.
    pub(super) at: usize,
    /// Bits not consumed yet. Above `count` lie zeros or the bits that come next anyway.
    pub(super) buffer: u64,
    pub(super) count: u32,
}

impl<'a> Bits<'a> {
    pub(super) fn new(input: &'a [u8]) -> Self {
        Self { input, at: 0, buffer: 0, count: 0 }
    }

    /// Fills the buffer with at least 56 bits, or all that are left.
    pub(super) fn refill(&mut self) {
        if let Some(word) = self.input.get(self.at..).and_then(|rest| rest.first_chunk()) {
            self.buffer |= u64::from_le_bytes(*word) << self.count;
            self.at += (63 - self.count as usize) / 8;
            self.count |= 56;
            return;
        }
        // To 63 bits at most: a count of 64 would look like none.
        while self.count < 56
            && let Some(&byte) = self.input.get(self.at)
        {
            self.buffer |= u64::from(byte) << self.count;
            self.at += 1;
            self.count += 8;
        }
    }

    /// Consumes bits that were seen in the buffer.
    pub(super) fn consume(&mut self, count: u32) -> Result<(), Stop> {
        if count > self.count {
            return Err(Stop::Short);
        }
        self.buffer >>= count;
        self.count -= count;
        Ok(())
    }

    /// The next `count` bits (at most 16) as a number.
    pub(super) fn take(&mut self, count: u32) -> Result<usize, Stop> {
        if self.count < count {
            self.refill();
        }
        let value = self.buffer & ((1 << count) - 1);
        self.consume(count)?;
        Ok(value as usize)
    }

    /// Skips to the next whole byte and gives the bytes from there on.
    pub(super) fn bytes(&mut self) -> &'a [u8] {
        self.at -= self.count as usize / 8;
        (self.buffer, self.count) = (0, 0);
        self.input.get(self.at..).unwrap_or_default()
    }
}
