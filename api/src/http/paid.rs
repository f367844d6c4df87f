//! Runs what was admitted, for what it costs: the only way from there to the executor, whatever a request came by.
//!
//! The most that an operation may cost is drawn before it runs, and what it did not need is given back after it. An
//! event of a subscription is paid for when it comes, by what it has in it: it waits for its caller's bucket, and nothing
//! is lost, since a subscription goes on where it stopped.

use std::sync::Arc;
use std::time::Duration;

use arvlite_db::SearchShare;
use async_graphql::parser::types::OperationType;
use async_graphql::{Response, Value};
use futures_util::StreamExt;
use futures_util::stream::{self, BoxStream};

use super::Door;
use super::admit::{Admitted, Cost, LEAST};
use super::answer::Answer;
use super::budget::{Draws, Purse, Spent};
use super::graphql::answer;
use super::refusal::Refusal;
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

/// Opens a subscription, whose events are paid for one by one; the first one is paid for by opening it.
pub(super) fn follow(
    door: &Door,
    admitted: Admitted,
    viewer: &Viewer,
) -> Result<BoxStream<'static, Response>, Refusal> {
    let (purse, cost) = (door.budgets.purse(&admitted.purse), admitted.cost.clone());
    let _stays_drawn = draw(&purse, &cost, admitted.operation)?;
    let share = SearchShare::of(&purse.searches);
    let (door, receipt) = (door.clone(), admitted.receipt.clone());
    let events = (door.executor.follow(admitted, viewer), cost.requested);
    let paid = stream::unfold(events, move |(mut events, prepaid)| {
        let (purse, cost, share) = (Arc::clone(&purse), cost.clone(), share.clone());
        let (door, receipt) = (door.clone(), receipt.clone());
        async move {
            let event: Response = share.over(events.next()).await?;
            if event.data != Value::Null {
                door.admission.ran(receipt);
            }
            let actual = cost.actual(&event.data);
            purse.pay(actual.saturating_sub(prepaid)).await;
            Some((event, (events, prepaid.saturating_sub(actual))))
        }
    });
    Ok(paid.boxed())
}

fn draw(purse: &Arc<Purse>, cost: &Cost, operation: OperationType) -> Result<Spent, Refusal> {
    let requested = cost.requested;
    purse.draw(requested, Draws::of(operation)).map_err(|wait| {
        let message = format!("this operation costs {requested}, which is more than your budget has now");
        Refusal { cost: Some(purse.told(requested, None)), ..Refusal::throttled(message, wait).for_limit("budget") }
    })
}
