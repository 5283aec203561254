//! The operation `info` on arbitrary and on nearly good documents.
#![no_main]

libfuzzer_sys::fuzz_target!(init: quire_fuzz::only_our_panics_count(), |data: &[u8]| quire_documents::fuzz::info(data));
