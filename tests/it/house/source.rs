//! A source file: its text, and its code without comments, literals and tests.

use std::path::Path;

pub(super) struct Source {
    /// From the root of the crate, with `/`.
    pub path: String,
    pub text: String,
    /// The text with blanks for comments, literals and whatever is compiled for tests only; as many lines.
    pub code: String,
}

impl Source {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let code = blanked_tests(blanked_literals(text));
        Self { path: path.to_owned(), text: text.to_owned(), code }
    }

    /// A file below a folder `tests`, or called so or `testing`, wherever that is.
    pub(super) fn is_test(&self) -> bool {
        self.path.split('/').any(|part| ["tests", "tests.rs", "testing.rs"].contains(&part))
    }
}

/// Every Rust file below these folders, in order.
pub(super) fn sources(folders: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = folders.iter().flat_map(|folder| walkdir::WalkDir::new(root.join(folder)).sort_by_file_name());
    let files = files.map(Result::unwrap).filter(|file| file.path().extension().is_some_and(|kind| kind == "rs"));
    let read = |file: walkdir::DirEntry| {
        let path = file.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
        Source::new(&path, &std::fs::read_to_string(file.path()).unwrap())
    };
    files.map(read).collect()
}

/// The sources of the server and of the crates, without their tests.
pub(super) fn room_sources() -> Vec<Source> {
    sources(&["src", "crates"]).into_iter().filter(|source| !source.is_test()).collect()
}

/// Fails with every offence that a rule finds, one a line.
pub(super) fn hold(sources: &[Source], rule: impl Fn(&Source) -> Vec<String>) {
    assert!(!sources.is_empty(), "there is nothing to look at");
    let found: Vec<String> = sources.iter().flat_map(rule).collect();
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

fn blanked_literals(text: &str) -> String {
    let (mut code, mut rest, mut before) = (String::with_capacity(text.len()), text, ' ');
    while let Some(first) = rest.chars().next() {
        let word_goes_on = before.is_alphanumeric() || before == '_';
        let taken = match literal_bytes(rest, word_goes_on) {
            0 => {
                code.push(first);
                first.len_utf8()
            }
            bytes => {
                code.push_str(&blank(&rest[..bytes]));
                bytes
            }
        };
        (before, rest) = (first, &rest[taken..]);
    }
    code
}

/// The length of the comment or literal that begins here; 0 for code.
fn literal_bytes(rest: &str, word_goes_on: bool) -> usize {
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return block_comment_bytes(rest);
    }
    if rest.starts_with('"') {
        return quoted_bytes(rest, '"');
    }
    if rest.starts_with('\'') {
        return character_bytes(rest);
    }
    if word_goes_on { 0 } else { raw_string_bytes(rest) }
}

fn block_comment_bytes(rest: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => (depth, at) = (depth + 1, at + 2),
            [b'*', b'/', ..] => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

fn quoted_bytes(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, char) in rest.char_indices().skip(1) {
        if char == quote && !escaped {
            return at + 1;
        }
        escaped = char == '\\' && !escaped;
    }
    rest.len()
}

/// A lifetime is code, a character is not.
fn character_bytes(rest: &str) -> usize {
    let mut chars = rest.chars().skip(1);
    match (chars.next(), chars.next()) {
        (Some('\\'), _) | (Some(_), Some('\'')) => quoted_bytes(rest, '\''),
        _ => 0,
    }
}

fn raw_string_bytes(rest: &str) -> usize {
    let Some(marks) = rest.strip_prefix("br").or_else(|| rest.strip_prefix('r')) else { return 0 };
    let hashes = marks.len() - marks.trim_start_matches('#').len();
    if !marks[hashes..].starts_with('"') {
        return 0;
    }
    let (begin, end) = (rest.len() - marks.len() + hashes + 1, format!("\"{}", "#".repeat(hashes)));
    rest[begin..].find(&end).map_or(rest.len(), |at| begin + at + end.len())
}

fn blanked_tests(mut code: String) -> String {
    const MARK: &str = "#[cfg(test)]";
    while let Some(begin) = code.find(MARK) {
        let end = begin + MARK.len() + item_bytes(&code[begin + MARK.len()..]);
        code.replace_range(begin..end, &blank(&code[begin..end]));
    }
    code
}

/// Up to the `;` or the last `}` of the item that begins here.
fn item_bytes(rest: &str) -> usize {
    let mut depth = 0_i32;
    for (at, byte) in rest.bytes().enumerate() {
        depth += i32::from(b"([{".contains(&byte)) - i32::from(b")]}".contains(&byte));
        if depth <= 0 && (byte == b';' || byte == b'}') {
            return at + 1;
        }
    }
    rest.len()
}

fn blank(text: &str) -> String {
    text.chars().map(|char| if char == '\n' { '\n' } else { ' ' }).collect()
}

#[test]
fn comments_literals_and_tests_are_no_code() {
    let text = r##"fn a<'x>(b: &'x str) { c('"', "// d \" e", r#"f " g"#, '\'', 'h'); } // i
/* j /* k */ l */ #[cfg(test)]
mod tests { fn m() { n(); } }
#[cfg(test)]
mod o;
fn p() {}"##;
    let code = Source::new("src/made_up.rs", text).code;
    let words: String = code.split_whitespace().collect();
    assert_eq!(words, "fna<'x>(b:&'xstr){c(,,,,);}fnp(){}");
    assert_eq!(code.lines().count(), text.lines().count());
}
