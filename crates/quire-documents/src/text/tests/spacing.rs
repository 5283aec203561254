//! Which gaps are blanks: tracked letters, ideograms, scripts that run the other way, lines that run down.

use super::{read, with_letters};
use crate::samples::pdf_with_content;

/// Each text at its place, in points.
fn placed(size: f64, pieces: &[(f64, f64, &str)]) -> String {
    let show = |(x, y, text): &(f64, f64, &str)| format!("BT /F1 {size} Tf {x} {y} Td ({text}) Tj ET\n");
    pieces.iter().map(show).collect()
}

#[test]
fn letters_of_a_heading_that_are_set_apart_are_words_still() {
    // By character spacing and shown spaces; by steps within a string; letter by letter.
    let spaced = "BT /F1 20 Tf 5 Tc 72 700 Td (ANNUAL REPORT) Tj ET";
    let steps = "BT /F1 20 Tf 72 700 Td [(A) -300 (N) -300 (N) -300 (U) -300 (A) -300 (L) -900 (R) -300 (E) -300 (P) \
                 -300 (O) -300 (R) -300 (T)] TJ ET";
    let mut single = Vec::new();
    for (i, letter) in ["A", "N", "N", "U", "A", "L", "", "R", "E", "P", "O", "R", "T"].iter().enumerate() {
        single.push((72.0 + 18.0 * i as f64, 700.0, *letter));
    }
    for content in [spaced, steps, &placed(20.0, &single)] {
        assert_eq!(read(&pdf_with_content(content)), "ANNUAL REPORT\n", "{content}");
    }
}

#[test]
fn a_formula_between_words_keeps_its_blanks() {
    // Parted by steps, without a shown space.
    let formula = "BT /F1 12 Tf 72 700 Td [(take) -300 (n) -300 (=) -300 (N) -300 (numbers)] TJ ET";
    assert_eq!(read(&pdf_with_content(formula)), "take n = N numbers\n");
}

#[test]
fn letters_of_a_list_are_no_word() {
    let alphabet = "BT /F1 12 Tf 72 700 Td [(A) -300 (B) -300 (C) -300 (D) -300 (E) -300 (F)] TJ ET";
    assert_eq!(read(&pdf_with_content(alphabet)), "A B C D E F\n");
    let both = "BT /F1 12 Tf 72 700 Td [(x) -300 (X) -300 (p) -300 (P) -300 (k) -300 (K)] TJ ET";
    assert_eq!(read(&pdf_with_content(both)), "x X p P k K\n");
}

#[test]
fn ideograms_that_fill_a_line_are_not_parted_and_korean_keeps_its_blanks() {
    let chinese = ["中", "文", "排", "版", "测", "试"];
    // The font's letters are 0.6 em wide.
    for tracking in [1.8, 3.0, 4.2] {
        let content = format!("BT /F1 12 Tf {tracking} Tc 72 700 Td (ABCDEF) Tj ET");
        assert_eq!(read(&with_letters(&chinese, &content)), "中文排版测试\n", "{tracking} points apart");
    }
    let korean = ["한", "국", "어", "문", "장"];
    let content = "BT /F1 12 Tf 72 700 Td [(ABC) -400 (DE)] TJ ET";
    assert_eq!(read(&with_letters(&korean, content)), "한국어 문장\n");
    let mixed = ["中", "文", "P", "D", "F"];
    let content = "BT /F1 12 Tf 72 700 Td [(AB) -400 (CDE)] TJ ET";
    assert_eq!(read(&with_letters(&mixed, content)), "中文 PDF\n");
}

#[test]
fn right_to_left_words_shown_mirrored_are_read_as_they_were_written() {
    // Under a matrix that runs to the left, in reading order, invisible.
    let letters = ["ש", "ל", "ו", "ם", "ע"];
    let word = |x: f64, text: &str| format!("BT /F1 12 Tf 3 Tr -1 0 0 1 {x} 700 Tm ({text}) Tj ET\n");
    let content = format!("{}{}", word(300.0, "ABCD"), word(264.0, "ECBD"));
    assert_eq!(read(&with_letters(&letters, &content)), "שלום עולם\n");
    // Latin letters that are mirrored for show are read as they run.
    let latin = "BT /F1 12 Tf -1 0 0 1 300 700 Tm (mirror) Tj ET";
    assert!(read(&pdf_with_content(latin)).trim().len() == 6);
}

#[test]
fn ideograms_placed_one_below_the_other_are_lines_that_run_down() {
    let letters = ["縦", "書", "き", "右", "か", "ら", "。"];
    let column = |x: f64, text: &'static str| {
        let places = (0..text.len()).map(move |i| (x, 700.0 - 14.0 * i as f64, &text[i..=i]));
        places.collect::<Vec<_>>()
    };
    let content = placed(12.0, &[column(300.0, "ABCG"), column(270.0, "DEFG")].concat());
    assert_eq!(read(&with_letters(&letters, &content)), "縦書き。\n右から。\n");
    // Lines of one letter each, as in a list, further apart.
    let list = placed(12.0, &[(72.0, 700.0, "A"), (72.0, 670.0, "B"), (72.0, 640.0, "C")]);
    assert_eq!(read(&with_letters(&letters, &list)).split_whitespace().collect::<Vec<_>>(), ["縦", "書", "き"]);
}
