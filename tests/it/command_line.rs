//! The command line itself: its help, its manual, its completions, and what it says of a slip.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

fn bell(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_schoolbell"))
        .args(arguments)
        .output()
        .unwrap()
}

fn printed(arguments: &[&str]) -> String {
    let output = bell(arguments);
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands listed under this one.
fn below(command: &[&str]) -> Vec<String> {
    let help = printed(&[command, &["--help"]].concat());
    help.lines()
        .skip_while(|line| *line != "命令:")
        .skip(1)
        .take_while(|line| line.starts_with("  "))
        .filter_map(|line| line.split_whitespace().next())
        .map(str::to_owned)
        .collect()
}

/// Every command with the words that call it: `run`, `mail test`.
fn all() -> Vec<Vec<String>> {
    let mut found = Vec::new();
    for name in below(&[]) {
        let deeper = below(&[&name]);
        found.push(vec![name.clone()]);
        found.extend(deeper.into_iter().map(|word| vec![name.clone(), word]));
    }
    assert!(found.len() > 15, "{found:?}");
    found
}

#[test]
fn help_is_chinese_all_through() {
    let mut calls = all();
    calls.push(Vec::new());
    for call in calls {
        let mut words: Vec<&str> = call.iter().map(String::as_str).collect();
        words.push("--help");
        let help = printed(&words);
        for english in [
            "Usage",
            "Options",
            "OPTIONS",
            "Arguments",
            "Commands",
            "COMMAND",
            "Print",
            "default",
            "possible",
            "values",
        ] {
            assert!(!help.contains(english), "{words:?}: {english}\n{help}");
        }
        // A value is called what it is: <日期>, not <FROM>.
        let shouted = help.split('<').skip(1).find(|rest| {
            let name = rest.split('>').next().unwrap_or_default();
            name != "SHELL" && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        });
        assert_eq!(shouted, None, "{words:?}");
        // Each command and each option says what it is for.
        let described = |line: &str| line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
        assert!(described(help.lines().next().unwrap()), "{help}");
        for (at, line) in help.lines().enumerate() {
            let entry = line.starts_with("  ") && !line.starts_with("          ");
            let next = help.lines().nth(at + 1).unwrap_or_default();
            assert!(
                !entry || described(line) || described(next),
                "{words:?}: {line}"
            );
        }
    }
}

#[test]
fn a_slip_is_answered_in_chinese_with_2() {
    for (arguments, said) in [
        (&["chek"][..], "错误:没有命令 chek\n你是不是想写 check?"),
        (
            &["check", "--fromat", "json"],
            "错误:不认识 --fromat\n你是不是想写 --format?",
        ),
        (
            &["check", "--format", "xml"],
            "错误:--format <格式> 不能写“xml”,可以写:text、json",
        ),
        (
            &["check", "--format"],
            "错误:--format <格式> 后面还要写值,可以写:text、json",
        ),
        (
            &["dates", "--from", "明天"],
            "错误:--from <日期> 写得不对:“明天”不是日期,应如 2026-03-04",
        ),
        (&["schema"], "错误:还缺 <文件>"),
        (&["schema", "calender"], "你是不是想写 calendar?"),
        (
            &["completions", "tcsh"],
            "可以写:bash、elvish、fish、powershell、zsh",
        ),
        (&["run", "--speed", "2"], "错误:还缺 --pretend-now <时刻>"),
        (
            &["dates", "--task", "a", "--task", "b"],
            "错误:--task <任务编号> 只能写一次",
        ),
        (
            &["rehearse", "--year", "1900"],
            "“1900”不是 2000 到 2100 之间的年份",
        ),
        (&["rehearse", "--seed", "x"], "要写整数,写的是“x”"),
        (
            &["answer", "drill@2026/s001", "做好了", "--by", "罗建平"],
            "“做好了”不是回执,可以写 收到(received)、已完成(done)",
        ),
    ] {
        let output = bell(arguments);
        let told = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {told}");
        assert!(told.contains(said), "{arguments:?}: {told}");
        assert!(told.contains("--help"), "{told}");
        assert!(!told.contains("Usage"), "{told}");
        assert!(output.stdout.is_empty());
    }
    // Nothing asked: the list of commands, and still a slip.
    let nothing = bell(&[]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("命令:"));
    assert!(printed(&["--version"]).starts_with("schoolbell "));
}

/// What the system would not is said in Chinese as well, and a newcomer hears how to begin.
#[test]
fn a_file_that_is_not_there_is_told_of_in_chinese() {
    let output = bell(&["--config", "/nowhere/schoolbell.toml", "check"]);
    let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("没有这个文件或文件夹"), "{told}");
    assert!(told.contains("schoolbell init"), "{told}");
    assert!(!told.contains("os error"), "{told}");
}

