//! Tables with one bad entry, and arbitrary ones.

use hayro_cmap::BfString;
use proptest::prelude::*;

use super::*;

/// The text of the codes 1 to 6, after mending; `-` where nothing is known.
fn read(body: &str) -> String {
    let table = format!("begincmap 1 begincodespacerange <00> <ff> endcodespacerange {body}");
    let table = table.into_bytes();
    let table = mended(&table).unwrap_or(table);
    let map = CMap::parse(&table, load_embedded).unwrap();
    let of = |code| match map.lookup_bf_string(code) {
        Some(BfString::Char(c)) => c.to_string(),
        Some(BfString::String(text)) => text,
        None => "-".to_owned(),
    };
    (1..=6).map(of).collect()
}

#[test]
fn a_table_without_a_fault_is_left_alone() {
    let table = b"begincmap 1 beginbfchar <01> <0041> endbfchar 1 beginbfrange <02> <04> <0042> endbfrange endcmap";
    assert_eq!(mended(table), None);
}

#[test]
fn a_bad_entry_costs_no_other() {
    for (entry, expected) in [
        ("<02> /ntilde", "AñB---"),
        ("<02> /uni20AC", "A€B---"),
        ("<02> /nosuchname", "A-B---"),
        ("<02> <>", "A-B---"),
        ("<02> [<0043>]", "ACB---"),
        ("<02> []", "A-B---"),
        ("<02> 67", "A-B---"),
        ("<02> null", "A-B---"),
        ("<> <0043>", "A-B---"),
        ("<0102030405> <0043>", "A-B---"),
        ("junk", "A-B---"),
        ("17", "A-B---"),
        ("/name", "A-B---"),
        (") >", "A-B---"),
        ("<0 2> <0 0 4 3>", "ACB---"),
        ("<02> <zz0043>", "ACB---"),
        ("<02 <0043", "ACB---"),
        ("<02> (\\000C)", "ACB---"),
    ] {
        let body = format!("3 beginbfchar <01> <0041> {entry} <03> <0042> endbfchar endcmap");
        assert_eq!(read(&body), expected, "{entry}");
        let lines = format!("3 beginbfchar\n<01> <0041>\n{entry}\n<03> <0042>\nendbfchar\nendcmap");
        assert_eq!(read(&lines), expected, "{entry} on a line");
    }
}

#[test]
fn an_entry_that_lacks_its_text_ends_with_its_line() {
    assert_eq!(read("3 beginbfchar\n<01> <0041>\n<02>\n<03> <0042>\nendbfchar"), "A-B---");
    assert_eq!(read("3 beginbfrange\n<01> <01> <0041>\n<02> <02>\n<03> <04> <0042>\nendbfrange"), "A-BC--");
    assert_eq!(read("beginbfrange\r<01> <01> <0041>\r<02>\r<03> <04> <0042>\rendbfrange"), "A-BC--");
    // A text may also stand on the line after its code.
    assert_eq!(read("beginbfchar\n<01>\n<0041>\n<02> /nosuchname\n<03>\n<0042>\nendbfchar"), "A-B---");
}

#[test]
fn marks_that_are_missing_cost_nothing() {
    let entries = "<01> <0041> <02> <0042>";
    for body in [
        format!("2 beginbfchar {entries} endcmap"),
        format!("2 beginbfchar {entries}"),
        format!("{entries} endbfchar endcmap"),
        format!("beginbfchar {entries} endbfrange beginbfchar {entries} endbfchar"),
        format!("2 beginbfchar {entries} 1 beginbfchar <01> <0041> endbfchar"),
        format!("2 beginbfchar {entries} endbfchar endcmap ) junk > behind"),
        format!("99 beginbfchar {entries} endbfchar endcmap <"),
    ] {
        assert_eq!(read(&body), "AB----", "{body}");
    }
    assert_eq!(read("2 beginbfchar <01> <0041> 1 beginbfrange <02> <03> <0042> endbfrange endcmap"), "ABC---");
    assert_eq!(read("1 beginbfrange <02> <03> <0042> 1 beginbfchar <01> <0041> endcmap"), "ABC---");
}

#[test]
fn a_range_may_be_short_or_long_or_turned_round() {
    for (entry, expected) in [
        ("<02> <04> [<0042>]", "AB--E-"),
        ("<02> <03> [<0042> <0043> <0044>]", "ABC-E-"),
        ("<02> <04> [<0042> /nosuchname <0044>]", "AB-DE-"),
        ("<02> <04> [<0042> <> <0044>]", "AB-DE-"),
        ("<04> <02> /nosuchname", "A---E-"),
        ("<02> <03> /B", "ABCE-"),
        ("<02> /x <0042>", "A---E-"),
    ] {
        let body = format!("beginbfrange\n<01> <01> <0041>\n{entry}\n<05> <05> <0045>\nendbfrange");
        let expected = if entry.ends_with("/B") { "ABC-E-" } else { expected };
        assert_eq!(read(&body), expected, "{entry}");
    }
    assert_eq!(read("beginbfrange\n<01> <03> [<0041> <0042>\n<05> <05> <0045>\nendbfrange"), "AB--E-");
}

#[test]
fn a_base_that_nobody_knows_does_not_cost_the_table() {
    assert_eq!(read("/Nowhere usecmap beginbfchar <01> <0041> endbfchar"), "A-----");
    assert_eq!(read("usecmap beginbfchar <01> <0041> endbfchar"), "A-----");
}

proptest! {
    #[test]
    fn whatever_is_mended_can_be_read(data in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Some(table) = mended(&data) {
            prop_assert!(CMap::parse(&table, load_embedded).is_some());
        }
    }

    #[test]
    fn tables_of_loose_parts_can_be_read(parts in prop::collection::vec(0_usize..12, 0..60)) {
        const PARTS: [&str; 12] = [
            "beginbfchar", "endbfchar", "beginbfrange", "endbfrange", "<01>", "<0041>", "[", "]", "/A", "\n", "7", "<",
        ];
        let table: String = parts.iter().map(|part| format!("{} ", PARTS[*part])).collect();
        if let Some(table) = mended(table.as_bytes()) {
            prop_assert!(CMap::parse(&table, load_embedded).is_some());
        }
    }
}

#[test]
fn an_empty_text_is_meant_where_another_code_has_the_characters_of_its_neighbours() {
    let body = "beginbfchar <01> <> <02> <0048006500620072006500770020> <03> <> endbfchar";
    assert_eq!(read(body), format!("{NOTHING}Hebrew {NOTHING}---"));
    assert_eq!(read("beginbfchar <01> <> <02> <00660069> <03> <> endbfchar"), "-fi----");
}
