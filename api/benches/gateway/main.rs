//! What the gateway takes for its daily work, in process over a real PostgreSQL of its own: `cargo bench`.
//!
//! `house.rs` is the program on a database that has grown; `work.rs` is one function for each kind of work. Divan measures
//! the time of each; after it a table tells how many statements each kind sends and how many bytes it answers with.

#![expect(clippy::unwrap_used, reason = "a benchmark that cannot go on stops")]

mod house;
mod work;

use divan::Bencher;
use divan::counter::ItemsCount;

use house::House;
use work::Work;

fn main() {
    let house = House::open();
    divan::main();
    println!("\n{:<28} {:>8} {:>12} {:>14}", "work", "requests", "statements", "bytes answered");
    for work in Work::ALL {
        work.run(house);
        let before = house.app.db.statements_sent();
        let bytes = work.run(house);
        let statements = house.app.db.statements_sent() - before;
        println!("{:<28} {:>8} {statements:>12} {bytes:>14}", work.name(), work.requests());
    }
    house.close();
}

/// Each kind of work, many times; what it answers is dropped outside of the measured time.
#[divan::bench(args = Work::ALL, sample_count = 50, sample_size = 1)]
fn gateway(bencher: Bencher<'_, '_>, work: &Work) {
    let house = House::open();
    bencher.counter(ItemsCount::new(work.requests())).bench_local(|| work.run(house));
}
