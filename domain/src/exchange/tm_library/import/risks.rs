//! Risks and the threats they are made of.

use std::collections::HashSet;

use entity::{
    Id,
    choice::{RiskLevel, ScoringMethod},
    risk, threat_model,
};
use sea_orm::{ActiveModelTrait, ActiveValue::Set};
use serde_json::{Value, json};

use super::{
    super::{
        Source,
        source::{Object, text, texts, title},
    },
    Summary,
    structure::metadata,
    threats::Threats,
};
use crate::{
    Result, Transaction,
    risk::{level_of, scoring::method},
    threat::{Kind, OfComponent, OfFlow, kind::Draft},
};

/// The format scores to 25, risks here to 100.
const STRETCH: f64 = 4.0;

pub(super) async fn risks(
    transaction: &Transaction<'_>,
    source: &Source,
    model: &threat_model::Model,
    threats: &Threats<'_>,
    summary: &mut Summary,
) -> Result<Vec<Id<risk::Entity>>> {
    let list = source.list("risks");
    let mut taken = HashSet::new();
    let rows = list.iter().map(|risk| row(risk, model, &mut taken)).collect();
    let rows: Vec<risk::Model> = transaction.insert_many(rows).await?;
    summary.risks = rows.len();
    let (mut of_components, mut of_flows) = (Vec::new(), Vec::new());
    for (place, (risk, row)) in list.iter().zip(&rows).enumerate() {
        for name in texts(risk, "threats") {
            if !threats.knows(name) {
                let text = format!("risks[{place}].threats: there is no threat \"{name}\".");
                summary.warnings.push(text);
            }
            let (component_threats, flow_threats) = threats.named(name);
            of_components.extend(component_threats.iter().map(|id| link::<OfComponent>(row, *id)));
            of_flows.extend(flow_threats.iter().map(|id| link::<OfFlow>(row, *id)));
        }
    }
    transaction.insert_many(of_components).await?;
    transaction.insert_many(of_flows).await?;
    Ok(rows.into_iter().map(|row| row.id).collect())
}

fn link<K: Kind>(risk: &risk::Model, threat: Id<K::Threat>) -> Draft<K::Link> {
    let mut row = Draft::<K::Link>::default();
    row.set(K::LINK.organization, risk.organization_id.into());
    row.set(K::LINK.threat_model, risk.threat_model_id.into());
    row.set(K::LINK.risk, risk.id.into());
    row.set(K::LINK.parent, threat.into());
    row
}

fn row(
    risk: &Object,
    model: &threat_model::Model,
    taken: &mut HashSet<String>,
) -> risk::ActiveModel {
    let or = |name: &str, default: &str| match text(risk, name) {
        "" => default.to_owned(),
        word => word.to_owned(),
    };
    let inputs = json!({
        "likelihood": or("likelihood", "possible"),
        "impact": or("impact", "moderate"),
        "impactDescription": text(risk, "impact_description"),
    });
    let (score, level, result) = assessed(risk, &inputs);
    let given = |name: &str| risk.get(name).cloned().unwrap_or_default();
    let kept = [("originalScore", given("score")), ("originalLevel", given("level"))];
    let mapped = [
        "symbolic_name",
        "title",
        "description",
        "threats",
        "likelihood",
        "impact",
        "impact_description",
        "score",
        "level",
    ];
    risk::ActiveModel {
        organization_id: Set(model.organization_id),
        threat_model_id: Set(model.id),
        name: Set(free_name(title(risk), text(risk, "symbolic_name"), taken)),
        description: Set(text(risk, "description").to_owned()),
        scoring_metadata: Set(inputs.into()),
        scoring_result: Set(result.map(Into::into)),
        inherent_score: Set(score),
        inherent_level: Set(level),
        residual_level: Set(level),
        format_metadata: Set(metadata(risk, &kept, &mapped)),
        ..Default::default()
    }
}

/// By the matrix of the format; with unknown words, what the document says.
fn assessed(risk: &Object, inputs: &Value) -> (i32, RiskLevel, Option<Value>) {
    if let Ok(Some(assessment)) = method(ScoringMethod::TmLibrary).assess(inputs) {
        return (assessment.score, level_of(assessment.score), Some(assessment.result));
    }
    let score = risk.get("score").and_then(Value::as_f64).unwrap_or_default();
    let score = stretched(score);
    let level = match text(risk, "level") {
        "low" => RiskLevel::Low,
        "medium" => RiskLevel::Medium,
        "high" => RiskLevel::High,
        "critical" => RiskLevel::Critical,
        _ => level_of(score),
    };
    (score, level, None)
}

#[expect(clippy::cast_possible_truncation, reason = "clamped to 0 to 100")]
fn stretched(score: f64) -> i32 {
    (score * STRETCH).clamp(0.0, 100.0).round() as i32
}

/// Names of risks are unique in a model; titles in a document need not be.
fn free_name(title: &str, symbolic_name: &str, taken: &mut HashSet<String>) -> String {
    let mut name = title.to_owned();
    let mut number = 1;
    while !taken.insert(name.clone()) {
        name = match number {
            1 => format!("{title} ({symbolic_name})"),
            _ => format!("{title} ({symbolic_name} {number})"),
        };
        number += 1;
    }
    name
}
