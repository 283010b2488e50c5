//! Background jobs, over every queue that is there.

mod order;
mod workshop;

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use domain::job::{self, mail::SendPasswordReset};
use entity::{Actor, choice::JobState};
use uuid::Uuid;

use workshop::{Behaviour, Probe, starts, workshops};

const PATIENCE: Duration = Duration::from_secs(20);

/// What the workers of these tests know.
const KINDS: &[&str] = &["probe"];

#[tokio::test(flavor = "multi_thread")]
async fn a_job_starts_at_once_and_its_result_is_kept() {
    for workshop in workshops().await {
        let engine = workshop.start();
        let mut delays = Vec::new();
        for _ in 0..50 {
            let probe = Probe::new(Behaviour::Succeed);
            let enqueued = Instant::now();
            let done = workshop.done(&probe).await;
            assert_eq!(done.state, JobState::Done);
            assert_eq!(done.result.expect("a result")["name"], probe.name.to_string());
            delays.push(starts(&probe)[0] - enqueued);
        }
        delays.sort();
        let (median, slow) = (delays[delays.len() / 2], delays[delays.len() * 95 / 100]);
        println!("{}: start after {median:?} (median), {slow:?} (95 of 100)", workshop.name());
        assert!(median < Duration::from_millis(100), "{median:?}");
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_perform_every_job_once() {
    for workshop in workshops().await {
        let probes: Vec<_> = (0..150).map(|_| Probe::new(Behaviour::Succeed)).collect();
        let mut ids = HashSet::new();
        for probe in &probes {
            ids.insert(workshop.enqueue(probe).await);
        }
        let begun = Instant::now();
        let engines = [workshop.start(), workshop.start_another().await];
        for id in ids {
            assert_eq!(workshop.wait(id).await.state, JobState::Done);
        }
        let pace = 150.0 / begun.elapsed().as_secs_f64();
        println!("{}: {pace:.0} jobs a second with two workers", workshop.name());
        assert!(probes.iter().all(|probe| starts(probe).len() == 1));
        for engine in engines {
            workshop.end(engine).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failing_job_is_repeated_and_then_kept_with_its_error() {
    for workshop in workshops().await {
        let engine = workshop.start();
        for (behaviour, error) in
            [(Behaviour::Fail, "no luck"), (Behaviour::Panic, "an internal error")]
        {
            let probe = Probe::new(behaviour);
            let id = workshop.enqueue(&probe).await;
            let failed = workshop.wait_ahead(id).await;
            assert_eq!(failed.state, JobState::Failed);
            assert_eq!(failed.attempts, 3);
            assert_eq!(starts(&probe).len(), 3);
            let text = failed.error.expect("an error");
            assert!(text.contains(error), "{text}");
        }
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_succeed_is_not_repeated() {
    for workshop in workshops().await {
        let engine = workshop.start();
        let refused = workshop.done(&Probe::new(Behaviour::Refuse)).await;
        assert_eq!((refused.state, refused.attempts), (JobState::Failed, 1));
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_takes_too_long_is_given_up() {
    for workshop in workshops().await {
        let engine = workshop.start();
        let id = workshop.enqueue(&Probe::new(Behaviour::Hang)).await;
        let failed = workshop.wait_ahead(id).await;
        assert_eq!(failed.state, JobState::Failed);
        assert!(failed.error.expect("an error").contains("not done within 1 seconds"));
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_of_a_dead_worker_is_taken_over() {
    for workshop in workshops().await {
        let probe = Probe::new(Behaviour::Succeed);
        let id = workshop.enqueue(&probe).await;
        let lease = Duration::from_secs(30);
        let ledger = workshop.store.ledger();
        let dead =
            ledger.claim(id, "dead", lease, KINDS).await.expect("claimed").expect("it is free");
        assert!(ledger.claim(id, "late", lease, KINDS).await.expect("asked").is_none());

        let engine = workshop.start();
        workshop.clock.advance(TimeDelta::seconds(31));
        let done = workshop.wait(id).await;
        assert_eq!((done.state, done.attempts), (JobState::Done, 2));
        assert!(
            !ledger.finish(Arc::new(dead), "late".into()).await.expect("asked"),
            "the dead one is late"
        );
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_kills_its_workers_fails_in_the_end() {
    for workshop in workshops().await {
        let id = workshop.enqueue(&Probe::new(Behaviour::Succeed)).await;
        let ledger = workshop.store.ledger();
        for attempt in 1..=3 {
            let claim =
                ledger.claim(id, "dying", Duration::from_secs(30), KINDS).await.expect("claimed");
            assert_eq!(claim.expect("it is free").job.attempts, attempt);
            workshop.clock.advance(TimeDelta::seconds(31));
            ledger.reap().await.expect("reaped");
        }
        let failed = ledger.get(id).await.expect("the job");
        assert_eq!(failed.state, JobState::Failed);
        workshop.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_emptied_queue_only_delays() {
    for workshop in workshops().await {
        let shutdown = platform::Shutdown::default();
        let feeder = worker::feed(workshop.store.clone(), workshop.queue.clone(), &shutdown);
        let id = workshop.enqueue(&Probe::new(Behaviour::Succeed)).await;
        workshop.until(id, JobState::Queued).await;
        shutdown.begin();
        feeder.stopped().await;
        let workshop = workshop.with_empty_queue().await;

        let engine = workshop.start();
        workshop.clock.advance(TimeDelta::seconds(31));
        assert_eq!(workshop.wait(id).await.state, JobState::Done);
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_job_can_be_cancelled_and_begun_anew() {
    for workshop in workshops().await {
        let engine = workshop.start();
        let probe = Probe::new(Behaviour::Slow);
        let id = workshop.enqueue(&probe).await;
        workshop.until(id, JobState::Running).await;
        let actor = workshop.owner().await;
        let stranger = Actor::looked_up(entity::Id::trusted(-1), vec![], vec![]);
        let read = |actor| workshop.store.read(actor);
        assert!(job::find(read(&stranger), id).await.is_err());
        assert_eq!(job::find(read(&actor), id).await.expect("it is his").id, id);

        let changes = workshop.store.write(&stranger).await.expect("a transaction");
        assert!(job::cancel(&changes, id).await.is_err());
        drop(changes);
        let changes = workshop.store.write(&actor).await.expect("a transaction");
        job::cancel(&changes, id).await.expect("cancelled");
        changes.commit().await.expect("committed");
        assert_eq!(workshop.wait(id).await.state, JobState::Cancelled);

        let changes = workshop.store.write(&actor).await.expect("a transaction");
        job::retry(&changes, id).await.expect("begun anew");
        assert!(job::retry(&changes, id).await.is_err());
        changes.commit().await.expect("committed");
        assert_eq!(workshop.wait(id).await.state, JobState::Done);
        assert_eq!(starts(&probe).len(), 2);
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_waits_for_what_runs_and_the_rest_stays() {
    for workshop in workshops().await {
        let engine = workshop.start();
        let slow = workshop.enqueue(&Probe::new(Behaviour::Slow)).await;
        workshop.until(slow, JobState::Running).await;
        workshop.end(engine).await;
        let ledger = workshop.store.ledger();
        assert_eq!(ledger.get(slow).await.expect("the job").state, JobState::Done);
        workshop.remove().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_unfinished_work_is_enqueued_once() {
    for workshop in workshops().await {
        let ledger = workshop.store.ledger();
        let mail = SendPasswordReset { user: 4711 };
        let first = ledger.enqueue(&mail).await.expect("enqueued");
        assert_eq!(ledger.enqueue(&mail).await.expect("enqueued"), first);
        let other = ledger.enqueue(&SendPasswordReset { user: 4712 }).await.expect("enqueued");
        assert_ne!(other, first);
        let hourly = job::Purge { hour: 1 };
        let id = ledger.enqueue_once(&hourly).await.expect("enqueued").expect("the first");
        let engine = workshop.start();
        assert_eq!(workshop.wait(id).await.state, JobState::Done);
        workshop.wait(first).await;
        assert_eq!(ledger.enqueue_once(&hourly).await.expect("asked"), None);
        assert_ne!(ledger.enqueue(&mail).await.expect("enqueued"), first, "the first is finished");
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reset_mail_holds_the_link_and_nothing_else_does() {
    for workshop in workshops().await {
        let engine = workshop.start();
        let user = workshop.owner().await.user().expect("a user");
        let job = SendPasswordReset { user: user.key() };
        let id = workshop.store.ledger().enqueue(&job).await.expect("enqueued");
        let done = workshop.wait(id).await;
        assert_eq!(done.state, JobState::Done);
        let mail = workshop.only_mail();
        let link = mail
            .split_whitespace()
            .find(|word| word.contains("/reset-password/"))
            .expect("the mail has a link");
        let token = link.trim_end_matches('/').rsplit('/').next().expect("a token");
        assert!(token.len() > 20, "{link}");
        assert!(!format!("{done:?}").contains(token));
        workshop.close(engine).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_ends_at_its_limit() {
    for workshop in workshops().await {
        let id = workshop.enqueue(&Probe::new(Behaviour::Succeed)).await;
        let completions = workshop.queue.completions();
        let limit = Duration::from_millis(100);
        let nothing = completions.wait(&workshop.store, id, limit).await.expect("asked");
        assert!(nothing.is_none());
        let unknown = Uuid::new_v4();
        assert!(completions.wait(&workshop.store, unknown, limit).await.expect("asked").is_none());
        workshop.remove().await;
    }
}
