//! A text of SQL as statements, and statements as words. It knows what quotes and comments hide, and no more: what a
//! function or a `DO` block does is one word to it.

/// One statement, without its semicolon.
#[derive(Debug, Default)]
pub(super) struct Statement<'a> {
    pub text: &'a str,
    /// Where it begins, counted from 1.
    pub line: usize,
    pub tokens: Vec<Token<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// The byte at which it begins.
    start: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A key word or a name.
    Word,
    /// A name in double quotes.
    Quoted,
    /// A text, in whatever quotes.
    Text,
    Number,
    /// Any other single letter.
    Symbol,
    Comment,
}

impl Token<'_> {
    /// Whether it is this key word or symbol, in lower case.
    pub fn is(&self, word: &str) -> bool {
        matches!(self.kind, Kind::Word | Kind::Symbol) && self.text.eq_ignore_ascii_case(word)
    }

    /// The name that it is.
    pub fn name(&self) -> Option<String> {
        match self.kind {
            Kind::Word => Some(self.text.to_lowercase()),
            Kind::Quoted => Some(self.text.trim_matches('"').replace("\"\"", "\"")),
            Kind::Text | Kind::Number | Kind::Symbol | Kind::Comment => None,
        }
    }
}

/// The statements of a text, in order. A semicolon ends one unless it is inside of parentheses or of a function's body.
pub(super) fn statements(sql: &str) -> Vec<Statement<'_>> {
    let (mut found, mut tokens, mut parentheses, mut bodies) = (Vec::new(), Vec::<Token<'_>>::new(), 0_u32, 0_u32);
    for token in all_tokens(sql).filter(|token| token.kind != Kind::Comment) {
        if token.is(";") && parentheses == 0 && bodies == 0 {
            found.extend(statement(sql, std::mem::take(&mut tokens)));
            continue;
        }
        let follows_begin = tokens.last().is_some_and(|last| last.is("begin"));
        match token {
            open if open.is("(") => parentheses += 1,
            close if close.is(")") => parentheses = parentheses.saturating_sub(1),
            atomic if atomic.is("atomic") && follows_begin => bodies += 1,
            case if case.is("case") && bodies > 0 => bodies += 1,
            end if end.is("end") => bodies = bodies.saturating_sub(1),
            _ => {}
        }
        tokens.push(token);
    }
    found.extend(statement(sql, tokens));
    found
}

/// The lines of comments, without their dashes.
pub(super) fn comments(sql: &str) -> impl Iterator<Item = (usize, &str)> {
    let comments = all_tokens(sql).filter(|token| token.kind == Kind::Comment);
    comments.map(|token| (line_of(sql, token.start), token.text.trim_start_matches('-').trim()))
}

fn statement<'a>(sql: &'a str, tokens: Vec<Token<'a>>) -> Option<Statement<'a>> {
    let (first, last) = (tokens.first()?, tokens.last()?);
    let text = &sql[first.start..last.start + last.text.len()];
    Some(Statement { text, line: line_of(sql, first.start), tokens })
}

fn line_of(sql: &str, start: usize) -> usize {
    1 + sql[..start].matches('\n').count()
}

fn all_tokens(sql: &str) -> impl Iterator<Item = Token<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        at += sql[at..].len() - sql[at..].trim_start().len();
        let rest = &sql[at..];
        let (kind, length) = first_token(rest)?;
        let token = Token { kind, text: &rest[..length], start: at };
        at += length;
        Some(token)
    })
}

