//! Every path that a piece of code names, with the groups of its `use` written out.

/// `use a::{b, c::d}` names `a::b` and `a::c::d`; a lone word is a path, too, a field or a method is none.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub line: usize,
    pub words: Vec<String>,
}

impl Named {
    pub(super) fn path(&self) -> String {
        self.words.join("::")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    Colons,
    Range,
    Mark(char),
}

pub(super) fn paths(code: &str) -> Vec<Named> {
    let tokens: Vec<(usize, Token<'_>)> = code
        .lines()
        .enumerate()
        .flat_map(|(index, line)| tokens(line).into_iter().map(move |t| (index + 1, t)))
        .collect();
    let mut walk = Walk { tokens: &tokens, at: 0, named: Vec::new() };
    while let Some(token) = walk.peek() {
        let is_member = walk.at > 0 && walk.tokens[walk.at - 1].1 == Token::Mark('.');
        match token {
            Token::Word(_) if !is_member => walk.path(&[]),
            _ => walk.at += 1,
        }
    }
    walk.named
}

fn tokens(line: &str) -> Vec<Token<'_>> {
    let (mut tokens, mut rest) = (Vec::new(), line.trim_start());
    while let Some(first) = rest.chars().next() {
        let word = rest.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(rest.len());
        let (token, taken) = match first {
            _ if word > 0 => (Token::Word(&rest[..word]), word),
            _ if rest.starts_with("::") => (Token::Colons, 2),
            _ if rest.starts_with("..") => (Token::Range, 2),
            other => (Token::Mark(other), other.len_utf8()),
        };
        tokens.push(token);
        rest = rest[taken..].trim_start();
    }
    tokens
}

struct Walk<'a> {
    tokens: &'a [(usize, Token<'a>)],
    at: usize,
    named: Vec<Named>,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).map(|(_, token)| *token)
    }

    /// From a word to the end of its path, behind what a group has in front.
    fn path(&mut self, before: &[&'a str]) {
        let (line, mut words) = (self.tokens[self.at].0, before.to_vec());
        while let Some(Token::Word(word)) = self.peek() {
            words.push(word);
            self.at += 1;
            if self.peek() != Some(Token::Colons) {
                break;
            }
            self.at += 1;
            match self.peek() {
                Some(Token::Mark('{')) => return self.group(&words),
                Some(Token::Mark('*')) => words.push("*"),
                _ => {}
            }
        }
        self.named.push(Named { line, words: words.iter().map(|word| (*word).to_owned()).collect() });
    }

    fn group(&mut self, before: &[&'a str]) {
        while let Some(token) = self.peek() {
            match token {
                Token::Word(_) => self.path(before),
                _ => self.at += 1,
            }
            if token == Token::Mark('}') {
                break;
            }
        }
    }
}

#[test]
fn groups_are_written_out_and_members_are_no_paths() {
    let code = "use a::{b, c::{d, self}, e::*};\nlet f = g.h.i::<j::K>(..l::M);";
    let named: Vec<String> = paths(code).iter().map(Named::path).collect();
    let wanted = ["use", "a::b", "a::c::d", "a::c::self", "a::e::*", "let", "f", "g", "j::K", "l::M"];
    assert_eq!(named, wanted);
    assert_eq!(paths(code).last().map(|named| named.line), Some(2));
}
