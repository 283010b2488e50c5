//! Counters that run out with the time (generic cell rate algorithm).

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use domain::account::secret::digest;
use platform::{
    configuration::Address,
    redis::{RedisUnusable, connect},
};
use redis::{AsyncCommands as _, RedisError, Script, aio::ConnectionManager};

use super::{Attempt, Left};

/// How many counters there may be before those that have run out are thrown away.
const MANY: usize = 10_000;

/// After so long Redis is taken for absent, and this process counts.
const PATIENCE: Duration = Duration::from_millis(500);

/// Moves the end of a counter by the cost of one attempt, unless it would lie too far ahead. Times
/// are microseconds of Redis's clock. Answers the end after the attempt, negative if it is refused.
const COUNT: &str = r"
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local finish = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now) + tonumber(ARGV[1])
local ahead = finish - now
if ahead > tonumber(ARGV[2]) then return tonumber(ARGV[2]) - ahead end
redis.call('SET', KEYS[1], string.format('%.0f', finish), 'PX', math.ceil(ahead / 1000) + 1000)
return ahead
";

/// Counters in Redis with those of this process for when Redis is absent, or the latter alone.
pub(super) struct Counters {
    process: Mutex<Process>,
    redis: Option<(ConnectionManager, String)>,
}

#[derive(Default)]
struct Process {
    /// When each counter will have run out.
    ends: HashMap<String, Instant>,
}

impl Counters {
    pub(super) fn in_process() -> Self {
        Self { process: Mutex::default(), redis: None }
    }

    pub(super) async fn in_redis(address: &Address, prefix: &str) -> Result<Self, RedisUnusable> {
        let redis = Some((connect(address).await?, format!("{prefix}:limits")));
        Ok(Self { process: Mutex::default(), redis })
    }

    /// Counts an attempt. Tells what is left, or after how long the next one is admitted.
    pub(super) async fn count(&self, attempt: Attempt, whom: &str) -> Result<Left, Duration> {
        let key = key(attempt.name(), whom);
        let (attempts, time) = attempt.allowance();
        let ahead = match self.count_in_redis(&key, attempts, time).await {
            Some(ahead) => ahead,
            None => self.count_here(&key, attempts, time),
        };
        let whole_in = ahead?;
        let one = time / attempts;
        let free = time.saturating_sub(whole_in).as_micros() / one.as_micros().max(1);
        Ok(Left { attempts: u64::try_from(free).unwrap_or(u64::MAX), whole_in })
    }

    /// `None` when Redis does not answer.
    async fn count_in_redis(
        &self,
        key: &str,
        attempts: u32,
        time: Duration,
    ) -> Option<Result<Duration, Duration>> {
        let (connection, prefix) = self.redis.as_ref()?;
        let script = Script::new(COUNT);
        let mut call = script.key(format!("{prefix}:{key}"));
        call.arg(micros(time / attempts)).arg(micros(time));
        let mut connection = connection.clone();
        let ahead: i64 = answered(call.invoke_async(&mut connection)).await?;
        let duration = Duration::from_micros(ahead.unsigned_abs());
        Some(if ahead < 0 { Err(duration) } else { Ok(duration) })
    }

    fn count_here(&self, key: &str, attempts: u32, time: Duration) -> Result<Duration, Duration> {
        let now = Instant::now();
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        if process.ends.len() > MANY {
            process.ends.retain(|_, end| *end > now);
        }
        let end = process.ends.entry(key.to_owned()).or_insert(now);
        let next = (*end).max(now) + time / attempts;
        let ahead = next.duration_since(now);
        match ahead.checked_sub(time) {
            Some(excess) if !excess.is_zero() => Err(excess),
            _ => {
                *end = next;
                Ok(ahead)
            }
        }
    }

    /// Notes something for a time.
    pub(super) async fn know(&self, what: &str, time: Duration) {
        let key = key("known", what);
        if let Some((connection, prefix)) = &self.redis {
            let mut connection = connection.clone();
            let set = connection.set_ex::<_, _, ()>(format!("{prefix}:{key}"), 1, time.as_secs());
            if answered(set).await.is_some() {
                return;
            }
        }
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.ends.insert(key, Instant::now() + time);
    }

    /// Whether something is noted.
    pub(super) async fn knows(&self, what: &str) -> bool {
        let key = key("known", what);
        if let Some((connection, prefix)) = &self.redis {
            let mut connection = connection.clone();
            if let Some(known) = answered(connection.exists(format!("{prefix}:{key}"))).await {
                return known;
            }
        }
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.ends.get(&key).is_some_and(|end| *end > Instant::now())
    }
}

/// Addresses and accounts are not written into keys, only their digests.
fn key(name: &str, whom: &str) -> String {
    format!("{name}:{}", digest(whom))
}

fn micros(time: Duration) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

async fn answered<T>(call: impl Future<Output = Result<T, RedisError>>) -> Option<T> {
    match tokio::time::timeout(PATIENCE, call).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::warn!(%error, "Redis does not count attempts, this process does");
            None
        }
        Err(_) => {
            tracing::warn!("Redis does not answer in time, this process counts attempts");
            None
        }
    }
}

impl fmt::Debug for Counters {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.redis.is_some() { "Redis" } else { "process" };
        write!(formatter, "Counters({place})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn attempts_run_out_for_one_account_and_not_for_another() {
        let counters = Counters::in_process();
        let attempt = Attempt::SignInFrom;
        for left in (0..10).rev() {
            let counted = counters.count(attempt, "ada").await.expect("an attempt");
            assert_eq!(counted.attempts, left);
        }
        let wait = counters.count(attempt, "ada").await.expect_err("no more attempts");
        assert!(wait <= Duration::from_secs(6), "{wait:?}");
        assert!(counters.count(attempt, "eve").await.is_ok());
        assert!(!counters.knows("ada").await);
        counters.know("ada", Duration::from_mins(1)).await;
        assert!(counters.knows("ada").await);
    }
}
