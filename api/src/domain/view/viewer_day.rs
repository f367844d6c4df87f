//! Whose views they are, without knowing who: a number that is another one for each company and on each UTC day.
//!
//! It is made of address and browser by a key of the day, which comes from the installation's secret. Without the secret
//! nobody gets back from a number to an address; and of two days' numbers nobody can say that they are of one person.

use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::secret::{Purpose, SecretKey};

/// Who looks at a company's photos on the day of this instant; none where nothing tells people apart.
pub(super) fn viewer_of_day(
    secret: &SecretKey,
    at: DateTime<Utc>,
    company_id: i64,
    address: Option<IpAddr>,
    user_agent: Option<&str>,
) -> Option<i64> {
    if address.is_none() && user_agent.is_none() {
        return None;
    }
    let mut who = company_id.to_be_bytes().to_vec();
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => who.extend(address.to_ipv6_mapped().octets()),
        Some(IpAddr::V6(address)) => who.extend(address.octets()),
        None => who.extend([0; 16]),
    }
    who.extend(user_agent.unwrap_or_default().as_bytes());
    let signed = secret.sign(Purpose::ViewerOfDay(at.date_naive()), &who);
    signed.first_chunk().map(|bytes| i64::from_be_bytes(*bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn viewer(at: &str, company_id: i64, address: &str, user_agent: Option<&str>) -> Option<i64> {
        let secret = SecretKey::new(vec![[1; 32]]).unwrap();
        viewer_of_day(&secret, at.parse().unwrap(), company_id, address.parse().ok(), user_agent)
    }

    #[test]
    fn a_viewer_is_the_same_all_day_and_nobody_else() {
        let one = viewer("2026-11-21T00:00:00Z", 1, "203.0.113.7", Some("Safari"));
        assert_eq!(viewer("2026-11-21T23:59:59.999999Z", 1, "::ffff:203.0.113.7", Some("Safari")), one);
        for other in [
            viewer("2026-11-22T00:00:00Z", 1, "203.0.113.7", Some("Safari")),
            viewer("2026-11-21T00:00:00Z", 2, "203.0.113.7", Some("Safari")),
            viewer("2026-11-21T00:00:00Z", 1, "203.0.113.8", Some("Safari")),
            viewer("2026-11-21T00:00:00Z", 1, "203.0.113.7", Some("Chrome")),
            viewer("2026-11-21T00:00:00Z", 1, "203.0.113.7", None),
            viewer("2026-11-21T00:00:00Z", 1, "unknown", Some("Safari")),
        ] {
            assert!(other.is_some() && other != one);
        }
        assert_eq!(viewer("2026-11-21T00:00:00Z", 1, "unknown", None), None);
    }
}
