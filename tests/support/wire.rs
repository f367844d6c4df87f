//! Stands between the program and the server, passes on what they say, and notes some of it.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, UnixStream};

/// A listener on the line.
pub struct Wire {
    /// The address that the program is to use.
    pub url: String,
    heard: Arc<Heard>,
}

#[derive(Default)]
struct Heard {
    orders_to_parse: AtomicUsize,
    notices: Mutex<Vec<String>>,
}

impl Wire {
    /// One before the server of this address.
    pub async fn before(url: &str) -> Self {
        let config: tokio_postgres::Config = url.parse().unwrap();
        let Some(tokio_postgres::config::Host::Unix(folder)) = config.get_hosts().first().cloned() else {
            panic!("the tests' server listens on a socket")
        };
        let socket = folder.join(format!(".s.PGSQL.{}", config.get_ports().first().unwrap_or(&5432)));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (user, name) = (config.get_user().unwrap(), config.get_dbname().unwrap());
        let url = format!("postgres://{user}@{}/{name}?sslmode=disable", listener.local_addr().unwrap());
        let heard = Arc::<Heard>::default();
        let hears = Arc::clone(&heard);
        tokio::spawn(async move {
            while let Ok((program, _)) = listener.accept().await {
                // Or else each message waits for the last one to be acknowledged.
                program.set_nodelay(true).unwrap();
                let server = UnixStream::connect(&socket).await.unwrap();
                let (from_program, to_program) = program.into_split();
                let (from_server, to_server) = server.into_split();
                let (asks, answers) = (Arc::clone(&hears), Arc::clone(&hears));
                // The program's first message has no letter.
                tokio::spawn(pass_on(from_program, to_server, true, move |letter, _| {
                    asks.orders_to_parse.fetch_add(usize::from(letter == b'P'), Ordering::SeqCst);
                }));
                tokio::spawn(pass_on(from_server, to_program, false, move |letter, body| {
                    if letter == b'N' {
                        answers.notices.lock().unwrap().push(message(body));
                    }
                }));
            }
        });
        Self { url, heard }
    }

    /// How often the server was told to parse a statement.
    pub fn orders_to_parse(&self) -> usize {
        self.heard.orders_to_parse.load(Ordering::SeqCst)
    }

    /// What the server noted since this was asked last. A statement's notices come before its rows.
    pub fn take_notices(&self) -> Vec<String> {
        std::mem::take(&mut *self.heard.notices.lock().unwrap())
    }
}

/// Passes messages on, and shows each one's letter and body first.
async fn pass_on(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut starts_without_letter: bool,
    hear: impl Fn(u8, &[u8]),
) {
    loop {
        let letter = match std::mem::take(&mut starts_without_letter) {
            true => None,
            false => match from.read_u8().await {
                Ok(letter) => Some(letter),
                Err(_) => return,
            },
        };
        let Ok(length) = from.read_u32().await else { return };
        let mut body = vec![0; length as usize - 4];
        if from.read_exact(&mut body).await.is_err() {
            return;
        }
        hear(letter.unwrap_or_default(), &body);
        let mut whole: Vec<u8> = letter.into_iter().chain(length.to_be_bytes()).collect();
        whole.append(&mut body);
        if to.write_all(&whole).await.is_err() {
            return;
        }
    }
}

/// The text of a notice, among its other fields: each is a letter and a text up to a zero.
fn message(fields: &[u8]) -> String {
    let mut fields = fields.split(|byte| *byte == 0).filter(|field| !field.is_empty());
    let text = fields.find(|field| field[0] == b'M').map(|field| &field[1..]);
    String::from_utf8_lossy(text.unwrap_or_default()).into_owned()
}
