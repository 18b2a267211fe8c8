//! A file, rebuilt from the history of its room.

use std::sync::Arc;

use tidings_domain::{RoomId, Seq};
use tidings_protocol::rest::message::{Message, Page};

use super::ReplayError;
use super::history::Recorder;
use super::log_file::LogFile;
use super::people::Person;
use super::procedure::Run;
use super::report::{FileReport, Mismatch};
use crate::api::patiently;
use crate::log_line::rebuild;

/// Differences that are told in full; the others are counted.
const SHOWN_MAX: usize = 5;

/// Reads a room from its first message to its last, and holds it to the file.
pub(super) async fn verify(
    run: Arc<Run>,
    file: Arc<LogFile>,
    room: RoomId,
) -> Result<FileReport, ReplayError> {
    let log = run.people.named(&file.keeper()).await?;
    let mut comparison = Comparison::new(&file);
    let mut after = Seq::ZERO;
    loop {
        let read = patiently(|| log.session.messages_after(room, after)).await;
        let page = read.map_err(ReplayError::refused(format!(
            "reading the history of {}",
            file.name
        )))?;
        comparison.page(&page, after);
        if !page.has_after || page.last_seq <= after {
            break;
        }
        after = page.last_seq;
    }
    if let Some(history) = &run.history {
        note_all(history, &log, room).await?;
    }
    Ok(comparison.finish())
}

/// Takes every event of a room into the history, as what is true in the end.
async fn note_all(history: &Recorder, log: &Person, room: RoomId) -> Result<(), ReplayError> {
    let mut after = Seq::ZERO;
    loop {
        let read = patiently(|| log.session.events_after(room, after)).await;
        let page = read.map_err(ReplayError::refused("reading the events of a room"))?;
        history.log(&page.events);
        match page.events.last() {
            Some(last) if !page.complete => after = last.seq,
            _ => return Ok(()),
        }
    }
}

struct Comparison<'a> {
    file: &'a LogFile,
    next: usize,
    report: FileReport,
}

impl<'a> Comparison<'a> {
    fn new(file: &'a LogFile) -> Self {
        let report = FileReport {
            file: file.name.clone(),
            lines: file.len() as u64,
            ..FileReport::default()
        };
        Self {
            file,
            next: 0,
            report,
        }
    }

    /// Pages must touch: the seq after the last one of a page is the first one of the next.
    fn page(&mut self, page: &Page, after: Seq) {
        self.report.torn_pages += u64::from(page.first_seq > after.next());
        for message in &page.messages {
            self.message(message);
        }
    }

    fn message(&mut self, message: &Message) {
        let text = message.text.as_ref().map_or("", |text| text.as_str());
        if !self.file.is_line(self.next, text, &message.metadata) {
            let expected = (self.next < self.file.len()).then(|| self.file.line(self.next));
            let found = rebuild(text, &message.metadata);
            self.differs(message.seq, expected, found.as_deref());
        }
        self.next += 1;
    }

    fn differs(&mut self, seq: Seq, expected: Option<&[u8]>, found: Option<&[u8]>) {
        self.report.differing += 1;
        if self.report.mismatches.len() < SHOWN_MAX {
            let shown = |line: Option<&[u8]>| line.map(|line| line.escape_ascii().to_string());
            self.report.mismatches.push(Mismatch {
                line: self.next as u64 + 1,
                seq: seq.0,
                expected: shown(expected),
                found: shown(found),
            });
        }
    }

    fn finish(mut self) -> FileReport {
        let missing = self.file.len().saturating_sub(self.next);
        self.report.missing = missing as u64;
        self.report
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Map;
    use tidings_domain::text::MessageText;
    use tidings_domain::{Timestamp, UserId};

    use super::*;
    use crate::log_line::SpokenLine;

    const LOG_TEXT: &str = "[10:00] <a> one\n[10:01] <b> two\n";

    /// A line as a message at `seq`; it calls itself line `seq - 2` of its file.
    fn message(seq: u64, line: &str) -> Message {
        let spoken = SpokenLine::parse(line.as_bytes())
            .unwrap()
            .numbered(seq - 2);
        Message {
            room: RoomId::from_bytes([1; 16]),
            seq: Seq(seq),
            sender: UserId::from_bytes([2; 16]),
            device: None,
            client_id: None,
            at_ms: Timestamp(0),
            text: Some(MessageText::parse(spoken.text).unwrap()),
            reply_to: None,
            mentions: Vec::new(),
            metadata: spoken.metadata,
            deleted: false,
        }
    }

    fn compared(messages: Vec<Message>) -> FileReport {
        let file = LogFile::new("x".into(), LOG_TEXT.into());
        let mut comparison = Comparison::new(&file);
        let last_seq = messages.last().map_or(Seq(0), |message| message.seq);
        let (head, first_seq) = (last_seq, Seq(1));
        let page = Page {
            messages,
            first_seq,
            last_seq,
            head,
            has_before: false,
            has_after: false,
        };
        comparison.page(&page, Seq::ZERO);
        comparison.finish()
    }

    #[test]
    fn a_history_that_is_the_file_is_found_equal() {
        let report = compared(vec![
            message(3, "[10:00] <a> one"),
            message(4, "[10:01] <b> two"),
        ]);
        assert!(report.is_equal(), "{report:?}");
    }

    #[test]
    fn every_planted_difference_is_found() {
        let one = || message(3, "[10:00] <a> one");
        let two = || message(4, "[10:01] <b> two");
        let foreign = Message {
            metadata: Map::new(),
            ..two()
        };
        for (messages, differing, missing) in [
            (vec![], 0, 2),
            (vec![one()], 0, 1),
            (vec![two(), one()], 2, 0),
            (vec![one(), two(), two()], 1, 0),
            (vec![one(), message(4, "[10:01] <b> two ")], 1, 0),
            (vec![one(), foreign], 1, 0),
        ] {
            let report = compared(messages);
            assert_eq!((report.differing, report.missing), (differing, missing));
            assert!(!report.is_equal());
        }
    }
}
