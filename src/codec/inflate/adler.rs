//! The checksum of zlib streams, Adler-32 (RFC 1950, section 8.2).

/// The largest prime below 2^16.
const BASE: u32 = 65521;
/// Bytes summed side by side.
const LANES: usize = 32;
/// Rows of lanes after which 16 bits could overflow: `255 * 22 * 23 / 2 < 65536`.
const ROWS: usize = 22;

/// The checksum of `bytes`.
///
/// Each lane keeps a sum of its bytes and a sum of those sums, in 16 bits, which vectorises on
/// any machine; every 22 rows the lanes are folded into the two sums of the definition.
pub(super) fn adler32(bytes: &[u8]) -> u32 {
    let (mut a, mut b) = (1_u32, 0_u32);
    let (lines, rest) = bytes.as_chunks::<LANES>();
    for block in lines.chunks(ROWS) {
        let (mut sums, mut sums_of_sums) = ([0_u16; LANES], [0_u16; LANES]);
        sum_lanes(block, &mut sums, &mut sums_of_sums);
        // A byte counts once for itself and once for each byte after it: 32 for each row below
        // its own, and those to its right.
        let mut rows_below = 0_u32;
        let (mut sum, mut to_the_right) = (0_u32, 0_u32);
        for lane in 0..LANES {
            rows_below += u32::from(sums_of_sums[lane]);
            sum += u32::from(sums[lane]);
            to_the_right += (LANES - lane) as u32 * u32::from(sums[lane]);
        }
        let len = (block.len() * LANES) as u32;
        b = (b + len * a + LANES as u32 * rows_below + to_the_right) % BASE;
        a = (a + sum) % BASE;
    }
    for &byte in rest {
        a += u32::from(byte);
        b += a;
    }
    (b % BASE) << 16 | (a % BASE)
}

/// Sums rows lane by lane; apart, as folding in the same function keeps it from vectorising.
#[inline(never)]
fn sum_lanes(rows: &[[u8; LANES]], sums: &mut [u16; LANES], sums_of_sums: &mut [u16; LANES]) {
    for row in rows {
        for lane in 0..LANES {
            // The sum before this row counts once more for each row after its own.
            sums_of_sums[lane] += sums[lane];
            sums[lane] += u16::from(row[lane]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::testing::Random;

    #[test]
    fn sums_are_those_of_the_definition() {
        let mut random = Random(5);
        let mut data = random.bytes(3000);
        data.extend([0xff; 10_000]);
        for len in (0..100).chain([703, 704, 705, 5552, data.len()]) {
            let (mut a, mut b) = (1, 0);
            for &byte in &data[data.len() - len..] {
                a = (a + u32::from(byte)) % 65521;
                b = (b + a) % 65521;
            }
            assert_eq!(adler32(&data[data.len() - len..]), b << 16 | a, "{len} bytes");
        }
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }
}
