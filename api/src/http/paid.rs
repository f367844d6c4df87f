//! Runs what was admitted, for what it costs: the only way from there to the executor, whatever a request came by.
//!
//! The most that an operation may cost is drawn before it runs, and what it did not need is given back after it. An
//! event of a subscription is paid for when it comes, by what it has in it: it waits for its caller's bucket, and nothing
//! is lost, since a subscription goes on where it stopped.

use std::sync::Arc;
use std::time::Duration;

use arvlite_db::SearchShare;
use async_graphql::Value;
use async_graphql::parser::types::OperationType;

use super::Door;
use super::admit::{Admitted, Cost, LEAST, Receipt};
use super::answer::Answer;
use super::budget::{Draws, Purse, Spent};
use super::graphql::answer;
use super::refusal::Refusal;
use super::shared_stream::{Member, Told};
use super::watch::Watch;
use crate::auth::Viewer;

/// Runs a query or a mutation to its end.
pub(super) async fn execute(
    door: &Door,
    admitted: Admitted,
    viewer: &Viewer,
    watch: &Watch,
) -> Result<Answer, Refusal> {
    let purse = door.budgets.purse(&admitted.purse);
    let limits = &door.app.config.limits;
    let Some(_place) = purse.place(Duration::from_millis(limits.running_wait_ms)).await else {
        let message = format!("more than {} operations of yours run at once", limits.running);
        return Err(Refusal::throttled(message, Duration::from_secs(1)).for_limit("running"));
    };
    let (cost, receipt) = (admitted.cost.clone(), admitted.receipt.clone());
    let spent = draw(&purse, &cost, admitted.operation)?;
    let running = door.executor.execute(admitted, viewer);
    let response = SearchShare::of(&purse.searches).over(running).await;
    let mut answer = answer(response, viewer, watch);
    let actual = if answer.ran() { cost.actual(answer.data()) } else { LEAST };
    spent.settle(actual);
    if answer.ran() {
        door.admission.ran(receipt);
        answer.tell_cost(purse.told(cost.requested, Some(actual)));
    }
    Ok(answer)
}

/// A subscription, whose events are paid for one by one.
pub(super) struct Paid {
    door: Door,
    member: Member,
    purse: Arc<Purse>,
    cost: Cost,
    receipt: Receipt,
    /// What was drawn to open it, as far as no event was paid with it.
    prepaid: u64,
}

/// Opens a subscription; its first events are paid for by opening it.
pub(super) fn follow(door: &Door, admitted: Admitted, viewer: &Viewer) -> Result<Paid, Refusal> {
    let (purse, cost) = (door.budgets.purse(&admitted.purse), admitted.cost.clone());
    let _stays_drawn = draw(&purse, &cost, admitted.operation)?;
    let (prepaid, receipt) = (cost.requested, admitted.receipt.clone());
    let member = Member::new(door, admitted, viewer, &purse);
    Ok(Paid { door: door.clone(), member, purse, cost, receipt, prepaid })
}

impl Paid {
    /// What comes next, as soon as it is paid for; none if nothing more will come.
    pub(super) async fn next(&mut self) -> Option<Told> {
        let told = self.member.next().await?;
        let actual = match &told {
            Told::Own(response, _) => {
                if response.data != Value::Null {
                    self.door.admission.ran(self.receipt.clone());
                }
                self.cost.actual(&response.data)
            }
            Told::Shared(event) => event.cost,
        };
        self.purse.pay(actual.saturating_sub(self.prepaid)).await;
        self.prepaid = self.prepaid.saturating_sub(actual);
        Some(told)
    }
}

fn draw(purse: &Arc<Purse>, cost: &Cost, operation: OperationType) -> Result<Spent, Refusal> {
    let requested = cost.requested;
    purse.draw(requested, Draws::of(operation)).map_err(|wait| {
        let message = format!("this operation costs {requested}, which is more than your budget has now");
        Refusal::throttled(message, wait).for_limit("budget").for_cost(purse.told(requested, None))
    })
}
