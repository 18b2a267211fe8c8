//! Choices drawn from the input: small numbers first, and what is left as it is.
//!
//! *Invariant*: an input that has run out draws zeros, so that every input is a good one.

/// What is left of an input.
#[derive(Debug, Clone)]
pub struct Draw<'a>(&'a [u8]);

impl<'a> Draw<'a> {
    /// At its beginning.
    #[must_use]
    pub const fn new(data: &'a [u8]) -> Self {
        Self(data)
    }

    /// Whether nothing is left.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One byte.
    pub fn byte(&mut self) -> u8 {
        match self.0.split_first() {
            Some((first, rest)) => {
                self.0 = rest;
                *first
            }
            None => 0,
        }
    }

    /// One of so many, from 0.
    pub fn below(&mut self, many: usize) -> usize {
        usize::from(self.byte()) % many
    }

    /// A number, small more often than not, and sometimes among the greatest.
    pub fn number(&mut self) -> u64 {
        match self.byte() {
            small @ 0..=239 => u64::from(small),
            240..=247 => self.wide(),
            great => u64::MAX - u64::from(u8::MAX - great),
        }
    }

    fn wide(&mut self) -> u64 {
        u64::from_be_bytes(std::array::from_fn(|_| self.byte()))
    }

    /// Up to so many bytes, as many as a first byte says.
    pub fn bytes(&mut self, max: usize) -> &'a [u8] {
        let wanted = usize::from(self.byte()) * max / usize::from(u8::MAX);
        let (taken, rest) = self.0.split_at(wanted.min(self.0.len()));
        self.0 = rest;
        taken
    }

    /// All that is left.
    #[must_use]
    pub const fn rest(self) -> &'a [u8] {
        self.0
    }
}
