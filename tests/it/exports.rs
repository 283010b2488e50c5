//! Report files through the HTTP API.

mod keeping;
mod study;

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use chrono::TimeDelta;
use reqwest::{Method, header};
use serde_json::{Value, json};
use tests::{App, Client, PASSWORD};

use self::study::{FORMATS, Study, downloaded, member, printed, rows, words};

/// Names that are formulas, Markdown, HTML or commands of TeX and Typst.
const HOSTILE: [&str; 6] = [
    "=cmd|' /C calc'!A0",
    "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "**bold** [link](javascript:alert(3)) | cell",
    "\\input{/etc/passwd} $x^2$ #pagebreak() #read(\"/etc/passwd\")",
    "@SUM(1+1)",
    "Ζωή и Κίνδυνος",
];

/// A red dot.
const LOGO: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_else(|| panic!("no number: {value}"))
}

#[tokio::test]
async fn every_format_is_made_and_downloaded_as_a_file() {
    let app = App::start().await;
    let study = Study::new(&app).await;
    for (format, kind) in FORMATS {
        let made = study.made(json!({"format": format, "type": "full"})).await;
        let answer = downloaded(&study.owner, &made).await;
        assert_eq!(answer.headers[header::CONTENT_TYPE], kind);
        assert_eq!(answer.headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        let disposition = answer.headers[header::CONTENT_DISPOSITION].to_str().expect("text");
        let filename = made["filename"].as_str().expect("a name");
        assert_eq!(disposition, format!("attachment; filename=\"{filename}\""));
        assert!(filename.starts_with("web-shop-full-"), "{filename}");
        assert_eq!(number(&made["size"]), answer.bytes.len() as u64);
    }
    let listed = study.owner.get(&study.path("report/exports/")).await.expect(200);
    assert_eq!(listed["count"], FORMATS.len());
    assert_eq!(listed["results"][0]["format"], "xlsx", "latest first");
}

#[tokio::test]
async fn all_formats_have_the_numbers_of_the_report() {
    let app = App::start().await;
    let study = Study::new(&app).await;
    let report = study.report().await;
    let metrics = &report["summaryMetrics"];
    let (active, dismissed) =
        (number(&metrics["totalActiveThreats"]), number(&metrics["totalDismissedThreats"]));
    let (measures, gaps) =
        (number(&metrics["totalCountermeasures"]), number(&metrics["totalGaps"]));
    assert!(active > 5 && dismissed == 1 && measures > 5 && gaps > 0, "{metrics}");

    let file: Value = serde_json::from_slice(&study.file("json").await).expect("JSON");
    assert_eq!(file["summaryMetrics"], *metrics);
    let count = |name: &str| file[name].as_array().expect("a table").len() as u64;
    assert_eq!(count("threats"), active + dismissed);
    assert_eq!(count("dismissedThreats"), dismissed);
    assert_eq!(count("countermeasures"), measures);
    assert_eq!(count("gaps"), gaps);
    assert_eq!(count("risks"), number(&metrics["totalRisks"]));
    assert_eq!(file["coverage"][0]["framework"], report["compliance"]["frameworks"][0]["name"]);
    for framework in report["compliance"]["frameworks"].as_array().expect("frameworks") {
        let rows = file["compliance"].as_array().expect("a matrix").iter();
        let own: Vec<_> = rows.filter(|row| row["framework"] == framework["name"]).collect();
        let met = own.iter().filter(|row| row["status"] == "satisfied").count();
        let covered = own.iter().filter(|row| row["status"] != "uncovered").count();
        assert_eq!(own.len() as u64, number(&framework["totalRequirements"]));
        assert_eq!(covered as u64, number(&framework["coveredRequirements"]));
        assert_eq!(met as u64, number(&framework["satisfiedRequirements"]));
    }

    let archive = study.file("csv").await;
    let lines = |name: &str| rows(&member(&archive, name)).len() as u64 - 1;
    assert_eq!(lines("threats.csv"), active + dismissed);
    assert_eq!(lines("countermeasures.csv"), measures);
    assert_eq!(lines("risks.csv"), number(&metrics["totalRisks"]));
    assert_eq!(lines("assumptions.csv"), 1);
    let summary = rows(&member(&archive, "summary.csv"));
    let figures = figures(metrics);
    for (name, value) in &figures {
        assert!(summary.contains(&vec![(*name).to_owned(), value.to_string()]), "{summary:?}");
    }

    let text = String::from_utf8(study.file("markdown").await).expect("text");
    for (name, value) in &figures {
        assert!(text.contains(&format!("| {name} | {value} |")), "no {name} {value}");
    }
    let page = words(&study.file("html").await);
    for (name, value) in &figures {
        assert!(page.contains(&format!("{value} {name}")), "no {name} {value} in {page}");
    }
    let pages = printed(&study.file("pdf").await);
    for (name, value) in &figures {
        assert!(pages.contains(&value.to_string()) && pages.contains(name), "no {name} {value}");
    }
    assert!(pages.contains("Page 1 of ") && pages.contains("Contents"), "{pages}");
    let mut book = Xlsx::new(Cursor::new(study.file("xlsx").await)).expect("a workbook");
    let sheet = book.worksheet_range("Summary").expect("a sheet");
    let shown: Vec<_> = sheet.rows().map(|row| (row[0].to_string(), row[1].to_string())).collect();
    for (name, value) in &figures {
        assert!(shown.contains(&((*name).to_owned(), value.to_string())), "{shown:?}");
    }
    let threats = book.worksheet_range("Threats").expect("a sheet");
    assert_eq!(threats.height() as u64, active + dismissed + 1);
}

fn figures(metrics: &Value) -> Vec<(&'static str, u64)> {
    let status = |word: &str| metrics["threatsByStatus"][word].as_u64().unwrap_or_default();
    vec![
        ("Active threats", number(&metrics["totalActiveThreats"])),
        ("Exposed threats", status("exposed")),
        ("Addressable threats", status("addressable")),
        ("Mitigated threats", status("mitigated")),
        ("Dismissed threats", number(&metrics["totalDismissedThreats"])),
        ("Countermeasures", number(&metrics["totalCountermeasures"])),
        ("Gaps", number(&metrics["totalGaps"])),
        ("Waived countermeasures", number(&metrics["totalWaived"])),
        ("Inherited countermeasures", number(&metrics["totalInherited"])),
        ("Risks", number(&metrics["totalRisks"])),
    ]
}

#[tokio::test]
async fn what_users_wrote_stays_text_in_every_format() {
    let app = App::start().await;
    let owner = app.owner().await;
    let study = Study { model: owner.model(HOSTILE[1]).await, owner };
    for name in HOSTILE {
        let body = json!({"name": name, "threatModel": study.model, "description": name});
        let component = study.owner.post("/api/components/", body).await.expect(201);
        let body = json!({"component": component["id"], "threatName": name,
            "threatDescription": name, "inherentSeverity": "high"});
        let threat = study.owner.post("/api/component-threats/", body).await.expect(201);
        let body = json!({"instanceThreat": threat["id"], "countermeasureName": name,
            "status": "gap"});
        study.owner.post("/api/component-countermeasures/", body).await.expect(201);
    }
    let html = study.file("html").await;
    let page = String::from_utf8(html.clone()).expect("text");
    assert!(!page.contains("<script") && !page.contains("<img src=x"), "markup arrived");
    assert!(page.contains("default-src 'none'"));
    let (shown, text) = (words(&html), study.file("markdown").await);
    let text = String::from_utf8(text).expect("text");
    let bare = text.replace("\\<", "").replace("\\]", "");
    assert!(!bare.contains("<script") && !bare.contains("](javascript:"), "markup arrived");
    let pages = closed_up(&printed(&study.file("pdf").await));
    let lines = rows(&member(&study.file("csv").await, "components.csv"));
    let mut book = Xlsx::new(Cursor::new(study.file("xlsx").await)).expect("a workbook");
    assert!(book.worksheet_formula("Components").expect("a sheet").is_empty(), "a formula");
    let sheet = book.worksheet_range("Components").expect("a sheet");
    let cells: Vec<&Data> = sheet.rows().map(|row| &row[1]).collect();
    for name in HOSTILE {
        assert!(shown.contains(name), "no {name} in the page");
        assert!(pages.contains(&closed_up(name)), "no {name} in {pages}");
        let is_formula = name.starts_with(['=', '@']);
        let safe = if is_formula { format!("'{name}") } else { name.to_owned() };
        assert!(lines.iter().any(|row| row[1] == safe), "no {safe} in {lines:?}");
        assert!(cells.contains(&&Data::String(name.to_owned())), "no {name} in {cells:?}");
    }
    assert!(text.contains("\\*\\*bold\\*\\*") && text.contains("Ζωή и Κίνδυνος"), "{text}");
}

/// Text without blanks, of which pages have more or fewer.
fn closed_up(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace()).collect()
}

