//! What can be changed: one mutation, one line. The rules are the commands' own, in `domain`.

use async_graphql::{Context, Object};

use super::context::ContextExt;
use super::error::Result;
use super::payload::payload;
use super::secrets::{self, ApiKeyCreatePayload, LoginPayload, LogoutPayload};
use super::types::{ApiKey, ArContent, Company, Membership, Project, Video, VideoRotationSchedule, VideoSchedule};
use super::uploads::{self, UploadFile, UploadPayload};
use super::views::{
    self, ViewSessionEndInput, ViewSessionHeartbeatInput, ViewSessionPayload, ViewSessionStartInput,
    ViewSessionStartPayload,
};
use crate::domain::api_key::{ApiKeyCreate, ApiKeyRevoke};
use crate::domain::ar_content::{ArContentCreate, ArContentPinVideo, ArContentUpdate};
use crate::domain::company::CompanyCreate;
use crate::domain::login::Login;
use crate::domain::membership::{MembershipRemove, MembershipSet};
use crate::domain::project::ProjectCreate;
use crate::domain::video::{VideoCreate, VideoDelete, VideoRestore, VideoUpdate};
use crate::domain::video_rotation_schedule::{
    VideoRotationScheduleCreate, VideoRotationScheduleDelete, VideoRotationScheduleUpdate,
};
use crate::domain::video_schedule::{VideoScheduleCreate, VideoScheduleDelete, VideoScheduleUpdate};

payload! {
    /// What became of a write to a company.
    CompanyPayload { company: Company }
}
payload! {
    /// What became of a write to a project.
    ProjectPayload { project: Project }
}
payload! {
    /// What became of a write to an order.
    warned ArContentPayload { ar_content: ArContent }
}
payload! {
    /// What became of a write to a video.
    warned VideoPayload { video: Video }
}
payload! {
    /// What became of a write to a window. After a removal it is the window as it was.
    warned VideoSchedulePayload { video_schedule: VideoSchedule }
}
payload! {
    /// What became of a write to a rule of turns. After a removal it is the rule as it was.
    warned VideoRotationSchedulePayload { video_rotation_schedule: VideoRotationSchedule }
}
payload! {
    /// What became of a role in a company. After a removal it is the role as it was.
    MembershipPayload { membership: Membership }
}
payload! {
    /// What became of a write to a key.
    ApiKeyPayload { api_key: ApiKey }
}

/// What can be changed.
#[derive(Debug, Clone, Copy)]
pub struct Mutation;

