//! Wrong keys at the login, counted by the address that they came from. No clock, no lock.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};

use quire_domain::delivery::MonotonicMillis;

#[derive(Debug)]
pub(super) struct WrongKeys {
    max_per_min: u64,
    windows: HashMap<Option<IpAddr>, TryWindow>,
}

/// A minute that began with the first try.
#[derive(Debug)]
struct TryWindow {
    began_at: MonotonicMillis,
    tries: u64,
}

const WINDOW_MS: MonotonicMillis = 60_000;

/// Addresses that are remembered; of more, the one whose minute began first is forgotten.
const MAX_ADDRESSES: usize = 10_000;

impl WrongKeys {
    pub(super) fn new(max_per_min: u64) -> Self {
        Self { max_per_min, windows: HashMap::new() }
    }

    /// Counts a try before anybody looks at its key, so that no two at once are one.
    ///
    /// # Errors
    /// The seconds after which another one is looked at.
    pub(super) fn count(&mut self, address: Option<IpAddr>, now: MonotonicMillis) -> Result<(), u32> {
        let address = address.map(network);
        self.make_room(address, now);
        let window = self.windows.entry(address).or_insert(TryWindow { began_at: now, tries: 0 });
        if window.has_ended(now) {
            *window = TryWindow { began_at: now, tries: 0 };
        }
        if window.tries >= self.max_per_min {
            return Err((window.began_at + WINDOW_MS - now).div_ceil(1000) as u32);
        }
        window.tries += 1;
        Ok(())
    }

    /// Takes back the count of a try whose key was right.
    pub(super) fn forgive(&mut self, address: Option<IpAddr>, now: MonotonicMillis) {
        if let Some(window) = self.windows.get_mut(&address.map(network)).filter(|window| !window.has_ended(now)) {
            window.tries = window.tries.saturating_sub(1);
        }
    }

    fn make_room(&mut self, address: Option<IpAddr>, now: MonotonicMillis) {
        if self.windows.len() < MAX_ADDRESSES || self.windows.contains_key(&address) {
            return;
        }
        self.windows.retain(|_, window| !window.has_ended(now));
        let oldest = self.windows.iter().min_by_key(|(_, window)| window.began_at).map(|(address, _)| *address);
        if let Some(oldest) = oldest.filter(|_| self.windows.len() >= MAX_ADDRESSES) {
            self.windows.remove(&oldest);
        }
    }
}

impl TryWindow {
    fn has_ended(&self, now: MonotonicMillis) -> bool {
        now >= self.began_at + WINDOW_MS
    }
}

/// Of IPv6 the network: who has one address there has all of them.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn address(text: &str) -> Option<IpAddr> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn after_so_many_an_address_waits_for_the_end_of_its_minute() {
        let mut wrong = WrongKeys::new(2);
        let here = address("10.0.0.1");
        assert_eq!([0, 1000, 2000, 59_999].map(|now| wrong.count(here, now)), [Ok(()), Ok(()), Err(58), Err(1)]);
        assert_eq!(wrong.count(address("10.0.0.2"), 2000), Ok(()), "another address is another one");
        assert_eq!(wrong.count(here, 60_000), Ok(()));
    }

    #[test]
    fn a_right_key_costs_nothing() {
        let mut wrong = WrongKeys::new(1);
        for now in 0..9 {
            assert_eq!(wrong.count(None, now), Ok(()));
            wrong.forgive(None, now);
        }
        assert_eq!((wrong.count(None, 9), wrong.count(None, 9)), (Ok(()), Err(60)));
    }

    #[test]
    fn a_network_of_ipv6_is_one_address_and_a_mapped_address_is_what_it_maps() {
        let mut wrong = WrongKeys::new(1);
        assert_eq!(wrong.count(address("2001:db8:0:1::1"), 0), Ok(()));
        assert_eq!(wrong.count(address("2001:db8:0:1:ffff::2"), 0), Err(60));
        assert_eq!(wrong.count(address("2001:db8:0:2::1"), 0), Ok(()));
        assert_eq!(wrong.count(address("::ffff:10.0.0.1"), 0), Ok(()));
        assert_eq!(wrong.count(address("10.0.0.1"), 0), Err(60));
    }

    #[test]
    fn addresses_without_end_take_no_memory_without_end() {
        let mut wrong = WrongKeys::new(1);
        for nth in 0..2 * MAX_ADDRESSES as u32 {
            assert_eq!(wrong.count(Some(std::net::Ipv4Addr::from_bits(nth).into()), u64::from(nth)), Ok(()));
        }
        assert_eq!(wrong.windows.len(), MAX_ADDRESSES);
    }
}