/// What a text begins with, and how long that is. What is never closed goes to the end.
fn first_token(rest: &str) -> Option<(Kind, usize)> {
    let first = rest.chars().next()?;
    let upto = |end: Option<usize>| end.unwrap_or(rest.len());
    Some(if rest.starts_with("--") {
        (Kind::Comment, upto(rest.find('\n')))
    } else if rest.starts_with("/*") {
        (Kind::Comment, block_comment(rest))
    } else if first == '\'' {
        (Kind::Text, quoted(rest, '\'', false))
    } else if first == '"' {
        (Kind::Quoted, quoted(rest, '"', false))
    } else if let Some(tag) = dollar_tag(rest) {
        (Kind::Text, upto(rest[tag.len()..].find(tag).map(|end| end + 2 * tag.len())))
    } else if is_name_start(first) {
        let length =
            upto(rest.find(|letter: char| !is_name_start(letter) && !letter.is_ascii_digit() && letter != '$'));
        match (&rest[..length], rest[length..].chars().next()) {
            ("e" | "E", Some('\'')) => (Kind::Text, length + quoted(&rest[length..], '\'', true)),
            ("b" | "B" | "x" | "X" | "n" | "N", Some('\'')) => {
                (Kind::Text, length + quoted(&rest[length..], '\'', false))
            }
            _ => (Kind::Word, length),
        }
    } else if first.is_ascii_digit() {
        (
            Kind::Number,
            upto(rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.' && letter != '_')),
        )
    } else {
        (Kind::Symbol, first.len_utf8())
    })
}

fn is_name_start(letter: char) -> bool {
    letter.is_alphabetic() || letter == '_' || !letter.is_ascii()
}

/// The length of what begins with a quote. Two quotes are one that does not end it.
fn quoted(rest: &str, quote: char, has_escapes: bool) -> usize {
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter == '\\' && has_escapes {
            letters.next();
        } else if letter == quote && letters.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    rest.len()
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < rest.len() {
        let step = match &rest.as_bytes()[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        at += step;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// `$$` or `$tag$`.
fn dollar_tag(rest: &str) -> Option<&str> {
    let inside = rest.strip_prefix('$')?;
    let end = inside.find('$')?;
    let tag = &inside[..end];
    let mut letters = tag.chars();
    let is_tag = letters.next().is_none_or(is_name_start)
        && letters.all(|letter| is_name_start(letter) || letter.is_ascii_digit());
    is_tag.then(|| &rest[..end + 2])
}

/// Reads the words of a statement from left to right.
#[derive(Clone, Copy)]
pub(super) struct Reader<'t, 'a>(pub &'t [Token<'a>]);

impl<'t, 'a> Reader<'t, 'a> {
    /// Passes these words, all or none, and tells whether they were there.
    pub fn pass(&mut self, words: &str) -> bool {
        let count = words.split(' ').count();
        let there = self.0.len() >= count && words.split(' ').zip(self.0).all(|(word, token)| token.is(word));
        if there {
            self.0 = &self.0[count..];
        }
        there
    }

    /// Passes a name, of which the last part counts: the schema is ours.
    pub fn name(&mut self) -> Option<String> {
        let mut name = self.next()?.name()?;
        while self.pass(".") {
            name = self.next()?.name()?;
        }
        Some(name)
    }

    /// Passes one word, whatever it is.
    pub fn next(&mut self) -> Option<Token<'a>> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Whether these words follow each other somewhere from here on.
    pub fn has(&self, words: &str) -> bool {
        (0..self.0.len()).any(|start| Reader(&self.0[start..]).pass(words))
    }

    /// The parts between the commas that no parentheses hold.
    pub fn list(self) -> Vec<Reader<'t, 'a>> {
        let mut depth = 0_i32;
        let parts = self.0.split(|token| {
            depth += i32::from(token.is("(")) - i32::from(token.is(")"));
            depth == 0 && token.is(",")
        });
        parts.map(Reader).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(sql: &str) -> Vec<&str> {
        statements(sql).iter().map(|statement| statement.text).collect()
    }

    #[test]
    fn semicolons_in_quotes_comments_and_bodies_end_nothing() {
        for one in [
            "SELECT ';' || 'it''s;' || E'\\';' || U&'d\\0061;' || B'0;'",
            "SELECT \"a;\"\"b;\" FROM t -- ;\n WHERE c /* ; /* ; */ ; */ = 1",
            "CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN a; END $$",
            "DO $body$ BEGIN PERFORM $$;$$; END $body$",
            "CREATE FUNCTION f(a int) RETURNS int BEGIN ATOMIC SELECT CASE WHEN a > 1 THEN 2 END; SELECT 3; END",
            "CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)",
            "SELECT a$b$c FROM t",
            "SELECT 'never closed;",
        ] {
            assert_eq!(texts(one), [one]);
            let two = format!("{one}\n;\n-- and\nSELECT 2;");
            if !one.contains("never") {
                assert_eq!(texts(&two), [one, "SELECT 2"], "{two}");
            }
        }
        assert_eq!(texts(" ; ;-- nothing\n /* ; */ "), Vec::<&str>::new());
        assert_eq!(texts("SELECT $1; SELECT $2"), ["SELECT $1", "SELECT $2"]);
    }

    #[test]
    fn a_statement_knows_its_line_and_a_comment_too() {
        let sql = "-- one\nSELECT 1;\n\n/* x\n*/ SELECT\n2;";
        let lines: Vec<usize> = statements(sql).iter().map(|statement| statement.line).collect();
        assert_eq!(lines, [2, 5]);
        assert_eq!(comments(sql).next(), Some((1, "one")));
    }

    #[test]
    fn names_are_read_as_the_server_reads_them() {
        let found = statements("ALTER TABLE public.\"Odd \"\"One\" ADD a numeric(1, 2), DROP b");
        let mut words = Reader(&found[0].tokens);
        assert!(!words.pass("alter index") && words.pass("alter table"));
        assert_eq!(words.name().unwrap(), "Odd \"One");
        assert_eq!(words.list().len(), 2);
        let found = statements("DROP TABLE Users");
        let mut words = Reader(&found[0].tokens);
        assert!(words.pass("drop table"));
        assert_eq!(words.name().unwrap(), "users");
    }
}
