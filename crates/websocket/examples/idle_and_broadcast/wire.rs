//! The bytes that clients and servers exchange here.

/// The payload of a broadcast: 204 bytes with its header.
const PAYLOAD: [u8; 200] = [b'x'; 200];
const KEY: [u8; 4] = [1, 2, 3, 4];

pub(crate) const UPGRADE_REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\
    Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
    Sec-WebSocket-Version: 13\r\n\r\n";
/// What the floor answers, which does not look at the request.
pub(crate) const UPGRADE_RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\n\
    Connection: upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
pub(crate) const MASKED_PING: [u8; 6] = [0x89, 0x80, 1, 2, 3, 4];
pub(crate) const MASKED_PONG: [u8; 6] = [0x8A, 0x80, 1, 2, 3, 4];

/// The frame that every member gets.
pub(crate) fn broadcast_frame() -> Vec<u8> {
    [&[0x82, 126, 0, PAYLOAD.len() as u8][..], &PAYLOAD].concat()
}

/// The frame that asks for one broadcast.
pub(crate) fn masked_message() -> Vec<u8> {
    let masked = PAYLOAD
        .iter()
        .zip(KEY.iter().cycle())
        .map(|(byte, key)| byte ^ key);
    [0x82, 0x80 | 126, 0, PAYLOAD.len() as u8]
        .into_iter()
        .chain(KEY)
        .chain(masked)
        .collect()
}
