//! The words that inputs and outputs share: the API's enums, each over the one that is stored.
//!
//! They stand apart from the types because commands take them too, and `domain` knows nothing of `graphql`.

use arvlite_db::models;
use async_graphql::Enum;
use serde::Serialize;

/// Whether a studio works.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::CompanyStatus")]
pub enum CompanyStatus {
    /// It works; its codes play.
    Active,
    /// Its codes say that they are suspended.
    Suspended,
    /// It is kept for the record.
    Archived,
}

/// Whether a project is worked on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::ProjectStatus")]
pub enum ProjectStatus {
    /// It is worked on.
    Active,
    /// It rests; its codes play.
    Inactive,
    /// Its codes say that they are not published.
    Archived,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::ArContentStatus")]
pub enum ArContentStatus {
    /// It waits for its photo or for a video that can play.
    Pending,
    /// Its media are examined.
    Processing,
    /// Its code plays.
    Ready,
    /// Its media could not be used.
    Failed,
    /// It was put away; its code says so.
    Archived,
}

/// How far a video's bytes came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::VideoStatus")]
pub enum VideoStatus {
    /// The bytes are there.
    Uploaded,
    /// They are examined.
    Processing,
    /// It can play.
    Ready,
    /// The bytes could not be used.
    Failed,
}

/// Whether a window counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::VideoScheduleStatus")]
pub enum VideoScheduleStatus {
    /// It does.
    Active,
    /// It is as if absent.
    Disabled,
}

/// What a rule of turns goes by. Days and times are those of the company's zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::RotationType")]
pub enum RotationType {
    /// One video, always: `defaultVideo`.
    Fixed,
    /// A video on a date, from midnight to midnight: `dateRules`. It goes before windows.
    DateRules,
    /// The next item every day at `timeOfDay`.
    Daily,
    /// The next item every week on `dayOfWeek` at `timeOfDay`.
    Weekly,
    /// The next item every month on `dayOfMonth`, or the last day of a shorter month, at `timeOfDay`.
    Monthly,
    /// The next item at each time of `cronExpression`.
    Cron,
    /// An item drawn anew every day at `timeOfDay`, by weight, and never the same as the day before.
    RandomDaily,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::Weekday")]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

/// What is uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::UploadKind")]
pub enum UploadKind {
    /// The photo that is printed: JPEG, PNG or WebP.
    Photo,
    /// A video that plays over it: MP4, WebM or QuickTime.
    Video,
}

/// How far an upload came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::UploadStatus")]
pub enum UploadStatus {
    /// No byte arrived yet.
    Waiting,
    /// Bytes arrive.
    Receiving,
    /// All bytes are there.
    Received,
    /// They are examined.
    Processing,
    /// The object can be used.
    Ready,
    /// The bytes were refused.
    Failed,
    /// The client gave it up.
    Cancelled,
    /// The client never finished.
    Expired,
}

/// What a notification is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::NotificationType")]
pub enum NotificationType {
    /// An order was created.
    ArContentCreated,
    /// An order's code plays.
    ArReady,
    /// An order's term ends soon.
    ExpiryWarning,
    /// An order's term ended.
    Expired,
    /// The terms of a project's orders end soon.
    ProjectExpiring,
    /// The terms of a project's orders ended.
    ProjectExpired,
    /// Something in the program needs a person.
    SystemAlert,
}

/// How far a mail came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::EmailStatus")]
pub enum EmailStatus {
    /// It waits for its turn.
    Pending,
    /// It is handed over.
    Sending,
    /// A mail server took it.
    Sent,
    /// It was given up.
    Failed,
}

/// What kind of place keeps media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::StorageProvider")]
pub enum StorageProvider {
    /// The program's own folder.
    Local,
    /// Amazon S3, or what speaks like it.
    S3,
}

/// How a test of a place for media ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::StorageTestStatus")]
pub enum StorageTestStatus {
    /// Objects could be written, read and removed.
    Success,
    /// They could not.
    Error,
}

/// What is kept in a folder of media.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::StorageFolderType")]
pub enum StorageFolderType {
    /// Photos of orders.
    ArContent,
    /// Videos that play over them.
    Videos,
    /// What phones know a photo by.
    Markers,
    /// Small pictures of photos and videos.
    Thumbnails,
    /// Printed codes.
    QrCodes,
    /// Photos of orders, as older systems called them.
    Portraits,
    /// Anything else.
    Custom,
}

/// What somebody may do in a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::Role")]
pub enum Role {
    /// Everything in it, its people and keys among it.
    Manager,
    /// Works with its contents.
    Editor,
    /// Looks.
    Viewer,
}

/// What a key may be used for, within its role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::ApiKeyScope")]
pub enum ApiKeyScope {
    /// Read the studio's tree.
    Read,
    /// Write projects, orders and videos.
    WriteContent,
    /// Write windows and rules.
    WriteSchedules,
    /// Send bytes.
    WriteUploads,
    /// Read view sessions and numbers.
    ReadAnalytics,
    /// Report views for whoever looks, as the program of a kiosk: they count though a program reports them, what it says
    /// of the device is believed, and its own address is nobody's.
    WriteViews,
}

/// Which rule chose a video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::PlaybackSource")]
pub enum PlaybackSource {
    /// A rule for a date.
    DateRule,
    /// A window.
    Schedule,
    /// A rotation rule.
    Rotation,
    /// The operator's choice.
    Pin,
    /// No rule: the first in order.
    Default,
    /// Nothing plays.
    None,
}

/// How a view stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::ViewSessionStatus")]
pub enum ViewSessionStatus {
    /// The phone still reports.
    Active,
    /// The phone said that it ended.
    Ended,
    /// The phone fell silent.
    TimedOut,
}

/// How well the phone follows the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::TrackingQuality")]
pub enum TrackingQuality {
    /// Steady.
    Good,
    /// With small jumps.
    Fair,
    /// Hardly.
    Poor,
    /// Not any more.
    Lost,
    /// It did not say.
    Unknown,
}

/// What kind of device looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::DeviceType")]
pub enum DeviceType {
    /// A phone.
    Mobile,
    /// A tablet.
    Tablet,
    /// A computer.
    Desktop,
    /// A program: it is not counted.
    Bot,
    /// It did not say.
    Unknown,
}

/// What kind of caller did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Enum)]
#[graphql(remote = "models::ActorKind")]
pub enum ActorKind {
    /// A person.
    User,
    /// A partner's program.
    ApiKey,
    /// The program itself, or its operator at the command line.
    System,
}
