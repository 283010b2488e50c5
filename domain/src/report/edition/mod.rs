//! What a report file says, whatever its format: a cover and sections of text, charts, tables and
//! pictures for people, or tables for programs. Both are made of the same facts, so that all
//! formats agree with each other and with the report of the API.

mod chart;
mod compliance;
mod cover;
mod facts;
mod glossary;
mod model;
mod portfolio;
mod portfolio_facts;
mod structure;
mod summary;
mod table;
mod tables;
mod threats;

use entity::{
    Actor,
    choice::{ReportSection, ReportType},
    report_export, threat_model,
};
use serde::Serialize;
use serde_json::Value;

pub use self::{
    chart::{Bar, Chart, Form, Part, Series},
    cover::{Cover, USUAL_COLOUR},
    table::{Cell, Column, Line, Table, Tone, Word, capitalised},
};
use self::{facts::Facts, portfolio_facts::PortfolioFacts};
use super::export;
use crate::{Result, Store};

/// A part of a report.
#[derive(Clone, Debug, Serialize)]
pub struct Section {
    /// Which one.
    pub key: ReportSection,
    /// What stands above it.
    pub title: &'static str,
    /// What it consists of, in order.
    pub blocks: Vec<Block>,
}

/// A piece of a section.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", content = "value", rename_all = "snake_case")]
pub enum Block {
    /// Text of one paragraph. Line ends in it count.
    Text(String),
    /// A heading below that of the section.
    Heading(String),
    /// Numbers and what they count.
    Figures(Vec<Figure>),
    /// A chart.
    Chart(Chart),
    /// A table.
    Table(Table),
    /// A drawing.
    Picture(Picture),
}

/// A number and what it counts.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// What it counts.
    pub name: &'static str,
    /// How many.
    pub value: u64,
    /// What to think of it.
    pub tone: Tone,
}

/// A drawing.
#[derive(Clone, Debug, Serialize)]
pub struct Picture {
    /// As a file that refers to nothing.
    pub svg: String,
    /// What it is called.
    pub caption: String,
    /// What it shows, for those who do not see it.
    pub description: String,
}

/// How much of the threats is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All.
    Whole,
    /// The gravest, as many as a printed report bears.
    Printed,
}

/// A report, to be written in some format.
pub struct Edition {
    cover: Cover,
    sections: Vec<ReportSection>,
    source: Source,
}

enum Source {
    Model(Box<Facts>),
    Organization(Box<PortfolioFacts>),
}

impl Edition {
    /// Reads what the row of a report file asks for. A report about a model says what everyone
    /// sees who may read the model, whoever asked for it.
    pub async fn read(store: &Store, row: &report_export::Model) -> Result<Self> {
        let everything = Actor::for_job(row.organization_id, None);
        let inside = store.read(&everything);
        let source = match row.threat_model_id {
            None => {
                let facts = PortfolioFacts::read(inside, row.organization_id).await?;
                Source::Organization(Box::new(facts))
            }
            Some(model) => {
                let team = inside.get::<threat_model::Entity>(model).await?.owning_team_id;
                let readers = Actor::for_readers(row.organization_id, team);
                let scope = store.read(&readers);
                let facts = Box::pin(Facts::read(scope, row.organization_id, model)).await?;
                Source::Model(Box::new(facts))
            }
        };
        let now = store.clock().now();
        let cover = match &source {
            Source::Model(facts) => cover::of_model(facts, row, now),
            Source::Organization(facts) => cover::of_organization(facts, row, now),
        };
        Ok(Self { cover, sections: export::sections(&row.sections), source })
    }

    /// What stands on the first page.
    pub const fn cover(&self) -> &Cover {
        &self.cover
    }

    /// For whom it is.
    pub const fn report_type(&self) -> ReportType {
        self.cover.report_type
    }

    /// Which sections there are, in order.
    pub fn sections(&self) -> &[ReportSection] {
        &self.sections
    }

    /// One section for people.
    pub fn section(&self, key: ReportSection, extent: Extent) -> Section {
        let (title, blocks) = match &self.source {
            Source::Model(facts) => (model::title(key), model::blocks(facts, key, extent)),
            Source::Organization(facts) => (portfolio::title(key), portfolio::blocks(facts, key)),
        };
        Section { key, title, blocks }
    }

    /// The tables of a section for programs: all rows, one fact per cell.
    pub fn tables(&self, key: ReportSection) -> Vec<Table> {
        match &self.source {
            Source::Model(facts) => tables::of(facts, key),
            Source::Organization(facts) => portfolio::tables(facts, key),
        }
    }

    /// The numbers of the report under the names that the API has for them.
    pub fn metrics(&self) -> Value {
        match &self.source {
            Source::Model(facts) => serde_json::json!(facts.report.summary_metrics),
            Source::Organization(facts) => serde_json::json!(facts.total),
        }
    }
}

impl std::fmt::Debug for Edition {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Edition").field("cover", &self.cover).finish_non_exhaustive()
    }
}
