//! The filters that are not for images, each as a reader that reads from the one before it and keeps next to nothing.
//! A fault ends the stream.

use std::io::{self, BufReader, Bytes, Cursor, Read};
use std::iter::Fuse;

use flate2::read::{DeflateDecoder, ZlibDecoder};
use hayro_syntax::Filter;
use weezl::BitOrder;

pub(super) type PackedReader<'a> = Box<dyn Read + 'a>;

const PIECE_BYTES: usize = 8 << 10;

/// None for what only images are packed with.
pub(super) fn unpacked(filter: Filter, packed: PackedReader<'_>) -> Option<PackedReader<'_>> {
    Some(match filter {
        Filter::FlateDecode => inflated(packed),
        Filter::LzwDecode => Box::new(Lzw::new(packed)),
        Filter::RunLengthDecode => ByByte::of(RunLength { packed: bytes(packed), byte: 0, repeats: 0, copies: 0 }),
        Filter::AsciiHexDecode => ByByte::of(hexadecimal(packed)),
        Filter::Ascii85Decode => ByByte::of(ascii_85(packed)),
        _ => return None,
    })
}

/// With zlib's head or without it.
fn inflated(mut packed: PackedReader<'_>) -> PackedReader<'_> {
    let mut head = Vec::new();
    // Without a head there is nothing behind it either.
    let _ = packed.by_ref().take(2).read_to_end(&mut head);
    let has_head = matches!(head[..], [method, check]
        if method & 0x0f == 8 && check & 0x20 == 0 && u16::from_be_bytes([method, check]).is_multiple_of(31));
    let whole = Cursor::new(head).chain(packed);
    if has_head { Box::new(ZlibDecoder::new(whole)) } else { Box::new(DeflateDecoder::new(whole)) }
}

struct Lzw<'a> {
    packed: PackedReader<'a>,
    decoder: weezl::decode::Decoder,
    piece: Vec<u8>,
    /// Of the piece, the part that has gone in.
    used: usize,
}

impl<'a> Lzw<'a> {
    fn new(packed: PackedReader<'a>) -> Self {
        // Codes grow one code early unless a parameter says otherwise, and that hardly changes the size.
        let decoder = weezl::decode::Decoder::with_tiff_size_switch(BitOrder::Msb, 8);
        Self { packed, decoder, piece: Vec::new(), used: 0 }
    }
}

impl Read for Lzw<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.used == self.piece.len() {
                (self.used, self.piece) = (0, Vec::with_capacity(PIECE_BYTES));
                self.packed.by_ref().take(PIECE_BYTES as u64).read_to_end(&mut self.piece)?;
            }
            let done = self.decoder.decode_bytes(&self.piece[self.used..], out);
            self.used += done.consumed_in;
            let is_over = self.piece.is_empty() || !matches!(done.status, Ok(weezl::LzwStatus::Ok));
            if done.consumed_out > 0 || is_over {
                return Ok(done.consumed_out);
            }
        }
    }
}

/// A reader of what yields single bytes.
struct ByByte<I>(Fuse<I>);

impl<'a, I: Iterator<Item = u8> + 'a> ByByte<I> {
    /// Readers are asked again after their end.
    fn of(bytes: I) -> PackedReader<'a> {
        Box::new(Self(bytes.fuse()))
    }
}

impl<I: Iterator<Item = u8>> Read for ByByte<I> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        Ok(out.iter_mut().zip(&mut self.0).map(|(place, byte)| *place = byte).count())
    }
}

fn bytes(packed: PackedReader<'_>) -> Bytes<BufReader<PackedReader<'_>>> {
    BufReader::new(packed).bytes()
}

/// ISO 32000-1, 7.4.5.
struct RunLength<'a> {
    packed: Bytes<BufReader<PackedReader<'a>>>,
    byte: u8,
    repeats: usize,
    copies: usize,
}

