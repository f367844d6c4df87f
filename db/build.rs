//! The migrations are embedded in the crate: a new one must make it anew.

fn main() {
    println!("cargo::rerun-if-changed=../migrations");
}
