//! What tokio itself takes for a connection: a task that holds a stream, and nothing else.

use std::io;

use tokio::net::{TcpListener, TcpStream};

use crate::wire::UPGRADE_RESPONSE;

pub(crate) fn serve() -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?);
        loop {
            let (stream, _) = listener.accept().await?;
            tokio::spawn(hold(stream));
        }
    })
}

/// Answers the request and then each input by one byte.
async fn hold(stream: TcpStream) {
    let mut answer = UPGRADE_RESPONSE;
    while stream.readable().await.is_ok() {
        let read = stream.try_read(&mut [0; 1024]);
        match read {
            Ok(0) => return,
            Ok(_) => {
                // Nothing waits in this connection, so the kernel takes it.
                let _ = stream.try_write(answer);
                answer = b".";
            }
            Err(_) => {}
        }
    }
}
