//! What views are told apart and chosen by when they are added up, and for which periods that is rolled up.

use crate::enums::text_enum;
use crate::models::{DeviceType, TrackingQuality};

/// The lengths in seconds at which a class of lengths begins: up to 5 seconds each has its own, beyond that a class is
/// about a fifth of its length wide.
pub const DURATION_CLASSES: [i32; 26] =
    [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 18, 22, 26, 30, 36, 43, 52, 62, 75, 90, 120, 180, 300, 600, 1800];

text_enum! {
    /// How long the periods are that are rolled up.
    Grain {
        /// Quarters of an hour.
        Quarter = "QUARTER",
        /// Days of the company's zone.
        Day = "DAY",
        /// Months of the company's zone.
        Month = "MONTH",
    }
}

text_enum! {
    /// What the views of a period are told apart by.
    Facet {
        /// Nothing.
        Total = "TOTAL",
        /// Which rule chose the video.
        Source = "SOURCE",
        /// Country and city.
        City = "CITY",
        /// Device, system, browser, country, tracking, and whether the video played.
        Device = "DEVICE",
        /// Project, order and video.
        Content = "CONTENT",
        /// The hour that the company's clock showed when they began.
        Hour = "HOUR",
    }
}

/// What views are told apart by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named after the columns")]
pub enum ViewColumn {
    DeviceType,
    Os,
    Browser,
    Country,
    City,
    TrackingQuality,
    VideoPlayed,
    Project,
    ArContent,
    Video,
    Source,
}

impl ViewColumn {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::DeviceType => "device_type",
            Self::Os => "os",
            Self::Browser => "browser",
            Self::Country => "country",
            Self::City => "city",
            Self::TrackingQuality => "tracking_quality",
            Self::VideoPlayed => "video_played",
            Self::Project => "project_id",
            Self::ArContent => "ar_content_id",
            Self::Video => "video_id",
            Self::Source => "source",
        }
    }

    fn is_in(self, facet: Facet) -> bool {
        match self {
            Self::DeviceType | Self::Os | Self::Browser | Self::TrackingQuality | Self::VideoPlayed => {
                facet == Facet::Device
            }
            Self::Country => matches!(facet, Facet::City | Facet::Device),
            Self::City => facet == Facet::City,
            Self::Project | Self::ArContent | Self::Video => facet == Facet::Content,
            Self::Source => facet == Facet::Source,
        }
    }
}

impl Facet {
    /// The one that tells views apart by all of these; none if they have to be read one by one.
    #[must_use]
    pub fn of(columns: &[ViewColumn]) -> Option<Self> {
        Self::ALL.iter().copied().find(|facet| columns.iter().all(|column| column.is_in(*facet)))
    }

    /// The periods for which it is rolled up, longest first.
    #[must_use]
    pub fn grains(self) -> &'static [Grain] {
        match self {
            Self::Total => &[Grain::Month, Grain::Day, Grain::Quarter],
            _ => &[Grain::Month, Grain::Day],
        }
    }
}

/// Which views are counted. All given parts must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "named after the columns")]
pub struct ViewNumbersFilter {
    pub device_types: Option<Vec<DeviceType>>,
    pub os: Option<Vec<String>>,
    pub browsers: Option<Vec<String>>,
    pub countries: Option<Vec<String>>,
    pub tracking_qualities: Option<Vec<TrackingQuality>>,
    pub video_played: Option<bool>,
}

impl ViewNumbersFilter {
    /// The columns that it looks at.
    #[must_use]
    pub fn columns(&self) -> Vec<ViewColumn> {
        [
            (self.device_types.is_some(), ViewColumn::DeviceType),
            (self.os.is_some(), ViewColumn::Os),
            (self.browsers.is_some(), ViewColumn::Browser),
            (self.countries.is_some(), ViewColumn::Country),
            (self.tracking_qualities.is_some(), ViewColumn::TrackingQuality),
            (self.video_played.is_some(), ViewColumn::VideoPlayed),
        ]
        .into_iter()
        .filter_map(|(is_given, column)| is_given.then_some(column))
        .collect()
    }
}