#[tokio::test]
async fn a_pdf_is_tagged_and_has_bookmarks_a_language_and_fonts_of_its_own() {
    let app = App::start().await;
    let study = Study::new(&app).await;
    let made = study.made(json!({"format": "pdf", "branding": {"logo": LOGO}})).await;
    let file = downloaded(&study.owner, &made).await.bytes;
    let document = pdf_extract::Document::load_mem(&file).expect("a PDF");
    let catalog = document.catalog().expect("a catalog");
    assert!(catalog.has(b"StructTreeRoot") && catalog.has(b"MarkInfo"), "not tagged");
    assert_eq!(catalog.get(b"Lang").and_then(|one| one.as_str()).expect("text"), b"en");
    assert!(catalog.has(b"Outlines"), "no bookmarks");
    assert!(document.get_pages().len() > 10, "{} pages", document.get_pages().len());
    let fonts = document.objects.values().filter_map(|one| one.as_dict().ok());
    let mut descriptors = fonts.filter(|one| one.has_type(b"FontDescriptor")).peekable();
    assert!(descriptors.peek().is_some(), "no fonts");
    assert!(
        descriptors.all(|one| one.has(b"FontFile2") || one.has(b"FontFile3")),
        "a font is not embedded"
    );
}

#[tokio::test]
async fn types_have_their_sections_and_a_request_narrows_them() {
    let app = App::start().await;
    let study = Study::new(&app).await;
    let made = study.made(json!({"format": "json", "type": "compliance"})).await;
    let sections = ["summary", "scope", "compliance", "mappings", "gaps", "glossary"];
    assert_eq!(made["sections"], json!(sections));
    let file = downloaded(&study.owner, &made).await.json;
    assert!(file["compliance"].is_array() && file["threats"].is_null(), "{file}");

    let wish = json!({"format": "markdown", "type": "technical", "sections": ["risks", "summary"]});
    let made = study.made(wish).await;
    assert_eq!(made["sections"], json!(["summary", "risks"]), "in the usual order");
    let text = String::from_utf8(downloaded(&study.owner, &made).await.bytes).expect("text");
    let titles: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
    assert_eq!(titles, ["## Summary", "## Risk register"]);
}

