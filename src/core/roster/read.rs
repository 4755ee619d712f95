//! Reading the roster from a sheet: every fault with its cell, what was found and what is allowed.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;

use super::cell::{is_like_a_formula, is_mailbox, read_tags};
use super::columns::{COLUMNS, Columns, NEEDED, column, columns, header};
use super::sheet::{Sheet, SheetRow};
use super::{Contact, Kind, Roster, Unit};
use crate::core::calendar::ROLES;
use crate::core::diagnostic::{Diagnostic, Faults, Words, did_you_mean, one_of};
use crate::core::names::{Address, NameMap, Role, UnitId};
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

/// Reads a roster from TOML, as [`read_csv`] does from CSV.
pub fn read_toml(name: &str, bytes: &[u8], faults: &Faults) -> (Sheet, Roster) {
    let sheet = Sheet::from_toml(name, bytes, faults);
    let roster = read_sheet(&sheet, faults);
    (sheet, roster)
}

/// Reads a roster from a sheet, as [`read_csv`] does.
pub fn read_sheet(sheet: &Sheet, faults: &Faults) -> Roster {
    let Some(header) = header(sheet) else {
        // Of a file that could not be read at all that has been said.
        if !faults.any_in(&sheet.text.name) {
            faults.add(Diagnostic::error(
                &sheet.text,
                0..0,
                Words::new("花名册是空的", "the roster is empty"),
                Words::new(
                    format!("第一行写表头:{}", COLUMNS.map(|(_, name)| name).join(",")),
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
        width: sheet.rows[header].width(),
        units: Vec::new(),
        index: NameMap::default(),
        first_rows: NameMap::default(),
        faulty: Vec::new(),
        current: None,
    };
    if !reader.check_header(&sheet.rows[header]) {
        return Roster::default();
    }
    for row in &sheet.rows[header + 1..] {
        if faults.is_full() {
            return Roster::default();
        }
        reader.read_row(row);
    }
    reader.check_parents();
    let row_of = |unit: &Unit| reader.first_rows[&unit.id].span.clone();
    let rows = reader.units.iter().map(row_of).collect();
    Roster::new(reader.units).placed(Arc::clone(&sheet.text), rows)
}

struct Reading<'a> {
    sheet: &'a Sheet,
    faults: &'a Faults,
    columns: Columns,
    /// How many columns the header has.
    width: usize,
    units: Vec<Unit>,
    /// The place of each unit among them.
    index: NameMap<UnitId, usize>,
    /// The first row of each unit, also of those that are at fault.
    first_rows: NameMap<UnitId, &'a SheetRow>,
    /// The units that are at fault.
    faulty: Vec<(UnitId, &'a SheetRow)>,
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
        let mut found = self.fault_at(row, column, message, label);
        found.help = help;
        self.faults.add(found);
    }

    fn fault_at(&self, row: &SheetRow, column: usize, message: Words, label: Words) -> Diagnostic {
        let cell = row.cell_name(column);
        let Words { zh, en } = message;
        let message = Words::new(format!("{cell} {zh}"), format!("{cell}: {en}"));
        Diagnostic::error(&self.sheet.text, row.place(column), message, label)
    }

    fn row_error(&self, row: &SheetRow, message: Words, label: Words) {
        let (number, Words { zh, en }) = (row.number, message);
        let message = Words::new(format!("第{number}行{zh}"), format!("row {number}: {en}"));
        let span = row.span.clone();
        self.faults
            .add(Diagnostic::error(&self.sheet.text, span, message, label));
    }

    /// Reports what is wrong with the header; `false` where no unit can be read below it.
    fn check_header(&self, row: &SheetRow) -> bool {
        let is_one = |sign: &&str| row.width() < 3 && row.values().any(|cell| cell.contains(*sign));
        if let Some(sign) = ["，", "\t", ";", "；"].into_iter().find(is_one) {
            let shown = if sign == "\t" { "制表符" } else { sign };
            self.row_error(
                row,
                Words::new(
                    format!("各列之间用的是 {shown},应当是英文逗号"),
                    "the columns are not separated by commas",
                ),
                Words::new(
                    "在Excel里“另存为”,类型选“CSV UTF-8(逗号分隔)”",
                    "save it as “CSV UTF-8 (comma delimited)”",
                ),
            );
            return false;
        }
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
                    Words::new(
                        one_of(COLUMNS.map(|(_, chinese)| chinese)).zh,
                        one_of(COLUMNS.map(|(english, _)| english)).en,
                    ),
                    did_you_mean(value, COLUMNS.into_iter().flat_map(|(e, c)| [c, e])),
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
        NEEDED[..3]
            .iter()
            .all(|need| self.columns.contains_key(need))
    }

    /// Whether every cell holds plain text: no line breaks, and not what a formula leaves that failed.
    fn is_plain(&self, row: &SheetRow) -> bool {
        let mut plain = true;
        for (at, value) in row.values().enumerate() {
            let odd = |c: char| c.is_control() || c == '\u{fffd}';
            let (message, label) = if value.contains(odd) {
                let shown: String = value.chars().filter(|c| !odd(*c)).collect();
                (
                    Words::new(
                        "有换行或看不见的字符",
                        "a line break or an invisible character in a cell",
                    ),
                    Words::new(
                        format!("改成“{shown}”,写在一行里"),
                        format!("write “{shown}” on one line"),
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

    /// Whether the row has as many columns as the header: with more, what stands in which cannot be told.
    fn fits(&self, row: &SheetRow) -> bool {
        let (width, most) = (row.width(), self.width);
        if width > most {
            self.row_error(
                row,
                Words::new(
                    format!("有{width}列,表头只有{most}列"),
                    format!("{width} columns, the header has {most}"),
                ),
                Words::new(
                    "哪一格里有英文逗号?改成中文逗号或顿号",
                    "a cell with a comma in it must stand between quotes",
                ),
            );
        }
        width <= most
    }

    fn read_row(&mut self, row: &'a SheetRow) {
        let id = self.get(row, "unit");
        if !id.is_empty() {
            self.current = Some(UnitId::from(id));
        }
        if !self.fits(row) || !self.is_plain(row) {
            // The unit's further rows are not blamed for this one.
            if let Some(id) = self.current.clone() {
                self.first_rows.entry(id).or_insert(row);
            }
            return;
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
        if let Some(at) = self.index.get(&id) {
            self.same_unit(row, &self.units[*at]);
        } else if !self.first_rows.contains_key(&id) {
            self.first_rows.insert(id.clone(), row);
            if let Some(unit) = self.new_unit(row, &id) {
                self.index.insert(id.clone(), self.units.len());
                self.units.push(unit);
            } else {
                self.faulty.push((id.clone(), row));
            }
        }
        // Of a unit that is at fault the contact is read all the same, for the faults in it.
        let contact = self.contact(row);
        if let (Some(at), Some(contact)) = (self.index.get(&id), contact) {
            self.units[*at].contacts.push(contact);
        }
    }

    /// A further row of a unit may repeat what its first row says, not contradict it.
    fn same_unit(&self, row: &'a SheetRow, unit: &Unit) {
        let differs = |word: &str, zh: &str, said: &str| {
            let cell = self.get(row, word);
            if cell.is_empty() {
                return;
            }
            let message = Words::new(
                format!("单位 {} 的{zh}前后不一", unit.id),
                format!("the unit {} has two different values of {word}", unit.id),
            );
            let label = Words::new(
                format!("前面写的是“{said}”"),
                format!("before it was “{said}”"),
            );
            let first = self.first_rows[&unit.id].place(self.columns[word]);
            let found = self.fault_at(row, self.columns[word], message, label);
            let other = Words::new("第一次在这里", "first here");
            self.faults.add(found.other(&self.sheet.text, first, other));
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
        if read_tags(self.get(row, "tags")) != unit.tags {
            let first = self.get(self.first_rows[&unit.id], "tags");
            differs("tags", "标签", first);
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
                if kind.is_empty() {
                    Words::new("没有写单位类型", "no kind of unit")
                } else {
                    Words::new(
                        format!("不认识的单位类型“{kind}”"),
                        format!("unknown kind of unit “{kind}”"),
                    )
                },
                Words::new(
                    one_of(Kind::ALL.map(Kind::name)).zh,
                    one_of(Kind::ALL.map(Kind::word)).en,
                ),
                did_you_mean(
                    kind,
                    Kind::ALL.into_iter().flat_map(|k| [k.name(), k.word()]),
                ),
            );
            return None;
        };
        Some(Unit {
            id: id.clone(),
            name: name.to_owned(),
            kind: kind_found,
            parent: (!parent.is_empty()).then(|| UnitId::from(parent)),
            tags: read_tags(self.get(row, "tags")),
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
                if role.is_empty() {
                    Words::new("没有写岗位", "no role")
                } else {
                    Words::new(
                        format!("不认识的岗位“{role}”"),
                        format!("unknown role “{role}”"),
                    )
                },
                Words::new(
                    one_of(ROLES.map(|(_, name)| name)).zh,
                    one_of(ROLES.map(|(word, _)| word)).en,
                ),
                did_you_mean(role, ROLES.into_iter().flat_map(|(w, n)| [n, w])),
            );
            return None;
        };
        let address = if email.is_empty() {
            None
        } else {
            Some(self.address(row, email)?)
        };
        let (since, until) = (self.day(row, "since"), self.day(row, "until"));
        if let (Some(since), Some(until)) = (since, until)
            && until < since
        {
            self.error(
                row,
                "until",
                Words::new("止早于起", "until lies before since"),
                Words::new(
                    format!("起是 {since},核对年份"),
                    format!("it begins on {since}"),
                ),
                None,
            );
        }
        Some(Contact {
            role: Role::from(word),
            person: person.to_owned(),
            address,
            phone: self.get(row, "phone").to_owned(),
            since,
            until,
        })
    }

    fn address(&self, row: &SheetRow, email: &str) -> Option<Address> {
        if email.len() <= 254 && is_mailbox(email) {
            return Some(Address::from(email.to_ascii_lowercase()));
        }
        let odd = email.chars().find(|c| !c.is_ascii());
        self.error(
            row,
            "email",
            Words::new(
                format!("“{email}”不是邮箱地址"),
                format!("“{email}” is not a mail address"),
            ),
            Words::new("应如 wang@school.example", "such as wang@school.example"),
            odd.map(|odd| {
                Words::new(
                    format!("里面的“{odd}”不是英文字符,换成英文输入法再写"),
                    format!("“{odd}” cannot stand in a mail address"),
                )
            }),
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

    /// Every parent is there, and nobody is above themselves.
    fn check_parents(&self) {
        for (id, row) in &self.faulty {
            let parent = UnitId::from(self.get(row, "parent"));
            if !parent.as_str().is_empty() && !self.first_rows.contains_key(&parent) {
                let name = self.get(row, "name");
                self.no_parent(
                    id,
                    if name.is_empty() { id.as_str() } else { name },
                    &parent,
                );
            }
        }
        let above = |at: usize| self.index.get(self.units[at].parent.as_ref()?).copied();
        // 0: not yet looked at; else the walk it was met on.
        let mut met = vec![0_usize; self.units.len()];
        for (at, unit) in self.units.iter().enumerate() {
            // A unit that is at fault itself has been spoken of.
            if let Some(parent) = &unit.parent
                && !self.first_rows.contains_key(parent)
            {
                self.no_parent(&unit.id, &unit.name, parent);
            }
            let mut step = Some(at);
            while let Some(here) = step.filter(|here| met[*here] == 0) {
                met[here] = at + 1;
                step = above(here);
            }
            // Back on the very walk that began here: a loop, told once.
            if let Some(here) = step.filter(|here| met[*here] == at + 1) {
                let first = &self.units[here];
                let around = std::iter::successors(above(here), |at| above(*at));
                let others = around
                    .take_while(|at| *at != here)
                    .map(|at| &self.units[at]);
                let names = std::iter::once(first).chain(others).chain([first]);
                let chain: Vec<_> = names.map(|unit| unit.name.as_str()).collect();
                let chain = chain.join(" → ");
                self.error(
                    self.first_rows[&first.id],
                    "parent",
                    Words::new("上级绕成了圈", "the units are above each other in a loop"),
                    Words::new(chain.clone(), chain),
                    None,
                );
            }
        }
    }

    fn no_parent(&self, id: &UnitId, name: &str, parent: &UnitId) {
        // Schools have none below them.
        let above = self.units.iter().filter(|unit| !unit.kind.teaches());
        self.error(
            self.first_rows[id],
            "parent",
            Words::new(
                format!("{name}的上级 {parent} 不在花名册里"),
                format!("{parent}, above {id}, is not on the roster"),
            ),
            Words::new(
                "应是花名册里一个单位的编号",
                "must be the id of a unit on it",
            ),
            did_you_mean(parent.as_str(), above.map(|unit| unit.id.as_str())),
        );
    }
}
