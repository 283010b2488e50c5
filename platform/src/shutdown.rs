//! An orderly end: one switch that every part of a process can wait for.

use tokio::sync::watch;

/// A switch that is thrown once, when the process shall end. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Shutdown {
    /// A switch that SIGTERM, SIGINT or Ctrl-C throws.
    pub fn on_signals() -> Self {
        let shutdown = Self::default();
        let switch = shutdown.clone();
        tokio::spawn(async move {
            signal().await;
            tracing::info!("shutting down");
            switch.begin();
        });
        shutdown
    }

    /// Throws the switch.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Whether the switch was thrown.
    pub fn has_begun(&self) -> bool {
        *self.0.borrow()
    }

    /// Returns when the switch is thrown, at once if it was thrown before.
    pub async fn begun(&self) {
        // The sender lives as long as `self`, so that waiting cannot fail.
        let _ = self.0.subscribe().wait_for(|begun| *begun).await;
    }
}

#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        (Err(error), _) | (_, Err(error)) => {
            tracing::error!(%error, "cannot listen for signals");
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(not(unix))]
async fn signal() {
    if let Err(error) = tokio::signal::ctrl_c().await {
        tracing::error!(%error, "cannot listen for Ctrl-C");
        std::future::pending::<()>().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everyone_who_waits_is_woken_and_late_comers_do_not_wait() {
        let shutdown = Shutdown::default();
        let waiting = tokio::spawn({
            let shutdown = shutdown.clone();
            async move { shutdown.begun().await }
        });
        assert!(!shutdown.has_begun());
        shutdown.begin();
        waiting.await.expect("the waiter ends");
        shutdown.begun().await;
        assert!(shutdown.has_begun());
    }
}