#[test]
fn bash_takes_its_completions() {
    let script = printed(&["completions", "bash"]);
    let mut bash = Command::new("bash")
        .args(["-n", "/dev/stdin"])
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    bash.stdin
        .take()
        .unwrap()
        .write_all(script.as_bytes())
        .unwrap();
    let output = bash.wait_with_output().unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Bash completes as the script says: commands, their options, and the words these may take.
#[test]
fn bash_completes() {
    let script = printed(&["completions", "bash"]);
    for (typed, wanted) in [
        ("schoolbell com", "completions"),
        ("schoolbell schema hol", "holidays"),
        ("schoolbell check --form", "--format"),
        ("schoolbell check --format j", "json"),
        ("schoolbell mail t", "test"),
    ] {
        let words: Vec<_> = typed.split(' ').collect();
        let last = words.len() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({typed}); COMP_CWORD={last}\n_schoolbell schoolbell {:?} {:?}\necho \"${{COMPREPLY[@]}}\"",
            words[last],
            words[last - 1]
        );
        let output = Command::new("bash").args(["-c", &ask]).output().unwrap();
        let reply = String::from_utf8(output.stdout).unwrap();
        assert_eq!(
            reply.trim(),
            wanted,
            "{typed}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[test]
fn every_shell_gets_every_command() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = printed(&["completions", shell]);
        for call in all() {
            for word in call {
                assert!(script.contains(&word), "{shell}: {word}");
            }
        }
    }
}

#[test]
fn the_manual_names_every_command() {
    let manual = printed(&["man"]);
    assert!(manual.contains(".TH SCHOOLBELL 1 "), "{manual}");
    for call in all() {
        let heading = format!(".SH \"schoolbell {}\"", call.join(" "));
        assert!(manual.contains(&heading), "{heading}");
    }
    // Chinese has no spaces: where a line of it may end is said between two of its characters, never before its marks.
    assert!(manual.contains("按\\:行\\:事\\:历"), "{manual}");
    assert!(
        !manual.contains("\\:。") && !manual.contains("\\:,"),
        "{manual}"
    );
    for english in [
        "SYNOPSIS",
        "DESCRIPTION",
        "OPTIONS",
        "SUBCOMMANDS",
        ".SH NAME",
    ] {
        assert!(!manual.contains(english), "{english}");
    }
}

#[test]
fn the_manual_is_written_a_page_a_command() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("man1");
    let told = printed(&["man", "--out", out.to_str().unwrap()]);
    assert!(told.is_empty(), "{told}");
    let there: BTreeSet<_> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let mut wanted: BTreeSet<_> = all()
        .iter()
        .map(|call| format!("schoolbell-{}.1", call.join("-")))
        .collect();
    wanted.insert("schoolbell.1".to_owned());
    assert_eq!(there, wanted);
    for name in &there {
        let page = fs::read_to_string(out.join(name)).unwrap();
        assert!(
            page.contains(".SH 名称") && page.contains(".SH 用法"),
            "{name}"
        );
    }
    let first = fs::read_to_string(out.join("schoolbell.1")).unwrap();
    for call in below(&[]) {
        assert!(first.contains(&format!(r"schoolbell\-{call}(1)")), "{call}");
    }
}
