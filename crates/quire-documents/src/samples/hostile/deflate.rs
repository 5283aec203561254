//! Just enough of RFC 1951 to write one byte very often.

/// Length of one repetition in a deflate stream.
const RUN: usize = 258;

/// The largest stored block.
const STORED: usize = u16::MAX as usize;

/// A zlib stream of `n` spaces, about `n` / 1,032 bytes long.
pub(crate) fn spaces(n: usize) -> Vec<u8> {
    padded(b"", n)
}

/// A zlib stream of these bytes and `n` spaces; `n` is at least 1.
pub(super) fn padded(head: &[u8], n: usize) -> Vec<u8> {
    let mut out = vec![0x78, 0xda];
    for part in head.chunks(STORED) {
        let length = part.len() as u16;
        out.push(0);
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(part);
    }
    out.append(&mut run(n));
    out.extend_from_slice(&checksum(head, n).to_be_bytes());
    out
}

/// The last block: one space, then repetitions of it.
fn run(n: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    // Last block, dynamic codes: 257 + 29 literal and length codes, 1 distance code, 18 code lengths.
    bits.put(1, 1);
    bits.put(2, 2);
    bits.put(29, 5);
    bits.put(0, 5);
    bits.put(14, 4);
    // Lengths of the code-length codes in the order of the RFC: 18 → 1 bit, 1 → 2, 2 → 2.
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
        let length = match symbol {
            18 => 1,
            1 | 2 => 2,
            _ => 0,
        };
        bits.put(length, 3);
    }
    code_lengths(&mut bits);
    bits.code(0b10, 2);
    for _ in 0..(n - 1) / RUN {
        // Length 258 is one bit, distance 1 is one bit.
        bits.code(0, 1);
        bits.code(0, 1);
    }
    bits.code(0b11, 2);
    bits.bytes()
}

/// Adler-32 of the bytes and the spaces that [`run`] makes of `n`.
fn checksum(head: &[u8], n: usize) -> u32 {
    const BASE: u128 = 65_521;
    let (mut a, mut b) = (1, 0);
    for byte in head {
        a = (a + u128::from(*byte)) % BASE;
        b = (b + a) % BASE;
    }
    let n = (1 + (n - 1) / RUN * RUN) as u128;
    let space = u128::from(b' ');
    b = (b + n * a + space * (n * (n + 1) / 2)) % BASE;
    a = (a + space * n) % BASE;
    ((b << 16) | a) as u32
}

/// Space → 2 bits, end → 2 bits, length 258 → 1 bit, distance 1 → 1 bit; all others unused.
fn code_lengths(bits: &mut Bits) {
    let one = (0b10, 2);
    let two = (0b11, 2);
    let skip = |bits: &mut Bits, n: u32| {
        bits.code(0, 1);
        bits.put(n - 11, 7);
    };
    skip(bits, 32);
    bits.code(two.0, two.1);
    skip(bits, 138);
    skip(bits, 85);
    bits.code(two.0, two.1);
    skip(bits, 28);
    bits.code(one.0, one.1);
    bits.code(one.0, one.1);
}

#[derive(Default)]
struct Bits {
    out: Vec<u8>,
    pending: u32,
    count: u32,
}

impl Bits {
    /// A number, lowest bit first.
    fn put(&mut self, value: u32, count: u32) {
        for i in 0..count {
            self.pending |= (value >> i & 1) << self.count;
            self.count += 1;
            if self.count == 8 {
                self.flush();
            }
        }
    }

    /// A Huffman code, highest bit first.
    fn code(&mut self, value: u32, count: u32) {
        for i in (0..count).rev() {
            self.put(value >> i & 1, 1);
        }
    }

    fn flush(&mut self) {
        self.out.push(self.pending as u8);
        self.pending = 0;
        self.count = 0;
    }

    fn bytes(mut self) -> Vec<u8> {
        if self.count > 0 {
            self.flush();
        }
        self.out
    }
}
