//! The query language: a document becomes operations and fragments.
//!
//! Type definitions, block strings and subscriptions are not read: no client sends them.

use std::collections::BTreeMap;

use serde_json::Value;

/// All that one request holds.
#[derive(Default)]
pub(crate) struct Document {
    pub(crate) operations: Vec<Operation>,
    /// By name, with the type they are on.
    pub(crate) fragments: BTreeMap<String, (String, Vec<Selection>)>,
}

/// A query or a mutation.
pub(crate) struct Operation {
    /// `query` or `mutation`.
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) variables: Vec<Variable>,
    pub(crate) selection: Vec<Selection>,
}

/// What an operation declares before its body.
pub(crate) struct Variable {
    pub(crate) name: String,
    pub(crate) kind: Type,
    pub(crate) default: Option<Literal>,
}

/// `String!`, `[String!]`.
pub(crate) struct Type {
    /// `String`, or of a list the type of its items.
    pub(crate) name: String,
    pub(crate) list: bool,
    pub(crate) required: bool,
}

/// What stands between braces.
pub(crate) enum Selection {
    Field {
        alias: String,
        name: String,
        arguments: Vec<(String, Literal)>,
        when: Vec<When>,
        selection: Vec<Selection>,
    },
    Fragment {
        name: String,
        when: Vec<When>,
    },
    Inline {
        on: String,
        selection: Vec<Selection>,
    },
}

/// `@include(if: …)`, and with `wanted: false` `@skip(if: …)`.
pub(crate) struct When {
    pub(crate) wanted: bool,
    pub(crate) condition: Literal,
}

/// A value in the text of a query.
pub(crate) enum Literal {
    Variable(String),
    Leaf(Value),
    List(Vec<Literal>),
    Object(Vec<(String, Literal)>),
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Mark(char),
    Spread,
    Name(String),
    Leaf(Value),
}

/// Reads a document; the error says what was expected, and before what.
pub(crate) fn parse(text: &str) -> Result<Document, String> {
    let mut tokens = tokens(text)?;
    tokens.reverse();
    let mut parser = Parser { left: tokens };
    let mut document = Document::default();
    while !parser.left.is_empty() {
        let kind =
            if parser.left.last() == Some(&Token::Mark('{')) { "query".to_owned() } else { parser.name()? };
        if kind == "fragment" {
            let name = parser.name()?;
            parser.keyword("on")?;
            let on = parser.name()?;
            let selection = parser.selection()?;
            document.fragments.insert(name, (on, selection));
        } else if kind == "query" || kind == "mutation" {
            let name =
                if let Some(Token::Name(_)) = parser.left.last() { parser.name()? } else { String::new() };
            let variables = parser.variables()?;
            let selection = parser.selection()?;
            document.operations.push(Operation { kind, name, variables, selection });
        } else {
            return Err(format!("`{kind}` begins no operation"));
        }
    }
    Ok(document)
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let mut width = first.len_utf8();
        match first {
            '#' => width = rest.find('\n').unwrap_or(rest.len()),
            '.' if rest.starts_with("...") => {
                width = 3;
                tokens.push(Token::Spread);
            }
            '"' => {
                let mut items = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
                let leaf = items.next().ok_or("a string")?.map_err(|error| error.to_string())?;
                width = items.byte_offset();
                tokens.push(Token::Leaf(leaf));
            }
            _ if first.is_ascii_alphabetic() || first == '_' => {
                width = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                tokens.push(Token::Name(rest[..width].to_owned()));
            }
            _ if first.is_ascii_digit() || first == '-' => {
                width =
                    rest.find(|c: char| !c.is_ascii_digit() && !"-+.eE".contains(c)).unwrap_or(rest.len());
                let number = serde_json::from_str(&rest[..width]).map_err(|error| error.to_string())?;
                tokens.push(Token::Leaf(number));
            }
            _ if first.is_whitespace() || first == ',' || first == '\u{feff}' => {}
            _ if "{}()[]:=!$@".contains(first) => tokens.push(Token::Mark(first)),
            _ => return Err(format!("{first:?} means nothing")),
        }
        rest = &rest[width..];
    }
    Ok(tokens)
}

struct Parser {
    /// The next one last.
    left: Vec<Token>,
}

impl Parser {
    fn next(&mut self) -> Result<Token, String> {
        self.left.pop().ok_or_else(|| "the text ends too early".to_owned())
    }

