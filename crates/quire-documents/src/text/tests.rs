//! Each feature of the text, on pages made for it.

mod forms;
mod order;
mod spacing;

use lopdf::{Document, Object, Stream, dictionary};

use crate::samples::{self, PlacedText, pdf_with_content, text_operators};
use crate::tests::{Kept, request, run};
use quire_domain::failure::FailureCode;
use quire_domain::operation::{Operation, OperationOptions, TextOptions};

pub(super) fn read_with(bytes: &[u8], text: TextOptions) -> Kept {
    let request = crate::DocumentRequest { options: OperationOptions { text }, ..request(&[Operation::Text]) };
    run(bytes, &request).unwrap().1
}

pub(super) fn read(bytes: &[u8]) -> String {
    read_with(bytes, TextOptions::default()).text()
}

pub(super) fn page(bytes: &[u8]) -> serde_json::Value {
    read_with(bytes, TextOptions::default()).json("pages.json")["pages"][0].clone()
}

/// One page in a font whose codes `A`, `B`, … stand for the given texts.
pub(super) fn with_letters(letters: &[&str], content: &str) -> Vec<u8> {
    let mut map = String::from("begincmap 1 begincodespacerange <00> <ff> endcodespacerange\n");
    map.push_str(&format!("{} beginbfchar\n", letters.len()));
    for (i, text) in letters.iter().enumerate() {
        let units: String = text.encode_utf16().map(|unit| format!("{unit:04x}")).collect();
        map.push_str(&format!("<{:02x}> <{units}>\n", 0x41 + i));
    }
    map.push_str("endbfchar endcmap\n");
    let mut document = Document::with_version("1.7");
    let map = document.add_object(Stream::new(dictionary! {}, map.into_bytes()));
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Courier", "ToUnicode" => map,
        "Encoding" => "WinAnsiEncoding",
    });
    let content = document.add_object(Stream::new(dictionary! {}, content.as_bytes().to_vec()));
    let tree = document.new_object_id();
    let page = document.add_object(dictionary! {
        "Type" => "Page", "Parent" => tree, "Contents" => content,
        "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
    });
    document.set_object(
        tree,
        dictionary! {
            "Type" => "Pages", "Count" => 1, "Kids" => vec![Object::Reference(page)],
        },
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    samples::saved(document)
}

#[test]
fn columns_written_row_by_row_are_read_one_after_the_other() {
    let set = samples::demo_documents();
    let bytes = &set.iter().find(|(name, _)| name == "two-columns.pdf").unwrap().1;
    let text = read(bytes);
    let place = |part: &str| text.find(part).unwrap_or_else(|| panic!("{part} in {text}"));
    assert!(place("across the page") < place("The left column"));
    assert!(place("Here the left column ends.") < place("The right column"));
    assert!(text.contains("from its top to its bottom,\nand no line"));
}

#[test]
fn a_tables_rows_stay_rows() {
    let mut lines = Vec::new();
    let rows = [("Apples", "12"), ("Pears", "7"), ("Plums", "31"), ("Cherries", "400"), ("Quinces", "2")];
    for (i, (name, count)) in rows.iter().enumerate() {
        let y = 700.0 - 14.0 * i as f64;
        lines.push(PlacedText(72.0, y, 11.0, name));
        lines.push(PlacedText(300.0, y, 11.0, count));
    }
    assert!(read(&pdf_with_content(&text_operators(&lines))).contains("Apples 12\nPears 7\nPlums 31"));
}

#[test]
fn lines_in_any_order_on_the_page_are_sorted() {
    let texts: Vec<String> = (0..12).map(|i| format!("this is line {i} of all")).collect();
    let lines: Vec<PlacedText<'_>> =
        (0..12).map(|i| i * 5 % 12).map(|i| PlacedText(72.0, 700.0 - 14.0 * i as f64, 11.0, &texts[i])).collect();
    let text = read(&pdf_with_content(&text_operators(&lines)));
    assert_eq!(text.trim_end(), texts.join("\n"));
}

