//! Input that someone made to break the parser.

use super::parser::DEEPEST;
use super::{Directive, Override, parse};
use crate::error::Code;

/// Whatever else calls itself for each level of a value.
fn uses(over: &Override) -> bool {
    let _ = over.expand(&|_| vec!["a".into(), "é".into()]);
    over.value_node().is_ok() && !over.to_string().is_empty() && serde_json::to_string(&over.clone()).is_ok()
}

#[test]
fn nesting_ends_in_an_error_before_the_stack_does() {
    let nested = |open: &str, inner: &str, close: &str, depth| {
        format!("x={}{inner}{}", open.repeat(depth), close.repeat(depth))
    };
    for (open, inner, close) in
        [("[", "", "]"), ("{a:", "1", "}"), ("str(", "1", ")"), ("shuffle(", "a", ")")]
    {
        assert!(parse(&nested(open, inner, close, DEEPEST), 0).is_ok_and(|over| uses(&over)), "{open}");
        for deeper in [DEEPEST + 1, 100_000] {
            let error = parse(&nested(open, inner, close, deeper), 0).expect_err("too deep");
            assert_eq!(error.message(), "nested more than 500 levels deep");
        }
        let open_only = format!("x={}", open.repeat(100_000));
        assert_eq!(parse(&open_only, 0).expect_err("too deep").code(), Code::OverrideSyntax);
    }
}

#[test]
fn long_arguments_take_time_in_proportion() {
    // Each of these takes minutes if anything about it is quadratic.
    let long = |piece: &str| format!("x={}", piece.repeat(100_000));
    for piece in r#"${ ${a 'a\ \ a, a= [ ] a_b ${a:${b}} " f( {a: 1_0 a' é"#.split(' ') {
        let _ = parse(&long(piece), 0);
    }
    let keys: String = (0..50_000).map(|key| format!("{key}:1,")).collect();
    assert!(parse(&format!("x={{{keys}a:1}}"), 0).is_ok());
    let names: String = (0..50_000).map(|name| format!("a{name}=1,")).collect();
    assert!(parse(&format!("x=sort({names}b=1)"), 0).is_err());
    assert!(parse(&format!("x=sort({}1)", "1,2,".repeat(50_000)), 0).is_ok());
    assert!(parse(&format!("{}b=zip({}[1])", "a,".repeat(50_000), "[1],".repeat(50_000)), 0).is_err());
    let many: String = (0..50_000).map(|name| format!("a{name},")).collect();
    assert!(parse(&format!("{many}b=zip({}[1])", "[1],".repeat(50_000)), 0).is_ok());
    for condition in ["a=1,", "a={b:1},", "a=${b},", "a=[", "a=b(", "(", "=", ",", "a='", "~"] {
        let _ = Directive::parse(&format!("exclude({}c=1)", condition.repeat(100_000)), 0);
    }
}

#[test]
fn no_text_makes_it_panic() {
    let words = "= x= ~ + @ / : ( ) [ ] { } , ' \" \\ $ ${ a é 😀 1 0 . e _ - ! inf null true nan 1e999 choice( range( sort( tag( \
                 glob( int( shuffle( extend_list( sweep= a,b= zip( seeds(";
    let pieces: Vec<&str> = words.split(' ').chain([" ", "\t", "\n", "\0"]).collect();
    let mut state = 1_u64;
    for _ in 0..40_000 {
        let mut text = String::new();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
            if let Ok(over) = parse(&text, 0) {
                let _ = (over.to_string(), over.value_node(), serde_json::to_string(&over));
                let _ = over.expand(&|_| vec!["a".into(), "é".into()]);
            }
            for argument in
                [format!("exclude({text}"), format!("repeat({text}"), format!("exclude(a=1,{text})")]
            {
                if let Some(Ok(directive)) = Directive::parse(&argument, 0) {
                    let _ = (directive.to_string(), serde_json::to_string(&directive));
                }
            }
        }
    }
}
