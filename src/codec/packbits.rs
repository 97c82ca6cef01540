//! PackBits: runs of equal bytes (TIFF 6.0, section 9).

/// Decodes into the front of `out` and returns how many bytes were made. No input is corrupt.
pub(super) fn decode(mut input: &[u8], out: &mut [u8]) -> usize {
    let mut made = 0;
    while let [head, rest @ ..] = input
        && made < out.len()
    {
        let room = out.len() - made;
        match *head as i8 {
            -128 => input = rest,
            head @ -127..=-1 => {
                let [byte, rest @ ..] = rest else { break };
                let len = (1 - isize::from(head)).unsigned_abs().min(room);
                out[made..made + len].fill(*byte);
                made += len;
                input = rest;
            }
            head @ 0.. => {
                let len = (usize::from(head.unsigned_abs()) + 1).min(rest.len());
                let (literal, rest) = rest.split_at(len);
                let len = len.min(room);
                out[made..made + len].copy_from_slice(&literal[..len]);
                made += len;
                input = rest;
            }
        }
    }
    made
}

/// Encodes one row at the end of `out`.
pub(super) fn encode(mut row: &[u8], out: &mut Vec<u8>) {
    while let Some(&first) = row.first() {
        let run = row.iter().take(128).take_while(|&&b| b == first).count();
        if run >= 2 {
            // The head of a run of n is 1 - n as a signed byte.
            out.extend([(257 - run) as u8, first]);
            row = &row[run..];
        } else {
            // A literal ends where three bytes are equal: breaking it for two gains nothing.
            let len = row.windows(3).position(|w| w[0] == w[1] && w[1] == w[2]);
            let len = len.unwrap_or(row.len()).clamp(1, 128);
            out.push((len - 1) as u8);
            out.extend_from_slice(&row[..len]);
            row = &row[len..];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_decoded() {
        let packed = [
            0xfe, 0xaa, 0x02, 0x80, 0x00, 0x2a, 0xfd, 0xaa, 0x03, 0x80, 0x00, 0x2a, 0x22, 0xf7,
            0xaa,
        ];
        let plain = [
            0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0xaa, 0xaa, 0xaa, 0xaa, 0x80, 0x00, 0x2a, 0x22,
            0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa, 0xaa,
        ];
        let mut out = [0; 30];
        assert_eq!(decode(&packed, &mut out), plain.len());
        assert_eq!(out[..plain.len()], plain);
        let mut again = Vec::new();
        encode(&plain, &mut again);
        assert_eq!(again, packed);
    }

    #[test]
    fn no_input_and_no_room_are_fine() {
        assert_eq!(decode(&[], &mut [0; 4]), 0);
        assert_eq!(decode(&[0x81], &mut [0; 4]), 0);
        assert_eq!(decode(&[0x7f, 1, 2], &mut [0; 4]), 2);
        assert_eq!(decode(&[0x80, 0x81, 9], &mut [0; 4]), 4);
        assert_eq!(decode(&[0x81, 9], &mut []), 0);
    }
}
