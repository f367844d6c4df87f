//! MP4 and MOV: boxes within boxes, each with its length and a name of four letters.
//!
//! Only the header of the first picture track is read, and for fragmented files the durations of the fragments.
//! Every length is checked against what contains it, so that the work is bounded by the limits below.

use super::{File, Measures};
use crate::storage::StorageError;

/// The index of a long video takes a few megabytes.
const MOST_INDEX_BYTES: u64 = 16 * 1024 * 1024;

/// An hour in fragments of a third of a second.
const MOST_BOXES: usize = 20_000;

pub(super) async fn measure(file: &File<'_>) -> Result<Option<Measures>, StorageError> {
    let mut offset = 0;
    let mut movie: Option<Movie> = None;
    let mut has_pictures = false;
    for _ in 0..MOST_BOXES {
        if offset >= file.size {
            break;
        }
        let head = file.read(offset, 16).await?;
        let Some(head) = Head::parse(&head, file.size - offset) else {
            return Ok(None);
        };
        let (body, length) = (offset + head.header, head.length - head.header);
        match &head.name {
            b"mdat" => has_pictures = true,
            b"moov" | b"moof" if length > MOST_INDEX_BYTES => return Ok(None),
            b"moov" => movie = Movie::parse(&file.read(body, length).await?),
            b"moof" => {
                if let Some(movie) = &mut movie {
                    movie.add_fragment(&file.read(body, length).await?);
                }
            }
            _ => {}
        }
        offset += head.length;
    }
    let whole = offset >= file.size && has_pictures;
    Ok(movie.filter(|_| whole).map(|movie| movie.measures()))
}

/// The first picture track.
struct Movie {
    track: u32,
    width: u32,
    height: u32,
    ticks_per_second: u32,
    ticks: u64,
    default_sample_ticks: u32,
}

impl Movie {
    fn parse(moov: &[u8]) -> Option<Self> {
        let mut movie =
            children(moov).filter(|(name, _)| name == b"trak").find_map(|(_, trak)| Self::from_track(trak))?;
        if let Some(extends) = child(moov, b"mvex") {
            movie.default_sample_ticks = children(extends)
                .filter(|(name, _)| name == b"trex")
                .find(|(_, trex)| u32_at(trex, 4) == Some(movie.track))
                .and_then(|(_, trex)| u32_at(trex, 12))
                .unwrap_or_default();
        }
        Some(movie)
    }

    fn from_track(trak: &[u8]) -> Option<Self> {
        let media = child(trak, b"mdia")?;
        if child(media, b"hdlr")?.get(8..12)? != b"vide" {
            return None;
        }
        let track = child(trak, b"tkhd")?;
        let wide = is_version_1(track);
        let matrix = if wide { 52 } else { 40 };
        let (width, height) = (u32_at(track, matrix + 36)? >> 16, u32_at(track, matrix + 40)? >> 16);
        // A phone held upright records lying pictures and a matrix that turns them by a quarter.
        let turned = u32_at(track, matrix)? == 0 && u32_at(track, matrix + 4)? != 0;
        let (width, height) = if turned { (height, width) } else { (width, height) };

        let timing = child(media, b"mdhd")?;
        let (ticks_per_second, ticks) = if is_version_1(timing) {
            (u32_at(timing, 20)?, u64_at(timing, 24)?)
        } else {
            (u32_at(timing, 12)?, u64::from(u32_at(timing, 16)?))
        };
        (width > 0 && height > 0 && ticks_per_second > 0).then_some(Self {
            track: u32_at(track, if wide { 20 } else { 12 })?,
            width,
            height,
            ticks_per_second,
            ticks,
            default_sample_ticks: 0,
        })
    }

    fn add_fragment(&mut self, moof: &[u8]) {
        let tracks = children(moof).filter(|(name, _)| name == b"traf");
        for (_, traf) in tracks {
            self.ticks = self.ticks.saturating_add(self.ticks_of(traf).unwrap_or_default());
        }
    }

    fn ticks_of(&self, traf: &[u8]) -> Option<u64> {
        let header = child(traf, b"tfhd")?;
        if u32_at(header, 4)? != self.track {
            return None;
        }
        let flags = u32_at(header, 0)?;
        let before = 8 + 8 * usize::from(flags & 0x1 != 0) + 4 * usize::from(flags & 0x2 != 0);
        let default_ticks = match flags & 0x8 {
            0 => self.default_sample_ticks,
            _ => u32_at(header, before)?,
        };
        let runs = children(traf).filter(|(name, _)| name == b"trun");
        Some(runs.map(|(_, run)| ticks_of_run(run, default_ticks).unwrap_or_default()).sum())
    }

    fn measures(&self) -> Measures {
        let milliseconds = u128::from(self.ticks) * 1000 / u128::from(self.ticks_per_second);
        // All ones stand for "unknown" in both versions of the header.
        let known = self.ticks > 0 && self.ticks != u64::from(u32::MAX) && self.ticks != u64::MAX;
        Measures {
            width: self.width.cast_signed(),
            height: self.height.cast_signed(),
            duration_ms: i64::try_from(milliseconds).ok().filter(|_| known),
        }
    }
}

fn ticks_of_run(run: &[u8], default_ticks: u32) -> Option<u64> {
    let (flags, samples) = (u32_at(run, 0)?, u32_at(run, 4)?);
    if flags & 0x100 == 0 {
        return Some(u64::from(samples) * u64::from(default_ticks));
    }
    let before = 8 + 4 * (flags & 0x5).count_ones() as usize;
    let stride = 4 * (flags & 0xF00).count_ones() as usize;
    let durations = run.get(before..)?.chunks_exact(stride).take(samples as usize);
    Some(durations.filter_map(|sample| u32_at(sample, 0)).map(u64::from).sum())
}

/// The beginning of a box.
struct Head {
    name: [u8; 4],
    header: u64,
    length: u64,
}

impl Head {
    /// `None` if the bytes are no head, or the box would be longer than the `room` it is in.
    fn parse(bytes: &[u8], room: u64) -> Option<Self> {
        let name = bytes.get(4..8)?.try_into().ok()?;
        let (header, length) = match u32_at(bytes, 0)? {
            0 => (8, room),
            1 => (16, u64_at(bytes, 8)?),
            short => (8, u64::from(short)),
        };
        (header <= length && length <= room).then_some(Self { name, header, length })
    }
}

/// The boxes within a box, up to the first that is not well formed.
fn children(mut body: &[u8]) -> impl Iterator<Item = ([u8; 4], &[u8])> {
    std::iter::from_fn(move || {
        let head = Head::parse(body, body.len() as u64)?;
        let (this, rest) = body.split_at(usize::try_from(head.length).ok()?);
        body = rest;
        Some((head.name, this.get(usize::try_from(head.header).ok()?..)?))
    })
}

fn child<'a>(body: &'a [u8], wanted: &[u8; 4]) -> Option<&'a [u8]> {
    children(body).find(|(name, _)| name == wanted).map(|(_, body)| body)
}

fn is_version_1(body: &[u8]) -> bool {
    body.first() == Some(&1)
}

fn u32_at(bytes: &[u8], offset: usize) -> Option<u32> {
    let bytes = bytes.get(offset..offset.checked_add(4)?)?;
    Some(u32::from_be_bytes(bytes.try_into().ok()?))
}

fn u64_at(bytes: &[u8], offset: usize) -> Option<u64> {
    let bytes = bytes.get(offset..offset.checked_add(8)?)?;
    Some(u64::from_be_bytes(bytes.try_into().ok()?))
}
