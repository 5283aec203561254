//! Rows that the page's stream has in another order than the eye, and pages that only look like such.

use super::read;
use crate::samples::{PlacedText, pdf_with_content, text_operators};

/// Each text at its place, in 11 points.
fn page(pieces: &[(f64, f64, &str)]) -> String {
    let lines: Vec<PlacedText<'_>> = pieces.iter().map(|(x, y, text)| PlacedText(*x, *y, 11.0, text)).collect();
    read(&pdf_with_content(&text_operators(&lines)))
}

/// The texts one below the other, from `y` on.
fn column<'a>(x: f64, y: f64, texts: &[&'a str]) -> Vec<(f64, f64, &'a str)> {
    texts.iter().enumerate().map(|(i, text)| (x, y - 14.0 * i as f64, *text)).collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().filter(|line| !line.is_empty()).collect()
}

const LABELS: [&str; 5] = ["Invoice no:", "Date:", "Customer:", "Street:", "Total:"];
const VALUES: [&str; 5] = ["2024-117", "2024-05-06", "Ada Example", "Main Road 7", "119.00"];
const PAIRED: [&str; 5] =
    ["Invoice no: 2024-117", "Date: 2024-05-06", "Customer: Ada Example", "Street: Main Road 7", "Total: 119.00"];

#[test]
fn values_drawn_into_the_gaps_of_a_line_are_read_where_they_stand() {
    let letter = [(50.0, 700.0, "Dear"), (110.0, 700.0, ", your order"), (240.0, 700.0, "has been shipped.")];
    let values = [(80.0, 700.0, "Ada"), (178.0, 700.0, "4711-22")];
    let expected = "Dear Ada , your order 4711-22 has been shipped.\n";
    assert_eq!(page(&[&letter[..], &values].concat()), expected);
    assert_eq!(page(&[&values[..], &letter].concat()), expected, "whichever was drawn first");
    assert_eq!(page(&[&letter[..], &[values[1], values[0]]].concat()), expected, "in any order");
}

#[test]
fn values_far_below_the_letter_in_the_stream_find_their_line() {
    let mut pieces = vec![(50.0, 742.0, "Example Ltd. writes letters")];
    pieces.extend([(50.0, 700.0, "Dear"), (110.0, 700.0, ",")]);
    pieces.extend(column(50.0, 672.0, &["thank you for your order of the last week.", "It is on its way to you."]));
    pieces.extend([(50.0, 600.0, "The sum of"), (150.0, 600.0, "is due by the"), (290.0, 600.0, ".")]);
    pieces.extend([(80.0, 700.0, "Ada"), (110.0, 600.0, "17.00"), (222.0, 600.0, "6 May 2026")]);
    let text = page(&pieces);
    let lines = lines(&text);
    assert_eq!(lines[1], "Dear Ada ,");
    assert_eq!(lines[4], "The sum of 17.00 is due by the 6 May 2026 .");
}

#[test]
fn words_in_another_font_drawn_after_the_rest_join_their_lines() {
    let plain = [(50.0, 700.0, "This is"), (146.0, 700.0, "to know and"), (50.0, 686.0, "to keep in")];
    let bold = [(88.0, 700.0, "important"), (102.0, 686.0, "mind")];
    assert_eq!(page(&[&plain[..], &bold].concat()), "This is important to know and\nto keep in mind\n");
}

#[test]
fn a_form_whose_values_were_drawn_row_by_row_is_read_row_by_row() {
    let labels = [(50.0, 700.0, "Name:"), (250.0, 700.0, "Date:"), (50.0, 680.0, "City:"), (250.0, 680.0, "Phone:")];
    let values = [(120.0, 700.0, "Ada"), (320.0, 700.0, "6 May"), (120.0, 680.0, "London"), (320.0, 680.0, "555")];
    let text = page(&[&labels[..], &values].concat());
    assert_eq!(lines(&text), ["Name: Ada Date: 6 May", "City: London Phone: 555"]);
}

