//! Reading the roster from CSV, as spreadsheets write it: UTF-8 or GBK, English or Chinese headers.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::Date;

use super::{Contact, Kind, Roster, Unit};
use crate::core::calendar::ROLES;
use crate::core::diagnostic::{
    Diagnostic, Faults, LARGEST_FILE, Text, Words, did_you_mean, one_of,
};
use crate::core::names::{Address, Role, UnitId};
use crate::core::written::read_day;

const COLUMNS: [(&str, &str); 11] = [
    ("unit", "单位编号"),
    ("name", "单位名称"),
    ("kind", "类型"),
    ("parent", "上级"),
    ("tags", "标签"),
    ("role", "岗位"),
    ("person", "姓名"),
    ("email", "邮箱"),
    ("phone", "电话"),
    ("since", "起"),
    ("until", "止"),
];

/// Reads a roster. Faults go to `faults`; with an error among them the roster must not take effect.
pub fn read_csv(name: &str, bytes: &[u8], faults: &Faults) -> Roster {
    if bytes.len() > LARGEST_FILE {
        if let Err(fault) = Text::decode(name, bytes) {
            faults.add(*fault);
        }
        return Roster::default();
    }
    let text = Arc::new(Text {
        name: name.to_owned(),
        body: decode(bytes),
    });
    let mut reader = Reading {
        text: &text,
        faults,
        columns: BTreeMap::new(),
        units: Vec::new(),
        places: BTreeMap::new(),
        line: 0..0,
    };
    reader.read();
    reader.check_parents();
    Roster::new(reader.units)
}

/// UTF-8 if it is that, else whatever the bytes look most like: GBK, from a spreadsheet on a Chinese desktop.
pub fn decode(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        return text.to_owned();
    }
    let mut detector = chardetng::EncodingDetector::new(chardetng::Iso2022JpDetection::Deny);
    detector.feed(bytes, true);
    let encoding = detector.guess(Some(b"cn"), chardetng::Utf8Detection::Deny);
    encoding.decode(bytes).0.into_owned()
}

struct Reading<'a> {
    text: &'a Arc<Text>,
    faults: &'a Faults,
    columns: BTreeMap<&'static str, usize>,
    units: Vec<Unit>,
    places: BTreeMap<UnitId, Range<usize>>,
    /// The row being read, without its line end.
    line: Range<usize>,
}

