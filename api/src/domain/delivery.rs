//! Messages on their way to somebody, over whatever channel: what is told of one that does not arrive.

/// In words for whoever waits, that a message has not arrived. What the channel's server answered stays in the database:
/// it may name hosts, addresses and keys.
#[must_use]
pub fn failure(answered: Option<&str>, attempts: i32, is_tried_again: bool) -> Option<String> {
    answered?;
    let so_far = if is_tried_again { " yet" } else { "" };
    let tried = match attempts {
        ..=0 => String::new(),
        1 => ": it was tried once".to_owned(),
        times => format!(": it was tried {times} times"),
    };
    Some(format!("could not be delivered{so_far}{tried}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_told_without_the_servers_words() {
        let answered = Some("535 5.7.8 bad credentials for mailer:secret@mail.example");
        assert_eq!(failure(None, 3, true), None);
        assert_eq!(failure(answered, 0, false).unwrap(), "could not be delivered");
        assert_eq!(failure(answered, 1, true).unwrap(), "could not be delivered yet: it was tried once");
        assert_eq!(failure(answered, 3, false).unwrap(), "could not be delivered: it was tried 3 times");
    }
}
