//! The types of the API, as far as the stock client reads them.

use serde_json::json;

use super::super::artifacts;
use super::super::state::{NOW, Refusal, RunKey, State, USER, refuse};
use super::super::sweeps;
use super::execute::{Args, Node};
use super::{mutations, run};

/// What the fields of a selection are asked of.
#[derive(Clone)]
pub(crate) enum Object {
    Query,
    Mutation,
    /// A type that has just these fields, none with arguments.
    Plain(&'static str, Vec<(&'static str, Node)>),
    /// Entity and name.
    Project(String, String),
    Run(RunKey),
    Artifact(String),
    /// Entity, project, name of the collection.
    Collection(String, String, String),
    /// Its name.
    Sweep(String),
    /// An artifact as a member of its collection.
    Membership(String),
}

impl Object {
    /// The name of its type.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Query => "Query",
            Self::Mutation => "Mutation",
            Self::Plain(kind, _) => kind,
            Self::Project(..) => "Project",
            Self::Run(_) => "Run",
            Self::Artifact(_) => "Artifact",
            Self::Collection(..) => "ArtifactSequence",
            Self::Sweep(_) => "Sweep",
            Self::Membership(_) => "ArtifactCollectionMembership",
        }
    }

    /// Whether a fragment on this type applies to it.
    pub(crate) fn is(&self, kind: &str) -> bool {
        let kind = if kind == "ArtifactCollection" { "ArtifactSequence" } else { kind };
        // The API calls the payload's types and pages by many names; their fields decide.
        self.kind() == kind || matches!(self, Self::Plain(..)) && !["Run", "User"].contains(&kind)
    }

    /// A page that holds everything.
    pub(crate) fn connection(kind: &'static str, nodes: Vec<Object>) -> Self {
        let total = nodes.len();
        let edge = |node| {
            let fields =
                vec![("node", Node::Object(node)), ("cursor", Node::of("end")), ("version", Node::null())];
            Node::Object(Self::Plain("Edge", fields))
        };
        let page = vec![("endCursor", Node::of("end")), ("hasNextPage", Node::of(false))];
        Self::Plain(
            kind,
            vec![
                ("edges", Node::List(nodes.into_iter().map(edge).collect())),
                ("pageInfo", Node::Object(Self::Plain("PageInfo", page))),
                ("totalCount", Node::of(total)),
            ],
        )
    }
}

/// The value of a field, or `None` where the type has none of that name.
pub(crate) fn resolve(
    state: &mut State,
    object: &Object,
    field: &str,
    args: &mut Args,
) -> Result<Option<Node>, Refusal> {
    match object {
        Object::Query => query(state, field, args),
        Object::Mutation => mutations::resolve(state, field, args),
        Object::Plain(_, fields) => {
            // A file's URL is the same for both directions.
            args.take("upload");
            Ok(fields.iter().find(|(name, _)| *name == field).map(|(_, node)| node.clone()))
        }
        Object::Project(entity, name) => project(state, entity, name, field, args),
        Object::Run(key) => run::resolve(state, key, field, args),
        Object::Artifact(id) => artifact(state, id, field, args),
        Object::Collection(..) => collection(state, object, field, args),
        Object::Sweep(name) => sweeps::resolve(state, name, field),
        Object::Membership(id) => membership(state, id, field, args),
    }
}

fn entity(name: &str) -> Node {
    let fields = vec![
        ("id", Node::of(format!("entity-{name}"))),
        ("name", Node::of(name)),
        // Contents are named by MD5.
        ("xxhashDigestsEnabled", Node::of(false)),
        ("organization", Node::null()),
    ];
    Node::Object(Object::Plain("Entity", fields))
}

pub(crate) fn user() -> Node {
    let teams = Object::connection("EntityConnection", Vec::new());
    let fields = vec![
        ("id", Node::of("user-1")),
        ("entity", Node::of(USER)),
        ("username", Node::of(USER)),
        ("name", Node::of(USER)),
        ("email", Node::of("tester@example.org")),
        ("flags", Node::of("{}")),
        ("admin", Node::of(false)),
        ("deletedAt", Node::null()),
        ("teams", Node::Object(teams)),
    ];
    Node::Object(Object::Plain("User", fields))
}

