//! Writes the demo's studios through the same commands that clients use. Every write carries a key, so that a seeding
//! that was cut off goes on where it stood.

use std::sync::Arc;

use arvlite_db::models::{
    ArContent, Client, Company, Folder, Project, Upload, UploadKind, Video, VideoRotationSchedule, VideoSchedule,
};
use arvlite_db::{ChildOf, Page, Scope};
use async_graphql::MaybeUndefined;
use bytes::Bytes;
use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

use super::clients;
use super::folders;
use super::media;
use super::plan::{OrderPlan, STUDIOS, StudioPlan};
use super::seed::Seed;
use crate::app::App;
use crate::auth::Viewer;
use crate::cli::operator::in_words;
use crate::dates::{Date, Time};
use crate::domain::ar_content::{ArContentCreate, ArContentPinVideo};
use crate::domain::company::CompanyCreate;
use crate::domain::project::ProjectCreate;
use crate::domain::upload::{self, IncomingFile};
use crate::domain::video_rotation_schedule::{
    DateRuleInput, RotationItemInput, RotationTermsInput, VideoRotationScheduleCreate,
};
use crate::domain::video_schedule::VideoScheduleCreate;
use crate::enums::RotationType;
use crate::global_id::NodeId;

/// Writes the studios of the plan, oldest orders first, and gives their companies in its order.
pub(super) async fn write(seed: &Seed) -> anyhow::Result<Vec<Company>> {
    let mut companies = Vec::new();
    for plan in STUDIOS {
        let company = company(seed, plan).await?;
        let clients = clients::write(seed, &company).await?;
        for (number, project_plan) in (1..).zip(plan.projects) {
            let key = format!("{}/{number}", plan.slug);
            let project: Project = seed
                .run(
                    &key,
                    ProjectCreate {
                        company_id: NodeId::of(company.id),
                        name: project_plan.name.to_owned(),
                        ..ProjectCreate::default()
                    },
                )
                .await?;
            let folders = folders::write(seed, &project, project_plan.folders).await?;
            for (place, order_plan) in (1..).zip(project_plan.orders) {
                let folder = folders.get(&place);
                let client = clients::of(&clients, order_plan.customer);
                order(seed, &format!("{key}/{place}"), &project, folder, client, order_plan, place).await?;
            }
        }
        companies.push(company);
    }
    Ok(companies)
}

async fn company(seed: &Seed, plan: &StudioPlan) -> anyhow::Result<Company> {
    let session = seed.app.db.session(Scope::Everything);
    if let Some(company) = Company::by_slug(&session, plan.slug).await? {
        return Ok(company);
    }
    seed.run(
        plan.slug,
        CompanyCreate {
            name: plan.name.to_owned(),
            slug: Some(plan.slug.to_owned()),
            contact_email: Some(plan.contact_email.to_owned()),
            time_zone: Some(plan.time_zone),
            ..CompanyCreate::default()
        },
    )
    .await
}

async fn order(
    seed: &Seed,
    key: &str,
    project: &Project,
    folder: Option<&Folder>,
    client: Option<&Client>,
    plan: &OrderPlan,
    place: i64,
) -> anyhow::Result<()> {
    let company_id = NodeId::of(project.company_id);
    let photo = file(&seed.app, key, company_id, UploadKind::Photo, plan.photo).await?;
    let mut videos = Vec::new();
    for name in plan.videos {
        videos.push(NodeId::of(file(&seed.app, key, company_id, UploadKind::Video, name).await?.id));
    }
    let content: ArContent = seed
        .run(
            key,
            ArContentCreate {
                project_id: NodeId::of(project.id),
                folder_id: folder.map(|folder| NodeId::of(folder.id)),
                client_id: client.map(|client| NodeId::of(client.id)),
                order_number: Some(format!("{}-{place:03}", seed.now().format("%Y"))),
                customer_name: Some(plan.customer.to_owned()),
                customer_phone: Some(format!("+7 900 000-{:02}-{place:02}", project.id)),
                customer_email: Some(format!("customer{}-{place}@example.com", project.id)),
                duration_years: [1, 3, 5][usize::try_from(place)? % 3],
                metadata: Some(async_graphql::Json(serde_json::json!({ "paper": "matte", "format": "20x30" }))),
                photo_upload_id: Some(NodeId::of(photo.id)),
                video_upload_ids: Some(videos),
                ..ArContentCreate::default()
            },
        )
        .await?;
    let session = seed.app.db.session(Scope::Everything);
    let videos = <Video as ChildOf<ArContent>>::of_parents(&session, &[content.id], &Page::first(10)).await?;
    if let [_, second, ..] = videos.as_slice() {
        match place % 4 {
            1 => turns(seed, key, &content, &videos).await?,
            _ => rules(seed, key, &content, second, place).await?,
        }
    }
    Ok(())
}

