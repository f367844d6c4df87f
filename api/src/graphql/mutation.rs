//! What can be changed: one mutation, one line. The rules are the commands' own, in `domain`.

use async_graphql::{Context, Object};

use super::context::ContextExt;
use super::error::Result;
use super::payload::payload;
use super::types::{ArContent, Company, Project, Video, VideoSchedule};
use crate::domain::ar_content::{ArContentCreate, ArContentPinVideo};
use crate::domain::company::CompanyCreate;
use crate::domain::project::ProjectCreate;
use crate::domain::video::VideoCreate;
use crate::domain::video_schedule::VideoScheduleCreate;

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
    VideoPayload { video: Video }
}
payload! {
    /// What became of a write to a window.
    warned VideoSchedulePayload { video_schedule: VideoSchedule }
}

/// What can be changed.
#[derive(Debug, Clone, Copy)]
pub struct Mutation;

/// What can be changed. What a user can mend is told in the payload's `userErrors`; with `validateOnly` nothing is
/// stored and the object is null. A write may carry a key, by `@idempotent` or the header `Idempotency-Key`.
#[Object]
impl Mutation {
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

    /// Adds a window in which a video plays. One that overlaps another of equal priority is refused.
    async fn video_schedule_create(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The window.")] input: VideoScheduleCreate,
    ) -> Result<VideoSchedulePayload> {
        ctx.write(input).await
    }
}
