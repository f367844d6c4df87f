//! The whole policy, on one screen: which role and which key scope opens what, and what each row asks of its reader.

use arvlite_db::Entity;
use arvlite_db::models::{
    ApiKey, ApiKeyScope, ArContent, AuditEntry, Client, Company, EmailMessage, Folder, Media, Membership, Notification,
    Project, Role, StorageConnection, StorageFolder, Upload, User, Video, VideoRotationSchedule, VideoSchedule,
    ViewSession,
};

/// Something that one may be allowed to do in a company.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Permission {
    /// See the tree: the company, its projects, folders, orders, videos, windows, rules, uploads, clients, notifications.
    ReadStudio,
    /// See view sessions and numbers.
    ReadAnalytics,
    /// See who works here and which keys exist.
    ReadPeople,
    /// See what keeps the studio running: queued mail, storage, who changed what.
    ReadOperations,
    /// Create and change projects, orders and videos.
    WriteContent,
    /// Create and change what plays when.
    WriteSchedules,
    /// Send bytes.
    WriteUploads,
    /// Report views for whoever looks, through a program that only passes them on.
    WriteViews,
    /// Give and take roles.
    ManagePeople,
    /// Create and revoke API keys.
    ManageKeys,
    /// Create companies.
    CreateCompanies,
    /// Create people, set their passwords, let them in or not, make them administrators.
    ManageAccounts,
}

use Permission::{
    CreateCompanies, ManageAccounts, ManageKeys, ManagePeople, ReadAnalytics, ReadOperations, ReadPeople, ReadStudio,
    WriteContent, WriteSchedules, WriteUploads, WriteViews,
};

impl Permission {
    /// All of them.
    pub const ALL: &[Self] = &[
        ReadStudio,
        ReadAnalytics,
        ReadPeople,
        ReadOperations,
        WriteContent,
        WriteSchedules,
        WriteUploads,
        WriteViews,
        ManagePeople,
        ManageKeys,
        CreateCompanies,
        ManageAccounts,
    ];

    /// Its name in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            ReadStudio => "READ_STUDIO",
            ReadAnalytics => "READ_ANALYTICS",
            ReadPeople => "READ_PEOPLE",
            ReadOperations => "READ_OPERATIONS",
            WriteContent => "WRITE_CONTENT",
            WriteSchedules => "WRITE_SCHEDULES",
            WriteUploads => "WRITE_UPLOADS",
            WriteViews => "WRITE_VIEWS",
            ManagePeople => "MANAGE_PEOPLE",
            ManageKeys => "MANAGE_KEYS",
            CreateCompanies => "CREATE_COMPANIES",
            ManageAccounts => "MANAGE_ACCOUNTS",
        }
    }

    /// Whether a role in a company opens it there. The platform's administrators may do everything everywhere.
    #[must_use]
    pub fn is_open_to(self, role: Role) -> bool {
        match role {
            Role::Viewer => matches!(self, ReadStudio | ReadAnalytics),
            Role::Editor => {
                Self::is_open_to(self, Role::Viewer)
                    || matches!(self, WriteContent | WriteSchedules | WriteUploads | WriteViews)
            }
            Role::Manager => {
                Self::is_open_to(self, Role::Editor)
                    || matches!(self, ReadPeople | ReadOperations | ManagePeople | ManageKeys)
            }
        }
    }

    /// The scope that a key must have besides its role; none for what no key may do.
    #[must_use]
    pub fn key_scope(self) -> Option<ApiKeyScope> {
        match self {
            ReadStudio => Some(ApiKeyScope::Read),
            ReadAnalytics => Some(ApiKeyScope::ReadAnalytics),
            WriteContent => Some(ApiKeyScope::WriteContent),
            WriteSchedules => Some(ApiKeyScope::WriteSchedules),
            WriteUploads => Some(ApiKeyScope::WriteUploads),
            WriteViews => Some(ApiKeyScope::WriteViews),
            ReadPeople | ReadOperations | ManagePeople | ManageKeys | CreateCompanies | ManageAccounts => None,
        }
    }
}

/// A row, and what it asks of whoever reads it.
pub trait Readable: Entity {
    /// The permission.
    const NEEDS: Permission;
}

macro_rules! readable {
    ($($row:ident: $permission:ident),+ $(,)?) => {
        $(impl Readable for $row { const NEEDS: Permission = Permission::$permission; })+
    };
}

readable! {
    Company: ReadStudio, Project: ReadStudio, ArContent: ReadStudio, Video: ReadStudio, VideoSchedule: ReadStudio,
    Media: ReadStudio, Upload: ReadStudio, ViewSession: ReadAnalytics, User: ReadPeople, Membership: ReadPeople,
    ApiKey: ReadPeople, Folder: ReadStudio, AuditEntry: ReadOperations, Client: ReadStudio, Notification: ReadStudio,
    VideoRotationSchedule: ReadStudio, EmailMessage: ReadOperations, StorageConnection: ReadOperations, StorageFolder: ReadOperations,
}
