//! Small files, good and bad, each with what schema and reader must say of it. A row replaces keys of one table of the
//! sample.

use schoolbell::schema::Schema;

use super::both::{Both, Step, table_at};
use super::sample;
use Step::{At, Key};
use Verdict::{Bad, Good, Lax, Only};

/// What is said of a row.
enum Verdict {
    /// Both take it.
    Good,
    /// Both refuse it.
    Bad,
    /// Only the reader can refuse it, since a schema cannot tell this.
    Only(&'static str),
    /// Only the schema refuses it: the reader forgives what nobody should write.
    Lax(&'static str),
}

fn check(schema: Schema, path: &[Step], rows: &[(&str, Verdict)]) {
    let both = Both::new(schema);
    let mut faults = Vec::new();
    for (row, verdict) in rows {
        let mut file = sample(schema);
        let edit: toml::Table =
            toml::from_str(row).unwrap_or_else(|error| panic!("{row}: {error}"));
        table_at(&mut file, path).extend(edit);
        let (schema_says, reader_says) = (both.schema_says(&file), both.reader_says(&file));
        let said = (schema_says.is_empty(), reader_says.is_empty());
        let (wanted, why) = match verdict {
            Good => ((true, true), ""),
            Bad => ((false, false), ""),
            Only(why) => ((true, false), *why),
            Lax(why) => ((false, true), *why),
        };
        if said != wanted {
            faults.push(format!(
                "{row} {why}\n  schema: {schema_says:?}\n  reader: {reader_says:?}"
            ));
        }
    }
    assert!(
        faults.is_empty(),
        "{schema:?} {path:?}\n{}",
        faults.join("\n")
    );
}

#[test]
fn the_head() {
    check(
        Schema::Calendar,
        &[],
        &[
            (r#"title = "慈溪市学校安全工作行事历""#, Good),
            (r#"title = "  ""#, Bad),
            (r#"title = "两\n行""#, Bad),
            (
                r#"title = 2026-01-01"#,
                Only("to a schema a bare date is a text"),
            ),
            (r#"timezone = "Asia/Shanghai""#, Good),
            (r#"timezone = "Asia/Cixi""#, Only("which zones there are")),
            (r#"locale = "en""#, Good),
            (r#"locale = "zh""#, Bad),
            (r#"send_at = ["08:00", "14:30:00"]"#, Good),
            (r#"send_at = [08:00:00]"#, Good),
            (r#"send_at = []"#, Bad),
            (r#"send_at = ["8:00", "下午五点半", "17点"]"#, Good),
            (r#"send_at = ["8:0"]"#, Bad),
            (r#"send_at = ["24:00"]"#, Bad),
            (r#"send_at = ["T0800"]"#, Bad),
            (r#"send_at = ["08:00", 9]"#, Bad),
            (r#"tags = { weak_kg = "薄弱园", "薄弱" = "同上" }"#, Good),
            (r#"tags = { weak_kg = "" }"#, Bad),
            (r#"tags = ["weak_kg"]"#, Bad),
            (r#"ladder = {}"#, Good),
            (r#"burden = { duties_per_month = 999 }"#, Good),
            (r#"burden = { duties_per_month = 1000 }"#, Bad),
            (r#"burden = { require_authority = "yes" }"#, Bad),
            (r#"burden = 12"#, Bad),
            (r#"adjust = [{ audience = "town" }]"#, Good),
            (r#"adjust = [{ opens = "7d" }]"#, Bad),
            (
                r#"adjust = [{ audience = "town", when = "conditional" }]"#,
                Bad,
            ),
            (r#"adjust = { audience = "town" }"#, Bad),
        ],
    );
}

#[test]
fn the_ladder() {
    check(
        Schema::Calendar,
        &[Key("ladder")],
        &[
            (r#"opens = "14 days""#, Good),
            (r#"opens = "2个工作日""#, Good),
            (r#"opens = " 1 workday ""#, Good),
            (r#"opens = "400d""#, Good),
            (r#"opens = "401d""#, Bad),
            (r#"opens = "57周""#, Good),
            (r#"opens = "58 weeks""#, Bad),
            (r#"opens = "十四天""#, Good),
            (r#"opens = "１４D""#, Good),
            (
                r#"opens = "五百天""#,
                Only("how large a number is that is spelt out"),
            ),
            (r#"opens = "-1d""#, Bad),
            (r#"opens = "two weeks""#, Bad),
            (r#"opens = "2 months""#, Bad),
            (r#"remind = []"#, Good),
            (r#"remind = ["0天", "1日", "3工作日"]"#, Good),
            (r#"remind = ["7d", "7d"]"#, Bad),
            (
                r#"remind = ["7d", "7 days"]"#,
                Only("that both are the same time"),
            ),
            (r#"remind = "7d""#, Bad),
            (
                r#"to = ["principal", "safety@town", "office @ bureau"]"#,
                Good,
            ),
            (r#"to = ["pricipal"]"#, Bad),
            (r#"to = ["safety@county"]"#, Bad),
            (r#"to = []"#, Bad),
            (
                r#"escalate = [{ after = "3 workdays", to = ["deputy@bureau"] }]"#,
                Good,
            ),
            (r#"escalate = [{ after = "0d", to = ["deputy"] }]"#, Bad),
            (r#"escalate = [{ after = "3 workdays", to = [] }]"#, Bad),
            (r#"escalate = [{ after = "3 workdays" }]"#, Bad),
            (
                r#"escalate = [{ after = "3d", to = ["deputy"] }, { after = "1d", to = ["principal"] }]"#,
                Only("that a level comes later than the one before"),
            ),
            (r#"nag = false"#, Good),
            (r#"nag = true"#, Bad),
            (r#"nag = { every = "1 workday", at_most = 60 }"#, Good),
            (r#"nag = { every = "1 workday", at_most = 61 }"#, Bad),
            (r#"nag = { every = "0 workdays", at_most = 6 }"#, Bad),
            (r#"nag = { every = "5 workdays" }"#, Bad),
            (r#"on_rest_day = "after""#, Good),
            (r#"on_rest_day = "keep""#, Bad),
            (r#"due_on_rest_day = "keep""#, Good),
            (r#"due_on_rest_day = "stay""#, Bad),
        ],
    );
}

#[test]
fn a_page() {
    check(
        Schema::Tasks,
        &[],
        &[
            (r#"month = 1"#, Good),
            (r#"month = 12"#, Good),
            (r#"month = 0"#, Bad),
            (r#"month = 13"#, Bad),
            (r#"month = "5""#, Bad),
            (
                r#"month = 5.0"#,
                Only("a whole number may be written so in JSON"),
            ),
            (r#"theme = """#, Bad),
            (r#"focus = []"#, Good),
            (r#"focus = "演练""#, Bad),
            (r#"tasks = []"#, Bad),
        ],
    );
}

#[test]
fn a_task() {
    check(
        Schema::Tasks,
        &[Key("task"), At(0)],
        &[
            (r#"id = "fire-drill-0509""#, Good),
            (r#"id = "Fire Drill""#, Bad),
            (r#"id = "fire_drill""#, Bad),
            (r#"id = "消防""#, Bad),
            (r#"id = "plan""#, Only("that another task has it")),
            (r#"title = 5"#, Bad),
            (r#"detail = """#, Bad),
            (
                r#"every = "month"
                after = "drill"
                due = "最后一个工作日""#,
                Only("that a task does not come after itself"),
            ),
            (r#"every = "montly""#, Bad),
            (r#"every = "每月""#, Bad),
            (r#"times = 99"#, Good),
            (r#"times = 100"#, Bad),
            (r#"times = 0"#, Bad),
            (r#"due = "5月第二个周五""#, Good),
            (r#"due = "last Monday of March""#, Good),
            (r#"due = { 2026 = "9月11日" }"#, Good),
            (r#"due = { 1990 = "9月11日", 2110 = "9月11日" }"#, Good),
            (r#"due = { 1989 = "9月11日" }"#, Bad),
            (r#"due = { 2111 = "9月11日" }"#, Bad),
            (r#"due = { "2026年" = "9月11日" }"#, Good),
            (r#"due = { "２０２６" = "9月11日" }"#, Lax("full width")),
            (r#"due = { next = "9月11日" }"#, Bad),
            (r#"due = {}"#, Bad),
            (r#"due = """#, Bad),
            (
                r#"due = 2026-05-12"#,
                Only("to a schema a bare date is a text"),
            ),
            (r#"due = "2月30日""#, Only("which days there are")),
            (r#"due = "开学后14天""#, Only("that a year has two terms")),
            (r#"due_time = "17:00""#, Good),
            (r#"due_time = 17:00:00"#, Good),
            (r#"due_time = "5pm""#, Bad),
            (r#"due_time = "17：30""#, Good),
            (r#"due_time = "十七点""#, Good),
            (r#"due_time = 17:00:30"#, Bad),
            (r#"due_time = "25:00""#, Bad),
            (r#"due_time = "17""#, Bad),
            (r#"due_time = 17"#, Bad),
            (r#"audience = "boarding & !senior""#, Good),
            (r#"audience = "（primary ｜ junior）＆ boarding""#, Good),
            (r#"audience = "&""#, Bad),
            (r#"audience = ["school"]"#, Bad),
            (r#"audience = "bording""#, Only("which tags there are")),
            (r#"audience = "(school""#, Only("how brackets pair")),
            (r#"after = "fire-day""#, Good),
            (r#"after = "fire day""#, Bad),
            (r#"after = "nowhere""#, Only("which tasks there are")),
            (r#"met_by = ["fire-day"]"#, Good),
            (r#"met_by = "fire-day""#, Bad),
            (r#"skip_if = "教学日少于10天""#, Good),
            (r#"skip_if = "教学日 < 5""#, Good),
            (r#"skip_if = "teaching days<3""#, Good),
            (r#"skip_if = "days < 10""#, Bad),
            (r#"skip_if = "fewer than 10 teaching days""#, Good),
            (r#"skip_if = "当期教学日不足十个""#, Good),
            (r#"skip_if = "TEACHING DAYS < 3""#, Lax("capitals")),
            (
                r#"due_at = { town = "-3 workdays", "boarding & !senior" = "提前五天" }"#,
                Good,
            ),
            (
                r#"due_at = { town = "+60d", school = "40 workdays later" }"#,
                Good,
            ),
            (r#"due_at = { town = "-61d" }"#, Bad),
            (r#"due_at = { town = "-41 workdays" }"#, Bad),
            (r#"due_at = { town = "0d" }"#, Bad),
            (r#"due_at = { town = "3 workdays" }"#, Bad),
            (r#"due_at = { town = 3 }"#, Bad),
            (r#"due_at = "-3 workdays""#, Bad),
            (
                r#"due_at = { tuwn = "-3 workdays" }"#,
                Only("which kinds and tags there are"),
            ),
            (r#"origin = "local""#, Good),
            (r#"origin = "sead""#, Bad),
            (r#"origin = "本市文件""#, Bad),
            (r#"authority = "教基一厅〔2014〕2号""#, Good),
            (r#"authority = 2014"#, Bad),
            (r#"opens = "21d""#, Good),
            (r#"remind = ["soon"]"#, Bad),
            (r#"titel = "演练""#, Bad),
        ],
    );
}

#[test]
fn a_conditional_task() {
    check(
        Schema::Tasks,
        &[Key("task"), At(3)],
        &[
            (r#"due = "3 workdays""#, Good),
            (r#"due = "当天""#, Good),
            (r#"due_at = { town = "-3 workdays" }"#, Bad),
            (r#"due = "5月12日""#, Bad),
            (r#"due = { 2026 = "5月12日" }"#, Bad),
            (r#"when = "always""#, Bad),
            (r#"when = true"#, Bad),
        ],
    );
}

#[test]
fn terms_and_breaks() {
    check(
        Schema::SchoolYear,
        &[Key("term"), At(0)],
        &[
            (r#"key = "2026-autumn""#, Good),
            (r#"key = "2026-winter-break""#, Bad),
            (r#"key = "26-spring""#, Bad),
            (r#"key = "spring""#, Bad),
            (r#"name = """#, Bad),
            (r#"start = "2026-03-04""#, Good),
            (r#"start = "2026-3-4""#, Good),
            (r#"start = "2026年3月4日""#, Good),
            (r#"start = "2026-13-01""#, Bad),
            (r#"start = "3月4日""#, Bad),
            (r#"start = "2026-02-30""#, Only("how many days a month has")),
            (r#"start = "20260304""#, Bad),
            (r#"start = 2026-03-04T08:00:00"#, Bad),
            (r#"end = 2025-07-04"#, Only("that it ends after it starts")),
            (r#"audience = "school""#, Good),
            (r#"teaching = true"#, Bad),
        ],
    );
    check(
        Schema::SchoolYear,
        &[Key("break"), At(0)],
        &[
            (r#"key = "2026-summer-break""#, Good),
            (r#"key = "2026-spring""#, Bad),
            (r#"key = "2026-qingming""#, Bad),
            (r#"end = 20260303"#, Bad),
        ],
    );
    check(
        Schema::SchoolYear,
        &[Key("day"), At(0)],
        &[
            (r#"teaching = false"#, Good),
            (r#"teaching = "yes""#, Bad),
            (r#"date = [2026-04-25]"#, Bad),
            (r#"why = """#, Bad),
        ],
    );
}

#[test]
fn holidays() {
    check(
        Schema::Holidays,
        &[Key("holiday"), At(0)],
        &[
            (r#"key = "mid-autumn""#, Good),
            (r#"key = "christmas""#, Bad),
            (r#"key = "元旦""#, Bad),
            (r#"off = [2026-01-01]"#, Good),
            (r#"off = []"#, Bad),
            (r#"off = [2026-01-01, 2026-01-01]"#, Bad),
            (r#"off = 2026-01-01"#, Bad),
            (r#"off = [2031-01-01]"#, Only("which year the file is of")),
            (r#"work = []"#, Good),
            (r#"work = ["1月4日"]"#, Bad),
            (r#"work = [2026-01-01]"#, Only("that it is also a day off")),
        ],
    );
}

#[test]
fn the_settings() {
    check(
        Schema::Config,
        &[],
        &[
            (r#"calendar = "calendar""#, Good),
            (r#"calendar = 1"#, Bad),
            (r#"admins = []"#, Good),
            (r#"admins = ["office@bureau", "deputy@bureau"]"#, Good),
            (r#"admins = ["boss"]"#, Bad),
            (r#"admins = "office@bureau""#, Bad),
            (r#"password = "geheim""#, Bad),
        ],
    );
    check(
        Schema::Config,
        &[Key("web")],
        &[
            (r#"listen = "[::1]:8080""#, Good),
            (r#"listen = "0.0.0.0:80""#, Good),
            (r#"listen = "localhost:8080""#, Bad),
            (r#"listen = "127.0.0.1""#, Bad),
            (r#"listen = ":8080""#, Bad),
            (r#"listen = "127.0.0.1:99999""#, Only("how large a port is")),
            (r#"base_url = "https://anquan.example/schoolbell/""#, Good),
            (r#"base_url = "anquan.example""#, Bad),
            (r#"base_url = "https://""#, Bad),
            (r#"base_url = "https://a b""#, Bad),
            (r#"trusted_proxies = ["10.0.0.2"]"#, Good),
            (r#"trusted_proxies = ["localhost"]"#, Bad),
            (r#"trusted_proxies = "127.0.0.1""#, Bad),
            (r#"trusted_proxies = ["1.2.3"]"#, Only("what an address is")),
        ],
    );
    check(
        Schema::Config,
        &[Key("mail")],
        &[
            (r#"from = "schoolbell@bureau.example""#, Good),
            (r#"from = "慈溪市教育局""#, Bad),
            (r#"from = "a@b@c""#, Only("what a mailbox may look like")),
            (r#"transport = "spool""#, Good),
            (r#"transport = "sendmail""#, Bad),
            (r#"contact = """#, Good),
        ],
    );
    check(
        Schema::Config,
        &[Key("mail"), Key("smtp")],
        &[
            (r#"port = 65535"#, Good),
            (r#"port = 65536"#, Bad),
            (r#"port = -1"#, Bad),
            (r#"port = "25""#, Bad),
            (r#"tls = "implicit""#, Good),
            (r#"tls = "ssl""#, Bad),
            (r#"tls = "none""#, Good),
            (
                "tls = \"none\"\nhost = \"smtp.example\"",
                Only("that none is for this machine alone"),
            ),
            (r#"password = "geheim""#, Bad),
            (r#"timeout_s = "60""#, Bad),
            (r#"timeout_s = 86400"#, Good),
            (r#"timeout_s = 86401"#, Bad),
        ],
    );
}

/// Also where nothing goes out yet.
#[test]
fn a_wrong_tls_is_refused_under_the_spool() {
    let both = Both::new(Schema::Config);
    let mut file = sample(Schema::Config);
    table_at(&mut file, &[Key("mail")]).insert("transport".to_owned(), "spool".into());
    assert_eq!(both.reader_says(&file), [""; 0]);
    table_at(&mut file, &[Key("mail"), Key("smtp")]).insert("tls".to_owned(), "ssl".into());
    assert_eq!(both.reader_says(&file).len(), 1);
    assert_eq!(both.schema_says(&file).len(), 1);
}

#[test]
fn a_row_of_the_roster() {
    check(
        Schema::Roster,
        &[],
        &[
            (r#"unit = "浒山-01""#, Good),
            (r#"unit = "s 001""#, Bad),
            (r#"unit = "s/001""#, Bad),
            (r#"unit = "s、001""#, Only("which signs other scripts have")),
            (r#"kind = "nine-year""#, Good),
            (r#"kind = "小学""#, Good),
            (r#"kind = "学校""#, Bad),
            (r#"kind = """#, Only("which row is a unit's first")),
            (r#"role = "安全主任""#, Good),
            (r#"role = "园长""#, Good),
            (r#"role = "保安""#, Bad),
            (r#"role = """#, Only("that a person needs a role")),
            (r#"email = """#, Good),
            (r#"email = "wang@school""#, Good),
            (r#"email = "wang""#, Bad),
            (r#"email = "王@school.example""#, Bad),
            (r#"email = "a..b@school.example""#, Bad),
            (r#"since = "2026.3.1""#, Good),
            (r#"since = "2026年3月1日""#, Good),
            (r#"since = "3月1日""#, Bad),
            (r#"since = "2026-02-30""#, Only("which days there are")),
            (r#"parent = "t99""#, Only("which units there are")),
            (r#"person = "王\n建国""#, Bad),
            (r#"person = "=1+1""#, Bad),
            (r#"phone = "+86 574-0000""#, Good),
            (r#"phone = "-x""#, Bad),
            (
                r##"name = "#N/A""##,
                Only("what a formula leaves that failed"),
            ),
            (r#"mail = "wang@school.example""#, Bad),
        ],
    );
}

/// The columns may have their Chinese headers; six of them must be there.
#[test]
fn the_columns_of_the_roster() {
    let both = Both::new(Schema::Roster);
    let chinese: toml::Table = toml::from_str(
        r#"
        "单位编号" = "s001"
        "单位名称" = "浒山小学"
        "类型" = "小学"
        "岗位" = "安全主任"
        "姓名" = "王建国"
        "邮箱" = "wang@school.example"
        "#,
    )
    .unwrap();
    assert_eq!(both.schema_says(&chinese), [""; 0]);
    assert_eq!(both.reader_says(&chinese), [""; 0]);
    for table in [chinese, sample(Schema::Roster)] {
        for header in table.keys() {
            let mut row = table.clone();
            row.remove(header);
            super::drift::agree(&both, &row, &format!("without {header}"));
        }
    }
}
