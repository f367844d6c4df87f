//! Somebody who asks, and what they are answered.

use std::sync::{Arc, LazyLock};

use arvlite_api::app::App;
use arvlite_api::auth::Viewer;
use arvlite_api::graphql::{self, Upload, UploadSlot, UploadedFile};
use async_graphql::{Name, Request, Variables};
use futures_util::stream;
use serde_json::Value;

static SCHEMA: LazyLock<graphql::AppSchema> = LazyLock::new(graphql::build);

/// Somebody who asks.
#[derive(Clone)]
pub struct Client {
    app: Arc<App>,
    pub viewer: Viewer,
}

/// What they are answered.
#[derive(Debug, Clone)]
pub struct Answer(pub Value);

impl Client {
    pub fn new(app: &Arc<App>, viewer: Viewer) -> Self {
        Self { app: Arc::clone(app), viewer }
    }

    /// Asks, and panics if there are errors.
    pub async fn ask(&self, document: &str, variables: Value) -> Value {
        let answer = self.try_ask(document, variables).await;
        assert!(answer.0.get("errors").is_none(), "{:#}", answer.0);
        answer.0["data"].clone()
    }

    /// Asks.
    pub async fn try_ask(&self, document: &str, variables: Value) -> Answer {
        let mut request = Request::new(document).variables(Variables::from_json(variables));
        if document.contains("($file: Upload!)") {
            request.variables.insert(Name::new("file"), Upload::marker());
            request = request.data(UploadSlot::new(photo()));
        }
        let response = graphql::execute(&SCHEMA, graphql::with_data(request, &self.app, &self.viewer)).await;
        Answer(serde_json::to_value(response).unwrap())
    }
}

/// A photo that comes beside the document.
fn photo() -> UploadedFile {
    let bytes = include_bytes!("../../api/assets/demo/lemons.jpg").as_slice();
    UploadedFile {
        name: Some("lemons.jpg".to_owned()),
        content_type: Some("image/jpeg".to_owned()),
        bytes: Box::pin(stream::iter([Ok(bytes.into())])),
    }
}

impl Answer {
    /// The code of the first error.
    pub fn code(&self) -> &str {
        self.0["errors"][0]["extensions"]["code"].as_str().unwrap_or("no error")
    }
}
