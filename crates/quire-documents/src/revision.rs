//! A further revision at the end of a file (ISO 32000-1, 7.5.6): a few objects written anew, all else left as it is.

use std::io::Write as _;

use lopdf::{Dictionary, Object, ObjectId, Writer};
use memchr::memmem;

/// Keys that describe a table of objects that is a stream, and not the document.
const OF_XREF_STREAMS: [&[u8]; 7] = [b"Type", b"W", b"Index", b"Filter", b"DecodeParms", b"Length", b"XRefStm"];

/// The file with these objects in place of those of the same number. `None` when one cannot be written.
pub(super) fn appended(file: &[u8], objects: &[(ObjectId, Object)], mut trailer: Dictionary) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(file.len() + 4096);
    out.extend_from_slice(file);
    out.push(b'\n');
    let mut table = String::from("xref\n");
    for ((number, generation), object) in objects {
        table.push_str(&format!("{number} 1\n{:010} {generation:05} n \n", out.len()));
        writeln!(out, "{number} {generation} obj").ok()?;
        Writer::write_object(&mut out, object).ok()?;
        out.extend_from_slice(b"\nendobj\n");
    }
    for key in OF_XREF_STREAMS {
        trailer.remove(key);
    }
    match last_table(file) {
        Some(at) => trailer.set("Prev", at),
        None => drop(trailer.remove(b"Prev")),
    }
    let start = out.len();
    out.extend_from_slice(table.as_bytes());
    out.extend_from_slice(b"trailer\n");
    Writer::write_object(&mut out, &Object::Dictionary(trailer)).ok()?;
    write!(out, "\nstartxref\n{start}\n%%EOF\n").ok()?;
    Some(out)
}

/// Offset at which the file says that its last table of objects begins.
fn last_table(file: &[u8]) -> Option<i64> {
    const MARK: &[u8] = b"startxref";
    let rest = file[memmem::rfind(file, MARK)? + MARK.len()..].trim_ascii_start();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    std::str::from_utf8(&rest[..digits]).ok()?.parse().ok()
}
