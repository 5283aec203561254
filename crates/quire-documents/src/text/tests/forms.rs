//! Form fields: which values are read, where, and when an appearance is read instead.

use lopdf::{Dictionary, Document, Object, Stream, dictionary};

use super::read;
use crate::samples::{PlacedText, pdf_with_content, saved, text_operators};

/// A page that says `Name:` and has one widget beside that; `field` is changed at will and may use the document.
fn with_field(stale: bool, field: impl FnOnce(&mut Document, &mut Dictionary)) -> Vec<u8> {
    let mut document =
        Document::load_mem(&pdf_with_content(&text_operators(&[PlacedText(50.0, 750.0, 12.0, "Name:")]))).unwrap();
    let mut widget = dictionary! {
        "Type" => "Annot", "Subtype" => "Widget", "FT" => "Tx", "T" => Object::string_literal("name"), "F" => 4,
        "Rect" => vec![100.into(), 745.into(), 300.into(), 765.into()],
    };
    field(&mut document, &mut widget);
    let widget = document.add_object(widget);
    let page = document.get_pages()[&1];
    let page = document.get_object_mut(page).and_then(Object::as_dict_mut).unwrap();
    page.set("Annots", vec![widget.into()]);
    let form = dictionary! { "Fields" => vec![widget.into()], "NeedAppearances" => stale };
    document.catalog_mut().unwrap().set("AcroForm", form);
    saved(document)
}

fn appearance(document: &mut Document, text: &str) -> Object {
    let font = dictionary! { "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica" };
    let content = format!("/Tx BMC q BT /Helv 12 Tf 2 5 Td ({text}) Tj ET Q EMC");
    let form = dictionary! {
        "Type" => "XObject", "Subtype" => "Form", "BBox" => vec![0.into(), 0.into(), 200.into(), 20.into()],
        "Resources" => dictionary! { "Font" => dictionary! { "Helv" => font } },
    };
    let form = document.add_object(Stream::new(form, content.into_bytes()));
    dictionary! { "N" => form }.into()
}

fn string(text: &str) -> Object {
    Object::string_literal(text)
}

#[test]
fn a_value_without_an_appearance_is_read_beside_its_label() {
    for stale in [false, true] {
        let bytes = with_field(stale, |_, widget| widget.set("V", string("Ada Lovelace")));
        assert_eq!(read(&bytes), "Name: Ada Lovelace\n", "{stale}");
    }
}

#[test]
fn a_value_may_stand_in_a_field_above_the_widget() {
    let bytes = with_field(false, |document, widget| {
        let top = document.add_object(dictionary! { "FT" => "Tx", "V" => string("Ada Lovelace"), "T" => string("a") });
        let middle = document.add_object(dictionary! { "Parent" => top, "T" => string("b") });
        widget.remove(b"FT");
        widget.set("Parent", middle);
    });
    assert_eq!(read(&bytes), "Name: Ada Lovelace\n");
}

#[test]
fn a_field_that_is_its_own_parent_ends() {
    let bytes = with_field(false, |document, widget| {
        let loop_id = document.new_object_id();
        document.set_object(loop_id, dictionary! { "Parent" => loop_id });
        widget.set("Parent", loop_id);
    });
    assert_eq!(read(&bytes), "Name:\n");
}

#[test]
fn an_appearance_that_is_up_to_date_is_read_and_its_value_not_again() {
    let bytes = with_field(false, |document, widget| {
        widget.set("V", string("Ada Lovelace"));
        widget.set("AP", appearance(document, "Ada Lovelace"));
    });
    assert_eq!(read(&bytes), "Name: Ada Lovelace\n");
}

#[test]
fn an_appearance_out_of_date_is_not_read() {
    for (value, expected) in [(Some("London"), "Name: London\n"), (Some(""), "Name:\n"), (None, "Name:\n")] {
        let bytes = with_field(true, |document, widget| {
            if let Some(value) = value {
                widget.set("V", string(value));
            }
            // Longer than the field, which a viewer would cut.
            widget.set("AP", appearance(document, "Paris, the capital of a country with many letters in its name"));
        });
        assert_eq!(read(&bytes), expected);
    }
}

