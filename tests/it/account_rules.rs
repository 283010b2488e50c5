//! The rules of accounts: registration, sessions, passwords and the look-up of who asks.

mod desk;

use chrono::TimeDelta;
use domain::{
    Error,
    account::{
        Address, Passwords, SessionError, Signup, TokenError, TokenType, Verdict,
        password_rules::{Owner, objections},
        reset::{self, Confirmation},
        secret::Secrets,
        verification,
    },
    organization::team,
    sharing::{Allowance, invitation},
};
use entity::{
    Ref,
    choice::{OrganizationRole, TeamRole},
};

use desk::{Desk, PASSWORD, address, desks, new_password};

fn messages(password: &str) -> Vec<String> {
    let owner = Owner {
        username: "ada.lovelace",
        email: "ada@engines.example",
        first_name: "Augusta",
        last_name: "Lovelace",
    };
    objections(password, owner)
}

#[test]
fn weak_passwords_are_refused_with_every_reason() {
    assert_eq!(
        messages("12345"),
        [
            "This password is too short. It must contain at least 8 characters.",
            "This password is too common.",
            "This password is entirely numeric.",
        ]
    );
    assert_eq!(messages("password1"), ["This password is too common."]);
    assert_eq!(messages("iloveyou"), ["This password is too common."]);
    assert_eq!(messages("80364519274"), ["This password is entirely numeric."]);
    assert_eq!(messages("Lovelace7"), ["The password is too similar to the username."]);
    assert_eq!(messages("engines.ada"), ["The password is too similar to the email address."]);
    assert_eq!(messages("Augusta!1"), ["The password is too similar to the first name."]);
    assert!(messages(PASSWORD).is_empty());
    assert!(messages(&"x".repeat(100_000)).is_empty());
}

