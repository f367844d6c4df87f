//! Every list is read by an index, whatever is asked of it: on a database that has grown, the server tells the plan of
//! each statement as it ran, and none reads a big table from end to end.
//!
//! The lists are found in the schema: every field that answers with a connection, at the roots and below a row, with
//! each of its orders and each of its filters.

use std::collections::{BTreeMap, BTreeSet};

use arvlite_api::auth::Permission;
use arvlite_db::Scope;
use arvlite_db::growth::{Growth, grow};
use arvlite_db::models::{self, Role, UserRole};
use serde_json::{Value, json};

use crate::support::contract::{Contract, Field, Leaf, Root};
use crate::support::{Client, TestApp, Values, Wire, fresh_database, noon};

/// A table with more rows than this is not to be read from end to end.
const BIG: f32 = 1_000.0;

const OF_TWO: &str = "somebody of two companies";

/// What is read to know who asks.
const WHO_ASKS: &str = "sign_ins";
/// A table of one row, whatever grows.
const OF_ONE_ROW: &str = "view_log_retention";

/// Says which part of a list is asked for, not of which rows.
const PAGING: [&str; 4] = ["first", "after", "last", "before"];

/// Puts filters together; the filters themselves are asked one by one.
const COMPOSED: [&str; 3] = ["AND", "OR", "NOT"];

const PAGE: &str = "{ edges { cursor } pageInfo { startCursor endCursor } }";

/// A list of the contract: at a root, or below the row of an id.
struct List<'a> {
    parent: Option<&'a str>,
    field: &'a Field,
    leaves: Vec<Leaf>,
}

/// What is said to a list: some of its arguments.
type Said<'a> = Vec<(&'a Leaf, String)>;

#[tokio::test(flavor = "multi_thread")]
async fn no_list_reads_a_big_table_from_end_to_end() {
    let (app, mut looking) = grown().await;
    let contract = Contract::read().await;
    let (values, company) = values(&app).await;
    let small: i64 = app.column("SELECT min(id) FROM companies WHERE deleted_at IS NULL").await[0];
    let of_two = [(company, Role::Manager), (small, Role::Viewer)];
    let callers = [
        ("an admin", app.admin().await),
        ("somebody of one company", app.member(company, Role::Manager).await),
        (OF_TWO, app.person(UserRole::Member, &of_two).await),
    ];
    for list in lists(&contract) {
        for (who, caller) in &callers {
            for said in list.everything_to_say(&contract, &values) {
                // Below a row, and under a filter, several companies are read like all of them.
                if *who == OF_TWO && (list.parent.is_some() || is_filter(&said)) {
                    continue;
                }
                looking.at_pages(&contract, &values, &list, &said, who, caller).await;
            }
        }
    }
    looking.judge();
}

/// Asks lists, and looks at the plans of what was read for them.
struct Looking {
    wire: Wire,
    /// The big tables and how many rows they have.
    big: BTreeMap<String, f32>,
    asked: usize,
    read: BTreeSet<String>,
    wrong: BTreeMap<(String, String), String>,
    /// The lists, and whether one of the callers sees them.
    seen: BTreeMap<String, bool>,
}

impl Looking {
    /// Asks for the first page, the last one, those beside them, and the number of rows.
    async fn at_pages(
        &mut self,
        contract: &Contract,
        values: &Values,
        list: &List<'_>,
        said: &Said<'_>,
        who: &str,
        caller: &Client,
    ) {
        // Of what is asked of roots in full, below a row once will do.
        let is_minor = list.parent.is_some() && is_filter(said);
        let leaf = |name: &str| list.leaves.iter().find(|leaf| leaf.path == [name]);
        for (count, beside, cursor) in [("first", "after", "endCursor"), ("last", "before", "startCursor")] {
            let Some(count) = leaf(count).filter(|_| count == "first" || !is_minor) else { continue };
            let mut given = said.clone();
            given.push((count, "5".to_owned()));
            let answer = self.at(list, said, who, caller, &list.document(contract, values, &given, PAGE)).await;
            let cursor = &answer["pageInfo"][cursor];
            if let Some(beside) = leaf(beside).filter(|_| cursor.is_string()) {
                given.push((beside, cursor.to_string()));
                self.at(list, said, who, caller, &list.document(contract, values, &given, PAGE)).await;
            }
        }
        let rows = contract.types[list.field.of.named()].fields.iter().flatten();
        // The number of all rows of a table that there are has to be counted, if somebody asks for it.
        let is_everything = list.parent.is_none() && caller.viewer.scope(Permission::ReadStudio) == Scope::Everything;
        if !is_everything && !is_minor && rows.clone().any(|field| field.name == "totalCount") {
            self.at(list, said, who, caller, &list.document(contract, values, said, "{ totalCount }")).await;
        }
    }

