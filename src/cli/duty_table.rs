//! Tables in the terminal: columns right for Chinese, and no wider than they must be.

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};

use crate::core::fact::Part;
use crate::core::ladder::Rung;

/// A plain table under a header.
pub(super) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(NOTHING)
        .set_content_arrangement(ContentArrangement::Disabled)
        .set_header(header.to_vec());
    table
}

/// A rung as a person says it, and whether the reader only hears that it went up.
pub(super) fn rung(rung: Rung, part: Part) -> String {
    let below = if part == Part::Below {
        "(告知已上报)"
    } else {
        ""
    };
    format!("{}{below}", rung.chinese())
}

/// The table as text, without spaces at the ends of lines.
pub(super) fn text(table: &Table) -> String {
    let mut text = String::new();
    for line in table.lines() {
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