#[test]
fn ligatures_are_taken_apart_unless_they_shall_stay() {
    let bytes = with_letters(&["ﬁ", "n", "ﬄ"], "BT /F1 12 Tf 72 700 Td (ABC) Tj ET");
    assert_eq!(read(&bytes), "finffl\n");
    let kept = read_with(&bytes, TextOptions { expand_ligatures: false, ..TextOptions::default() });
    assert_eq!(kept.text(), "ﬁnﬄ\n");
}

#[test]
fn words_broken_at_line_ends_are_joined_unless_they_shall_stay() {
    let lines = [
        PlacedText(72.0, 700.0, 11.0, "the first exam-"),
        PlacedText(72.0, 686.0, 11.0, "ple of a self-"),
        PlacedText(72.0, 672.0, 11.0, "made word, made of 3-"),
        PlacedText(72.0, 658.0, 11.0, "fold parts"),
    ];
    let bytes = pdf_with_content(&text_operators(&lines));
    assert_eq!(read(&bytes), "the first example\nof a self-made\nword, made of 3-\nfold parts\n");
    let kept = read_with(&bytes, TextOptions { join_hyphens: false, ..TextOptions::default() });
    assert!(kept.text().starts_with("the first exam-\nple of a self-\nmade"));
}

#[test]
fn overprinted_text_is_read_once_and_double_letters_stay_double() {
    let once = "BT /F1 12 Tf 72 700 Td (still allowed) Tj ET\n";
    let bold = "BT /F1 12 Tf 72.3 700 Td (still allowed) Tj ET\n";
    let shadow = "BT /F1 12 Tf 72.8 699.3 Td (still allowed) Tj ET\n";
    assert_eq!(read(&pdf_with_content(&format!("{once}{bold}{shadow}"))), "still allowed\n");
    let stroked = "BT /F1 12 Tf 2 Tr 72 700 Td (still allowed) Tj ET\n";
    assert_eq!(read(&pdf_with_content(stroked)), "still allowed\n");
}

#[test]
fn hebrew_shown_from_left_to_right_is_read_from_right_to_left() {
    // Shown: "12 (םלוע) םולש", as the eye sees it.
    let letters = ["ם", "ל", "ו", "ע", "ש", "1", "2", "(", ")"];
    let shown = "BT /F1 12 Tf 72 700 Td (FG HABCDI ACBE) Tj ET";
    assert_eq!(read(&with_letters(&letters, shown)), "שלום (עולם) 12\n");
}

#[test]
fn hebrew_written_glyph_by_glyph_in_reading_order_is_read_the_same() {
    let letters = ["ש", "ל", "ו", "ם"];
    let content: String = ["A", "B", "C", "D"]
        .iter()
        .enumerate()
        .map(|(i, c)| format!("BT /F1 12 Tf {} 700 Td ({c}) Tj ET\n", 200.0 - 7.2 * i as f64))
        .collect();
    assert_eq!(read(&with_letters(&letters, &content)), "שלום\n");
}

#[test]
fn vowel_signs_follow_their_letter() {
    let letters = ["ב", "\u{5b8}", "א"];
    let sign = "BT /F1 12 Tf 86 700 Td (B) Tj ET";
    let content = format!("BT /F1 12 Tf 72 700 Td (A) Tj ET BT /F1 12 Tf 79.2 700 Td (C) Tj ET {sign}");
    assert_eq!(read(&with_letters(&letters, &content)), "א\u{5b8}ב\n");
}

#[test]
fn loose_accents_join_their_letter() {
    let bytes = with_letters(&["´", "e", "t"], "BT /F1 12 Tf 72 700 Td (CA) Tj ET BT /F1 12 Tf 79.2 700 Td (B) Tj ET");
    assert_eq!(read(&bytes), "té\n");
}

