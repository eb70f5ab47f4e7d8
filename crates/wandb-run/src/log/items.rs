//! Between keys with values and the items of a record.

use super::record::{Item, Timestamp, Typed, Update};
use crate::json::Json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// One item for each entry.
pub(crate) fn of(entries: &[(String, Json)]) -> Vec<Item> {
    entries.iter().map(|(key, value)| Item::new(key, value.to_string())).collect()
}

impl Item {
    /// A value at the top.
    pub(crate) fn new(key: &str, value_json: String) -> Self {
        Self { key: key.to_owned(), value_json, ..Self::default() }
    }

    /// Where the value belongs: one name, or several from the outside in.
    pub(crate) fn path(&self) -> &[String] {
        if self.nested_key.is_empty() { std::slice::from_ref(&self.key) } else { &self.nested_key }
    }

    /// The value's JSON, whichever field it came in.
    pub(crate) fn json(&self) -> String {
        match &self.typed {
            None => self.value_json.clone(),
            Some(Typed::None(_)) => "null".to_owned(),
            Some(Typed::Boolean(value)) => value.to_string(),
            Some(Typed::Integer(value)) => value.to_string(),
            Some(Typed::Number(value)) => Json::Float(*value).to_string(),
            Some(Typed::Text(value)) => Json::Text(value.clone()).to_string(),
            Some(Typed::Json(value)) => value.clone(),
        }
    }
}

impl Update {
    /// One item for each key of an object.
    pub(crate) fn of(entries: &[(String, Json)]) -> Self {
        Self { update: of(entries), remove: Vec::new() }
    }

    /// Applies itself to an object. An item that is not JSON becomes text: it is the server's to refuse.
    pub(crate) fn apply(&self, object: &mut Json) {
        for item in &self.update {
            let text = item.json();
            object.set(item.path(), Json::parse(&text).unwrap_or(Json::Text(text)));
        }
        for item in &self.remove {
            object.unset(item.path());
        }
    }
}

impl Timestamp {
    /// The clock's time.
    pub(crate) fn now() -> Self {
        Self::at(SystemTime::now())
    }

    pub(crate) fn at(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
        Self { seconds: since.as_secs() as i64, nanos: since.subsec_nanos() as i32 }
    }

    /// So many seconds before.
    pub(crate) fn earlier(self, seconds: f64) -> Self {
        let time = (self.seconds() - seconds.max(0.0)).max(0.0);
        Self { seconds: time as i64, nanos: (time.fract() * 1e9) as i32 }
    }

    /// Seconds since 1970.
    pub(crate) fn seconds(&self) -> f64 {
        self.seconds as f64 + f64::from(self.nanos) / 1e9
    }

    /// As `2026-11-23T03:10:11.186390`, in UTC.
    pub(crate) fn iso(&self) -> String {
        match jiff::Timestamp::new(self.seconds, self.nanos) {
            Ok(time) => time.strftime("%Y-%m-%dT%H:%M:%S.%6f").to_string(),
            Err(_) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_values_of_later_clients_are_read() {
        let item = |typed| Item { key: "k".to_owned(), typed: Some(typed), ..Item::default() };
        assert_eq!(item(Typed::Number(f64::NAN)).json(), "NaN");
        assert_eq!(item(Typed::Integer(-3)).json(), "-3");
        assert_eq!(item(Typed::Text("a\"b".to_owned())).json(), r#""a\"b""#);
    }

    #[test]
    fn nested_keys_reach_into_objects() {
        let mut object = Json::Object(Vec::new());
        let mut update = Update::of(&[("a".to_owned(), Json::Object(Vec::new()))]);
        update.update.push(Item {
            nested_key: vec!["a".to_owned(), "b".to_owned()],
            value_json: "1".to_owned(),
            ..Item::default()
        });
        update.apply(&mut object);
        assert_eq!(object.to_string(), r#"{"a":{"b":1}}"#);
        let remove = vec![Item { nested_key: vec!["a".to_owned(), "b".to_owned()], ..Item::default() }];
        Update { update: Vec::new(), remove }.apply(&mut object);
        assert_eq!(object.to_string(), r#"{"a":{}}"#);
    }
}
