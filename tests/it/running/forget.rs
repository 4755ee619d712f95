//! `forget`: a person's data is erased, everywhere in the ledger, and nothing else is.

use std::fs;

use flate2::read::ZlibDecoder;
use schoolbell::core::state::State;
use schoolbell::ledger::Ledger;

use super::house::House;
use crate::smtp_double::SmtpDouble;

const LESSON: &str = "term-start-education@2026-spring/s001";
const ADDRESS: &str = "wang.jianguo@hushan-primary.example";

/// 王建国 has had letters, has answered, has decided, is told of in letters to others, and has left; 王建国强 has not.
fn lived() -> (SmtpDouble, House) {
    let server = SmtpDouble::start();
    let house = House::new(Some(server.port()));
    house.edit(
        "config/roster.csv",
        "戚雅君,qi.yajun@hushan-kg.example",
        "王建国强,qi.yajun@hushan-kg.example",
    );
    // Three schools that are told the same, letter by letter.
    house.edit(
        "config/roster.csv",
        "s007,浒山高级中学",
        "s097,观海卫小学,primary,bureau,,safety,岑国华,cen@guanhaiwei.example,,,\n\
         s098,附海小学,primary,bureau,,safety,余建波,yu@fuhai.example,,,\n\
         s099,龙山小学,primary,bureau,,safety,叶青,ye@longshan.example,,,\n\
         s007,浒山高级中学",
    );
    house.pass("2026-03-04T07:59:00+08:00", "2026-03-11T09:00:00+08:00");
    house.call(&[
        "answer",
        LESSON,
        "extension",
        "--by",
        "王建国(电话)",
        "--until",
        "2026-03-20",
        "--note",
        "请回 Wang.Jianguo@hushan-primary.example",
    ]);
    house.call(&[
        "grant",
        LESSON,
        "--by",
        "罗建平",
        "--note",
        "王建国强已核,王建国说过",
    ]);
    house.pass("2026-03-11T09:10:00+08:00", "2026-03-31T09:00:00+08:00");
    house.edit(
        "config/roster.csv",
        "王建国,wang.jianguo@hushan-primary.example,",
        "张晓明,zhang.xiaoming@hushan-primary.example,",
    );
    house.pass("2026-03-31T09:10:00+08:00", "2026-04-02T09:00:00+08:00");
    (server, house)
}

