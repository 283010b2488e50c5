use entity::Actor;

pub fn made() -> Actor {
    Actor { user: None, organizations: Vec::new(), teams: Vec::new() }
}
