//! Just enough of LZW, as PDF uses it, to write one byte very often.

/// The code that forgets all longer ones.
const CLEAR: u32 = 256;
const END: u32 = 257;
/// The last code before the table is full.
const LAST: u32 = 4093;

/// About `n` spaces, rounded up to whole tables of 8 MiB.
pub(crate) fn spaces(n: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    let table: usize = (1..=(LAST - END) as usize + 1).sum();
    for _ in 0..n.div_ceil(table) {
        bits.put(CLEAR, bits.width);
        bits.width = 9;
        bits.put(u32::from(b' '), 9);
        // Each code stands for one space more than the one before it.
        for code in END + 1..=LAST {
            bits.width = width_of(code);
            bits.put(code, bits.width);
        }
    }
    bits.put(END, bits.width);
    bits.bytes()
}

/// Codes grow one code early, as PDF's do by default.
fn width_of(code: u32) -> u32 {
    match code {
        0..=510 => 9,
        511..=1022 => 10,
        1023..=2046 => 11,
        _ => 12,
    }
}

struct Bits {
    out: Vec<u8>,
    pending: u64,
    count: u32,
    width: u32,
}

impl Default for Bits {
    fn default() -> Self {
        Self { out: Vec::new(), pending: 0, count: 0, width: 9 }
    }
}

impl Bits {
    /// Highest bit first.
    fn put(&mut self, value: u32, count: u32) {
        self.pending = self.pending << count | u64::from(value);
        self.count += count;
        while self.count >= 8 {
            self.count -= 8;
            self.out.push((self.pending >> self.count) as u8);
        }
    }

    fn bytes(mut self) -> Vec<u8> {
        self.put(0, 7);
        self.out
    }
}
