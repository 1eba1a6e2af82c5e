//! From which address a request comes, where proxies stand in front.
//!
//! Each proxy adds, at the right end of `X-Forwarded-For` (or of the standard `Forwarded`, RFC 7239),
//! whom it had the request from. So the client is the rightmost hop that is not one of our own proxies:
//! whatever stands further left was sent by the client, who may write there what they like.
//!
//! | the peer           | the headers                         | the client is                           |
//! |--------------------|-------------------------------------|-----------------------------------------|
//! | no proxy of ours   | any                                 | the peer                                |
//! | a proxy of ours    | neither                             | the peer                                |
//! | a proxy of ours    | `X-Forwarded-For`, or both          | the rightmost hop that is no proxy of ours |
//! | a proxy of ours    | `Forwarded` alone                   | the same of its `for`                   |
//! | a proxy of ours    | only proxies of ours stand in it    | the leftmost of them                    |
//! | a proxy of ours    | a hop that cannot be read comes first | the peer                              |

use http::{HeaderMap, HeaderName, header};
use ipnet::IpNet;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicBool, Ordering};

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// More hops than any request goes through: what is longer is not read.
const MOST_HOPS: usize = 50;

/// A hop that is no address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Unreadable;

/// Whether it was said that a proxy sends what cannot be read: once, as it comes with every request.
static SAID: AtomicBool = AtomicBool::new(false);

/// From where a request comes that this peer sent with these headers.
pub fn client_address(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let peer = peer.to_canonical();
    if !is_ours(peer, proxies) {
        return peer;
    }
    find(peer, headers, proxies).unwrap_or_else(|Unreadable| {
        if !SAID.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "a trusted proxy sent an X-Forwarded-For or Forwarded header that cannot be read: its own address is used instead"
            );
        }
        peer
    })
}

fn is_ours(address: IpAddr, proxies: &[IpNet]) -> bool {
    proxies.iter().any(|network| network.contains(&address))
}

fn find(peer: IpAddr, headers: &HeaderMap, proxies: &[IpNet]) -> Result<IpAddr, Unreadable> {
    let hops = if headers.contains_key(&X_FORWARDED_FOR) {
        listed(headers)?
    } else if headers.contains_key(header::FORWARDED) {
        forwarded(headers)?
    } else {
        return Ok(peer);
    };
    if hops.len() > MOST_HOPS {
        return Err(Unreadable);
    }
    let mut client = peer;
    for hop in hops.iter().rev() {
        client = node(hop)?;
        if !is_ours(client, proxies) {
            break;
        }
    }
    Ok(client)
}

/// The values of a header that may be there several times, in their order.
fn values<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = Result<&'a str, Unreadable>> {
    headers
        .get_all(name)
        .iter()
        .map(|value| value.to_str().map_err(|_| Unreadable))
}

/// The hops of `X-Forwarded-For`.
fn listed(headers: &HeaderMap) -> Result<Vec<String>, Unreadable> {
    let mut hops = Vec::new();
    for value in values(headers, &X_FORWARDED_FOR) {
        hops.extend(value?.split(',').map(|hop| hop.trim().to_owned()));
    }
    Ok(hops)
}

/// The hops of `Forwarded`: the `for` of each element, empty where it has none or several.
fn forwarded(headers: &HeaderMap) -> Result<Vec<String>, Unreadable> {
    let mut hops = Vec::new();
    for value in values(headers, &header::FORWARDED) {
        for element in parted(value?, ',')? {
            let mut found = None;
            for pair in parted(element, ';')? {
                let Some((name, value)) = pair.split_once('=') else {
                    continue;
                };
                if name.trim().eq_ignore_ascii_case("for") {
                    // Several say nothing certain: the hop then cannot be read.
                    let twice = found.is_some();
                    found = Some(if twice {
                        String::new()
                    } else {
                        unquoted(value.trim())?
                    });
                }
            }
            hops.push(found.unwrap_or_default());
        }
    }
    Ok(hops)
}

