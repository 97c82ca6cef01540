//! The order of the bytes of a number.

/// Which end of a number comes first in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ByteOrder {
    /// The least significant byte comes first (`II` in a TIFF header).
    Little,
    /// The most significant byte comes first (`MM` in a TIFF header).
    Big,
}

impl ByteOrder {
    /// The order of the machine that runs this code.
    pub const NATIVE: Self = if cfg!(target_endian = "big") { Self::Big } else { Self::Little };

    /// Makes a number of the first 2 bytes in this order.
    pub fn u16(self, bytes: [u8; 2]) -> u16 {
        match self {
            Self::Little => u16::from_le_bytes(bytes),
            Self::Big => u16::from_be_bytes(bytes),
        }
    }

    /// Makes a number of 4 bytes in this order.
    pub fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// Makes a number of 8 bytes in this order.
    pub fn u64(self, bytes: [u8; 8]) -> u64 {
        match self {
            Self::Little => u64::from_le_bytes(bytes),
            Self::Big => u64::from_be_bytes(bytes),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_their_order() {
        assert_eq!(ByteOrder::Little.u16([1, 2]), 0x0201);
        assert_eq!(ByteOrder::Big.u16([1, 2]), 0x0102);
        assert_eq!(ByteOrder::Big.u32([1, 2, 3, 4]), 0x0102_0304);
        assert_eq!(ByteOrder::Little.u64([1, 0, 0, 0, 0, 0, 0, 2]), 0x0200_0000_0000_0001);
        assert_eq!(ByteOrder::NATIVE.u32(7_u32.to_ne_bytes()), 7);
    }
}
