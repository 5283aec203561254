//! The tokens of a table of codes, as far as anything can be made of the bytes: nothing here fails.

/// A token, and the line on which it begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct CMapToken {
    pub what: TokenKind,
    pub line: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    /// A string, in either writing.
    Bytes(Vec<u8>),
    Name(Vec<u8>),
    /// The brackets around a list.
    Open,
    Close,
    /// Operators, numbers and whatever else.
    Word(Vec<u8>),
}

pub(super) fn tokens(table: &[u8]) -> Vec<CMapToken> {
    let mut bytes = Bytes { rest: table, line: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = bytes.token() {
        tokens.push(token);
    }
    tokens
}

struct Bytes<'a> {
    rest: &'a [u8],
    line: usize,
}

impl Bytes<'_> {
    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        // A line feed after a carriage return belongs to it.
        let ends_line = *first == b'\n' || (*first == b'\r' && rest.first() != Some(&b'\n'));
        self.line += usize::from(ends_line);
        Some(*first)
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> Vec<u8> {
        let mut taken = Vec::new();
        while let Some(byte) = self.rest.first().copied().filter(|byte| wanted(*byte)) {
            taken.push(byte);
            self.next();
        }
        taken
    }

    fn token(&mut self) -> Option<CMapToken> {
        loop {
            let line = self.line;
            let what = match self.next()? {
                b'%' => {
                    self.take_while(|byte| !matches!(byte, b'\n' | b'\r'));
                    continue;
                }
                // Dictionaries only name the table.
                b'<' if self.rest.first() == Some(&b'<') => {
                    self.next();
                    continue;
                }
                b'<' => TokenKind::Bytes(self.hexadecimal()),
                b'(' => TokenKind::Bytes(self.literal()),
                b'/' => TokenKind::Name(self.take_while(is_regular)),
                b'[' => TokenKind::Open,
                b']' => TokenKind::Close,
                byte if is_regular(byte) => TokenKind::Word([vec![byte], self.take_while(is_regular)].concat()),
                _ => continue,
            };
            return Some(CMapToken { what, line });
        }
    }

    /// Ends also where the next string begins. An odd digit at the end is followed by a zero.
    fn hexadecimal(&mut self) -> Vec<u8> {
        let inside = self.take_while(|byte| !matches!(byte, b'>' | b'<' | b'[' | b']' | b'/'));
        if self.rest.first() == Some(&b'>') {
            self.next();
        }
        let mut digits = inside.iter().filter_map(|byte| char::from(*byte).to_digit(16));
        let mut bytes = Vec::new();
        while let Some(high) = digits.next() {
            bytes.push((high << 4 | digits.next().unwrap_or(0)) as u8);
        }
        bytes
    }

    /// Only what a table needs: brackets and backslashes stand for themselves behind one.
    fn literal(&mut self) -> Vec<u8> {
        let (mut bytes, mut depth) = (Vec::new(), 0);
        while let Some(byte) = self.next() {
            match byte {
                b'\\' => bytes.extend(self.escaped()),
                b')' if depth == 0 => break,
                b'(' | b')' => {
                    depth = if byte == b'(' { depth + 1 } else { depth - 1 };
                    bytes.push(byte);
                }
                other => bytes.push(other),
            }
        }
        bytes
    }

    fn escaped(&mut self) -> Option<u8> {
        let byte = self.next()?;
        if !matches!(byte, b'0'..=b'7') {
            return Some(byte);
        }
        let mut value = u32::from(byte - b'0');
        for _ in 0..2 {
            if let Some(digit @ b'0'..=b'7') = self.rest.first().copied() {
                value = value << 3 | u32::from(digit - b'0');
                self.next();
            }
        }
        Some(value as u8)
    }
}

fn is_regular(byte: u8) -> bool {
    !byte.is_ascii_whitespace() && byte != 0 && !b"<>()[]{}/%".contains(&byte)
}
