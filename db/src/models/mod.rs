//! The rows: one noun a file, with its `entity!` line, what a new row needs, and its odd queries.
//!
//! Rules live elsewhere; a model only says what is stored and who sees it.

mod api_key;
mod ar_content;
mod audit_entry;
mod client;
mod company;
mod email_message;
mod folder;
mod idempotency_key;
mod live_views;
mod login_address;
mod media;
mod membership;
mod migration_run;
mod new_view_session;
mod notification;
mod playback;
mod project;
mod setting;
mod sign_in;
mod storage_connection;
mod storage_folder;
mod upload;
mod user;
mod video;
mod video_rotation_schedule;
mod video_schedule;
mod view_event;
mod view_facet;
mod view_log;
mod view_numbers;
mod view_peak;
mod view_rollup;
mod view_rollup_rows;
mod view_session;
mod view_slots;

pub use api_key::{ApiKey, ApiKeyFilter, ApiKeyOrder, ApiKeyScope, NewApiKey};
pub use ar_content::{ArContent, ArContentEdit, ArContentFilter, ArContentOrder, ArContentStatus, NewArContent};
pub use audit_entry::{ActorKind, AuditEntry, AuditEntryFilter, AuditEntryOrder, NewAuditEntry};
pub use client::{Client, ClientFilter, ClientOrder, NewClient};
pub use company::{Company, CompanyFilter, CompanyOrder, CompanyStatus, NewCompany};
pub use email_message::{EmailMessage, EmailMessageFilter, EmailMessageOrder, EmailStatus, NewEmailMessage};
pub use folder::{Folder, FolderFilter, FolderOrder, NewFolder};
pub use idempotency_key::{Claim, IdempotencyKey};
pub use live_views::LiveViews;
pub use login_address::LoginAddress;
pub use media::{Media, MediaOrder, NewMedia};
pub use membership::{Membership, MembershipOrder, Role};
pub use migration_run::{MigrationAction, MigrationRun, MigrationRunStatus};
pub use new_view_session::NewViewSession;
pub use notification::{NewNotification, Notification, NotificationFilter, NotificationOrder, NotificationType};
pub use playback::PlaybackRows;
pub use project::{NewProject, Project, ProjectFilter, ProjectOrder, ProjectStatus};
pub use setting::Setting;
pub use sign_in::SignIn;
pub use storage_connection::{
    NewStorageConnection, StorageConnection, StorageConnectionFilter, StorageConnectionOrder, StorageProvider,
    StorageTestStatus,
};
pub use storage_folder::{NewStorageFolder, StorageFolder, StorageFolderFilter, StorageFolderOrder, StorageFolderType};
pub use upload::{NewUpload, Upload, UploadFilter, UploadKind, UploadOrder, UploadStatus};
pub use user::{NewUser, User, UserFilter, UserOrder, UserRole};
pub use video::{NewVideo, Video, VideoEdit, VideoFilter, VideoOrder, VideoStatus};
pub use video_rotation_schedule::{
    Below, DateRule, RotationItem, RotationTerms, RotationType, VideoRotationSchedule, VideoRotationScheduleEdit,
    VideoRotationScheduleFilter, VideoRotationScheduleOrder, Weekday,
};
pub use video_schedule::{
    NewVideoSchedule, VideoSchedule, VideoScheduleEdit, VideoScheduleFilter, VideoScheduleOrder, VideoScheduleStatus,
};
pub use view_event::{NewViewEvent, ViewEvent, ViewEventKind, ViewLogScope};
pub use view_facet::{DURATION_CLASSES, Facet, Grain, ViewColumn, ViewNumbersFilter};
pub use view_numbers::{NumbersQuery, RolledSpan, SlotNumbers, Span, ViewNumbers, ViewersOf};
pub use view_peak::{oldest_alive, peak_of};
pub use view_rollup::{DueCompany, RolledCompany, RolledDays, ViewRollup, ZoneData};
pub use view_session::{
    DeviceType, PlaybackSource, TrackingQuality, ViewSession, ViewSessionFilter, ViewSessionOrder, ViewSessionStatus,
};
pub use view_slots::Slots;
