//! What the server says of itself at `/metrics`.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::server::Server;

/// An answer that takes longer is none.
const WITHIN: Duration = Duration::from_secs(2);

/// The value of a metric; nothing when the server does not answer in time, or not with it.
pub(crate) async fn metric(server: &Server, name: &str) -> Option<u64> {
    let text = page(server, "/metrics").await?;
    let values = text.lines().filter_map(|line| {
        let (of, value) = line.rsplit_once(' ')?;
        let is_it = of == name
            || of
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('{'));
        value.parse::<f64>().ok().filter(|_| is_it)
    });
    let values: Vec<f64> = values.collect();
    let sum: f64 = values.iter().sum();
    // Counts, all of them.
    Some(sum.max(0.0) as u64).filter(|_| !values.is_empty())
}

/// A page over a connection of its own, whatever its status.
pub(crate) async fn page(server: &Server, path: &str) -> Option<String> {
    let read = async {
        let mut stream = TcpStream::connect(server.address).await.ok()?;
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut text = String::new();
        stream.read_to_string(&mut text).await.ok()?;
        Some(text).filter(|text| !text.is_empty())
    };
    tokio::time::timeout(WITHIN, read).await.ok()?
}
