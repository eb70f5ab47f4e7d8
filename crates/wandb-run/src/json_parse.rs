//! Reading JSON that has `NaN` in it, which `serde_json` refuses.

use crate::json::Json;

/// Deeper than any configuration; a text cannot make the reader overflow its stack.
const DEPTH: usize = 128;

/// The value of a whole text.
pub(crate) fn parse(text: &str) -> Option<Json> {
    let mut parser = Parser { text, at: 0 };
    let value = parser.value(0)?;
    parser.space();
    (parser.at == text.len()).then_some(value)
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn space(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    fn eat(&mut self, token: &str) -> Option<()> {
        self.space();
        self.rest().starts_with(token).then(|| self.at += token.len())
    }

    fn value(&mut self, depth: usize) -> Option<Json> {
        if depth > DEPTH {
            return None;
        }
        self.space();
        match self.rest().as_bytes().first()? {
            b'{' => self.object(depth),
            b'[' => self.array(depth),
            b'"' => self.string().map(Json::Text),
            _ => self.scalar(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Json> {
        self.eat("{")?;
        let mut entries = Vec::new();
        if self.eat("}").is_some() {
            return Some(Json::Object(entries));
        }
        loop {
            self.space();
            let key = self.string()?;
            self.eat(":")?;
            entries.push((key, self.value(depth + 1)?));
            if self.eat(",").is_none() {
                self.eat("}")?;
                return Some(Json::Object(entries));
            }
        }
    }

    fn array(&mut self, depth: usize) -> Option<Json> {
        self.eat("[")?;
        let mut values = Vec::new();
        if self.eat("]").is_some() {
            return Some(Json::Array(values));
        }
        loop {
            values.push(self.value(depth + 1)?);
            if self.eat(",").is_none() {
                self.eat("]")?;
                return Some(Json::Array(values));
            }
        }
    }

    /// The escapes are left to `serde_json`: surrogate pairs are no place for a second opinion.
    fn string(&mut self) -> Option<String> {
        let rest = self.rest();
        let mut escaped = false;
        let end = rest.bytes().enumerate().skip(1).find_map(|(at, byte)| {
            let closes = byte == b'"' && !escaped;
            escaped = byte == b'\\' && !escaped;
            closes.then_some(at + 1)
        })?;
        let text = serde_json::from_str(&rest[..end]).ok()?;
        self.at += end;
        Some(text)
    }

    fn scalar(&mut self) -> Option<Json> {
        let rest = self.rest();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric() && !matches!(c, '+' | '-' | '.'))
            .unwrap_or(rest.len());
        let token = &rest[..end];
        let value = match token {
            "null" => Json::Null,
            "true" => Json::Bool(true),
            "false" => Json::Bool(false),
            "NaN" => Json::Float(f64::NAN),
            "Infinity" => Json::Float(f64::INFINITY),
            "-Infinity" => Json::Float(f64::NEG_INFINITY),
            _ => serde_json::from_str::<serde_json::Value>(token).ok().filter(|v| v.is_number())?.into(),
        };
        self.at += end;
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in [
            r#"{"a":[1,-2.5,1e-5,NaN,Infinity,-Infinity],"b":{"c":null,"d":"x\"\\y\n"},"é/ü.λ":true}"#,
            "[]",
            "{}",
            "\"\\u0001\"",
            "1e300",
        ] {
            assert_eq!(parse(text).expect(text).to_string(), text);
        }
    }

    #[test]
    fn what_is_not_json_is_not() {
        for text in ["", "{", "[1,]", "{\"a\"}", "nan", "1 2", "\"a", "--1", &"[".repeat(100_000)] {
            assert_eq!(parse(text), None, "{}", &text[..text.len().min(9)]);
        }
    }
}
