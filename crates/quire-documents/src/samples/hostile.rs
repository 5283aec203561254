//! Small files made to cost much: they show that the limits hold. Each is made anew from its function, byte for
//! byte the same, and none is larger than [`MAX_BYTES`].
//!
//! [`CAST`] is the one table of what each of them may come to.

mod bombs;
mod boxes;
mod contents;
mod deflate;
mod facts;
mod fonts;
mod forms;
mod images;
mod locks;
mod lzw;
mod nesting;
mod raw;
mod tables;
mod trees;

use quire_domain::failure::FailureCode::{self, *};

pub use bombs::{bomb_of, decompression_bomb, good_page_and_bomb_page};
#[cfg(test)]
pub(crate) use deflate::spaces as packed_spaces;
pub use forms::endless_forms;
#[cfg(test)]
pub(crate) use lzw::spaces as lzw_spaces;
#[cfg(test)]
pub(crate) use raw::zlib;

/// The largest file among them.
pub const MAX_BYTES: usize = 2 << 20;

/// A hostile document and how it may end.
#[derive(Debug, Clone, Copy)]
pub struct HostileDocument {
    pub name: &'static str,
    pub make: fn() -> Vec<u8>,
    pub endings: &'static [AllowedEnd],
}

/// End of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AllowedEnd {
    Succeeds,
    Fails(FailureCode),
}

const fn part(name: &'static str, make: fn() -> Vec<u8>, endings: &'static [AllowedEnd]) -> HostileDocument {
    HostileDocument { name, make, endings }
}

use AllowedEnd::{Fails, Succeeds};

/// Nothing of what looks dangerous is ever touched, or it is bounded.
const HARMLESS: &[AllowedEnd] = &[Succeeds];
const BOMB: &[AllowedEnd] = &[Fails(DecompressionLimit)];
/// Nothing tells before it is unpacked that it will be.
const HIDDEN_BOMB: &[AllowedEnd] = &[Fails(OutOfMemory), Fails(DecompressionLimit)];
const ENDLESS: &[AllowedEnd] = &[Fails(TimedOutSilent), Fails(TimedOutCpu), Fails(TimedOutTotal)];
/// An end is in sight: it depends on the machine whether it or a limit comes first.
const HEAVY: &[AllowedEnd] = &[
    Succeeds,
    Fails(TimedOutSilent),
    Fails(TimedOutCpu),
    Fails(TimedOutTotal),
    Fails(OutOfMemory),
    Fails(OutputTooLarge),
];
/// Structures that an engine builds from a few numbers: it runs out of memory, or of time before that.
const GREEDY: &[AllowedEnd] = &[Fails(OutOfMemory), Fails(TimedOutSilent), Fails(TimedOutCpu), Fails(TimedOutTotal)];
/// The engine recurses once a level, and keeps something for each.
const DEEP: &[AllowedEnd] = &[Succeeds, Fails(StackOverflow), Fails(OutOfMemory)];
/// With overflow checks the engine panics, which is caught; without them it finds no rows.
const OVERFLOWING: &[AllowedEnd] = &[Succeeds, Fails(EngineFailure), Fails(OutOfMemory)];
const MANY_PAGES: &[AllowedEnd] = &[Fails(TooManyPages), Fails(OutOfMemory)];
const NOTHING: &[AllowedEnd] = &[Fails(Damaged), Fails(NoPages)];
const LOCKED: &[AllowedEnd] = &[Fails(NeedsPassword), Fails(UnsupportedEncryption)];

