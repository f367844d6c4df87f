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
            return Err(Refusal::invalid(format!("the document has more than {} tokens", limits.tokens)));
        }
        match kind {
            Token::Opening => open += 1,
            Token::Closing => open = open.saturating_sub(1),
            Token::Other => {}
        }
        if open > limits.nesting {
            let message = format!("the document has more than {} brackets inside each other", limits.nesting);
            return Err(Refusal::invalid(message));
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
