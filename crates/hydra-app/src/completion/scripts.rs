//! What the shells are given: a function that asks the program, and the rule that calls it.
//!
//! Each program has a function of its own, so that several can be installed. Candidates are never evaluated by the
//! shell (as `compgen -W` would): they hold values of the configuration, and a value may be `$(rm -r ~)`.

use super::Shell;

const BASH: &str = r#"@function@() {
    local line=${COMP_LINE:0:COMP_POINT} candidate candidates
    local word=${line##*[[:space:]]} current=${COMP_WORDS[COMP_CWORD]}
    # Bash replaces what stands behind the last of these, not the whole word.
    [[ $current == [:@] ]] && current=
    read -r -a candidates < <(COMP_LINE=$line COMP_POINT=$COMP_POINT "${COMP_WORDS[0]/#\~/$HOME}" -sc query=bash 2> /dev/null)
    COMPREPLY=()
    for candidate in "${candidates[@]}"; do
        [[ $candidate == "$word"* ]] && COMPREPLY+=("${candidate#"${word%"$current"}"}")
    done
}
[[ $(complete -p @program@ 2> /dev/null) == *@function@* ]] || export _HYDRA_OLD_COMP=$(complete -p @program@ 2> /dev/null)
COMP_WORDBREAKS=${COMP_WORDBREAKS//=}
complete -o nospace -o default -F @function@ @program@
"#;

const ZSH: &str = r#"@function@() {
    local line="${(j: :)words[1,CURRENT-1]} $PREFIX"
    local -a candidates
    candidates=(${(f)"$(COMP_LINE=$line COMP_POINT=$#line ${~words[1]} -sc describe=zsh 2> /dev/null)"})
    if (( $#candidates )); then
        _describe -t overrides override candidates -Q -S ''
    else
        _files
    fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
compdef @function@ @program@
"#;

const FISH: &str = r#"function @function@
    set -lx COMP_LINE (commandline -cp)
    set -l words (commandline -cpo)
    eval $words[1] -sc describe=fish 2> /dev/null
end
complete -e -c @program@
complete -c @program@ -x -a '(@function@)'
"#;

/// What sets completion up.
pub(super) fn install(shell: Shell, program: &str) -> String {
    let script = match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    };
    script.replace("@function@", &function(program)).replace("@program@", &quoted(program))
}

/// What takes it away again, and puts the rule back that bash had before, if `old_rule` is one of this program.
pub(super) fn uninstall(shell: Shell, program: &str, old_rule: Option<&str>) -> String {
    let (function, program) = (function(program), quoted(program));
    match shell {
        Shell::Bash => {
            let removed = format!("complete -r {program} 2> /dev/null\nunset -f {function}\n");
            // The variable is one for all programs: the rule in it may be another's.
            match old_rule.filter(|rule| rule.ends_with(&format!(" {program}"))) {
                Some(rule) => format!("{removed}{rule}\nunset _HYDRA_OLD_COMP\n"),
                None => removed,
            }
        }
        Shell::Zsh => format!("compdef -d {program}\nunfunction {function} 2> /dev/null\n"),
        Shell::Fish => format!("complete -e -c {program}\nfunctions -e {function}\n"),
    }
}

/// The line in which fish's and zsh's functions are given a candidate, with what it is.
pub(super) fn candidate(shell: Shell, name: &str, about: Option<&str>) -> String {
    match (shell, about) {
        (Shell::Fish, Some(about)) => format!("{name}\t{about}\n"),
        // `_describe` splits at the first colon without a backslash in front.
        (Shell::Zsh, about) => {
            let name = name.replace('\\', r"\\").replace(':', r"\:");
            about.map_or_else(|| format!("{name}\n"), |about| format!("{name}:{about}\n"))
        }
        (Shell::Bash, _) | (Shell::Fish, None) => format!("{name}\n"),
    }
}

fn function(program: &str) -> String {
    let name =
        program.chars().map(|character| if character.is_ascii_alphanumeric() { character } else { '_' });
    format!("_hydra_complete_{}", name.collect::<String>())
}

/// The name as one word of the shell.
fn quoted(program: &str) -> String {
    let is_plain = |character: char| character.is_ascii_alphanumeric() || "-_.".contains(character);
    if program.chars().all(is_plain) {
        program.to_owned()
    } else {
        format!("'{}'", program.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_before_comes_back_if_it_is_the_programs_own() {
        let uninstalled = |rule| uninstall(Shell::Bash, "app", rule);
        let removed = "complete -r app 2> /dev/null\nunset -f _hydra_complete_app\n";
        assert_eq!(uninstalled(None), removed);
        assert_eq!(uninstalled(Some("complete -W x other")), removed);
        let restored = format!("{removed}complete -W x app\nunset _HYDRA_OLD_COMP\n");
        assert_eq!(uninstalled(Some("complete -W x app")), restored);
    }

    #[test]
    fn each_shell_has_its_way_to_tell_a_candidate_from_what_it_is() {
        let line = |shell| candidate(shell, r"url=http://a\b", Some("a: b"));
        assert_eq!(line(Shell::Fish), "url=http://a\\b\ta: b\n");
        assert_eq!(line(Shell::Zsh), "url=http\\://a\\\\b:a: b\n");
        assert_eq!(line(Shell::Bash), "url=http://a\\b\n");
        assert_eq!(candidate(Shell::Zsh, "a:b", None), "a\\:b\n");
        assert_eq!(candidate(Shell::Fish, "a:b", None), "a:b\n");
    }

    #[test]
    fn odd_names_are_one_word_for_the_shell() {
        let script = install(Shell::Bash, "it's-an app");
        assert!(script.starts_with("_hydra_complete_it_s_an_app() {"), "{script}");
        assert!(script.trim_end().ends_with(r"-F _hydra_complete_it_s_an_app 'it'\''s-an app'"), "{script}");
    }
}