impl Iterator for RunLength<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        loop {
            if self.repeats > 0 {
                self.repeats -= 1;
                return Some(self.byte);
            }
            let byte = self.packed.next()?.ok()?;
            if self.copies > 0 {
                self.copies -= 1;
                return Some(byte);
            }
            match usize::from(byte) {
                128 => return None,
                length @ 0..128 => self.copies = length + 1,
                length => (self.byte, self.repeats) = (self.packed.next()?.ok()?, 257 - length),
            }
        }
    }
}

/// Up to the mark of the end, without white space.
fn letters(packed: PackedReader<'_>, end: u8) -> impl Iterator<Item = u8> {
    let all = bytes(packed).map_while(Result::ok);
    all.filter(|byte| !byte.is_ascii_whitespace()).take_while(move |byte| *byte != end)
}

/// ISO 32000-1, 7.4.2.
fn hexadecimal(packed: PackedReader<'_>) -> impl Iterator<Item = u8> {
    let mut digits = letters(packed, b'>').map_while(|letter| char::from(letter).to_digit(16));
    std::iter::from_fn(move || Some((digits.next()? << 4 | digits.next().unwrap_or(0)) as u8))
}

/// ISO 32000-1, 7.4.3.
fn ascii_85(packed: PackedReader<'_>) -> impl Iterator<Item = u8> {
    let mut letters = letters(packed, b'~').peekable();
    let groups = std::iter::from_fn(move || {
        if letters.next_if_eq(&b'z').is_some() {
            return Some(vec![0; 4]);
        }
        let group: Vec<u32> = letters.by_ref().take(5).map(|letter| u32::from(letter.wrapping_sub(b'!'))).collect();
        let padded = group.iter().copied().chain(std::iter::repeat(84)).take(5);
        let value = padded.fold(0_u32, |value, digit| value.wrapping_mul(85).wrapping_add(digit));
        let kept = group.len().checked_sub(1)?;
        Some(value.to_be_bytes()[..kept].to_vec())
    });
    groups.flatten()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use lopdf::{Stream, dictionary};
    use proptest::prelude::*;

    use super::*;
    use crate::samples::hostile::{lzw_spaces, zlib};

    fn read(filter: Filter, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::new();
        unpacked(filter, Box::new(data)).unwrap().read_to_end(&mut out).unwrap();
        out
    }

    /// Bytes as the engine for structure decodes them.
    fn expected(filter: &str, data: &[u8]) -> Vec<u8> {
        Stream::new(dictionary! { "Filter" => filter }, data.to_vec()).decompressed_content().unwrap()
    }

    proptest! {
        #[test]
        fn runs_are_read_as_an_engine_reads_them(data in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert_eq!(read(Filter::RunLengthDecode, &data), expected("RunLengthDecode", &data));
        }

        #[test]
        fn letters_are_read_as_an_engine_reads_them(data in prop::collection::vec(any::<u8>(), 0..60)) {
            let hex: String = data.iter().map(|byte| format!("{byte:02x} ")).collect::<String>() + ">";
            prop_assert_eq!(read(Filter::AsciiHexDecode, hex.as_bytes()), data);
            // Digits in base 85 below the last one always fit.
            let text: Vec<u8> = hex.bytes().filter(u8::is_ascii_alphanumeric).map(|byte| byte % 80 + b'!').collect();
            let text = [&text[..text.len() / 5 * 5], b"zz~>"].concat();
            prop_assert_eq!(read(Filter::Ascii85Decode, &text), expected("ASCII85Decode", &text));
        }
    }

    #[test]
    fn both_packings_come_out_whole() {
        assert_eq!(read(Filter::FlateDecode, &zlib(b"whole")), b"whole");
        assert_eq!(read(Filter::FlateDecode, &zlib(b"whole")[2..]), b"whole");
        let spaces = lzw_spaces(9 << 20);
        assert!(read(Filter::LzwDecode, &spaces) == expected("LZWDecode", &spaces));
        assert!(unpacked(Filter::JpxDecode, Box::new(&b""[..])).is_none());
    }
}
