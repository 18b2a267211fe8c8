//! Rust source without its comments and without what stands in its literals, so that a check by
//! text does not trip over prose; and which of its lines are tests.
//!
//! Lines and columns stay where they were. This is no parser: it knows comments, strings, raw
//! strings, characters and lifetimes, and finds the extent of `#[cfg(test)]` by its braces.

/// One line of code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeLine {
    /// The line with comments and the insides of literals replaced by spaces.
    pub text: String,
    /// Inside an item under `#[cfg(test)]`.
    pub in_test: bool,
}

/// The lines of a Rust file.
#[must_use]
pub fn code_lines(source: &str) -> Vec<CodeLine> {
    let blanked = blank(source);
    let tests = test_extents(&blanked);
    let mut start = 0;
    let mut lines = Vec::new();
    for text in blanked.split('\n') {
        let in_test = tests.iter().any(|(from, to)| (*from..*to).contains(&start));
        start += text.len() + 1;
        lines.push(CodeLine {
            text: text.to_owned(),
            in_test,
        });
    }
    lines
}

/// Replaces what is not code by spaces, a character by a character.
fn blank(source: &str) -> String {
    let mut rest = source;
    let mut out = String::with_capacity(source.len());
    while let Some(next) = rest.chars().next() {
        let after_name = out.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        match literal_or_comment(rest, after_name) {
            Some(taken) => {
                out.extend(
                    rest[..taken]
                        .chars()
                        .map(|c| if c == '\n' { '\n' } else { ' ' }),
                );
                rest = &rest[taken..];
            }
            None => {
                out.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    out
}

/// How many bytes at the start of `rest` are a comment or a literal, if it starts with one.
fn literal_or_comment(rest: &str, after_name: bool) -> Option<usize> {
    if rest.starts_with("//") {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return Some(block_comment(rest));
    }
    if let Some(inside) = rest.strip_prefix('"') {
        return Some(1 + quoted(inside, '"'));
    }
    if rest.starts_with('\'') {
        return character(rest);
    }
    if after_name { None } else { raw_string(rest) }
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        let here = &rest.as_bytes()[at..];
        at += match here {
            [b'/', b'*', ..] => {
                depth += 1;
                2
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                2
            }
            _ => 1,
        };
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

/// Bytes up to and with the closing quote; a backslash protects what follows it.
fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

/// Nothing for a lifetime, which has no closing quote one character on.
fn character(rest: &str) -> Option<usize> {
    let mut inside = rest[1..].chars();
    let first = inside.next()?;
    if first == '\\' {
        return Some(1 + quoted(&rest[1..], '\''));
    }
    (inside.next() == Some('\'')).then(|| 2 + first.len_utf8())
}

/// `r"…"`, `r#"…"#` and their byte and C kin; not the raw identifier `r#type`.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|after| after.trim_start_matches('#').starts_with('"'))
    })?;
    let hashes = rest[prefix.len()..]
        .bytes()
        .take_while(|b| *b == b'#')
        .count();
    let open = prefix.len() + hashes + 1;
    let close = format!("\"{}", "#".repeat(hashes));
    let length = rest[open..]
        .find(&close)
        .map_or(rest.len(), |at| open + at + close.len());
    Some(length)
}

/// Byte ranges of the items under `#[cfg(test)]`; the whole file under `#![cfg(test)]`.
fn test_extents(code: &str) -> Vec<(usize, usize)> {
    if code.contains("#![cfg(test)]") {
        return vec![(0, code.len() + 1)];
    }
    let starts = code
        .match_indices("#[cfg(test)]")
        .chain(code.match_indices("#[cfg(all(test"));
    starts
        .map(|(start, _)| (start, start + item_length(&code[start..])))
        .collect()
}

/// Up to the brace that closes the item's body, or to its semicolon if it has none.
fn item_length(item: &str) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in item.bytes().enumerate() {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at + 1,
            b'}' => depth -= 1,
            b';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    item.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(source: &str) -> String {
        let lines = code_lines(source);
        let words = lines.iter().flat_map(|line| line.text.split_whitespace());
        words.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(code("a // b\nc /* d /* e */ f */ g\n//! h"), "a c g");
    }

    #[test]
    fn the_insides_of_literals_are_left_out() {
        assert_eq!(code(r#"a("b \" c", d) "e"#), "a( , d)");
        assert_eq!(code("a(r#\"b \" c\"#, br\"d\") e"), "a( , ) e");
        assert_eq!(code(r"a('b', '\'', '{') c"), "a( , , ) c");
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        assert_eq!(
            code("fn a<'b>(c: &'b str, r#type: u8) {}"),
            "fn a<'b>(c: &'b str, r#type: u8) {}"
        );
    }

    #[test]
    fn lines_stay_where_they_were() {
        let lines = code_lines("a\n\"b\nc\"\nd");
        let texts: Vec<_> = lines.iter().map(|line| line.text.trim()).collect();
        assert_eq!(texts, ["a", "", "", "d"]);
    }

    #[test]
    fn what_is_under_cfg_test_is_a_test_up_to_its_brace() {
        let source = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() { '}'; }\n}\nfn c() {}";
        let flags: Vec<_> = code_lines(source).iter().map(|line| line.in_test).collect();
        assert_eq!(flags, [false, true, true, true, true, false]);
    }

    #[test]
    fn a_test_module_in_another_file_ends_at_its_semicolon() {
        let source = "#[cfg(test)]\nmod tests;\nfn c() {}";
        let flags: Vec<_> = code_lines(source).iter().map(|line| line.in_test).collect();
        assert_eq!(flags, [true, true, false]);
    }
}
