//! Words of the format and what they are called here.

use entity::choice::{CountermeasureStatus, Criticality};

/// How critical a model is, from the word of the format.
pub(super) fn criticality(word: &str) -> Criticality {
    match word {
        "minimal" | "low" => Criticality::Low,
        "high" => Criticality::High,
        "maximal" => Criticality::Critical,
        _ => Criticality::Medium,
    }
}

/// The word of the format for how critical a model is.
pub(super) const fn business_criticality(criticality: Criticality) -> &'static str {
    match criticality {
        Criticality::Low => "low",
        Criticality::Medium => "moderate",
        Criticality::High => "high",
        Criticality::Critical => "maximal",
    }
}

/// How far a control is in place, from the word of the format.
pub(super) fn status(word: &str) -> CountermeasureStatus {
    match word {
        "active" => CountermeasureStatus::Verified,
        "assumed" => CountermeasureStatus::Platform,
        "suggested" | "under_review" | "approved" | "scheduled" => CountermeasureStatus::Planned,
        "retired" | "wont_do" => CountermeasureStatus::Waived,
        _ => CountermeasureStatus::Gap,
    }
}

/// The word of the format for how far a control is in place.
pub(super) const fn control_status(status: CountermeasureStatus) -> &'static str {
    match status {
        CountermeasureStatus::Verified => "active",
        CountermeasureStatus::Platform => "assumed",
        CountermeasureStatus::Planned => "suggested",
        CountermeasureStatus::Waived => "retired",
        CountermeasureStatus::Gap => "unknown",
    }
}

/// The category of the component that stands for an actor.
pub(super) fn actor_category(kind: &str) -> &'static str {
    match kind {
        "system" | "api" | "legacy" | "partner" | "saas" => "system_actor",
        _ => "human_actor",
    }
}

/// The priority of a control; unknown words are none.
pub(super) fn priority(word: &str) -> &'static str {
    ["critical", "high", "medium", "low"].into_iter().find(|known| *known == word).unwrap_or("none")
}

#[cfg(test)]
mod tests {
    use sea_orm::Iterable;

    use super::*;

    #[test]
    fn criticality_survives_export_and_import() {
        for level in Criticality::iter() {
            assert_eq!(criticality(business_criticality(level)), level);
        }
    }

    #[test]
    fn the_status_of_a_control_survives_export_and_import() {
        for known in CountermeasureStatus::iter() {
            assert_eq!(status(control_status(known)), known);
        }
    }
}
