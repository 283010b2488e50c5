//! Where a request comes from.

use std::net::{IpAddr, SocketAddr};

use aide::{OperationInput, generate::GenContext, openapi::Operation};
use axum::{
    extract::{ConnectInfo, FromRef, FromRequestParts},
    http::{Extensions, HeaderMap, request::Parts},
};
use platform::Settings;

use crate::{extract::document_problem, state::AppState};

/// Where a request comes from, as a text to count by.
///
/// Behind proxies that are trusted this is the last address in `X-Forwarded-For` that is none of
/// them. From elsewhere that header could say anything.
#[derive(Clone, Debug)]
pub struct Origin(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Origin
where
    AppState: FromRef<S>,
{
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let state = AppState::from_ref(state);
        let client = client(&parts.headers, &parts.extensions, &state.settings);
        Ok(Self(client.map_or_else(|| "unknown".to_owned(), network)))
    }
}

impl OperationInput for Origin {
    fn operation_input(context: &mut GenContext, operation: &mut Operation) {
        document_problem(context, operation, 429, "Too many attempts. `Retry-After` tells when.");
    }
}

/// The address of the client, as a text.
pub fn origin_of(
    headers: &HeaderMap,
    extensions: &Extensions,
    settings: &Settings,
) -> Option<String> {
    client(headers, extensions, settings).map(|address| address.to_canonical().to_string())
}

fn client(headers: &HeaderMap, extensions: &Extensions, settings: &Settings) -> Option<IpAddr> {
    let peer = extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip();
    let forwarded = headers.get_all("x-forwarded-for").iter();
    let lists: Vec<&str> = forwarded.filter_map(|list| list.to_str().ok()).collect();
    Some(behind_proxies(peer, &lists.join(","), |address| settings.is_trusted_proxy(address)))
}

/// The nearest address that is no trusted proxy. What cannot be read ends the search: the proxy
/// that wrote it is as far as can be seen.
fn behind_proxies(peer: IpAddr, forwarded: &str, trusted: impl Fn(IpAddr) -> bool) -> IpAddr {
    let mut nearest = peer;
    for address in forwarded.rsplit(',') {
        if !trusted(nearest) {
            break;
        }
        match address.trim().parse() {
            Ok(address) => nearest = address,
            Err(_) => break,
        }
    }
    nearest
}

/// What one client has: an IPv4 address, or the 64 bits of an IPv6 network.
fn network(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: &str) -> String {
        let trusted = |address: IpAddr| address.to_string().starts_with("10.");
        behind_proxies(peer.parse().unwrap(), forwarded, trusted).to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        assert_eq!(seen("203.0.113.9", "192.0.2.1"), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", "192.0.2.1"), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", "198.51.100.1, 192.0.2.1, 10.0.0.2"), "192.0.2.1");
        assert_eq!(seen("10.0.0.1", "nonsense"), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", ""), "10.0.0.1");
    }

    #[test]
    fn clients_of_one_network_count_as_one() {
        let one = network("2001:db8:1:2::3".parse().unwrap());
        assert_eq!(one, network("2001:db8:1:2:ffff::9".parse().unwrap()));
        assert_ne!(one, network("2001:db8:1:3::3".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.7".parse().unwrap()), "192.0.2.7");
    }
}
