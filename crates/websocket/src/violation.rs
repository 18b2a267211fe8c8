//! What a client can do wrong in its frames, and the close code that tells it so.

use thiserror::Error;

use crate::close::CloseCode;

/// A breach of RFC 6455 or of a limit by the peer. The connection is failed with
/// [`close_code`](Self::close_code) and this text as the reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Violation {
    /// A client's frame must be masked (section 5.1).
    #[error("frame is not masked")]
    Unmasked,
    /// A reserved bit is set and no extension was negotiated (section 5.2).
    #[error("reserved bit set")]
    ReservedBit,
    /// An opcode that is not defined (section 5.2).
    #[error("unknown opcode")]
    UnknownOpcode,
    /// A control frame's payload is longer than 125 bytes (section 5.5).
    #[error("control frame too long")]
    ControlTooLong,
    /// A control frame without the final bit (section 5.5).
    #[error("fragmented control frame")]
    ControlFragmented,
    /// A continuation where no message was begun (section 5.4).
    #[error("continuation of nothing")]
    ContinuationOfNothing,
    /// A new message before the last one was finished (section 5.4).
    #[error("message inside a fragmented message")]
    MessageInsideMessage,
    /// A length with its highest bit set (section 5.2).
    #[error("length out of range")]
    LengthOutOfRange,
    /// A length that was not written in the fewest bytes (section 5.2).
    #[error("length is not minimal")]
    LengthNotMinimal,
    /// A close frame with a payload of one byte (section 5.5.1).
    #[error("close code cut short")]
    CloseTooShort,
    /// A close code that must not be sent (section 7.4).
    #[error("invalid close code")]
    CloseCode,
    /// A close reason that is not UTF-8 (section 5.5.1).
    #[error("close reason is not UTF-8")]
    CloseReason,
    /// A text message that is not UTF-8 (section 8.1).
    #[error("text is not UTF-8")]
    Utf8,
    /// A message above the limit of [`DecoderLimits`](crate::DecoderLimits).
    #[error("message too big")]
    MessageTooBig,
    /// A message in more pieces than [`DecoderLimits`](crate::DecoderLimits) allows.
    #[error("message in too many fragments")]
    TooManyFragments,
}

impl Violation {
    /// The code that the close frame carries: 1007 for what is not UTF-8, 1009 for what passes a
    /// limit, 1002 for all else.
    #[must_use]
    pub const fn close_code(self) -> CloseCode {
        match self {
            Self::Utf8 | Self::CloseReason => CloseCode::INVALID_DATA,
            Self::MessageTooBig | Self::TooManyFragments => CloseCode::TOO_BIG,
            Self::Unmasked
            | Self::ReservedBit
            | Self::UnknownOpcode
            | Self::ControlTooLong
            | Self::ControlFragmented
            | Self::ContinuationOfNothing
            | Self::MessageInsideMessage
            | Self::LengthOutOfRange
            | Self::LengthNotMinimal
            | Self::CloseTooShort
            | Self::CloseCode => CloseCode::PROTOCOL_ERROR,
        }
    }
}
