//! The demo's folders. Their paths tell which of them are there already when a filling that was cut off goes on.

use std::collections::BTreeMap;

use arvlite_db::models::{Folder, NewFolder, Project};
use arvlite_db::{ChildOf, Page, Scope};

use super::plan::FolderPlan;
use super::seed::Seed;

/// Writes the folders of a project that are not there yet, and gives for each order's place the folder that it lies in.
pub(super) async fn write(
    seed: &Seed,
    project: &Project,
    plans: &'static [FolderPlan],
) -> anyhow::Result<BTreeMap<i64, Folder>> {
    let tx = seed.app.db.begin(Scope::Everything).await?;
    let present = <Folder as ChildOf<Project>>::of_parents(&tx, &[project.id], &Page::first(100)).await?;
    let mut by_path: BTreeMap<String, Folder> =
        present.into_iter().map(|folder| (folder.path.clone(), folder)).collect();
    let mut by_order = BTreeMap::new();
    for (sort_order, plan) in (1..).zip(plans) {
        let folder = match by_path.get(plan.path) {
            Some(folder) => folder.clone(),
            None => Folder::insert(&tx, &new_folder(seed, project, &by_path, plan, sort_order)).await?,
        };
        by_order.extend(plan.orders.iter().map(|place| (*place, folder.clone())));
        by_path.insert(folder.path.clone(), folder);
    }
    tx.commit().await?;
    Ok(by_order)
}

fn new_folder(
    seed: &Seed,
    project: &Project,
    by_path: &BTreeMap<String, Folder>,
    plan: &FolderPlan,
    sort_order: i32,
) -> NewFolder {
    let (parent_path, name) = plan.path.rsplit_once('/').unwrap_or(("", plan.path));
    NewFolder {
        company_id: project.company_id,
        project_id: project.id,
        parent_id: by_path.get(parent_path).map(|parent| parent.id),
        parent_path: parent_path.to_owned(),
        name: name.to_owned(),
        description: None,
        sort_order,
        created_at: seed.now(),
        updated_at: seed.now(),
    }
}
