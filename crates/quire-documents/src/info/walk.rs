//! Reading an object graph that may be cyclic, endless or of the wrong types: every step is a `get` that
//! answers `None`, every loop has a bound.

use lopdf::{Dictionary, Document, Object};

use crate::labels::text_string;

/// Bytes of one text taken over; longer ones are cut.
pub(super) const MAX_TEXT_BYTES: usize = 64 * 1024;

/// The entry, with references followed; `null` counts as absent.
pub(super) fn get<'a>(doc: &'a Document, dict: &'a Dictionary, key: &[u8]) -> Option<&'a Object> {
    resolve(doc, dict.get(key).ok()?)
}

pub(super) fn resolve<'a>(doc: &'a Document, object: &'a Object) -> Option<&'a Object> {
    match doc.dereference(object).ok()?.1 {
        Object::Null => None,
        object => Some(object),
    }
}

/// A dictionary, or that of a stream.
pub(super) fn dict<'a>(doc: &'a Document, parent: &'a Dictionary, key: &[u8]) -> Option<&'a Dictionary> {
    as_dict(get(doc, parent, key)?)
}

pub(super) fn as_dict(object: &Object) -> Option<&Dictionary> {
    match object {
        Object::Dictionary(dict) => Some(dict),
        Object::Stream(stream) => Some(&stream.dict),
        _ => None,
    }
}

pub(super) fn array<'a>(doc: &'a Document, parent: &'a Dictionary, key: &[u8]) -> Option<&'a [Object]> {
    get(doc, parent, key)?.as_array().ok().map(Vec::as_slice)
}

pub(super) fn name(doc: &Document, parent: &Dictionary, key: &[u8]) -> Option<String> {
    let name = get(doc, parent, key)?.as_name().ok()?;
    Some(String::from_utf8_lossy(cut(name)).into_owned())
}

pub(super) fn int(doc: &Document, parent: &Dictionary, key: &[u8]) -> Option<i64> {
    get(doc, parent, key)?.as_i64().ok()
}

/// A text string, or a name, as text.
pub(super) fn text(doc: &Document, parent: &Dictionary, key: &[u8]) -> Option<String> {
    as_text(get(doc, parent, key)?)
}

pub(super) fn as_text(object: &Object) -> Option<String> {
    match object {
        Object::String(bytes, _) => Some(text_string(cut(bytes))),
        Object::Name(bytes) => Some(String::from_utf8_lossy(cut(bytes)).into_owned()),
        Object::Integer(number) => Some(number.to_string()),
        Object::Real(number) => Some(number.to_string()),
        Object::Boolean(value) => Some(value.to_string()),
        _ => None,
    }
}

fn cut(bytes: &[u8]) -> &[u8] {
    &bytes[..bytes.len().min(MAX_TEXT_BYTES)]
}

/// The leaves of a name tree, at most `max_leaves`; the bound on nodes also ends cycles.
pub(super) fn name_tree_leaves<'a>(
    doc: &'a Document,
    root: &'a Dictionary,
    max_leaves: usize,
) -> Vec<(String, &'a Object)> {
    const MAX_NODES: usize = 10_000;
    let mut leaves = Vec::new();
    let mut open = vec![root];
    for _ in 0..MAX_NODES {
        let Some(node) = open.pop() else { break };
        let kids = array(doc, node, b"Kids").unwrap_or_default();
        open.extend(kids.iter().take(MAX_NODES).rev().filter_map(|kid| as_dict(resolve(doc, kid)?)));
        open.truncate(MAX_NODES);
        for pair in array(doc, node, b"Names").unwrap_or_default().chunks_exact(2) {
            if leaves.len() >= max_leaves {
                return leaves;
            }
            let key = resolve(doc, &pair[0]).and_then(as_text).unwrap_or_default();
            leaves.extend(resolve(doc, &pair[1]).map(|value| (key, value)));
        }
    }
    leaves
}
