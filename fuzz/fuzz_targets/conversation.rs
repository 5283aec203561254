//! The parent's side of the channel, against a process that says anything.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| quire_worker::fuzz::conversation(data));
