//! Glyphs in arbitrary places.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quire::documents::fuzz::layout(data));