#[test]
fn superscripts_stay_in_their_line() {
    let content = "BT /F1 12 Tf 72 700 Td (E = mc) Tj 5 Ts /F1 7 Tf (2) Tj 0 Ts /F1 12 Tf ( holds) Tj ET";
    assert_eq!(read(&pdf_with_content(content)), "E = mc2 holds\n");
}

#[test]
fn boxes_count_from_the_top_left_of_the_page() {
    let bytes = pdf_with_content(&text_operators(&[PlacedText(72.0, 742.0, 10.0, "two words")]));
    let kept = read_with(&bytes, TextOptions { boxes: true, ..TextOptions::default() });
    let json = kept.json("pages.json");
    let line = &json["pages"][0]["blocks"][0]["lines"][0];
    let bbox: Vec<f64> = serde_json::from_value(line["words"][1]["bbox"].clone()).unwrap();
    assert_eq!(line["text"], "two words");
    assert!(bbox[0] > 85.0 && bbox[2] < 130.0, "{bbox:?}");
    assert!(bbox[1] > 90.0 && bbox[3] < 105.0, "{bbox:?}");
}

#[test]
fn a_page_without_text_but_many_shapes_needs_ocr() {
    let shapes = "10 10 m 20 20 l 30 10 l f\n".repeat(300);
    let page = page(&pdf_with_content(&shapes));
    assert_eq!(page["has_text_layer"], false);
    assert_eq!(page["needs_ocr_reasons"][0], "no_text_but_many_shapes");
    assert_eq!(self::page(&pdf_with_content(""))["needs_ocr"], false);
}

#[test]
fn unknown_characters_are_counted_and_shown() {
    let page = page(&with_letters(&["\u{fffd}", "b"], "BT /F1 12 Tf 72 700 Td (AAAB) Tj ET"));
    assert_eq!(page["unmapped_chars"], 3);
    assert_eq!(page["text"], "\u{fffd}\u{fffd}\u{fffd}b\n");
    assert_eq!(page["needs_ocr_reasons"][0], "characters_unknown");
}

#[test]
fn a_broken_page_is_an_error_on_that_page() {
    let good = Stream::new(dictionary! {}, text_operators(&[PlacedText(72.0, 700.0, 12.0, "good")]).into_bytes());
    let bad = Stream::new(dictionary! { "Filter" => "FlateDecode" }, b"no deflate data at all".to_vec());
    let mixed = samples::pdf_from_contents(&[good, bad.clone()]);
    let (summary, kept) = run(&mixed, &request(&[Operation::Text])).unwrap();
    assert_eq!((summary.pages, summary.pages_failed, summary.warnings.len()), (2, 1, 1));
    let json = kept.json("pages.json");
    assert!(json["pages"][0]["error"].is_null());
    assert!(json["pages"][1]["error"].is_string());
    assert_eq!(kept.text(), "good\n\u{c}");

    let all = run(&samples::pdf_from_contents(&[bad]), &request(&[Operation::Text]));
    assert_eq!(all.err().map(|f| f.code), Some(FailureCode::EngineFailure));
}

#[test]
fn a_page_that_unpacks_to_too_much_is_an_error_on_that_page() {
    let mut limited = request(&[Operation::Text]);
    limited.limits.max_decompressed_bytes = 1_000;
    let long = Stream::new(dictionary! {}, "0 0 m\n".repeat(1_000).into_bytes());
    let short = Stream::new(dictionary! {}, text_operators(&[PlacedText(72.0, 700.0, 12.0, "short")]).into_bytes());
    let (summary, _) = run(&samples::pdf_from_contents(&[short, long]), &limited).unwrap();
    assert_eq!(summary.pages_failed, 1);
}

#[test]
fn pages_are_separated_by_form_feeds() {
    assert_eq!(read(&samples::pdf_with_pages(2)), "This is page 1 of 2.\n\u{c}This is page 2 of 2.\n");
}
