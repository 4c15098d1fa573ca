//! Guard: which addresses may be reached.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::str::FromStr;

/// Which addresses may be reached, and whether without TLS.
///
/// Public and private networks may. This machine itself and link-local addresses, where clouds hand out
/// credentials, may only if they are allowed by name.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Whether `http:` is allowed beside `https:`.
    pub plain: bool,
    /// Addresses that may be reached though they would be refused.
    pub allowed: Vec<Block>,
    /// Hosts that the operator named, `host:port`: they may be reached wherever they are, and without TLS.
    pub trusted: Vec<String>,
    /// What is reached: it decides what messages say about the way out.
    pub purpose: Purpose,
}

/// What requests are made for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Purpose {
    /// HTTP tasks, which `[http]` in `stepwell.toml` speaks of.
    #[default]
    Http,
    /// Services of AWS, whose addresses nobody allows one by one.
    Aws,
}

impl Purpose {
    /// How to let through what was refused, where that can be.
    pub(crate) fn way_out(self, setting: &str) -> String {
        match self {
            Self::Http => format!("; {setting} below [http] in stepwell.toml allows it"),
            Self::Aws => String::new(),
        }
    }
}

/// A range of addresses, written `169.254.0.0/16` or, if it is only one, `127.0.0.1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Block {
    network: IpAddr,
    bits: u8,
}

/// A text that is no range of addresses.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no address such as 127.0.0.1, and no range of addresses such as 10.0.0.0/8")]
pub struct InvalidBlock(String);

/// Addresses that are only refused for what is there, though they look like any other: where clouds answer questions
/// about the machine that asks.
const METADATA: [IpAddr; 3] = [
    // Alibaba Cloud, Oracle Cloud
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    // Azure, which answers its machines' agents here
    IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)),
];

/// Unique local addresses that AWS uses for the same: `fd00:ec2::/32`.
const METADATA_V6: (u16, u16) = (0xfd00, 0x0ec2);

impl Guard {
    /// Whether the operator named the host.
    pub(crate) fn trusts(&self, host: &str, port: u16) -> bool {
        let trusted = self.trusted.iter().filter_map(|trusted| trusted.rsplit_once(':'));
        trusted
            .into_iter()
            .any(|(known, at)| known.eq_ignore_ascii_case(host) && at.parse() == Ok(port))
    }

    /// Checks an address; what it is if it may not be reached.
    pub fn check(&self, address: IpAddr) -> Result<(), &'static str> {
        let real = embedded(address);
        let is_allowed = |block: &Block| block.contains(address) || block.contains(real);
        match refusal(real) {
            Some(_) if self.allowed.iter().any(is_allowed) => Ok(()),
            Some(what) => Err(what),
            None => Ok(()),
        }
    }
}

fn refusal(address: IpAddr) -> Option<&'static str> {
    if METADATA.contains(&address) {
        return Some("an address of a cloud's metadata");
    }
    match address {
        IpAddr::V4(address) => match address.octets() {
            _ if address.is_loopback() => Some("a loopback address"),
            _ if address.is_link_local() => Some("a link-local address"),
            [0, ..] => Some("no address of a host"),
            [224..=255, ..] => Some("no address of a single host"),
            _ => None,
        },
        IpAddr::V6(address) => match address.segments() {
            _ if address.is_loopback() => Some("a loopback address"),
            _ if address.is_unspecified() => Some("no address of a host"),
            _ if address.is_multicast() => Some("no address of a single host"),
            [first, ..] if first & 0xffc0 == 0xfe80 => Some("a link-local address"),
            [first, second, ..] if (first, second) == METADATA_V6 => Some("an address of a cloud's metadata"),
            _ => None,
        },
    }
}

/// The IPv4 address that an IPv6 address stands for, if it does: packets to it may end there.
fn embedded(address: IpAddr) -> IpAddr {
    let IpAddr::V6(address) = address else {
        return address;
    };
    let v4 = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        IpAddr::V4(Ipv4Addr::new(a, b, c, d))
    };
    match address.segments() {
        // Mapped, and translated by gateways (NAT64, 6to4).
        [0, 0, 0, 0, 0, 0xffff, high, low] => v4(high, low),
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => v4(high, low),
        [0x2002, high, low, ..] => v4(high, low),
        // Compatible, an old form; `::` and `::1` are themselves.
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => v4(high, low),
        _ => IpAddr::V6(address),
    }
}

