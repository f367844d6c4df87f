//! Somebody who types at random, but always the same: documents that nearly fit the schema, and bytes that fit nothing.

use serde_json::{Value, json};

use super::Values;
use super::contract::{Contract, Field, Input, Root, TypeRef};
use super::oddities::{LITERALS, TEXTS};

/// A source of choices. The same seed makes the same ones.
pub struct Monkey<'a> {
    state: u64,
    /// Most documents are full of slips; a few are written with care, so that they are run.
    is_careful: bool,
    contract: &'a Contract,
    values: &'a Values,
    /// What the document's variables are called, and what they are.
    variables: Vec<(String, String)>,
}

/// A document and its variables.
#[derive(Debug, Clone)]
pub struct Typed {
    pub document: String,
    pub variables: Value,
}

/// Objects inside each other, unless the nest itself is the point.
const DEPTH: usize = 3;

/// Signing out would end the test for whoever asks.
const LEFT_OUT: [&str; 1] = ["logout"];

impl<'a> Monkey<'a> {
    pub fn new(seed: u64, contract: &'a Contract, values: &'a Values) -> Self {
        Self { state: seed, is_careful: false, contract, values, variables: Vec::new() }
    }

    /// The next number: SplitMix64.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.number() % most.max(1) as u64).unwrap()
    }

    /// Whether something happens that happens so often in a hundred times.
    pub fn happens(&mut self, in_a_hundred: usize) -> bool {
        self.below(100) < in_a_hundred
    }

    /// The same for what only the careless do.
    fn slips(&mut self, in_a_hundred: usize) -> bool {
        !self.is_careful && self.happens(in_a_hundred)
    }

    pub fn one_of<'t, T>(&mut self, all: &'t [T]) -> &'t T {
        &all[self.below(all.len())]
    }

    /// A whole request.
    pub fn document(&mut self) -> Typed {
        self.variables.clear();
        self.is_careful = self.happens(20);
        let (root, operation) = match self.below(100) {
            0..75 => (Root::Query, "query"),
            75..97 => (Root::Mutation, "mutation"),
            _ => (Root::Subscription, "subscription"),
        };
        for number in 0..if self.is_careful { 0 } else { self.below(3) } {
            let of = self.input_type();
            self.variables.push((format!("v{number}"), of));
        }
        if self.slips(2) {
            let (deep, open) = (10_usize.pow(1 + self.below(4) as u32), self.below(3));
            let nest = ["{ node ", "{ companies(where: { and: [", "{ a(b: ["][open].repeat(deep);
            return Typed { document: format!("{operation} {nest}"), variables: Value::Null };
        }
        let fields = self.contract.roots(root);
        let mut body = String::from("{ ");
        for _ in 0..=self.below(2) {
            let field = self.one_of(fields);
            if !LEFT_OUT.contains(&field.name.as_str()) {
                body.push_str(&self.field(field, 0));
            }
        }
        body.push('}');
        let fragment = match self.slips(10) {
            true => {
                let of = self.object_type();
                let selection = self.selection(&of, 1);
                body.insert_str(body.len() - 1, " ...F ");
                format!(" fragment F on {of} {selection}")
            }
            false => String::new(),
        };
        let declared: Vec<String> = self.variables.iter().map(|(name, of)| format!("${name}: {of}")).collect();
        let declared = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
        let name = *self.one_of(&["", " Named", " query", " _"]);
        let mut document = format!("{operation}{name}{declared} {body}{fragment}");
        if self.slips(15) {
            document = self.mistyped(&document);
        }
        Typed { document, variables: self.given() }
    }

    /// Some of the variables, right or wrong, and perhaps one that nobody asked for.
    fn given(&mut self) -> Value {
        let mut given = serde_json::Map::new();
        for number in 0..=self.variables.len() {
            if self.happens(70) {
                given.insert(format!("v{number}"), self.json(0));
            }
        }
        given.into()
    }

    fn field(&mut self, field: &Field, depth: usize) -> String {
        let alias = if self.happens(10) { format!("a{}: ", self.below(3)) } else { String::new() };
        let name = if self.slips(2) { "noSuchField" } else { field.name.as_str() };
        let mut arguments = Vec::new();
        for argument in &field.args {
            let is_given = if argument.of.is_required() { !self.slips(4) } else { self.happens(20) };
            if is_given {
                arguments.push(format!("{}: {}", argument.name, self.value(field, argument, 0)));
            }
        }
        if self.slips(2) {
            arguments.push(format!("noSuchArgument: {}", self.one_of(LITERALS)));
        }
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let directive = match if self.is_careful { 4 } else { self.below(40) } {
            0 => format!("@skip(if: {})", self.one_of(LITERALS)),
            1 => format!("@include(if: {})", self.one_of(LITERALS)),
            2 => format!("@idempotent(key: {})", self.text()),
            3 => "@noSuchDirective".to_owned(),
            _ => String::new(),
        };
        let selection = self.selection(field.of.named(), depth + 1);
        format!("{alias}{name}{arguments} {directive} {selection} ")
    }

    fn selection(&mut self, type_name: &str, depth: usize) -> String {
        let of = &self.contract.types[type_name];
        if matches!(of.kind.as_str(), "SCALAR" | "ENUM") {
            return if self.slips(1) { "{ id }".to_owned() } else { String::new() };
        }
        if self.slips(2) {
            return String::new();
        }
        let mut parts = vec!["__typename".to_owned()];
        let fields = of.fields.as_deref().unwrap_or_default();
        for _ in 0..self.below(4) {
            if fields.is_empty() {
                break;
            }
            let field = self.one_of(fields);
            let inner = &self.contract.types[field.of.named()];
            if depth < DEPTH || matches!(inner.kind.as_str(), "SCALAR" | "ENUM") {
                parts.push(self.field(field, depth));
            }
        }
        if self.slips(15) || of.possible_types.is_some() {
            let on = match &of.possible_types {
                Some(possible) if !self.slips(10) => self.one_of(possible).name.clone(),
                _ => self.object_type(),
            };
            if depth < DEPTH {
                parts.push(format!("... on {on} {}", self.selection(&on, depth + 1)));
            }
        }
        format!("{{ {} }}", parts.join(" "))
    }

    /// A value for an argument: as a rule one that fits.
    fn value(&mut self, field: &Field, input: &Input, depth: usize) -> String {
        match self.below(100) {
            0..6 if !self.is_careful => (*self.one_of(LITERALS)).to_owned(),
            6..10 if !self.is_careful => self.text(),
            _ => {
                let value = self.fitting(field, input, depth);
                if input.of.is_list() && !self.happens(30) { format!("[{value}]") } else { value }
            }
        }
    }

    fn fitting(&mut self, field: &Field, input: &Input, depth: usize) -> String {
        let of = &self.contract.types[input.of.named()];
        let Some(inputs) = &of.input_fields else {
            return match of.name.as_str() {
                "Int" => (*self.one_of(&["1", "2", "10", "100", "0", "101", "-5"])).to_owned(),
                "ID" => self.id(field, &input.name),
                "String" if self.happens(60) => self.text(),
                "Upload" => "\"file\"".to_owned(),
                name => match &of.enum_values {
                    Some(values) => self.one_of(values).name.clone(),
                    None => self.values.literal(self.contract, field, &input.name, name),
                },
            };
        };
        if depth > 5 {
            return "{}".to_owned();
        }
        let mut written = Vec::new();
        let only = (of.is_one_of == Some(true)).then(|| self.below(inputs.len()));
        for (place, inner) in inputs.iter().enumerate() {
            let is_given = match only {
                Some(only) => only == place || self.slips(2),
                None if inner.of.is_required() => !self.slips(4),
                None => self.happens(if depth == 0 { 40 } else { 12 }),
            };
            if is_given {
                written.push(format!("{}: {}", inner.name, self.value(field, inner, depth + 1)));
            }
        }
        format!("{{ {} }}", written.join(", "))
    }

    /// As a rule the id of a row that could be meant.
    fn id(&mut self, field: &Field, name: &str) -> String {
        let (noun, called) =
            (name.trim_end_matches('s').trim_end_matches("Id").to_lowercase(), field.name.to_lowercase());
        let meant = |of: &str| of.to_lowercase() == noun || called.starts_with(&of.to_lowercase());
        let fitting: Vec<String> =
            self.values.ids.iter().filter(|(of, _)| meant(of)).map(|(_, (id, _))| id.clone()).collect();
        let ids = if fitting.is_empty() || self.slips(15) { self.ids() } else { fitting };
        json!(self.one_of(&ids)).to_string()
    }

    fn ids(&self) -> Vec<String> {
        self.values.ids.values().flat_map(|(one, absent)| [one.clone(), absent.clone()]).collect()
    }

    fn text(&mut self) -> String {
        match self.below(30) {
            0 => json!("я".repeat(2_000)).to_string(),
            1 if !self.is_careful => (*self.one_of(LITERALS)).to_owned(),
            _ => json!(self.one_of(TEXTS)).to_string(),
        }
    }

    /// Anything that JSON has.
    fn json(&mut self, depth: usize) -> Value {
        match self.below(if depth > 3 { 7 } else { 9 }) {
            0 => Value::Null,
            1 => json!(self.happens(50)),
            2 => json!(self.number()),
            3 => json!(f64::from_bits(self.number())),
            4 => json!(self.one_of(&self.ids())),
            5 | 6 => json!(self.one_of(TEXTS)),
            7 => (0..self.below(4)).map(|_| self.json(depth + 1)).collect(),
            _ => {
                let names = ["first", "eq", "in", "and", "companyId", "id", "\u{0}", "input"];
                let fields: Vec<(String, Value)> =
                    (0..self.below(4)).map(|_| ((*self.one_of(&names)).to_owned(), self.json(depth + 1))).collect();
                Value::Object(fields.into_iter().collect())
            }
        }
    }

    fn input_type(&mut self) -> String {
        let mut names: Vec<&TypeRef> = Vec::new();
        for root in [Root::Query, Root::Mutation] {
            names.extend(self.contract.roots(root).iter().flat_map(|field| &field.args).map(|argument| &argument.of));
        }
        let of = self.one_of(&names).named().to_owned();
        match self.below(6) {
            0 => format!("{of}!"),
            1 => format!("[{of}!]!"),
            2 => "NoSuchType".to_owned(),
            _ => of,
        }
    }

    fn object_type(&mut self) -> String {
        let types = self.contract.types.values().filter(|of| of.fields.is_some() && !of.name.starts_with("__"));
        let names: Vec<String> = types.map(|of| of.name.clone()).collect();
        self.one_of(&names).clone()
    }

    /// The same with slips: letters that are missing, doubled or others.
    fn mistyped(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..=self.below(3) {
            let place = self.below(letters.len());
            match self.below(4) {
                0 => drop(letters.remove(place)),
                1 => {
                    letters.insert(place, *self.one_of(&['{', '}', '(', '"', '$', '@', '\u{0}', '…', '#', '\u{feff}']));
                }
                2 => letters.truncate(place.max(1)),
                _ => {
                    let end = (place + self.below(20)).min(letters.len());
                    let again = letters[place..end].to_vec();
                    letters.splice(place..place, again);
                }
            }
        }
        letters.into_iter().collect()
    }

    /// The same bytes with some that were changed on the way.
    pub fn damaged(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        for _ in 0..=self.below(6) {
            let place = self.below(bytes.len());
            match self.below(5) {
                0 if bytes.len() > 1 => drop(bytes.remove(place)),
                1 => bytes.insert(place, self.number().to_le_bytes()[0]),
                2 => bytes.truncate(place.max(1)),
                3 => {
                    let end = (place + self.below(40)).min(bytes.len());
                    let again = bytes[place..end].to_vec();
                    bytes.splice(place..place, again);
                }
                _ => bytes[place] = self.number().to_le_bytes()[0],
            }
        }
        bytes
    }

    /// Bytes that mean nothing, or look like JSON.
    pub fn noise(&mut self) -> Vec<u8> {
        let json_like = b"{}[]\",:\\u0 1e-nulltrue\"query\"";
        let is_json_like = self.happens(70);
        (0..self.below(200))
            .map(|_| match is_json_like {
                true => *self.one_of(json_like),
                false => self.number().to_le_bytes()[0],
            })
            .collect()
    }
}
