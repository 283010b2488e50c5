use api::extract::Allowed;
use domain::permission::{ReadModels, WriteModels};

pub fn widened(caller: Allowed<ReadModels>) -> Allowed<WriteModels> {
    caller
}
