//! The parameters of a GraphQL request, out of a JSON body or a query string.

use std::collections::BTreeMap;

use async_graphql::Variables;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::error::Category;

use super::admit::Incoming;
use super::refusal::Refusal;

/// What the draft of GraphQL over HTTP calls request parameters. Others are ignored, as it asks for.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Parameters {
    query: Option<String>,
    operation_name: Option<String>,
    #[serde(default)]
    variables: Variables,
    #[serde(rename = "extensions")]
    _extensions: Option<BTreeMap<String, IgnoredAny>>,
}

impl Parameters {
    /// Reads a body, or one message of a socket.
    pub(super) fn from_json(body: &[u8], most_deep: usize) -> Result<Self, Refusal> {
        let text = checked(body, most_deep)?;
        match text.trim_ascii_start().as_bytes().first() {
            None => return Err(Refusal::malformed("the request has no body")),
            Some(b'[') => return Err(Refusal::malformed("batches are not taken here: send one operation a request")),
            Some(_) => {}
        }
        serde_json::from_str(text).map_err(|error| unreadable(&error))
    }

    /// Reads a query string, whose variables are JSON again.
    pub(super) fn from_query_string(query_string: &str, most_deep: usize) -> Result<Self, Refusal> {
        let mut found: BTreeMap<String, String> = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(query_string.as_bytes()) {
            if found.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Refusal::malformed("each parameter comes once"));
            }
        }
        let map = |name: &str| match found.get(name).map(|text| text.trim()) {
            None | Some("") => Ok(None),
            Some(text) => {
                let text = checked(text.as_bytes(), most_deep)?;
                let not_a_map = |_| Refusal::malformed(format!("{name} is not a map in JSON"));
                serde_json::from_str::<Option<serde_json::Map<String, serde_json::Value>>>(text).map_err(not_a_map)
            }
        };
        map("extensions")?;
        let variables = map("variables")?.map(serde_json::Value::Object);
        Ok(Self {
            query: found.get("query").cloned(),
            operation_name: found.get("operationName").cloned(),
            variables: variables.map(Variables::from_json).unwrap_or_default(),
            _extensions: None,
        })
    }

    pub(super) fn into_incoming(self, idempotency_key: Option<String>) -> Result<Incoming, Refusal> {
        let query = self.query.ok_or_else(|| Refusal::malformed("the parameter query is missing"))?;
        let (operation_name, variables) = (self.operation_name, self.variables);
        Ok(Incoming { query, operation_name, variables, idempotency_key })
    }

    pub(super) fn variables_mut(&mut self) -> &mut Variables {
        &mut self.variables
    }
}

/// Why parameters cannot be read.
pub(super) fn unreadable(error: &serde_json::Error) -> Refusal {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        Category::Data => Refusal::malformed(
            "query and operationName are strings, variables and extensions are maps, and each comes once",
        ),
        _ => Refusal::malformed(format!("the body is not JSON: it breaks at line {line}, column {column}")),
    }
}

/// JSON as text, unless it is nested so deeply that reading it would be dear.
pub(super) fn checked(json: &[u8], most_deep: usize) -> Result<&str, Refusal> {
    let text = std::str::from_utf8(json).map_err(|_| Refusal::malformed("the body is not UTF-8"))?;
    let (mut open, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => open += 1,
            b'}' | b']' if !in_string => open = open.saturating_sub(1),
            _ => {}
        }
        if open > most_deep {
            let message = format!("the JSON has more than {most_deep} lists and maps inside each other");
            return Err(Refusal::malformed(message));
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &[u8]) -> String {
        match Parameters::from_json(body, 64).and_then(|read| read.into_incoming(None)) {
            Ok(_) => String::new(),
            Err(refusal) => refusal.message,
        }
    }

    #[test]
    fn a_body_is_one_map_of_the_right_types() {
        assert_eq!(refusal(br#"{"query":"{a}","variables":null,"operationName":null,"extensions":null}"#), "");
        assert_eq!(refusal(br#"{"query":"{a}","variables":{"a":[1]},"extensions":{"b":2},"more":[]}"#), "");
        for body in [
            r#"{"query":1}"#,
            r#"{"query":"{a}","operationName":1}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","variables":"x"}"#,
            r#"{"query":"{a}","extensions":"x"}"#,
            r#"{"query":"{a}","query":"{b}"}"#,
            r#""text""#,
        ] {
            assert!(refusal(body.as_bytes()).starts_with("query and operationName are strings"), "{body}");
        }
        assert!(refusal(b"{}").contains("query is missing"));
        assert!(refusal(br#"{"query":null}"#).contains("query is missing"));
        assert!(refusal(br#"[{"query":"{a}"}]"#).contains("batches"));
        assert!(refusal(b" ").contains("no body"));
        assert!(refusal(b"{ \"not a JSON").contains("line 1"));
        assert!(refusal(b"{\"query\":\"\xff\"}").contains("UTF-8"));
    }

    #[test]
    fn depth_is_refused_before_anything_recurses() {
        let nested = |depth: usize| format!("{{\"query\":\"{{a}}\",\"variables\":{{\"a\":{}", "[".repeat(depth));
        assert!(refusal(nested(1_000_000).as_bytes()).contains("64 lists and maps"));
        let whole = format!("{}{}}}}}", nested(62), "]".repeat(62));
        assert_eq!(refusal(whole.as_bytes()), "");
        let brackets_in_text = format!(r#"{{"query":"{{a(b: \"{}\")}}"}}"#, "[".repeat(1_000));
        assert_eq!(refusal(brackets_in_text.as_bytes()), "");
    }

    #[test]
    fn a_query_string_says_the_same() {
        let read = |text: &str| Parameters::from_query_string(text, 64).map_err(|refusal| refusal.message);
        let read_well = read("query=%7Ba%7D&variables=%7B%22a%22%3A1%7D&operationName=").unwrap();
        assert_eq!(read_well.variables.len(), 1);
        assert_eq!(read_well.into_incoming(None).unwrap().query, "{a}");
        assert!(read("query=a&query=b").unwrap_err().contains("once"));
        assert!(read("query=a&variables=[]").unwrap_err().contains("not a map"));
        assert!(read("query=a&extensions=1").unwrap_err().contains("not a map"));
    }
}
