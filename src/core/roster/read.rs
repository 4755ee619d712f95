//! Reading the roster from a sheet: every fault with its cell, what was found and what is allowed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::columns::{COLUMNS, Columns, NEEDED, column, columns, header};
use super::sheet::{Sheet, SheetRow};
use super::{Contact, Kind, Roster, Unit};
use crate::core::calendar::ROLES;
use crate::core::diagnostic::{Diagnostic, Faults, Words, did_you_mean, one_of};
use crate::core::names::{Address, Role, UnitId};
use crate::core::written::read_day;

/// Titles that people hold, beside the roles' own names, and the role each comes to.
pub const TITLES: [(&str, &str); 7] = [
    ("安全干部", "safety"),
    ("平安主任", "safety"),
    ("副校长", "deputy"),
    ("分管领导", "deputy"),
    ("副园长", "deputy"),
    ("园长", "principal"),
    ("书记", "principal"),
];

/// What a spreadsheet writes where a formula failed.
const FAILED_FORMULAS: [&str; 8] = [
    "#N/A", "#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NULL!", "#NUM!", "#DATA!",
];

/// Reads a roster from CSV. Faults go to `faults`; with an error among them the roster must not take effect.
pub fn read_csv(name: &str, bytes: &[u8], faults: &Faults) -> Roster {
    read_sheet(&Sheet::from_csv(name, bytes, faults), faults)
}

/// Reads a roster from a sheet, as [`read_csv`] does.
pub fn read_sheet(sheet: &Sheet, faults: &Faults) -> Roster {
    let Some(header) = header(sheet) else {
        // Of a file that could not be read at all that has been said.
        if !faults.any_error() {
            faults.add(Diagnostic::error(
                &sheet.text,
                0..0,
                Words::new("花名册是空的", "the roster is empty"),
                Words::new(
                    format!("第一行写表头:{}", COLUMNS.map(|(_, name)| name).join("、")),
                    format!(
                        "begin with a header: {}",
                        COLUMNS.map(|(word, _)| word).join(", ")
                    ),
                ),
            ));
        }
        return Roster::default();
    };
    let mut reader = Reading {
        sheet,
        faults,
        columns: columns(&sheet.rows[header]),
        units: Vec::new(),
        first_rows: BTreeMap::new(),
        current: None,
    };
    reader.check_header(&sheet.rows[header]);
    for row in &sheet.rows[header + 1..] {
        reader.read_row(row);
    }
    reader.check_parents();
    Roster::new(reader.units)
}

struct Reading<'a> {
    sheet: &'a Sheet,
    faults: &'a Faults,
    columns: Columns,
    units: Vec<Unit>,
    /// The first row of each unit, also of those that are at fault.
    first_rows: BTreeMap<UnitId, &'a SheetRow>,
    /// The unit of the last row.
    current: Option<UnitId>,
}

