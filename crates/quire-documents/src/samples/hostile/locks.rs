//! Malformed encryption dictionaries.

use super::raw::{PageDict, RawPdf};

pub(super) fn key_of_no_length() -> Vec<u8> {
    locked("/V 2/R 3/Length 0")
}

pub(super) fn key_of_any_length() -> Vec<u8> {
    locked("/V 2/R 3/Length 2147483647")
}

pub(super) fn key_of_negative_length() -> Vec<u8> {
    locked("/V 2/R 3/Length -8")
}

pub(super) fn unheard_of_version() -> Vec<u8> {
    locked("/V 99/R 99/Length 128")
}

/// A filter that is filtered by itself.
pub(super) fn filters() -> Vec<u8> {
    let methods = "/CF<</StdCF<</CFM/AESV2/Length 4294967295>>/X<</CFM/None>>>>/StmF/StdCF/StrF/X";
    locked(&format!("/V 4/R 4/Length 128{methods}"))
}

/// The newest scheme with hashes of the wrong sizes.
pub(super) fn short_hashes() -> Vec<u8> {
    let methods = "/CF<</StdCF<</CFM/AESV3>>>>/StmF/StdCF/StrF/StdCF/OE()/UE()/Perms()";
    let short = format!("/Filter/Standard/V 5/R 6/Length 256/O(short)/U()/P -4{methods}");
    with_entry(&short)
}

fn locked(entries: &str) -> Vec<u8> {
    let noise = "<00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff>";
    with_entry(&format!("/Filter/Standard/O{noise}/U{noise}/P -4{entries}"))
}

fn with_entry(entries: &str) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let root = raw.tree_of(&PageDict::default());
    let lock = raw.add(format!("<<{entries}>>"));
    raw.finish_with(&format!("/Root {root} 0 R/Encrypt {lock} 0 R/ID[(a)(a)]"))
}