impl Block {
    fn contains(&self, address: IpAddr) -> bool {
        match (self.network, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                let shift = 32 - u32::from(self.bits);
                u32::from(network).checked_shr(shift) == u32::from(address).checked_shr(shift)
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                let shift = 128 - u32::from(self.bits);
                u128::from(network).checked_shr(shift) == u128::from(address).checked_shr(shift)
            }
            _ => false,
        }
    }
}

impl FromStr for Block {
    type Err = InvalidBlock;

    fn from_str(text: &str) -> Result<Self, InvalidBlock> {
        let invalid = || InvalidBlock(text.to_owned());
        let (network, bits) = match text.split_once('/') {
            None => (text, None),
            Some((network, bits)) => (network, Some(bits.parse::<u8>().map_err(|_| invalid())?)),
        };
        let network: IpAddr = network.parse().map_err(|_| invalid())?;
        let most = if network.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(most);
        if bits > most {
            return Err(invalid());
        }
        Ok(Self { network, bits })
    }
}

impl fmt::Display for Block {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.network, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(guard: &Guard, address: &str) -> Result<(), &'static str> {
        guard.check(address.parse().unwrap())
    }

    #[test]
    fn public_and_private_networks_may_be_reached() {
        for address in [
            "93.184.216.34",
            "10.0.0.1",
            "192.168.1.1",
            "172.16.0.1",
            "100.64.0.1",
            "2606:2800:220:1::1",
            "fd12:3456::1",
        ] {
            assert_eq!(check(&Guard::default(), address), Ok(()), "{address}");
        }
    }

    #[test]
    fn this_machine_and_metadata_may_not() {
        for (address, what) in [
            ("127.0.0.1", "a loopback address"),
            ("127.9.9.9", "a loopback address"),
            ("::1", "a loopback address"),
            ("::ffff:127.0.0.1", "a loopback address"),
            ("169.254.169.254", "a link-local address"),
            ("169.254.170.2", "a link-local address"),
            ("::ffff:169.254.169.254", "a link-local address"),
            ("64:ff9b::a9fe:a9fe", "a link-local address"),
            ("2002:a9fe:a9fe::1", "a link-local address"),
            ("::169.254.169.254", "a link-local address"),
            ("fe80::1", "a link-local address"),
            ("fd00:ec2::254", "an address of a cloud's metadata"),
            ("100.100.100.200", "an address of a cloud's metadata"),
            ("0.0.0.0", "no address of a host"),
            ("0.1.2.3", "no address of a host"),
            ("::", "no address of a host"),
            ("224.0.0.1", "no address of a single host"),
            ("255.255.255.255", "no address of a single host"),
            ("ff02::1", "no address of a single host"),
        ] {
            assert_eq!(check(&Guard::default(), address), Err(what), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_by_name_may_be_reached() {
        let blocks = ["127.0.0.0/8", "::1", "169.254.169.254"];
        let guard = Guard {
            allowed: blocks.iter().map(|block| block.parse().unwrap()).collect(),
            ..Guard::default()
        };
        for address in [
            "127.0.0.1",
            "127.1.2.3",
            "::1",
            "::ffff:127.0.0.1",
            "169.254.169.254",
        ] {
            assert_eq!(check(&guard, address), Ok(()), "{address}");
        }
        assert!(check(&guard, "169.254.170.2").is_err());
        let all: Block = "0.0.0.0/0".parse().unwrap();
        assert!(all.contains("127.0.0.1".parse().unwrap()));
    }

    #[test]
    fn blocks_are_addresses_with_at_most_their_bits() {
        assert_eq!("10.0.0.0/8".parse::<Block>().unwrap().to_string(), "10.0.0.0/8");
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "10.0.0.0/-1",
        ] {
            assert!(text.parse::<Block>().is_err(), "{text}");
        }
    }
}
