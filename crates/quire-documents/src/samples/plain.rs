//! Well-formed documents.

use std::fmt::Write as _;

use lopdf::{Dictionary, Document, Object, ObjectId, Stream, dictionary};

use super::saved;

/// Place of a line of text: points from the lower left corner, size in points.
#[derive(Debug, Clone, Copy)]
pub struct PlacedText<'a>(pub f64, pub f64, pub f64, pub &'a str);

/// The content stream operators that show these lines in Helvetica.
pub fn text_operators(lines: &[PlacedText<'_>]) -> String {
    let mut content = String::from("BT\n");
    for PlacedText(x, y, size, text) in lines {
        let text = text.replace('\\', "\\\\").replace('(', "\\(").replace(')', "\\)");
        // Writing into a string does not fail.
        let _ = writeln!(content, "/F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text}) Tj");
    }
    content.push_str("ET\n");
    content
}

/// A document of `n` pages of a few words each; written directly, so that 100,000 take well under a second.
pub fn pdf_with_pages(n: u32) -> Vec<u8> {
    let mut out = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut offsets = Vec::with_capacity(2 * n as usize + 3);
    let mut object = |out: &mut Vec<u8>, body: &str| {
        offsets.push(out.len());
        let id = offsets.len();
        out.extend_from_slice(format!("{id} 0 obj\n{body}\nendobj\n").as_bytes());
    };
    object(&mut out, "<</Type/Catalog/Pages 2 0 R>>");
    // Wide trees of references are read in one go by every engine.
    let kids: String = (0..n).map(|i| format!("{} 0 R ", 4 + 2 * i)).collect();
    object(
        &mut out,
        &format!("<</Type/Pages/Count {n}/Kids[{kids}]/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R>>>>>>"),
    );
    object(&mut out, "<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>");
    for number in 1..=n {
        object(&mut out, &format!("<</Type/Page/Parent 2 0 R/Contents {} 0 R>>", 3 + 2 * number));
        let content = text_operators(&[PlacedText(72.0, 770.0, 12.0, &format!("This is page {number} of {n}."))]);
        object(&mut out, &format!("<</Length {}>>stream\n{content}\nendstream", content.len()));
    }
    let start = out.len();
    let size = offsets.len() + 1;
    out.extend_from_slice(format!("xref\n0 {size}\n0000000000 65535 f \n").as_bytes());
    for offset in offsets {
        out.extend_from_slice(format!("{offset:010} 00000 n \n").as_bytes());
    }
    out.extend_from_slice(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n").as_bytes());
    out
}

/// A document with one A4 page for each content stream, with Helvetica as `F1`.
pub fn pdf_from_contents(contents: &[Stream]) -> Vec<u8> {
    saved(built(contents, None).0)
}

fn built(contents: &[Stream], info: Option<Dictionary>) -> (Document, Vec<ObjectId>) {
    let mut document = Document::with_version("1.7");
    let tree = document.new_object_id();
    let font = document.add_object(dictionary! {
        "Type" => "Font", "Subtype" => "Type1", "BaseFont" => "Helvetica", "Encoding" => "WinAnsiEncoding",
    });
    let mut pages = Vec::new();
    for content in contents {
        let content = document.add_object(content.clone());
        pages.push(document.add_object(dictionary! {
            "Type" => "Page", "Parent" => tree, "Contents" => content,
        }));
    }
    let kids: Vec<Object> = pages.iter().map(|id| Object::Reference(*id)).collect();
    document.set_object(
        tree,
        dictionary! {
            "Type" => "Pages", "Count" => kids.len() as i64, "Kids" => kids,
            "MediaBox" => vec![0.into(), 0.into(), 595.into(), 842.into()],
            "Resources" => dictionary! { "Font" => dictionary! { "F1" => font } },
        },
    );
    let catalog = document.add_object(dictionary! { "Type" => "Catalog", "Pages" => tree });
    document.trailer.set("Root", catalog);
    // The key of an encrypted document is derived from this, too.
    let id = Object::string_literal(b"quire-sample-doc".to_vec());
    document.trailer.set("ID", vec![id.clone(), id]);
    if let Some(info) = info {
        let info = document.add_object(info);
        document.trailer.set("Info", info);
    }
    (document, pages)
}

fn text(lines: &[PlacedText<'_>]) -> Stream {
    Stream::new(dictionary! {}, text_operators(lines).into_bytes())
}

pub(super) fn secret() -> Document {
    let page = text(&[PlacedText(72.0, 770.0, 12.0, "Only readers with the password see this line.")]);
    built(&[page], Some(dictionary! { "Title" => Object::string_literal("A locked page") })).0
}

/// A document of three pages with an Info dictionary and an outline.
pub fn report_pdf() -> Vec<u8> {
    let chapters = ["Beginnings", "Middles", "Endings"];
    let contents: Vec<Stream> = chapters.iter().enumerate().map(|(i, title)| chapter(i + 1, title)).collect();
    let info = dictionary! {
        "Title" => Object::string_literal("A small report"),
        "Author" => Object::string_literal("The demo set"),
        "Producer" => Object::string_literal("quire samples"),
        "CreationDate" => Object::string_literal("D:20260101120000Z"),
    };
    let (mut document, pages) = built(&contents, Some(info));
    let entries: Vec<ObjectId> = pages.iter().map(|_| document.new_object_id()).collect();
    let outline = document.new_object_id();
    for (i, (title, page)) in chapters.iter().zip(&pages).enumerate() {
        let mut entry = dictionary! {
            "Title" => Object::string_literal(*title), "Parent" => outline,
            "Dest" => vec![Object::Reference(*page), "Fit".into()],
        };
        if let Some(next) = entries.get(i + 1) {
            entry.set("Next", *next);
        }
        document.set_object(entries[i], entry);
    }
    document.set_object(
        outline,
        dictionary! {
            "Type" => "Outlines", "Count" => entries.len() as i64,
            "First" => entries[0], "Last" => entries[entries.len() - 1],
        },
    );
    if let Ok(catalog) = document.catalog_mut() {
        catalog.set("Outlines", outline);
    }
    saved(document)
}

fn chapter(number: usize, title: &str) -> Stream {
    let heading = format!("{number}. {title}");
    let body = [
        "A quire is a bundle of twenty-five sheets, folded together before they are sewn. Whoever counts",
        "sheets in quires counts quickly, and whoever loses one notices it at once. This page was gener-",
        "ated so that the words at its line ends, the heading above and the order of its lines can be",
        "checked by anyone who reads the text that was taken out of it.",
    ];
    let mut lines = vec![PlacedText(72.0, 770.0, 18.0, heading.as_str())];
    let step = |i: usize| 735.0 - 15.0 * i as f64;
    lines.extend(body.iter().enumerate().map(|(i, text)| PlacedText(72.0, step(i), 11.0, text)));
    text(&lines)
}

/// A document of one page whose stream shows the two columns row by row, so that only geometry tells their order.
pub fn two_column_pdf() -> Vec<u8> {
    let left = [
        "The left column comes first,",
        "from its top to its bottom,",
        "and no line of the right one",
        "may stand between its lines.",
        "Here the left column ends.",
    ];
    let right = [
        "The right column is next,",
        "although the file shows it",
        "row by row beside the left,",
        "as some programs do write",
        "it. Here the page ends.",
    ];
    let mut lines = vec![PlacedText(72.0, 770.0, 16.0, "Two columns, written row by row across the page")];
    for i in 0..left.len() {
        let y = 730.0 - 14.0 * i as f64;
        lines.push(PlacedText(72.0, y, 11.0, left[i]));
        lines.push(PlacedText(320.0, y, 11.0, right[i]));
    }
    pdf_from_contents(&[text(&lines)])
}