impl<'a> Reading<'a> {
    fn get(&self, row: &'a SheetRow, column: &str) -> &'a str {
        self.columns
            .get(column)
            .map_or("", |column| row.value(*column))
    }

    /// A fault of a cell, by its column's English name; of the whole row where the sheet lacks that column.
    fn error(
        &self,
        row: &SheetRow,
        column: &str,
        message: Words,
        label: Words,
        help: Option<Words>,
    ) {
        match self.columns.get(column) {
            Some(at) => self.error_at(row, *at, message, label, help),
            None => self.row_error(row, message, label),
        }
    }

    fn error_at(
        &self,
        row: &SheetRow,
        column: usize,
        message: Words,
        label: Words,
        help: Option<Words>,
    ) {
        let cell = row.cell_name(column);
        let Words { zh, en } = message;
        let message = Words::new(format!("{cell} {zh}"), format!("{cell}: {en}"));
        let mut found = Diagnostic::error(&self.sheet.text, row.place(column), message, label);
        found.help = help;
        self.faults.add(found);
    }

    fn row_error(&self, row: &SheetRow, message: Words, label: Words) {
        let (number, Words { zh, en }) = (row.number, message);
        let message = Words::new(format!("第{number}行{zh}"), format!("row {number}: {en}"));
        let span = row.span.clone();
        self.faults
            .add(Diagnostic::error(&self.sheet.text, span, message, label));
    }

    fn check_header(&self, row: &SheetRow) {
        let mut seen = BTreeSet::new();
        for (at, value) in row.values().enumerate() {
            match column(value) {
                Some((english, _)) if seen.insert(english) => {}
                Some(_) => self.error_at(
                    row,
                    at,
                    Words::new(
                        format!("列“{value}”写了两次"),
                        format!("the column {value} stands twice"),
                    ),
                    Words::new("删去一列", "remove one of them"),
                    None,
                ),
                None if value.is_empty() => {}
                None => self.error_at(
                    row,
                    at,
                    Words::new(
                        format!("不认识的列“{value}”"),
                        format!("unknown column {value}"),
                    ),
                    one_of(COLUMNS.map(|(_, chinese)| chinese)),
                    did_you_mean(value, COLUMNS.into_iter().flat_map(|(e, c)| [e, c])),
                ),
            }
        }
        for (english, chinese) in COLUMNS {
            if NEEDED.contains(&english) && !self.columns.contains_key(english) {
                self.row_error(
                    row,
                    Words::new(
                        format!("缺少列 {chinese}({english})"),
                        format!("the column {english} is missing"),
                    ),
                    Words::new("在表头里加上", "add it to the header"),
                );
            }
        }
    }

    /// Whether every cell holds plain text: no line breaks, and not what a formula leaves that failed.
    fn is_plain(&self, row: &SheetRow) -> bool {
        let mut plain = true;
        for (at, value) in row.values().enumerate() {
            let (message, label) = if value.chars().any(char::is_control) {
                let shown: String = value.chars().filter(|c| !c.is_control()).collect();
                (
                    Words::new("含有换行等控制字符", "control characters in a cell"),
                    Words::new(
                        format!("在“{shown}”里,请删去"),
                        format!("in “{shown}”: remove them"),
                    ),
                )
            } else if FAILED_FORMULAS.contains(&value) {
                (
                    Words::new(
                        format!("是没有算出来的公式({value})"),
                        format!("a formula that failed ({value})"),
                    ),
                    Words::new("请直接写上内容", "write what it should be"),
                )
            } else if is_like_a_formula(value) {
                (
                    Words::new(
                        format!("“{value}”会被表格当成公式"),
                        format!("“{value}” would be a formula to a spreadsheet"),
                    ),
                    Words::new("请去掉开头的符号", "remove the sign it begins with"),
                )
            } else {
                continue;
            };
            plain = false;
            self.error_at(row, at, message, label, None);
        }
        plain
    }

    fn read_row(&mut self, row: &'a SheetRow) {
        if !self.is_plain(row) {
            return;
        }
        let id = self.get(row, "unit");
        if !id.is_empty() {
            self.current = Some(UnitId::from(id));
        }
        let Some(id) = self.current.clone() else {
            self.error(
                row,
                "unit",
                Words::new("没有单位编号", "no unit id"),
                Words::new("第一行必须写明单位", "the first row must name its unit"),
                None,
            );
            return;
        };
        if let Some(at) = self.units.iter().rposition(|unit| unit.id == id) {
            self.same_unit(row, &self.units[at]);
        } else if !self.first_rows.contains_key(&id) {
            self.first_rows.insert(id.clone(), row);
            if let Some(unit) = self.new_unit(row, &id) {
                self.units.push(unit);
            }
        }
        // Of a unit that is at fault the contact is read all the same, for the faults in it.
        let contact = self.contact(row);
        let unit = self.units.iter_mut().rfind(|unit| unit.id == id);
        if let (Some(unit), Some(contact)) = (unit, contact) {
            unit.contacts.push(contact);
        }
    }

    /// A further row of a unit may repeat what its first row says, not contradict it.
    fn same_unit(&self, row: &'a SheetRow, unit: &Unit) {
        let differs = |word: &str, zh: &str, said: &str| {
            let cell = self.get(row, word);
            if cell.is_empty() {
                return;
            }
            self.error(
                row,
                word,
                Words::new(
                    format!("单位 {} 的{zh}前后不一", unit.id),
                    format!("the unit {} has two different values of {word}", unit.id),
                ),
                Words::new(
                    format!("前面写的是“{said}”"),
                    format!("before it was “{said}”"),
                ),
                None,
            );
        };
        if self.get(row, "name") != unit.name {
            differs("name", "名称", &unit.name);
        }
        if Kind::parse(self.get(row, "kind")) != Some(unit.kind) {
            differs("kind", "类型", unit.kind.name());
        }
        let parent = unit.parent.as_ref().map_or("", UnitId::as_str);
        if self.get(row, "parent") != parent {
            differs("parent", "上级", parent);
        }
    }

    fn new_unit(&self, row: &'a SheetRow, id: &UnitId) -> Option<Unit> {
        let [name, kind, parent] = ["name", "kind", "parent"].map(|column| self.get(row, column));
        let good = id
            .as_str()
            .chars()
            .all(|c| c.is_alphanumeric() || c == '-' || c == '_');
        if !good {
            self.error(
                row,
                "unit",
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
                row,
                "name",
                Words::new(
                    format!("单位 {id} 没有名称"),
                    format!("the unit {id} has no name"),
                ),
                Words::new("第一次出现时写明", "give it where the unit first stands"),
                None,
            );
            return None;
        }
        let Some(kind_found) = Kind::parse(kind) else {
            self.error(
                row,
                "kind",
                Words::new(
                    format!("不认识的单位类型“{kind}”"),
                    format!("unknown kind of unit “{kind}”"),
                ),
                Words::new(
                    one_of(Kind::ALL.map(Kind::name)).zh,
                    one_of(Kind::ALL.map(Kind::word)).en,
                ),
                did_you_mean(
                    kind,
                    Kind::ALL.into_iter().flat_map(|k| [k.word(), k.name()]),
                ),
            );
            return None;
        };
        let tags = self
            .get(row, "tags")
            .split_whitespace()
            .map(|tag| match tag.split_once('=') {
                Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
                None => (tag.to_owned(), None),
            })
            .collect();
        Some(Unit {
            id: id.clone(),
            name: name.to_owned(),
            kind: kind_found,
            parent: (!parent.is_empty()).then(|| UnitId::from(parent)),
            tags,
            contacts: Vec::new(),
        })
    }

    fn contact(&self, row: &'a SheetRow) -> Option<Contact> {
        let [role, person, email] = ["role", "person", "email"].map(|column| self.get(row, column));
        if role.is_empty() && person.is_empty() && email.is_empty() {
            return None;
        }
        let mut titles = ROLES
            .into_iter()
            .flat_map(|(word, name)| [(word, word), (name, word)])
            .chain(TITLES);
        let Some((_, word)) = titles.find(|(title, _)| role == *title) else {
            self.error(
                row,
                "role",
                Words::new(
                    format!("不认识的岗位“{role}”"),
                    format!("unknown role “{role}”"),
                ),
                Words::new(
                    one_of(ROLES.map(|(_, name)| name)).zh,
                    one_of(ROLES.map(|(word, _)| word)).en,
                ),
                did_you_mean(role, ROLES.into_iter().flat_map(|(w, n)| [w, n])),
            );
            return None;
        };
        let address = if email.is_empty() {
            None
        } else {
            Some(self.address(row, email)?)
        };
        Some(Contact {
            role: Role::from(word),
            person: person.to_owned(),
            address,
            phone: self.get(row, "phone").to_owned(),
            since: self.day(row, "since"),
            until: self.day(row, "until"),
        })
    }

    fn address(&self, row: &SheetRow, email: &str) -> Option<Address> {
        if email.len() <= 254 && is_mailbox(email) {
            return Some(Address::from(email.to_ascii_lowercase()));
        }
        self.error(
            row,
            "email",
            Words::new(
                format!("“{email}”不是邮箱地址"),
                format!("“{email}” is not a mail address"),
            ),
            Words::new("应如 wang@school.example", "such as wang@school.example"),
            None,
        );
        None
    }

    fn day(&self, row: &'a SheetRow, column: &str) -> Option<Date> {
        let text = self.get(row, column);
        if text.is_empty() {
            return None;
        }
        let day = read_day(text);
        if day.is_none() {
            self.error(
                row,
                column,
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
            let Some(row) = self.first_rows.get(&unit.id) else {
                continue;
            };
            if !ids.contains(parent) {
                // A unit that is at fault itself has been spoken of.
                if self.first_rows.contains_key(parent) {
                    continue;
                }
                self.error(
                    row,
                    "parent",
                    Words::new(
                        format!("{}的上级 {parent} 不在花名册里", unit.name),
                        format!("{parent}, above {}, is not on the roster", unit.id),
                    ),
                    Words::new(
                        "应是花名册里一个单位的编号",
                        "must be the id of a unit on it",
                    ),
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
                        row,
                        "parent",
                        Words::new(
                            format!("{}的上级绕成了圈", unit.name),
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

/// Whether a spreadsheet that opens the roster would calculate instead of show it. A telephone number may begin with +.
fn is_like_a_formula(value: &str) -> bool {
    let signed = value.strip_prefix(['+', '-']);
    let is_number = |rest: &str| {
        rest.chars()
            .all(|c| c.is_ascii_digit() || " -()".contains(c))
    };
    value.starts_with(['=', '@']) || signed.is_some_and(|rest| !is_number(rest))
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
