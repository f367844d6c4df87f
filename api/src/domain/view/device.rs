//! Where a view is seen: what the phone says of itself, and what its address and the name of its browser tell.

use std::net::{IpAddr, SocketAddr};

use arvlite_db::models::DeviceType;

const LONGEST_USER_AGENT: usize = 500;

/// The device of a view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What kind.
    pub device_type: DeviceType,
    /// Its browser.
    pub browser: Option<String>,
    /// Its operating system.
    pub os: Option<String>,
    /// How its browser named itself.
    pub user_agent: Option<String>,
}

impl Device {
    /// What the phone says; what it leaves out is told from its user agent. A crawler is a bot whatever it says.
    #[must_use]
    pub fn known(
        device_type: Option<DeviceType>,
        browser: Option<String>,
        os: Option<String>,
        user_agent: Option<&str>,
    ) -> Self {
        let user_agent = user_agent.map(clean).filter(|agent| !agent.is_empty());
        let read = user_agent.as_deref().map(Self::read);
        let told = device_type.filter(|told| *told != DeviceType::Unknown);
        match read {
            Some(read) => Self {
                device_type: match (read.device_type, told) {
                    (DeviceType::Bot, _) => DeviceType::Bot,
                    (read, told) => told.unwrap_or(read),
                },
                browser: browser.or(read.browser),
                os: os.or(read.os),
                user_agent,
            },
            None => Self { device_type: told.unwrap_or(DeviceType::Unknown), browser, os, user_agent },
        }
    }

    fn read(user_agent: &str) -> Self {
        let Some(read) = woothee::parser::Parser::new().parse(user_agent) else {
            return Self { device_type: DeviceType::Unknown, browser: None, os: None, user_agent: None };
        };
        let device_type = match read.category {
            "crawler" => DeviceType::Bot,
            "pc" => DeviceType::Desktop,
            "smartphone" | "mobilephone" if is_tablet(user_agent) => DeviceType::Tablet,
            "smartphone" | "mobilephone" => DeviceType::Mobile,
            _ => DeviceType::Unknown,
        };
        let os = if read.os == "iPad" || read.os == "iPhone" { "iOS" } else { read.os };
        Self { device_type, browser: named(read.name), os: named(os), user_agent: None }
    }
}

/// Browsers of Android tablets leave out the word that phones have.
fn is_tablet(user_agent: &str) -> bool {
    user_agent.contains("iPad") || (user_agent.contains("Android") && !user_agent.contains("Mobile"))
}

fn named(name: &str) -> Option<String> {
    (!name.is_empty() && name != woothee::woothee::VALUE_UNKNOWN).then(|| name.to_owned())
}

fn clean(user_agent: &str) -> String {
    user_agent.chars().filter(|letter| !letter.is_control()).take(LONGEST_USER_AGENT).collect()
}

/// The part of an address that is kept: the first three bytes of an IPv4 address, the first six of an IPv6 one.
#[must_use]
pub fn network(address: &str) -> Option<String> {
    let address = address.parse::<IpAddr>().or_else(|_| address.parse::<SocketAddr>().map(|socket| socket.ip()));
    Some(match address.ok()?.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            format!("{first}.{second}.{third}.0/24")
        }
        IpAddr::V6(address) => {
            let [first, second, third, ..] = address.segments();
            format!("{}/48", std::net::Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0))
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_loses_what_tells_its_owner() {
        assert_eq!(network("203.0.113.77").unwrap(), "203.0.113.0/24");
        assert_eq!(network("::ffff:203.0.113.77").unwrap(), "203.0.113.0/24");
        assert_eq!(network("203.0.113.77:5050").unwrap(), "203.0.113.0/24");
        assert_eq!(network("2001:db8:aaaa:bbbb::1").unwrap(), "2001:db8:aaaa::/48");
        assert_eq!(network("[2001:db8:aaaa:bbbb::1]:80").unwrap(), "2001:db8:aaaa::/48");
        assert_eq!(network("unknown"), None);
    }

    #[test]
    fn a_user_agent_tells_what_the_phone_leaves_out() {
        let cases = [
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Mobile/15E148 Safari/604.1",
                (DeviceType::Mobile, Some("Safari"), Some("iOS")),
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 16_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/16.6 Mobile/15E148 Safari/604.1",
                (DeviceType::Tablet, Some("Safari"), Some("iOS")),
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/130.0.0.0 Mobile Safari/537.36",
                (DeviceType::Mobile, Some("Chrome"), Some("Android")),
            ),
            (
                "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/130.0.0.0 Safari/537.36",
                (DeviceType::Tablet, Some("Chrome"), Some("Android")),
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:131.0) Gecko/20100101 Firefox/131.0",
                (DeviceType::Desktop, Some("Firefox"), Some("Windows 10")),
            ),
        ];
        for (user_agent, (device_type, browser, os)) in cases {
            let device = Device::known(None, None, None, Some(user_agent));
            assert_eq!(
                (device.device_type, device.browser.as_deref(), device.os.as_deref()),
                (device_type, browser, os),
                "{user_agent}",
            );
        }
    }

    #[test]
    fn what_the_phone_says_counts_unless_it_is_a_crawler() {
        let agent = "Mozilla/5.0 (Linux; Android 14; Pixel 8) Chrome/130.0.0.0 Mobile Safari/537.36";
        let device = Device::known(Some(DeviceType::Tablet), Some("Studio".into()), None, Some(agent));
        assert_eq!((device.device_type, device.browser.as_deref()), (DeviceType::Tablet, Some("Studio")));
        let crawler = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        let device = Device::known(Some(DeviceType::Mobile), None, None, Some(crawler));
        assert_eq!(device.device_type, DeviceType::Bot);
        assert_eq!(Device::known(None, None, None, None).device_type, DeviceType::Unknown);
        let long = "x\u{0}y".repeat(500);
        assert_eq!(Device::known(None, None, None, Some(&long)).user_agent.unwrap().len(), LONGEST_USER_AGENT);
    }
}
