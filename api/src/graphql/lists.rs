//! The lists at the root: one noun, one line. All take a page, conditions and an order; which conditions and which
//! orders stands beside the noun's type. Across companies orders are by ID and CREATED_AT only.

use arvlite_db::Scope;
use async_graphql::{Context, Object};

use super::connection::{Connection, Paging};
use super::context::{ContextExt, ListOf};
use super::error::Result;
use super::filters::DeletedMode;
use super::node::NodeType;
use super::query::allowed;
use super::types::{
    ApiKey, ApiKeyOrder, ApiKeyWhereInput, ArContent, ArContentOrder, ArContentWhereInput, AuditEntry, AuditEntryOrder,
    AuditEntryWhereInput, Client, ClientOrder, ClientWhereInput, Company, CompanyOrder, CompanyWhereInput,
    EmailMessage, EmailMessageOrder, EmailMessageWhereInput, Folder, FolderOrder, FolderWhereInput, MediaUpload,
    Notification, NotificationOrder, NotificationWhereInput, Project, ProjectOrder, ProjectWhereInput,
    StorageConnection, StorageConnectionOrder, StorageConnectionWhereInput, StorageFolder, StorageFolderOrder,
    StorageFolderWhereInput, UploadOrder, UploadWhereInput, User, UserOrder, UserWhereInput, Video, VideoOrder,
    VideoRotationSchedule, VideoRotationScheduleOrder, VideoRotationScheduleWhereInput, VideoSchedule,
    VideoScheduleOrder, VideoScheduleWhereInput, VideoWhereInput,
};
use crate::auth::Readable;

/// The lists at the root.
#[derive(Debug, Clone, Copy, Default)]
pub struct Lists;

/// Declares the lists at the root. Those with `search` say where they look; those with `deleted` have deleted rows.
macro_rules! root_lists {
    ($(
        $(#[$meta:meta])+
        $list:ident: $node:ident where $condition:ident by $order:ident
        $(, $search:ident $text:tt)? $(and $deleted:ident)?;
    )+) => {
        /// The lists of all that you may see.
        #[Object]
        impl Lists {
            $(
                $(#[$meta])+
                #[expect(clippy::too_many_arguments, reason = "each is an argument of the contract")]
                async fn $list(
                    &self,
                    ctx: &Context<'_>,
                    #[graphql(desc = "Rows from the start, 1 to 100; 10 unless it is said.")] first: Option<i32>,
                    #[graphql(desc = "The cursor to start after.")] after: Option<String>,
                    #[graphql(desc = "Rows from the end, 1 to 100.")] last: Option<i32>,
                    #[graphql(desc = "The cursor to end before.")] before: Option<String>,
                    #[graphql(name = "where", desc = "Which ones.")] condition: Option<$condition>,
                    #[graphql(desc = "In which order; by id unless it is said.")] order_by: Option<$order>,
                    $(#[graphql(desc = $text)] $search: Option<String>,)?
                    $(
                        #[graphql(
                            default_with = "arvlite_db::Deleted::Exclude.into()",
                            desc = "Whether deleted ones are in the list."
                        )]
                        $deleted: DeletedMode,
                    )?
                ) -> Result<Connection<$node>> {
                    let list = ListOf::asked(condition, order_by)?;
                    $(let list = list.searched($search)?;)?
                    $(let list = list.with_deleted($deleted);)?
                    all(ctx, Paging::new(first, after, last, before), list).await
                }
            )+
        }
    };
}

root_lists! {
    /// The companies that you may see.
    companies: Company where CompanyWhereInput by CompanyOrder, search "Found in name or address, ignoring case."
        and deleted;
    /// The projects of all companies that you may see.
    projects: Project where ProjectWhereInput by ProjectOrder, search "Found in the name, ignoring case." and deleted;
    /// The folders of all companies that you may see.
    folders: Folder where FolderWhereInput by FolderOrder, search "Found in the name, ignoring case." and deleted;
    /// The orders of all companies that you may see.
    ar_contents: ArContent where ArContentWhereInput by ArContentOrder,
        search "Found in the number or in what is known of the customer, ignoring case." and deleted;
    /// The videos of all companies that you may see.
    videos: Video where VideoWhereInput by VideoOrder, search "Found in the file's name, ignoring case." and deleted;
    /// The windows of all companies that you may see.
    video_schedules: VideoSchedule where VideoScheduleWhereInput by VideoScheduleOrder;
    /// The rules of turns of all companies that you may see.
    video_rotation_schedules: VideoRotationSchedule where VideoRotationScheduleWhereInput by VideoRotationScheduleOrder;
    /// The people of all companies whose people you may see.
    users: User where UserWhereInput by UserOrder, search "Found in name or address, ignoring case.";
    /// The API keys of all companies whose people you may see, revoked ones among them.
    api_keys: ApiKey where ApiKeyWhereInput by ApiKeyOrder;
    /// What was done in the companies that you manage.
    audit_entries: AuditEntry where AuditEntryWhereInput by AuditEntryOrder;
    /// The clients of all companies that you may see.
    clients: Client where ClientWhereInput by ClientOrder,
        search "Found in name, telephone number or e-mail address, ignoring case." and deleted;
    /// The notifications of all companies that you may see.
    notifications: Notification where NotificationWhereInput by NotificationOrder;
    /// The mail of the companies that you manage.
    email_messages: EmailMessage where EmailMessageWhereInput by EmailMessageOrder,
        search "Found in recipient or subject, ignoring case.";
    /// The uploads of all companies that you may see.
    uploads: MediaUpload where UploadWhereInput by UploadOrder;
    /// The places for media of the companies that you manage.
    storage_connections: StorageConnection where StorageConnectionWhereInput by StorageConnectionOrder and deleted;
    /// The folders of the places for media of the companies that you manage.
    storage_folders: StorageFolder where StorageFolderWhereInput by StorageFolderOrder;
}

async fn all<T: NodeType>(ctx: &Context<'_>, paging: Paging, list: ListOf<T>) -> Result<Connection<T>> {
    allowed::<T>(ctx)?;
    let list = match ctx.viewer().scope(T::Row::NEEDS) {
        Scope::Companies(ids) if ids.len() == 1 => list,
        _ => list.across_companies()?,
    };
    ctx.list(paging, list).await
}