    async fn at(&mut self, list: &List<'_>, said: &Said<'_>, who: &str, caller: &Client, document: &str) -> Value {
        self.wire.take_notices();
        let answer = list.ask(caller, document).await;
        self.asked += 1;
        *self.seen.entry(list.name()).or_default() |= !answer.is_null();
        for plan in self.wire.take_notices().iter().filter_map(|notice| plan_in(notice)) {
            self.read.extend(tables_of(&plan["Plan"]));
            for table in read_through(&plan["Plan"], &self.big) {
                let how = || format!("{who}: {document}\n{}\n{}", plan["Query Text"], in_lines(&plan["Plan"], 1));
                self.wrong.entry((format!("{} {}", list.name(), said_in_words(said)), table)).or_insert_with(how);
            }
        }
        answer
    }

    fn judge(self) {
        let Self { big, asked, read, wrong, seen, .. } = self;
        assert!(asked > 500, "only {asked} pages were asked");
        let wrong: Vec<String> =
            wrong.iter().map(|((place, table), how)| format!("{place} reads all of {table}, asked by {how}")).collect();
        assert!(wrong.is_empty(), "{} of {asked}:\n\n{}", wrong.len(), wrong.join("\n\n"));
        let unseen: Vec<&String> = seen.iter().filter(|(_, is_seen)| !**is_seen).map(|(list, _)| list).collect();
        assert!(unseen.is_empty(), "whose rows are to be asked for {unseen:?}? Tell `values` below");
        let few: Vec<&String> = read
            .iter()
            .filter(|table| ![WHO_ASKS, OF_ONE_ROW].contains(&table.as_str()) && !big.contains_key(*table))
            .collect();
        assert!(few.is_empty(), "too few rows to tell anything, in {few:?}: let db/src/growth make more");
    }
}

/// A program on a database with thousands of rows in every table, whose server tells each plan.
async fn grown() -> (TestApp, Looking) {
    let url = fresh_database().await;
    let first = TestApp::on(&url).await;
    let (companies, contents, view_sessions) = (2_100, 6_000, 30_000);
    let growth = Growth {
        companies,
        contents,
        view_sessions,
        until: noon(),
        hashed_password: String::new(),
        files_of: Vec::new(),
    };
    grow(&first.app.db, &growth, &mut |_| {}).await.unwrap();
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap();
    first
        .change(&format!(
            "ALTER DATABASE {name} SET session_preload_libraries = 'auto_explain';
             ALTER DATABASE {name} SET auto_explain.log_min_duration = 0;
             ALTER DATABASE {name} SET auto_explain.log_level = 'notice';
             ALTER DATABASE {name} SET auto_explain.log_format = 'json';
             ALTER DATABASE {name} SET auto_explain.log_analyze = on;
             ALTER DATABASE {name} SET auto_explain.log_timing = off;"
        ))
        .await;
    let rows =
        "SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace";
    let mut big = BTreeMap::new();
    for table in first.column::<String>(rows).await {
        let rows: f32 = first.column(&format!("SELECT reltuples FROM pg_class WHERE relname = '{table}'")).await[0];
        if rows > BIG {
            big.insert(table, rows);
        }
    }
    let wire = Wire::before(&url).await;
    let app = TestApp::with_one_connection(&wire.url).await;
    (app, Looking { wire, big, asked: 0, read: BTreeSet::new(), wrong: BTreeMap::new(), seen: BTreeMap::new() })
}

