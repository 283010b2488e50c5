//! A threat model worth a report, and its files.

use std::io::{Cursor, Read};

use serde_json::{Value, json};
use tests::{Answer, App, Client, canvas, edge, node};

/// Formats and the media types of their files.
pub(crate) const FORMATS: [(&str, &str); 6] = [
    ("pdf", "application/pdf"),
    ("json", "application/json"),
    ("markdown", "text/markdown; charset=utf-8"),
    ("csv", "application/zip"),
    ("html", "text/html; charset=utf-8"),
    ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
];

/// A drawn threat model with threats, countermeasures and a risk.
pub(crate) struct Study {
    pub(crate) owner: Client,
    pub(crate) model: i64,
}

impl Study {
    pub(crate) async fn new(app: &App) -> Self {
        let owner = app.owner().await;
        owner.import(&["stride-taxonomy", "cwe", "capec", "owasp-top-10", "web-application"]).await;
        let kind = owner.get("/api/component-library/?search=web server").await.expect(200);
        let model = owner.model("Web shop").await;
        let study = Self { owner, model };
        study.draw(&kind[0]["id"]).await;
        study.decide().await;
        study
    }

    async fn draw(&self, kind: &Value) {
        let body = json!({"threatModelId": self.model, "name": "Overview"});
        let diagram = self.owner.post("/api/diagrams/", body).await.expect(201);
        let process =
            |id: &str, label: &str| node(id, "process", label, json!({"componentLibraryId": kind}));
        let drawing = canvas(
            vec![process("a", "Front end"), process("b", "Orders")],
            vec![edge("e", "a", "b", json!({"label": "Buy", "protocol": "HTTPS"}))],
        );
        let path = format!("/api/diagrams/{}/", diagram["id"]);
        self.owner.patch(&path, json!({"canvasData": drawing})).await.expect(200);
    }

    /// Gives countermeasures different states, dismisses a threat, adds a risk and assumptions.
    async fn decide(&self) {
        let threats = self.threats().await;
        let of_components: Vec<&Value> =
            threats.iter().filter(|threat| threat["type"] == "component").collect();
        let states = ["verified", "planned", "waived", "platform", "gap"];
        let measures = of_components.iter().filter_map(|threat| threat["countermeasures"].get(0));
        for (measure, state) in measures.zip(states) {
            let path = format!("/api/component-countermeasures/{}/", measure["id"]);
            let mut body = json!({"status": state});
            if state == "gap" {
                body["assignedOwner"] = json!(self.owner.id);
            }
            self.owner.patch(&path, body).await.expect(200);
        }
        let last = of_components.last().expect("a threat");
        let path = format!("/api/component-threats/{}/", last["id"]);
        let body = json!({"isDismissed": true, "dismissalReason": "Not reachable"});
        self.owner.patch(&path, body).await.expect(200);
        let risk = json!({
            "name": "Orders are lost", "componentThreatIds": [of_components[0]["id"]],
            "scoringMetadata": {"likelihood": "certain", "impact": "severe"},
        });
        self.owner.post(&self.path("risks/"), risk).await.expect(201);
        let assumptions = json!([{"description": "Staff is trained", "validity": "confirmed"}]);
        self.owner.patch(&self.path(""), json!({"assumptions": assumptions})).await.expect(200);
    }

    pub(crate) fn path(&self, more: &str) -> String {
        format!("/api/threat-models/{}/{more}", self.model)
    }

    pub(crate) async fn threats(&self) -> Vec<Value> {
        let listed = self.owner.get(&self.path("threats/")).await.expect(200);
        listed["threats"].as_array().cloned().unwrap_or_default()
    }

    pub(crate) async fn report(&self) -> Value {
        self.owner.get(&self.path("report/")).await.expect(200)
    }

    /// A file that is ready.
    pub(crate) async fn made(&self, wish: Value) -> Value {
        let made = self.owner.post(&self.path("report/exports/"), wish).await.expect(201);
        assert_eq!(made["state"], "ready", "{made}");
        made
    }

    /// The content of a new file with everything.
    pub(crate) async fn file(&self, format: &str) -> Vec<u8> {
        let made = self.made(json!({"format": format})).await;
        downloaded(&self.owner, &made).await.bytes
    }
}

pub(crate) async fn downloaded(client: &Client, made: &Value) -> Answer {
    let answer = client.get(made["downloadUrl"].as_str().expect("an address")).await;
    assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.bytes));
    answer
}

/// A file of an archive as text.
pub(crate) fn member(archive: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(archive)).expect("an archive");
    let mut file = archive.by_name(name).expect("a member");
    let mut text = String::new();
    file.read_to_string(&mut text).expect("text");
    text
}

/// The text of pages, with one blank between words.
pub(crate) fn printed(pdf: &[u8]) -> String {
    let text = pdf_extract::extract_text_from_mem(pdf).expect("the text of a PDF");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The rows of a CSV file, its heading first (RFC 4180).
pub(crate) fn rows(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a mark");
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut letters = text.chars().peekable();
    let mut is_quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                field.push('"');
                letters.next();
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(std::mem::take(&mut field)),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    rows
}

/// The text of a page without its marks.
pub(crate) fn words(html: &[u8]) -> String {
    let text = String::from_utf8(html.to_vec()).expect("text");
    let page = scraper::Html::parse_document(&text);
    page.root_element().text().collect::<Vec<_>>().join(" ")
}
