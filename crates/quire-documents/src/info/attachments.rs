//! Embedded files: of the document, and of single pages.

use std::collections::HashSet;

use lopdf::{Dictionary, Document, Object};
use serde::Serialize;

use super::report::BoundedList;
use super::walk;

const MAX_ATTACHMENTS: usize = 1_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Attachment {
    pub name: String,
    /// As the document says; `null` when it does not.
    pub size_bytes: Option<u64>,
    /// Bytes it takes up in the document, packed.
    pub stored_bytes: Option<u64>,
    pub media_type: Option<String>,
}

pub(super) fn list(doc: &Document) -> BoundedList<Attachment> {
    let mut list = BoundedList::default();
    let mut seen = HashSet::new();
    let named = doc
        .catalog()
        .ok()
        .and_then(|catalog| walk::dict(doc, catalog, b"Names"))
        .and_then(|names| walk::dict(doc, names, b"EmbeddedFiles"))
        .map(|root| walk::name_tree_leaves(doc, root, MAX_ATTACHMENTS + 1))
        .unwrap_or_default();
    let named = named.into_iter().filter_map(|(key, spec)| Some((key, walk::as_dict(spec)?)));
    for (key, spec) in named.chain(annotations(doc)) {
        let Some(attachment) = attachment(doc, &key, spec) else {
            continue;
        };
        if list.items.len() >= MAX_ATTACHMENTS {
            list.cut = true;
            break;
        }
        if seen.insert(std::ptr::from_ref(spec)) {
            list.items.push(attachment);
        }
    }
    list
}

/// File specifications of the annotations that carry a file.
fn annotations(doc: &Document) -> impl Iterator<Item = (String, &Dictionary)> {
    doc.objects.values().filter_map(|object| {
        let annotation = object.as_dict().ok()?;
        let subtype = annotation.get(b"Subtype").and_then(Object::as_name).ok()?;
        let spec = walk::dict(doc, annotation, b"FS")?;
        (subtype == b"FileAttachment").then(|| (String::new(), spec))
    })
}

fn attachment(doc: &Document, key: &str, spec: &Dictionary) -> Option<Attachment> {
    let files = walk::dict(doc, spec, b"EF")?;
    let file = [b"UF".as_slice(), b"F"].iter().find_map(|key| walk::get(doc, files, key))?;
    let stream = file.as_stream().ok()?;
    let params = walk::dict(doc, &stream.dict, b"Params");
    let name = walk::text(doc, spec, b"UF").or_else(|| walk::text(doc, spec, b"F"));
    Some(Attachment {
        name: name.unwrap_or_else(|| key.to_owned()),
        size_bytes: params.and_then(|params| walk::int(doc, params, b"Size")).and_then(|size| u64::try_from(size).ok()),
        stored_bytes: Some(stream.content.len() as u64),
        media_type: walk::name(doc, &stream.dict, b"Subtype"),
    })
}
