//! What may stand under a key: the pieces that schemas are made of.

use serde_json::{Map, Value, json};

/// What may stand under a key.
#[derive(Clone, Debug)]
pub(super) struct Form(Map<String, Value>);

/// A key of a table.
pub(super) struct Key {
    name: &'static str,
    required: bool,
    form: Form,
}

/// A key that must be there, with what it means in both languages.
pub(super) fn required(name: &'static str, form: Form, zh: &str, en: &str) -> Key {
    Key {
        name,
        required: true,
        form: form.meaning(zh, en),
    }
}

/// A key that may be left out.
pub(super) fn optional(name: &'static str, form: Form, zh: &str, en: &str) -> Key {
    Key {
        required: false,
        ..required(name, form, zh, en)
    }
}

impl Form {
    fn new(schema: Value) -> Self {
        match schema {
            Value::Object(map) => Self(map),
            _ => Self(Map::new()),
        }
    }

    /// What it means. References cannot stand beside it in draft 7, which is why there are none.
    pub(super) fn meaning(self, zh: &str, en: &str) -> Self {
        let mut map = Map::new();
        map.insert("description".to_owned(), format!("{zh} {en}").into());
        map.extend(self.0);
        Self(map)
    }

    /// What holds where the key is left out.
    pub(super) fn default(self, value: impl Into<Value>) -> Self {
        self.with("default", value.into())
    }

    /// What one may write.
    pub(super) fn examples<const N: usize>(self, texts: [&str; N]) -> Self {
        self.with("examples", texts.to_vec().into())
    }

    /// With another rule of its own.
    pub(super) fn with(mut self, rule: &str, value: Value) -> Self {
        self.0.insert(rule.to_owned(), value);
        self
    }

    pub(super) fn into_map(self) -> Map<String, Value> {
        self.0
    }

    pub(super) fn json(self) -> Value {
        Value::Object(self.0)
    }
}

/// Any text, an empty one too.
pub(super) fn text() -> Form {
    Form::new(json!({ "type": "string" }))
}

/// A text of one line that says something.
pub(super) fn line() -> Form {
    matching(r"^[^\x00-\x1f\x7f-\x9f]*[^\x00-\x1f\x7f-\x9f\s][^\x00-\x1f\x7f-\x9f]*$")
}

/// A text of this pattern.
pub(super) fn matching(pattern: &str) -> Form {
    Form::new(json!({ "type": "string", "pattern": pattern }))
}

/// One of these words, each with what people call it.
pub(super) fn word<'a>(words: impl IntoIterator<Item = (&'a str, &'a str)>) -> Form {
    let (words, names): (Vec<_>, Vec<_>) = words.into_iter().unzip();
    // Editors of the taplo family show these beside the words.
    Form::new(
        json!({ "type": "string", "enum": words, "x-taplo": { "docs": { "enumValues": names } } }),
    )
}

/// A whole number within bounds.
pub(super) fn integer(least: u32, most: u32) -> Form {
    Form::new(json!({ "type": "integer", "minimum": least, "maximum": most }))
}

pub(super) fn boolean() -> Form {
    Form::new(json!({ "type": "boolean" }))
}

/// A number spelt out, or in full width. How large it may be is for the readers.
const SPELT: &str = "[０-９]+|[〇零一二两三四五六七八九十百]+";

/// A day of a year: bare as TOML writes it (a schema sees a text), or in quotes as people write it.
pub(super) fn day() -> Form {
    let month = format!("0*([1-9]|1[0-2])|{SPELT}");
    let day = format!("0*([1-9]|[12][0-9]|3[01])|{SPELT}");
    matching(&format!(
        r"^\s*[0-9０-９]{{4}}\s*[-－/／.．年]\s*({month})\s*[-－/／.．月]\s*({day})\s*[日号]?\s*$"
    ))
    .examples(["2026-03-04", "2026年3月4日"])
}

/// An hour of the day. `format` would ask for an offset, which none of ours has.
pub(super) fn hour() -> Form {
    let hour = format!("0*([0-9]|1[0-9]|2[0-3])|{SPELT}");
    let minute = format!("0*[0-9]|[1-5][0-9]|{SPELT}");
    matching(&format!(
        r"^\s*(上午|早上|早晨|中午|下午)?\s*({hour})\s*([:：]\s*[0-5０-５][0-9０-９](\s*[:：]\s*[0０]{{2}})?|[点时][半整钟]?|[点时]\s*({minute})\s*分?)\s*$"
    ))
    .examples(["08:00", "17:30", "下午五点半"])
}

/// How long: `14d`, `2 workdays`, `2个工作日`. `least` is 0 or 1; the most is 400 days, which are 57 weeks.
pub(super) fn stretch(least: u8) -> Form {
    let digit = if least == 0 { "[0-9]" } else { "[1-9]" };
    let days = format!("{digit}|[1-9][0-9]|[1-3][0-9]{{2}}|400");
    let weeks = format!("{digit}|[1-4][0-9]|5[0-7]");
    let length = length(&days, &days, &weeks);
    matching(&format!(r"^\s*({length})\s*$")).examples(["14d", "2 workdays", "2个工作日"])
}

/// How far a due day lies from everybody's: `-3 workdays`, `提前3个工作日`; at most 60 days or 40 workdays.
pub(super) fn shift() -> Form {
    let length = length("[1-9]|[1-5][0-9]|60", "[1-9]|[1-3][0-9]|40", "[1-8]");
    matching(&format!(
        r"^\s*(([-–−－+＋]|提前|提早|推迟|推后|延后|顺延)\s*({length})|({length})\s*(earlier|later))\s*$"
    ))
    .examples(["-3 workdays", "提前3个工作日"])
}

/// The pattern of a length of time, from those of the numbers that days, workdays and weeks may have.
fn length(days: &str, workdays: &str, weeks: &str) -> String {
    let units = [
        (days, "[dD](ays?)?|天|日"),
        (workdays, "[wW]orkdays?|个?工作日"),
        (weeks, "[wW](eeks?)?|周|个?星期"),
    ];
    units
        .map(|(number, unit)| format!(r"(0*({number})|{SPELT})\s*({unit})"))
        .join("|")
}

/// An array.
pub(super) fn list(of: Form) -> Form {
    Form::new(json!({ "type": "array", "items": of.json() }))
}

/// An array with something in it.
pub(super) fn some(of: Form) -> Form {
    list(of).with("minItems", 1.into())
}

/// Any of these.
pub(super) fn any<const N: usize>(forms: [Form; N]) -> Form {
    Form::new(json!({ "anyOf": forms.map(Form::json).to_vec() }))
}

/// A table with these keys and no others.
pub(super) fn table(keys: impl IntoIterator<Item = Key>) -> Form {
    let mut properties = Map::new();
    let mut must = Vec::new();
    for key in keys {
        if key.required {
            must.push(key.name);
        }
        properties.insert(key.name.to_owned(), key.form.json());
    }
    let form = Form::new(json!({ "type": "object", "properties": properties }));
    let form = if must.is_empty() {
        form
    } else {
        form.with("required", must.into())
    };
    form.with("additionalProperties", false.into())
}

/// A table whose keys are names of one's own.
pub(super) fn named(of: Form) -> Form {
    Form::new(json!({ "type": "object", "additionalProperties": of.json() }))
}

/// A table whose keys are data: those of this pattern.
pub(super) fn keyed(pattern: &str, of: Form) -> Form {
    Form::new(json!({
        "type": "object",
        "patternProperties": { pattern: of.json() },
        "additionalProperties": false,
    }))
}
