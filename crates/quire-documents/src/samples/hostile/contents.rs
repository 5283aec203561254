//! Page content that takes long to draw, or much memory.

use super::raw::{HELLO, RawPdf};

/// Five million operators.
pub(super) fn operators() -> Vec<u8> {
    content("0 0 m 9 9 l 9 0 l h f ", 1_000_000)
}

/// A thousand million points of one path, from a form shown again and again.
pub(super) fn endless_path() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let form = raw.packed("/Type/XObject/Subtype/Form/BBox[0 0 9 9]", "0 0 m 9 9 l ".repeat(50_000));
    raw.page_of_packed("/X Do ".repeat(10_000), &format!("/XObject<</X {form} 0 R>>"))
}

/// One line of three million letters.
pub(super) fn letters() -> Vec<u8> {
    content(&format!("({}) Tj ", "x".repeat(1_000)), 3_000)
}

/// A hundred and fifty thousand words, each in a place of its own, in no order.
pub(super) fn scattered() -> Vec<u8> {
    let mut out = String::from("BT /F1 1 Tf ");
    for n in 0_u64..150_000 {
        // Steps of a generator without a pattern that a layout could use.
        let (x, y) = (n * 7_919 % 590, n * 104_729 % 840);
        out.push_str(&format!("1 0 0 1 {x} {y}.{} Tm (w{}) Tj ", n % 97, n % 89));
    }
    RawPdf::new().page_of_packed(out + "ET", "")
}

/// The same letter 300,000 times, each a little beside the last.
pub(super) fn overprinted() -> Vec<u8> {
    let mut out = String::from("BT /F1 12 Tf ");
    for n in 0..300_000 {
        out.push_str(&format!("1 0 0 1 {}.{:03} 700 Tm (a) Tj ", 72 + n / 100_000, n % 1_000));
    }
    RawPdf::new().page_of_packed(out + "ET", "")
}

/// Hebrew letters and digits in turn, on one line without a space.
pub(super) fn both_directions() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let map = "1 beginbfrange <41> <5a> <05d0> endbfrange 1 beginbfrange <61> <7a> <0301> endbfrange";
    let map = raw.stream("", format!("begincmap 1 begincodespacerange <00> <ff> endcodespacerange {map} endcmap"));
    let font = raw.add(format!("<</Type/Font/Subtype/Type1/BaseFont/Courier/ToUnicode {map} 0 R>>"));
    let line = "(AaB1Cb2D\\(E3) Tj ".repeat(30_000);
    // One letter of the other direction, then a word that does not end.
    let word = format!("(A) Tj ({}) Tj", "x".repeat(200_000));
    let content = format!("BT /F9 .001 Tf 72 600 Td {line} ET BT /F9 .0001 Tf 72 500 Td {word} ET");
    raw.page_of_packed(content, &format!("/Font<</F9 {font} 0 R>>"))
}

/// Twenty million numbers before one operator.
pub(super) fn operands() -> Vec<u8> {
    content("1 2 3 4 5 6 7 8 ", 2_500_000)
}

/// An array of ten million numbers.
pub(super) fn long_array() -> Vec<u8> {
    RawPdf::new().page_of_packed(format!("BT /F1 12 Tf [{}] TJ ET {HELLO}", "1 ".repeat(10_000_000)), "")
}

/// A string of 50 MB, a name of 20 MB, a number of 20 million digits.
pub(super) fn long_words() -> Vec<u8> {
    let (string, name, digits) = ("a\\051".repeat(10_000_000), "n#41".repeat(5_000_000), "7".repeat(20_000_000));
    let hex = "4".repeat(20_000_000);
    RawPdf::new().page_of_packed(format!("({string}) pop /{name} gs {digits} w <{hex}> pop {HELLO}"), "")
}

/// Lines dashed by a million dashes, a million times thinner than a hair.
pub(super) fn dashes() -> Vec<u8> {
    let dashes = format!("[{}] 0 d 1e-38 w 0 0 m 1e38 1e38 l S ", "1e-9 ".repeat(1_000_000));
    RawPdf::new().page_of_packed(format!("{dashes}{HELLO}"), "")
}

/// Turned, stretched and squeezed until no number holds it.
pub(super) fn matrices() -> Vec<u8> {
    content("1e30 0 0 1e-30 1e30 1e30 cm 0 0 0 0 0 0 cm BT /F1 1e30 Tf 1e9 Tz (A) Tj ET ", 2_000)
}

fn content(part: &str, times: usize) -> Vec<u8> {
    RawPdf::new().page_of_packed(format!("{HELLO} BT /F1 1 Tf 72 600 Td {} ET", part.repeat(times)), "")
}
