//! Small files made to cost much: they show that the limits hold.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::saved;

/// Forms within forms; each level shows the next one this many times.
const FORM_FANOUT: usize = 16;
/// `FORM_FANOUT` to the power of this many forms are shown: no machine finishes them.
const FORM_LEVELS: usize = 24;
/// Unpacked size of the bomb in bytes.
const BOMB_BYTES: usize = 2 << 30;

/// A few kilobytes that an engine interprets practically for ever, in little memory: forms that show
/// each other, exponentially often.
pub fn endless() -> Vec<u8> {
    let mut document = Document::with_version("1.7");
    let show_next = "/X Do\n".repeat(FORM_FANOUT);
    let mut inner = document.add_object(form(dictionary! {}, "0 0 1 1 re f\n"));
    for _ in 0..FORM_LEVELS {
        let resources = dictionary! { "XObject" => dictionary! { "X" => inner } };
        inner = document.add_object(form(resources, &show_next));
    }
    let resources = dictionary! { "XObject" => dictionary! { "X" => inner } };
    one_page(document, resources, Stream::new(dictionary! {}, show_next.into_bytes()))
}

fn form(resources: Dictionary, content: &str) -> Stream {
    let dict = dictionary! {
        "Type" => "XObject", "Subtype" => "Form", "Resources" => resources,
        "BBox" => vec![0.into(), 0.into(), 100.into(), 100.into()],
    };
    Stream::new(dict, content.as_bytes().to_vec())
}

/// A few kilobytes that unpack to 2 GiB: packed twice, so that even the packed stream is small.
pub fn decompression_bomb() -> Vec<u8> {
    let content = packed(&zeros_packed());
    let filters = vec![Object::from("FlateDecode"), Object::from("FlateDecode")];
    let stream = Stream::new(dictionary! { "Filter" => filters }, content).with_compression(false);
    one_page(Document::with_version("1.7"), dictionary! {}, stream)
}

/// `BOMB_BYTES` spaces as a zlib stream, put together from one packed megabyte without ever unpacking it.
fn zeros_packed() -> Vec<u8> {
    deflate::spaces(BOMB_BYTES)
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut stream = Stream::new(dictionary! {}, bytes.to_vec());
    match stream.compress() {
        Ok(()) => stream.content,
        Err(_) => Vec::new(),
    }
}

fn one_page(mut document: Document, resources: Dictionary, content: Stream) -> Vec<u8> {
    let content = document.add_object(content);
    let tree = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "Contents" => content, "Resources" => resources,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
    });
    document.set_object(
        tree,
        dictionary! {
            "Type" => "Pages", "Count" => 1, "Kids" => vec![Object::Reference(page)],
        },
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    saved(document)
}

/// Just enough of RFC 1951 to write one byte very often.
mod deflate {
    /// Length of one repetition in a deflate stream.
    const RUN: usize = 258;

    /// A zlib stream of `n` spaces, about `n` / 1,032 bytes long.
    pub fn spaces(n: usize) -> Vec<u8> {
        let mut bits = Bits::default();
        // Last block, dynamic codes: 257 + 29 literal and length codes, 1 distance code, 18 code lengths.
        bits.put(1, 1);
        bits.put(2, 2);
        bits.put(29, 5);
        bits.put(0, 5);
        bits.put(14, 4);
        // Lengths of the code-length codes in the order of the RFC: 18 → 1 bit, 1 → 2, 2 → 2.
        for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1] {
            bits.put(
                match symbol {
                    18 => 1,
                    1 | 2 => 2,
                    _ => 0,
                },
                3,
            );
        }
        code_lengths(&mut bits);
        bits.code(0b10, 2);
        for _ in 0..(n - 1) / RUN {
            // Length 258 is one bit, distance 1 is one bit.
            bits.code(0, 1);
            bits.code(0, 1);
        }
        bits.code(0b11, 2);
        let mut out = vec![0x78, 0xda];
        out.append(&mut bits.bytes());
        // No checksum that anyone could verify without unpacking it all.
        out.extend_from_slice(&[0; 4]);
        out
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
}
