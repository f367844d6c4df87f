//! Types that have a global id, and how an id finds its row.

use std::sync::Arc;

use arvlite_db::Entity;
use async_graphql::{Context, ID, Interface, OutputType};

use super::context::ContextExt;
use super::error::Result;
use super::types::{
    ApiKey, ArContent, AuditEntry, Client, Company, EmailMessage, Folder, Media, MediaUpload, Notification, Project,
    StorageConnection, StorageFolder, User, Video, VideoRotationSchedule, VideoSchedule, ViewSession,
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
    /// A rule of turns.
    VideoRotationSchedule(VideoRotationSchedule),
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
    /// A folder.
    Folder(Folder),
    /// Whom a studio works for.
    Client(Client),
    /// Something that happened.
    Notification(Notification),
    /// A mail.
    EmailMessage(EmailMessage),
    /// What somebody did.
    AuditEntry(AuditEntry),
    /// A place for media.
    StorageConnection(StorageConnection),
    /// A part of a place for media.
    StorageFolder(StorageFolder),
}

/// Runs a macro over all types that have a global id.
macro_rules! with_all_nodes {
    ($run:ident) => {
        $run!(
            Company,
            Project,
            ArContent,
            Video,
            VideoSchedule,
            VideoRotationSchedule,
            Media,
            MediaUpload,
            ViewSession,
            User,
            ApiKey,
            Folder,
            AuditEntry,
            Client,
            Notification,
            EmailMessage,
            StorageConnection,
            StorageFolder
        )
    };
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
    with_all_nodes!(find_among);
    Ok(None)
}

/// The row of a noun, as audit entries name it, and of this number.
pub(crate) async fn named(ctx: &Context<'_>, noun: &str, number: i64) -> Result<Option<Node>> {
    macro_rules! find_among {
        ($($name:ident),+) => {
            $(if noun == <<$name as NodeType>::Row as Entity>::NAME {
                return Ok(ctx.one::<$name>(number).await?.map(Node::$name));
            })+
        };
    }
    with_all_nodes!(find_among);
    Ok(None)
}

/// The global id that a column of a noun's row holds; none if it refers to something without one. A column is named
/// after the noun that it refers to, perhaps with a word before it: `active_video_id`.
pub(crate) fn global_id_in(noun: &str, column: &str, number: i64) -> Option<ID> {
    let referred = match column {
        "id" | "parent_id" => noun.to_owned(),
        _ => camel_case(column.strip_suffix("_id")?),
    };
    macro_rules! encode_among {
        ($($name:ident),+) => {
            $({
                type Row = <$name as NodeType>::Row;
                let name = <Row as Entity>::NAME;
                let ends_with_name = referred.len() > name.len()
                    && referred.to_ascii_lowercase().ends_with(&name.to_ascii_lowercase());
                if referred == name || ends_with_name {
                    return Some(global_id::encode::<Row>(number));
                }
            })+
        };
    }
    with_all_nodes!(encode_among);
    None
}

/// A stored name as clients know it.
pub(crate) fn camel_case(column: &str) -> String {
    let mut words = column.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        let initial = letters.next().map(|letter| letter.to_ascii_uppercase());
        name + &initial.into_iter().chain(letters).collect::<String>()
    })
}