fn query(state: &mut State, field: &str, args: &mut Args) -> Result<Option<Node>, Refusal> {
    Ok(Some(match field {
        "viewer" => user(),
        "serverInfo" => {
            // None: with a feature off, the client does what every server understands.
            let fields = vec![("features", Node::List(Vec::new()))];
            Node::Object(Object::Plain("ServerInfo", fields))
        }
        "entity" => entity(&args.need("name")?),
        "project" | "model" => {
            let (entity, name) = (args.text("entityName")?, args.need("name")?);
            let entity = entity.filter(|entity| !entity.is_empty()).unwrap_or_else(|| USER.to_owned());
            let there = state.runs.keys().any(|key| key.entity == entity && key.project == name)
                || state.sweeps.iter().any(|sweep| sweep.entity == entity && sweep.project == name);
            if there { Node::Object(Object::Project(entity, name)) } else { Node::null() }
        }
        "artifact" => {
            let id = args.need("id")?;
            let there = state.artifacts.contains_key(&id);
            if there { Node::Object(Object::Artifact(id)) } else { Node::null() }
        }
        "clientIDMapping" => {
            let id = args.need("clientID")?;
            let found =
                state.artifacts.iter().find(|(_, artifact)| artifact.client_id.as_deref() == Some(&id));
            let fields = |id: &String| vec![("serverID", Node::of(id.as_str()))];
            found.map_or(Node::null(), |(id, _)| Node::Object(Object::Plain("ClientIDMapping", fields(id))))
        }
        _ => return Ok(None),
    }))
}

fn project(
    state: &mut State,
    owner: &str,
    name: &str,
    field: &str,
    args: &mut Args,
) -> Result<Option<Node>, Refusal> {
    Ok(Some(match field {
        "id" => Node::of(format!("project-{owner}-{name}")),
        "internalId" => Node::of("1"),
        "name" => Node::of(name),
        "entityName" => Node::of(owner),
        "entity" => entity(owner),
        "readOnly" | "isReadOnly" => Node::of(false),
        "run" | "bucket" => {
            args.take("missingOk");
            let key = RunKey::new(owner, name, &args.need("name")?);
            match state.runs.get_mut(&key) {
                Some(run) => {
                    // `bucket` is what a client asks that wants to resume.
                    run.asked |= field == "bucket";
                    Node::Object(Object::Run(key))
                }
                None => Node::null(),
            }
        }
        "sweep" => {
            let sweep = args.need("sweepName")?;
            let there = state.sweeps.iter().any(|known| known.name == sweep && known.project == name);
            if there { Node::Object(Object::Sweep(sweep)) } else { Node::null() }
        }
        "artifactType" => {
            let kind = args.need("name")?;
            let fields = vec![
                ("id", Node::of(format!("type-{kind}"))),
                ("name", Node::of(kind)),
                ("description", Node::null()),
                ("createdAt", Node::of(NOW)),
            ];
            Node::Object(Object::Plain("ArtifactType", fields))
        }
        "artifactCollection" => {
            let collection = args.need("name")?;
            let found = find(state, owner, name, &format!("{collection}:latest"));
            found.map_or(Node::null(), |_| {
                Node::Object(Object::Collection(owner.to_owned(), name.to_owned(), collection))
            })
        }
        "artifactCollectionMembership" => {
            let found = find(state, owner, name, &args.need("name")?);
            found.map_or(Node::null(), |id| Node::Object(Object::Membership(id)))
        }
        "artifact" => {
            let found = find(state, owner, name, &args.need("name")?);
            found.map_or(Node::null(), |id| Node::Object(Object::Artifact(id)))
        }
        _ => return Ok(None),
    }))
}

/// The committed artifact that `name:alias` or `name:v0` means.
fn find(state: &State, entity: &str, project: &str, name: &str) -> Option<String> {
    let (name, alias) = name.split_once(':').unwrap_or((name, "latest"));
    let fits = |artifact: &artifacts::Artifact| {
        let version = artifact.version.map(|version| format!("v{version}"));
        artifact.committed
            && (artifact.entity.as_str(), artifact.project.as_str(), artifact.name.as_str())
                == (entity, project, name)
            && (version.as_deref() == Some(alias) || artifact.aliases.iter().any(|have| have == alias))
    };
    state.artifacts.iter().find(|(_, artifact)| fits(artifact)).map(|(id, _)| id.clone())
}

fn aliases(state: &State, id: &str) -> Node {
    let Some(artifact) = state.artifacts.get(id) else { return Node::null() };
    let collection =
        Object::Collection(artifact.entity.clone(), artifact.project.clone(), artifact.name.clone());
    let alias = |alias: &String| {
        let fields = vec![
            ("id", Node::of(format!("alias-{alias}"))),
            ("alias", Node::of(alias.as_str())),
            ("artifactCollection", Node::Object(collection.clone())),
        ];
        Node::Object(Object::Plain("ArtifactAlias", fields))
    };
    Node::List(artifact.aliases.iter().map(alias).collect())
}