/// A row of each type, those with lists in the biggest studio; and that studio.
async fn values(app: &TestApp) -> (Values, i64) {
    let mut values = app.everything("bergamot").await.values;
    let most = |column: &str, table: &str| {
        format!("SELECT {column} FROM {table} GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
    };
    let company: i64 = app.column(&most("company_id", "ar_content")).await[0];
    let one = async |of: &str| app.column::<i64>(&format!("SELECT {of} company_id = {company} LIMIT 1")).await[0];
    values.has::<models::Company>("Company", company);
    values.has::<models::Project>("Project", one("project_id FROM ar_content WHERE").await);
    values.has::<models::Folder>("Folder", one("parent_id FROM folders WHERE parent_id IS NOT NULL AND").await);
    values.has::<models::Client>("Client", one("client_id FROM ar_content WHERE client_id IS NOT NULL AND").await);
    values.has::<models::ArContent>("ArContent", one("ar_content_id FROM video_schedules WHERE").await);
    values.has::<models::Video>("Video", one("video_id FROM video_schedules WHERE").await);
    values.has::<models::VideoSchedule>("VideoSchedule", one("id FROM video_schedules WHERE").await);
    values.has::<models::Upload>("MediaUpload", one("id FROM uploads WHERE").await);
    values.has::<models::StorageConnection>("StorageConnection", one("id FROM storage_connections WHERE").await);
    values.has::<models::User>("User", one("user_id FROM memberships WHERE").await);
    values.has::<models::ApiKey>("ApiKey", one("id FROM api_keys WHERE").await);
    (values, company)
}

fn lists(contract: &Contract) -> Vec<List<'_>> {
    let roots = contract.roots(Root::Query).iter().map(|field| (None, field));
    let below = contract
        .nodes()
        .into_iter()
        .flat_map(|node| contract.types[node].fields.iter().flatten().map(move |field| (Some(node), field)));
    let is_list = |field: &Field| {
        let fields = contract.types[field.of.named()].fields.iter().flatten();
        fields.map(|field| field.name.as_str()).any(|name| name == "pageInfo")
    };
    let lists = roots.chain(below).filter(|(_, field)| is_list(field));
    lists.map(|(parent, field)| List { parent, field, leaves: contract.leaves(field) }).collect()
}

impl List<'_> {
    fn name(&self) -> String {
        format!("{}.{}", self.parent.unwrap_or("Query"), self.field.name)
    }

    /// Nothing, each order both ways, and each filter with each of its values.
    fn everything_to_say(&self, contract: &Contract, values: &Values) -> Vec<Said<'_>> {
        let mut all: Vec<Said<'_>> = vec![Vec::new()];
        let direction = self.leaves.iter().find(|leaf| leaf.path == ["orderBy", "direction"]);
        let is_asked = |leaf: &&Leaf| {
            !leaf.path.iter().any(|name| PAGING.contains(&name.as_str()) || COMPOSED.contains(&name.as_str()))
        };
        for leaf in self.leaves.iter().filter(is_asked) {
            // Of `projectId.eq` the first says which row is meant.
            let name = leaf.path.iter().rfind(|name| name.ends_with("Id")).or(leaf.path.last()).unwrap();
            let each = contract.types[&leaf.type_name].enum_values.iter().flatten();
            let each: Vec<String> = each.map(|value| value.name.clone()).collect();
            match direction {
                Some(direction) if leaf.path[0] == "orderBy" => {
                    for (by, way) in
                        each.iter().flat_map(|by| [(by, "ASC"), (by, "DESC")]).filter(|_| leaf != direction)
                    {
                        all.push(vec![(leaf, by.clone()), (direction, way.to_owned())]);
                    }
                }
                _ if leaf.type_name == "Boolean" => {
                    all.extend(["true", "false"].map(|value| vec![(leaf, value.to_owned())]));
                }
                _ if each.is_empty() => {
                    all.push(vec![(leaf, values.literal(contract, self.field, name, &leaf.type_name))]);
                }
                _ => all.extend(each.into_iter().map(|value| vec![(leaf, value)])),
            }
        }
        all
    }

    fn document(&self, contract: &Contract, values: &Values, given: &[(&Leaf, String)], selection: &str) -> String {
        let list = contract.field_selecting(self.field, values, given, selection);
        match self.parent {
            None => format!("{{ list: {list} }}"),
            Some(parent) => {
                format!("{{ node(id: \"{}\") {{ ... on {parent} {{ list: {list} }} }} }}", values.ids[parent].0)
            }
        }
    }

    /// The answer; nothing where a list is closed, or an order is refused because no index could serve it.
    async fn ask(&self, caller: &Client, document: &str) -> Value {
        let mut answer = caller.try_ask(document, json!({})).await;
        if let Some(error) = answer.0["errors"].get(0) {
            // What is done to people is for the platform alone.
            let closed = error["extensions"]["code"] == "FORBIDDEN" && self.name() == "User.history";
            assert!(closed || error["extensions"]["field"][0] == "orderBy", "{document}: {error:#}");
            return Value::Null;
        }
        if self.parent.is_none() {
            return answer.0["data"]["list"].take();
        }
        answer.0["data"]["node"]["list"].take()
    }
}