#[test]
fn lines_drawn_from_the_bottom_up_are_read_from_the_top() {
    for count in [3, 30, 50] {
        let texts: Vec<String> = (1..=count).map(|i| format!("Row {i}")).collect();
        let mut pieces: Vec<(f64, f64, &str)> =
            texts.iter().enumerate().map(|(i, text)| (50.0, 780.0 - 14.0 * i as f64, text.as_str())).collect();
        pieces.reverse();
        assert_eq!(lines(&page(&pieces)), texts, "{count} rows");
    }
}

#[test]
fn a_table_drawn_from_the_bottom_up_is_read_from_the_top() {
    let mut pieces = vec![(50.0, 760.0, "Fruit of the year")];
    for (i, (name, count)) in [("Plums", "31"), ("Pears", "7"), ("Apples", "12")].iter().enumerate() {
        let y = 600.0 + 14.0 * i as f64;
        pieces.extend([(50.0, y, *name), (200.0, y, *count)]);
    }
    assert_eq!(lines(&page(&pieces)), ["Fruit of the year", "Apples 12", "Pears 7", "Plums 31"]);
}

#[test]
fn two_columns_drawn_from_the_bottom_up_stay_two_columns() {
    let (left, right) = (["Anna", "Berta", "Clara", "Dora"], ["Emil", "Fritz", "Georg", "Hans"]);
    let up = |x: f64, texts| -> Vec<_> { column(x, 700.0, texts).into_iter().rev().collect() };
    let text = page(&[up(50.0, &left), up(300.0, &right)].concat());
    assert_eq!(lines(&text), [left, right].concat());
}

#[test]
fn numbers_along_an_axis_keep_their_order() {
    let mut pieces = column(300.0, 700.0, &["A figure shows how", "the values rise with", "the time that passes."]);
    pieces.extend(column(50.0, 642.0, &["30", "20", "10", "0"]).into_iter().rev());
    let text = page(&pieces);
    assert_eq!(lines(&text)[3..], ["0", "10", "20", "30"]);
}

#[test]
fn each_value_follows_its_label() {
    let (labels, values) = (column(50.0, 700.0, &LABELS), column(140.0, 700.0, &VALUES));
    assert_eq!(lines(&page(&[labels.clone(), values.clone()].concat())), PAIRED);
    assert_eq!(lines(&page(&[values.clone(), labels.clone()].concat())), PAIRED, "whichever were drawn first");
    let up = |column: &[_]| column.iter().rev().copied().collect::<Vec<_>>();
    assert_eq!(lines(&page(&[up(&labels), up(&values)].concat())), PAIRED, "from the bottom up");
}

#[test]
fn labels_without_colons_are_known_by_the_numbers_beside_them() {
    let labels = LABELS.map(|label| label.trim_end_matches(':'));
    let text = page(&[column(50.0, 700.0, &labels), column(140.0, 700.0, &VALUES)].concat());
    assert_eq!(lines(&text), PAIRED.map(|line| line.replacen(':', "", 1)));
}

#[test]
fn text_around_labels_and_values_stays_around_them() {
    let mut pieces = column(50.0, 760.0, &["Invoice", "Many thanks for your order of last week."]);
    pieces.extend(column(50.0, 700.0, &LABELS));
    pieces.extend(column(140.0, 700.0, &VALUES));
    pieces.extend(column(50.0, 600.0, &["Please pay within a week.", "With kind regards"]));
    let text = page(&pieces);
    assert_eq!(lines(&text)[2..7], PAIRED);
    assert_eq!(lines(&text)[7..], ["Please pay within a week.", "With kind regards"]);
}

#[test]
fn a_value_of_two_lines_and_a_label_without_a_value_disturb_nobody() {
    let labels = [(50.0, 700.0, "Name:"), (50.0, 686.0, "Street:"), (50.0, 658.0, "Fax:"), (50.0, 644.0, "City:")];
    let values =
        [(140.0, 700.0, "Ada"), (140.0, 686.0, "Old Mill"), (140.0, 672.0, "Main Road"), (140.0, 644.0, "Ulm")];
    let text = page(&[labels, values].concat());
    assert_eq!(lines(&text), ["Name: Ada", "Street: Old Mill", "Main Road", "Fax:", "City: Ulm"]);
}

