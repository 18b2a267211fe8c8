//! The `ETag` of a page of messages, told without reading one.
//!
//! *Invariant*: whatever changes a message is an event of its room, so a page is the same as long
//! as the log's life, the room's head and what the reader may see are the same. The tag is weak:
//! it vouches for what the page says and not for its bytes.

use http::{HeaderMap, HeaderValue, header};
use tidings_domain::Epoch;
use tidings_engine::pages::Want;
use tidings_engine::rooms::Standing;

/// Raised when a page is written differently: what clients hold is stale then.
const FORM: u32 = 1;

/// A page's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PageTag(String);

impl PageTag {
    /// The tag of what a member with this standing is shown.
    pub(crate) fn new(epoch: Epoch, standing: &Standing, want: Want, limit: usize) -> Self {
        let place = match want {
            Want::Latest => "l".to_owned(),
            Want::Before(seq) => format!("b{seq}"),
            Want::After(seq) => format!("a{seq}"),
            Want::Around(seq) => format!("o{seq}"),
        };
        let Standing {
            facts,
            visible_from,
            ..
        } = standing;
        let head = facts.head;
        Self(format!(
            "{FORM}-{:x}-{head}-{visible_from}-{place}-{limit}",
            epoch.0
        ))
    }

    /// Whether a request says that it holds this very page (RFC 9110, section 13.1.2, by weak
    /// comparison).
    pub(crate) fn is_held(&self, headers: &HeaderMap) -> bool {
        let lists = headers.get_all(header::IF_NONE_MATCH).iter();
        let mut held = lists
            .filter_map(|list| list.to_str().ok())
            .flat_map(|list| list.split(','));
        held.any(|held| {
            let held = held.trim();
            held == "*" || held.strip_prefix("W/").unwrap_or(held) == format!("\"{}\"", self.0)
        })
    }

    /// As a header's value.
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&format!("W/\"{}\"", self.0))
            .expect("letters, digits and dashes are a header's value")
    }
}

#[cfg(test)]
mod tests {
    use tidings_domain::{Role, RoomKind, RoomVersion, Seq};
    use tidings_engine::rooms::RoomFacts;

    use super::*;

    fn standing(head: u64, visible_from: u64) -> Standing {
        let facts = RoomFacts {
            kind: RoomKind::Group,
            archived: false,
            slow_mode_s: 0,
            members: 2,
            head: Seq(head),
            version: RoomVersion(1),
        };
        Standing {
            facts,
            role: Role::Member,
            visible_from: Seq(visible_from),
        }
    }

    fn holds(tag: &PageTag, values: &[&str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_str(value).unwrap());
        }
        tag.is_held(&headers)
    }

    #[test]
    fn whatever_changes_the_page_changes_the_tag() {
        let tag = |epoch, head, floor, want, limit| {
            PageTag::new(Epoch(epoch), &standing(head, floor), want, limit)
        };
        let one = tag(1, 9, 1, Want::Latest, 50);
        assert_eq!(one, tag(1, 9, 1, Want::Latest, 50));
        for other in [
            tag(2, 9, 1, Want::Latest, 50),
            tag(1, 10, 1, Want::Latest, 50),
            tag(1, 9, 2, Want::Latest, 50),
            tag(1, 9, 1, Want::Before(Seq(4)), 50),
            tag(1, 9, 1, Want::Latest, 51),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn a_held_tag_is_known_among_others_and_in_either_strength() {
        let tag = PageTag::new(Epoch(1), &standing(9, 1), Want::Latest, 50);
        let weak = tag.header().to_str().unwrap().to_owned();
        let strong = weak.trim_start_matches("W/").to_owned();
        assert!(holds(&tag, &[&weak]));
        assert!(holds(&tag, &[&strong]));
        assert!(holds(&tag, &["*"]));
        assert!(holds(&tag, &[&format!("\"a\", {weak}")]));
        assert!(holds(&tag, &["\"a\"", &weak]));
        assert!(!holds(&tag, &[]));
        assert!(!holds(&tag, &["\"a\"", weak.trim_matches('"'), "\""]));
    }
}
