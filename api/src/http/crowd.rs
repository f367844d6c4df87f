//! How many connections come from one place, so that nobody can take all of them.
//!
//! A house with one address may have many people, so the limit is generous; an address of IPv6 is one of a whole network
//! that its owner has, so the network counts. Proxies of ours come for everybody and are not counted.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::config::Config;

/// The connections of each place.
pub(super) struct Crowd {
    most: usize,
    uncounted: Vec<IpAddr>,
    present: Mutex<HashMap<IpAddr, usize>>,
}

/// A connection's place in the crowd. It is given back when the last of its clones is gone.
#[derive(Clone)]
pub(super) struct Visit {
    _counted: Option<Arc<Counted>>,
}

struct Counted {
    crowd: Arc<Crowd>,
    place: IpAddr,
}

impl Crowd {
    pub(super) fn new(config: &Config) -> Arc<Self> {
        let uncounted = config.trusted_proxies.iter().map(IpAddr::to_canonical).collect();
        Arc::new(Self { most: config.limits.connections_per_address, uncounted, present: Mutex::default() })
    }

    /// Lets somebody in, unless there are too many from there already.
    pub(super) fn enter(self: &Arc<Self>, address: IpAddr) -> Option<Visit> {
        let address = address.to_canonical();
        if self.uncounted.contains(&address) {
            return Some(Visit { _counted: None });
        }
        let place = place_of(address);
        let mut present = self.present();
        let there = present.entry(place).or_default();
        if *there >= self.most {
            return None;
        }
        *there += 1;
        Some(Visit { _counted: Some(Arc::new(Counted { crowd: Arc::clone(self), place })) })
    }

    fn present(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        let mut present = self.crowd.present();
        if let Some(there) = present.get_mut(&self.place) {
            *there -= 1;
            if *there == 0 {
                present.remove(&self.place);
            }
        }
    }
}

/// Whoever has one address of IPv6 has 2^64 of them.
fn place_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => Ipv6Addr::from(u128::from(address) & (u128::MAX << 64)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Limits;

    fn crowd(most: usize) -> Arc<Crowd> {
        let limits = Limits { connections_per_address: most, ..Limits::default() };
        Crowd::new(&Config { limits, trusted_proxies: vec!["10.0.0.1".parse().unwrap()], ..Config::default() })
    }

    fn enter(crowd: &Arc<Crowd>, address: &str) -> Option<Visit> {
        crowd.enter(address.parse().unwrap())
    }

    #[test]
    fn one_place_takes_no_more_than_its_share() {
        let crowd = crowd(2);
        let visits = [enter(&crowd, "192.0.2.1").unwrap(), enter(&crowd, "::ffff:192.0.2.1").unwrap()];
        assert!(enter(&crowd, "192.0.2.1").is_none());
        assert!(enter(&crowd, "192.0.2.2").is_some());
        let [left, stays] = visits;
        let clone = left.clone();
        drop(left);
        assert!(enter(&crowd, "192.0.2.1").is_none(), "a socket still holds the place");
        drop(clone);
        assert!(enter(&crowd, "192.0.2.1").is_some());
        drop(stays);
        assert!(crowd.present().is_empty());
    }

    #[test]
    fn a_network_is_one_place_and_a_proxy_is_none() {
        let crowd = crowd(1);
        let _visit = enter(&crowd, "2001:db8::1").unwrap();
        assert!(enter(&crowd, "2001:db8::ffff:2").is_none());
        assert!(enter(&crowd, "2001:db8:0:1::1").is_some());
        let proxied: Vec<_> = (0..10).map(|_| enter(&crowd, "10.0.0.1")).collect();
        assert!(proxied.iter().all(Option::is_some));
    }
}
