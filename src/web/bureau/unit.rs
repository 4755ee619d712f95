//! A unit for the bureau: its board, without the feed.

use crate::core::board::Board;
use crate::web::board_page::{BoardPage, Feed};

/// The board's page. Officers have no feed of it.
pub(super) fn page(board: &Board) -> BoardPage<'_> {
    let feed = Feed {
        subscribe: "",
        address: "",
        until: board.today,
    };
    BoardPage::new(board, &feed)
}
