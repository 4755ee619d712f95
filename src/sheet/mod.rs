//! Spreadsheets at the edge: a bureau's sheets read in, workbooks written out.
//!
//! A workbook is a ZIP of XML, and 2 KB of it can ask for gigabytes. So it is read by a child process, this same
//! program under `sheet-rows`, that has little memory, little time, and nothing but the file on its standard input.

mod book;
mod child;
mod template;

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use book::{Book, Cell, TableOf};
pub use child::rows_of_stdin;
pub use template::roster_form;

use crate::core::diagnostic::{Faults, LARGEST_FILE};
use crate::core::roster::{Sheet, is_toml};

/// The command of the child process.
pub const CHILD_COMMAND: &str = "sheet-rows";

/// The largest workbook taken, in bytes: a roster of a province is a tenth of it.
const LARGEST_WORKBOOK: u64 = 16 << 20;

/// How long the child may take.
const CHILD_TIMEOUT: Duration = Duration::from_secs(2);

/// What the child says: the rows of the first sheet, or why there are none.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Said {
    /// Each row with its number from 1.
    Rows(Vec<(usize, Vec<String>)>),
    /// Why not, for a person.
    Trouble(String),
}

/// Why a sheet could not be read at all.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file.
    #[error("读不了 {path}:{error}")]
    Unreadable {
        /// Which.
        path: String,
        /// Why.
        error: io::Error,
    },
    /// It is not what this program reads, or too much of it.
    #[error("{path} 没有读:{why}")]
    Unfit {
        /// Which.
        path: String,
        /// Why, and what to do.
        why: String,
    },
}

/// Reads the first sheet of a workbook (XLSX), or a CSV. What is wrong with a CSV's text goes to `faults`.
///
/// # Errors
/// The file cannot be read, is of another kind, or asks for too much.
pub fn read(path: &Path, faults: &Faults) -> Result<Sheet, SheetError> {
    let name = path.display().to_string();
    let unreadable = |error| SheetError::Unreadable {
        path: name.clone(),
        error,
    };
    let unfit = |why: String| SheetError::Unfit {
        path: name.clone(),
        why,
    };
    let size = std::fs::metadata(path).map_err(unreadable)?.len();
    if size > LARGEST_WORKBOOK {
        return Err(unfit(format!(
            "文件有 {} MB,最多 {} MB。请另存一份只有花名册的表格",
            size >> 20,
            LARGEST_WORKBOOK >> 20
        )));
    }
    let bytes = std::fs::read(path).map_err(unreadable)?;
    if bytes.starts_with(b"\xd0\xcf\x11\xe0") {
        return Err(unfit(
            "是旧格式(.xls)或加了密码的表格。请在 Excel 里打开,另存为“Excel 工作簿(.xlsx)”,不设密码"
                .to_owned(),
        ));
    }
    if is_toml(path) {
        return Ok(Sheet::from_toml(&name, &bytes, faults));
    }
    if !bytes.starts_with(b"PK") {
        return Ok(Sheet::from_csv(&name, &bytes, faults));
    }
    let file = File::open(path).map_err(unreadable)?;
    match ask_child(file) {
        Ok(Said::Rows(rows)) => Ok(Sheet::from_rows(&name, rows)),
        Ok(Said::Trouble(why)) => Err(unfit(why)),
        Err(error) => Err(unfit(error.to_string())),
    }
}

/// Lets the child read the workbook, and stops it when its time is over.
fn ask_child(file: File) -> io::Result<Said> {
    let program = std::env::current_exe()?;
    let mut child = Command::new(program)
        .arg(CHILD_COMMAND)
        .env_clear()
        .stdin(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let Some(mut out) = child.stdout.take() else {
        return Err(io::Error::other("读表格的进程没有输出"));
    };
    let (sender, answer) = mpsc::channel();
    std::thread::spawn(move || {
        let mut said = Vec::new();
        let most = LARGEST_FILE as u64 + 1;
        let read = out.by_ref().take(most).read_to_end(&mut said).map(|_| said);
        // Nobody waits any more after the time is over.
        let _ = sender.send(read);
    });
    let said = answer.recv_timeout(CHILD_TIMEOUT);
    // Whether it has ended or not: it has nothing more to say.
    let _ = child.kill();
    child.wait()?;
    let too_much = |what: &str| {
        io::Error::other(format!(
            "它展开后{what},不像一份花名册。请新建一个表格,只把花名册的内容粘贴过去(“选择性粘贴”里选“数值”),再导入"
        ))
    };
    let Ok(said) = said else {
        return Err(too_much("两秒钟都读不完"));
    };
    let said = said?;
    if said.len() > LARGEST_FILE {
        return Err(too_much("内容太多"));
    }
    // It was stopped for want of memory or time, or it failed: what it said breaks off.
    serde_json::from_slice(&said).map_err(|_| too_much("要用的内存或时间太多"))
}
