//! The ten minutes from nothing to a running bell: the first half of both pages is followed as it stands, in an empty
//! folder. The second half needs a service manager: `tests/systemd/inside` follows it in a booted system.

use std::fs;

use super::docs::run;
use super::read;

const PAGES: [&str; 2] = ["docs/operating.zh-CN.md", "docs/operating.md"];

/// The fenced blocks of a page: what the fence says after `sh`, and the text.
fn blocks(page: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let Some(kind) = line.strip_prefix("```sh ") else {
            assert!(!line.starts_with("```sh"), "a block that nothing follows");
            continue;
        };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        found.push((kind.to_owned(), block.join("\n")));
    }
    found
}

/// One script of the blocks for a desk, with the service beside the later ones, as it is in another window.
fn script(page: &str) -> String {
    let mut script = String::new();
    for (kind, block) in blocks(page) {
        match kind.as_str() {
            "runnable" => {
                script.push_str(&block);
                if block.starts_with("schoolbell init") {
                    // Whatever port is free: the suggested one may be taken where this runs.
                    script.push_str(
                        "\nsed -i 's/^listen   = \"127.0.0.1:8080\"/listen = \"127.0.0.1:0\"/' config/schoolbell.toml\ngrep -q '127.0.0.1:0' config/schoolbell.toml",
                    );
                }
            }
            "service" => {
                script.push_str(&block);
                script.push_str(" > said 2>&1 &\nbell=$!\ntries=0\nuntil grep -q 下一次发信 said; do\n  tries=$((tries + 1))\n  [ $tries -lt 600 ] || { cat said; kill $bell; exit 1; }\n  sleep 0.1\ndone");
            }
            "root" => {}
            other => panic!("a block of an unknown kind: {other}"),
        }
        script.push('\n');
    }
    script.push_str("kill -TERM $bell\nwait $bell\n");
    script
}

#[test]
fn the_ten_minutes_are_followed_to_the_letter() {
    for name in PAGES {
        let folder = tempfile::tempdir().unwrap();
        let output = run(&script(&read(name)), folder.path());
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success(),
            "{name}: {said}\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let made = fs::read_dir(folder.path()).unwrap().next().unwrap();
        let bell = made.unwrap().path();
        let letters = fs::read_dir(bell.join("var/spool")).unwrap().count();
        // The one to try; how many more there are is for the day to say.
        assert!(letters >= 1, "{name}");
        assert!(said.contains("\"fact\":\"bell-hung\""), "{name}: {said}");
    }
}

/// Both pages say the same: the commands for the server are the same ones.
#[test]
fn both_pages_ask_the_same_of_a_server() {
    let commands = PAGES.map(|name| {
        let root = blocks(&read(name));
        let root = root.into_iter().filter(|(kind, _)| kind == "root");
        // What is said to a person is in their language.
        let spoken = |line: &str| line.split(" || echo").next().unwrap().to_owned();
        root.flat_map(|(_, block)| block.lines().map(spoken).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    });
    assert!(commands[0].len() > 15, "{commands:?}");
    assert_eq!(commands[0], commands[1]);
}