/// Orders with a second video show what rules do: a window that is open now, one that comes, or the operator's choice.
async fn rules(seed: &Seed, key: &str, content: &ArContent, second: &Video, place: i64) -> anyhow::Result<()> {
    let today = seed.opened;
    let window = |from: TimeDelta, to: TimeDelta, description: &str| VideoScheduleCreate {
        video_id: NodeId::of(second.id),
        start_time: today + from,
        end_time: today + to,
        description: Some(description.to_owned()),
        ..VideoScheduleCreate::default()
    };
    if place % 3 == 0 {
        let pin = ArContentPinVideo {
            id: NodeId::of(content.id),
            video_id: MaybeUndefined::Value(NodeId::of(second.id)),
            ..ArContentPinVideo::default()
        };
        let _: ArContent = seed.run(&format!("{key}/pin"), pin).await?;
        return Ok(());
    }
    let open = window(TimeDelta::days(-1), TimeDelta::days(14), "Праздничное видео");
    let _: VideoSchedule = seed.run(&format!("{key}/open"), open).await?;
    let coming = window(TimeDelta::days(30), TimeDelta::days(31), "Годовщина");
    let _: VideoSchedule = seed.run(&format!("{key}/coming"), coming).await?;
    Ok(())
}

/// An order whose videos take turns every morning, with the last of them on New Year's Day.
async fn turns(seed: &Seed, key: &str, content: &ArContent, videos: &[Video]) -> anyhow::Result<()> {
    let rule = |rotation_type, terms| VideoRotationScheduleCreate {
        ar_content_id: NodeId::of(content.id),
        rotation_type,
        terms,
        is_active: true,
        validate_only: false,
    };
    let item = |video: &Video| RotationItemInput { video_id: NodeId::of(video.id), weight: 1 };
    let every_morning = RotationTermsInput {
        time_of_day: MaybeUndefined::Value(Time(NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default())),
        items: MaybeUndefined::Value(videos.iter().map(item).collect()),
        ..RotationTermsInput::default()
    };
    let _: VideoRotationSchedule = seed.run(&format!("{key}/turns"), rule(RotationType::Daily, every_morning)).await?;
    let new_year = NaiveDate::from_ymd_opt(seed.opened.year(), 1, 1).unwrap_or_default();
    let last =
        videos.last().map(|video| DateRuleInput { date: Date(new_year), yearly: true, video_id: NodeId::of(video.id) });
    let on_new_year = RotationTermsInput {
        date_rules: MaybeUndefined::Value(last.into_iter().collect()),
        ..RotationTermsInput::default()
    };
    let _: VideoRotationSchedule =
        seed.run(&format!("{key}/dates"), rule(RotationType::DateRules, on_new_year)).await?;
    Ok(())
}

/// One of the shipped files as an upload of a company.
async fn file(
    app: &Arc<App>,
    key: &str,
    company_id: NodeId<Company>,
    kind: UploadKind,
    name: &str,
) -> anyhow::Result<Upload> {
    let shipped = media::photos().chain(media::videos()).find(|(shipped, _)| *shipped == name);
    let (_, bytes) = shipped.ok_or_else(|| anyhow::anyhow!("the demo has no file {name}"))?;
    let bytes = futures_util::stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(bytes))]);
    let file = IncomingFile { name: name.to_owned(), declared_type: None, bytes };
    let key = Some(format!("demo/{key}/{name}"));
    let received = upload::receive(app, &Viewer::system(), company_id, kind, file, key).await;
    Ok(received.map_err(in_words)?.row)
}
