//! Evidence: what is kept, what is not, and under which name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use schoolbell::core::evidence::{BYTES_AT_MOST, FileKind, is_digest, plain_name};
use schoolbell::evidence::{NotKept, Store};

const PHOTO: &[u8] = b"\xFF\xD8\xFF\xE0 a photo";
const FORM: &[u8] = b"PK\x03\x04 a document";

#[test]
fn a_file_is_kept_by_what_it_holds_and_given_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of(folder.path());
    let first = store.keep("演练照片.JPG", PHOTO).unwrap();
    let again = store.keep("同一张.jpg", PHOTO).unwrap();
    assert_eq!(first.digest, again.digest);
    assert_eq!((first.name.as_str(), first.bytes), ("演练照片.jpg", 12));
    assert!(is_digest(&first.digest));
    assert_eq!(store.open(&first.digest).unwrap().as_deref(), Some(PHOTO));
    let shelf = folder.path().join("evidence").join(&first.digest[..2]);
    let names: Vec<_> = fs::read_dir(&shelf).unwrap().collect();
    assert_eq!(names.len(), 1, "the same file is there once");
    let rights = fs::metadata(&shelf).unwrap().permissions().mode();
    assert_eq!(rights & 0o077, 0, "nobody else may look");
}

#[test]
fn a_spoilt_file_is_not_given_out() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of(folder.path());
    let kept = store.keep("a.jpg", PHOTO).unwrap();
    let place = folder.path().join("evidence").join(&kept.digest[..2]);
    fs::write(place.join(&kept.digest), b"\xFF\xD8\xFF something else").unwrap();
    assert_eq!(store.open(&kept.digest).unwrap(), None);
    // Sent once more, it is whole again.
    store.keep("a.jpg", PHOTO).unwrap();
    assert_eq!(store.open(&kept.digest).unwrap().as_deref(), Some(PHOTO));
}

#[test]
fn a_digest_is_no_path() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of(folder.path());
    fs::write(folder.path().join("link-key"), "secret").unwrap();
    let long = format!("../{}", "0".repeat(61));
    for name in ["../link-key", "", "..", "é", &long, &"A".repeat(64)] {
        assert_eq!(store.open(name).unwrap(), None, "{name}");
    }
    assert_eq!(store.open(&"0".repeat(64)).unwrap(), None);
}

#[test]
fn only_what_schools_hand_in_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::of(folder.path());
    let refused = [
        ("a.html", b"<script>alert(1)</script>".as_slice()),
        ("a.jpg", b"<html>".as_slice()),
        (
            "a.svg",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\">".as_slice(),
        ),
        ("a.exe", b"MZ\x90\x00".as_slice()),
        ("a.zip", FORM),
        ("a.docm", FORM),
        ("docx", FORM),
    ];
    for (name, bytes) in refused {
        let error = store.keep(name, bytes).unwrap_err();
        // Of a name that promises what may be kept, it is the content that is wrong.
        let by_content = matches!(error, NotKept::Content { .. });
        assert!(
            by_content || matches!(error, NotKept::Kind { .. }),
            "{name}"
        );
        assert_eq!(by_content, name == "a.jpg", "{name}");
        assert!(error.to_string().contains(name));
    }
    assert!(matches!(
        store.keep("a.jpg", b""),
        Err(NotKept::Empty { .. })
    ));
    let mut large = PHOTO.to_vec();
    large.resize(BYTES_AT_MOST, 0);
    assert!(store.keep("a.jpg", &large).is_ok());
    large.push(0);
    assert!(matches!(
        store.keep("a.jpg", &large),
        Err(NotKept::TooLarge { .. })
    ));
    for (name, bytes) in [
        ("登记表.docx", FORM),
        ("a.png", b"\x89PNG\r\n\x1a\n..".as_slice()),
        ("a.webp", b"RIFF\0\0\0\0WEBPVP8 ".as_slice()),
        ("IMG_1.HEIC", b"\0\0\0\x18ftypheic\0\0".as_slice()),
        ("自查表.pdf", b"%PDF-1.7".as_slice()),
        ("自查表.wps", b"\xD0\xCF\x11\xE0\xA1\xB1".as_slice()),
    ] {
        store.keep(name, bytes).unwrap();
    }
}

#[test]
fn a_name_is_never_a_path_or_a_header() {
    for (given, shown) in [
        ("../../etc/passwd", "passwd.jpg"),
        ("C:\\用户\\王建国\\照片.JPEG", "照片.jpeg"),
        ("a\r\nSet-Cookie: x=1.jpg", "a__Set-Cookie_ x_1.jpg"),
        ("\"><script>.jpg", "script.jpg"),
        ("照片.exe", "照片.exe.jpg"),
        ("...", "材料.jpg"),
        ("", "材料.jpg"),
        ("国\u{202e}gpj.exe", "国_gpj.exe.jpg"),
    ] {
        assert_eq!(plain_name(given, FileKind::Jpeg), shown, "{given:?}");
    }
    let long = plain_name(&"长".repeat(300), FileKind::Jpeg);
    assert_eq!(long.chars().count(), 80);
}