/// All that stands in the ledger's file and its log: as bytes, and what is compressed in it unpacked.
fn everything(house: &House) -> Vec<String> {
    let mut found = Vec::new();
    for name in ["ledger.sqlite", "ledger.sqlite-wal"] {
        let path = house.path("var").join(name);
        let bytes = fs::read(path).unwrap_or_default();
        found.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    let conn = rusqlite::Connection::open(house.path("var/ledger.sqlite")).unwrap();
    let ledger = Ledger::open_existing(&house.path("var")).unwrap().unwrap();
    let mut letters = conn.prepare("SELECT letter FROM frozen").unwrap();
    let letters = letters.query_map([], |row| row.get::<_, u32>(0)).unwrap();
    for letter in letters {
        let bytes = ledger.frozen(letter.unwrap().into()).unwrap().unwrap();
        found.push(String::from_utf8_lossy(&bytes).into_owned());
        let parsed = mail_parser::MessageParser::default().parse(&bytes);
        let parts = parsed.iter().flat_map(|letter| &letter.parts);
        found.extend(parts.filter_map(|part| part.text_contents().map(str::to_owned)));
    }
    for sql in ["SELECT files FROM version", "SELECT bytes FROM pattern"] {
        let mut select = conn.prepare(sql).unwrap();
        let rows = select
            .query_map([], |row| row.get::<_, Vec<u8>>(0))
            .unwrap();
        for packed in rows {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(
                &mut ZlibDecoder::new(packed.unwrap().as_slice()),
                &mut bytes,
            )
            .unwrap();
            found.push(String::from_utf8_lossy(&bytes).into_owned());
        }
    }
    found
}

/// What the checkpoint has, if there is one.
fn in_checkpoint(house: &House) -> Option<String> {
    let conn = rusqlite::Connection::open(house.path("var/ledger.sqlite")).unwrap();
    let state = conn.query_row("SELECT state FROM checkpoint", [], |row| {
        row.get::<_, Vec<u8>>(0)
    });
    let state = state.ok()?;
    Some(String::from_utf8_lossy(&state).into_owned())
}

fn naming(texts: &[String], word: &str) -> usize {
    let other = "王建国强";
    texts
        .iter()
        .filter(|text| text.replace(other, "").to_lowercase().contains(word))
        .count()
}

#[test]
fn a_person_is_forgotten_and_nothing_else() {
    let (_server, house) = lived();
    let before = everything(&house);
    assert!(naming(&before, "王建国") > 2 && naming(&before, ADDRESS) > 2);
    assert!(in_checkpoint(&house).unwrap().contains(ADDRESS));
    let patterns = || -> i64 {
        let conn = rusqlite::Connection::open(house.path("var/ledger.sqlite")).unwrap();
        conn.query_row("SELECT count(*) FROM pattern", [], |row| row.get(0))
            .unwrap()
    };
    assert!(patterns() > 0, "no two schools were told the same");
    let facts = house.call(&["ledger"]);
    let letters = before.len();

    let output = house.output(&["forget", "王建国"]);
    assert_eq!(output.status.code(), Some(1), "nobody said yes");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("曾任 浒山小学(s001)安全主任"), "{said}");
    assert!(
        said.contains("邮箱 wang.jianguo@hushan-primary.example"),
        "{said}"
    );
    assert_eq!(house.call(&["ledger"]), facts);

    let said = house.call(&["forget", "王建国", "--yes"]);
    assert!(said.contains("已删去,台账里写作“已删除-1”"), "{said}");
    let after = everything(&house);
    assert_eq!(in_checkpoint(&house), None);
    assert_eq!(naming(&after, "王建国"), 0);
    assert_eq!(naming(&after, ADDRESS), 0);
    assert!(
        after.len() < letters,
        "letters to them, and those that name them, are gone"
    );
    // The other one stays, and so do the letters that do not name them.
    assert!(after.iter().any(|text| text.contains("王建国强")));
    assert!(after.len() > letters / 2, "{} of {letters}", after.len());

    let now = house.call(&["ledger"]);
    assert_eq!(now.lines().count(), facts.lines().count() + 1);
    for (old, new) in facts.lines().zip(now.lines()) {
        let old: serde_json::Value = serde_json::from_str(old).unwrap();
        let new: serde_json::Value = serde_json::from_str(new).unwrap();
        assert_eq!(
            (&old["at"], &old["fact"], &old["duty"]),
            (&new["at"], &new["fact"], &new["duty"])
        );
    }
    let last = now.lines().last().unwrap();
    assert!(
        last.contains(r#""fact":"forgotten","pseudonym":"已删除-1""#),
        "{last}"
    );
    let story = house.call(&["why", LESSON]);
    assert!(
        story.contains("回执 申请延期(已删除-1(电话)):请回 已删除-1"),
        "{story}"
    );
    assert!(
        story.contains("(罗建平),延至2026-03-20:王建国强已核,已删除-1说过"),
        "{story}"
    );

    // The ledger is sound, guards its facts as before, and lives on.
    let conn = rusqlite::Connection::open(house.path("var/ledger.sqlite")).unwrap();
    let verdict: String = conn
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .unwrap();
    assert_eq!(verdict, "ok");
    assert!(conn.execute("UPDATE fact SET at = at", []).is_err());
    assert!(conn.execute("DELETE FROM fact", []).is_err());
    drop(conn);
    let queued = house.facts("letter-queued").len();
    house.pass("2026-04-02T09:10:00+08:00", "2026-04-03T09:00:00+08:00");
    assert!(house.facts("letter-queued").len() >= queued);
    assert!(naming(&everything(&house), "王建国") == 0);
    let ledger = Ledger::open_existing(&house.path("var")).unwrap().unwrap();
    let facts = ledger.facts_since(0).unwrap();
    let state = State::fold(facts.iter().map(|(_, fact)| fact));
    assert!(
        state
            .open_letters
            .iter()
            .all(|no| !state.letters[no].address.as_str().contains("已删除"))
    );
}

#[test]
fn who_is_on_the_roster_or_unknown_is_refused() {
    let (_server, house) = lived();
    let facts = house.call(&["ledger"]);
    let check = |name: &str, words: &str| {
        let output = house.output(&["forget", name, "--yes"]);
        assert_eq!(output.status.code(), Some(1), "{name}");
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(words), "{name}: {said}");
    };
    check(
        "李秀芳",
        "李秀芳还在花名册里:浒山小学(s001)分管副校长。请先从花名册里删去",
    );
    check("陆游", "台账里没有“陆游”");
    check("王", "要写全姓名");
    assert_eq!(house.call(&["ledger"]), facts);
}

#[test]
fn a_running_service_is_not_disturbed() {
    let house = House::new(None);
    let mut daemon = house.start(&[]);
    daemon.wait_for("下一次发信");
    let output = house.output(&["forget", "陆游", "--yes"]);
    assert_eq!(output.status.code(), Some(1));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("已有守护进程在用:进程 "), "{said}");
    daemon.interrupt();
}