/// The parts between those marks that do not stand in quotes.
fn parted(text: &str, mark: char) -> Result<Vec<&str>, Unreadable> {
    let (mut parts, mut from) = (Vec::new(), 0);
    let (mut quoted, mut escaped) = (false, false);
    for (at, letter) in text.char_indices() {
        if escaped {
            escaped = false;
        } else if quoted && letter == '\\' {
            escaped = true;
        } else if letter == '"' {
            quoted = !quoted;
        } else if letter == mark && !quoted {
            parts.push(text.get(from..at).unwrap_or_default());
            from = at + mark.len_utf8();
        }
    }
    if quoted {
        return Err(Unreadable);
    }
    parts.push(text.get(from..).unwrap_or_default());
    Ok(parts)
}

fn unquoted(value: &str) -> Result<String, Unreadable> {
    let Some(inside) = value.strip_prefix('"') else {
        return Ok(value.to_owned());
    };
    let inside = inside.strip_suffix('"').ok_or(Unreadable)?;
    Ok(inside.replace('\\', ""))
}

/// An address as it stands in either header, with a port or without.
fn node(hop: &str) -> Result<IpAddr, Unreadable> {
    let bare = hop
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .filter(|inside| inside.contains(':'))
        .unwrap_or(hop);
    bare.parse::<IpAddr>()
        .or_else(|_| hop.parse::<SocketAddr>().map(|address| address.ip()))
        .map(|address| address.to_canonical())
        .map_err(|_| Unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;
    use proptest::prelude::*;

    const PEER: &str = "10.0.0.9";
    const OURS: &[&str] = &["10.0.0.0/24", "2001:db8:aaaa::/48"];

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn proxies() -> Vec<IpNet> {
        OURS.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        headers
    }

    fn from_peer(peer: &str, lines: &[(&'static str, &str)]) -> IpAddr {
        client_address(ip(peer), &headers(lines), &proxies())
    }

    fn client(lines: &[(&'static str, &str)]) -> IpAddr {
        from_peer(PEER, lines)
    }

    #[test]
    fn a_header_from_a_stranger_is_not_believed() {
        let lie = [
            ("x-forwarded-for", "203.0.113.7"),
            ("forwarded", "for=203.0.113.7"),
        ];
        assert_eq!(from_peer("198.51.100.1", &lie), ip("198.51.100.1"));
        assert_eq!(from_peer("2001:db8:bbbb::1", &lie), ip("2001:db8:bbbb::1"));
        assert_eq!(client_address(ip(PEER), &headers(&lie), &[]), ip(PEER));
    }

    #[test]
    fn the_client_is_the_rightmost_hop_that_is_no_proxy_of_ours() {
        for (hops, expected) in [
            ("203.0.113.7", "203.0.113.7"),
            ("203.0.113.7, 10.0.0.2", "203.0.113.7"),
            // What the client wrote itself stands further left.
            ("198.51.100.1, 203.0.113.7", "203.0.113.7"),
            (
                "not an address, 203.0.113.7 ,10.0.0.2,10.0.0.3",
                "203.0.113.7",
            ),
            ("10.0.0.2, 203.0.113.7", "203.0.113.7"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("203.0.113.7:4711", "203.0.113.7"),
            ("2001:db8::7", "2001:db8::7"),
            ("[2001:db8::7]:4711, 2001:db8:aaaa::1", "2001:db8::7"),
            ("[2001:db8::7]", "2001:db8::7"),
            ("::ffff:203.0.113.7", "203.0.113.7"),
        ] {
            assert_eq!(client(&[("x-forwarded-for", hops)]), ip(expected), "{hops}");
        }
        let lines = [
            ("x-forwarded-for", "198.51.100.1"),
            ("x-forwarded-for", "203.0.113.7, 10.0.0.2"),
        ];
        assert_eq!(client(&lines), ip("203.0.113.7"));
        assert_eq!(from_peer("::ffff:10.0.0.9", &lines), ip("203.0.113.7"));
        assert_eq!(client(&[]), ip(PEER));
    }

    #[test]
    fn the_standard_header_counts_where_it_stands_alone() {
        for (hops, expected) in [
            ("for=203.0.113.7", "203.0.113.7"),
            ("For=\"[2001:db8:cafe::17]:4711\"", "2001:db8:cafe::17"),
            (
                "for=203.0.113.7;proto=https;by=10.0.0.9, for=10.0.0.2",
                "203.0.113.7",
            ),
            (
                "for=\"a, for=198.51.100.1\";host=x, proto=http;for=203.0.113.7",
                "203.0.113.7",
            ),
        ] {
            assert_eq!(client(&[("forwarded", hops)]), ip(expected), "{hops}");
        }
        let both = [
            ("forwarded", "for=198.51.100.1"),
            ("x-forwarded-for", "203.0.113.7"),
        ];
        assert_eq!(client(&both), ip("203.0.113.7"));
        // Never mixed, also where the one that counts cannot be read.
        let both = [
            ("forwarded", "for=198.51.100.1"),
            ("x-forwarded-for", "unknown"),
        ];
        assert_eq!(client(&both), ip(PEER));
    }

    #[test]
    fn what_cannot_be_read_is_the_peers() {
        for hops in [
            "",
            "unknown",
            "203.0.113.7, ",
            "203.0.113.999",
            "203.0.113.7 10.0.0.2",
            "[203.0.113.7]",
            "caf\u{e9}",
            "203.0.113.7, fe80::1%eth0",
        ] {
            assert_eq!(client(&[("x-forwarded-for", hops)]), ip(PEER), "{hops}");
        }
        for hops in [
            "",
            "for=unknown",
            "for=_hidden",
            "by=203.0.113.7",
            "for=\"203.0.113.7",
            "for=203.0.113.7;for=198.51.100.1",
            "for",
        ] {
            assert_eq!(client(&[("forwarded", hops)]), ip(PEER), "{hops}");
        }
        let long = vec!["10.0.0.2"; MOST_HOPS + 1].join(",");
        assert_eq!(client(&[("x-forwarded-for", &long)]), ip(PEER));
    }

    proptest! {
        #[test]
        fn whatever_is_sent_it_does_no_harm(text in "[ -~]{0,80}|([0-9a-f.:,;=\"\\\\ ]|for){0,60}", peer: [u8; 4]) {
            for name in ["x-forwarded-for", "forwarded"] {
                let found = client(&[(name, &text)]);
                // One that stands there, or the peer's own.
                prop_assert!(found == ip(PEER) || text.chars().any(|letter| letter.is_ascii_hexdigit() || letter == ':'));
                let stranger = IpAddr::from(peer);
                if !is_ours(stranger, &proxies()) {
                    prop_assert_eq!(client_address(stranger, &headers(&[(name, &text)]), &proxies()), stranger);
                }
            }
        }

        #[test]
        fn nothing_that_a_client_sends_changes_who_they_are(lie in "[ -~]{0,60}", address: [u8; 4], more in 0..3_usize) {
            let client_is = IpAddr::from(address);
            prop_assume!(!is_ours(client_is, &proxies()));
            let ours = ", 10.0.0.2".repeat(more);
            let hops = format!("{lie}, {client_is}{ours}");
            prop_assert_eq!(client(&[("x-forwarded-for", &hops)]), client_is);
            let split = [("x-forwarded-for", lie.as_str()), ("x-forwarded-for", &format!("{client_is}{ours}"))];
            prop_assert_eq!(client(&split), client_is);
        }

        #[test]
        fn an_address_reads_as_it_was_written(four: [u8; 4], six: [u8; 16], port: u16) {
            let (four, six) = (IpAddr::from(four), IpAddr::from(six));
            for text in [format!("{four}"), format!("{four}:{port}")] {
                prop_assert_eq!(node(&text), Ok(four));
            }
            for text in [format!("{six}"), format!("[{six}]"), format!("[{six}]:{port}")] {
                prop_assert_eq!(node(&text), Ok(six.to_canonical()));
            }
        }
    }
}
