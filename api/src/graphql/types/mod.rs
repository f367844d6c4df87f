//! The types of the contract: one noun a file, over the row of the same name.

mod active_video;
mod api_key;
mod ar_content;
mod ar_playback;
mod audit_entry;
mod company;
mod folder;
mod media;
mod membership;
mod project;
mod service_limits;
mod upload;
mod user;
mod video;
mod video_schedule;
mod view_session;
mod view_stream;
mod viewer;

pub use active_video::ActiveVideo;
pub use api_key::{ApiKey, ApiKeyOrder, ApiKeyWhereInput};
pub use ar_content::{ArContent, ArContentOrder, ArContentWhereInput};
pub use ar_playback::ArPlayback;
pub use audit_entry::{AuditEntry, AuditEntryOrder, AuditEntryWhereInput};
pub use company::{Company, CompanyOrder, CompanyWhereInput};
pub use folder::{Folder, FolderOrder, FolderWhereInput};
pub use media::Media;
pub use membership::Membership;
pub use project::{Project, ProjectOrder, ProjectWhereInput};
pub use service_limits::ServiceLimits;
pub use upload::{MediaUpload, UploadOrder, UploadWhereInput};
pub use user::{User, UserOrder, UserWhereInput};
pub use video::{Video, VideoOrder, VideoWhereInput};
pub use video_schedule::{VideoSchedule, VideoScheduleOrder, VideoScheduleWhereInput};
pub use view_session::ViewSession;
pub use view_stream::{StreamPosition, ViewEventConnection, ViewEventEdge, ViewStreamItem};
pub use viewer::Viewer;
