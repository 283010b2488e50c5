//! Organizations, memberships, business units, teams and invitations through the HTTP API.

use serde_json::{Value, json};
use tests::{App, Client};

/// How many statements a request takes. The fewest of several: mails are sent meanwhile.
async fn least_statements(app: &App, client: &Client, path: &str) -> usize {
    let mut least = usize::MAX;
    for _ in 0..5 {
        least = least.min(app.statements_of(client.get(path)).await.0);
    }
    least
}

async fn membership(client: &Client, user: i64) -> Value {
    let path = format!("/api/memberships/?organization={}", client.organization);
    let listed = client.get(&path).await.expect(200);
    let rows = listed["results"].as_array().unwrap();
    rows.iter().find(|row| row["user"] == user).cloned().unwrap()
}

#[tokio::test]
async fn an_organization_keeps_somebody_in_its_security_team() {
    let app = App::start().await;
    let owner = app.owner().await;
    let user = owner.id;
    let own = format!("/api/memberships/{}/", membership(&owner, user).await["id"]);
    let removal = format!("/api/organizations/{}/remove-member/", owner.organization);
    owner.patch(&own, json!({"role": "member"})).await.expect(400);
    owner.delete(&own).await.expect(400);
    owner.post(&removal, json!({"user": user})).await.expect(400);

    let second = app.invited(&owner, "member").await;
    let other = membership(&owner, second.id).await;
    let other = format!("/api/memberships/{}/", other["id"]);
    second.patch(&other, json!({"role": "security_team"})).await.expect(403);
    owner.patch(&other, json!({"role": "security_team"})).await.expect(200);
    owner.patch(&own, json!({"role": "member"})).await.expect(200);
    owner.patch(&own, json!({"role": "security_team"})).await.expect(403);
    second.post(&removal, json!({"user": user})).await.expect(204);
    owner.get(&format!("/api/organizations/{}/", owner.organization)).await.expect(404);
}

#[tokio::test]
async fn two_guardians_who_leave_at_once_do_not_leave_an_organization_alone() {
    let app = App::start().await;
    for _ in 0..8 {
        let owner = app.owner().await;
        let second = app.invited(&owner, "lead").await;
        let own = format!("/api/memberships/{}/", membership(&owner, owner.id).await["id"]);
        let other = format!("/api/memberships/{}/", membership(&owner, second.id).await["id"]);
        owner.patch(&other, json!({"role": "security_team"})).await.expect(200);
        let (one, two) = tokio::join!(
            owner.patch(&own, json!({"role": "member"})),
            second.patch(&other, json!({"role": "member"})),
        );
        let mut answers = [one.status, two.status];
        answers.sort_unstable();
        assert_eq!(answers, [200, 400]);
    }
}

#[tokio::test]
async fn two_leads_who_leave_at_once_do_not_leave_a_team_alone() {
    let app = App::start().await;
    for _ in 0..8 {
        let owner = app.owner().await;
        let second = app.invited(&owner, "lead").await;
        let team = format!("/api/teams/{}", owner.team);
        let role = format!("{team}/change-member-role/");
        let removal = format!("{team}/remove-member/");
        let (one, two) = tokio::join!(
            owner.post(&role, json!({"userId": owner.id, "role": "member"})),
            second.post(&removal, json!({"userId": second.id})),
        );
        let refused = [one.status, two.status].into_iter().filter(|status| *status == 400).count();
        assert_eq!(refused, 1, "{} {}", one.status, two.status);
    }
}

#[tokio::test]
async fn records_do_not_move_between_organizations() {
    let app = App::start().await;
    let owner = app.owner().await;
    let second = owner.post("/api/organizations/", json!({"name": "Second"})).await.expect(201);
    let unit = json!({"organization": owner.organization, "name": "Unit"});
    let unit = owner.post("/api/business-units/", unit).await.expect(201);
    let foreign_unit = json!({"organization": second["id"], "name": "Foreign"});
    let foreign_unit = owner.post("/api/business-units/", foreign_unit).await.expect(201);
    let user = owner.id;
    let moves = [
        format!("/api/business-units/{}/", unit["id"]),
        format!("/api/teams/{}/", owner.team),
        format!("/api/memberships/{}/", membership(&owner, user).await["id"]),
    ];
    for path in moves {
        let answer = owner.patch(&path, json!({"organization": second["id"]})).await.expect(400);
        assert!(answer["organization"].is_array(), "{path}: {answer}");
    }
    let below = json!({"parent": foreign_unit["id"]});
    owner.patch(&format!("/api/business-units/{}/", unit["id"]), below).await.expect(400);
    let team = json!({"businessUnit": foreign_unit["id"]});
    owner.patch(&format!("/api/teams/{}/", owner.team), team).await.expect(400);
}

