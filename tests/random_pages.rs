//! Pages of random rows are what plain SQL says: with equal sort keys, deleted rows between, and rows that arrive while
//! the pages are turned.

use std::collections::BTreeMap;

use arvlite_api::global_id;
use arvlite_db::models::Role;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};

use crate::pages::{Asked, List, ids_of, lists};
use crate::support::contract::Contract;
use crate::support::crowded::crowded;
use crate::support::tables::Tables;
use crate::support::{Client, TestApp, Values};

const SEEDS: std::ops::Range<u64> = 0..4;

/// Times that lists are sorted by.
const KEYS: [&str; 5] = ["created_at", "updated_at", "started_at", "expires_at", "start_time"];

struct Studio {
    app: TestApp,
    admin: Client,
    /// Sees one company only, whose lists there are in more orders.
    manager: Client,
    company: i64,
    values: Values,
    contract: Contract,
    tables: Tables,
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_random_rows_are_what_sql_says() {
    let (app, admin, values) = crowded().await;
    let company = global_id::decode(&values.ids["Company"].0).unwrap().1;
    let manager = app.member(company, Role::Manager).await;
    let (contract, tables) = (Contract::read().await, Tables::read().await);
    let studio = Studio { app, admin, manager, company, values, contract, tables };
    let all = lists(&studio.contract, Asked::AcrossCompanies);
    let mut within = lists(&studio.contract, Asked::InOneCompany);
    within.retain(|list| list.parent.is_none());
    let mut turned = 0;
    for seed in SEEDS {
        studio.shuffle(seed).await;
        let mut random = StdRng::seed_from_u64(seed);
        for (caller, lists) in [(&studio.admin, &all), (&studio.manager, &within)] {
            for list in one_of_each_place(lists, &mut random) {
                for backwards in [false, true] {
                    turned += studio.turn(list, caller, backwards, &mut random, seed).await;
                }
            }
        }
    }
    assert!(turned > 500, "only {turned} pages were turned");
}

/// Of the ways in which each list is asked for, one.
fn one_of_each_place<'a>(lists: &'a [List<'a>], random: &mut StdRng) -> Vec<&'a List<'a>> {
    let mut places: BTreeMap<_, Vec<&List<'_>>> = BTreeMap::new();
    for list in lists {
        places.entry((list.parent, &list.field.name)).or_default().push(list);
    }
    places.values().map(|choices| *choices.choose(random).unwrap()).collect()
}

impl Studio {
    /// Gives rows random sort keys out of a few, and deletes some.
    async fn shuffle(&self, seed: u64) {
        let random =
            |column: &str, of: u8| format!("abs(hashtextextended(id::text || '{column}', {seed}) % {of})::int");
        for table in &self.tables.names {
            let has = |name: &str| self.tables.column(table, name).is_some();
            let mut set = Vec::new();
            for column in KEYS.into_iter().filter(|name| has(name)) {
                set.push(format!(
                    "{column} = '2027-01-01T00:00:00Z'::timestamptz + {} * interval '1 day'",
                    random(column, 4)
                ));
            }
            let texts = match table.as_str() {
                "companies" | "projects" | "folders" | "clients" => "name",
                "users" => "full_name",
                "ar_content" => "order_number",
                _ => "",
            };
            // Windows may begin together where they do not count.
            if table == "video_schedules" {
                set.push("end_time = '2027-02-01', status = 'DISABLED'".to_owned());
            }
            if !texts.is_empty() {
                set.push(format!("{texts} = chr(97 + {}) || left({texts}, 40)", random(texts, 3)));
            }
            if has("deleted_at") {
                let stays = if table == "companies" { format!("id = {}", self.company) } else { "false".to_owned() };
                let goes = format!("(deleted_at IS NULL AND NOT {stays} AND {} = 0)", random("deleted_at", 5));
                set.push(format!("deleted_at = CASE WHEN {goes} THEN now() ELSE deleted_at END"));
                set.push(format!("deletion_id = CASE WHEN {goes} THEN gen_random_uuid() ELSE deletion_id END"));
            }
            if has("id") && !set.is_empty() {
                self.app.change(&format!("UPDATE {table} SET {}", set.join(", "))).await;
            }
        }
    }

