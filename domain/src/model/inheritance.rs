//! Rows carry the threat model that they belong to. When a record moves to another model, what
//! depends on it follows.

use entity::{
    Id, Tenanted, component, component_countermeasure, component_countermeasure_standard,
    component_data_asset, component_threat, data_flow, data_flow_asset, flow_countermeasure,
    flow_countermeasure_standard, flow_threat, risk_component_threat, risk_flow_threat,
};
use sea_orm::{
    ColumnTrait, Condition,
    sea_query::{Expr, ExprTrait, Func, Query, SelectStatement, SubQueryStatement},
};

use crate::{Result, Transaction, risk};

/// Lets everything that depends on components belong to their threat models. At most 30 000 at
/// once.
pub(super) async fn after_components(
    transaction: &Transaction<'_>,
    components: &[Id<component::Entity>],
) -> Result<()> {
    let among = || components.iter().copied();
    inherit_threats(transaction, components).await?;
    inherit::<component_data_asset::Entity, component::Entity>(
        transaction,
        component_data_asset::Column::ComponentId,
        component_data_asset::Column::ComponentId.is_in(among()),
    )
    .await?;
    let touching = Condition::any()
        .add(data_flow::Column::SourceComponentId.is_in(among()))
        .add(data_flow::Column::DestComponentId.is_in(among()));
    let flows = transaction.scope().find::<data_flow::Entity>().filter(touching.clone());
    let flows = flows.subquery(data_flow::Column::Id);
    transaction
        .change::<data_flow::Entity>()
        .set(data_flow::Column::ThreatModelId, model_of_ends())
        .filter(touching)
        .exec()
        .await?;
    after_flows(transaction, &flows).await
}

/// Lets everything that depends on flows belong to their threat models.
pub(super) async fn after_flows(
    transaction: &Transaction<'_>,
    flows: &SelectStatement,
) -> Result<()> {
    use flow_countermeasure::Column as Countermeasure;
    use flow_countermeasure_standard::Column as Standard;
    use flow_threat::Column as Threat;

    let scope = transaction.scope();
    let of_flow = Threat::DataFlowId.in_subquery(flows.clone());
    inherit::<flow_threat::Entity, data_flow::Entity>(
        transaction,
        Threat::DataFlowId,
        of_flow.clone(),
    )
    .await?;
    let threats = scope.find::<flow_threat::Entity>().filter(of_flow).subquery(Threat::Id);
    unlink::<risk_flow_threat::Entity, flow_threat::Entity>(
        transaction,
        risk_flow_threat::Column::RiskId,
        risk_flow_threat::Column::FlowThreatId,
        threats.clone(),
    )
    .await?;
    let of_threat = Countermeasure::FlowThreatId.in_subquery(threats);
    inherit::<flow_countermeasure::Entity, flow_threat::Entity>(
        transaction,
        Countermeasure::FlowThreatId,
        of_threat.clone(),
    )
    .await?;
    let countermeasures = scope.find::<flow_countermeasure::Entity>().filter(of_threat);
    inherit::<flow_countermeasure_standard::Entity, flow_countermeasure::Entity>(
        transaction,
        Standard::FlowCountermeasureId,
        Standard::FlowCountermeasureId.in_subquery(countermeasures.subquery(Countermeasure::Id)),
    )
    .await?;
    inherit::<data_flow_asset::Entity, data_flow::Entity>(
        transaction,
        data_flow_asset::Column::DataFlowId,
        data_flow_asset::Column::DataFlowId.in_subquery(flows.clone()),
    )
    .await
}

