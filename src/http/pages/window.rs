//! The pages that are wanted, picked from the stream of a `pages.json`, until there are enough.

use std::fmt;
use std::io::{self, Read};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::bounded::{CutCounter, ShortStrings};
use super::{DocumentPage, DocumentPages};

#[derive(Debug)]
pub(super) struct PageWindow {
    from: u32,
    limit: u32,
    /// Of the answer, what is left.
    bytes: usize,
    /// Of the whole document, as far as it was read.
    pages: u32,
    items: Vec<DocumentPage>,
    is_full: bool,
}

/// The fields around the pages.
const FRAME_BYTES: usize = 200;
/// Names and numbers of the fields of a page.
const PAGE_BYTES: usize = 200;
/// Of the label and of each warning, which are short in any document of good will.
const WORDS_BYTES: usize = 300;
const MAX_WARNINGS: usize = 8;
/// Where a page's own strings are: in an object, in a list, in an object.
const PAGE_DEPTH: u32 = 3;

impl PageWindow {
    pub(super) fn new(from: u32, limit: u32, max_bytes: usize) -> Self {
        let bytes = max_bytes.saturating_sub(FRAME_BYTES);
        Self { from, limit, bytes, pages: 0, items: Vec::new(), is_full: false }
    }

    pub(super) fn into_answer(self) -> DocumentPages {
        DocumentPages { pages: self.pages, from: self.from, items: self.items }
    }

    /// # Errors
    /// When the stream fails, or is no `pages.json`.
    pub(super) fn read(&mut self, stream: impl Read) -> io::Result<()> {
        let cuts = CutCounter::at(PAGE_DEPTH);
        // Nothing is read ahead of the parser: a cut belongs to the page that it reads.
        let short = ShortStrings::new(stream, self.bytes, cuts.clone());
        let mut reader = serde_json::Deserializer::from_reader(short);
        let read = reader.deserialize_map(Root { window: self, cuts });
        match read {
            // What is behind the last page that was wanted was left unread.
            Err(_) if self.is_full => Ok(()),
            read => read.map_err(io::Error::from),
        }
    }

    fn is_before(&self, page: u32) -> bool {
        page < self.from
    }

    /// Takes the page in, or what fits of it if it is the first.
    fn add(&mut self, page: u32, read: PageRead, is_cut: bool) {
        let warnings = read.warnings();
        let label = read.label.map(|label| cut(&label, WORDS_BYTES).0.to_owned());
        let words: usize = warnings.iter().chain(&label).map(|words| json_bytes(words) + 8).sum();
        let room = self.bytes.saturating_sub(PAGE_BYTES + words);
        let (text, fits) = cut(&read.text, room);
        if !fits && !self.items.is_empty() {
            self.is_full = true;
            return;
        }
        self.bytes = room.saturating_sub(json_bytes(text));
        let text = text.to_owned();
        let truncated = is_cut || !fits;
        self.items.push(DocumentPage { page, label, text, char_count: read.char_count, warnings, truncated });
        self.is_full = self.items.len() >= self.limit as usize;
    }
}

/// The beginning of the text that takes at most so many bytes in JSON, and whether that is all of it.
fn cut(text: &str, bytes: usize) -> (&str, bool) {
    let mut taken = 0;
    for (at, char) in text.char_indices() {
        taken += in_json(char);
        if taken > bytes {
            return (&text[..at], false);
        }
    }
    (text, true)
}

fn json_bytes(text: &str) -> usize {
    text.chars().map(in_json).sum()
}

fn in_json(char: char) -> usize {
    match char {
        '"' | '\\' | '\n' | '\r' | '\t' | '\u{8}' | '\u{c}' => 2,
        '\0'..='\u{1f}' => "\\u0000".len(),
        char => char.len_utf8(),
    }
}

/// A page of the artifact; its other fields are passed over.
#[derive(Default, Deserialize)]
#[serde(default)]
struct PageRead {
    label: Option<String>,
    text: String,
    char_count: u64,
    unmapped_chars: u64,
    #[serde(deserialize_with = "first_words")]
    needs_ocr_reasons: Vec<String>,
    error: Option<String>,
}

impl PageRead {
    fn warnings(&self) -> Vec<String> {
        let error = self.error.iter().map(|error| format!("the page could not be read: {error}"));
        let unknown = (self.unmapped_chars > 0)
            .then(|| format!("{} characters are not known; each stands as U+FFFD", self.unmapped_chars));
        let ocr = self.needs_ocr_reasons.iter().map(|reason| format!("needs OCR: {}", reason.replace('_', " ")));
        let all = error.chain(unknown).chain(ocr).take(MAX_WARNINGS);
        all.map(|warning| cut(&warning, WORDS_BYTES).0.to_owned()).collect()
    }
}

