//! What an officer reads when a file is wrong: the whole text, as it is printed.

mod catalogue;
mod fine;
mod limits;
mod nearest;
