//! The child's decoder.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quire_worker::fuzz::requests(data));