/// The first few of a list of words.
fn first_words<'de, D: Deserializer<'de>>(list: D) -> Result<Vec<String>, D::Error> {
    struct Words;
    impl<'de> Visitor<'de> for Words {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list of words")
        }

        fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Self::Value, S::Error> {
            let mut words = Vec::new();
            while words.len() < MAX_WARNINGS {
                match list.next_element()? {
                    Some(word) => words.push(word),
                    None => return Ok(words),
                }
            }
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(words)
        }
    }
    list.deserialize_seq(Words)
}

struct Root<'w> {
    window: &'w mut PageWindow,
    cuts: CutCounter,
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the object of a pages.json")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
        while let Some(name) = map.next_key::<String>()? {
            match name.as_str() {
                "page_count" => self.window.pages = map.next_value()?,
                "pages" => map.next_value_seed(Pages { window: self.window, cuts: self.cuts.clone() })?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

struct Pages<'w> {
    window: &'w mut PageWindow,
    cuts: CutCounter,
}

impl<'de> DeserializeSeed<'de> for Pages<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, list: D) -> Result<(), D::Error> {
        list.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Pages<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of pages")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<(), S::Error> {
        let mut page = 0;
        while !self.window.is_full {
            page += 1;
            if self.window.is_before(page) {
                match list.next_element::<IgnoredAny>()? {
                    Some(_) => continue,
                    None => return Ok(()),
                }
            }
            let cuts = self.cuts.count();
            let Some(read) = list.next_element::<PageRead>()? else { return Ok(()) };
            self.window.add(page, read, self.cuts.count() > cuts);
        }
        // The parser wants to come to the end of the list, which nobody else does.
        Err(S::Error::custom("these are enough"))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn page(text: &str) -> Value {
        json!({ "page": 1, "label": "iv", "text": text, "char_count": text.len(), "needs_ocr_reasons": [], "error": null })
    }

    fn artifact(pages: &[Value]) -> String {
        json!({ "unit": "pt", "page_count": pages.len(), "pages": pages, "error": null }).to_string()
    }

    fn window(artifact: &str, from: u32, limit: u32, max_bytes: usize) -> Value {
        let mut window = PageWindow::new(from, limit, max_bytes);
        window.read(artifact.as_bytes()).unwrap();
        let text = serde_json::to_string(&window.into_answer()).unwrap();
        assert!(text.len() <= max_bytes, "{} of {max_bytes} bytes", text.len());
        serde_json::from_str(&text).unwrap()
    }

    fn numbers(answer: &Value) -> Vec<u64> {
        answer["items"].as_array().unwrap().iter().map(|page| page["page"].as_u64().unwrap()).collect()
    }

    #[test]
    fn a_window_has_the_pages_that_were_asked_for_as_far_as_there_are_some() {
        let artifact = artifact(&["a", "b", "c", "d"].map(page));
        for (from, limit, wanted) in [(1, 2, &[1, 2][..]), (3, 9, &[3, 4]), (4, 1, &[4]), (5, 1, &[])] {
            let answer = window(&artifact, from, limit, 4096);
            assert_eq!((numbers(&answer).as_slice(), &answer["pages"]), (wanted, &json!(4)), "{from}");
        }
    }

    #[test]
    fn a_page_that_does_not_fit_comes_alone_and_is_cut() {
        for letter in ["a", "\u{1}", "\"", "ß", "\n", "😀"] {
            let artifact = artifact(&[page("first"), page(&letter.repeat(9_000)), page("third")]);
            let answer = window(&artifact, 1, 20, 4096);
            assert_eq!((numbers(&answer), &answer["items"][0]["truncated"]), (vec![1], &json!(false)), "{letter:?}");
            let answer = window(&artifact, 2, 20, 4096);
            let large = &answer["items"][0];
            assert_eq!((&large["truncated"], &large["char_count"]), (&json!(true), &json!(9_000 * letter.len())));
            assert!(large["text"].as_str().unwrap().len() > 500 && numbers(&answer)[0] == 2, "{letter:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_page_is_told_in_few_words() {
        let mut bad = page("");
        bad["error"] = "x".repeat(5_000).into();
        bad["unmapped_chars"] = 3.into();
        bad["needs_ocr_reasons"] = vec!["no_text_but_images"; 1_000].into();
        let answer = window(&artifact(&[bad]), 1, 1, 8192);
        let warnings = answer["items"][0]["warnings"].as_array().unwrap();
        assert_eq!((warnings.len(), &warnings[2]), (MAX_WARNINGS, &json!("needs OCR: no text but images")));
        assert!(warnings[0].as_str().unwrap().len() <= WORDS_BYTES);
    }

    #[test]
    fn what_is_no_list_of_pages_is_an_error() {
        for bad in ["", "[]", "{\"pages\":7}", "{\"pages\":[{\"text\":7}]}", "{\"pages\":[{\"text\":\"a"] {
            assert!(PageWindow::new(1, 5, 4096).read(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
