//! Bodies, cursors, ranges and names.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quire::http::fuzz::request(data));
