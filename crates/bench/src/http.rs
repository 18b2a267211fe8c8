//! HTTP/1.1 over one kept connection, several requests at a time: for setting up thousands of users
//! and rooms. Only what the server's REST answers look like: a status and a length.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::address::Address;

/// No answer takes longer.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A request with a bearer token.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) token: String,
    /// JSON; empty for none.
    pub(crate) body: String,
}

/// Its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    host: String,
    input: Vec<u8>,
}

impl Connection {
    pub(crate) fn open(address: &Address) -> io::Result<Self> {
        let stream = TcpStream::connect(address.socket)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(TIMEOUT))?;
        Ok(Self {
            stream,
            host: address.authority.clone(),
            input: Vec::new(),
        })
    }

    /// Sends all requests at once; their answers in order.
    pub(crate) fn exchange(&mut self, requests: &[Request]) -> io::Result<Vec<Answer>> {
        let mut output = String::new();
        for Request {
            method,
            path,
            token,
            body,
        } in requests
        {
            let (host, length) = (&self.host, body.len());
            output += &format!(
                "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\
                 Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
            );
        }
        self.stream.write_all(output.as_bytes())?;
        requests.iter().map(|_| self.answer()).collect()
    }

    /// Asks for something as nobody; the status of the answer.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<u16> {
        let request = Request {
            method: "GET",
            path: path.to_owned(),
            token: String::new(),
            body: String::new(),
        };
        Ok(self.exchange(&[request])?[0].status)
    }

    fn answer(&mut self) -> io::Result<Answer> {
        loop {
            if let Some((answer, used)) = read_answer(&self.input)? {
                self.input.drain(..used);
                return Ok(answer);
            }
            let mut buffer = [0; 16 * 1_024];
            match self.stream.read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                length => self.input.extend_from_slice(&buffer[..length]),
            }
        }
    }
}

/// The answer at the beginning of some bytes, and how long it is; `None` when it is not all there.
fn read_answer(bytes: &[u8]) -> io::Result<Option<(Answer, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(bytes).map_err(io::Error::other)? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = match length {
        Some(header) => std::str::from_utf8(header.value)
            .ok()
            .and_then(|text| text.parse().ok()),
        None => Some(0),
    };
    let length: usize = length.ok_or_else(|| io::Error::other("an answer without its length"))?;
    let end = head + length;
    let status = response.code.unwrap_or_default();
    let body = bytes.get(head..end);
    Ok(body.map(|body| {
        (
            Answer {
                status,
                body: body.to_vec(),
            },
            end,
        )
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_that_come_together_are_told_apart() {
        let bytes =
            b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 204 No Content\r\n\r\n";
        let (first, used) = read_answer(bytes).unwrap().unwrap();
        assert_eq!(
            first,
            Answer {
                status: 201,
                body: b"{}".to_vec()
            }
        );
        let (second, rest) = read_answer(&bytes[used..]).unwrap().unwrap();
        assert_eq!((second.status, used + rest), (204, bytes.len()));
        for cut in 0..used {
            assert_eq!(read_answer(&bytes[..cut]).unwrap(), None, "at {cut}");
        }
    }
}
