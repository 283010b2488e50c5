//! Putting threats or countermeasures into the order that a user gave them.

use std::collections::HashSet;

use entity::{Id, Keyed, Names, Ref, Tenanted};
use sea_orm::{
    ColumnTrait,
    sea_query::{CaseStatement, Expr, ExprTrait},
};

use crate::{
    Error, Result, Transaction,
    store::{KEYS_PER_STATEMENT, ROWS_PER_STATEMENT},
};

/// Gives rows their position in the list, starting at 0. Returns how many there are. A row that is
/// named again keeps its first position.
///
/// Refuses rows that the actor cannot see, and forbids those that he sees but may not change.
pub async fn reorder<E: Tenanted + Keyed>(
    transaction: &Transaction<'_>,
    order: &[Ref<E>],
    position: E::Column,
) -> Result<u64> {
    let mut seen = HashSet::new();
    let order: Vec<Id<E>> =
        order.iter().map(|wire| (*wire).id()).filter(|id| seen.insert(*id)).collect();
    check_writable::<E>(transaction, &order).await?;
    let key = E::key_column();
    let placed: Vec<(i32, Id<E>)> = (0..).zip(order).collect();
    for chunk in placed.chunks(ROWS_PER_STATEMENT) {
        let positions = chunk.iter().fold(CaseStatement::new(), |case, (place, id)| {
            case.case(Expr::col(key).eq(*id), *place)
        });
        transaction
            .change::<E>()
            .set(position, positions)
            .filter(key.is_in(chunk.iter().map(|(_, id)| *id)))
            .exec()
            .await?;
    }
    Ok(placed.len() as u64)
}

async fn check_writable<E: Tenanted + Keyed>(
    transaction: &Transaction<'_>,
    rows: &[Id<E>],
) -> Result<()> {
    let scope = transaction.scope();
    let unknown = || Error::unfit("Some IDs not found or not accessible");
    for chunk in rows.chunks(KEYS_PER_STATEMENT) {
        let named = E::key_column().is_in(chunk.iter().copied());
        let all = chunk.len() as u64;
        if scope.find_writable::<E>().filter(named.clone()).count().await? == all {
            continue;
        }
        let visible = scope.find::<E>().filter(named).count().await?;
        return Err(if visible == all { Error::forbidden() } else { unknown() });
    }
    Ok(())
}
