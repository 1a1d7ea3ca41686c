//! What a node saw that its peers should believe for a while.

mod rests;
mod bindings;
mod marks;
mod verdicts;
mod limits;
mod window;
mod live;
mod scan;

pub use bindings::Binding;
pub(crate) use bindings::Bindings;
pub(crate) use limits::take;
pub use limits::{Grant, GrantId, Want};
pub(crate) use live::{add, read_all};
pub(crate) use marks::Marks;
pub use marks::{Mark, MarkBy};
pub use rests::Rest;
pub(crate) use rests::Rests;
pub use verdicts::Verdict;
pub(crate) use verdicts::Verdicts;
pub(crate) use window::Windows;
