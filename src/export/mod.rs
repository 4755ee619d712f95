//! The record and the bureau's tables as workbooks: what `export` writes and the pages give out.

mod facts;
mod record;
mod tables;

use rust_xlsxwriter::XlsxError;

pub use record::Record;
pub use tables::{bulletin, matrix};

use crate::ledger::LedgerError;

/// What keeps a workbook from being made.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The disk, or a text that no workbook takes.
    #[error("做不成表格:{0}")]
    Sheet(#[from] XlsxError),
    /// The record cannot be read.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// A fact cannot be written out.
    #[error("有一条事实写不出来:{0}")]
    Fact(#[from] serde_json::Error),
}
