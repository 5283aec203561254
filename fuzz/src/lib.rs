//! Everything that the targets share.

use std::panic::{Location, PanicHookInfo, set_hook};

/// A panic within an engine is caught and becomes a page's or a document's error; one within this crate is a find.
pub fn only_our_panics_count() {
    set_hook(Box::new(|panic: &PanicHookInfo<'_>| {
        if panic.location().is_some_and(is_ours) {
            eprintln!("{panic}");
            std::process::abort();
        }
    }));
}

fn is_ours(place: &Location<'_>) -> bool {
    !place.file().contains("/registry/") && !place.file().starts_with("/rustc/")
}
