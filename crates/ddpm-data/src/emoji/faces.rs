//! The table behind `EmojiSubset::Faces`.

/// The round yellow faces, ordered by code point.
///
/// A small model learns what many pictures share: here one disc of one colour, in one place and size, with
/// two eyes and a mouth. So a picture is in the table if, at 72×72, its outline overlaps the disc of U+1F636
/// (the face without features) by at least 89 % of their union, and at least 44 % of that disc has the plain
/// face colour, #FFCC4D. All 4,009 pictures were measured. Two pass without being faces and were taken out:
/// the raised fist U+270A and the yellow circle U+1F7E1.
///
/// What this leaves out, and why:
/// - other colours: the red U+1F621, U+1F92C, U+1F975, the green U+1F922, the blue U+1F976, the pale U+1FAE5
///   and clown U+1F921, the purple U+1F608, U+1F47F, the moons and the sun;
/// - no disc: the robot, cats, monkeys, ghosts, people, hands, melting U+1FAE0, shaking U+1FAE8, the clouds
///   of U+1F636-200D-1F32B-FE0F;
/// - a disc that is smaller or moved to make room: cowboy U+1F920, lying U+1F925, exploding U+1F92F, partying
///   U+1F973, saluting U+1FAE1, hugging U+1F917, head-shaking U+1F642-200D; or covered: screaming U+1F631,
///   peeking U+1FAE3.
#[rustfmt::skip]
pub(super) const FACES: &[&str] = &[
    "2639",              // frowning face
    "263a",              // smiling face
    "1f600",             // grinning face
    "1f601",             // beaming face with smiling eyes
    "1f602",             // face with tears of joy
    "1f603",             // grinning face with big eyes
    "1f604",             // grinning face with smiling eyes
    "1f605",             // grinning face with sweat
    "1f606",             // grinning squinting face
    "1f607",             // smiling face with halo
    "1f609",             // winking face
    "1f60a",             // smiling face with smiling eyes
    "1f60b",             // face savoring food
    "1f60c",             // relieved face
    "1f60d",             // smiling face with heart-eyes
    "1f60e",             // smiling face with sunglasses
    "1f60f",             // smirking face
    "1f610",             // neutral face
    "1f611",             // expressionless face
    "1f612",             // unamused face
    "1f613",             // downcast face with sweat
    "1f614",             // pensive face
    "1f615",             // confused face
    "1f616",             // confounded face
    "1f617",             // kissing face
    "1f618",             // face blowing a kiss
    "1f619",             // kissing face with smiling eyes
    "1f61a",             // kissing face with closed eyes
    "1f61b",             // face with tongue
    "1f61c",             // winking face with tongue
    "1f61d",             // squinting face with tongue
    "1f61e",             // disappointed face
    "1f61f",             // worried face
    "1f620",             // angry face
    "1f622",             // crying face
    "1f623",             // persevering face
    "1f624",             // face with steam from nose
    "1f625",             // sad but relieved face
    "1f626",             // frowning face with open mouth
    "1f627",             // anguished face
    "1f628",             // fearful face
    "1f629",             // weary face
    "1f62a",             // sleepy face
    "1f62b",             // tired face
    "1f62c",             // grimacing face
    "1f62d",             // loudly crying face
    "1f62e",             // face with open mouth
    "1f62e-200d-1f4a8",  // face exhaling
    "1f62f",             // hushed face
    "1f630",             // anxious face with sweat
    "1f632",             // astonished face
    "1f633",             // flushed face
    "1f634",             // sleeping face
    "1f635",             // face with crossed-out eyes
    "1f635-200d-1f4ab",  // face with spiral eyes
    "1f636",             // face without mouth
    "1f637",             // face with medical mask
    "1f641",             // slightly frowning face
    "1f642",             // slightly smiling face
    "1f643",             // upside-down face
    "1f644",             // face with rolling eyes
    "1f910",             // zipper-mouth face
    "1f911",             // money-mouth face
    "1f912",             // face with thermometer
    "1f913",             // nerd face
    "1f914",             // thinking face
    "1f915",             // face with head-bandage
    "1f923",             // rolling on the floor laughing
    "1f924",             // drooling face
    "1f927",             // sneezing face
    "1f928",             // face with raised eyebrow
    "1f929",             // star-struck
    "1f92a",             // zany face
    "1f92b",             // shushing face
    "1f92d",             // face with hand over mouth
    "1f92e",             // face vomiting
    "1f970",             // smiling face with hearts
    "1f971",             // yawning face
    "1f972",             // smiling face with tear
    "1f974",             // woozy face
    "1f978",             // disguised face
    "1f979",             // face holding back tears
    "1f97a",             // pleading face
    "1f9d0",             // face with monocle
    "1fae2",             // face with open eyes and hand over mouth
    "1fae4",             // face with diagonal mouth
    "1fae9",             // face with bags under eyes
    "1faea",             // distorted face
];
