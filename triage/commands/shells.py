"""Completion scripts for bash, zsh and fish, written from the grammar; what only a home knows they ask triage for."""

from collections.abc import Iterator, Sequence

from triage.commands.grammar import Command, CommandOption

DYNAMIC = ("accounts", "changes", "views", "profiles")

BASH = """# triage: completions for bash. source <(triage completions bash)
_triage_words() {{
    local word
    while IFS= read -r word; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("$word")
    done < <("$@")
}}
_triage_ask() {{
    _triage_words "${{COMP_WORDS[0]}}" completions "${{given[@]}}" --words "$1" --begin "$cur" 2>/dev/null
}}
_triage() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} at= i given=()
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "${{COMP_WORDS[i]}}" in
            --home|--profile|--config)
                (( i + 1 < COMP_CWORD )) && given+=("${{COMP_WORDS[i]}}" "${{COMP_WORDS[i+1]}}")
                (( i++ ))
                continue ;;
        esac
        case "$at ${{COMP_WORDS[i]}}" in
            {paths}) at="${{at:+$at }}${{COMP_WORDS[i]}}" ;;
        esac
    done
    case "$at:$prev" in
{values}
    esac
    if [[ $cur == -* ]]; then
        case "$at" in
{options}
        esac
        return
    fi
    case "$at" in
{arguments}
    esac
}}
complete -F _triage triage
"""

ZSH = """#compdef triage
# triage: completions for zsh. source <(triage completions zsh)
_triage_ask() {{
    local -a found
    found=("${{(@f)$("${{words[1]}}" completions "${{given[@]}}" --words "$1" --begin "$cur" 2>/dev/null)}}")
    compadd -a found
}}
_triage() {{
    local cur=${{words[CURRENT]}} prev=${{words[CURRENT-1]}} at= i
    local -a given told
    for ((i = 2; i < CURRENT; i++)); do
        case "${{words[i]}}" in
            --home|--profile|--config)
                (( i + 1 < CURRENT )) && given+=("${{words[i]}}" "${{words[i+1]}}")
                (( i++ ))
                continue ;;
        esac
        case "$at ${{words[i]}}" in
            {paths}) at="${{at:+$at }}${{words[i]}}" ;;
        esac
    done
    case "$at:$prev" in
{values}
    esac
    if [[ $cur == -* ]]; then
        case "$at" in
{options}
        esac
        _describe -o 'option' told
        return
    fi
    case "$at" in
{arguments}
    esac
}}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _triage "$@"
else
    compdef _triage triage
fi
"""

FISH = """# triage: completions for fish. triage completions fish | source
function __triage_at
    set -l at
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
            continue
        end
        switch $word
            case --home --profile --config
                set skip 1
                continue
        end
        switch (string trim "$at $word")
            case {paths}
                set at (string trim "$at $word")
        end
    end
    test "$at" = "$argv[1]"
end
function __triage_ask
    set -l words (commandline -opc)
    set -l given
    for i in (seq 2 (math (count $words) - 1))
        switch $words[$i]
            case --home --profile --config
                set -a given $words[$i] $words[(math $i + 1)]
        end
    end
    $words[1] completions $given --words $argv[1] --begin (commandline -ct) 2>/dev/null
end
complete -c triage -f
{lines}
"""


def script(shell: str, commands: Sequence[Command]) -> str:
    """The script for `bash`, `zsh` or `fish`."""
    if shell == "fish":
        paths = " ".join(f"'{' '.join(one.path)}'" for one in commands if one.path)
        return FISH.format(paths=paths, lines="\n".join(line for one in commands for line in _fish(one)))
    made, pattern = (_bash, BASH) if shell == "bash" else (_zsh, ZSH)
    above = {" ".join(one.path[:-1]) + " " + one.path[-1] for one in commands if one.path}
    return pattern.format(
        paths="|".join(f'"{one}"' for one in sorted(above)),
        values="\n".join(dict.fromkeys(line for one in commands for line in _values(one, shell))),
        options="\n".join(made(one) for one in commands),
        arguments="\n".join(line for one in commands for line in _arguments(one, shell)),
    )


