#![doc = include_str!("../README.md")]

mod alphabet;
mod fields;
mod head;
pub mod request;
pub mod response;
mod framing;
mod body;
pub mod chunk;
mod writer;
mod error;

pub use body::{BodyDecoder, Piece};
pub use error::{BodyError, FramingError, HeadError};
pub use fields::Fields;
pub use framing::Framing;
pub use head::{Limits, Version};
pub use request::RequestHead;
pub use response::ResponseHead;
pub use writer::HeadWriter;
