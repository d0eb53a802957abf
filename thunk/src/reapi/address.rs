//! Where a server is: `reapi://host:port[/instance]`, or `reapis://` over TLS.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// Names that an instance's parts must not have, as they would end it in names of resources.
const RESERVED: [&str; 7] = [
    "actionResults",
    "actions",
    "blobs",
    "capabilities",
    "compressed-blobs",
    "operations",
    "uploads",
];

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Whether calls go over TLS.
    pub(super) tls: bool,
    /// A name or a number; those of version 6 are in brackets.
    pub(super) host: String,
    /// A number that is not zero.
    pub(super) port: u16,
    /// One of the server's storages; often empty.
    pub(super) instance: String,
}

/// What is no address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address:?} is no address of a server: {why}")]
pub(super) struct NoAddress {
    address: String,
    why: &'static str,
}

impl Address {
    /// Whether the server is this machine, which calls need not leave.
    pub(super) fn is_here(&self) -> bool {
        let number = self.host.trim_matches(['[', ']']).parse::<IpAddr>();
        self.host == "localhost" || number.is_ok_and(|number| number.is_loopback())
    }

    /// Where to connect to.
    pub(super) fn uri(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}:{}", self.host, self.port)
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.tls { "reapis" } else { "reapi" };
        write!(f, "{scheme}://{}:{}", self.host, self.port)?;
        if !self.instance.is_empty() {
            write!(f, "/{}", self.instance)?;
        }
        Ok(())
    }
}

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        parse(text).map_err(|why| NoAddress {
            address: text.to_owned(),
            why,
        })
    }
}

fn parse(text: &str) -> Result<Address, &'static str> {
    let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
    let tls = match scheme {
        "reapi" => false,
        "reapis" => true,
        _ => return Err("it begins with neither reapi:// nor reapis://"),
    };
    let (server, instance) = rest.split_once('/').unwrap_or((rest, ""));
    let (host, port) = server
        .rsplit_once(':')
        .ok_or("a port is missing, as in reapi://host:port")?;
    let port = port.parse().ok().filter(|port| *port != 0);
    Ok(Address {
        tls,
        host: host_of(host)?,
        port: port.ok_or("its port is no number from 1 to 65535")?,
        instance: instance_of(instance)?,
    })
}

fn host_of(host: &str) -> Result<String, &'static str> {
    let number = host
        .strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'));
    let good = match number {
        Some(number) => number.parse::<IpAddr>().is_ok_and(|one| one.is_ipv6()),
        None => {
            let part = |c: char| c.is_ascii_alphanumeric() || "-._".contains(c);
            !host.is_empty() && host.chars().all(part)
        }
    };
    good.then(|| host.to_owned())
        .ok_or("its host is neither a name nor a number; those of version 6 are in brackets")
}

fn instance_of(instance: &str) -> Result<String, &'static str> {
    let bad = |part: &str| part.is_empty() || RESERVED.contains(&part);
    if !instance.is_empty() && instance.split('/').any(bad) {
        return Err("its instance has an empty or a reserved part");
    }
    let plain = |c: char| c.is_ascii_graphic() && !"?#".contains(c);
    if !instance.chars().all(plain) {
        return Err("its instance has characters other than visible ones of ASCII, or ? or #");
    }
    Ok(instance.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_back() {
        for text in [
            "reapi://localhost:8980",
            "reapis://cache.example.org:443/main",
            "reapi://[::1]:1/projects/a/instances/b",
            "reapi://10.0.0.1:65535",
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!(address.to_string(), text);
        }
        let none: Address = "reapi://host:1/".parse().unwrap();
        assert_eq!(none.instance, "");
        let address: Address = "reapis://[::1]:1/a".parse().unwrap();
        assert!(address.tls && address.is_here());
        assert_eq!((&address.instance[..], address.port), ("a", 1));
        assert_eq!(address.uri(), "https://[::1]:1");
        for far in ["reapi://10.0.0.1:1", "reapi://localhost.example.org:1"] {
            assert!(!far.parse::<Address>().unwrap().is_here());
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in [
            "",
            "localhost:8980",
            "http://localhost:8980",
            "reapi://localhost",
            "reapi://localhost:0",
            "reapi://localhost:65536",
            "reapi://:1",
            "reapi://user@host:1",
            "reapi://::1:1",
            "reapi://[localhost]:1",
            "reapi://host:1//",
            "reapi://host:1/a/",
            "reapi://host:1/a//b",
            "reapi://host:1/blobs",
            "reapi://host:1/a?b",
            "reapi://host:1/ä",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }
}
