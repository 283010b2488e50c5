//! The closed sets of values that columns hold, stored as lower snake case text.

mod account;
mod job;
mod library;
mod model;
mod organization;
mod report;
mod risk;
mod sharing;
mod threat;

pub use self::{
    account::{AuditOutcome, TokenPurpose, TokenScope},
    job::JobState,
    library::{
        AppliesTo, ComponentCategory, ControlCost, DefaultStatus, OverlayKind, PackSource,
        PackTier, PackType, Sufficiency,
    },
    model::{
        Criticality, DataState, DiagramType, ImpactLevel, IntegrationStatus, LifecycleState,
        ProtectionMethod, RelationType, SourceType,
    },
    organization::{OrganizationRole, Plan, TeamRole},
    report::{ExportState, ReportFormat, ReportSection, ReportType},
    risk::{RiskLevel, ScoringMethod},
    sharing::{InvitationStatus, MailState, Section},
    threat::{
        CountermeasureStatus, ReconciliationStatus, Severity, ThreatStatus, VerificationMethod,
    },
};