pub const CAST: &[HostileDocument] = &[
    part("bomb-content-once", bombs::content_once, BOMB),
    part("bomb-content-twice", bombs::decompression_bomb, BOMB),
    part("bomb-content-five-times", bombs::content_five_times, BOMB),
    part("bomb-content-lzw", bombs::content_lzw, BOMB),
    part("bomb-content-in-parts", bombs::content_in_parts, BOMB),
    part("bomb-form", bombs::form, BOMB),
    part("bomb-form-again-and-again", bombs::form_again_and_again, ENDLESS),
    part("bomb-object-stream", bombs::object_stream, BOMB),
    part("bomb-many-object-streams", bombs::many_object_streams, HIDDEN_BOMB),
    part("bomb-xref-stream", bombs::xref_stream, BOMB),
    part("bomb-font-file", bombs::font_file, BOMB),
    part("bomb-to-unicode", bombs::to_unicode, HIDDEN_BOMB),
    part("bomb-colour-profile", bombs::colour_profile, HIDDEN_BOMB),
    part("bomb-function-table", bombs::function_table, BOMB),
    part("bomb-predictor", bombs::predictor, OVERFLOWING),
    part("bomb-aside", bombs::aside, HARMLESS),
    part("forms-exponential", forms::endless_forms, ENDLESS),
    part("forms-itself-once", forms::itself_once, HARMLESS),
    part("forms-itself-twice", forms::itself_twice, HARMLESS),
    part("forms-each-other", forms::each_other, HARMLESS),
    part("forms-pattern", forms::pattern, HARMLESS),
    part("forms-letter", forms::letter, HARMLESS),
    part("forms-mask", forms::mask, HARMLESS),
    part("forms-notes", forms::notes, HARMLESS),
    part("nesting-arrays", nesting::arrays, HARMLESS),
    part("nesting-open-arrays", nesting::open_arrays, HARMLESS),
    part("nesting-dictionaries", nesting::dictionaries, HARMLESS),
    part("nesting-arrays-of-dictionaries", nesting::arrays_of_dictionaries, HARMLESS),
    part("nesting-trailer", nesting::trailer, HARMLESS),
    part("nesting-operands", nesting::operands, HARMLESS),
    part("nesting-states", nesting::states, HEAVY),
    part("nesting-marks", nesting::marks, HEAVY),
    part("nesting-parentheses", nesting::parentheses, HEAVY),
    part("nesting-page-tree", nesting::page_tree, HARMLESS),
    part("nesting-outline", nesting::outline, HARMLESS),
    part("nesting-functions", nesting::functions, DEEP),
    part("nesting-braces", nesting::braces, DEEP),
    part("nesting-colours", nesting::colours, DEEP),
    part("nesting-references", nesting::references, HARMLESS),
    part("trees-own-kid", trees::own_kid, HARMLESS),
    part("trees-no-page-at-all", trees::no_page_at_all, NOTHING),
    part("trees-own-parent", trees::own_parent, HARMLESS),
    part("trees-announced-million", trees::announced_million, HARMLESS),
    part("trees-announced-negative", trees::announced_negative, HARMLESS),
    part("trees-one-page-a-million-times", trees::one_page_a_million_times, HEAVY),
    part("trees-hundred-thousand-pages", trees::hundred_thousand_pages, MANY_PAGES),
    part("trees-pages-exponentially", trees::pages_exponentially, HARMLESS),
    part("trees-circles", trees::circles, HARMLESS),
    part("trees-labels", trees::labels, HARMLESS),
    part("boxes-huge", boxes::huge, HARMLESS),
    part("boxes-inside-out", boxes::inside_out, HARMLESS),
    part("boxes-no-numbers", boxes::no_numbers, HARMLESS),
    part("boxes-nothing", boxes::nothing, HARMLESS),
    part("boxes-huge-units", boxes::huge_units, HARMLESS),
    part("boxes-elsewhere", boxes::elsewhere, HARMLESS),
    part("images-bits", images::bits, HARMLESS),
    part("images-largest", images::largest, HARMLESS),
    part("images-jpeg", images::jpeg, HARMLESS),
    part("images-jpeg-2000", images::jpeg_2000, HARMLESS),
    part("images-jbig2", images::jbig2, HARMLESS),
    part("images-fax", images::fax, HARMLESS),
    part("images-inline-without-end", images::inline_without_end, HEAVY),
    part("images-inline-again-and-again", images::inline_again_and_again, HARMLESS),
    part("tables-previous-is-itself", tables::previous_is_itself, HARMLESS),
    part("tables-hybrid-circle", tables::hybrid_circle, HARMLESS),
    part("tables-two-thousand-updates", tables::two_thousand_updates, HARMLESS),
    part("tables-endless-section", tables::endless_section, HARMLESS),
    part("tables-endless-fields", tables::endless_fields, HARMLESS),
    part("tables-announced-objects", tables::announced_objects, HARMLESS),
    part("tables-extends-itself", tables::extends_itself, HARMLESS),
    part("tables-within-itself", tables::within_itself, HARMLESS),
    part("tables-wrong-lengths", tables::wrong_lengths, HARMLESS),
    part("tables-streams-without-end", tables::streams_without_end, HARMLESS),
    part("tables-all-in-one-place", tables::all_in_one_place, HARMLESS),
    part("contents-operators", contents::operators, HEAVY),
    part("contents-endless-path", contents::endless_path, ENDLESS),
    part("contents-letters", contents::letters, HEAVY),
    part("contents-scattered", contents::scattered, HEAVY),
    part("contents-overprinted", contents::overprinted, HEAVY),
    part("contents-both-directions", contents::both_directions, HEAVY),
    part("contents-operands", contents::operands, HEAVY),
    part("contents-long-array", contents::long_array, HEAVY),
    part("contents-long-words", contents::long_words, BOMB),
    part("contents-dashes", contents::dashes, HARMLESS),
    part("contents-matrices", contents::matrices, HARMLESS),
    part("fonts-noise", fonts::noise, HARMLESS),
    part("fonts-every-character", fonts::every_character, HEAVY),
    part("fonts-endless-ranges", fonts::endless_ranges, HARMLESS),
    part("fonts-built-on-itself", fonts::built_on_itself, HARMLESS),
    part("fonts-long-characters", fonts::long_characters, HEAVY),
    part("fonts-endless-widths", fonts::endless_widths, GREEDY),
    part("fonts-endless-codes", fonts::endless_codes, HARMLESS),
    part("locks-key-of-no-length", locks::key_of_no_length, LOCKED),
    part("locks-key-of-any-length", locks::key_of_any_length, LOCKED),
    part("locks-key-of-negative-length", locks::key_of_negative_length, LOCKED),
    part("locks-unheard-of-version", locks::unheard_of_version, LOCKED),
    part("locks-filters", locks::filters, LOCKED),
    part("locks-short-hashes", locks::short_hashes, LOCKED),
    part("facts-laughs", facts::laughs, HARMLESS),
    part("facts-long-metadata", facts::long_metadata, HARMLESS),
    part("facts-long-info", facts::long_info, HARMLESS),
    part("facts-attachments", facts::attachments, HARMLESS),
    part("facts-notes", facts::notes, HARMLESS),
];
