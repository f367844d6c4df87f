//! Counts a document's tokens and open brackets before the parser, which recurses, sees it. Each byte is read once.

use async_graphql::Pos;

use super::Refusal;
use crate::config::Limits;

/// Reads a document up to its end or to the first thing that is too much, and tells how many tokens it has.
pub(super) fn scan(document: &str, limits: &Limits) -> Result<usize, Refusal> {
    let mut reader = Reader { document, at: 0 };
    let (mut tokens, mut open) = (0, 0_usize);
    while let Some(kind) = reader.next()? {
        tokens += 1;
        if tokens > limits.tokens {
            let message = format!("the document has more than {} tokens", limits.tokens);
            return Err(Refusal::beyond("tokens", limits.tokens, None, message));
        }
        match kind {
            Token::Opening => open += 1,
            Token::Closing => open = open.saturating_sub(1),
            Token::Other => {}
        }
        if open > limits.nesting {
            let message = format!("the document has more than {} brackets inside each other", limits.nesting);
            return Err(Refusal::beyond("nesting", limits.nesting, None, message));
        }
    }
    Ok(tokens)
}

/// The one text for whatever is not GraphQL: it never quotes the document.
pub(super) fn syntax_error(place: Pos) -> Refusal {
    let message = format!("the document has a syntax error at line {}, column {}", place.line, place.column);
    Refusal::invalid(message).at(place)
}

enum Token {
    Opening,
    Closing,
    Other,
}

struct Reader<'d> {
    document: &'d str,
    at: usize,
}

impl Reader<'_> {
    fn next(&mut self) -> Result<Option<Token>, Refusal> {
        self.skip_ignored();
        let Some(&byte) = self.rest().first() else { return Ok(None) };
        let (kind, length) = match byte {
            b'{' | b'(' | b'[' => (Token::Opening, Some(1)),
            b'}' | b')' | b']' => (Token::Closing, Some(1)),
            b'!' | b'$' | b'&' | b':' | b'=' | b'@' | b'|' => (Token::Other, Some(1)),
            b'.' => (Token::Other, self.rest().starts_with(b"...").then_some(3)),
            b'"' if self.rest().starts_with(b"\"\"\"") => (Token::Other, self.block_string()),
            b'"' => (Token::Other, self.string()),
            b'-' | b'0'..=b'9' => (Token::Other, Some(self.run(|byte| is_in_name(byte) || b"+-.".contains(&byte)))),
            byte if is_in_name(byte) => (Token::Other, Some(self.run(is_in_name))),
            _ => (Token::Other, None),
        };
        let Some(length) = length else { return Err(syntax_error(self.place())) };
        self.at += length;
        Ok(Some(kind))
    }

    fn rest(&self) -> &[u8] {
        &self.document.as_bytes()[self.at..]
    }

    fn skip_ignored(&mut self) {
        loop {
            self.at += self.run(|byte| b" \t\r\n,".contains(&byte));
            if self.rest().starts_with(b"#") {
                self.at += self.run(|byte| !b"\r\n".contains(&byte));
            } else if self.rest().starts_with("\u{feff}".as_bytes()) {
                self.at += "\u{feff}".len();
            } else {
                return;
            }
        }
    }

    /// How many bytes from here on are such bytes.
    fn run(&self, such: impl Fn(u8) -> bool) -> usize {
        self.rest().iter().take_while(|byte| such(**byte)).count()
    }

    /// Length of the string that begins here, if it ends on its line.
    fn string(&self) -> Option<usize> {
        let mut bytes = self.rest().iter().enumerate().skip(1);
        while let Some((at, byte)) = bytes.next() {
            match byte {
                b'"' => return Some(at + 1),
                b'\\' => drop(bytes.next()),
                b'\r' | b'\n' => return None,
                _ => {}
            }
        }
        None
    }

    /// Length of the block string that begins here, if it ends.
    fn block_string(&self) -> Option<usize> {
        let rest = self.rest();
        let mut at = 3;
        while at < rest.len() {
            if rest[at..].starts_with(b"\"\"\"") {
                return Some(at + 3);
            }
            at += if rest[at..].starts_with(b"\\\"\"\"") { 4 } else { 1 };
        }
        None
    }

    fn place(&self) -> Pos {
        let before = &self.document[..self.at];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Pos {
            line: before.bytes().filter(|byte| *byte == b'\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }
}

fn is_in_name(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(document: &str) -> Result<usize, String> {
        scan(document, &Limits::default()).map_err(|refusal| refusal.message)
    }

    #[test]
    fn tokens_are_those_of_the_language() {
        assert_eq!(tokens("query Q($a: [Int!] = [1, -2.5e+3]) @d { a: b(c: $a) ...F # all } {\n }"), Ok(31));
        assert_eq!(tokens("\u{feff}{ a(b: \"x \\\" } {\", c: \"\"\"y \\\"\"\" \" z\"\"\") }"), Ok(11));
        assert_eq!(tokens("  ,,, # nothing"), Ok(0));
    }

    #[test]
    fn a_syntax_error_tells_its_place_and_never_the_text() {
        for (document, place) in [
            ("{ a\n  ? }", "line 2, column 3"),
            ("{ я .. }", "line 1, column 3"),
            ("{ a .. }", "line 1, column 5"),
            ("{ a(b: \"secret\n\") }", "line 1, column 8"),
            ("{ a(b: \"\"\"secret) }", "line 1, column 8"),
        ] {
            let message = tokens(document).unwrap_err();
            assert_eq!(message, format!("the document has a syntax error at {place}"));
        }
    }

    #[test]
    fn reading_stops_at_the_first_token_too_many() {
        let limits = Limits::default();
        let document = "a ".repeat(500_000);
        let mut reader = Reader { document: &document, at: 0 };
        let mut tokens = 0;
        while tokens <= limits.tokens && reader.next().unwrap().is_some() {
            tokens += 1;
        }
        assert_eq!(tokens, limits.tokens + 1);
        assert!(reader.at <= 2 * tokens, "read {} of {} bytes", reader.at, document.len());
        assert!(scan(&document, &limits).unwrap_err().message.contains("more than 2000 tokens"));
    }

    #[test]
    fn no_byte_is_read_twice() {
        let limits = Limits { tokens: usize::MAX, nesting: usize::MAX, ..Limits::default() };
        for piece in ["a", "1", "{", "\"x\"", "\"\"\"x\"\"\"", "#\n", ",", "...", "\u{feff}"] {
            let document = piece.repeat(10_000);
            let mut reader = Reader { document: &document, at: 0 };
            let (mut last, mut steps) = (0, 0);
            while reader.next().unwrap().is_some() {
                assert!(reader.at > last, "it goes forward only");
                (last, steps) = (reader.at, steps + 1);
            }
            assert_eq!(reader.at, document.len());
            assert!(steps <= 10_000, "{piece}");
            assert!(scan(&document, &limits).is_ok());
        }
    }

    #[test]
    fn brackets_are_counted_before_anything_recurses() {
        for bracket in ["{a", "[", "(", "{a(b:["] {
            let message = tokens(&bracket.repeat(300)).unwrap_err();
            assert!(message.contains("more than 64 brackets"), "{message}");
        }
        assert!(tokens(&"{a".repeat(100_000)).unwrap_err().contains("more than 64 brackets"));
        assert_eq!(tokens(&"{a}".repeat(300)), Ok(900));
    }
}
