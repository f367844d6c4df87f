//! The demo's clients: an order is theirs whose name its customer's begins with.

use arvlite_db::models::{Client, Company, NewClient};
use arvlite_db::{ChildOf, Page, Scope};

use super::seed::Seed;

/// A client of the studio with this slug.
struct ClientPlan {
    studio: &'static str,
    name: &'static str,
    address: &'static str,
    notes: Option<&'static str>,
}

const fn client(studio: &'static str, name: &'static str, address: &'static str) -> ClientPlan {
    ClientPlan { studio, name, address, notes: None }
}

const CLIENTS: &[ClientPlan] = &[
    ClientPlan {
        notes: Some("Альбомы каждую весну, договор до 2028 года"),
        ..client("vertex-ar", "Школа № 57", "Москва, Малый Знаменский пер., 7")
    },
    client("vertex-ar", "Анна и Пётр Смирновы", "Москва, ул. Лесная, 12"),
    client("vertex-ar", "Гимназия № 12", "Тверь, наб. Лазури, 3"),
    client("vertex-ar", "Отель «Северный»", "Мурманск, пр. Ленина, 40"),
    client("vertex-ar", "Кофейня «Зерно»", "Калуга, ул. Кирова, 8"),
    ClientPlan {
        notes: Some("Pays at the end of the quarter"),
        ..client("lumen", "Harbour Hotel", "Hamburg, Am Kai 4")
    },
    client("lumen", "Skyline Offices", "Frankfurt am Main, Mainzer Landstraße 1"),
    client("lumen", "Lighthouse Tours", "Rostock, Am Leuchtturm 2"),
];

/// Writes the clients of a company that are not there yet, and gives all of them.
pub(super) async fn write(seed: &Seed, company: &Company) -> anyhow::Result<Vec<Client>> {
    let tx = seed.app.db.begin(Scope::Everything).await?;
    let mut clients = <Client as ChildOf<Company>>::of_parents(&tx, &[company.id], &Page::first(100)).await?;
    for (place, plan) in (1..).zip(CLIENTS.iter().filter(|plan| plan.studio == company.slug)) {
        if clients.iter().any(|client| client.name == plan.name) {
            continue;
        }
        let new = NewClient {
            company_id: company.id,
            name: plan.name.to_owned(),
            phone: Some(format!("+7 900 100-{:02}-{place:02}", company.id)),
            email: Some(format!("client{place}@{}.example.com", company.slug)),
            address: Some(plan.address.to_owned()),
            notes: plan.notes.map(str::to_owned),
            created_at: seed.now(),
            updated_at: seed.now(),
        };
        clients.push(Client::insert(&tx, &new).await?);
    }
    tx.commit().await?;
    Ok(clients)
}

/// The client of an order for this customer.
pub(super) fn of<'a>(clients: &'a [Client], customer: &str) -> Option<&'a Client> {
    clients.iter().find(|client| customer.starts_with(&client.name))
}
