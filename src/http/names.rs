//! Names that clients give to files and batches: shown to people, never used as paths.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

const MAX_CHARS: usize = 255;
/// Stands for a name of which nothing is left.
pub(super) const NAMELESS: &str = "document";

/// The last component of a path-like name, without what a terminal or a browser could stumble over.
pub(super) fn display_name(given: &str) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let shown: String = last.chars().filter(|c| !is_hidden(*c)).take(MAX_CHARS).collect();
    match shown.trim() {
        "" | "." | ".." => NAMELESS.to_owned(),
        shown => shown.to_owned(),
    }
}

/// The parts of a folder's path that a person can see and that lead nowhere else; none when none are left.
pub(super) fn folder(given: &str) -> Option<String> {
    let shown = |part: &str| part.chars().filter(|c| !is_hidden(*c)).collect::<String>().trim().to_owned();
    let parts = given.split(['/', '\\']).map(shown).filter(|part| !matches!(part.as_str(), "" | "." | ".."));
    let path = parts.collect::<Vec<_>>().join("/");
    (!path.is_empty()).then_some(path)
}

/// Control characters, those that take no room, and those that turn the direction of writing around.
pub(super) fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// As a pattern of JSON Schema: every character can be seen.
pub(super) const VISIBLE_PATTERN: &str = r"^[^\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+$";

/// The same, with plain spaces between others.
pub(super) const VISIBLE_WORDS_PATTERN: &str = r"^[^\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+( +[^\s\x00-\x1f\x7f-\x9f\xad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]+)*$";

/// RFC 6266: a plain name for old clients, the whole one for the others.
pub(super) fn attachment(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') { c } else { '_' }).collect();
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{}", encoded(name))
}

/// For one segment of a URL's path, or an extended parameter (RFC 8187).
pub(super) fn encoded(segment: &str) -> impl std::fmt::Display + '_ {
    const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
    utf8_percent_encode(segment, PLAIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_patterns_are_the_rules() {
        let [one, words] = [VISIBLE_PATTERN, VISIBLE_WORDS_PATTERN]
            .map(|pattern| jsonschema::validator_for(&serde_json::json!({ "pattern": pattern })).unwrap());
        for text in ('\0'..='\u{ffff}').map(String::from).chain(["a b", " a", "a ", "a  b", "a\tb"].map(String::from)) {
            let value = text.as_str().into();
            for (pattern, spaces) in [(&one, false), (&words, true)] {
                let is_visible = crate::http::order::visible(&value, 200, spaces).is_some();
                assert_eq!(pattern.is_valid(&value), is_visible, "{text:?}, {spaces}");
            }
        }
    }

    #[test]
    fn names_lose_their_paths_and_what_cannot_be_seen() {
        for (given, shown) in [
            ("../../etc/passwd", "passwd"),
            ("C:\\temp\\a.pdf", "a.pdf"),
            ("a\0b\r\n.pdf", "ab.pdf"),
            ("\u{202e}fdp.exe", "fdp.exe"),
            ("..", NAMELESS),
            ("  ", NAMELESS),
            ("dir/", NAMELESS),
            ("Übersicht 1.pdf", "Übersicht 1.pdf"),
        ] {
            assert_eq!(display_name(given), shown);
        }
    }

    #[test]
    fn a_folder_keeps_the_parts_that_can_be_seen() {
        for (given, shown) in [
            ("july/in voices", Some("july/in voices")),
            ("/../a//./b/", Some("a/b")),
            ("C:\\temp\\x", Some("C:/temp/x")),
            ("a\u{202e}b/ \u{200b} /c", Some("ab/c")),
            ("../..", None),
        ] {
            assert_eq!(folder(given).as_deref(), shown);
        }
    }

    #[test]
    fn an_attachment_keeps_its_name_twice() {
        assert_eq!(attachment("ü \".txt"), "attachment; filename=\"___.txt\"; filename*=UTF-8''%C3%BC%20%22.txt");
    }
}