fn artifact(state: &State, id: &str, field: &str, args: &mut Args) -> Result<Option<Node>, Refusal> {
    let artifact = state
        .artifacts
        .get(id)
        .ok_or_else(|| refuse("unknown-artifact", format!("there is no artifact {id:?}")))?;
    let sizes = artifact.files.values().filter_map(|file| file.bytes.as_ref()).map(Vec::len);
    Ok(Some(match field {
        "id" => Node::of(id),
        "state" => Node::of(if artifact.committed { "COMMITTED" } else { "PENDING" }),
        "digest" => Node::of(artifact.digest.as_str()),
        "digestAlgorithm" => Node::of("MANIFEST_MD5"),
        "description" => Node::of(artifact.description.clone()),
        "metadata" => Node::of(artifact.metadata.clone()),
        "versionIndex" => Node::of(artifact.version),
        "historyStep" => Node::of(artifact.history_step),
        "size" => Node::of(sizes.sum::<usize>()),
        "fileCount" => Node::of(artifact.files.len()),
        "createdAt" | "updatedAt" => Node::of(NOW),
        "commitHash" => Node::null(),
        "ttlDurationSeconds" => Node::of(-1),
        "ttlIsInherited" => Node::of(false),
        "tags" => Node::List(Vec::new()),
        "aliases" => aliases(state, id),
        "artifactType" => {
            let fields = vec![("id", Node::of("type")), ("name", Node::of(artifact.kind.as_str()))];
            Node::Object(Object::Plain("ArtifactType", fields))
        }
        "artifactSequence" => Node::Object(Object::Collection(
            artifact.entity.clone(),
            artifact.project.clone(),
            artifact.name.clone(),
        )),
        "currentManifest" => {
            let manifest = artifact.manifest.as_deref().unwrap_or_default();
            let file = Node::Object(artifacts::file(state, id, ""));
            let fields = vec![("id", Node::of(manifest)), ("file", file)];
            Node::Object(Object::Plain("ArtifactManifest", fields))
        }
        "createdBy" => artifact.run.clone().map_or(Node::null(), |key| Node::Object(Object::Run(key))),
        "files" => files(state, id, args)?,
        "filesByManifestEntries" => {
            for known in ["storageLayout", "manifestVersion", "storageRegion"] {
                args.take(known);
            }
            let mut found = Vec::new();
            for entry in args.list("entries")?.unwrap_or_default() {
                found.push(artifacts::file(state, id, entry["name"].as_str().unwrap_or_default()));
            }
            Node::Object(Object::connection("FileConnection", found))
        }
        _ => return Ok(None),
    }))
}

fn files(state: &State, id: &str, args: &mut Args) -> Result<Node, Refusal> {
    let names = args.texts("names")?.unwrap_or_default();
    args.take("first");
    args.take("after");
    let all = state.artifacts.get(id).into_iter().flat_map(|artifact| artifact.files.keys());
    let wanted = all.filter(|name| names.is_empty() || names.contains(name));
    let files = wanted.map(|name| artifacts::file(state, id, name)).collect();
    Ok(Node::Object(Object::connection("FileConnection", files)))
}

fn collection(state: &State, object: &Object, field: &str, args: &mut Args) -> Result<Option<Node>, Refusal> {
    let Object::Collection(entity, project, name) = object else { return Ok(None) };
    Ok(Some(match field {
        "id" => Node::of(format!("collection-{entity}-{project}-{name}")),
        "name" => Node::of(name.as_str()),
        "description" => Node::null(),
        "createdAt" | "updatedAt" => Node::of(NOW),
        "project" => Node::Object(Object::Project(entity.clone(), project.clone())),
        "latestArtifact" => {
            find(state, entity, project, name).map_or(Node::null(), |id| Node::Object(Object::Artifact(id)))
        }
        "artifactMembership" => {
            let alias = args.need("aliasName")?;
            find(state, entity, project, &format!("{name}:{alias}"))
                .map_or(Node::null(), |id| Node::Object(Object::Membership(id)))
        }
        _ => return Ok(None),
    }))
}

fn membership(state: &State, id: &str, field: &str, args: &mut Args) -> Result<Option<Node>, Refusal> {
    match field {
        "id" => Ok(Some(Node::of(json!(format!("membership-{id}"))))),
        "versionIndex" | "createdAt" | "aliases" => artifact(state, id, field, args),
        "artifactCollection" => artifact(state, id, "artifactSequence", args),
        "artifact" => Ok(Some(Node::Object(Object::Artifact(id.to_owned())))),
        "files" => files(state, id, args).map(Some),
        _ => Ok(None),
    }
}
