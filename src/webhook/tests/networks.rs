//! Every special network from its first to its last address, and the public addresses beside it.

use std::net::IpAddr;

use ipnet::IpNet;
use proptest::prelude::*;

use crate::webhook::networks::{ForbiddenNetwork, NetworkGuard, special};

/// Network, what it is, and what its neighbours below and above are; nothing is public.
type Line = (&'static str, &'static str, Option<&'static str>, Option<&'static str>);

const PUBLIC: Option<&str> = None;
const RESERVED: Option<&str> = Some("reserved");

/// The special-purpose registries of IANA, without what they call globally reachable.
const TABLE: &[Line] = &[
    ("0.0.0.0/8", "unspecified", PUBLIC, PUBLIC),
    ("10.0.0.0/8", "private", PUBLIC, PUBLIC),
    ("100.64.0.0/10", "shared (CGNAT)", PUBLIC, PUBLIC),
    ("127.0.0.0/8", "loopback", PUBLIC, PUBLIC),
    ("169.254.0.0/16", "link-local", PUBLIC, PUBLIC),
    ("172.16.0.0/12", "private", PUBLIC, PUBLIC),
    ("192.0.0.0/24", "protocol assignment", PUBLIC, PUBLIC),
    ("192.0.2.0/24", "documentation", PUBLIC, PUBLIC),
    ("192.88.99.0/24", "6to4 relay", PUBLIC, PUBLIC),
    ("192.168.0.0/16", "private", PUBLIC, PUBLIC),
    ("198.18.0.0/15", "benchmarking", PUBLIC, PUBLIC),
    ("198.51.100.0/24", "documentation", PUBLIC, PUBLIC),
    ("203.0.113.0/24", "documentation", PUBLIC, PUBLIC),
    ("224.0.0.0/4", "multicast", PUBLIC, RESERVED),
    ("255.255.255.255/32", "broadcast", RESERVED, PUBLIC),
    ("::/128", "unspecified", PUBLIC, Some("loopback")),
    ("::1/128", "loopback", Some("unspecified"), Some("IPv4-compatible")),
    ("::ffff:0:0/96", "IPv4-mapped", RESERVED, RESERVED),
    ("64:ff9b::/96", "NAT64", RESERVED, RESERVED),
    ("64:ff9b:1::/48", "NAT64", RESERVED, RESERVED),
    ("100::/64", "discard-only", RESERVED, Some("dummy")),
    ("100:0:0:1::/64", "dummy", Some("discard-only"), RESERVED),
    ("2001::/32", "Teredo", PUBLIC, Some("protocol assignment")),
    ("2001:2::/48", "benchmarking", Some("protocol assignment"), Some("protocol assignment")),
    ("2001:db8::/32", "documentation", PUBLIC, PUBLIC),
    ("2002::/16", "6to4", PUBLIC, PUBLIC),
    ("3fff::/20", "documentation", PUBLIC, PUBLIC),
    ("5f00::/16", "segment routing", RESERVED, RESERVED),
    ("fc00::/7", "unique local", RESERVED, RESERVED),
    ("fe80::/10", "link-local", RESERVED, Some("site-local")),
    ("fec0::/10", "site-local", Some("link-local"), Some("multicast")),
    ("ff00::/8", "multicast", Some("site-local"), PUBLIC),
];

/// One below the first and one above the last address, where there are any.
fn neighbours(network: &IpNet) -> (Option<IpAddr>, Option<IpAddr>) {
    match network {
        IpNet::V4(network) => {
            let (first, last) = (u32::from(network.network()), u32::from(network.broadcast()));
            let address = |bits: u32| IpAddr::V4(bits.into());
            (first.checked_sub(1).map(address), last.checked_add(1).map(address))
        }
        IpNet::V6(network) => {
            let (first, last) = (u128::from(network.network()), u128::from(network.broadcast()));
            let address = |bits: u128| IpAddr::V6(bits.into());
            (first.checked_sub(1).map(address), last.checked_add(1).map(address))
        }
    }
}