#[tokio::test]
async fn a_business_unit_does_not_lie_within_itself() {
    let app = App::start().await;
    let owner = app.owner().await;
    let mut parent = Value::Null;
    let mut units = Vec::new();
    for name in ["Outer", "Middle", "Inner"] {
        let unit = json!({"organization": owner.organization, "name": name, "parent": parent});
        let unit = owner.post("/api/business-units/", unit).await.expect(201);
        parent = unit["id"].clone();
        units.push(unit["id"].as_i64().unwrap());
    }
    for inner in &units {
        let path = format!("/api/business-units/{}/", units[0]);
        let answer = owner.patch(&path, json!({"parent": inner})).await.expect(400);
        assert_eq!(answer["parent"], json!(["A unit cannot lie within itself."]));
    }
    let path = format!("/api/business-units/{}/", units[2]);
    owner.patch(&path, json!({"parent": units[0]})).await.expect(200);
}

#[tokio::test]
async fn an_invitation_cannot_be_turned_to_another_address_or_team() {
    let app = App::start().await;
    let owner = app.owner().await;
    let body = json!({"team": owner.team, "email": App::address("kim"), "role": "lead"});
    let made = owner.post("/api/team-invitations/", body.clone()).await.expect(201);
    assert_eq!(made["inviteUrl"], format!("/invite/{}", made["token"].as_str().unwrap()));
    owner.post("/api/team-invitations/", body).await.expect(400);
    let path = format!("/api/team-invitations/{}/", made["id"].as_str().unwrap());
    owner.patch(&path, json!({"email": App::address("eve")})).await.expect(400);
    let second = json!({"organization": owner.organization, "name": "Second"});
    let second = owner.post("/api/teams/", second).await.expect(201);
    owner.patch(&path, json!({"team": second["id"]})).await.expect(400);
    let same = json!({"team": owner.team, "email": made["email"], "role": "viewer"});
    assert_eq!(owner.put(&path, same).await.expect(200)["role"], "viewer");

    let stranger = app.owner().await;
    stranger.get(&path).await.expect(404);
    stranger.delete(&path).await.expect(404);
    let preview = format!("/api/invite/{}/", made["token"].as_str().unwrap());
    assert_eq!(app.stranger().get(&preview).await.expect(200)["requiresSignup"], true);
    stranger.post(&preview, json!({})).await.expect(403);
    owner.delete(&path).await.expect(204);
    app.stranger().get(&preview).await.expect(404);
}

#[tokio::test]
async fn a_member_joins_a_team_only_by_invitation() {
    let app = App::start().await;
    let owner = app.owner().await;
    let member = app.invited(&owner, "member").await;
    let second = json!({"organization": owner.organization, "name": "Second"});
    let second = owner.post("/api/teams/", second).await.expect(201)["id"].clone();
    let join = format!("/api/teams/{second}/join/");
    member.post(&join, json!({})).await.expect(403);
    let body = json!({"team": second, "email": member.email, "role": "viewer"});
    owner.post("/api/team-invitations/", body).await.expect(201);
    let joined = member.post(&join, json!({})).await.expect(200);
    assert_eq!(joined["joined"], true);
    assert_eq!(joined["membership"]["role"], "viewer");
    assert_eq!(member.post(&join, json!({})).await.expect(200)["joined"], false);
    app.owner().await.post(&join, json!({})).await.expect(404);
}

#[tokio::test]
async fn lists_take_as_many_statements_for_many_rows_as_for_few() {
    let app = App::start().await;
    let owner = app.owner().await;
    let lists = ["organizations", "memberships", "business-units", "teams", "team-invitations"];
    let mut counts = Vec::new();
    for round in 0..2 {
        for number in 0..(2 + 6 * round) {
            let name = format!("{round}-{number}");
            let unit = json!({"organization": owner.organization, "name": name});
            let unit = owner.post("/api/business-units/", unit).await.expect(201);
            let team = json!({
                "organization": owner.organization, "name": name, "businessUnit": unit["id"],
            });
            owner.post("/api/teams/", team).await.expect(201);
            app.invited(&owner, "viewer").await;
            let invite = format!("/api/teams/{}/invite-member/", owner.team);
            owner.post(&invite, json!({"email": App::address("x")})).await.expect(201);
            owner.post("/api/organizations/", json!({"name": name})).await.expect(201);
        }
        let mut round = Vec::new();
        for list in lists {
            round.push(least_statements(&app, &owner, &format!("/api/{list}/")).await);
        }
        counts.push(round);
    }
    assert_eq!(counts[0], counts[1], "{lists:?}");
}
