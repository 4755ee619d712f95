//! Who is connected: so many connections from one address, so that it does not take all the places there are.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::rates::network;

/// The connections there are.
pub(super) struct Crowd {
    /// How many one address may have.
    most: u32,
    /// Behind a proxy are many people, and it is asked to look after itself.
    proxies: Vec<IpAddr>,
    each: Mutex<HashMap<IpAddr, u32>>,
}

/// Somebody who is connected, until this is dropped.
pub(super) struct Guest {
    crowd: Arc<Crowd>,
    /// `None` for a proxy, whose connections are not counted.
    network: Option<IpAddr>,
}

impl Crowd {
    pub(super) fn new(most: u32, proxies: &[IpAddr]) -> Arc<Self> {
        Arc::new(Self {
            most,
            proxies: proxies.iter().map(IpAddr::to_canonical).collect(),
            each: Mutex::default(),
        })
    }

    /// Lets one more in; `None` where as many are there from the same place already.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Guest> {
        let peer = peer.to_canonical();
        let network = (!self.proxies.contains(&peer)).then(|| network(peer));
        if let Some(network) = network {
            let mut each = self.each();
            let count = each.entry(network).or_default();
            if *count >= self.most {
                return None;
            }
            *count += 1;
        }
        Some(Guest {
            crowd: Arc::clone(self),
            network,
        })
    }

    fn each(&self) -> MutexGuard<'_, HashMap<IpAddr, u32>> {
        self.each.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let Some(network) = self.network else {
            return;
        };
        let mut each = self.crowd.each();
        let left = each
            .get(&network)
            .map_or(0, |count| count.saturating_sub(1));
        if left == 0 {
            each.remove(&network);
        } else {
            each.insert(network, left);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_its_share_and_a_proxy_has_no_limit() {
        let proxy: IpAddr = "127.0.0.1".parse().unwrap();
        let crowd = Crowd::new(2, &[proxy]);
        let enter = |peer: &str| crowd.enter(peer.parse().unwrap());
        let first = enter("203.0.113.7");
        let second = enter("::ffff:203.0.113.7");
        assert!(first.is_some() && second.is_some());
        assert!(enter("203.0.113.7").is_none());
        let neighbour = enter("203.0.113.8");
        assert!(neighbour.is_some());
        // All networks of one home are one place.
        let home = [enter("2001:db8:1:2::1"), enter("2001:db8:1:3::1")];
        assert!(home.iter().all(Option::is_some));
        assert!(enter("2001:db8:1:4::1").is_none());
        let through: Vec<_> = (0..100).map(|_| enter("127.0.0.1")).collect();
        assert!(through.iter().all(Option::is_some));
        drop(second);
        assert!(enter("203.0.113.7").is_some());
        drop((first, neighbour, home));
        assert!(crowd.each().is_empty(), "who has gone is forgotten");
    }
}
