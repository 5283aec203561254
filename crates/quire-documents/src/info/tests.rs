//! Tests of `info.json` on documents made for them.

use lopdf::{Document, Object, Stream, dictionary};
use serde_json::Value;

use crate::samples::{self, saved};
use crate::tests::{request, run};
use quire_domain::operation::Operation;

fn info(bytes: &[u8]) -> Value {
    run(bytes, &request(&[Operation::Info])).unwrap().1.json("info.json")
}

/// A document of one empty page, changed at will before it is saved.
fn changed(change: impl FnOnce(&mut Document)) -> Vec<u8> {
    let mut document = Document::load_mem(&samples::pdf_with_content("")).unwrap();
    change(&mut document);
    saved(document)
}

#[test]
fn a_report_tells_its_title_fonts_outline_and_hash() {
    let set = samples::demo_documents();
    let bytes = &set.iter().find(|(name, _)| name == "report.pdf").unwrap().1;
    let info = info(bytes);
    assert_eq!(info["info"]["Title"], "A small report");
    assert_eq!(info["producer"], "quire samples");
    assert_eq!((info["page_count"].as_u64(), info["size_bytes"].as_u64()), (Some(3), Some(bytes.len() as u64)));
    assert_eq!(info["sha256"].as_str().map(str::len), Some(64));
    assert_eq!(info["fonts"][0]["name"], "Helvetica");
    assert_eq!(info["fonts"][0]["embedded"], false);
    let outline = info["outline"].as_array().unwrap();
    assert_eq!(outline.len(), 3);
    assert_eq!((&outline[2]["title"], &outline[2]["page"]), (&"Endings".into(), &3.into()));
    assert!(info["encryption"].is_null() && info["degraded"].is_null());
}

#[test]
fn attachments_scripts_forms_and_signatures_are_found() {
    let bytes = changed(|document| {
        let params = dictionary! { "Size" => 5 };
        let file = document.add_object(Stream::new(dictionary! { "Params" => params }, b"hello".to_vec()));
        let spec = document.add_object(dictionary! {
            "Type" => "Filespec", "F" => Object::string_literal("hello.txt"),
            "EF" => dictionary! { "F" => file },
        });
        let names = dictionary! { "Names" => vec![Object::string_literal("a"), spec.into()] };
        let field = document.add_object(dictionary! {
            "T" => Object::string_literal("s"), "FT" => "Sig", "V" => dictionary! {},
        });
        let catalog = document.catalog_mut().unwrap();
        catalog.set("Names", dictionary! { "EmbeddedFiles" => names });
        catalog.set("OpenAction", dictionary! { "S" => "JavaScript", "JS" => Object::string_literal("1") });
        catalog.set("AcroForm", dictionary! { "Fields" => vec![field.into()], "XFA" => Object::string_literal("x") });
    });
    let info = info(&bytes);
    assert_eq!(
        (&info["attachments"][0]["name"], &info["attachments"][0]["size_bytes"]),
        (&"hello.txt".into(), &5.into())
    );
    for flag in ["has_attachments", "has_javascript", "has_forms", "has_xfa", "has_signatures"] {
        assert_eq!(info[flag], true, "{flag}");
    }
}

#[test]
fn xmp_is_kept_apart_and_names_the_pdfa_part() {
    let packet = r#"<x:xmpmeta><rdf:Description pdfaid:part="2" pdfaid:conformance="b"/></x:xmpmeta>"#;
    let bytes = changed(|document| {
        let xmp = document.add_object(Stream::new(dictionary! {}, packet.as_bytes().to_vec()));
        document.catalog_mut().unwrap().set("Metadata", xmp);
    });
    let info = info(&bytes);
    assert_eq!(info["xmp"], packet);
    assert_eq!((&info["pdfa"]["part"], &info["pdfa"]["conformance"]), (&2.into(), &"B".into()));
    assert_eq!(info["info"], serde_json::json!({}));
}

#[test]
fn an_outline_that_bites_its_tail_ends() {
    let bytes = changed(|document| {
        let (first, second) = (document.new_object_id(), document.new_object_id());
        document.set_object(
            first,
            dictionary! { "Title" => Object::string_literal("a"), "Next" => second, "First" => first },
        );
        document.set_object(second, dictionary! { "Title" => Object::string_literal("b"), "Next" => first });
        document.catalog_mut().unwrap().set("Outlines", dictionary! { "First" => first });
    });
    assert_eq!(info(&bytes)["outline"].as_array().map(Vec::len), Some(2));
}

#[test]
fn page_labels_reach_both_artifacts() {
    let bytes = changed(|document| {
        let nums = vec![0.into(), dictionary! { "S" => "r", "P" => Object::string_literal("P-"), "St" => 4 }.into()];
        document.catalog_mut().unwrap().set("PageLabels", dictionary! { "Nums" => nums });
    });
    assert_eq!(info(&bytes)["page_labels"][0]["prefix"], "P-");
    let (_, kept) = run(&bytes, &request(&[Operation::Text])).unwrap();
    assert_eq!(kept.json("pages.json")["pages"][0]["label"], "P-iv");
}

#[test]
fn the_later_of_two_versions_counts_and_a_malformed_one_does_not() {
    let version = |header: &str, catalog: Object| {
        let bytes = changed(|document| {
            document.version = header.to_owned();
            document.catalog_mut().unwrap().set("Version", catalog);
        });
        info(&bytes)["pdf_version"].clone()
    };
    assert_eq!(version("1.7", "1.4".into()), "1.7");
    assert_eq!(version("1.3", "1.6".into()), "1.6");
    assert_eq!(version("1.7", "2.0".into()), "2.0");
    assert_eq!(version("2.0", "1.7".into()), "2.0");
    for malformed in ["1.10", "17", "latest", "", "9"] {
        assert_eq!(version("1.5", malformed.into()), "1.5", "{malformed}");
    }
    assert_eq!(version("1.5", Object::Real(1.7)), "1.5");
    assert_eq!(version("1.", "1.6".into()), "1.6");
}

#[test]
fn a_header_behind_other_bytes_names_the_version() {
    let bytes = [&b"HTTP/1.1 200 OK\r\n\r\n"[..], &changed(|document| document.version = "1.6".to_owned())].concat();
    assert_eq!(info(&bytes)["pdf_version"], "1.6");
}
