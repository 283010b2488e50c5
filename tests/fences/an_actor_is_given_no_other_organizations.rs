use entity::Actor;

pub fn promoted(actor: &mut Actor) {
    actor.organizations.clear();
}
