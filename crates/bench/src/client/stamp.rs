//! What stands in each message: when it was meant to be sent, and by whom.

/// The beginning of a message's text; the rest is filler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// When it was meant to be sent, in nanoseconds of the monotonic clock. A sender that is late
    /// says when it should have been on time: its lateness counts.
    pub(crate) intended_ns: u64,
    /// The user who sent it: by number, which is the same for all client processes.
    pub(crate) sender: u32,
}

/// The shortest text that holds a stamp.
pub(crate) const TEXT_BYTES_MIN: usize = 20 + 1 + 10 + 1;

impl Stamp {
    /// A text of exactly this many bytes, at least [`TEXT_BYTES_MIN`].
    pub(crate) fn text(self, bytes: usize) -> String {
        let mut text = format!("{:020} {:010} ", self.intended_ns, self.sender);
        text.extend(std::iter::repeat_n('.', bytes.saturating_sub(text.len())));
        text
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let intended_ns = words.next()?.parse().ok()?;
        let sender = words.next()?.parse().ok()?;
        Some(Self {
            intended_ns,
            sender,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stamp_survives_its_text_and_the_text_has_its_length() {
        let stamp = Stamp {
            intended_ns: 12_345_678_901_234,
            sender: 17,
        };
        let text = stamp.text(128);
        assert_eq!(text.len(), 128);
        assert_eq!(Stamp::parse(&text), Some(stamp));
        assert_eq!(stamp.text(0).len(), TEXT_BYTES_MIN);
        assert_eq!(Stamp::parse("somebody else's words"), None);
    }
}
