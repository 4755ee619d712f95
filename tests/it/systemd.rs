//! The unit files, as systemd itself judges them.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The most a service may be exposed, in tenths.
const EXPOSURE_AT_MOST: &str = "15";

/// The shipped units, with the program built here in the place of the installed one; nothing else differs. `None` where
/// there is no systemd to ask.
#[expect(clippy::print_stderr, reason = "what is left out is said")]
fn units() -> Option<tempfile::TempDir> {
    let found = Command::new("systemd-analyze").arg("--version").output();
    if found.is_err() {
        // CI installs it: there nothing may be left out.
        assert!(
            std::env::var_os("CI").is_none(),
            "CI has no systemd-analyze"
        );
        eprintln!("left out: this machine has no systemd-analyze");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy");
    for name in ["schoolbell.service", "schoolbell-alert.service"] {
        let unit = fs::read_to_string(shipped.join(name)).unwrap();
        let unit = unit.replace("/usr/bin/schoolbell", env!("CARGO_BIN_EXE_schoolbell"));
        fs::write(folder.path().join(name), unit).unwrap();
    }
    Some(folder)
}

fn analyze(arguments: &[&str], folder: &Path, names: &[&str]) -> (bool, String) {
    let output = Command::new("systemd-analyze")
        .args(arguments)
        .args(names.iter().map(|name| folder.join(name)))
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&said).into_owned(),
    )
}

#[test]
fn verify_has_nothing_to_say() {
    let Some(folder) = units() else { return };
    let (fine, said) = analyze(
        &["verify", "--man=no"],
        folder.path(),
        &["schoolbell.service", "schoolbell-alert.service"],
    );
    assert!(fine && said.is_empty(), "{said}");
}

/// The check above can fail: systemd of this machine tells an unknown key.
#[test]
fn verify_finds_a_mistake() {
    let Some(folder) = units() else { return };
    let path = folder.path().join("schoolbell.service");
    let unit = fs::read_to_string(&path).unwrap();
    fs::write(&path, unit.replace("[Install]", "NoSuchKey=yes\n[Install]")).unwrap();
    let (_, said) = analyze(
        &["verify", "--man=no"],
        folder.path(),
        &["schoolbell.service"],
    );
    assert!(said.contains("NoSuchKey"), "{said}");
}

#[test]
fn service_is_hardly_exposed() {
    let Some(folder) = units() else { return };
    let threshold = format!("--threshold={EXPOSURE_AT_MOST}");
    let (fine, said) = analyze(
        &["security", "--no-pager", "--offline=true", &threshold],
        folder.path(),
        &["schoolbell.service"],
    );
    assert!(fine && said.contains("Overall exposure level"), "{said}");
}
