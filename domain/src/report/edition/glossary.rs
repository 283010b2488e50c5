//! What the words of a report mean.

use super::{Cell, Table, table::column};

const WORDS: [(&str, &str); 21] = [
    ("Addressable", "A threat against which something is planned, or waived on purpose."),
    ("Assumption", "What the authors of the model take for granted."),
    ("Countermeasure", "What is done, or shall be done, against a threat."),
    ("Coverage", "The share of requirements to which a countermeasure is mapped."),
    (
        "Data flow diagram",
        "A drawing of components, the data that flows between them, and trust zones.",
    ),
    ("Dismissed", "A threat that was set aside with a reason. It does not count any more."),
    ("Exposed", "A threat against which a countermeasure is missing, or none is known."),
    ("Gap", "A countermeasure that is missing."),
    ("Inherent", "Before countermeasures."),
    ("Inherited", "A countermeasure that an outer trust zone provides."),
    ("Mitigated", "A threat whose countermeasures are all verified or provided by the platform."),
    ("Planned", "A countermeasure that is decided and not in place yet."),
    ("Platform", "A countermeasure that the platform provides."),
    ("Residual", "After countermeasures."),
    ("Risk", "What may happen when threats come true, with its likelihood and impact."),
    (
        "Satisfaction",
        "The share of requirements with a countermeasure that is verified or provided.",
    ),
    (
        "STRIDE",
        "Kinds of threats: spoofing, tampering, repudiation, information disclosure, denial of service, elevation of privilege.",
    ),
    ("Threat", "How somebody or something may do harm to a component or data flow."),
    ("Trust zone", "A part of the system within which components trust each other alike."),
    ("Verified", "A countermeasure that is in place, with somebody who looked."),
    ("Waived", "A countermeasure that is left out on purpose."),
];

/// Words and their meanings.
pub(super) fn table() -> Table {
    let columns = [column("word", "Word", 24), column("meaning", "Meaning", 76)];
    let rows = WORDS.map(|(word, meaning)| vec![Cell::text(word), Cell::text(meaning)]);
    Table::new("glossary", "Glossary", &columns).with(rows)
}
