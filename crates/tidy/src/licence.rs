//! SPDX licence expressions, as far as package registries use them: names, `WITH`, `AND`, `OR`,
//! parentheses, and the old slash for `OR`.
//!
//! *Invariant:* what cannot be read is not allowed.

use std::collections::BTreeSet;

/// Whether the terms of `expression` can be met with the `allowed` licences alone.
#[must_use]
pub fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut reader = Reader {
        words: spaced.split_whitespace().collect(),
        allowed,
    };
    reader.words.reverse();
    let verdict = reader.any_of();
    verdict == Some(true) && reader.words.is_empty()
}

/// Reads words from the end of `words`; `None` where the grammar is broken.
struct Reader<'a> {
    words: Vec<&'a str>,
    allowed: &'a BTreeSet<String>,
}

impl Reader<'_> {
    fn any_of(&mut self) -> Option<bool> {
        let mut verdict = self.all_of()?;
        while self.take("OR") {
            verdict |= self.all_of()?;
        }
        Some(verdict)
    }

    fn all_of(&mut self) -> Option<bool> {
        let mut verdict = self.one()?;
        while self.take("AND") {
            verdict &= self.one()?;
        }
        Some(verdict)
    }

    fn one(&mut self) -> Option<bool> {
        if self.take("(") {
            let verdict = self.any_of()?;
            return self.take(")").then_some(verdict);
        }
        let mut name = self.words.pop().filter(|word| is_name(word))?.to_owned();
        if self.take("WITH") {
            name = format!("{name} WITH {}", self.words.pop()?);
        }
        Some(self.allowed.contains(&name))
    }

    fn take(&mut self, word: &str) -> bool {
        self.words.pop_if(|next| *next == word).is_some()
    }
}

fn is_name(word: &str) -> bool {
    !matches!(word, "OR" | "AND" | "WITH" | "(" | ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed_with_mit_and_isc(expression: &str) -> bool {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned);
        is_allowed(expression, &BTreeSet::from(allowed))
    }

    #[test]
    fn one_allowed_choice_is_enough() {
        assert!(allowed_with_mit_and_isc("MIT"));
        assert!(allowed_with_mit_and_isc("GPL-3.0 OR MIT"));
        assert!(allowed_with_mit_and_isc("GPL-3.0/MIT"));
        assert!(!allowed_with_mit_and_isc("GPL-3.0 OR MPL-2.0"));
    }

    #[test]
    fn every_part_of_a_conjunction_must_be_allowed() {
        assert!(allowed_with_mit_and_isc("MIT AND ISC"));
        assert!(!allowed_with_mit_and_isc("MIT AND GPL-3.0"));
        assert!(allowed_with_mit_and_isc("(GPL-3.0 OR MIT) AND ISC"));
        assert!(!allowed_with_mit_and_isc("GPL-3.0 OR MIT AND MPL-2.0"));
    }

    #[test]
    fn an_exception_belongs_to_the_name() {
        assert!(allowed_with_mit_and_isc("Apache-2.0 WITH LLVM-exception"));
        assert!(!allowed_with_mit_and_isc("Apache-2.0"));
    }

    #[test]
    fn what_cannot_be_read_is_not_allowed() {
        for broken in [
            "", "MIT OR", "(MIT", "MIT)", "OR MIT", "MIT ISC", "MIT WITH",
        ] {
            assert!(!allowed_with_mit_and_isc(broken), "{broken:?}");
        }
    }
}
