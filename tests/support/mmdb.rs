//! Writes a small file in MaxMind's format, as its specification has it: a tree of the bits of addresses, whose leaves
//! point into what is known of them.

use std::net::IpAddr;

/// A network, the country that it belongs to, and perhaps the city.
pub type Network<'t> = (&'t str, u8, &'t str, Option<&'t str>);

const STRING: u8 = 2;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
/// Kinds from here on are told by a second byte.
const UINT64: u8 = 9;
const ARRAY: u8 = 11;

#[derive(Clone, Copy)]
enum Record {
    Unknown,
    Node(usize),
    Data(usize),
}

/// The bytes of a file that knows these networks, the IPv4 ones below `::/96`.
pub fn database(networks: &[Network<'_>]) -> Vec<u8> {
    let (mut nodes, mut data) = (vec![[Record::Unknown; 2]], Vec::new());
    for (address, length, country, city) in networks {
        let (bits, length) = match address.parse::<IpAddr>().unwrap() {
            IpAddr::V4(address) => (u128::from(u32::from(address)), length + 96),
            IpAddr::V6(address) => (u128::from(address), *length),
        };
        let leaf = Record::Data(data.len());
        put_place(&mut data, country, *city);
        let mut node = 0;
        for place in 0..length {
            let side = usize::from(bits >> (127 - place) & 1 == 1);
            if place + 1 == length {
                nodes[node][side] = leaf;
            } else if let Record::Node(next) = nodes[node][side] {
                node = next;
            } else {
                nodes.push([Record::Unknown; 2]);
                nodes[node][side] = Record::Node(nodes.len() - 1);
                node = nodes.len() - 1;
            }
        }
    }
    let mut file = Vec::new();
    for record in nodes.iter().flatten() {
        let value = match record {
            Record::Unknown => nodes.len(),
            Record::Node(node) => *node,
            Record::Data(place) => nodes.len() + 16 + place,
        };
        file.extend(&u32::try_from(value).unwrap().to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    put_metadata(&mut file, nodes.len());
    file
}

fn put_place(into: &mut Vec<u8>, country: &str, city: Option<&str>) {
    begin(into, MAP, 1 + usize::from(city.is_some()));
    text(into, "country");
    begin(into, MAP, 1);
    text(into, "iso_code");
    text(into, country);
    if let Some(city) = city {
        text(into, "city");
        begin(into, MAP, 1);
        text(into, "names");
        begin(into, MAP, 1);
        text(into, "en");
        text(into, city);
    }
}

fn put_metadata(into: &mut Vec<u8>, nodes: usize) {
    begin(into, MAP, 9);
    for (name, kind, number) in [
        ("node_count", UINT32, nodes),
        ("record_size", UINT16, 24),
        ("ip_version", UINT16, 6),
        ("binary_format_major_version", UINT16, 2),
        ("binary_format_minor_version", UINT16, 0),
        ("build_epoch", UINT64, 1_800_000_000),
    ] {
        text(into, name);
        let bytes = number.to_be_bytes();
        let length = bytes.len() - bytes.iter().take_while(|byte| **byte == 0).count();
        begin(into, kind, length);
        into.extend(&bytes[bytes.len() - length..]);
    }
    text(into, "database_type");
    text(into, "Test-City");
    text(into, "languages");
    begin(into, ARRAY, 1);
    text(into, "en");
    text(into, "description");
    begin(into, MAP, 1);
    text(into, "en");
    text(into, "networks of a test");
}

fn text(into: &mut Vec<u8>, text: &str) {
    begin(into, STRING, text.len());
    into.extend(text.as_bytes());
}

/// Kind and size; more than 28 are told by one byte more.
fn begin(into: &mut Vec<u8>, kind: u8, size: usize) {
    let told = u8::try_from(size.min(29)).unwrap();
    match kind {
        0..=7 => into.push(kind << 5 | told),
        _ => into.extend([told, kind - 7]),
    }
    if size > 28 {
        into.push(u8::try_from(size - 29).unwrap());
    }
}
