//! The types of the contract: one noun a file, over the row of the same name.

mod active_video;
mod api_key;
mod ar_content;
mod ar_playback;
mod company;
mod media;
mod membership;
mod project;
mod service_limits;
mod storage_connection;
mod storage_folder;
mod upload;
mod user;
mod video;
mod video_schedule;
mod view_session;
mod view_stream;
mod viewer;

pub use active_video::ActiveVideo;
pub use api_key::ApiKey;
pub use ar_content::ArContent;
pub use ar_playback::ArPlayback;
pub use company::Company;
pub use media::Media;
pub use membership::Membership;
pub use project::Project;
pub use service_limits::ServiceLimits;
pub use storage_connection::StorageConnection;
pub use storage_folder::StorageFolder;
pub use upload::MediaUpload;
pub use user::User;
pub use video::Video;
pub use video_schedule::VideoSchedule;
pub use view_session::ViewSession;
pub use view_stream::{StreamPosition, ViewEventConnection, ViewEventEdge, ViewStreamItem};
pub use viewer::Viewer;
