//! An admin's own templates, good and bad.

use std::fs;

use expect_test::{Expect, expect};
use schoolbell::core::diagnostic::Locale;
use schoolbell::core::letter::{Content, Item};
use schoolbell::mail::sample::{links, row};
use schoolbell::mail::{Links, Rendered, Templates};

use super::letters::{drill, render, to_school};

fn own(name: &str, source: &[u8]) -> (Rendered, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(name), source).unwrap();
    let (templates, problems) = Templates::load(Some(folder.path()));
    let rendered = templates.render(&to_school(vec![drill()]), &links());
    let said = problems.iter().map(|problem| {
        let said = problem.render(Locale::Chinese, false);
        said.replace(&format!("{}/", folder.path().display()), "")
    });
    (rendered, said.collect())
}

#[test]
fn own_template_takes_over() {
    let (rendered, problems) = own(
        "letter.txt",
        "\u{feff}{{ unit }}:{{ items[0].title }} {{ page }}\n".as_bytes(),
    );
    assert_eq!(
        rendered.text,
        "浒山小学:全校应急疏散演练 https://calendar.example/l/sample\n"
    );
    assert!(problems.is_empty() && rendered.problems.is_empty());
    assert!(
        rendered.html.contains("打开回执页"),
        "the other one is the shipped one"
    );
}

