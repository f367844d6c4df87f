//! What the page says, in the languages it speaks. The script gets the same words as data.

use serde::Serialize;

/// A language of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English, also for whoever asked for neither.
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// The one a visitor likes best, by the header `Accept-Language`.
    pub fn preferred(accept_language: Option<&str>) -> Self {
        let mut best = (0.0, Self::English);
        for entry in accept_language.unwrap_or_default().split(',') {
            let mut parts = entry.split(';').map(str::trim);
            let language = match parts.next().and_then(|tag| tag.split('-').next()) {
                Some(tag) if tag.eq_ignore_ascii_case("ru") => Self::Russian,
                Some(tag) if tag.eq_ignore_ascii_case("en") => Self::English,
                _ => continue,
            };
            let quality =
                parts.find_map(|part| part.strip_prefix("q=")).map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
            if quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// The tag for `<html lang>`.
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
        }
    }

    /// The words.
    pub const fn texts(self) -> &'static Texts {
        match self {
            Self::English => &ENGLISH,
            Self::Russian => &RUSSIAN,
        }
    }
}

/// All the words of the page in one language.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Texts {
    /// The page's title where a video plays.
    pub title: &'static str,
    /// Before the first play.
    pub ready: Message,
    /// After the video's end.
    pub ended: Message,
    /// The video could not be loaded.
    pub failed: Message,
    play: &'static str,
    pause: &'static str,
    sound_on: &'static str,
    sound_off: &'static str,
    reasons: Reasons,
}

/// A short line and what to do about it.
#[derive(Serialize)]
pub struct Message {
    /// The short line.
    pub headline: &'static str,
    /// What to do.
    pub detail: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
struct Reasons {
    not_found: Message,
    expired: Message,
    not_published: Message,
    suspended: Message,
    photo_missing: Message,
    no_playable_video: Message,
}

impl Texts {
    /// Why nothing plays, by the API's name of the reason.
    pub fn reason(&self, name: Option<&str>) -> &Message {
        let reasons = &self.reasons;
        match name {
            Some("NOT_FOUND") => &reasons.not_found,
            Some("EXPIRED") => &reasons.expired,
            Some("NOT_PUBLISHED") => &reasons.not_published,
            Some("SUSPENDED") => &reasons.suspended,
            Some("PHOTO_MISSING") => &reasons.photo_missing,
            _ => &reasons.no_playable_video,
        }
    }
}

/// Both languages by tag.
#[derive(Serialize)]
pub(super) struct Dictionary {
    en: &'static Texts,
    ru: &'static Texts,
}

pub(super) static DICTIONARY: Dictionary = Dictionary { en: &ENGLISH, ru: &RUSSIAN };

const fn message(headline: &'static str, detail: &'static str) -> Message {
    Message { headline, detail }
}

static ENGLISH: Texts = Texts {
    title: "A photo that comes alive",
    ready: message("This photo comes alive", "Tap it to watch."),
    ended: message("Once more?", "Tap the photo to watch it again."),
    failed: message("The video did not load", "Check your connection, then tap the photo to try again."),
    play: "Play",
    pause: "Pause",
    sound_on: "Turn sound on",
    sound_off: "Turn sound off",
    reasons: Reasons {
        not_found: message(
            "We do not know this code",
            "Please scan it once more. If that does not help, ask the studio that made your photo.",
        ),
        expired: message(
            "This photo has fallen asleep",
            "The time its video was kept for is over. The studio that made your photo may be able to wake it up again.",
        ),
        not_published: message("Almost there", "This photo is still being prepared. Please come back a little later."),
        suspended: message(
            "Taking a break",
            "The studio’s living photos are paused for now. Please try again later, or ask the studio.",
        ),
        photo_missing: message(
            "The photo is on its way",
            "It has not arrived here yet. Please come back a little later.",
        ),
        no_playable_video: message(
            "Nothing to play just now",
            "There is no video for this photo at the moment. Please come back later, or ask the studio.",
        ),
    },
};

static RUSSIAN: Texts = Texts {
    title: "Живая фотография",
    ready: message("Эта фотография оживает", "Коснитесь её, чтобы посмотреть."),
    ended: message("Ещё раз?", "Коснитесь фотографии, чтобы посмотреть снова."),
    failed: message("Видео не загрузилось", "Проверьте связь и коснитесь фотографии, чтобы попробовать ещё раз."),
    play: "Смотреть",
    pause: "Пауза",
    sound_on: "Включить звук",
    sound_off: "Выключить звук",
    reasons: Reasons {
        not_found: message(
            "Мы не знаем этого кода",
            "Попробуйте отсканировать его ещё раз. Если не поможет, спросите в студии, где сделали фотографию.",
        ),
        expired: message(
            "Эта фотография уснула",
            "Срок хранения видео закончился. Студия, где сделали фотографию, может его продлить.",
        ),
        not_published: message("Почти готово", "Фотографию ещё готовят. Загляните, пожалуйста, чуть позже."),
        suspended: message(
            "Небольшой перерыв",
            "Живые фотографии этой студии пока приостановлены. Попробуйте позже или спросите в студии.",
        ),
        photo_missing: message("Фотография ещё в пути", "Она пока не загружена. Загляните, пожалуйста, чуть позже."),
        no_playable_video: message(
            "Сейчас показать нечего",
            "Для этой фотографии пока нет видео. Загляните позже или спросите в студии.",
        ),
    },
};
