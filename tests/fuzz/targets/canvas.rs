//! A drawing, saved as a primary diagram and drawn as SVG and PNG.

#![no_main]

use domain::model::{
    Drawing, Shown,
    illustration::{Facts, LEAST_WIDTH, Legend, Options, Theme, Unpaintable, png, svg},
};
use fuzz::{Place, accept, save};
use libfuzzer_sys::fuzz_target;
use resvg::usvg::roxmltree::Document;
use serde_json::Value;

/// Longest SVG that is painted here, in bytes: painting is slow.
const PAINTED: usize = 8_000;

fuzz_target!(
    // The place takes longer to make than any input may take.
    init: Place::with(|_| ()),
    |content: &[u8]| try_out(content)
);

fn try_out(content: &[u8]) {
    let Ok(drawing) = serde_json::from_slice::<Value>(content) else { return };
    let _ = Drawing::of([&drawing]);
    show(&drawing);
    if drawing.is_object() {
        keep(drawing);
    }
}

/// Whatever is stored has a picture, and it is well-formed.
fn show(drawing: &Value) {
    let facts = Facts { title: "<Title> & \"more\"".to_owned(), context: "Shop".to_owned() };
    let picture = svg(drawing, &facts, &Options { theme: Theme::Auto, legend: Legend::Shown });
    let document = Document::parse(&picture);
    assert!(document.is_ok(), "{document:?} in {picture}");
    if picture.len() > PAINTED {
        return;
    }
    match png(&picture, LEAST_WIDTH) {
        Ok(_) | Err(Unpaintable::TooLarge) => {}
        Err(error) => panic!("{error}"),
    }
}

/// What was saved can be saved again, and shows as much as before.
fn keep(drawing: Value) {
    Place::with(|place| {
        place.try_out(async |transaction| {
            let stored = match save(transaction, place.diagram.clone(), drawing.clone()).await {
                Ok(stored) => stored,
                Err(error) => return accept(&error),
            };
            assert_eq!(Shown::on(&stored).node_types, Shown::on(&drawing).node_types);
            assert_eq!(Shown::on(&stored).edge_count, Shown::on(&drawing).edge_count);
            if let Err(error) = save(transaction, place.diagram.clone(), stored).await {
                panic!("what was stored is refused: {error:?}");
            }
        });
    });
}