async fn inherit_threats(
    transaction: &Transaction<'_>,
    components: &[Id<component::Entity>],
) -> Result<()> {
    use component_countermeasure::Column as Countermeasure;
    use component_countermeasure_standard::Column as Standard;
    use component_threat::Column as Threat;

    let scope = transaction.scope();
    let of_component = Threat::ComponentId.is_in(components.iter().copied());
    inherit::<component_threat::Entity, component::Entity>(
        transaction,
        Threat::ComponentId,
        of_component.clone(),
    )
    .await?;
    let threats =
        scope.find::<component_threat::Entity>().filter(of_component).subquery(Threat::Id);
    unlink::<risk_component_threat::Entity, component_threat::Entity>(
        transaction,
        risk_component_threat::Column::RiskId,
        risk_component_threat::Column::ComponentThreatId,
        threats.clone(),
    )
    .await?;
    let of_threat = Countermeasure::InstanceThreatId.in_subquery(threats);
    inherit::<component_countermeasure::Entity, component_threat::Entity>(
        transaction,
        Countermeasure::InstanceThreatId,
        of_threat.clone(),
    )
    .await?;
    let countermeasures = scope.find::<component_countermeasure::Entity>().filter(of_threat);
    let countermeasures = countermeasures.subquery(Countermeasure::Id);
    inherit::<component_countermeasure_standard::Entity, component_countermeasure::Entity>(
        transaction,
        Standard::ComponentCountermeasureId,
        Standard::ComponentCountermeasureId.in_subquery(countermeasures),
    )
    .await
}

/// A table whose rows carry the threat model they belong to, if any.
trait Carries: Tenanted {
    /// The column of the threat model.
    const MODEL: Self::Column;
}

/// Names the column of the threat model of some tables.
macro_rules! carries {
    ($($table:ident),+ $(,)?) => {
        $(impl Carries for $table::Entity {
            const MODEL: Self::Column = $table::Column::ThreatModelId;
        })+
    };
}

carries![
    component,
    component_countermeasure,
    component_countermeasure_standard,
    component_data_asset,
    component_threat,
    data_flow,
    data_flow_asset,
    flow_countermeasure,
    flow_countermeasure_standard,
    flow_threat,
    risk_component_threat,
    risk_flow_threat,
];

/// Sets the threat model of some rows to that of the rows of `P` they belong to.
async fn inherit<E: Carries, P: Carries>(
    transaction: &Transaction<'_>,
    parent: E::Column,
    which: Expr,
) -> Result<()> {
    let change = transaction.change::<E>().set(E::MODEL, model_of::<E, P>(parent));
    change.filter(which).exec().await.map(drop)
}

/// Takes threats out of the risks of models that they do not belong to any more, and calculates
/// these risks.
async fn unlink<L: Carries, T: Carries>(
    transaction: &Transaction<'_>,
    risk: L::Column,
    threat: L::Column,
    threats: SelectStatement,
) -> Result<()> {
    let model = Func::coalesce([model_of::<L, T>(threat), Expr::val(NO_MODEL)]);
    let elsewhere = Expr::from(model).ne(Expr::col((L::default(), L::MODEL)));
    let stale = Condition::all().add(threat.in_subquery(threats)).add(elsewhere);
    let links = transaction.scope().find::<L>().filter(stale.clone());
    let risks: Vec<Id<entity::risk::Entity>> = links.values(risk).await?;
    transaction.delete_where::<L>(stale).await?;
    risk::follow_risks(transaction, &risks).await
}

/// Stands in the place of a threat model; keys start at 1.
const NO_MODEL: i64 = 0;

/// The threat model of the row of `P` that a row of `E` names.
#[expect(clippy::disallowed_methods, reason = "compares with a row that the rule is about")]
fn model_of<E: Carries, P: Carries>(parent: E::Column) -> Expr {
    let query = Query::select()
        .column((P::default(), P::MODEL))
        .from(P::default())
        .and_where(Expr::col((P::default(), P::key_column())).equals((E::default(), parent)))
        .take();
    SubQueryStatement::SelectStatement(query).into()
}

/// The threat model of a flow: that of its source, else that of its destination.
fn model_of_ends() -> Expr {
    use data_flow::{Column, Entity};

    Func::coalesce([
        model_of::<Entity, component::Entity>(Column::SourceComponentId),
        model_of::<Entity, component::Entity>(Column::DestComponentId),
    ])
    .into()
}
