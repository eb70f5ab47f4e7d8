//! Mappings of several forms, told apart by a key that is a constant in each: `optimizer.name`.

use super::Object;
use super::partial::{annotations, open, or_unresolved, partial, untagged};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

/// A choice between mappings by a tag.
pub(super) struct Tagged<'s> {
    whole: &'s Object,
    tag: &'s str,
    variants: Vec<&'s Object>,
}

impl<'s> Tagged<'s> {
    /// The schema as such a choice, if it is one.
    pub(super) fn of(schema: &'s Object) -> Option<Self> {
        let forms = schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array()?;
        let variants: Vec<&'s Object> = forms.iter().map(Json::as_object).collect::<Option<_>>()?;
        let first = variants.first().copied()?;
        let in_all = |key: &&String| variants.iter().all(|variant| constant(variant, key).is_some());
        let tag = keys(first)?.keys().find(in_all)?.as_str();
        Some(Self { whole: schema, tag, variants })
    }

    /// The variant that `content` names.
    fn chosen(&self, content: &Json) -> Option<&'s Object> {
        let given = content.get(self.tag)?;
        self.variants.iter().copied().find(|variant| constant(variant, self.tag) == Some(given))
    }

    /// What a file may say: of the variant that it names, only what that has; without a tag, or while that is not resolved,
    /// what any has. `finish` makes the last form what it is to be.
    ///
    /// Conditions, because an editor says of a choice between forms only that none fits.
    pub(super) fn schema(&self, finish: fn(Json) -> Json) -> Json {
        let tag = self.tag;
        // Text and lists fit the keywords of mappings, so the type is asked for as well.
        let tags = |variants: &[&Object]| {
            let tags: Vec<&Json> = variants.iter().filter_map(|variant| constant(variant, tag)).collect();
            json!({"type": "object", "properties": {tag: {"enum": tags}}, "required": [tag]})
        };
        let mut cases: Vec<Json> = Vec::new();
        for &variant in &self.variants {
            cases.push(json!({"if": tags(&[variant]), "then": self.named(variant)}));
        }
        cases.push(json!({"if": tags(&self.variants), "else": finish(self.any())}));
        let mut out = annotations(self.whole);
        out.insert("allOf".into(), cases.into());
        out.into()
    }

    /// A variant whose tag is given.
    fn named(&self, variant: &Object) -> Object {
        let mut out = untagged(variant);
        let tag = keys(variant).and_then(|keys| keys.get(self.tag));
        if let (Some(Json::Object(keys)), Some(tag)) = (out.get_mut("properties"), tag) {
            keys.insert(self.tag.to_owned(), tag.clone());
        }
        out
    }

    /// Every key of every variant.
    fn any(&self) -> Json {
        let mut all: IndexMap<&str, Vec<&Json>> = IndexMap::new();
        for variant in &self.variants {
            for (key, schema) in keys(variant).into_iter().flatten() {
                let schemas = all.entry(key.as_str()).or_default();
                if !schemas.contains(&schema) {
                    schemas.push(schema);
                }
            }
        }
        let mut properties = Object::new();
        for (key, schemas) in all {
            let schema = match schemas.as_slice() {
                _ if key == self.tag => or_unresolved(json!({"anyOf": self.options()})),
                [one] => open(one),
                several => {
                    let forms: Vec<Json> = several.iter().map(|schema| partial(schema)).collect();
                    or_unresolved(json!({"anyOf": forms}))
                }
            };
            properties.insert(key.to_owned(), schema);
        }
        let mut any = json!({"type": "object", "properties": properties});
        let is_closed = |variant: &&Object| variant.get("additionalProperties") == Some(&Json::Bool(false));
        if self.variants.iter().all(is_closed) {
            any["additionalProperties"] = false.into();
        }
        any
    }

    /// The tags, with what each stands for.
    fn options(&self) -> Vec<Json> {
        let option = |variant: &&Object| {
            let mut option = annotations(variant);
            option.insert("const".into(), constant(variant, self.tag)?.clone());
            Some(Json::Object(option))
        };
        self.variants.iter().filter_map(option).collect()
    }
}

/// The schema, with the variants that `content` names in the place of all.
pub(super) fn narrowed(schema: &Json, content: &Json) -> Json {
    let Json::Object(schema) = schema else { return schema.clone() };
    let chosen = Tagged::of(schema).and_then(|tagged| tagged.chosen(content));
    let mut out = chosen.unwrap_or(schema).clone();
    if let Some(Json::Object(keys)) = out.get_mut("properties") {
        for (key, schema) in keys.iter_mut() {
            if let Some(content) = content.get(key) {
                *schema = narrowed(schema, content);
            }
        }
    }
    out.into()
}

fn keys(schema: &Object) -> Option<&Object> {
    schema.get("properties")?.as_object()
}

/// The one value that a mapping's key can have.
fn constant<'s>(variant: &'s Object, key: &str) -> Option<&'s Json> {
    keys(variant)?.get(key)?.get("const")
}
