//! Which job is performed when, and by whom.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use entity::choice::JobState;
use uuid::Uuid;

use super::{
    KINDS,
    workshop::{Probe, workshops},
};

const LEASE: Duration = Duration::from_secs(5);
const MANY: u64 = 200;

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_jobs_of_one_organization_do_not_starve_the_one_of_another() {
    for workshop in workshops().await {
        workshop.organizations(&[1, 2]).await;
        let ledger = workshop.store.ledger();
        for _ in 0..150 {
            ledger.enqueue(&Probe::of(1)).await.expect("enqueued");
        }
        let lonely = ledger.enqueue(&Probe::of(2)).await.expect("enqueued");
        let first = ledger.publish_due(MANY, LEASE, &[]).await.expect("published");
        let place = first.iter().position(|job| job.id == lonely).expect("it is published");
        assert!(place <= 1, "{place}");
        assert_eq!(first.len(), 65, "the rest stays in the ledger");
        let late = ledger.enqueue(&Probe::of(2)).await.expect("enqueued");
        let second = ledger.publish_due(MANY, LEASE, &[]).await.expect("published");
        assert_eq!(second.iter().map(|job| job.id).collect::<Vec<_>>(), [late]);
        assert!(second[0].turn < first.last().expect("many").turn, "it overtakes in the queue");
        workshop.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_of_a_kind_are_handed_over_than_may_run() {
    for workshop in workshops().await {
        workshop.organizations(&[1, 2]).await;
        let ledger = workshop.store.ledger();
        for _ in 0..10 {
            ledger.enqueue(&Probe::of(1)).await.expect("enqueued");
        }
        let other = ledger.enqueue(&Probe::of(2)).await.expect("enqueued");
        let limits = [("probe", 3)];
        let jobs = ledger.publish_due(MANY, LEASE, &limits).await.expect("published");
        assert_eq!(jobs.len(), 3);
        assert!(jobs.iter().any(|job| job.id == other), "both organizations have a share");
        assert_eq!(ledger.publish_due(MANY, LEASE, &limits).await.expect("asked"), []);
        let claim = ledger.claim(jobs[0].id, "worker", LEASE, KINDS).await.expect("claimed");
        assert_eq!(ledger.publish_due(MANY, LEASE, &limits).await.expect("asked"), []);
        ledger.finish(claim.expect("it is free").into(), "done".into()).await.expect("finished");
        let next = ledger.publish_due(MANY, LEASE, &limits).await.expect("published");
        assert_eq!(next.len(), 1);
        workshop.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_leaves_kinds_it_does_not_know_to_others() {
    for workshop in workshops().await {
        workshop.organizations(&[1]).await;
        let ledger = workshop.store.ledger();
        let id = ledger.enqueue(&Probe::of(1)).await.expect("enqueued");
        let older = ["import_pack"];
        assert!(ledger.claim(id, "older", LEASE, &older).await.expect("asked").is_none());
        assert!(ledger.leave(id, &older).await.expect("left"));
        assert!(!ledger.leave(id, KINDS).await.expect("asked"), "those who know it keep it");
        let job = ledger.get(id).await.expect("the job");
        assert_eq!((job.state, job.attempts), (JobState::Pending, 0));
        workshop.clock.advance(TimeDelta::seconds(4));
        assert!(ledger.claim(id, "newer", LEASE, KINDS).await.expect("asked").is_some());
        workshop.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_that_lost_its_job_commits_nothing() {
    for workshop in workshops().await {
        let actor = workshop.owner().await;
        let ledger = workshop.store.ledger();
        let id = ledger.enqueue(&Probe::of(1)).await.expect("enqueued");
        let claim = ledger.claim(id, "slow", LEASE, KINDS).await.expect("asked");
        let attempt = workshop.store.for_attempt(claim.expect("it is free").into());
        attempt.write(&actor).await.expect("begun").commit().await.expect("it is held");

        let changes = attempt.write(&actor).await.expect("begun");
        let follow_up = changes.enqueue(&Probe::of(1)).await.expect("enqueued");
        if workshop.is_shared() {
            workshop.clock.advance(TimeDelta::seconds(6));
            ledger.reap().await.expect("reaped");
            changes.commit().await.expect_err("the job is not held any more");
            assert!(ledger.get(follow_up).await.is_err(), "nothing was written");
        } else {
            // SQLite has one writer: the job can be taken away before or after, not meanwhile.
            drop(changes);
            workshop.clock.advance(TimeDelta::seconds(6));
            ledger.reap().await.expect("reaped");
            let changes = attempt.write(&actor).await.expect("begun");
            changes.commit().await.expect_err("the job is not held any more");
        }
        workshop.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_id_that_two_workers_take_is_performed_once() {
    for workshop in workshops().await {
        workshop.organizations(&[1]).await;
        let ledger = workshop.store.ledger();
        let id: Uuid = ledger.enqueue(&Probe::of(1)).await.expect("enqueued");
        let claims = (0..8).map(|number| {
            let store = workshop.store.clone();
            tokio::spawn(async move {
                let worker = format!("worker {number}");
                store.ledger().claim(id, &worker, LEASE, KINDS).await.expect("asked").is_some()
            })
        });
        let mut taken = 0;
        for claim in claims.collect::<Vec<_>>() {
            taken += usize::from(claim.await.expect("an answer"));
        }
        assert_eq!(taken, 1);
        workshop.remove().await;
    }
}

/// PostgreSQL plans by what it last saw of a table, and many jobs may have been asked for since.
#[tokio::test(flavor = "multi_thread")]
async fn jobs_are_handed_over_at_once_however_many_were_just_asked_for() {
    for workshop in workshops().await {
        let organizations: Vec<i64> = (1..=10).collect();
        workshop.organizations(&organizations).await;
        workshop.forget_how_many_wait().await;
        for organization in organizations {
            let first = workshop.store.ledger().enqueue(&Probe::of(organization)).await;
            workshop.repeat(first.expect("enqueued"), 4000).await;
        }
        let begun = Instant::now();
        let jobs = workshop.store.ledger().publish_due(640, LEASE, &[]).await.expect("published");
        assert_eq!(jobs.len(), 640);
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
        workshop.remove().await;
    }
}
