//! The code that is printed beside a photo: `/ar/{uniqueId}/qr.png` and `/ar/{uniqueId}/qr.svg`.
//!
//! A code is a function of the address alone, so any well-formed id has one and nothing is looked up.

use std::{io::Cursor, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
    routing::get,
};
use image::{ImageFormat, Luma};
use qrcode::{EcLevel, QrCode, render::svg::Color};
use uuid::Uuid;

use super::{edge::id_of, graphql::refused, pages::Named, refusal::Refusal};

use crate::config::ar_url;

/// Enough for a sharp print of about nine centimetres; modules are whole pixels, so the image may be a little larger.
const MIN_SIDE: u32 = 1_024;
/// A quarter of a code may be scratched or covered and it still reads.
const CORRECTION: EcLevel = EcLevel::Q;
const FOREVER: &str = "public, max-age=31536000, immutable";

/// Why there is no code.
#[derive(Debug, thiserror::Error)]
pub enum QrCodeError {
    /// The address is longer than a code can hold.
    #[error("the address does not fit into a code")]
    TooLong(#[from] qrcode::types::QrError),
    /// The picture could not be written.
    #[error("the code could not be drawn")]
    Drawing(#[from] image::ImageError),
}

/// The code of an address as a PNG with its quiet zone of four modules.
pub fn png(url: &str) -> Result<Vec<u8>, QrCodeError> {
    let picture = QrCode::with_error_correction_level(url, CORRECTION)?
        .render::<Luma<u8>>()
        .min_dimensions(MIN_SIDE, MIN_SIDE)
        .build();
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Png)?;
    Ok(bytes.into_inner())
}

/// The code of an address as an SVG with its quiet zone of four modules.
pub fn svg(url: &str) -> Result<String, QrCodeError> {
    Ok(QrCode::with_error_correction_level(url, CORRECTION)?
        .render::<Color<'_>>()
        .min_dimensions(MIN_SIDE, MIN_SIDE)
        .build())
}

/// Both routes, for codes that lead to `public_url`.
pub fn routes<S: Clone + Send + Sync + 'static>(public_url: &str) -> Router<S> {
    let for_png: Arc<str> = public_url.into();
    let for_svg = Arc::clone(&for_png);
    Router::new()
        .route(
            "/ar/{unique_id}/qr.png",
            get(async move |Named(id): Named, request: Request| {
                respond(&for_png, &id, "image/png", png).unwrap_or_else(|refusal| told(refusal, &request))
            }),
        )
        .route(
            "/ar/{unique_id}/qr.svg",
            get(async move |Named(id): Named, request: Request| {
                respond(&for_svg, &id, "image/svg+xml", svg).unwrap_or_else(|refusal| told(refusal, &request))
            }),
        )
}

fn respond<Body: IntoResponse>(
    public_url: &str,
    unique_id: &str,
    media_type: &'static str,
    draw: fn(&str) -> Result<Body, QrCodeError>,
) -> Result<Response, Refusal> {
    let unique_id = Uuid::try_parse(unique_id).map_err(|_| Refusal::not_found("this is no id of an order"))?;
    let code = draw(&ar_url(public_url, unique_id)).map_err(|error| {
        tracing::error!(%error, "no code for {unique_id}");
        Refusal::internal()
    })?;
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(media_type)),
        (header::CACHE_CONTROL, HeaderValue::from_static(FOREVER)),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, code).into_response())
}

fn told(refusal: Refusal, request: &Request) -> Response {
    refused(refusal, id_of(request.extensions()))
}

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{Request, StatusCode},
    };
    use tower::ServiceExt as _;

    use super::*;

    const URL: &str = "https://photos.example.com/ar/0b1f6b1e-7d0a-4c53-9a53-2f1c9b8f6d11";

    #[test]
    fn a_picture_is_large_square_and_has_a_quiet_zone_of_four_modules() {
        let picture = image::load_from_memory(&png(URL).unwrap()).unwrap().into_luma8();
        let modules = QrCode::with_error_correction_level(URL, CORRECTION).unwrap().width() as u32 + 8;
        let (width, height) = picture.dimensions();
        assert_eq!(width, height);
        assert!(width >= MIN_SIDE);
        assert_eq!(width % modules, 0, "modules are whole pixels");
        let quiet = 4 * width / modules;
        let dark = |x, y| picture.get_pixel(x, y).0[0] == 0;
        assert!((0..quiet).all(|row| (0..width).all(|x| !dark(x, row) && !dark(row, x))));
        assert!(dark(quiet, quiet), "the corner of the finder pattern");
    }

    #[test]
    fn a_drawing_has_the_pictures_side() {
        let side = image::load_from_memory(&png(URL).unwrap()).unwrap().width();
        assert!(svg(URL).unwrap().contains(&format!("viewBox=\"0 0 {side} {side}\"")));
    }

    #[test]
    fn an_address_that_fits_no_code_is_an_error() {
        assert!(png(&"x".repeat(5_000)).is_err());
    }

    #[tokio::test]
    async fn routes_answer_any_id_and_refuse_what_is_none() {
        let routes: Router = routes("https://photos.example.com/");
        let ask = |path: &str| {
            let request = Request::get(path).body(Body::empty()).unwrap();
            routes.clone().oneshot(request)
        };
        let id = "0b1f6b1e-7d0a-4c53-9a53-2f1c9b8f6d11";
        for (file, media_type) in [("qr.png", "image/png"), ("qr.svg", "image/svg+xml")] {
            let answer = ask(&format!("/ar/{id}/{file}")).await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK);
            assert_eq!(answer.headers()[header::CONTENT_TYPE], media_type);
            assert_eq!(answer.headers()[header::CACHE_CONTROL], FOREVER);
        }
        let answer = ask("/ar/no-id/qr.png").await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        assert_eq!(ar_url("https://photos.example.com/", Uuid::try_parse(id).unwrap()), URL);
    }
}