#[tokio::test]
async fn what_is_wrong_with_a_wish_is_said_by_field() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = format!("/api/threat-models/{}/report/exports/", owner.model("Shop").await);
    let text = "aGVsbG8gd29ybGQ=";
    let svg = "data:image/svg+xml;base64,PHN2ZyB4bWxucz0iaHR0cDovL3d3dy53My5vcmcvMjAwMC9zdmciLz4=";
    let large = "A".repeat(800_000);
    let branding = |field: &str, value: &str| json!({"format": "json", "branding": {field: value}});
    for (wish, field) in [
        (json!({}), "format"),
        (json!({"format": "docx"}), "format"),
        (json!({"format": "json", "type": "long"}), "type"),
        (json!({"format": "json", "sections": []}), "sections"),
        (json!({"format": "json", "sections": ["models"]}), "sections"),
        (json!({"format": "json", "type": "executive", "sections": ["threats"]}), "sections"),
        (json!({"format": "json", "branding": "blue"}), "branding"),
        (branding("title", &"x".repeat(201)), "title"),
        (branding("colour", "red; }"), "colour"),
        (branding("logo", text), "logo"),
        (branding("logo", svg), "logo"),
        (branding("logo", "no Base64"), "logo"),
        (branding("logo", &large), "logo"),
    ] {
        let refused = owner.post(&path, wish).await.expect(400);
        assert!(refused[field].is_array(), "{field}: {refused}");
    }
    assert_eq!(owner.get(&path).await.expect(200)["count"], 0);
    let kept = app.data.path().join("media/exports");
    let left = std::fs::read_dir(kept).map(Iterator::count).unwrap_or_default();
    assert_eq!(left, 0, "files of refused wishes");
}

