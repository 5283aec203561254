//! Tables of codes that the engine would give up are mended before it sees them: a further revision of the document
//! holds them, and all else stays as it is.

use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

use hayro_syntax::Pdf;
use hayro_syntax::object::dict::keys::{ANNOTS, AP, N, RESOURCES};
use hayro_syntax::object::{Array, Dict, Object, ObjectIdentifier, Stream};
use hayro_syntax::page::Resources;
use lopdf::{Object as Written, ObjectId, Stream as WrittenStream, dictionary};
use memchr::memmem;

use super::code_map;
use crate::DocumentRequest;
use crate::guard::shielded;
use crate::info::engine;
use crate::revision::appended;
use crate::unpacking::exceeds;

/// Fonts, forms and annotations looked at in search of tables.
const MAX_OBJECTS: usize = 100_000;
const MAX_TABLE_BYTES: u64 = 16 << 20;
const MAX_DEPTH: usize = 16;

/// The document with its tables mended; `None` when there is nothing to mend, or nothing that can be done.
pub(super) fn mended(pdf: &Pdf, request: &DocumentRequest<'_>) -> Option<Pdf> {
    let tables = shielded(|| Search::default().tables(pdf)).ok().filter(|tables| !tables.is_empty())?;
    let root = pdf.xref().root_id();
    let trailer = dictionary! {
        "Root" => (root.obj_number, u16::try_from(root.gen_number).ok()?),
        "Size" => tables.iter().map(|(id, _)| i64::from(id.0)).max()? + 1,
    };
    let bytes = Arc::new(appended(&in_the_clear(pdf, request)?, &tables, trailer)?);
    let mended = shielded(|| Pdf::new(bytes)).ok()?.ok()?;
    (mended.pages().len() == pdf.pages().len()).then_some(mended)
}

/// A revision of a locked document would have to be locked, too.
fn in_the_clear<'a>(pdf: &'a Pdf, request: &DocumentRequest<'_>) -> Option<Cow<'a, [u8]>> {
    let bytes = pdf.data().as_ref();
    if memmem::find(bytes, b"/Encrypt").is_none() {
        return Some(Cow::Borrowed(bytes));
    }
    engine::rewrite(engine::load(bytes, request.password, &request.limits).ok()?).map(Cow::Owned)
}

/// Looks at each object once.
#[derive(Default)]
struct Search {
    seen: HashSet<ObjectIdentifier>,
    mended: Vec<(ObjectId, Written)>,
}

impl Search {
    fn tables(mut self, pdf: &Pdf) -> Vec<(ObjectId, Written)> {
        for page in pdf.pages().iter() {
            self.resources(page.resources(), 0);
            let annotations = page.raw().get::<Array<'_>>(ANNOTS);
            for annotation in annotations.iter().flat_map(|list| list.iter::<Dict<'_>>()).take(MAX_OBJECTS) {
                self.appearance(&annotation);
            }
        }
        self.mended
    }

    fn is_new(&mut self, id: ObjectIdentifier) -> bool {
        self.seen.len() < MAX_OBJECTS && self.seen.insert(id)
    }

    fn resources(&mut self, resources: &Resources<'_>, depth: usize) {
        for name in resources.fonts.keys() {
            if resources.fonts.get_ref(&name).is_none_or(|font| self.is_new(font.into()))
                && let Some(font) = resources.get_font(&name)
            {
                self.font(&font);
            }
        }
        for name in resources.x_objects.keys() {
            if resources.x_objects.get_ref(&name).is_some_and(|form| self.is_new(form.into()))
                && let Some(form) = resources.get_x_object(&name)
            {
                self.form(&form, depth);
            }
        }
    }

    fn form(&mut self, form: &Stream<'_>, depth: usize) {
        if depth < MAX_DEPTH
            && let Some(resources) = form.dict().get::<Dict<'_>>(RESOURCES)
        {
            self.resources(&Resources::new(resources), depth + 1);
        }
    }