#[test]
fn broken_template_falls_back() {
    let usual = render(&to_school(vec![drill()]));
    let check = |source: &[u8], expected: Expect| {
        let (rendered, problems) = own("letter.html", source);
        assert_eq!(rendered, usual);
        expected.assert_eq(&problems.join("\n"));
    };
    check(
        b"<p>\n{% for x in %}",
        expect![[r#"
        提醒: 模板写法有误
         --> letter.html:2:1
          |
        2 | {% for x in %}
          | ^^^^^^^^^^^^^^ unexpected end of block
          |
          = 办法: 改好以前,发信用自带的模板"#]],
    );
    check(
        "{{ persom }}".as_bytes(),
        expect![[r#"
        提醒: 模板用了没有的变量
         --> letter.html:1:1
          |
        1 | {{ persom }}
          | ^^^^^^^^^^^^ `persom` is undefined
          |
          = 办法: 你是不是想写 person?改好以前,发信用自带的模板"#]],
    );
    check(
        b"{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
        expect![[r#"
            提醒: 模板循环太多,已中止
             --> letter.html:1:1
              |
            1 | {% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}
              | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
              |
              = 办法: 改好以前,发信用自带的模板"#]],
    );
    check(
        b"{% include 'other.html' %}",
        expect![[r#"
        提醒: 模板引用了没有的模板
         --> letter.html:1:1
          |
        1 | {% include 'other.html' %}
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^ tried to include non-existing template 'other.html'
          |
          = 办法: 改好以前,发信用自带的模板"#]],
    );
    check(
        b"\xb0\xa1",
        expect![[r#"
        提醒: 模板不是 UTF-8 编码,请用记事本另存为 UTF-8
        --> letter.html
         = 办法: 改好以前,发信用自带的模板"#]],
    );
    check(
        &b" ".repeat(300 * 1024),
        expect![[r#"
        提醒: 模板超过 256 KB,不像是模板
        --> letter.html
         = 办法: 改好以前,发信用自带的模板"#]],
    );
}

/// A package lays the shipped templates down to be changed: until somebody does, they are no templates of one's own.
#[test]
fn an_unchanged_copy_is_the_shipped_template() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["letter.txt", "letter.html"] {
        let shipped = format!("{}/config/templates/{name}", env!("CARGO_MANIFEST_DIR"));
        fs::copy(shipped, folder.path().join(name)).unwrap();
    }
    let is_filled_in = || {
        let (templates, problems) = Templates::load(Some(folder.path()));
        assert!(problems.is_empty(), "{problems:?}");
        templates.render(&to_school(vec![drill()]), &links());
        let again = templates.render(&to_school(vec![drill()]), &links());
        again.form.is_some()
    };
    assert!(is_filled_in());
    fs::write(folder.path().join("letter.txt"), "{{ person }} {{ page }}").unwrap();
    assert!(!is_filled_in());
}

/// What letters have in common is rendered once; each reads as if it had been written by itself.
#[test]
fn form_letters_read_as_if_each_were_written_by_itself() {
    let (shared, _) = Templates::load(None);
    let mut filled = 0;
    let mut check = |content: &Content, links: &Links| {
        let (fresh, _) = Templates::load(None);
        let alone = fresh.render(content, links);
        assert!(alone.form.is_none(), "nothing like it was seen before");
        let found = shared.render(content, links);
        assert_eq!(found, alone);
        filled += usize::from(found.form.is_some());
    };
    let asked = [
        vec![drill()],
        vec![
            drill(),
            Item {
                detail: "第一行\n第二行 <b>\u{f5b00}</b>".to_owned(),
                ..drill()
            },
        ],
        vec![
            drill(),
            Item {
                due_time: Some("17:00".to_owned()),
                times: (3, 1),
                ..drill()
            },
        ],
    ];
    let units = ["浒山小学", "鄞州<中学>&\"幼儿园\"", "a", ""];
    let people = ["王建国", "", "\u{f5b01}{{ page }}", "<王>&'\"建国\""];
    let mut letter = 0;
    for (unit, person) in units.into_iter().zip(people).cycle().take(12) {
        for items in &asked {
            letter += 1;
            let items = items.iter().map(|item| Item {
                unit_name: unit.to_owned(),
                why_you: format!("您是{unit}的安全主任"),
                ..item.clone()
            });
            let content = Content {
                letter,
                person: person.to_owned(),
                unit_name: unit.to_owned(),
                ..to_school(items.collect())
            };
            check(&content, &links());
            let page = Some(format!("https://calendar.example/l/{letter}-a.b_c"));
            let other = Links {
                page,
                board: None,
                ..links()
            };
            check(&content, &other);
            // What names others, or is no duty of the reader's own unit, is on no form.
            let answered = Item {
                answered: Some(format!("收到({person})")),
                ..content.items[0].clone()
            };
            let answered = Content {
                items: vec![answered],
                ..content.clone()
            };
            assert!(!answered.is_form_letter());
            check(&answered, &links());
        }
    }
    assert_eq!(
        filled, 36,
        "those without a mark in their words, from the third on"
    );
}

#[test]
fn template_that_fails_at_one_letter_only() {
    let loops = "{{ page }}{% if items | length == 1 %}{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}{% endif %}";
    let (rendered, problems) = own("letter.txt", loops.as_bytes());
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(rendered.text, render(&to_school(vec![drill()])).text);
    assert_eq!(rendered.problems.len(), 1);
    assert!(
        rendered.problems[0].contains("循环太多"),
        "{:?}",
        rendered.problems
    );
}

#[test]
fn own_template_has_fuel_for_a_long_rollup() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["letter.txt", "letter.html"] {
        let shipped = format!("{}/config/templates/{name}", env!("CARGO_MANIFEST_DIR"));
        let own = fs::read_to_string(shipped).unwrap() + "{# 本局自用 #}";
        fs::write(folder.path().join(name), own).unwrap();
    }
    let (templates, problems) = Templates::load(Some(folder.path()));
    let content = Content {
        rollup: vec![row("浒山镇", "浒山小学", "等级安保室自查、上报", 3); 5_000],
        ..to_school(Vec::new())
    };
    let rendered = templates.render(&content, &links());
    assert!(
        problems.is_empty() && rendered.problems.is_empty(),
        "{:?}",
        rendered.problems
    );
}

#[test]
fn template_without_the_page_is_pointed_out() {
    let (rendered, problems) = own("letter.txt", b"{{ opening }}");
    assert_eq!(rendered.text.lines().count(), 1, "it is used all the same");
    assert!(problems[0].contains("{{ page }}"), "{problems:?}");
    let (_, problems) = own("letter.html", b"<a href=\"{{ page }}\">x</a>");
    assert!(problems.is_empty(), "{problems:?}");
}
