//! Glyphs in arbitrary places.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quire_documents::fuzz::layout(data));
