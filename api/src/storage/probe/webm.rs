//! WebM: elements within elements, each with an id and a length of variable width.
//!
//! The description of the tracks stands before the first cluster of pictures; nothing after that is read.

use super::{File, Measures};
use crate::storage::StorageError;

const EBML: u64 = 0x1A45_DFA3;
const SEGMENT: u64 = 0x1853_8067;
const INFO: u64 = 0x1549_A966;
const TIMESTAMP_SCALE: u64 = 0x002A_D7B1;
const DURATION: u64 = 0x4489;
const TRACKS: u64 = 0x1654_AE6B;
const TRACK: u64 = 0xAE;
const VIDEO: u64 = 0xE0;
const PIXEL_WIDTH: u64 = 0xB0;
const PIXEL_HEIGHT: u64 = 0xBA;
const CLUSTER: u64 = 0x1F43_B675;

/// Far more than a description of tracks takes.
const MOST_HEADER_BYTES: u64 = 1024 * 1024;

/// Before the first cluster stand a handful of elements.
const MOST_ELEMENTS: usize = 100;

/// The longest id and the longest length.
const MOST_HEAD_BYTES: u64 = 12;

const NANOSECONDS_PER_MILLISECOND: f64 = 1_000_000.0;

pub(super) async fn measure(file: &File<'_>) -> Result<Option<Measures>, StorageError> {
    let mut offset = 0;
    let mut size = None;
    let mut duration_ms = None;
    for _ in 0..MOST_ELEMENTS {
        let Some(head) = Head::parse(&file.read(offset, MOST_HEAD_BYTES).await?) else {
            return Ok(None);
        };
        let body = offset + head.header;
        let room = file.size - body;
        let length = head.length.unwrap_or(room);
        if length > room {
            return Ok(None);
        }
        match head.id {
            SEGMENT => {
                offset = body;
                continue;
            }
            CLUSTER => break,
            INFO | TRACKS if length > MOST_HEADER_BYTES => return Ok(None),
            INFO => duration_ms = duration(&file.read(body, length).await?),
            TRACKS => size = picture_size(&file.read(body, length).await?),
            EBML if offset > 0 => return Ok(None),
            _ => {}
        }
        offset = body + length;
    }
    Ok(size.map(|(width, height)| Measures { width, height, duration_ms }))
}

fn picture_size(tracks: &[u8]) -> Option<(i32, i32)> {
    let mut videos = children(tracks).filter(|(id, _)| *id == TRACK).filter_map(|(_, track)| child(track, VIDEO));
    videos.find_map(|video| {
        let width = i32::try_from(number(child(video, PIXEL_WIDTH)?)).ok()?;
        let height = i32::try_from(number(child(video, PIXEL_HEIGHT)?)).ok()?;
        (width > 0 && height > 0).then_some((width, height))
    })
}

/// Recorders in browsers leave it out.
fn duration(info: &[u8]) -> Option<i64> {
    let ticks = match child(info, DURATION)? {
        bytes @ [_, _, _, _] => f64::from(f32::from_be_bytes(bytes.try_into().ok()?)),
        bytes => f64::from_be_bytes(bytes.try_into().ok()?),
    };
    let scale = child(info, TIMESTAMP_SCALE).map_or(1_000_000, number);
    let milliseconds = ticks * scale as f64 / NANOSECONDS_PER_MILLISECOND;
    (milliseconds.is_finite() && milliseconds >= 1.0).then_some(milliseconds as i64)
}

/// The beginning of an element; `length` is absent where a live recorder did not know it.
struct Head {
    id: u64,
    header: u64,
    length: Option<u64>,
}

impl Head {
    fn parse(bytes: &[u8]) -> Option<Self> {
        let id_width = width(bytes, 4)?;
        let id = number(bytes.get(..id_width)?);
        let bytes = &bytes[id_width..];
        let length_width = width(bytes, 8)?;
        // The first one-bit tells the width, the bits after it are the value; all ones mean "unknown".
        let mask = (1_u64 << (7 * length_width)) - 1;
        let length = number(bytes.get(..length_width)?) & mask;
        Some(Self { id, header: (id_width + length_width) as u64, length: (length != mask).then_some(length) })
    }
}

fn width(bytes: &[u8], most: usize) -> Option<usize> {
    let width = bytes.first()?.leading_zeros() as usize + 1;
    (width <= most).then_some(width)
}

fn number(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn children(mut body: &[u8]) -> impl Iterator<Item = (u64, &[u8])> {
    std::iter::from_fn(move || {
        let head = Head::parse(body)?;
        let (_, rest) = body.split_at(head.header as usize);
        let length = head.length.map_or(rest.len(), |length| usize::try_from(length).unwrap_or(usize::MAX));
        let (this, after) = rest.split_at_checked(length)?;
        body = after;
        Some((head.id, this))
    })
}

fn child(body: &[u8], wanted: u64) -> Option<&[u8]> {
    children(body).find(|(id, _)| *id == wanted).map(|(_, body)| body)
}