def _values(command: Command, shell: str) -> Iterator[str]:
    """After an option that takes a value: one line of a `case` that offers it and ends."""
    at = " ".join(command.path)
    for option in command.options:
        if option.value:
            pattern = "|".join(f'{"*" if option.everywhere else _quoted(at)}":{flag}"' for flag in option.flags)
            yield f"        {pattern}) {_offer(option, shell)}; return ;;"


def _arguments(command: Command, shell: str) -> Iterator[str]:
    """Where no option stands: the commands below, or what the first argument may be."""
    at = _quoted(" ".join(command.path))
    if command.inner and shell == "zsh":
        yield f"        {at}) told=({' '.join(map(_described, command.inner))}); _describe 'command' told ;;"
    elif command.inner:
        yield f"        {at}) {_compgen([name for name, _ in command.inner])} ;;"
    elif command.arguments:
        first, more = command.arguments[0], command.arguments[1:]
        other = next((one for one in more if one.kind in DYNAMIC), None) if first.choices else None
        both = f"{_offer(first, shell)}; {_offer(other, shell)}" if other else _offer(first, shell)
        yield f"        {at}) {both} ;;"


def _offer(option: CommandOption, shell: str) -> str:
    """The command that offers what an option or argument takes."""
    if option.choices:
        return _compgen(option.choices) if shell == "bash" else f"compadd -- {' '.join(map(_quoted, option.choices))}"
    if option.kind in DYNAMIC:
        return f"_triage_ask {option.kind}"
    if option.kind in ("files", "directories"):
        if shell == "zsh":
            return "_files" if option.kind == "files" else "_files -/"
        return f'compopt -o filenames; COMPREPLY=($(compgen -{option.kind[0]} -- "$cur"))'
    return ":"


def _bash(command: Command) -> str:
    flags = [flag for option in command.options for flag in option.flags]
    return f"            {_quoted(' '.join(command.path))}) {_compgen(flags)} ;;"


def _zsh(command: Command) -> str:
    told = [_described((flag, option.help)) for option in command.options for flag in option.flags]
    return f"            {_quoted(' '.join(command.path))}) told=({' '.join(told)}) ;;"


def _compgen(found: Sequence[str]) -> str:
    """Our own words, which hold nothing that a shell expands."""
    return f'COMPREPLY+=($(compgen -W {_quoted(" ".join(found))} -- "$cur"))'


def _described(told: tuple[str, str]) -> str:
    name, sentence = told
    return _quoted(name.replace(":", "\\:") + ":" + sentence)


def _fish(command: Command) -> Iterator[str]:
    at = " ".join(command.path)
    here = f"complete -c triage -n {_quoted('__triage_at ' + _fish_quoted(at))}"
    for name, sentence in command.inner:
        yield f"{here} -a {_fish_quoted(name)} -d {_fish_quoted(sentence)}"
    for option in command.options:
        flags = " ".join(f"-l {one[2:]}" if one.startswith("--") else f"-s {one[1:]}" for one in option.flags)
        yield f"{here} {flags}{_fish_value(option)} -d {_fish_quoted(option.help)}"
    if not command.inner:
        for argument in command.arguments[:2]:
            value = _fish_value(argument)
            if " -a " in value or value == " -rF":
                yield here + (" -F" if value == " -rF" else value.replace(" -x", "", 1))


def _fish_value(option: CommandOption) -> str:
    if not option.value:
        return ""
    if option.choices:
        return f" -x -a {_fish_quoted(' '.join(option.choices))}"
    if option.kind in DYNAMIC:
        return f" -x -a '(__triage_ask {option.kind})'"
    return " -rF" if option.kind else " -x"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted(text: str) -> str:
    """For bash and zsh: nothing inside single quotes means anything."""
    return "'" + text.replace("'", "'\\''") + "'"