#[test]
fn an_appearance_that_cannot_be_drawn_counts_as_none() {
    let bytes = with_field(false, |_, widget| {
        widget.set("V", string("Ada"));
        widget.set("AP", dictionary! { "D" => dictionary! {} });
    });
    assert_eq!(read(&bytes), "Name: Ada\n");
}

#[test]
fn hidden_fields_passwords_and_buttons_say_nothing() {
    for (key, value) in [("F", 2.into()), ("F", 32.into()), ("Ff", (1 << 13).into()), ("FT", "Btn".into())] {
        let bytes = with_field(true, |_, widget| {
            widget.set("V", string("secret"));
            widget.set("MK", dictionary! { "CA" => string("Press") });
            widget.set(key, Object::clone(&value));
        });
        assert_eq!(read(&bytes), "Name:\n", "{key}");
    }
}

#[test]
fn a_checked_box_is_drawn_as_its_state_also_when_values_count() {
    let bytes = with_field(true, |document, widget| {
        let Object::Dictionary(states) = appearance(document, "yes") else { panic!("no dictionary") };
        let on = states.get(b"N").unwrap().clone();
        widget.set("FT", "Btn");
        widget.set("V", "On");
        widget.set("AS", "On");
        widget.set("AP", dictionary! { "N" => dictionary! { "On" => on } });
    });
    assert_eq!(read(&bytes), "Name: yes\n");
}

#[test]
fn a_choice_is_read_as_it_is_shown() {
    let pair = |sent: &str, shown: &str| Object::Array(vec![string(sent), string(shown)]);
    let options = vec![pair("uk", "United Kingdom"), pair("fr", "France"), pair("de", "Germany")];
    let with = |value: Object| {
        with_field(false, |_, widget| {
            widget.set("FT", "Ch");
            widget.set("Opt", options.clone());
            widget.set("V", value);
        })
    };
    assert_eq!(read(&with(string("uk"))), "Name: United Kingdom\n");
    let both = read(&with(vec![string("fr"), string("de")].into()));
    assert!(both.contains("France") && both.contains("Germany") && !both.contains("Kingdom"), "{both}");
    assert_eq!(read(&with(string("elsewhere"))), "Name: elsewhere\n");
}

#[test]
fn long_values_are_set_in_lines_and_lose_no_word() {
    let words: Vec<String> = (0..60).map(|n| format!("word{n}")).collect();
    let bytes = with_field(false, |_, widget| {
        widget.set("Ff", 1 << 12);
        widget.set("Rect", vec![100.into(), 600.into(), 400.into(), 700.into()]);
        widget.set("DA", string("/Helv 10 Tf 0 g"));
        widget.set("V", string(&words.join(" ")));
    });
    let text = read(&bytes);
    assert_eq!(text.split_whitespace().skip(1).collect::<Vec<_>>(), words);
    assert!(text.lines().count() > 5, "{text}");
}

#[test]
fn a_comb_is_one_word_and_a_value_may_be_unicode_or_a_stream() {
    let comb = with_field(true, |_, widget| {
        widget.set("Ff", 1 << 24);
        widget.set("MaxLen", 8);
        widget.set("V", string("47110815"));
    });
    assert_eq!(read(&comb), "Name: 47110815\n");
    let unicode = with_field(true, |_, widget| widget.set("V", lopdf::text_string("Ada Łoś")));
    assert_eq!(read(&unicode), "Name: Ada Łoś\n");
    let stream = with_field(true, |document, widget| {
        let text = document.add_object(Stream::new(dictionary! {}, b"from a stream".to_vec()));
        widget.set("V", text);
    });
    assert_eq!(read(&stream), "Name: from a stream\n");
}
