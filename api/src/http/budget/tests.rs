use std::time::Duration;

use tokio::time::Instant;

use super::bucket::Bucket;
use super::*;
use crate::auth::Caller;

const SMALL: Budget = Budget { maximum: 1_000, restore: 100 };
/// Comes back before anybody notices.
const QUICK: Budget = Budget { maximum: 1_000, restore: 1_000_000 };

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn anonymous(address: &str) -> Viewer {
    Viewer::anonymous(Caller { address: Some(address.to_owned()), ..Caller::default() })
}

#[test]
fn what_is_drawn_comes_back_with_time() {
    let start = Instant::now();
    let mut bucket = Bucket::full(SMALL, start);
    assert_eq!(bucket.draw(700, Draws::All, start), Ok(()));
    assert_eq!(bucket.draw(800, Draws::All, start), Err(seconds(5)));
    assert_eq!(bucket.draw(800, Draws::All, start + seconds(5)), Ok(()));
    assert!(bucket.available(start + seconds(5)) < 1.0);
    assert!(bucket.available(start + seconds(4)) < 1.0, "time does not run backwards");
    assert!(bucket.is_full(start + seconds(3_600)));
    let mut fixed = Bucket::full(Budget { maximum: 10, restore: 0 }, start);
    assert_eq!(fixed.draw(11, Draws::All, start), Err(seconds(3_600)));
}

#[test]
fn the_difference_is_settled() {
    let start = Instant::now();
    let mut bucket = Bucket::full(SMALL, start);
    assert_eq!(bucket.draw(500, Draws::All, start), Ok(()));
    bucket.settle(500, 20, start);
    assert!((bucket.available(start) - 980.0).abs() < 0.1);
    assert_eq!(bucket.draw(900, Draws::All, start), Ok(()));
    bucket.settle(900, 1_180, start);
    assert_eq!(bucket.draw(1, Draws::All, start), Err(Duration::from_millis(2_010)), "it cost more than there was");
}

#[test]
fn reads_leave_a_fifth_to_mutations() {
    let start = Instant::now();
    let mut bucket = Bucket::full(SMALL, start);
    let [reads, events, writes] =
        [OperationType::Query, OperationType::Subscription, OperationType::Mutation].map(Draws::of);
    assert_eq!(bucket.draw(800, reads, start), Ok(()));
    assert!(bucket.draw(1, reads, start).is_err() && bucket.draw(1, events, start).is_err());
    assert_eq!(bucket.draw(200, writes, start), Ok(()));
    assert!(bucket.draw(1, writes, start).is_err());
    assert_eq!((SMALL.largest(OperationType::Query), SMALL.largest(OperationType::Mutation)), (800, 1_000));
}

#[tokio::test]
async fn an_event_waits_until_it_is_paid_for() {
    let purse = Arc::new(Purse::new(QUICK, 1, 1));
    for _ in 0..20 {
        purse.pay(300).await;
        // More than there can ever be is paid with all there is.
        purse.pay(5_000).await;
    }
    let fixed = Arc::new(Purse::new(Budget { maximum: 1_000, restore: 0 }, 1, 1));
    fixed.pay(800).await;
    assert!(futures_util::FutureExt::now_or_never(fixed.pay(1)).is_none());
}

#[tokio::test]
async fn what_was_broken_off_stays_drawn() {
    let purse = Arc::new(Purse::new(Budget { maximum: 1_000, restore: 0 }, 1, 1));
    drop(purse.draw(600, Draws::All).unwrap());
    purse.draw(400, Draws::All).unwrap().settle(100);
    let told = purse.told(7, Some(5)).into_json().unwrap();
    let status = serde_json::json!({ "maximumAvailable": 1_000, "currentlyAvailable": 300, "restoreRate": 0 });
    let expected = serde_json::json!({ "requestedQueryCost": 7, "actualQueryCost": 5, "throttleStatus": status });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn places_are_waited_for_a_while() {
    let purse = Arc::new(Purse::new(SMALL, 2, 1));
    let (first, _second) = (purse.place(Duration::ZERO).await, purse.place(Duration::ZERO).await);
    assert!(first.is_some() && purse.place(Duration::from_millis(1)).await.is_none());
    let (third, ()) = tokio::join!(purse.place(seconds(60)), async { drop(first) });
    assert!(third.is_some());
}

#[test]
fn full_buckets_are_forgotten_and_the_rest_are_few() {
    let purses = Purses::new(SMALL, 100, 2, 1);
    for caller in 0..100 {
        drop(purses.of(&caller.to_string()).draw(if caller < 40 { 1_000 } else { 100 }, Draws::All).unwrap());
    }
    let later = Instant::now() + seconds(5);
    let newcomer = purses.of_at("newcomer", later);
    assert_eq!(purses.count(), 41);
    assert!(newcomer.is_full(later));
    assert!(!purses.of_at("0", later).is_full(later), "one that is not full is remembered");
    for caller in 100..1_000 {
        drop(purses.of_at(&caller.to_string(), later).draw(1, Draws::All));
    }
    assert_eq!(purses.count(), 100);
    let crowd = purses.of_at("somebody", later);
    assert!(Arc::ptr_eq(&crowd, &purses.of_at("somebody else", later)), "the crowd shares one");
}

#[test]
fn an_address_of_ipv6_is_the_first_half_of_it_and_phones_are_apart() {
    let kind = |address: &str, is_for_phones| PurseKind::of(&anonymous(address), is_for_phones);
    assert_eq!(kind("2001:db8:1:2:3:4:5:6", false), kind("2001:db8:1:2::1", false));
    assert_ne!(kind("2001:db8:1:2::1", false), kind("2001:db8:1:3::1", false));
    assert_ne!(kind("192.0.2.1", false), kind("192.0.2.2", false));
    assert_ne!(kind("192.0.2.1", false), kind("192.0.2.1", true));
    assert_eq!(PurseKind::of(&Viewer::system(), true), PurseKind::Credential("system".to_owned()));
}