#[test]
fn every_special_network_is_refused_from_its_first_to_its_last_address_and_its_neighbours_are_what_they_are() {
    for (network, name, below, above) in TABLE {
        let network: IpNet = network.parse().unwrap();
        for address in [network.network(), network.broadcast()] {
            assert_eq!(special(address), Some(*name), "{address} of {network}");
        }
        let (before, after) = neighbours(&network);
        assert_eq!(before.and_then(special), *below, "below {network}");
        assert_eq!(after.and_then(special), *above, "above {network}");
    }
}

#[test]
fn ranges_that_hold_others_are_refused_up_to_their_edges() {
    for (address, name) in [
        ("::2", Some("IPv4-compatible")),
        ("::ffff:ffff", Some("IPv4-compatible")),
        ("::1:0:0", RESERVED),
        ("2001:1::", Some("protocol assignment")),
        ("2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", Some("protocol assignment")),
        ("2001:200::", PUBLIC),
        ("2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", PUBLIC),
        ("2000::", PUBLIC),
        ("1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", RESERVED),
        ("4000::", RESERVED),
        ("240.0.0.0", RESERVED),
        ("255.255.255.254", RESERVED),
    ] {
        assert_eq!(special(address.parse().unwrap()), name, "{address}");
    }
}

#[test]
fn public_addresses_pass() {
    for address in ["1.1.1.1", "8.8.8.8", "93.184.215.14", "192.31.196.1", "2606:4700::1111", "2a00:1450::1"] {
        assert_eq!(special(address.parse().unwrap()), None, "{address}");
    }
}

#[test]
fn forms_that_carry_an_address_are_refused_whatever_they_carry() {
    for carried in ["8.8.8.8", "127.0.0.1", "10.0.0.1"] {
        let v4: std::net::Ipv4Addr = carried.parse().unwrap();
        let [a, b, c, d] = v4.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        for form in [
            v4.to_ipv6_mapped().to_string(),
            format!("::{high:x}:{low:x}"),
            format!("64:ff9b::{high:x}:{low:x}"),
            format!("2002:{high:x}:{low:x}::1"),
            format!("2001:0:{high:x}:{low:x}::"),
        ] {
            assert!(special(form.parse().unwrap()).is_some(), "{form}");
        }
    }
}

#[test]
fn what_an_operator_allows_passes_and_nothing_beside_it() {
    let guard = NetworkGuard { allowed: vec!["10.1.0.0/16".parse().unwrap(), "fd00::/8".parse().unwrap()] };
    let check = |address: &str| guard.check(address.parse().unwrap());
    assert_eq!((check("10.1.0.0"), check("10.1.255.255"), check("fd12::1")), (Ok(()), Ok(()), Ok(())));
    assert_eq!(check("10.0.255.255"), Err(ForbiddenNetwork("private")));
    assert_eq!(check("10.2.0.0"), Err(ForbiddenNetwork("private")));
    assert_eq!(check("fc00::1"), Err(ForbiddenNetwork("unique local")));
    assert_eq!(
        check("::ffff:10.1.0.1"),
        Err(ForbiddenNetwork("IPv4-mapped")),
        "allowed is what is named, in its own form"
    );
}

proptest! {
    /// The oracle is the standard library, which knows special addresses.
    #[test]
    fn whatever_the_standard_library_calls_special_is_refused(bits in any::<u32>(), high in 0..256u32) {
        for bits in [bits, high << 24 | bits >> 8, 0xc000_0000 | bits >> 8] {
            let address = std::net::Ipv4Addr::from(bits);
            let is_special = address.is_private()
                || address.is_loopback()
                || address.is_link_local()
                || address.is_broadcast()
                || address.is_documentation()
                || address.is_multicast()
                || address.is_unspecified();
            prop_assert!(!is_special || special(IpAddr::V4(address)).is_some(), "{}", address);
        }
    }

    #[test]
    fn nothing_of_ipv6_passes_outside_of_global_unicast(bits in any::<u128>()) {
        let address = std::net::Ipv6Addr::from(bits);
        prop_assert!(special(IpAddr::V6(address)).is_some() || address.segments()[0] >> 13 == 1, "{}", address);
    }
}