/// What can be changed. What a user can mend is told in the payload's `userErrors`; with `validateOnly` nothing is
/// stored and the object is null. A write may carry a key, by `@idempotent` or the header `Idempotency-Key`.
#[Object]
impl Mutation {
    /// Signs a person in. After 5 failures the account is locked for 15 minutes; nothing tells so.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "E-mail address and password.")] input: Login,
    ) -> Result<LoginPayload> {
        secrets::login(ctx, input).await
    }

    /// Ends the sign-in whose token the request shows. Subscriptions that it opened end too.
    async fn logout(&self, ctx: &Context<'_>) -> Result<LogoutPayload> {
        secrets::logout(ctx).await
    }

    /// Creates a company. Only for the platform's administrators.
    async fn company_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The company.")] input: CompanyCreate,
    ) -> Result<CompanyPayload> {
        ctx.write(input).await
    }

    /// Creates a project in a company.
    async fn project_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The project.")] input: ProjectCreate,
    ) -> Result<ProjectPayload> {
        ctx.write(input).await
    }

    /// Creates an order in a project. With a photo and a video it is READY at once; otherwise it waits in PENDING.
    async fn ar_content_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order.")] input: ArContentCreate,
    ) -> Result<ArContentPayload> {
        ctx.write(input).await
    }

    /// Changes an order. What waited for a photo is READY as soon as it has one and a video.
    async fn ar_content_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The order, and what becomes of it.")] input: ArContentUpdate,
    ) -> Result<ArContentPayload> {
        ctx.write(input).await
    }

    /// Takes a small file in one request, by the GraphQL multipart request specification; it needs the header
    /// `GraphQL-Require-Preflight`. What it becomes can be used for a day, also more than once.
    async fn upload_file(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The file.")] input: UploadFile,
    ) -> Result<UploadPayload> {
        uploads::take(ctx, input).await
    }

    /// Sets or (null) removes the operator's choice of video.
    async fn ar_content_pin_video(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The choice.")] input: ArContentPinVideo,
    ) -> Result<ArContentPayload> {
        ctx.write(input).await
    }

    /// Adds a video to an order.
    async fn video_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The video.")] input: VideoCreate,
    ) -> Result<VideoPayload> {
        ctx.write(input).await
    }

    /// Changes a video.
    async fn video_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The video, and what becomes of it.")] input: VideoUpdate,
    ) -> Result<VideoPayload> {
        ctx.write(input).await
    }

    /// Deletes a video; its windows and a choice of it are as if absent until it is restored.
    async fn video_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The video.")] input: VideoDelete,
    ) -> Result<VideoPayload> {
        ctx.write(input).await
    }

    /// Brings a deleted video back, with its windows and the choice of it.
    async fn video_restore(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The video.")] input: VideoRestore,
    ) -> Result<VideoPayload> {
        ctx.write(input).await
    }

    /// Adds a window in which a video plays. One that overlaps another of equal priority is refused.
    async fn video_schedule_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The window.")] input: VideoScheduleCreate,
    ) -> Result<VideoSchedulePayload> {
        ctx.write(input).await
    }

    /// Changes a window. One that would overlap another of equal priority is refused.
    async fn video_schedule_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The window, and what becomes of it.")] input: VideoScheduleUpdate,
    ) -> Result<VideoSchedulePayload> {
        ctx.write(input).await
    }

    /// Removes a window for good.
    async fn video_schedule_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The window.")] input: VideoScheduleDelete,
    ) -> Result<VideoSchedulePayload> {
        ctx.write(input).await
    }

    /// Adds a rule of turns or of dates. A second one of its sort that counts is refused.
    async fn video_rotation_schedule_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: VideoRotationScheduleCreate,
    ) -> Result<VideoRotationSchedulePayload> {
        ctx.write(input).await
    }

    /// Changes a rule of turns or of dates. What its new type has no use for is dropped.
    async fn video_rotation_schedule_update(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule, and what becomes of it.")] input: VideoRotationScheduleUpdate,
    ) -> Result<VideoRotationSchedulePayload> {
        ctx.write(input).await
    }

    /// Removes a rule of turns or of dates for good.
    async fn video_rotation_schedule_delete(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: VideoRotationScheduleDelete,
    ) -> Result<VideoRotationSchedulePayload> {
        ctx.write(input).await
    }

    /// Gives a person a role in a company, in place of the one before. The person is a colleague by id, or whoever signs
    /// in with an e-mail address.
    async fn membership_set(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the role.")] input: MembershipSet,
    ) -> Result<MembershipPayload> {
        ctx.write(input).await
    }

    /// Takes a person's role in a company away. A company keeps at least one manager.
    async fn membership_remove(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person and the company.")] input: MembershipRemove,
    ) -> Result<MembershipPayload> {
        ctx.write(input).await
    }

    /// Makes a key with which a program may act for a company. A key cannot make keys.
    async fn api_key_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: ApiKeyCreate,
    ) -> Result<ApiKeyCreatePayload> {
        ctx.write(input).await
    }

    /// Ends a key, at once and everywhere.
    async fn api_key_revoke(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: ApiKeyRevoke,
    ) -> Result<ApiKeyPayload> {
        ctx.write(input).await
    }

    /// Starts a view; for phones, without a sign-in. It is counted once, however often this start is repeated, and the
    /// answer already holds what to play. Where nothing plays no view is started: `playback` says why.
    async fn view_session_start(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view.")] input: ViewSessionStartInput,
    ) -> Result<ViewSessionStartPayload> {
        views::start(ctx, input).await
    }

    /// Says how far a view is, every 10 to 15 seconds. Reports may get lost, come twice or in any order.
    async fn view_session_heartbeat(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far it is.")] input: ViewSessionHeartbeatInput,
    ) -> Result<ViewSessionPayload> {
        views::report(ctx, input).await
    }

    /// Ends a view.
    async fn view_session_end(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How far it came.")] input: ViewSessionEndInput,
    ) -> Result<ViewSessionPayload> {
        views::report(ctx, input).await
    }
}
