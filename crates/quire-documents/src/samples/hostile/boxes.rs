//! Pages of impossible sizes.

use super::raw::{PageDict, RawPdf};

pub(super) fn huge() -> Vec<u8> {
    boxed("/MediaBox[0 0 1000000000 1000000000]")
}

/// Upside down, and beyond every number.
pub(super) fn inside_out() -> Vec<u8> {
    boxed("/MediaBox[99999999999999999999 1e38 -99999999999999999999 -1e38]")
}

/// Spelling of "not a number" in some programs.
pub(super) fn no_numbers() -> Vec<u8> {
    boxed("/MediaBox[nan -1.#IND 1.#QNAN inf]/CropBox[-- 5.5.5 0x10 1e999]")
}

pub(super) fn nothing() -> Vec<u8> {
    boxed("/MediaBox[0 0 0 0]/CropBox[7 7 7 7]")
}

/// One of its units is as long as a street.
pub(super) fn huge_units() -> Vec<u8> {
    boxed("/MediaBox[0 0 595 842]/UserUnit 1000000000/Rotate 2147483647")
}

/// The page is elsewhere: what it shows lies a million points beside it.
pub(super) fn elsewhere() -> Vec<u8> {
    boxed("/MediaBox[1000000 1000000 1000595 1000842]")
}

fn boxed(entries: &str) -> Vec<u8> {
    RawPdf::new().page(&PageDict { page: entries, ..PageDict::default() })
}
