//! Measures whether a packed stream holds more than is allowed: counts what comes out and keeps nothing.
//!
//! The engines unpack a stream as a whole before anyone can see how large it is. Counting costs as much as unpacking,
//! so it is done only where the packed size says that there could be too much.

mod readers;

use hayro_syntax::Filter;

use readers::{PackedReader, unpacked};

/// The most that one byte can become: two bits of Deflate repeat up to 258 bytes (RFC 1951); a code of LZW, 12 bits
/// long, stands for up to 3,838.
const FLATE_RATIO: u64 = 1_032;
const LZW_RATIO: u64 = 2_559;
const RUN_LENGTH_RATIO: u64 = 64;
/// ASCII85 writes four zeros as one letter.
const ASCII_RATIO: u64 = 4;

const PIECE_BYTES: usize = 32 << 10;

/// Whether this takes more than `limit` bytes when unpacked, in the end or in between. Packed wrongly on purpose, a
/// stream can look smaller than the engines find it: the limit of the process's memory is behind this one.
pub(super) fn exceeds(filters: &[Filter], packed: &[u8], limit: u64) -> bool {
    could_exceed(filters, packed.len(), limit)
        && (filters.len().min(1)..=filters.len()).any(|layers| goes_beyond(&filters[..layers], packed, limit))
}

/// By the packed size alone.
fn could_exceed(filters: &[Filter], packed_bytes: usize, limit: u64) -> bool {
    let most = |bytes: u64, filter: &Filter| bytes.saturating_mul(ratio(*filter));
    filters.iter().fold(packed_bytes as u64, most) > limit
}

/// Images are none of this file's business: for text nobody unpacks them.
fn ratio(filter: Filter) -> u64 {
    match filter {
        Filter::FlateDecode => FLATE_RATIO,
        Filter::LzwDecode => LZW_RATIO,
        Filter::RunLengthDecode => RUN_LENGTH_RATIO,
        Filter::Ascii85Decode => ASCII_RATIO,
        _ => 1,
    }
}

/// Output of the last of these filters: one reads from the next, all in little memory.
fn goes_beyond(filters: &[Filter], packed: &[u8], limit: u64) -> bool {
    let packed: PackedReader<'_> = Box::new(packed);
    let Some(mut last) = filters.iter().try_fold(packed, |packed, filter| unpacked(*filter, packed)) else {
        return false;
    };
    let mut piece = [0; PIECE_BYTES];
    let mut left = limit;
    // An error ends the stream for the engines, too.
    while let Ok(read @ 1..) = last.read(&mut piece) {
        match left.checked_sub(read as u64) {
            Some(less) => left = less,
            None => return true,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::hostile::{lzw_spaces, packed_spaces, zlib};

    const FLATE: Filter = Filter::FlateDecode;
    const MIB: usize = 1 << 20;

    #[test]
    fn the_limit_is_kept_to_the_byte() {
        let packed = zlib(vec![b'x'; MIB]);
        assert!(exceeds(&[FLATE], &packed, MIB as u64 - 1));
        assert!(!exceeds(&[FLATE], &packed, MIB as u64));
        assert!(exceeds(&[Filter::LzwDecode], &lzw_spaces(8 * MIB), 7 * MIB as u64));
        assert!(!exceeds(&[Filter::LzwDecode], &lzw_spaces(7 * MIB), 16 * MIB as u64));
    }

    #[test]
    fn every_layer_counts_and_not_only_the_last() {
        let bomb = packed_spaces(4 * MIB);
        assert!(exceeds(&[FLATE, FLATE], &zlib(&bomb), MIB as u64));
        // The first layer unpacks to no second one.
        assert!(exceeds(&[FLATE, FLATE], &bomb, MIB as u64));
        assert!(!exceeds(&[FLATE, FLATE], &zlib(zlib(b"small")), 16));
    }

    #[test]
    fn packed_without_a_head_or_not_at_all_is_counted_too() {
        let bomb = packed_spaces(4 * MIB);
        assert!(exceeds(&[FLATE], &bomb[2..], MIB as u64));
        assert!(exceeds(&[], &[0; 11], 10));
        assert!(!exceeds(&[FLATE], b"", 0));
        assert!(!exceeds(&[Filter::DctDecode], &bomb, MIB as u64));
    }

    #[test]
    fn nothing_of_little_size_is_unpacked_for_counting() {
        assert!(!could_exceed(&[FLATE], 254 << 10, 256 << 20));
        assert!(could_exceed(&[FLATE], 255 << 10, 256 << 20));
        assert!(could_exceed(&[FLATE, FLATE], 1 << 10, 256 << 20));
    }
}
