//! Types that have a global id, and how an id finds its row.

use std::sync::Arc;

use async_graphql::{Context, ID, Interface, OutputType};

use super::context::ContextExt;
use super::error::Result;
use super::types::{
    ApiKey, ArContent, Client, Company, EmailMessage, Media, MediaUpload, Notification, Project, User, Video,
    VideoSchedule, ViewSession,
};
use crate::auth::Readable;
use crate::global_id::{self, Tagged};

/// A GraphQL type over a row.
pub(crate) trait NodeType: OutputType + Clone + Send + Sync + 'static {
    /// The row.
    type Row: Readable;

    /// The type's name.
    const NAME: &'static str;

    /// What the API says of a row.
    fn from_row(row: Arc<Self::Row>) -> Self;
}

/// Declares a GraphQL type over a row.
macro_rules! node_type {
    ($(#[$meta:meta])* $name:ident over $row:ty) => {
        $(#[$meta])*
        #[derive(Debug, Clone)]
        pub struct $name(pub(crate) std::sync::Arc<$row>);

        impl $crate::graphql::node::NodeType for $name {
            type Row = $row;

            const NAME: &'static str = stringify!($name);

            fn from_row(row: std::sync::Arc<$row>) -> Self {
                Self(row)
            }
        }
    };
}
pub(crate) use node_type;

/// Whatever has a global id. Opaque, typed, stable. A malformed id, one that does not exist and one of another company
/// answer alike: null.
#[derive(Debug, Clone, Interface)]
#[graphql(field(name = "id", ty = "ID", desc = "Opaque, typed and stable."))]
pub enum Node {
    /// A studio.
    Company(Company),
    /// A project.
    Project(Project),
    /// An order.
    ArContent(ArContent),
    /// A video.
    Video(Video),
    /// A window.
    VideoSchedule(VideoSchedule),
    /// A stored object.
    Media(Media),
    /// Bytes on their way in.
    MediaUpload(MediaUpload),
    /// A view.
    ViewSession(ViewSession),
    /// A person.
    User(User),
    /// A key.
    ApiKey(ApiKey),
    /// Whom a studio works for.
    Client(Client),
    /// Something that happened.
    Notification(Notification),
    /// A mail.
    EmailMessage(EmailMessage),
}

/// The row of a global id, of whatever type it is.
pub(crate) async fn find(ctx: &Context<'_>, id: &str) -> Result<Option<Node>> {
    let Some((tag, number)) = global_id::decode(id) else { return Ok(None) };
    macro_rules! find_among {
        ($($name:ident),+) => {
            $(if tag == <<$name as NodeType>::Row as Tagged>::TAG {
                return Ok(ctx.one::<$name>(number).await?.map(Node::$name));
            })+
        };
    }
    find_among!(Company, Project, ArContent, Video, VideoSchedule, Media, MediaUpload, ViewSession, User, ApiKey);
    find_among!(Client, Notification, EmailMessage);
    Ok(None)
}
