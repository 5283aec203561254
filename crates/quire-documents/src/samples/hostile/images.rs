//! Images that announce more than any machine holds.

use super::raw::{HELLO, RawPdf, zlib};

/// A hundred thousand pixels square, one bit each.
pub(super) fn bits() -> Vec<u8> {
    let size = "/Width 100000/Height 100000/BitsPerComponent 1/ColorSpace/DeviceGray";
    image(&format!("{size}/Filter/FlateDecode"), &zlib([0; 100]))
}

/// Both sides as long as a number can say.
pub(super) fn largest() -> Vec<u8> {
    image("/Width 4294967295/Height 4294967295/BitsPerComponent 16/ColorSpace/DeviceCMYK", &[0; 9])
}

/// A JPEG of 65,535 pixels square that ends after its header.
pub(super) fn jpeg() -> Vec<u8> {
    let header =
        b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03\x01\x22\x00\x02\x11\x01\x03\x11\x01\xff\xda\x00\x08\x01";
    image("/Width 65535/Height 65535/BitsPerComponent 8/ColorSpace/DeviceRGB/Filter/DCTDecode", header)
}

/// A JPEG 2000 of 4,294,967,295 pixels square in tiles of one.
pub(super) fn jpeg_2000() -> Vec<u8> {
    let mut code = b"\xff\x4f\xff\x51\x00\x2f\x00\x00".to_vec();
    for number in [u32::MAX, u32::MAX, 0, 0, 1, 1, 0, 0] {
        code.extend_from_slice(&number.to_be_bytes());
    }
    code.extend_from_slice(b"\x00\x03\x07\x01\x01\x07\x01\x01\x07\x01\x01\xff\x52\x00\x0c");
    // Without its own colours: the engine has to look inside.
    image("/Width 30000/Height 30000/Filter/JPXDecode", &code)
}

/// A JBIG2 page of 4,294,967,295 pixels square.
pub(super) fn jbig2() -> Vec<u8> {
    let mut code = b"\x00\x00\x00\x00\x30\x00\x01\x00\x00\x00\x13".to_vec();
    code.extend_from_slice(&[0xff; 8]);
    code.extend_from_slice(&[0; 11]);
    let size = "/Width 4294967295/Height 4294967295/BitsPerComponent 1/ColorSpace/DeviceGray";
    image(&format!("{size}/Filter/JBIG2Decode"), &code)
}

/// A fax of endless lines.
pub(super) fn fax() -> Vec<u8> {
    let parameters = "/DecodeParms<</K -1/Columns 2147483647/Rows 2147483647>>";
    let size = "/Width 2147483647/Height 2147483647/BitsPerComponent 1/ImageMask true";
    image(&format!("{size}/Filter/CCITTFaxDecode{parameters}"), &[0x55; 400])
}

fn image(entries: &str, data: &[u8]) -> Vec<u8> {
    let mut raw = RawPdf::new();
    let image = raw.stream(&format!("/Type/XObject/Subtype/Image{entries}"), data);
    raw.page_of(format!("{HELLO} 500 0 0 500 9 9 cm /I Do"), &format!("/XObject<</I {image} 0 R>>"))
}

/// An image within the content that never ends.
pub(super) fn inline_without_end() -> Vec<u8> {
    let image = "BI /W 10000 /H 10000 /BPC 8 /CS /RGB ID ";
    RawPdf::new().page_of_packed(format!("{HELLO}{image}{}", "no end ".repeat(1_000_000)), "")
}

/// A hundred thousand of them, so that each end is looked for in all the rest.
pub(super) fn inline_again_and_again() -> Vec<u8> {
    RawPdf::new().page_of_packed(format!("{HELLO}{}", "BI /W 9 /H 9 /BPC 8 /CS /G ID EIx\n".repeat(100_000)), "")
}
