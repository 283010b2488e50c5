//! An uploaded picture: decoded, set upright and stripped of notes.

#![no_main]

use domain::model::picture::Picture;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|content: &[u8]| {
    let Ok(kept) = Picture::read(content.to_vec()) else { return };
    let again = Picture::read(kept.content.clone()).expect("what is kept is a picture");
    assert_eq!(
        (again.format, again.width, again.height),
        (kept.format, kept.width, kept.height),
        "what is kept looks alike"
    );
    assert!(again.content == kept.content, "nothing is left to be taken out");
});
