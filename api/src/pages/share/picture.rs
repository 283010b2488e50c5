//! Diagrams as pictures within the page.

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{
    model::illustration::{self, Facts, Legend, Options, Theme},
    report::Diagram,
};

/// A drawn diagram.
pub(super) struct Picture {
    pub(super) name: String,
    /// The picture itself, so that a link with a password needs no second address for it.
    pub(super) source: String,
}

/// Pictures of diagrams. Large ones take a while to draw.
pub(super) async fn pictures(diagrams: Vec<Diagram>, model: String) -> Vec<Picture> {
    let drawn = tokio::task::spawn_blocking(move || {
        diagrams.into_iter().map(|diagram| picture(diagram, &model)).collect()
    });
    drawn.await.unwrap_or_else(|error| {
        tracing::error!(error = &error as &dyn std::error::Error, "diagrams were not drawn");
        Vec::new()
    })
}

fn picture(diagram: Diagram, model: &str) -> Picture {
    let facts = Facts { title: diagram.name.clone(), context: model.to_owned() };
    let options = Options { theme: Theme::Auto, legend: Legend::Shown };
    let svg = illustration::svg(&diagram.canvas, &facts, &options);
    let source = format!("data:image/svg+xml;base64,{}", BASE64_STANDARD.encode(svg));
    Picture { name: diagram.name, source }
}
