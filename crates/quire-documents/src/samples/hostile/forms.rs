//! Form XObjects that show each other without end.

use super::raw::{HELLO, PageDict, RawPdf};

/// Forms within forms; each level shows the next one this many times.
const FANOUT: usize = 16;
/// `FANOUT` to the power of this many forms are shown: no machine finishes them.
const LEVELS: usize = 24;
const FORM: &str = "/Type/XObject/Subtype/Form/BBox[0 0 100 100]";

/// A document of a few kilobytes that an engine interprets practically for ever, in little memory: forms that show each
/// other, exponentially often.
pub fn endless_forms() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let show_next = "/X Do\n".repeat(FANOUT);
    let mut inner = raw.stream(FORM, "0 0 1 1 re f\n");
    for _ in 0..LEVELS {
        inner = raw.stream(&format!("{FORM}/Resources<</XObject<</X {inner} 0 R>>>>"), &show_next);
    }
    raw.page_of(show_next, &format!("/XObject<</X {inner} 0 R>>"))
}

/// A form that shows itself once: engines stop at some depth.
pub(super) fn itself_once() -> Vec<u8> {
    itself(1)
}

/// A form that shows itself twice: 2 to the power of the depth at which the engine stops.
pub(super) fn itself_twice() -> Vec<u8> {
    itself(2)
}

fn itself(times: usize) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let form = raw.reserve();
    let resources = format!("/XObject<</X {form} 0 R>>");
    raw.set_stream(form, &format!("{FORM}/Resources<<{resources}>>"), "/X Do ".repeat(times));
    raw.page_of(format!("{HELLO}/X Do"), &resources)
}

/// Two forms that show each other, three times each.
pub(super) fn each_other() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let (one, other) = (raw.reserve(), raw.reserve());
    for (form, shown) in [(one, other), (other, one)] {
        let resources = format!("/Resources<</XObject<</X {shown} 0 R>>>>");
        raw.set_stream(form, &format!("{FORM}{resources}"), "/X Do /X Do /X Do");
    }
    raw.page_of(format!("{HELLO}/X Do"), &format!("/XObject<</X {one} 0 R>>"))
}

/// A pattern painted with itself.
pub(super) fn pattern() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let pattern = raw.reserve();
    let resources = format!("/Pattern<</P {pattern} 0 R>>");
    let entries = "/PatternType 1/PaintType 1/TilingType 1/BBox[0 0 1 1]/XStep 1/YStep 1";
    let paint = "/Pattern cs /P scn 0 0 500 500 re f ";
    raw.set_stream(pattern, &format!("{entries}/Resources<<{resources}>>"), paint.repeat(3));
    raw.page_of(format!("{HELLO}{paint}"), &resources)
}

/// A font whose letter is drawn with the same letter.
pub(super) fn letter() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let (font, letter) = (raw.reserve(), raw.reserve());
    raw.set_stream(letter, "", "1000 0 d0 BT /F9 1 Tf (aaa) Tj ET");
    let shape = format!("/FontBBox[0 0 9 9]/FontMatrix[.001 0 0 .001 0 0]/CharProcs<</a {letter} 0 R>>");
    let codes = "/Encoding<</Differences[97/a]>>/FirstChar 97/LastChar 97/Widths[1000]";
    let resources = format!("/Resources<</Font<</F9 {font} 0 R>>>>");
    raw.set(font, format!("<</Type/Font/Subtype/Type3{shape}{codes}{resources}>>"));
    raw.page_of(format!("{HELLO} BT /F9 12 Tf 72 600 Td (aaa) Tj ET"), &format!("/Font<</F9 {font} 0 R>>"))
}

/// A mask that is masked by itself.
pub(super) fn mask() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let (state, group) = (raw.reserve(), raw.reserve());
    let resources = format!("/ExtGState<</S {state} 0 R>>");
    raw.set(state, format!("<</SMask<</S/Luminosity/G {group} 0 R>>>>"));
    let entries = format!("{FORM}/Group<</S/Transparency/CS/DeviceRGB>>/Resources<<{resources}>>");
    raw.set_stream(group, &entries, "/S gs 0 0 9 9 re f ".repeat(3));
    raw.page_of(format!("/S gs {HELLO} 0 0 9 9 re f"), &resources)
}

/// A thousand notes, each of which looks like the form that shows itself.
pub(super) fn notes() -> Vec<u8> {
    let mut raw = RawPdf::new();
    let form = raw.reserve();
    let resources = format!("/Resources<</XObject<</X {form} 0 R>>>>");
    raw.set_stream(form, &format!("{FORM}{resources}"), "/X Do /X Do");
    let note = format!("<</Type/Annot/Subtype/Stamp/Rect[0 0 9 9]/AP<</N {form} 0 R>>>>");
    let notes = format!("/Annots[{}]", note.repeat(1_000));
    raw.page(&PageDict { page: &notes, ..PageDict::default() })
}
