//! How long report files are kept, and who hears of them.

use chrono::TimeDelta;
use domain::job::ReportExport;
use entity::{Actor, Id, choice, report_export};
use sea_orm::ActiveValue::Set;
use serde_json::json;
use tests::App;

use super::{LOGO, again, kept, study::Study};

#[tokio::test]
async fn a_file_expires_after_seven_days_and_is_removed() {
    let app = App::start().await;
    let owner = app.owner().await;
    let study = Study { model: owner.model("Shop").await, owner };
    let made = study.made(json!({"format": "json", "branding": {"logo": LOGO}})).await;
    let path = made["downloadUrl"].as_str().expect("an address");
    assert_eq!(kept(&app).len(), 2);
    app.state.store.clock().advance(TimeDelta::days(7) - TimeDelta::hours(1));
    again(&app, &study.owner).await.get(path).await.expect(200);
    app.state.store.clock().advance(TimeDelta::hours(2));
    let owner = again(&app, &study.owner).await;
    owner.get(path).await.expect(410);
    worker::schedule::ask(&app.state.store).await.expect("asked");
    app.jobs_ended().await;
    owner.get(path).await.expect(404);
    assert!(kept(&app).is_empty(), "{:?}", kept(&app));
}

#[tokio::test]
async fn a_file_without_a_job_is_not_in_the_making_for_ever() {
    let app = App::start().await;
    let owner = app.owner().await;
    let model = owner.model("Shop").await;
    let actor = Actor::for_job(Id::trusted(owner.organization), None);
    let study = Study { owner, model };
    let row = pending(&app, &study, uuid::Uuid::now_v7());
    app.jobs_ended().await;
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    transaction.insert(row).await.expect("a row");
    transaction.commit().await.expect("the commit");
    app.state.store.clock().advance(TimeDelta::hours(25));
    worker::schedule::ask(&app.state.store).await.expect("asked");
    app.jobs_ended().await;
    let path = study.path("report/exports/");
    let listed = again(&app, &study.owner).await.get(&path).await.expect(200);
    assert_eq!(listed["results"][0]["state"], "failed");
    assert!(listed["results"][0]["error"].is_string(), "{listed}");
}

/// A file in the making that has no job.
fn pending(app: &App, study: &Study, id: uuid::Uuid) -> report_export::ActiveModel {
    report_export::ActiveModel {
        id: Set(id),
        organization_id: Set(Id::trusted(study.owner.organization)),
        threat_model_id: Set(Some(Id::trusted(study.model))),
        format: Set(choice::ReportFormat::Json),
        report_type: Set(choice::ReportType::Full),
        state: Set(choice::ExportState::Pending),
        expires_at: Set(app.state.store.clock().now() + TimeDelta::days(7)),
        ..Default::default()
    }
}

#[tokio::test]
async fn a_file_whose_job_was_cancelled_failed_until_the_job_is_started_again() {
    let app = App::start().await;
    let owner = app.owner().await;
    let study = Study { model: owner.model("Shop").await, owner };
    app.jobs_ended().await;
    let actor = Actor::for_job(Id::trusted(study.owner.organization), None);
    let transaction = app.state.store.write(&actor).await.expect("a transaction");
    let id = uuid::Uuid::now_v7();
    let job = ReportExport { organization: study.owner.organization, export: id };
    let job = transaction.enqueue(&job).await.expect("a job");
    domain::job::cancel(&transaction, job).await.expect("cancelled");
    let row = report_export::ActiveModel { job_id: Set(Some(job)), ..pending(&app, &study, id) };
    transaction.insert(row).await.expect("a row");
    transaction.commit().await.expect("the commit");

    let path = study.path(&format!("report/exports/{id}/"));
    let shown = study.owner.get(&path).await.expect(200);
    assert_eq!(shown["state"], "failed");
    assert!(shown["error"].as_str().expect("a reason").contains("stopped"), "{shown}");
    study.owner.post(&format!("/api/jobs/{job}/retry/"), json!({})).await.expect(200);
    app.jobs_ended().await;
    assert_eq!(study.owner.get(&path).await.expect(200)["state"], "ready");
}

#[tokio::test]
async fn who_left_the_organization_gets_no_mail_about_a_report() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let study = Study { model: owner.model("Shop").await, owner };
    app.jobs_ended().await;
    let actor = Actor::for_job(Id::trusted(study.owner.organization), None);
    for (person, mails) in [(&study.owner, 1), (&member, 0)] {
        let id = uuid::Uuid::now_v7();
        let row = report_export::ActiveModel {
            requested_by_id: Set(Some(Id::trusted(person.id))),
            state: Set(choice::ExportState::Ready),
            ..pending(&app, &study, id)
        };
        let memberships = study.owner.get("/api/memberships/").await.expect(200);
        if mails == 0 {
            let all = memberships["results"].as_array().expect("members");
            let of_member = all.iter().find(|row| row["userEmail"] == json!(person.email));
            let key = &of_member.expect("the membership")["id"];
            study.owner.delete(&format!("/api/memberships/{key}/")).await.expect(204);
        }
        let transaction = app.state.store.write(&actor).await.expect("a transaction");
        let row = transaction.insert(row).await.expect("a row");
        domain::report::export::tell(&transaction, &row).await.expect("a job");
        transaction.commit().await.expect("the commit");
        app.jobs_ended().await;
        let sent = app.mails();
        let told = sent.iter().filter(|mail| {
            mail.contains("Your report is ready") && mail.contains(&format!("To: {}", person.email))
        });
        assert_eq!(told.count(), mails, "{}", person.email);
    }
}

#[tokio::test]
async fn files_go_with_their_model() {
    let app = App::start().await;
    let owner = app.owner().await;
    let study = Study { model: owner.model("Shop").await, owner };
    study.made(json!({"format": "json"})).await;
    study.owner.delete(&study.path("")).await.expect(204);
    assert!(kept(&app).is_empty(), "{:?}", kept(&app));
}