    /// Takes the mark if it comes next.
    fn has(&mut self, mark: char) -> bool {
        let found = self.left.last() == Some(&Token::Mark(mark));
        if found {
            self.left.pop();
        }
        found
    }

    fn mark(&mut self, mark: char) -> Result<(), String> {
        let token = self.next()?;
        if token == Token::Mark(mark) { Ok(()) } else { Err(format!("expected {mark:?}, found {token:?}")) }
    }

    fn name(&mut self) -> Result<String, String> {
        match self.next()? {
            Token::Name(name) => Ok(name),
            token => Err(format!("expected a name, found {token:?}")),
        }
    }

    fn keyword(&mut self, word: &str) -> Result<(), String> {
        let name = self.name()?;
        if name == word { Ok(()) } else { Err(format!("expected `{word}`, found `{name}`")) }
    }

    fn variables(&mut self) -> Result<Vec<Variable>, String> {
        let mut variables = Vec::new();
        if self.has('(') {
            while !self.has(')') {
                self.mark('$')?;
                let name = self.name()?;
                self.mark(':')?;
                let kind = self.kind()?;
                let default = if self.has('=') { Some(self.literal()?) } else { None };
                variables.push(Variable { name, kind, default });
            }
        }
        Ok(variables)
    }

    fn kind(&mut self) -> Result<Type, String> {
        let list = self.has('[');
        let name = self.name()?;
        if list {
            self.has('!');
            self.mark(']')?;
        }
        Ok(Type { name, list, required: self.has('!') })
    }

    fn selection(&mut self) -> Result<Vec<Selection>, String> {
        self.mark('{')?;
        let mut all = Vec::new();
        while !self.has('}') {
            all.push(if self.left.last() == Some(&Token::Spread) { self.spread()? } else { self.field()? });
        }
        if all.is_empty() { Err("nothing is selected between braces".to_owned()) } else { Ok(all) }
    }

    fn spread(&mut self) -> Result<Selection, String> {
        self.next()?;
        let name = self.name()?;
        if name == "on" {
            Ok(Selection::Inline { on: self.name()?, selection: self.selection()? })
        } else {
            Ok(Selection::Fragment { name, when: self.directives()? })
        }
    }

    fn field(&mut self) -> Result<Selection, String> {
        let alias = self.name()?;
        let name = if self.has(':') { self.name()? } else { alias.clone() };
        let arguments = self.arguments()?;
        let when = self.directives()?;
        let selection =
            if self.left.last() == Some(&Token::Mark('{')) { self.selection()? } else { Vec::new() };
        Ok(Selection::Field { alias, name, arguments, when, selection })
    }

    fn arguments(&mut self) -> Result<Vec<(String, Literal)>, String> {
        let mut arguments = Vec::new();
        if self.has('(') {
            while !self.has(')') {
                let name = self.name()?;
                self.mark(':')?;
                arguments.push((name, self.literal()?));
            }
        }
        Ok(arguments)
    }

    fn directives(&mut self) -> Result<Vec<When>, String> {
        let mut all = Vec::new();
        while self.has('@') {
            let name = self.name()?;
            let arguments = self.arguments()?;
            let condition = arguments.into_iter().find(|(name, _)| name == "if").map(|(_, value)| value);
            match (name.as_str(), condition) {
                ("include", Some(condition)) => all.push(When { wanted: true, condition }),
                ("skip", Some(condition)) => all.push(When { wanted: false, condition }),
                _ => return Err(format!("unknown directive @{name}")),
            }
        }
        Ok(all)
    }

    fn literal(&mut self) -> Result<Literal, String> {
        Ok(match self.next()? {
            Token::Mark('$') => Literal::Variable(self.name()?),
            Token::Mark('[') => {
                let mut items = Vec::new();
                while !self.has(']') {
                    items.push(self.literal()?);
                }
                Literal::List(items)
            }
            Token::Mark('{') => {
                let mut items = Vec::new();
                while !self.has('}') {
                    let name = self.name()?;
                    self.mark(':')?;
                    items.push((name, self.literal()?));
                }
                Literal::Object(items)
            }
            Token::Leaf(leaf) => Literal::Leaf(leaf),
            Token::Name(name) => Literal::Leaf(match name.as_str() {
                "true" => Value::Bool(true),
                "false" => Value::Bool(false),
                "null" => Value::Null,
                _ => Value::String(name),
            }),
            token => return Err(format!("expected a value, found {token:?}")),
        })
    }
}
