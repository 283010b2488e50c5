use entity::tenancy::sealed::Sealed;

pub struct Entity;

impl Sealed for Entity {}
