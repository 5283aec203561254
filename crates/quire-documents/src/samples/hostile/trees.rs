//! Page trees and name trees that are cyclic or broken.

use super::raw::{HELLO, PageDict, RawPdf};

const BOX: &str = "/MediaBox[0 0 595 842]";

/// A node of the page tree that is its own kid, beside a good page.
pub(super) fn own_kid() -> Vec<u8> {
    tree(|page, tree| format!("/Count 2/Kids[{page} 0 R {tree} 0 R]"))
}

/// Two nodes that are each other's kids, and no page.
pub(super) fn no_page_at_all() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let (one, other) = (raw.reserve(), raw.reserve());
    raw.set(one, format!("<</Type/Pages/Count 1/Kids[{other} 0 R]>>"));
    raw.set(other, format!("<</Type/Pages/Count 1/Parent {one} 0 R/Kids[{one} 0 R]>>"));
    let root = raw.add(format!("<</Type/Catalog/Pages {one} 0 R>>"));
    raw.finish(root)
}

/// A page that is its own parent.
pub(super) fn own_parent() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream("", HELLO);
    let (tree, page) = (raw.reserve(), raw.reserve());
    raw.set(page, format!("<</Type/Page/Parent {page} 0 R/Contents {content} 0 R>>"));
    raw.set(tree, format!("<</Type/Pages/Parent {tree} 0 R/Count 1/Kids[{page} 0 R]>>"));
    let root = raw.add(format!("<</Type/Catalog/Pages {tree} 0 R>>"));
    raw.finish(root)
}

/// Says that it has a million pages, and has one.
pub(super) fn announced_million() -> Vec<u8> {
    tree(|page, _| format!("/Count 1000000/Kids[{page} 0 R]"))
}

/// Says that it has fewer pages than none.
pub(super) fn announced_negative() -> Vec<u8> {
    tree(|page, _| format!("/Count -2147483648/Kids[{page} 0 R]"))
}

fn tree(entries: impl FnOnce(u32, u32) -> String) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream("", HELLO);
    let (tree, page) = (raw.reserve(), raw.reserve());
    raw.set(page, format!("<</Type/Page/Parent {tree} 0 R{BOX}/Contents {content} 0 R>>"));
    raw.set(tree, format!("<</Type/Pages{}>>", entries(page, tree)));
    let root = raw.add(format!("<</Type/Catalog/Pages {tree} 0 R>>"));
    raw.finish(root)
}

/// One page, a million times in the list of pages.
pub(super) fn one_page_a_million_times() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream("", HELLO);
    let (root, tree, page) = (raw.reserve(), raw.reserve(), raw.reserve());
    let kids = format!("{page} 0 R ").repeat(1_000_000);
    let bodies = [
        format!("<</Type/Catalog/Pages {tree} 0 R>>"),
        format!("<</Type/Pages/Count 1000000/Kids[{kids}]>>"),
        format!("<</Type/Page/Parent {tree} 0 R{BOX}/Contents {content} 0 R>>"),
    ];
    within_one_stream(raw, root, &bodies)
}

/// A hundred thousand pages, each an object of its own.
pub(super) fn hundred_thousand_pages() -> Vec<u8> {
    const PAGES: u32 = 100_000;
    let mut raw = RawPdf::new();
    let (root, tree) = (raw.reserve(), raw.reserve());
    let pages: Vec<u32> = (0..PAGES).map(|_| raw.reserve()).collect();
    let kids: String = pages.iter().map(|page| format!("{page} 0 R ")).collect();
    let mut bodies =
        vec![format!("<</Type/Catalog/Pages {tree} 0 R>>"), format!("<</Type/Pages/Count {PAGES}/Kids[{kids}]>>")];
    bodies.resize(bodies.len() + PAGES as usize, format!("<</Type/Page/Parent {tree} 0 R{BOX}>>"));
    within_one_stream(raw, root, &bodies)
}

/// The objects from `root` on, in one object stream.
fn within_one_stream(mut raw: RawPdf, root: u32, bodies: &[String]) -> Vec<u8> {
    let (mut index, mut data, mut inside) = (String::new(), String::new(), Vec::new());
    let ids: Vec<u32> = (root..).take(bodies.len()).collect();
    for (id, body) in ids.iter().zip(bodies) {
        index.push_str(&format!("{id} {} ", data.len()));
        data.push_str(body);
        data.push(' ');
    }
    let entries = format!("/Type/ObjStm/N {}/First {}", bodies.len(), index.len());
    let holder = raw.packed(&entries, index + &data);
    inside.extend(ids.iter().enumerate().map(|(place, id)| (*id, holder, place as u32)));
    raw.finish_with_stream(root, &inside)
}

/// Twelve levels, of which each lists the next one ten times: a million million pages.
pub(super) fn pages_exponentially() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let content = raw.stream("", HELLO);
    let mut node = raw.add(format!("<</Type/Page{BOX}/Contents {content} 0 R>>"));
    for _ in 0..12 {
        node = raw.add(format!("<</Type/Pages/Count 10/Kids[{}]>>", format!("{node} 0 R ").repeat(10)));
    }
    let root = raw.add(format!("<</Type/Catalog/Pages {node} 0 R>>"));
    raw.finish(root)
}

/// Bookmarks, page labels, names and form fields, all of which lead back to themselves.
pub(super) fn circles() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let [outline, labels, names, fields] = [(); 4].map(|()| raw.reserve());
    raw.set(outline, format!("<</Title(a)/First {outline} 0 R/Next {outline} 0 R/Parent {outline} 0 R>>"));
    raw.set(labels, format!("<</Nums[0 <</S/D>>]/Kids[{}]>>", format!("{labels} 0 R ").repeat(50)));
    raw.set(names, format!("<</Names[(a) 1]/Kids[{}]>>", format!("{names} 0 R ").repeat(50)));
    raw.set(fields, format!("<</T(a)/FT/Sig/Kids[{}]>>", format!("{fields} 0 R ").repeat(50)));
    let catalog = format!(
        "/Outlines {outline} 0 R/PageLabels {labels} 0 R/Names<</EmbeddedFiles {names} 0 R>>\
         /AcroForm<</Fields[{fields} 0 R]>>"
    );
    raw.page(&PageDict { catalog: &catalog, ..PageDict::default() })
}

/// Labels for pages beyond counting, and numbers that do not fit.
pub(super) fn labels() -> Vec<u8> {
    let ranges: String = (0..20_000).map(|n| format!("{} <</S/R/St 4294967295/P({})>> ", n * 99, n)).collect();
    let catalog = format!("/PageLabels<</Nums[{ranges} -5 <</S/a/St -9>> 99999999999 <</S/A>>]>>");
    RawPdf::new().page(&PageDict { catalog: &catalog, ..PageDict::default() })
}