impl Reading<'_> {
    fn read(&mut self) {
        let body = self.text.body.clone();
        let mut csv = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .trim(csv::Trim::All)
            .from_reader(body.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut header = true;
        loop {
            let start = usize::try_from(csv.position().byte()).unwrap_or(0);
            match csv.read_record(&mut record) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.error(
                        start..start,
                        Words::new("这一行读不懂", "this row cannot be read"),
                        Words::new(error.to_string(), error.to_string()),
                        None,
                    );
                    break;
                }
            }
            let end = usize::try_from(csv.position().byte()).unwrap_or(start);
            let row = &body[start.min(body.len())..end.min(body.len())];
            let lead = row.len() - row.trim_start_matches(['\r', '\n']).len();
            self.line = start + lead..start + row.trim_end().len().max(lead);
            if record.iter().all(str::is_empty) {
                continue;
            }
            if header {
                self.read_header(&record);
                header = false;
            } else {
                self.read_row(&record);
            }
        }
        if header {
            self.error(
                0..0,
                Words::new("花名册是空的", "the roster is empty"),
                one_of(COLUMNS.map(|(word, _)| word)),
                None,
            );
        }
    }

    fn error(&self, span: Range<usize>, message: Words, label: Words, help: Option<Words>) {
        let mut diagnostic = Diagnostic::error(self.text, span, message, label);
        diagnostic.help = help;
        self.faults.add(diagnostic);
    }

    /// A field's bytes within its row, as near as they can be told.
    fn place(&self, field: &str) -> Range<usize> {
        if field.is_empty() {
            return self.line.clone();
        }
        match self.text.body[self.line.clone()].find(field) {
            Some(at) => self.line.start + at..self.line.start + at + field.len(),
            None => self.line.clone(),
        }
    }

    fn read_header(&mut self, record: &csv::StringRecord) {
        for (at, field) in record.iter().enumerate() {
            let known = COLUMNS
                .iter()
                .find(|(english, chinese)| field == *english || field == *chinese);
            match known {
                Some((english, _)) => {
                    self.columns.insert(english, at);
                }
                None if field.is_empty() => {}
                None => self.error(
                    self.place(field),
                    Words::new(
                        format!("不认识的列 {field}"),
                        format!("unknown column {field}"),
                    ),
                    one_of(COLUMNS.map(|(_, chinese)| chinese)),
                    did_you_mean(field, COLUMNS.into_iter().flat_map(|(e, c)| [e, c])),
                ),
            }
        }
        for (english, chinese) in COLUMNS {
            if matches!(
                english,
                "unit" | "name" | "kind" | "role" | "person" | "email"
            ) && !self.columns.contains_key(english)
            {
                self.error(
                    self.line.clone(),
                    Words::new(
                        format!("缺少列 {chinese}({english})"),
                        format!("the column {english} is missing"),
                    ),
                    Words::new("在表头里加上", "add it to the header"),
                    None,
                );
            }
        }
    }

    fn read_row(&mut self, record: &csv::StringRecord) {
        let field = |name: &str| {
            self.columns
                .get(name)
                .and_then(|at| record.get(*at))
                .unwrap_or("")
                .to_owned()
        };
        if let Some(bad) = record.iter().find(|f| f.chars().any(char::is_control)) {
            let shown: String = bad.chars().filter(|c| !c.is_control()).collect();
            self.error(
                self.line.clone(),
                Words::new("含有换行等控制字符", "control characters in a field"),
                Words::new(
                    format!("在“{shown}”里,请删去"),
                    format!("in “{shown}”: remove them"),
                ),
                None,
            );
            return;
        }
        let id = field("unit");
        if id.is_empty() && self.units.is_empty() {
            self.error(
                self.line.clone(),
                Words::new("没有单位编号", "no unit id"),
                Words::new("第一行必须写明单位", "the first row must name its unit"),
                None,
            );
            return;
        }
        let last = self.units.last().map(|unit| unit.id.clone());
        let unit_id = if id.is_empty() {
            last
        } else {
            Some(UnitId::from(id.as_str()))
        };
        let Some(unit_id) = unit_id else { return };
        let at = self.units.iter().rposition(|unit| unit.id == unit_id);
        let at = if let Some(at) = at {
            self.same_unit(at, &field);
            at
        } else {
            let Some(unit) = self.new_unit(&unit_id, &field) else {
                // Its contact is read all the same, for the faults in it.
                self.contact(&field);
                return;
            };
            self.places.insert(unit_id, self.line.clone());
            self.units.push(unit);
            self.units.len() - 1
        };
        if let Some(contact) = self.contact(&field) {
            self.units[at].contacts.push(contact);
        }
    }

    /// A further row of a unit may repeat what its first row says, not contradict it.
    fn same_unit(&self, at: usize, field: &impl Fn(&str) -> String) {
        let unit = &self.units[at];
        let name = field("name");
        if !name.is_empty() && name != unit.name {
            self.error(
                self.place(&name),
                Words::new(
                    format!("单位 {} 的名称前后不一", unit.id),
                    format!("the unit {} has two names", unit.id),
                ),
                Words::new(
                    format!("前面写的是“{}”", unit.name),
                    format!("before it was “{}”", unit.name),
                ),
                None,
            );
        }
    }

    fn new_unit(&self, id: &UnitId, field: &impl Fn(&str) -> String) -> Option<Unit> {
        let (name, kind, parent) = (field("name"), field("kind"), field("parent"));
        let good = id
            .as_str()
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if !good {
            self.error(
                self.place(id.as_str()),
                Words::new(
                    format!("“{id}”不能作单位编号"),
                    format!("“{id}” cannot be a unit's id"),
                ),
                Words::new("只用字母、数字和连字符", "use letters, digits and hyphens"),
                None,
            );
            return None;
        }
        if name.is_empty() {
            self.error(
                self.line.clone(),
                Words::new(
                    format!("单位 {id} 没有名称"),
                    format!("the unit {id} has no name"),
                ),
                Words::new("第一次出现时写明", "give it where the unit first stands"),
                None,
            );
            return None;
        }
        let Some(kind_found) = Kind::parse(&kind) else {
            self.error(
                self.place(&kind),
                Words::new(
                    format!("不认识的单位类型“{kind}”"),
                    format!("unknown kind of unit “{kind}”"),
                ),
                Words::new(
                    one_of(Kind::ALL.map(Kind::name)).zh,
                    one_of(Kind::ALL.map(Kind::word)).en,
                ),
                did_you_mean(
                    &kind,
                    Kind::ALL.into_iter().flat_map(|k| [k.word(), k.name()]),
                ),
            );
            return None;
        };
        let tags = field("tags")
            .split_whitespace()
            .map(|tag| match tag.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (tag.to_owned(), None),
            })
            .collect();
        Some(Unit {
            id: id.clone(),
            name,
            kind: kind_found,
            parent: (!parent.is_empty()).then(|| UnitId::from(parent)),
            tags,
            contacts: Vec::new(),
        })
    }

    fn contact(&self, field: &impl Fn(&str) -> String) -> Option<Contact> {
        let (role, person, email) = (field("role"), field("person"), field("email"));
        if role.is_empty() && person.is_empty() && email.is_empty() {
            return None;
        }
        let known = ROLES
            .iter()
            .find(|(word, name)| role == *word || role == *name)
            .or_else(|| {
                ROLES.iter().find(|(word, _)| match role.as_str() {
                    "安全干部" | "平安主任" => *word == "safety",
                    "副校长" | "分管领导" | "副园长" => *word == "deputy",
                    "园长" | "书记" => *word == "principal",
                    _ => false,
                })
            });
        let Some((word, _)) = known else {
            self.error(
                self.place(&role),
                Words::new(
                    format!("不认识的岗位“{role}”"),
                    format!("unknown role “{role}”"),
                ),
                Words::new(
                    one_of(ROLES.map(|(_, name)| name)).zh,
                    one_of(ROLES.map(|(word, _)| word)).en,
                ),
                did_you_mean(&role, ROLES.into_iter().flat_map(|(w, n)| [w, n])),
            );
            return None;
        };
        let address = if email.is_empty() {
            None
        } else {
            Some(self.address(&email)?)
        };
        Some(Contact {
            role: Role::from(*word),
            person,
            address,
            phone: field("phone"),
            since: self.day(&field("since")),
            until: self.day(&field("until")),
        })
    }

    fn address(&self, email: &str) -> Option<Address> {
        if email.len() <= 254 && is_mailbox(email) {
            return Some(Address::from(email.to_ascii_lowercase()));
        }
        self.error(
            self.place(email),
            Words::new(
                format!("“{email}”不是邮箱地址"),
                format!("“{email}” is not a mail address"),
            ),
            Words::new("应如 wang@school.example", "such as wang@school.example"),
            None,
        );
        None
    }

    fn day(&self, text: &str) -> Option<Date> {
        if text.is_empty() {
            return None;
        }
        let day = read_day(text);
        if day.is_none() {
            self.error(
                self.place(text),
                Words::new(
                    format!("“{text}”不是日期"),
                    format!("“{text}” is not a date"),
                ),
                Words::new("应如 2026-03-01", "such as 2026-03-01"),
                None,
            );
        }
        day
    }

    fn check_parents(&self) {
        let ids: BTreeSet<_> = self.units.iter().map(|unit| &unit.id).collect();
        for unit in &self.units {
            let Some(parent) = &unit.parent else { continue };
            let span = self.places.get(&unit.id).cloned().unwrap_or(0..0);
            if !ids.contains(parent) {
                self.error(
                    span,
                    Words::new(
                        format!("{} 的上级 {parent} 不在花名册里", unit.name),
                        format!("{parent}, above {}, is not on the roster", unit.id),
                    ),
                    Words::new("这个单位", "this unit"),
                    did_you_mean(parent.as_str(), ids.iter().map(|id| id.as_str())),
                );
                continue;
            }
            let mut above = Some(parent);
            let mut steps = 0;
            while let Some(id) = above {
                steps += 1;
                if *id == unit.id || steps > self.units.len() {
                    self.error(
                        span,
                        Words::new(
                            format!("{} 的上级绕成了圈", unit.name),
                            format!("{} is its own ancestor", unit.id),
                        ),
                        Words::new("改正这里的上级", "mend its parent"),
                        None,
                    );
                    break;
                }
                above = self
                    .units
                    .iter()
                    .find(|unit| unit.id == *id)
                    .and_then(|unit| unit.parent.as_ref());
            }
        }
    }
}

/// The plain shape of a mailbox: one @, a local part and a domain of ordinary characters. The mail library checks
/// again when it builds an envelope; core knows no mail library.
fn is_mailbox(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let label = |part: &str| {
        !part.is_empty()
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    (1..=64).contains(&local.len())
        && local.chars().all(atom)
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && domain.split('.').all(label)
}
