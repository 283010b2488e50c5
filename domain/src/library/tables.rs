//! How imports write each table of the library.

use entity::{
    component_library, component_library_threat, countermeasure_library, countermeasure_standard,
    dfd_template, framework, requirement_mapping, taxonomy, threat_library,
    threat_library_countermeasure, threat_library_taxonomy_entry,
};

use super::rows::{Brought, Linking};

macro_rules! brought {
    ($table:ident by $name:ident: $($content:ident),*) => {
        impl Brought for $table::Entity {
            const NAME: $table::Column = $table::Column::$name;
            const PACK: $table::Column = $table::Column::SourcePackId;
            const CUSTOMISED: $table::Column = $table::Column::CustomisedAt;
            const RETIRED: $table::Column = $table::Column::RetiredAt;
            const CONTENT: &'static [$table::Column] =
                &[$table::Column::SourcePackId, $($table::Column::$content),*];
        }
    };
}

macro_rules! linking {
    ($table:ident from $left:ident to $right:ident: $($content:ident),*) => {
        impl Linking for $table::Entity {
            const PACK: $table::Column = $table::Column::SourcePackId;
            const LEFT: $table::Column = $table::Column::$left;
            const RIGHT: $table::Column = $table::Column::$right;
            const CONTENT: &'static [$table::Column] = &[$($table::Column::$content),*];
        }
    };
}

brought!(component_library by QualifiedSlug:
    Slug, Name, Category, ComponentType, Provider, Metadata);
brought!(threat_library by QualifiedSlug: Slug, Name, Description);
brought!(countermeasure_library by QualifiedSlug:
    Slug, Name, Description, ControlType, Cost, DefaultStatus);
brought!(dfd_template by QualifiedSlug:
    Slug, Name, Description, Category, DiagramType, CanvasData);
brought!(taxonomy by Slug: Name, Description, SourceUrl, Version);
brought!(framework by Slug: Name, Version, Issuer, Description);

linking!(component_library_threat from ComponentLibraryId to ThreatLibraryId:
    DefaultSeverity, AppliesTo);
linking!(threat_library_countermeasure from ThreatLibraryId to CountermeasureLibraryId:);
linking!(threat_library_taxonomy_entry from ThreatLibraryId to TaxonomyEntryId:);
linking!(countermeasure_standard from CountermeasureLibraryId to RequirementId: Sufficiency);
linking!(requirement_mapping from SourceRequirementId to TargetRequirementId: Sufficiency);
