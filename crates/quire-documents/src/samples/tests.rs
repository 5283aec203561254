//! The samples are what they claim to be; the hostile ones are not run here.

use super::hostile::{CAST, MAX_BYTES, decompression_bomb, endless_forms};
use super::{DEMO_PASSWORD, demo_documents, pdf_with_pages};

#[test]
fn the_set_is_small_and_its_names_are_unique() {
    let set = demo_documents();
    let names: std::collections::BTreeSet<_> = set.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), set.len());
    assert!(set.iter().all(|(_, bytes)| bytes.len() < 20_000));
}

#[test]
fn the_bomb_announces_two_layers_of_packing() {
    let bomb = decompression_bomb();
    let document = lopdf::Document::load_mem(&bomb).unwrap();
    let mut streams = document.objects.values().filter_map(|object| object.as_stream().ok());
    assert!(streams.any(|stream| stream.filters().is_ok_and(|filters| filters.len() == 2)));
    assert!(endless_forms().len() < 20_000);
}

#[test]
fn many_pages_are_made_quickly() {
    let bytes = pdf_with_pages(2_000);
    let document = lopdf::Document::load_mem(&bytes).unwrap();
    assert_eq!(document.get_pages().len(), 2_000);
}

#[test]
fn the_locked_sample_opens_with_its_password() {
    let set = demo_documents();
    let bytes = &set.iter().find(|(name, _)| name == "encrypted.pdf").unwrap().1;
    let options = lopdf::LoadOptions::with_password(DEMO_PASSWORD);
    let document = lopdf::Document::load_mem_with_options(bytes, options).unwrap();
    assert!(document.was_encrypted());
}

#[test]
fn hostile_documents_are_small_and_always_the_same() {
    let names: std::collections::BTreeSet<_> = CAST.iter().map(|part| part.name).collect();
    assert_eq!(names.len(), CAST.len());
    for part in CAST {
        let bytes = (part.make)();
        assert!(bytes.len() <= MAX_BYTES, "{} has {} bytes", part.name, bytes.len());
        assert!(bytes.len() > 64 << 10 || bytes == (part.make)(), "{}", part.name);
    }
}
