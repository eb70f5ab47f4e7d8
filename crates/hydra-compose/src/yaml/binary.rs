//! Base64 as Python's `base64` module reads and writes it, for `!!binary`.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `base64.encodebytes`: lines of 76 characters, each with a line break, also the last.
pub(super) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 4 / 3 + bytes.len() / 57 + 5);
    for line in bytes.chunks(57) {
        for group in line.chunks(3) {
            let padded = [group[0], group.get(1).copied().unwrap_or(0), group.get(2).copied().unwrap_or(0)];
            let bits = u32::from_be_bytes([0, padded[0], padded[1], padded[2]]);
            for place in 0..4 {
                if place <= group.len() {
                    text.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]));
                } else {
                    text.push('=');
                }
            }
        }
        text.push('\n');
    }
    text
}

/// `base64.decodebytes`: characters outside of the alphabet are skipped, and what follows complete
/// padding is ignored. `None` if the padding is missing or a lone character is left over.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let mut group = 0u32;
    let mut count = 0;
    let mut padding = 0;
    for byte in text.bytes() {
        if byte == b'=' {
            padding += 1;
            if count >= 2 && count + padding >= 4 {
                return Some(bytes);
            }
            continue;
        }
        let Some(six) = ALPHABET.iter().position(|letter| *letter == byte) else {
            continue;
        };
        padding = 0;
        group = (group << 6) | six as u32;
        match count {
            0 => {}
            1 => bytes.push((group >> 4) as u8),
            2 => bytes.push((group >> 2) as u8),
            _ => bytes.push(group as u8),
        }
        count = (count + 1) % 4;
        if count == 0 {
            group = 0;
        }
    }
    (count == 0).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_survive_a_round_trip() {
        for length in 0..200u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37)).collect();
            assert_eq!(decode(&encode(&bytes)), Some(bytes));
        }
    }

    #[test]
    fn lines_have_76_characters() {
        assert_eq!(encode(&[0; 58]), format!("{}\nAA==\n", "A".repeat(76)));
    }

    #[test]
    fn strange_characters_are_skipped_and_padding_is_required() {
        assert_eq!(decode("aGV\n s!bG8="), Some(b"hello".to_vec()));
        assert_eq!(decode("aGVsbG8"), None);
        assert_eq!(decode("a"), None);
        assert_eq!(decode("aA==ignored"), Some(b"h".to_vec()));
    }
}