    /// Turns the pages of a list while rows arrive, and tells how many there were.
    async fn turn(&self, list: &List<'_>, caller: &Client, backwards: bool, random: &mut StdRng, seed: u64) -> usize {
        let table = table_of(list);
        let expected: Vec<i64> = self.app.column(&self.plain(list, caller, &table)).await;
        let (way, beside, more, end) = match backwards {
            false => ("first", "after", "hasNextPage", "endCursor"),
            true => ("last", "before", "hasPreviousPage", "startCursor"),
        };
        let (mut found, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let page = format!("{way}: {}{cursor}", random.random_range(1..8));
            let answer = list.ask(caller, &self.contract, &self.values, &page).await;
            let mut ids: Vec<i64> = ids_of(&answer).iter().map(|id| global_id::decode(id).unwrap().1).collect();
            if backwards {
                ids.reverse();
            }
            found.extend(ids);
            pages += 1;
            if answer["pageInfo"][more] == false {
                break;
            }
            cursor = format!(", {beside}: {}", answer["pageInfo"][end]);
            if pages < 3 {
                self.copy(&table, *expected.choose(random).unwrap()).await;
            }
        }
        if backwards {
            found.reverse();
        }
        let there_all_the_time: Vec<i64> = found.iter().copied().filter(|id| expected.contains(id)).collect();
        assert_eq!(there_all_the_time, expected, "{} {way}, seed {seed}", list.named());
        let all = found.len();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), all, "{} {way}, seed {seed}: a row came twice", list.named());
        pages
    }

    /// The ids of a list in its order, as plain SQL tells them.
    fn plain(&self, list: &List<'_>, caller: &Client, table: &str) -> String {
        let mut conditions = vec!["true".to_owned()];
        let number = |node: &str| global_id::decode(&self.values.ids[node].0).unwrap().1;
        match list.parent {
            None if list.field.name == "viewSessions" => conditions.push(format!("company_id = {}", self.company)),
            None if std::ptr::eq(caller, &self.admin) => {}
            None => conditions.push(match table {
                "companies" => format!("id = {}", self.company),
                "users" => format!("id IN (SELECT user_id FROM memberships WHERE company_id = {})", self.company),
                _ => format!("company_id = {}", self.company),
            }),
            Some(node) if list.field.name == "history" => {
                let noun = if node == "MediaUpload" { "upload".to_owned() } else { lower_first(node) };
                conditions.push(format!("entity_type = '{noun}' AND entity_id = {}", number(node)));
            }
            Some("Folder") if list.field.name == "children" => {
                conditions.push(format!("parent_id = {}", number("Folder")));
            }
            Some(node) => conditions.push(format!("{}_id = {}", snake_case(node), number(node))),
        }
        if self.tables.column(table, "deleted_at").is_some() {
            match list.said.as_str() {
                "deleted: INCLUDE" => {}
                "deleted: ONLY" => conditions.push("deleted_at IS NOT NULL".to_owned()),
                _ => conditions.push("deleted_at IS NULL".to_owned()),
            }
        }
        let by_start = if table == "ar_view_sessions" { "started_at" } else { "id" };
        let order = list.said.strip_prefix("orderBy: { field: ").map(|order| order.trim_end_matches(" }"));
        let (column, direction) =
            order.and_then(|order| order.split_once(", direction: ")).unwrap_or((by_start, "ASC"));
        format!(
            "SELECT id FROM {table} WHERE {} ORDER BY {column} {direction}, id {direction}",
            conditions.join(" AND ")
        )
    }

    /// A new row that is like another one, but for what must be its own.
    async fn copy(&self, table: &str, id: i64) {
        let computed = format!(
            "SELECT attname::text FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0
            AND NOT attisdropped AND attgenerated = ''"
        );
        let columns = self.app.column::<String>(&computed).await.join(", ");
        // What counts there is only once.
        let status = match table {
            "video_schedules" => "'status', 'DISABLED',",
            "video_rotation_schedules" => "'is_active', false,",
            _ => "",
        };
        self.app
            .change(&format!(
                "INSERT INTO {table} ({columns}) SELECT {columns} FROM (
                     SELECT (jsonb_populate_record(r, jsonb_build_object({status}
                         'id', nextval(pg_get_serial_sequence('{table}', 'id')), 'name', left(u, 32), 'slug', u,
                         'order_number', u, 'email', u || '@example.com', 'prefix', left(u, 12), 'unique_id', u::uuid,
                         'session_id', u::uuid, 'path', u, 'is_default', false, 'key', u, 'active_video_id', NULL
                     ))).* FROM {table} r, (SELECT replace(gen_random_uuid()::text, '-', '') AS u) new WHERE id = {id}
                 ) copied"
            ))
            .await;
    }
}

fn table_of(list: &List<'_>) -> String {
    match list.field.of.named().strip_suffix("Connection").unwrap() {
        "Company" => "companies".to_owned(),
        "ArContent" => "ar_content".to_owned(),
        "ViewSession" => "ar_view_sessions".to_owned(),
        "MediaUpload" => "uploads".to_owned(),
        "AuditEntry" => "audit_log".to_owned(),
        "EmailMessage" => "email_queue".to_owned(),
        node => format!("{}s", snake_case(node)),
    }
}

fn lower_first(name: &str) -> String {
    name[..1].to_lowercase() + &name[1..]
}

fn snake_case(name: &str) -> String {
    let name = lower_first(name);
    let words = name.chars().map(|letter| match letter.is_ascii_uppercase() {
        true => format!("_{}", letter.to_ascii_lowercase()),
        false => letter.to_string(),
    });
    words.collect()
}
