//! Log lines and traces.

use std::{
    io::{self, IsTerminal as _},
    time::Duration,
};

use opentelemetry::{global, trace::TracerProvider as _};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::{
    Resource, propagation::TraceContextPropagator, trace::SdkTracer, trace::SdkTracerProvider,
};
use tracing::Subscriber;
use tracing_subscriber::{
    EnvFilter, Layer, layer::SubscriberExt as _, registry::LookupSpan, util::SubscriberInitExt as _,
};

use crate::{Settings, configuration::Address, configuration::LogFormat};

/// Parts that would trace their own sending, or fill traces with spans nobody asked for.
const UNTRACED: &str = "info,hyper=off,hyper_util=off,reqwest=off,h2=off,opentelemetry=off,\
                        opentelemetry_sdk=off,opentelemetry_otlp=off,sqlx=off,apalis_core=off,\
                        aide=off";

/// Log lines that say nothing to an operator at the level he asked for.
const QUIET: &str = "apalis_core=warn,aide=warn,opentelemetry=warn,sqlx=warn";

/// How long the end of the process waits for the last spans to be sent.
const FLUSH: Duration = Duration::from_secs(5);

/// Why telemetry cannot start.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The collector's address cannot be used.
    #[error("OTEL_EXPORTER_OTLP_ENDPOINT {address} cannot be used: {problem}")]
    Exporter {
        /// The address without its password.
        address: Address,
        /// What is wrong with it.
        problem: String,
    },
}

/// Keeps telemetry running; sends what is left when dropped.
#[derive(Debug)]
#[must_use = "spans are lost when this is dropped"]
pub struct Telemetry(Option<SdkTracerProvider>);

impl Drop for Telemetry {
    fn drop(&mut self) {
        if let Some(provider) = self.0.take()
            && let Err(error) = provider.shutdown_with_timeout(FLUSH)
        {
            tracing::warn!(%error, "the last spans could not be sent");
        }
    }
}

/// Starts logging and, when a collector is named, tracing for the process called `name`. A second
/// call in one process keeps what the first installed.
pub fn install(settings: &Settings, name: &'static str) -> Result<Telemetry, TelemetryError> {
    global::set_text_map_propagator(TraceContextPropagator::new());
    let provider = settings.otlp_endpoint.as_ref().map(|address| provider(address, name));
    let provider = provider.transpose()?;
    let traces = provider.as_ref().map(|provider| traces(provider.tracer(name)));
    // Fails only when a subscriber is there already, as in a test that starts several servers.
    let _ = tracing_subscriber::registry().with(lines(settings)).with(traces).try_init();
    Ok(Telemetry(provider))
}

fn lines<S>(settings: &Settings) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let levels = format!("{QUIET},{}", settings.log);
    let format = tracing_subscriber::fmt::layer()
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match settings.log_format {
        LogFormat::Text => format.with_filter(EnvFilter::new(levels)).boxed(),
        LogFormat::Json => {
            format.json().flatten_event(true).with_filter(EnvFilter::new(levels)).boxed()
        }
    }
}

fn traces<S>(tracer: SdkTracer) -> impl Layer<S> + Send + Sync
where
    S: Subscriber + for<'span> LookupSpan<'span> + Send + Sync,
{
    tracing_opentelemetry::layer().with_tracer(tracer).with_filter(EnvFilter::new(UNTRACED))
}

fn provider(address: &Address, name: &'static str) -> Result<SdkTracerProvider, TelemetryError> {
    // The exporter takes the address as it is, whereas the variable names the part before the path.
    let endpoint = format!("{}/v1/traces", address.reveal().trim_end_matches('/'));
    let exporter = SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(endpoint)
        .build()
        .map_err(|error| TelemetryError::Exporter {
            address: address.clone(),
            problem: error.to_string(),
        })?;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(Resource::builder().with_service_name(name).build())
        .build();
    global::set_tracer_provider(provider.clone());
    Ok(provider)
}
