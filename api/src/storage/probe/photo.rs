//! Photos are decoded to the last row, within limits of pixels and memory.

use std::io::Cursor;
use std::sync::Arc;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use tokio::sync::Semaphore;

use super::{File, Measures};
use crate::storage::StorageError;
use crate::storage::receive::ReceiveError;

/// More than the cameras of phones make, and less than a bomb.
const MOST_MEGAPIXELS: u64 = 64;

/// What one decoding may take: 64 megapixels of four bytes.
const MOST_MEMORY: u64 = 256 * 1024 * 1024;

pub(super) async fn measure(
    file: &File<'_>,
    decoding: &Arc<Semaphore>,
    mime_type: &'static str,
) -> Result<Option<Measures>, ReceiveError> {
    // The semaphore is never closed, so this only waits.
    let permit = Arc::clone(decoding).acquire_owned().await.ok();
    let bytes = file.read(0, file.size).await?;
    let decoded = tokio::task::spawn_blocking(move || {
        // Held by the work itself: a caller that goes away does not stop it.
        let _permit = permit;
        decode(&bytes, mime_type)
    });
    decoded.await.map_err(StorageError::BrokenOff)?
}

fn decode(bytes: &[u8], mime_type: &'static str) -> Result<Option<Measures>, ReceiveError> {
    // The decoder fills a photo that breaks off with grey; half a marker is no marker.
    if mime_type == "image/jpeg" && !jpeg_is_whole(bytes) {
        return Ok(None);
    }
    match shown_size(bytes, mime_type) {
        Ok((width, height)) => {
            Ok(Some(Measures { width: width.cast_signed(), height: height.cast_signed(), duration_ms: None }))
        }
        Err(ImageError::Limits(_)) => Err(ReceiveError::TooManyPixels { limit_megapixels: MOST_MEGAPIXELS }),
        Err(_) => Ok(None),
    }
}

/// Decodes and throws the pixels away. Width and height are as a viewer shows them, after the camera's rotation.
fn shown_size(bytes: &[u8], mime_type: &str) -> Result<(u32, u32), ImageError> {
    let too_large = || {
        let kind = image::error::LimitErrorKind::DimensionError;
        ImageError::Limits(image::error::LimitError::from_kind(kind))
    };
    let mut reader = ImageReader::new(Cursor::new(bytes));
    if let Some(format) = ImageFormat::from_mime_type(mime_type) {
        reader.set_format(format);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(MOST_MEMORY);
    reader.limits(limits);
    let mut decoder = reader.into_decoder()?;

    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MOST_MEGAPIXELS * 1_000_000 || decoder.total_bytes() > MOST_MEMORY {
        return Err(too_large());
    }
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| too_large())?;
    decoder.read_image(&mut vec![0; length])?;

    Ok(match orientation {
        Orientation::Rotate90 | Orientation::Rotate270 | Orientation::Rotate90FlipH | Orientation::Rotate270FlipH => {
            (height, width)
        }
        _ => (width, height),
    })
}

/// Whether the picture's own end marker is there; the marker of an embedded thumbnail does not count.
fn jpeg_is_whole(bytes: &[u8]) -> bool {
    let mut rest = bytes.get(2..).unwrap_or_default();
    // In the entropy-coded data a true marker is an FF that 00 (an escape) and D0–D7 (restarts) do not follow.
    while let Some(start) =
        rest.windows(2).position(|pair| pair[0] == 0xFF && !matches!(pair[1], 0 | 0xD0..=0xD7 | 0xFF))
    {
        let marker = rest[start + 1];
        rest = &rest[start + 2..];
        if marker == 0xD9 {
            return true;
        }
        let length = match rest {
            [high, low, ..] => usize::from(u16::from_be_bytes([*high, *low])),
            _ => return false,
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    false
}
