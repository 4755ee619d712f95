//! What people answer, and how it came in.

use serde::{Deserialize, Serialize};

/// 回执
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// 收到
    Received,
    /// 已完成
    Done,
    /// 有困难
    Trouble,
    /// 申请延期
    Extension,
    /// 不适用
    NotApplicable,
    /// 已转交
    HandedOver,
}

impl Answer {
    /// All of them, as they are written and said.
    pub const ALL: [Self; 6] = [
        Self::Received,
        Self::Done,
        Self::Trouble,
        Self::Extension,
        Self::NotApplicable,
        Self::HandedOver,
    ];

    /// As commands, forms and the ledger write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Done => "done",
            Self::Trouble => "trouble",
            Self::Extension => "extension",
            Self::NotApplicable => "not-applicable",
            Self::HandedOver => "handed-over",
        }
    }

    /// As people say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Received => "收到",
            Self::Done => "已完成",
            Self::Trouble => "有困难",
            Self::Extension => "申请延期",
            Self::NotApplicable => "不适用",
            Self::HandedOver => "已转交",
        }
    }

    /// Reads either.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|a| a.word() == text || a.name() == text)
    }

    /// Whether the officer has to decide on it.
    pub fn is_request(self) -> bool {
        !matches!(self, Self::Received | Self::Done)
    }
}

/// How an answer came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// The letter's page.
    Page,
    /// A clerk at the command line.
    Clerk,
    /// A reply by mail.
    Mail,
}
