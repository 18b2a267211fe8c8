//! A host application's address for its keys, which answers whatever the test wants.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// See the module.
pub(crate) struct KeyServer {
    pub(crate) url: String,
    asked: Arc<AtomicU32>,
    answer: Arc<Mutex<String>>,
}

impl KeyServer {
    /// Answers with this key set.
    pub(crate) async fn start(key_set: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicU32::new(0));
        let answer = Arc::new(Mutex::new(ok(key_set)));
        tokio::spawn(serve(listener, asked.clone(), answer.clone()));
        Self { url, asked, answer }
    }

    /// From now on answers with this key set.
    pub(crate) fn publish(&self, key_set: &str) {
        *self.answer.lock() = ok(key_set);
    }

    /// From now on answers with these bytes.
    pub(crate) fn say(&self, response: &str) {
        response.clone_into(&mut self.answer.lock());
    }

    /// How often it was asked.
    pub(crate) fn asked(&self) -> u32 {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, asked: Arc<AtomicU32>, answer: Arc<Mutex<String>>) {
    while let Ok((stream, _)) = listener.accept().await {
        asked.fetch_add(1, Ordering::SeqCst);
        let answer = answer.lock().clone();
        tokio::spawn(respond(stream, answer));
    }
}

/// Who is cut off in the middle of a large answer is the client, on purpose.
async fn respond(mut stream: TcpStream, answer: String) {
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await;
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}