#[test]
fn addresses_are_compared_without_regard_to_case_and_width() {
    let same = ["ada@example.test", "ADA@Example.TEST", " ada@example.test "];
    assert!(same.iter().all(|text| address(text).key() == "ada@example.test"));
    assert_eq!(domain::account::address::key("ＡＤＡ@example.test"), "ada@example.test");
    for wrong in [
        "",
        "ada",
        "@example.test",
        "ada@",
        "ada@example",
        "a b@example.test",
        "ada@example..test",
        "ada@-example.test",
        ".ada@example.test",
        "ada@example.1",
    ] {
        assert!(Address::parse(wrong).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn imported_hashes_are_checked_and_marked_as_outdated() {
    let passwords = Passwords::default();
    let check = async |password: &str, stored: &str| {
        passwords.verify(password.to_owned(), Some(stored.to_owned())).await.unwrap()
    };
    // PBKDF2-HMAC-SHA256 of "password" and "salt" with one round, 32 bytes.
    let imported = "pbkdf2_sha256$1$salt$Eg+2z/z4syxD5yJSVsT4N6hlSMkszDVICAWYfLcL4Xs=";
    let right = check("password", imported).await;
    let wrong = check("passwort", imported).await;
    let current = passwords.hash("password".to_owned()).await.unwrap();
    assert!(current.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{current}");
    assert_eq!(check("password", &current).await, Verdict::Right);
    assert_eq!(check("passwort", &current).await, Verdict::Wrong);
    assert_eq!(wrong, Verdict::Wrong);
    assert_eq!(right, Verdict::Outdated);
    for broken in ["", "plain", "$argon2id$broken", "pbkdf2_sha256$x$y", "pbkdf2_sha256$1$s$%%"] {
        assert_eq!(check("password", broken).await, Verdict::Wrong, "{broken}");
    }
    let nobody = passwords.verify("password".to_owned(), None).await.unwrap();
    assert_eq!(nobody, Verdict::Wrong);
}

#[test]
fn sealed_texts_open_with_old_secrets_and_not_after_tampering() {
    use domain::account::Vault;
    let old = Vault::new(&Secrets::new(["an old secret"]).unwrap());
    let both = Vault::new(&Secrets::new(["a new secret", "an old secret"]).unwrap());
    let other = Vault::new(&Secrets::new(["another secret"]).unwrap());
    let sealed = old.seal("token");
    assert_eq!(both.open(&sealed).unwrap(), "token");
    assert_ne!(old.seal("token"), sealed);
    assert!(other.open(&sealed).is_err());
    let mut tampered = sealed.clone();
    tampered.truncate(sealed.len() - 2);
    for broken in [tampered.as_str(), "", "x", "x.y", sealed.split_once('.').unwrap().1] {
        assert!(old.open(broken).is_err(), "{broken}");
    }
    assert!(Secrets::new(["", " "]).is_err());
}

#[tokio::test]
async fn a_new_account_leads_a_team_in_its_own_workspace() {
    for desk in desks(Signup::Workspace).await {
        let ada = desk.register("ada@example.test").await;
        let actor = desk.actor(&ada).await.unwrap();
        assert_eq!(actor.secured_organizations().count(), 1);
        let [seat] = actor.teams() else { panic!("one team") };
        assert_eq!(seat.role, TeamRole::Lead);
        assert_eq!(
            desk.scalar("SELECT COUNT(*) FROM job WHERE kind = 'send_verification'").await,
            1
        );
        desk.close().await;
    }
}

#[tokio::test]
async fn an_address_belongs_to_one_account_in_any_case() {
    for desk in desks(Signup::Workspace).await {
        desk.register("ada@example.test").await;
        let again = desk.try_register("Ada@Example.test", None).await.unwrap_err();
        assert!(matches!(again, Error::Invalid(wrong) if wrong.contains("email")));
        let name = Some("ada@example.test".to_owned());
        let name_taken = desk.try_register("eve@example.test", name).await.unwrap_err();
        assert!(matches!(name_taken, Error::Invalid(wrong) if wrong.contains("username")));
        desk.close().await;
    }
}

#[tokio::test]
async fn registration_can_be_limited_to_invited_people() {
    for desk in desks(Signup::Invited).await {
        let refused = desk.try_register("ada@example.test", None).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid(_)));
        assert_eq!(desk.scalar("SELECT COUNT(*) FROM \"user\"").await, 0);
        desk.close().await;
    }
    for desk in desks(Signup::Primary).await {
        desk.run(
            "INSERT INTO organization (name, is_primary, created_at, updated_at) VALUES \
                  ('First', TRUE, '2026-01-01T00:00:00+00:00', '2026-01-01T00:00:00+00:00')",
        )
        .await;
        let ada = desk.register("ada@example.test").await;
        let actor = desk.actor(&ada).await.unwrap();
        let first = actor.organizations().next().unwrap();
        assert_eq!(actor.role_in(first), Some(OrganizationRole::Member));
        desk.close().await;
    }
}

#[tokio::test]
async fn a_refresh_token_works_once_and_two_at_a_time_get_one_pair() {
    for desk in desks(Signup::Workspace).await {
        let ada = desk.register("ada@example.test").await;
        let refresh = ada.tokens.refresh.text.as_str();
        let (one, two) =
            tokio::join!(desk.accounts.refresh(refresh), desk.accounts.refresh(refresh));
        let next = match (one, two) {
            (Ok(next), Err(SessionError::Token(TokenError::Spent)))
            | (Err(SessionError::Token(TokenError::Spent)), Ok(next)) => next,
            other => panic!("{other:?}"),
        };
        assert!(desk.accounts.verify(refresh).await.is_err());
        desk.accounts.verify(&next.refresh.text).await.unwrap();
        // Whoever tries the old one again does not take the session away.
        assert!(desk.accounts.refresh(refresh).await.is_err());
        desk.accounts.refresh(&next.refresh.text).await.unwrap();
        desk.close().await;
    }
}

#[tokio::test]
async fn tokens_end_and_know_their_type_and_signature() {
    for desk in desks(Signup::Workspace).await {
        let ada = desk.register("ada@example.test").await;
        let tokens = desk.accounts.tokens();
        let access = ada.tokens.access.text.as_str();
        let refresh = ada.tokens.refresh.text.as_str();
        assert_eq!(tokens.read_as(TokenType::Access, refresh), Err(TokenError::WrongType));
        assert_eq!(tokens.read_as(TokenType::Refresh, access), Err(TokenError::WrongType));
        let forged = format!("{}AAAA", &access[..access.len() - 4]);
        assert_eq!(tokens.read(&forged), Err(TokenError::Invalid));
        for nonsense in ["", "x", "x.y.z", "e30.e30.e30"] {
            assert_eq!(tokens.read(nonsense), Err(TokenError::Invalid), "{nonsense}");
        }
        desk.clock.advance(TimeDelta::minutes(61));
        assert_eq!(tokens.read(access), Err(TokenError::Expired));
        desk.accounts.verify(refresh).await.unwrap();
        desk.clock.advance(TimeDelta::days(7));
        assert_eq!(tokens.read(refresh), Err(TokenError::Expired));
        desk.close().await;
    }
}

#[tokio::test]
async fn signing_out_ends_both_tokens_of_the_session_only() {
    for desk in desks(Signup::Workspace).await {
        let first = desk.register("ada@example.test").await;
        let second = desk.sign_in("ADA@example.test", PASSWORD).await.unwrap();
        desk.accounts.sign_out_with(&first.tokens.refresh.text).await.unwrap();
        assert!(desk.actor(&first).await.is_none());
        assert!(desk.actor(&second).await.is_some());
        let again = desk.accounts.sign_out_with(&first.tokens.refresh.text).await;
        assert!(matches!(again, Err(SessionError::Token(TokenError::Spent))));
        desk.accounts.sign_out(&desk.claims(&second)).await.unwrap();
        assert!(desk.accounts.refresh(&second.tokens.refresh.text).await.is_err());
        desk.close().await;
    }
}

#[tokio::test]
async fn a_changed_password_ends_all_other_sessions() {
    for desk in desks(Signup::Workspace).await {
        let here = desk.register("ada@example.test").await;
        let there = desk.sign_in("ada@example.test", PASSWORD).await.unwrap();
        let claims = desk.claims(&here);
        let wrong = Some("not it".to_owned());
        let change = desk.accounts.change_password(&claims, wrong, new_password()).await;
        assert!(matches!(change, Err(Error::Invalid(wrong)) if wrong.contains("old_password")));
        let old = Some(PASSWORD.to_owned());
        desk.accounts.change_password(&claims, old, new_password()).await.unwrap();
        assert!(desk.actor(&here).await.is_some());
        assert!(desk.actor(&there).await.is_none());
        assert!(desk.sign_in("ada@example.test", PASSWORD).await.is_err());
        desk.sign_in("ada@example.test", &new_password().password).await.unwrap();
        desk.close().await;
    }
}

#[tokio::test]
async fn a_reset_link_works_once_and_for_a_day() {
    for desk in desks(Signup::Workspace).await {
        let ada = desk.register("ada@example.test").await;
        let eve = desk.register("eve@example.test").await;
        let confirm = async |uid: &str, token: &str| {
            let (uid, token) = (uid.to_owned(), token.to_owned());
            desk.accounts.reset_password(Confirmation { uid, token, new: new_password() }).await
        };
        let link = reset::issue(desk.store(), ada.user.id).await.unwrap().unwrap();
        let of_eve = reset::issue(desk.store(), eve.user.id).await.unwrap().unwrap();
        assert!(confirm("zzzzzz", &link.token).await.is_err());
        assert!(confirm(&of_eve.uid, &link.token).await.is_err());
        confirm(&link.uid, &link.token).await.unwrap();
        assert!(desk.actor(&ada).await.is_none());
        assert!(confirm(&link.uid, &link.token).await.is_err());

        let replaced = reset::issue(desk.store(), ada.user.id).await.unwrap().unwrap();
        let late = reset::issue(desk.store(), ada.user.id).await.unwrap().unwrap();
        assert!(confirm(&replaced.uid, &replaced.token).await.is_err());
        desk.clock.advance(TimeDelta::hours(25));
        assert!(confirm(&late.uid, &late.token).await.is_err());
        desk.close().await;
    }
}

#[tokio::test]
async fn an_address_is_confirmed_with_the_key_of_the_last_mail() {
    for desk in desks(Signup::Workspace).await {
        let ada = desk.register("ada@example.test").await;
        let first = verification::issue(desk.store(), ada.user.id).await.unwrap().unwrap();
        let second = verification::issue(desk.store(), ada.user.id).await.unwrap().unwrap();
        assert!(desk.accounts.confirm_address(&first.key).await.is_err());
        desk.accounts.confirm_address(&second.key).await.unwrap();
        assert!(desk.accounts.confirm_address(&second.key).await.is_err());
        assert!(verification::issue(desk.store(), ada.user.id).await.unwrap().is_none());
        desk.close().await;
    }
}

#[tokio::test]
async fn whoever_is_disabled_or_removed_loses_access_at_once() {
    for desk in desks(Signup::Workspace).await {
        let (owner, guest) = desk.owner_and_guest(TeamRole::Member).await;
        let actor = desk.actor(&guest).await.unwrap();
        assert_eq!((actor.organizations().count(), actor.teams().len()), (1, 1));
        let seat = actor.teams()[0];
        desk.run(&format!("DELETE FROM organization_member WHERE user_id = {}", guest.user.id))
            .await;
        let actor = desk.actor(&guest).await.unwrap();
        // The membership of the team stays, without effect.
        assert_eq!((actor.organizations().count(), actor.teams().len()), (0, 0));
        assert!(actor.role_in_team(seat.team).is_none());
        desk.run(&format!("UPDATE \"user\" SET is_active = FALSE WHERE id = {}", owner.user.id))
            .await;
        assert!(desk.actor(&owner).await.is_none());
        assert!(desk.sign_in("owner@example.test", PASSWORD).await.is_err());
        desk.close().await;
    }
}

#[tokio::test]
async fn a_waiting_invitation_is_accepted_at_registration_and_at_login() {
    for desk in desks(Signup::Workspace).await {
        let (owner, _) = desk.owner_and_guest(TeamRole::Viewer).await;
        let boss = desk.actor(&owner).await.unwrap();
        let place = Ref::new(boss.teams()[0].team.key());
        let managed = team::managed(desk.store().read(&boss), place).await.unwrap();

        let late = desk.register("late@example.test").await;
        let invite =
            managed.invitation(address("LATE@example.test"), TeamRole::Lead, Allowance::Unlimited);
        let made = invitation::make(desk.store(), &boss, invite).await.unwrap();
        desk.sign_in("late@example.test", PASSWORD).await.unwrap();
        let actor = desk.actor(&late).await.unwrap();
        assert_eq!(actor.role_in_team(boss.teams()[0].team), Some(TeamRole::Lead));
        assert_eq!(actor.organizations().count(), 2);
        let token = invitation::token(desk.store().vault(), &made).unwrap();
        let used = invitation::preview(desk.store(), &token).await.unwrap_err();
        assert_eq!(used.to_string(), "Invitation expired or already used");

        let invite = managed.invitation(
            address("slow@example.test"),
            TeamRole::Member,
            Allowance::Unlimited,
        );
        invitation::make(desk.store(), &boss, invite).await.unwrap();
        desk.clock.advance(TimeDelta::days(8));
        let slow = desk.register("slow@example.test").await;
        let actor = desk.actor(&slow).await.unwrap();
        assert_eq!(actor.secured_organizations().count(), 1);
        assert!(actor.role_in_team(boss.teams()[0].team).is_none());
        desk.close().await;
    }
}

#[tokio::test]
async fn a_team_keeps_a_lead_and_members_give_no_role_above_their_own() {
    for desk in desks(Signup::Workspace).await {
        let (owner, guest) = desk.owner_and_guest(TeamRole::Member).await;
        let boss = desk.actor(&owner).await.unwrap();
        let helper = desk.actor(&guest).await.unwrap();
        let place = Ref::new(boss.teams()[0].team.key());
        let (lead, member) = (Ref::new(owner.user.id.key()), Ref::new(guest.user.id.key()));
        let store = desk.store();
        let managed = team::managed(store.read(&boss), place).await.unwrap();
        let helping = team::managed(store.read(&helper), place).await.unwrap();

        let demoted = team::change_role(store, &managed, (lead, TeamRole::Viewer)).await;
        assert!(matches!(demoted, Err(Error::Refused(..))));
        let removed = team::remove_member(store, &boss, &managed, lead).await;
        assert!(matches!(removed, Err(Error::Refused(..))));
        let forbidden = [
            team::remove_member(store, &helper, &helping, lead).await,
            team::change_role(store, &helping, (member, TeamRole::Lead)).await.map(drop),
            team::add_member(store, &helper, &helping, (lead, TeamRole::Member)).await.map(drop),
            team::invite(
                store,
                &helper,
                &helping,
                (address("x@example.test"), TeamRole::Lead),
                Allowance::Unlimited,
            )
            .await
            .map(drop),
        ];
        assert!(forbidden.iter().all(|answer| matches!(answer, Err(Error::Forbidden(_)))));
        let invite = (address("x@example.test"), TeamRole::Viewer);
        team::invite(store, &helper, &helping, invite, Allowance::Unlimited).await.unwrap();

        team::change_role(store, &managed, (member, TeamRole::Lead)).await.unwrap();
        team::change_role(store, &managed, (lead, TeamRole::Viewer)).await.unwrap();
        team::remove_member(store, &boss, &managed, lead).await.unwrap();
        // Only the security team may empty a team.
        let alone = team::remove_member(store, &helper, &helping, member).await;
        assert!(alone.is_err());
        team::remove_member(store, &boss, &managed, member).await.unwrap();
        desk.close().await;
    }
}

#[tokio::test]
async fn the_look_up_of_the_caller_takes_one_indexed_statement() {
    let desk = Desk::embedded(Signup::Workspace).await;
    let ada = desk.register("ada@example.test").await;
    let claims = desk.claims(&ada);
    let statements = desk.statements_of(desk.store().identity().actor(&claims)).await;
    assert_eq!(statements.len(), 1, "{statements:#?}");
    let plan = desk.plan_of(&statements[0]).await;
    assert!(!plan.iter().any(|step| step.contains("SCAN")), "{plan:#?}");
}