    fn appearance(&mut self, annotation: &Dict<'_>) {
        match annotation.get::<Dict<'_>>(AP).and_then(|appearances| appearances.get::<Object<'_>>(N)) {
            Some(Object::Stream(form)) => self.form(&form, 0),
            Some(Object::Dict(states)) => {
                for name in states.keys() {
                    if let Some(form) = states.get::<Stream<'_>>(&name) {
                        self.form(&form, 0);
                    }
                }
            }
            _ => {}
        }
    }

    fn font(&mut self, font: &Dict<'_>) {
        let Some(id) = font.get_ref(b"ToUnicode").map(ObjectIdentifier::from).filter(|id| self.is_new(*id)) else {
            return;
        };
        let Some(table) = font.get::<Stream<'_>>(b"ToUnicode") else { return };
        if exceeds(&table.filters(), &table.raw_data(), MAX_TABLE_BYTES) {
            return;
        }
        if let Ok(table) = table.decoded_data()
            && let Some(mended) = code_map::mended(&table)
            && let Ok(generation) = u16::try_from(id.gen_number)
        {
            let stream = WrittenStream::new(dictionary! {}, mended);
            self.mended.push(((id.obj_number, generation), stream.into()));
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use lopdf::{Dictionary, Document, EncryptionState, EncryptionVersion, Permissions, SaveOptions};

    use super::*;
    use crate::samples::{pdf_from_contents, saved};
    use crate::tests::{request, run};
    use crate::text::tests::read;
    use quire_domain::operation::Operation;

    const TABLE: &str = "begincmap beginbfchar <01> <0041> <02> /ntilde <03> <0042> endbfchar endcmap";

    fn simple(subtype: &str, codes: Written) -> Dictionary {
        let descriptor = dictionary! { "Type" => "FontDescriptor", "FontName" => "ABCDEF+X", "Flags" => 4 };
        dictionary! {
            "Type" => "Font", "Subtype" => subtype, "BaseFont" => "ABCDEF+X", "FontDescriptor" => descriptor,
            "FirstChar" => 0, "LastChar" => 255, "Widths" => vec![500.into(); 256], "ToUnicode" => codes,
        }
    }

    fn composite(codes: Written) -> Dictionary {
        let system = dictionary! {
            "Registry" => Written::string_literal("Adobe"), "Ordering" => Written::string_literal("Identity"),
            "Supplement" => 0,
        };
        let descendant = dictionary! {
            "Type" => "Font", "Subtype" => "CIDFontType2", "BaseFont" => "ABCDEF+X", "CIDSystemInfo" => system,
            "DW" => 500,
        };
        dictionary! {
            "Type" => "Font", "Subtype" => "Type0", "BaseFont" => "ABCDEF+X", "Encoding" => "Identity-H",
            "DescendantFonts" => vec![descendant.into()], "ToUnicode" => codes,
        }
    }

    /// A page that shows `codes` in the font, right in its content or in a form.
    fn document(font: impl FnOnce(Written) -> Dictionary, codes: &str, in_form: bool) -> Document {
        let show = format!("BT /F1 12 Tf 50 700 Td <{codes}> Tj ET");
        let content = if in_form { "/Fm Do" } else { &show };
        let bytes = pdf_from_contents(&[WrittenStream::new(dictionary! {}, content.as_bytes().to_vec())]);
        let mut document = Document::load_mem(&bytes).unwrap();
        let table = document.add_object(WrittenStream::new(dictionary! {}, TABLE.into()));
        let font = document.add_object(font(table.into()));
        let mut resources = dictionary! { "Font" => dictionary! { "F1" => font } };
        if in_form {
            let form = dictionary! {
                "Type" => "XObject", "Subtype" => "Form", "Resources" => resources,
                "BBox" => vec![0.into(), 0.into(), 600.into(), 800.into()],
            };
            let form = document.add_object(WrittenStream::new(form, show.clone().into_bytes()));
            resources = dictionary! { "XObject" => dictionary! { "Fm" => form } };
        }
        let page = document.get_pages()[&1];
        document.get_object_mut(page).unwrap().as_dict_mut().unwrap().set("Resources", resources);
        document
    }

    #[test]
    fn one_bad_entry_costs_no_other_in_any_kind_of_font() {
        for subtype in ["TrueType", "Type1", "MMType1"] {
            let bytes = saved(document(|table| simple(subtype, table), "010203", false));
            assert_eq!(read(&bytes), "AñB\n", "{subtype}");
        }
        assert_eq!(read(&saved(document(composite, "000100020003", false))), "AñB\n");
    }

    #[test]
    fn fonts_of_forms_are_mended_too() {
        assert_eq!(read(&saved(document(composite, "000100020003", true))), "AñB\n");
    }

    #[test]
    fn a_table_of_objects_that_is_a_stream_is_gone_on_from() {
        let mut bytes = Vec::new();
        document(composite, "000100020003", false).save_modern(&mut bytes).unwrap();
        assert_eq!(read(&bytes), "AñB\n");
    }

    #[test]
    fn a_file_that_does_not_say_where_its_objects_are_is_mended_too() {
        let bytes = saved(document(composite, "000100020003", false));
        let bytes = &bytes[..memmem::rfind(&bytes, b"startxref").unwrap()];
        let (_, kept) = run(bytes, &request(&[Operation::Text])).unwrap();
        assert_eq!(kept.text(), "AñB\n");
    }

    #[test]
    fn a_locked_document_is_mended_in_the_clear() {
        let mut document = document(composite, "000100020003", false);
        let version = EncryptionVersion::V2 {
            document: &document,
            owner_password: "owner",
            user_password: "user",
            key_length: 128,
            permissions: Permissions::all(),
        };
        let state = EncryptionState::try_from(version).unwrap();
        document.encrypt(&state).unwrap();
        let mut bytes = Vec::new();
        document.save_with_options(&mut bytes, SaveOptions::default()).unwrap();
        for password in ["user", "owner"] {
            let request = DocumentRequest { password: Some(password), ..request(&[Operation::Text]) };
            assert_eq!(run(&bytes, &request).unwrap().1.text(), "AñB\n", "{password}");
        }
    }

    #[test]
    fn a_document_with_nothing_to_mend_is_left_alone() {
        let pdf = Pdf::new(crate::samples::report_pdf()).unwrap();
        assert!(mended(&pdf, &request(&[Operation::Text])).is_none());
    }
}
