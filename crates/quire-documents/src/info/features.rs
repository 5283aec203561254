//! Forms, XFA, signatures, JavaScript, tags.

use lopdf::{Dictionary, Document, Object};

use super::report::InfoReport;
use super::walk;

/// Bounds of the walk through the form's fields; deeper or more are not counted.
const MAX_FIELDS: usize = 50_000;
/// Bit 1 of `SigFlags`: the document has a signature.
const SIGNATURES_EXIST: i64 = 1;

pub(super) fn fill(doc: &Document, info: &mut InfoReport) {
    let Ok(catalog) = doc.catalog() else {
        return;
    };
    info.is_tagged = walk::dict(doc, catalog, b"MarkInfo")
        .and_then(|marks| walk::get(doc, marks, b"Marked")?.as_bool().ok())
        .unwrap_or(false);
    if let Some(form) = walk::dict(doc, catalog, b"AcroForm") {
        info.has_xfa = walk::get(doc, form, b"XFA").is_some();
        let fields = walk_fields(doc, form);
        info.form_fields = fields.count;
        info.has_forms = fields.count > 0 || info.has_xfa;
        let flags = walk::int(doc, form, b"SigFlags").unwrap_or(0);
        info.has_signatures = fields.signed || flags & SIGNATURES_EXIST != 0;
    }
    info.has_javascript = has_javascript(doc, catalog);
}

#[derive(Default)]
struct Fields {
    count: u32,
    signed: bool,
}

fn walk_fields(doc: &Document, form: &Dictionary) -> Fields {
    let mut fields = Fields::default();
    let mut open: Vec<&Object> = walk::array(doc, form, b"Fields").unwrap_or_default().iter().collect();
    // The count of steps also ends cycles.
    for _ in 0..MAX_FIELDS {
        let Some(field) = open.pop() else { break };
        let Some(field) = walk::resolve(doc, field).and_then(walk::as_dict) else {
            continue;
        };
        fields.signed |=
            walk::name(doc, field, b"FT").as_deref() == Some("Sig") && walk::get(doc, field, b"V").is_some();
        let kids = walk::array(doc, field, b"Kids").unwrap_or_default();
        let named = |kid: &&Object| walk::resolve(doc, kid).and_then(walk::as_dict).is_some_and(|kid| kid.has(b"T"));
        // A field's unnamed kids are its appearances on pages.
        let before = open.len();
        open.extend(kids.iter().take(MAX_FIELDS - before.min(MAX_FIELDS)).filter(named));
        if open.len() == before {
            fields.count += 1;
        }
    }
    fields
}

/// In the name tree, the open action, or any action object.
fn has_javascript(doc: &Document, catalog: &Dictionary) -> bool {
    let named = walk::dict(doc, catalog, b"Names").is_some_and(|names| names.has(b"JavaScript"));
    named || doc.objects.values().any(is_script_action)
}

fn is_script_action(object: &Object) -> bool {
    const MAX_DEPTH: usize = 8;
    fn search(object: &Object, depth: usize) -> bool {
        match object {
            Object::Dictionary(dict) => {
                dict.get(b"S").and_then(Object::as_name).is_ok_and(|name| name == b"JavaScript")
                    || (depth > 0 && dict.iter().any(|(_, value)| search(value, depth - 1)))
            }
            Object::Array(items) => depth > 0 && items.iter().any(|item| search(item, depth - 1)),
            _ => false,
        }
    }
    search(object, MAX_DEPTH)
}
