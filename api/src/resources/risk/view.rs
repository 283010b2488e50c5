//! Risks as clients read them.

use std::collections::HashMap;

use domain::{
    Result, Scope,
    risk::{self, RiskThreat, Tally},
};
use entity::{
    Document, Id,
    choice::{RiskLevel, ScoringMethod, ThreatStatus},
    risk::{Entity, Model},
    threat_model, user,
};
use schemars::JsonSchema;
use serde::Serialize;

use crate::wire::Timestamp;

/// What lists and records say about a risk.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Common {
    id: Id<Entity>,
    name: String,
    description: String,
    /// How the threat model scores its risks.
    scoring_method: ScoringMethod,
    /// The score without countermeasures, 0 to 100.
    inherent_score: i32,
    inherent_level: RiskLevel,
    /// The score with countermeasures, 0 to 100. Follows the linked threats.
    residual_score: Option<i32>,
    residual_level: RiskLevel,
    /// How far the linked threats are countered.
    status: ThreatStatus,
    owner: Option<Id<user::Entity>>,
    owner_email: Option<String>,
    assigned_to: Option<Id<user::Entity>>,
    assigned_to_email: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

/// A risk in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RiskItem")]
pub(super) struct Item {
    #[serde(flatten)]
    common: Common,
    /// All linked threats, dismissed ones included.
    threat_count: u64,
}

/// A risk.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Risk")]
pub(super) struct View {
    #[serde(flatten)]
    common: Common,
    /// The inputs of the scoring method.
    scoring_metadata: Document,
    /// How the inherent score follows from the inputs; null if it was stated.
    scoring_result: Option<Document>,
    threats: Vec<LinkedThreat>,
    format_metadata: Document,
}

/// A threat of a risk.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RiskThreat")]
struct LinkedThreat {
    /// The link, unique among links of the same type.
    risk_threat_id: i64,
    /// The threat, unique among threats of the same type.
    threat_id: i64,
    /// `component` or `flow`.
    threat_type: String,
    threat_name: Option<String>,
    status: ThreatStatus,
    is_dismissed: bool,
}

/// What other tables say about risks.
struct Surroundings {
    methods: HashMap<Id<threat_model::Entity>, ScoringMethod>,
    emails: HashMap<Id<user::Entity>, String>,
}

impl Surroundings {
    async fn of(rows: &[Model], scope: Scope<'_>) -> Result<Self> {
        let models = rows.iter().map(|row| row.threat_model_id);
        let methods = scope.lookup(models, threat_model::Column::RiskScoringMethod).await?;
        let users: Vec<_> =
            rows.iter().flat_map(|row| [row.owner_id, row.assigned_to_id]).flatten().collect();
        let people = scope.people(users).await?;
        let emails = people.into_iter().map(|(id, person)| (id, person.email)).collect();
        Ok(Self { methods, emails })
    }

    fn email(&self, user: Option<Id<user::Entity>>) -> Option<String> {
        self.emails.get(&user?).cloned()
    }

    fn common(&self, row: &Model, tally: Tally) -> Common {
        Common {
            id: row.id,
            name: row.name.clone(),
            description: row.description.clone(),
            scoring_method: self.methods.get(&row.threat_model_id).copied().unwrap_or_default(),
            inherent_score: row.inherent_score,
            inherent_level: row.inherent_level,
            residual_score: row.residual_score,
            residual_level: row.residual_level,
            status: tally.status(),
            owner: row.owner_id,
            owner_email: self.email(row.owner_id),
            assigned_to: row.assigned_to_id,
            assigned_to_email: self.email(row.assigned_to_id),
            created_at: row.created_at.into(),
            updated_at: row.updated_at.into(),
        }
    }
}

/// Risks in a list, in three statements.
pub(super) async fn items(rows: &[Model], scope: Scope<'_>) -> Result<Vec<Item>> {
    let surroundings = Surroundings::of(rows, scope).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let tallies = risk::tallies(scope, &ids).await?;
    let item = |row: &Model| {
        let tally = tallies.get(&row.id).copied().unwrap_or_default();
        Item { common: surroundings.common(row, tally), threat_count: tally.linked() }
    };
    Ok(rows.iter().map(item).collect())
}

/// Risks with their threats, in three statements.
pub(super) async fn views(rows: Vec<Model>, scope: Scope<'_>) -> Result<Vec<View>> {
    let surroundings = Surroundings::of(&rows, scope).await?;
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut threats: HashMap<_, Vec<RiskThreat>> = HashMap::new();
    for threat in risk::threats_of(scope, &ids).await? {
        threats.entry(threat.risk_id).or_default().push(threat);
    }
    let view = |row: Model| {
        let threats = threats.remove(&row.id).unwrap_or_default();
        let mut tally = Tally::default();
        for threat in &threats {
            tally.add(threat.status, threat.is_dismissed, 1);
        }
        let common = surroundings.common(&row, tally);
        View {
            common,
            scoring_result: row.scoring_result,
            scoring_metadata: row.scoring_metadata,
            threats: threats.into_iter().map(LinkedThreat::from).collect(),
            format_metadata: row.format_metadata,
        }
    };
    Ok(rows.into_iter().map(view).collect())
}

impl From<RiskThreat> for LinkedThreat {
    fn from(threat: RiskThreat) -> Self {
        Self {
            threat_name: threat.name().map(str::to_owned),
            risk_threat_id: threat.link_id,
            threat_id: threat.threat_id,
            threat_type: threat.kind,
            status: threat.status,
            is_dismissed: threat.is_dismissed,
        }
    }
}
