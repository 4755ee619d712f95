//! Rust source without its comments and texts, so that only what the compiler acts on is looked at.

/// The lines of a source file, comments gone and string literals empty.
pub(super) fn lines(source: &str) -> Vec<String> {
    let mut code = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '"' {
            quoted(rest)
        } else if let Some(end) = raw(rest).filter(|_| !code.ends_with(is_word)) {
            end
        } else if let Some(end) = character(rest) {
            end
        } else {
            code.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        };
        // Lines keep their numbers.
        code.extend(rest[..skipped].chars().filter(|c| *c == '\n'));
        rest = &rest[skipped..];
    }
    code.lines().map(str::to_owned).collect()
}

/// Whether a path or word stands in the code by itself, not as a part of another word.
pub(super) fn has(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code[..at].ends_with(is_word) && !code[at + word.len()..].starts_with(is_word)
    })
}

/// The code with its names in one case: `ReminderJob` as `reminder_job`.
pub(super) fn snake(code: &str) -> String {
    let mut snake = String::with_capacity(code.len());
    for c in code.chars() {
        if c.is_uppercase() && snake.ends_with(char::is_lowercase) {
            snake.push('_');
        }
        snake.extend(c.to_lowercase());
    }
    snake
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The length of a string literal.
fn quoted(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of a raw string literal, if one begins here.
fn raw(text: &str) -> Option<usize> {
    let inner = text.strip_prefix('r')?;
    let hashes = inner.len() - inner.trim_start_matches('#').len();
    inner[hashes..].strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let from = 2 + hashes;
    Some(
        text[from..]
            .find(&close)
            .map_or(text.len(), |end| from + end + close.len()),
    )
}

/// The length of a character literal, if one begins here; a lifetime is none.
fn character(text: &str) -> Option<usize> {
    let mut inner = text.strip_prefix('\'')?.chars();
    let first = inner.next()?;
    if first == '\\' {
        return text[2..]
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '\'')
            .map(|(at, _)| at + 3);
    }
    (inner.next()? == '\'').then_some(2 + first.len_utf8())
}

#[test]
fn only_code_is_left() {
    let check = |source: &str, expected: &str| assert_eq!(lines(source).join("\n"), expected);
    check("let a = 1; // rusqlite", "let a = 1; ");
    check("f(\"a \\\" // b\", 'x', '\\'', '\"') + b", "f(, , , ) + b");
    check("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)");
    check("g(r#\"one\ntwo \" \"#) /* \n */ + c", "g(\n) \n + c");
    assert!(has("use std::fs;", "std::fs") && !has("use std::fsx;", "std::fs"));
    assert_eq!(snake("struct ReminderJob"), "struct reminder_job");
}
