//! Reads fields of requests about rooms as domain types, and names the one that is wrong; cuts
//! lists into pages.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::{Map, Value};
use tidings_domain::limits::{AVATAR_URL_BYTES_MAX, ROOM_NAME_CHARS_MAX};
use tidings_domain::name::{InvalidName, RoomName, line};
use tidings_domain::room::HistoryVisibility;
use tidings_domain::{Position, Role, RoomKind};
use tidings_protocol::json::{Patch, check_metadata};

use super::problem::{ApiError, ApiResult};

/// A list of ids.
///
/// # Errors
/// Names the item that is none.
pub(crate) fn ids<T: FromStr<Err: Display>>(name: &str, texts: &[String]) -> ApiResult<Vec<T>> {
    let read = |(index, text): (usize, &String)| {
        text.parse()
            .map_err(|why| ApiError::field(&format!("{name}[{index}]"), why))
    };
    texts.iter().enumerate().map(read).collect()
}

/// What kind of room.
pub(crate) fn kind(text: &str) -> ApiResult<RoomKind> {
    RoomKind::parse(text)
        .ok_or_else(|| ApiError::field("kind", "must be direct, group, channel or live"))
}

/// How a room is called.
pub(crate) fn name(text: &str) -> ApiResult<RoomName> {
    RoomName::parse(text).map_err(|why| ApiError::field("name", why))
}

/// What newcomers may read.
pub(crate) fn history(text: &str) -> ApiResult<HistoryVisibility> {
    [HistoryVisibility::All, HistoryVisibility::SinceJoined]
        .into_iter()
        .find(|history| history.as_str() == text)
        .ok_or_else(|| ApiError::field("history", "must be all or since_joined"))
}

/// A member's role.
pub(crate) fn role(text: &str) -> ApiResult<Role> {
    Role::parse(text)
        .ok_or_else(|| ApiError::field("role", "must be reader, member, moderator, admin or owner"))
}

/// What a room is about; a blank text is none. Its length is the engine's to judge.
pub(crate) fn description(text: String) -> ApiResult<Option<String>> {
    if text.contains('\0') {
        return Err(ApiError::field(
            "description",
            "must not contain the NUL character",
        ));
    }
    Ok(Some(text).filter(|text| !text.trim().is_empty()))
}

/// The address of a picture: absolute, of a scheme that shows pictures and runs nothing, and in
/// plain ASCII, so that it reads as what it is.
pub(crate) fn avatar_url(text: String) -> ApiResult<String> {
    if text.len() > AVATAR_URL_BYTES_MAX {
        let why = format!("must have at most {AVATAR_URL_BYTES_MAX} bytes");
        return Err(ApiError::field("avatar_url", why));
    }
    let address = text.parse::<http::Uri>().ok().filter(|_| text.is_ascii());
    let is_web = address.as_ref().is_some_and(|address| {
        matches!(address.scheme_str(), Some("http" | "https"))
            && address.host().is_some_and(|host| !host.is_empty())
    });
    if is_web {
        Ok(text)
    } else {
        Err(ApiError::field("avatar_url", "must be an http(s) address"))
    }
}

/// The application's own data.
pub(crate) fn metadata(metadata: Map<String, Value>) -> ApiResult<Map<String, Value>> {
    check_metadata(&metadata).map_err(|why| ApiError::field("metadata", why))?;
    Ok(metadata)
}

/// A field of a change: read where there is a value; what is left out or `null` stays so.
pub(crate) fn patch<A, B>(
    patch: Patch<A>,
    read: impl FnOnce(A) -> ApiResult<B>,
) -> ApiResult<Patch<B>> {
    match patch {
        None => Ok(None),
        Some(None) => Ok(Some(None)),
        Some(Some(value)) => read(value).map(|value| Some(Some(value))),
    }
}

/// What is looked for among names, as names are written; nothing where it is left out or blank.
pub(crate) fn name_query(text: Option<&str>) -> ApiResult<String> {
    match text.map(|text| line(text, ROOM_NAME_CHARS_MAX)) {
        None | Some(Err(InvalidName::Empty)) => Ok(String::new()),
        Some(Ok(query)) => Ok(query),
        Some(Err(why)) => Err(ApiError::field("query", why)),
    }
}

/// A place in the list of rooms.
pub(crate) fn position(text: &str) -> ApiResult<Position> {
    let number: Option<u64> = text.parse().ok().filter(|n: &u64| n.to_string() == text);
    let unknown = || ApiError::field("after", "must be the `next` of the page before");
    number.map(Position).ok_or_else(unknown)
}

/// Cuts a list, of which one more than `limit` was read, to its page; the last item if there are
/// more.
pub(crate) fn cut<T>(items: &mut Vec<T>, limit: usize) -> Option<&T> {
    let is_cut = items.len() > limit;
    items.truncate(limit);
    items.last().filter(|_| is_cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong<T: std::fmt::Debug>(result: ApiResult<T>) -> String {
        result.unwrap_err().0.errors[0].field.clone()
    }

    #[test]
    fn a_picture_is_on_the_web_and_runs_nothing() {
        for text in ["https://example.org/a.png?x=1#y", "http://10.0.0.1:8080/a"] {
            assert_eq!(avatar_url(text.to_owned()).unwrap(), text);
        }
        let long = format!("https://example.org/{}", "a".repeat(AVATAR_URL_BYTES_MAX));
        for text in [
            "javascript:alert(1)",
            "data:image/svg+xml;base64,PHN2Zz4=",
            "//example.org/a.png",
            "/a.png",
            "https://",
            "https:///a.png",
            "ftp://example.org/a",
            "https://example.org/a b",
            "https://example.org/\u{202e}gnp",
            " https://example.org",
            "",
            &long,
        ] {
            assert_eq!(wrong(avatar_url(text.to_owned())), "avatar_url", "{text}");
        }
    }

    #[test]
    fn the_id_that_is_none_is_named() {
        let texts = [
            "0192f0c1-7d7a-7cc0-8000-2b1d5c3e9f10".to_owned(),
            "bob".to_owned(),
        ];
        assert_eq!(
            wrong(ids::<tidings_domain::UserId>("members", &texts)),
            "members[1]"
        );
    }

    #[test]
    fn a_page_names_its_end_only_if_more_follows() {
        let mut items = vec![1, 2, 3];
        assert_eq!(cut(&mut items, 2), Some(&2));
        assert_eq!(items, [1, 2]);
        assert_eq!(cut(&mut items, 2), None);
    }

    #[test]
    fn a_place_in_a_list_has_one_spelling() {
        assert_eq!(position("17").unwrap(), Position(17));
        for text in ["", "-1", "+1", "017", "1e3", "18446744073709551616", "abc"] {
            assert_eq!(wrong(position(text)), "after", "{text}");
        }
    }
}
