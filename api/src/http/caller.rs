//! Who knocks: from which address, with which program, under which id, and with which credentials.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::header::{AUTHORIZATION, HeaderName, USER_AGENT};
use axum::http::request::Parts;

use super::edge::id_of;
use super::refusal::Refusal;
use crate::app::App;
use crate::auth::{Caller, Viewer, authenticate};
use crate::config::Config;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The caller of a request.
pub(super) fn caller(head: &Parts, config: &Config) -> Caller {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    Caller {
        address: peer.map(|peer| behind_proxies(peer, &head.headers, &config.trusted_proxies).to_string()),
        user_agent: head.headers.get(USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned),
        request_id: id_of(&head.extensions).to_owned(),
    }
}

/// Who asks, by what the request shows.
pub(super) async fn viewer(head: &Parts, app: &App) -> Result<Viewer, Refusal> {
    let viewer = authenticate(app, authorization(&head.headers), caller(head, &app.config)).await;
    viewer.map_err(|error| Refusal::of_credentials(&error))
}

/// What a request shows to say who asks. Bytes that are no text are no credentials that anybody was given.
pub(super) fn authorization(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION).map(|value| value.to_str().unwrap_or("?"))
}

/// The last address that is no proxy of ours: what stands left of it may have been made up by the client.
fn behind_proxies(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    let told = headers.get_all(X_FORWARDED_FOR).iter().filter_map(|value| value.to_str().ok());
    let mut hops: Vec<&str> = told.flat_map(|list| list.split(',')).map(str::trim).collect();
    let mut nearest = peer;
    while trusted.contains(&nearest) {
        let Some(Ok(next)) = hops.pop().map(str::parse::<IpAddr>) else { break };
        nearest = next.to_canonical();
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(peer: &str, forwarded: &[&'static str], trusted: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(X_FORWARDED_FOR, value.parse().unwrap());
        }
        let trusted: Vec<IpAddr> = trusted.iter().map(|one| one.parse().unwrap()).collect();
        behind_proxies(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_may_say_for_whom_it_asks() {
        assert_eq!(told("203.0.113.7", &["198.51.100.1"], &[]), "203.0.113.7");
        assert_eq!(told("203.0.113.7", &["198.51.100.1"], &["10.0.0.1"]), "203.0.113.7");
        assert_eq!(told("10.0.0.1", &["198.51.100.1"], &["10.0.0.1"]), "198.51.100.1");
    }

    #[test]
    fn what_the_client_made_up_is_left_of_what_the_proxies_wrote() {
        let trusted = ["10.0.0.1", "10.0.0.2"];
        assert_eq!(told("10.0.0.1", &["1.1.1.1, 198.51.100.1", "10.0.0.2"], &trusted), "198.51.100.1");
        assert_eq!(told("10.0.0.1", &["nonsense"], &trusted), "10.0.0.1");
        assert_eq!(told("10.0.0.1", &[], &trusted), "10.0.0.1");
    }
}
