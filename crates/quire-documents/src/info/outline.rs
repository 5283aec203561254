//! The outline (bookmarks), flat: each entry with its depth.

use std::collections::{HashMap, HashSet};

use lopdf::{Dictionary, Document, Object, ObjectId};
use serde::Serialize;

use super::report::BoundedList;
use super::walk;

const MAX_ITEMS: usize = 10_000;
const MAX_DEPTH: u32 = 32;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct OutlineItem {
    pub title: String,
    /// 1 at the top.
    pub depth: u32,
    /// Counted from 1; `null` when it leads nowhere within the document, or by name.
    pub page: Option<u32>,
}

pub(super) fn read(doc: &Document) -> BoundedList<OutlineItem> {
    let mut list = BoundedList::default();
    let root = doc.catalog().ok().and_then(|catalog| walk::dict(doc, catalog, b"Outlines"));
    let Some(first) = root.and_then(|root| root.get(b"First").ok()) else {
        return list;
    };
    let pages: HashMap<ObjectId, u32> = doc.get_pages().into_iter().map(|(n, id)| (id, n)).collect();
    let mut seen = HashSet::new();
    let mut open = vec![(first, 1u32)];
    while let Some((object, depth)) = open.pop() {
        // Entries are objects of their own: a second visit is a cycle.
        let Ok(id) = object.as_reference() else { continue };
        let Some(entry) = walk::resolve(doc, object).and_then(walk::as_dict) else { continue };
        if !seen.insert(id) {
            continue;
        }
        if list.items.len() >= MAX_ITEMS || depth > MAX_DEPTH {
            list.cut = true;
            continue;
        }
        list.items.push(OutlineItem {
            title: walk::text(doc, entry, b"Title").unwrap_or_default(),
            depth,
            page: page_of(doc, entry, &pages),
        });
        open.extend(entry.get(b"Next").ok().map(|next| (next, depth)));
        open.extend(entry.get(b"First").ok().map(|first| (first, depth + 1)));
    }
    list
}

fn page_of(doc: &Document, entry: &Dictionary, pages: &HashMap<ObjectId, u32>) -> Option<u32> {
    let destination = walk::get(doc, entry, b"Dest").or_else(|| walk::get(doc, walk::dict(doc, entry, b"A")?, b"D"))?;
    match destination {
        Object::Array(parts) => pages.get(&parts.first()?.as_reference().ok()?).copied(),
        _ => None,
    }
}
