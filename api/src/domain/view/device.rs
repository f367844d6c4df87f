//! Where a view is seen: what the phone says of itself, and what its address and the name of its browser tell.

mod names;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};

use arvlite_db::models::DeviceType;

use self::names::{app, is_program};

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
        let nothing = Self { device_type: DeviceType::Unknown, browser: None, os: None, user_agent: None };
        if is_program(user_agent) {
            return Self { device_type: DeviceType::Bot, ..nothing };
        }
        let without_false_bots = without_false_bots(user_agent);
        let Some(read) = woothee::parser::Parser::new().parse(&without_false_bots) else { return nothing };
        let device_type = match read.category {
            "crawler" => DeviceType::Bot,
            "pc" => DeviceType::Desktop,
            "smartphone" | "mobilephone" if is_tablet(user_agent) => DeviceType::Tablet,
            "smartphone" | "mobilephone" => DeviceType::Mobile,
            _ => DeviceType::Unknown,
        };
        let os = if read.os == "iPad" || read.os == "iPhone" { "iOS" } else { read.os };
        let browser = app(user_agent).map(str::to_owned).or_else(|| named(read.name));
        Self { device_type, browser, os: named(os), user_agent: None }
    }
}

/// A maker of phones is called Cubot, which looks like a bot's name.
fn without_false_bots(user_agent: &str) -> String {
    user_agent.replace("CUBOT", "CB").replace("Cubot", "CB")
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
pub fn network(address: IpAddr) -> String {
    match address {
        IpAddr::V4(address) => {
            let [first, second, third, _] = address.octets();
            format!("{first}.{second}.{third}.0/24")
        }
        IpAddr::V6(address) => {
            let [first, second, third, ..] = address.segments();
            format!("{}/48", std::net::Ipv6Addr::new(first, second, third, 0, 0, 0, 0, 0))
        }
    }
}

/// An address as it is written, with a port or without.
pub(super) fn address(text: &str) -> Option<IpAddr> {
    let address = text.parse::<IpAddr>().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address| address.to_canonical())
}
