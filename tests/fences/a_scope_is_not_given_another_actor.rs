use domain::store::Scope;
use entity::Actor;

pub fn promoted<'c>(scope: Scope<'c>, actor: &'c Actor) -> Scope<'c> {
    Scope { actor, ..scope }
}
