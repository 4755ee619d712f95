//! Workbooks of a megabyte or so that unfold to more than any machine should give for a roster.

use flate2::{Compress, Compression, FlushCompress};

/// How much a bomb unfolds to.
const MEGABYTES: usize = 600;

const CONTENT: &str =
    r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#;

const ROOT: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;

const BOOK: &str = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="花名册" sheetId="1" r:id="rId1"/></sheets></workbook>"#;

const LINKS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>"#;

const SPACE: &str = r#"xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main""#;

/// One text that fits into no memory a roster may have.
pub(super) fn of_memory() -> Vec<u8> {
    let cell = r#"<row r="1"><c r="A1" t="s"><v>0</v></c></row>"#;
    let sheet = format!("<worksheet {SPACE}><sheetData>{cell}</sheetData></worksheet>");
    let before = format!("<sst {SPACE}><si><t>");
    workbook(
        Part::of("xl/worksheets/sheet1.xml", [&sheet, "", ""], 0),
        Part::of(
            "xl/sharedStrings.xml",
            [&before, "安", "</t></si></sst>"],
            MEGABYTES,
        ),
    )
}

/// Rows without end, with nothing in them.
pub(super) fn of_time() -> Vec<u8> {
    let before = format!("<worksheet {SPACE}><sheetData>");
    let rows = [before.as_str(), "<row/>", "</sheetData></worksheet>"];
    let strings = format!("<sst {SPACE}/>");
    workbook(
        Part::of("xl/worksheets/sheet1.xml", rows, MEGABYTES),
        Part::of("xl/sharedStrings.xml", [&strings, "", ""], 0),
    )
}

/// A file in the archive.
struct Part {
    name: &'static str,
    bytes: Vec<u8>,
    length: usize,
}

impl Part {
    /// A text, another that is repeated for so many megabytes, and a last one. A megabyte is compressed once, and its
    /// blocks follow one another.
    fn of(name: &'static str, [before, repeated, after]: [&str; 3], megabytes: usize) -> Self {
        let chunk = repeated.repeat((1 << 20) / repeated.len().max(1));
        let mut bytes = deflated(before, FlushCompress::Full);
        let blocks = deflated(&chunk, FlushCompress::Full);
        for _ in 0..megabytes {
            bytes.extend(&blocks);
        }
        bytes.extend(deflated(after, FlushCompress::Finish));
        Self {
            name,
            bytes,
            length: before.len() + chunk.len() * megabytes + after.len(),
        }
    }
}

fn deflated(text: &str, flush: FlushCompress) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(1 << 16);
    Compress::new(Compression::best(), false)
        .compress_vec(text.as_bytes(), &mut bytes, flush)
        .unwrap();
    bytes
}

/// The archive (PKWARE's APPNOTE 4.3). The checksums are left out: nobody gets so far as to compare them.
fn workbook(sheet: Part, strings: Part) -> Vec<u8> {
    let parts = [
        Part::of("[Content_Types].xml", [CONTENT, "", ""], 0),
        Part::of("_rels/.rels", [ROOT, "", ""], 0),
        Part::of("xl/workbook.xml", [BOOK, "", ""], 0),
        Part::of("xl/_rels/workbook.xml.rels", [LINKS, "", ""], 0),
        sheet,
        strings,
    ];
    let (mut archive, mut index) = (Vec::new(), Vec::new());
    for part in &parts {
        let offset = u32::try_from(archive.len()).unwrap();
        let mut checksum = flate2::Crc::new();
        if part.length < 1 << 20 {
            let mut text = Vec::new();
            let mut inflated = flate2::read::DeflateDecoder::new(part.bytes.as_slice());
            std::io::Read::read_to_end(&mut inflated, &mut text).unwrap();
            checksum.update(&text);
        }
        let mut head = Vec::new();
        // Version 2.0, names in UTF-8, deflated, the first of January 1980.
        for short in [20_u16, 0x0800, 8, 0, 0x21] {
            head.extend(short.to_le_bytes());
        }
        let sizes = [part.bytes.len(), part.length].map(|size| u32::try_from(size).unwrap());
        for long in [checksum.sum(), sizes[0], sizes[1]] {
            head.extend(long.to_le_bytes());
        }
        head.extend(u16::try_from(part.name.len()).unwrap().to_le_bytes());
        head.extend([0, 0]);
        archive.extend(b"PK\x03\x04");
        archive.extend(&head);
        archive.extend(part.name.as_bytes());
        archive.extend(&part.bytes);
        index.extend(b"PK\x01\x02\x14\x00");
        index.extend(&head);
        index.extend([0; 10]);
        index.extend(offset.to_le_bytes());
        index.extend(part.name.as_bytes());
    }
    let start = u32::try_from(archive.len()).unwrap();
    let size = u32::try_from(index.len()).unwrap();
    let count = u16::try_from(parts.len()).unwrap();
    archive.extend(index);
    archive.extend(b"PK\x05\x06\x00\x00\x00\x00");
    archive.extend([count.to_le_bytes(), count.to_le_bytes()].concat());
    archive.extend([size.to_le_bytes(), start.to_le_bytes()].concat());
    archive.extend([0, 0]);
    archive
}
