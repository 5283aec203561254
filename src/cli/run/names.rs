//! Names of result files: pure rules, so that the same inputs get the same names on every machine.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Component, Path, PathBuf};

use super::plan::DATA_DIR;

/// File systems allow 255 bytes for one name; `-1000000.json` and more must still fit.
const NAME_BYTES_MAX: usize = 230;

/// The file that speaks of the whole run lies where the results of a `report.pdf` would.
const RESERVED: &str = "report";

pub(super) fn is_pdf(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("pdf"))
}

/// An input's place below the output folder, its own file name included. Folders that look like results
/// (`a.txt/`) or like the engine's own get `.d` at the end, so that no result has to be where a folder is.
pub(super) fn place(label: &OsStr, relative: &Path) -> PathBuf {
    let mut place = PathBuf::new();
    if !label.is_empty() {
        place.push(folder(label, true));
    }
    for component in relative.parent().into_iter().flat_map(Path::components) {
        if let Component::Normal(name) = component {
            let is_top = place.as_os_str().is_empty();
            place.push(folder(name, is_top));
        }
    }
    place.push(relative.file_name().unwrap_or(OsStr::new("document")));
    place
}

/// The stems an input may get, best first: its name without `.pdf`, its whole name, then numbered ones.
pub(super) fn stems(place: &Path) -> impl Iterator<Item = PathBuf> {
    let whole = place.file_name().map(shortened).unwrap_or_default();
    let short = match is_pdf(place) {
        true => Path::new(&whole).file_stem().map(OsStr::to_owned).unwrap_or_else(|| whole.clone()),
        false => whole.clone(),
    };
    let parent = place.parent().map(Path::to_path_buf).unwrap_or_default();
    let numbered = (2_u32..).map({
        let whole = whole.clone();
        move |nth| {
            let mut name = whole.clone();
            name.push(format!("-{nth}"));
            name
        }
    });
    [short, whole].into_iter().chain(numbered).map(move |name| parent.join(name)).filter(|stem| !is_reserved(stem))
}

/// `stem` with `suffix` at its end; no part of the stem is taken for an extension.
pub(super) fn with_suffix(stem: &Path, suffix: &str) -> PathBuf {
    let mut name = stem.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

fn folder(name: &OsStr, is_top: bool) -> OsString {
    let bytes = name.as_bytes();
    let mut folder = name.to_owned();
    if bytes.ends_with(b".txt") || bytes.ends_with(b".json") || (is_top && name == DATA_DIR) {
        folder.push(".d");
    }
    folder
}

fn shortened(name: &OsStr) -> OsString {
    let bytes = name.as_bytes();
    if bytes.len() <= NAME_BYTES_MAX {
        return name.to_owned();
    }
    let mut end = NAME_BYTES_MAX;
    // A character of UTF-8 is not cut in two.
    while end > NAME_BYTES_MAX - 3 && bytes[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    // The part that was cut off held the extension.
    OsString::from_vec([&bytes[..end], if is_pdf(Path::new(name)) { b".pdf" } else { b"" }].concat())
}

fn is_reserved(stem: &Path) -> bool {
    stem == Path::new(RESERVED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(place: &str, count: usize) -> Vec<String> {
        stems(Path::new(place)).take(count).map(|stem| stem.to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn the_name_without_pdf_comes_first_then_the_whole_name_then_numbers() {
        assert_eq!(first("sub/a.PDF", 4), ["sub/a", "sub/a.PDF", "sub/a.PDF-2", "sub/a.PDF-3"]);
        assert_eq!(first("scan.dat", 3), ["scan.dat", "scan.dat", "scan.dat-2"]);
    }

    #[test]
    fn the_report_of_the_run_is_nobodys_result() {
        assert_eq!(first("report.pdf", 2), ["report.pdf", "report.pdf-2"]);
        assert_eq!(first("sub/report.pdf", 1), ["sub/report"]);
    }

    #[test]
    fn folders_never_have_the_name_of_a_result() {
        let place = |label: &str, relative: &str| place(OsStr::new(label), Path::new(relative));
        assert_eq!(place("docs", "a.txt/b.pdf"), Path::new("docs/a.txt.d/b.pdf"));
        assert_eq!(place("", ".quire/b.pdf"), Path::new(".quire.d/b.pdf"));
        assert_eq!(place("", "x/.quire/b.pdf"), Path::new("x/.quire/b.pdf"));
    }

    #[test]
    fn a_name_of_full_length_leaves_room_for_what_is_added() {
        let long = format!("{}.pdf", "ä".repeat(125));
        let names = first(&long, 3);
        assert!(names.iter().all(|name| name.len() < 250), "{names:?}");
        assert!(!names[0].contains('\u{fffd}'));
    }
}