#[tokio::test]
async fn a_report_has_the_title_the_colour_and_the_logo_that_are_wanted() {
    let app = App::start().await;
    let owner = app.owner().await;
    let study = Study { model: owner.model("Shop").await, owner };
    let branding = json!({"title": "For <the> board", "colour": "#AA3300", "logo": LOGO});
    let made = study.made(json!({"format": "html", "branding": branding})).await;
    let shown = json!({"title": "For <the> board", "colour": "#aa3300", "hasLogo": true});
    assert_eq!(made["branding"], shown);
    let page = downloaded(&study.owner, &made).await.bytes;
    let page = String::from_utf8(page).expect("text");
    assert!(page.contains("--accent: #aa3300;"));
    assert!(page.contains("src=\"data:image/png;base64,"));
    assert!(page.contains("<h1>For &#60;the&#62; board</h1>"), "{}", &page[..6000]);
}

#[tokio::test]
async fn whoever_reads_the_model_makes_and_reads_its_files_and_nobody_else() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({"name": "Ours", "owningTeam": owner.team});
    let model = owner.post("/api/threat-models/", body).await.expect(201);
    let study = Study { model: model["id"].as_i64().expect("an id"), owner };
    let (path, wish) = (study.path("report/exports/"), json!({"format": "json"}));
    let viewer = app.invited(&study.owner, "viewer").await;
    let made = viewer.post(&path, wish.clone()).await.expect(201);
    let mine = study.made(wish.clone()).await;
    let one = |made: &Value| format!("{path}{}/", made["id"].as_str().expect("an id"));
    downloaded(&study.owner, &made).await;
    downloaded(&viewer, &mine).await;
    viewer.delete(&one(&mine)).await.expect(403);

    let neighbour = neighbour(&app, &study.owner).await;
    for client in [&app.owner().await, &neighbour] {
        client.post(&path, wish.clone()).await.expect(404);
        client.get(&path).await.expect(404);
        client.get(&one(&made)).await.expect(404);
        client.get(&format!("{}download/", one(&made))).await.expect(404);
        client.delete(&one(&made)).await.expect(404);
    }
    app.stranger().get(&format!("{}download/", one(&made))).await.expect(401);
    let other = study.owner.model("Other").await;
    let misplaced = one(&made).replace(&format!("/{}/", study.model), &format!("/{other}/"));
    study.owner.get(&misplaced).await.expect(404);

    viewer.delete(&one(&made)).await.expect(204);
    study.owner.get(&one(&made)).await.expect(404);
    study.owner.delete(&one(&mine)).await.expect(204);
    assert!(kept(&app).is_empty(), "{:?}", kept(&app));
}

/// A member of the owner's organization in another team.
async fn neighbour(app: &App, owner: &Client) -> Client {
    let body = json!({"organization": owner.organization, "name": "Neighbours"});
    let mut host = owner.clone();
    let team = owner.post("/api/teams/", body).await.expect(201);
    host.team = team["id"].as_i64().expect("an id");
    app.invited(&host, "member").await
}

