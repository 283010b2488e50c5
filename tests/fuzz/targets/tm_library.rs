//! A document of the TM-Library, imported and exported again.

#![no_main]

use domain::exchange::tm_library::{Source, export, import};
use fuzz::{Place, accept};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(
    // The place takes longer to make than any input may take.
    init: Place::with(|_| ()),
    |content: &[u8]| try_out(content)
);

fn try_out(content: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(content) else { return };
    let source = match Source::read(document) {
        Ok(source) => source,
        Err(problems) => return assert!(!problems.is_empty()),
    };
    Place::with(|place| {
        place.try_out(async |transaction| {
            let imported = match import(transaction, &source).await {
                Ok(imported) => imported,
                Err(error) => return accept(&error),
            };
            let exported = export(transaction.scope(), imported.model.id).await;
            let (_, document) = exported.expect("what was imported can be exported");
            let problems = Source::read(document).err();
            assert_eq!(problems, None, "what was exported can be imported");
        });
    });
}
