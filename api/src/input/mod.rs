//! What clients send: bodies, fields and query parameters, checked with one answer for all faults.

mod body;
mod field;
mod form;
mod parts;
mod query;
mod upload;
mod value;

pub use body::Body;
pub use field::{
    Absent, Field, Kind, Mode, Vouch, When, read_fields, schema, vouch, vouch_colleague,
};
pub use form::Form;
pub use parts::File;
pub use query::{Filter, Params, Sort, filtered, ordered, searched};
pub use upload::Upload;
pub use value::{
    read_date_time, read_flag, read_integer, read_key, read_keys, read_number, read_text,
};