/// The files of reports in the storage.
fn kept(app: &App) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(app.data.path().join("media/exports")) else {
        return Vec::new();
    };
    files.flatten().map(|file| file.file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn a_report_over_an_organization_is_for_its_security_team() {
    let app = App::start().await;
    let study = Study::new(&app).await;
    let path = format!("/api/organizations/{}/portfolio-exports/", study.owner.organization);
    let wish = json!({"format": "json"});
    let made = study.owner.post(&path, wish.clone()).await.expect(201);
    assert_eq!((&made["threatModel"], &made["state"]), (&Value::Null, &json!("ready")));
    let file = downloaded(&study.owner, &made).await.json;
    let metrics = &study.report().await["summaryMetrics"];
    assert_eq!(file["models"][0]["name"], "Web shop");
    assert_eq!(file["models"][0]["threats"], metrics["totalActiveThreats"]);
    assert_eq!(file["models"][0]["gaps"], metrics["totalGaps"]);
    let gaps = file["gaps"].as_array().expect("gaps").iter();
    assert_eq!(gaps.map(|row| number(&row["gaps"])).sum::<u64>(), number(&metrics["totalGaps"]));
    let report = study.report().await;
    assert_eq!(
        file["coverage"][0]["satisfiedRequirements"],
        report["compliance"]["frameworks"][0]["satisfiedRequirements"]
    );
    for (format, _) in FORMATS {
        let made = study.owner.post(&path, json!({"format": format})).await.expect(201);
        downloaded(&study.owner, &made).await;
    }

    let member = app.invited(&study.owner, "lead").await;
    member.post(&path, wish.clone()).await.expect(403);
    member.get(&path).await.expect(403);
    member.get(made["downloadUrl"].as_str().expect("an address")).await.expect(403);
    app.owner().await.post(&path, wish).await.expect(404);
}

#[tokio::test]
async fn a_client_that_does_not_wait_finds_the_file_by_its_job() {
    let app = App::start().await;
    let owner = app.owner().await;
    let path = format!("/api/threat-models/{}/report/exports/", owner.model("Shop").await);
    let request = owner.request(Method::POST, &path).header("prefer", "respond-async");
    let accepted = owner.send(request.json(&json!({"format": "json"}))).await;
    let job = accepted.headers[header::LOCATION].to_str().expect("an address").to_owned();
    let id = accepted.expect(202)["job"].clone();
    app.jobs_ended().await;
    let found = owner.get(&job).await.expect(200);
    assert_eq!((&found["kind"], &found["state"]), (&json!("report_export"), &json!("done")));
    let listed = owner.get(&path).await.expect(200);
    assert_eq!(listed["results"][0]["job"], id);
    assert_eq!(found["result"]["export"], listed["results"][0]["id"]);
    downloaded(&owner, &listed["results"][0]).await;
}

/// The same account after its tokens have expired.
async fn again(app: &App, client: &Client) -> Client {
    let mut renewed = app.stranger();
    let body = json!({"email": client.email, "password": PASSWORD});
    let answer = renewed.post("/api/auth/login/", body).await.expect(200);
    renewed.signed_in(&client.email, &answer);
    renewed
}

#[tokio::test]
async fn figures_are_kept_once_a_day_and_compared_in_reports() {
    let app = App::start().await;
    let study = Study::new(&app).await;
    let metrics = study.report().await["summaryMetrics"].clone();
    let today = study.owner.get(&study.path("trends/")).await.expect(200);
    assert_eq!(today["points"].as_array().map(Vec::len), Some(1), "{today}");
    assert_eq!(today["points"][0]["threats"], metrics["totalActiveThreats"]);
    assert_eq!(today["points"][0]["countermeasures"], metrics["totalCountermeasures"]);
    assert_eq!(today["points"][0]["gaps"], metrics["totalGaps"]);
    for _ in 0..3 {
        app.state.store.clock().advance(TimeDelta::days(1));
        // Twice a day is once a day.
        for _ in 0..2 {
            worker::schedule::ask(&app.state.store).await.expect("asked");
        }
        app.jobs_ended().await;
    }
    app.state.store.clock().advance(TimeDelta::days(1));
    let study = Study { owner: again(&app, &study.owner).await, model: study.model };
    let before = metrics["totalGaps"].clone();
    let threats = study.threats().await;
    let gap = threats
        .iter()
        .flat_map(|threat| threat["countermeasures"].as_array().expect("a list"))
        .find(|measure| measure["status"] == "gap")
        .expect("a gap");
    let owner = &study.owner;
    let path = format!("/api/component-countermeasures/{}/", gap["id"]);
    let fixed = owner.patch(&path, json!({"status": "verified"})).await;
    assert_eq!(fixed.status, 200, "{}", fixed.json);
    let trends = owner.get(&study.path("trends/")).await.expect(200);
    let points = trends["points"].as_array().expect("points");
    assert_eq!(points.len(), 4, "{trends}");
    assert!(points.windows(2).all(|pair| pair[0]["day"].as_str() < pair[1]["day"].as_str()));
    assert_eq!(points[0]["gaps"], before);
    assert_eq!(number(&points[3]["gaps"]) + 1, number(&before));
    let file: Value = serde_json::from_slice(&study.file("json").await).expect("JSON");
    assert_eq!(file["trends"].as_array().map(Vec::len), Some(4));
    app.owner().await.get(&study.path("trends/")).await.expect(404);
}

#[tokio::test]
async fn who_wants_it_gets_a_mail_when_the_file_is_ready() {
    let app = App::start().await;
    let owner = app.owner().await;
    let study = Study { model: owner.model("Shop <b>").await, owner };
    study.made(json!({"format": "json"})).await;
    study.made(json!({"format": "markdown", "notify": true})).await;
    app.jobs_ended().await;
    let header = format!("To: {}", study.owner.email);
    let mails = app.mails();
    let told: Vec<&String> = mails
        .iter()
        .filter(|mail| mail.contains(&header) && mail.contains("Your report is ready"))
        .collect();
    assert_eq!(told.len(), 1, "{mails:?}");
    assert!(told[0].contains(".md"));
}