fn is_filter(said: &Said<'_>) -> bool {
    said.first().is_some_and(|(leaf, _)| leaf.path[0] == "where")
}

fn said_in_words(said: &Said<'_>) -> String {
    let words = said.iter().map(|(leaf, value)| format!("{}: {value}", leaf.path.join(".")));
    words.collect::<Vec<_>>().join(", ")
}

/// What `auto_explain` says of a statement.
fn plan_in(notice: &str) -> Option<Value> {
    serde_json::from_str(notice.split_once("plan:")?.1).ok()
}

/// A node of a plan and those below it.
fn nodes<'a>(plan: &'a Value, into: &mut Vec<&'a Value>) {
    into.push(plan);
    for below in plan["Plans"].as_array().into_iter().flatten() {
        nodes(below, into);
    }
}

fn tables_of(plan: &Value) -> BTreeSet<String> {
    let mut all = Vec::new();
    nodes(plan, &mut all);
    all.into_iter().filter_map(table_of).collect()
}

/// The table that a node reads; of a day of the log, the log.
fn table_of(node: &Value) -> Option<String> {
    let name = node["Relation Name"].as_str()?;
    Some(if name.starts_with("view_events_") { "view_events" } else { name }.to_owned())
}

/// The big tables that a plan reads from end to end: without an index, or through one that leaves next to nothing out.
fn read_through(plan: &Value, big: &BTreeMap<String, f32>) -> Vec<String> {
    let mut all = Vec::new();
    nodes(plan, &mut all);
    let through = all.into_iter().filter(|node| {
        let Some(rows) = table_of(node).and_then(|table| big.get(&table)) else { return false };
        let number = |name: &str| node[name].as_f64().unwrap_or_default();
        let read = (number("Actual Rows") + number("Rows Removed by Filter") + number("Rows Removed by Index Recheck"))
            * number("Actual Loops");
        node["Node Type"] == "Seq Scan" || read > f64::from(*rows) * 0.9
    });
    through.filter_map(table_of).collect()
}

/// A plan as people read it.
fn in_lines(node: &Value, depth: usize) -> String {
    let part = |name: &str| node[name].as_str().map_or_else(String::new, |text| format!(" {name}: {text}"));
    let parts: String =
        ["Relation Name", "Index Name", "Index Cond", "Filter", "Sort Key"].into_iter().map(part).collect();
    let counted =
        format!("rows {} x {}, removed {}", node["Actual Rows"], node["Actual Loops"], node["Rows Removed by Filter"]);
    let below: String = node["Plans"].as_array().into_iter().flatten().map(|node| in_lines(node, depth + 1)).collect();
    format!("{}{}{parts} ({counted})\n{below}", "  ".repeat(depth), node["Node Type"].as_str().unwrap_or_default())
}