#[test]
fn a_table_drawn_column_by_column_is_read_row_by_row() {
    let names = column(50.0, 700.0, &["Ada", "Grace", "Alan", "Kurt"]);
    let cities = column(150.0, 700.0, &["London", "New York", "Wilmslow", "Vienna"]);
    let years = column(250.0, 700.0, &["1815", "1906", "1912", "1906"]);
    let text = page(&[names, cities, years].concat());
    assert_eq!(lines(&text), ["Ada London 1815", "Grace New York 1906", "Alan Wilmslow 1912", "Kurt Vienna 1906"]);
}

#[test]
fn marks_drawn_before_the_entries_of_a_list_stand_before_them() {
    let entries = column(70.0, 700.0, &["the first entry of all", "and one more of them", "the last one in here"]);
    for marks in [["1.", "2.", "3."], ["(a)", "(b)", "(c)"], ["-", "-", "-"]] {
        let text = page(&[column(50.0, 700.0, &marks), entries.clone()].concat());
        let expected: Vec<String> =
            marks.iter().zip(&entries).map(|(mark, entry)| format!("{mark} {}", entry.2)).collect();
        assert_eq!(lines(&text), expected);
    }
}

#[test]
fn columns_of_prose_on_the_same_base_lines_stay_columns() {
    let left =
        ["The left column tells of", "many things, and its lines:", "stand on the base lines of", "the other one."];
    let right =
        ["The right one tells of 12", "other things, and of 17", "more that nobody of the", "other 3 has heard of."];
    for (x, gutter) in [(200.0, "narrow"), (320.0, "wide")] {
        let text = page(&[column(50.0, 700.0, &left), column(x, 700.0, &right)].concat());
        assert_eq!(lines(&text), [left, right].concat(), "{gutter}");
    }
}

#[test]
fn lists_in_two_columns_stay_columns() {
    let (left, right) = (["Anna", "Berta", "Clara", "Dora"], ["Emil", "Fritz", "Georg", "Hans"]);
    let text = page(&[column(50.0, 700.0, &left), column(300.0, 700.0, &right)].concat());
    assert_eq!(lines(&text), [left, right].concat(), "names");
    let (left, right) =
        (["apple, 12", "bread, 7", "corn, 31", "dill, 4"], ["egg, 1", "fig, 17", "grape, 20", "honey, 9"]);
    let text = page(&[column(50.0, 700.0, &left), column(300.0, 700.0, &right)].concat());
    assert_eq!(lines(&text), [left, right].concat(), "an index");
}

#[test]
fn cells_of_two_lines_are_read_cell_by_cell() {
    let cells = [["Recovery", "Rate"], ["Basis", "of all"], ["Expense", "of a year"]];
    let text = page(
        &[column(50.0, 700.0, &cells[0]), column(102.0, 700.0, &cells[1]), column(136.0, 700.0, &cells[2])].concat(),
    );
    assert_eq!(lines(&text), cells.concat());
}

#[test]
fn numerators_and_denominators_of_a_formula_do_not_mix() {
    let fractions = [(50.0, 700.0, "8p"), (50.0, 686.0, "15"), (65.0, 700.0, "1"), (65.0, 686.0, "MR")];
    assert_eq!(lines(&page(&fractions)), ["8p", "15", "1", "MR"]);
}

#[test]
fn a_note_at_the_side_stays_out_of_the_lines() {
    let prose =
        ["A long paragraph stands here, with", "words to the end of its every line,", "and goes on for a while."];
    let note = ["see also", "the next page"];
    let text = page(&[column(150.0, 700.0, &prose), column(50.0, 700.0, &note)].concat());
    assert_eq!(lines(&text), [&prose[..], &note].concat());
}

#[test]
fn places_beyond_all_measure_are_borne() {
    let far =
        "BT /F1 11 Tf 1 0 0 1 50 1e38 Tm (far) Tj 1 0 0 1 50 -1e38 Tm (away) Tj 1e30 0 0 1e30 0 0 Tm (huge) Tj ET";
    read(&pdf_with_content(&format!("{far} 1e38 0 0 1e38 1e38 1e38 cm {far} {far}")));
}
