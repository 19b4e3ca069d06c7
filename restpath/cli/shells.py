"""
`completion`: the script for a person's own shell, and the answers that it asks for.

Takes the name of a shell; prints its script. The script runs `restpath completion --answer SHELL` with what has been
typed, and gets a line per word: `p` or `w` (a space follows, or not), a tab, the word, a tab, what it is. What bash is
told has the form in which it goes into the line, for bash takes words apart at `=` and `:` and puts back what it is
given as it is; zsh and fish quote by themselves.
Source: bash's manual, "Programmable Completion" (COMP_LINE, COMP_WORDBREAKS); zshcompwid(1); fish's `complete`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import click

from restpath.cli.drawing import plain_text
from restpath.cli.sampling import Sampled

__all__ = ["completion", "find_completions", "split_line"]

_BASH = r"""# Completion of restpath for bash 3.2 and later. Put this line into ~/.bashrc:
#   eval "$(restpath completion bash)"
_restpath_completion() {
    local kind word rest program=restpath
    type -P -- "$1" >/dev/null && program=$1
    COMPREPLY=()
    while IFS=$'\t' read -r kind word rest; do
        [[ $kind == p ]] && word+=' '
        COMPREPLY+=("$word")
    done < <("$program" completion --answer bash -- "${COMP_LINE:0:COMP_POINT}" "$COMP_WORDBREAKS" 2>/dev/null)
}
complete -o nospace -F _restpath_completion restpath
"""

_ZSH = r"""#compdef restpath
# Completion of restpath for zsh. Put this line into ~/.zshrc, below compinit:
#   eval "$(restpath completion zsh)"
_restpath() {
    local line kind word
    local -a fields plain plain_said ways ways_said
    for line in "${(@f)$("${(Q)words[1]}" completion --answer zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null)}"; do
        fields=("${(@ps:\t:)line}")
        kind=$fields[1] word=$fields[2]
        [[ -n $word ]] || continue
        if [[ $kind == p ]]; then
            plain+=("$word") plain_said+=("$word${fields[3]:+  -- $fields[3]}")
        else
            ways+=("$word") ways_said+=("$word${fields[3]:+  -- $fields[3]}")
        fi
    done
    (( $#plain )) && compadd -U -l -V restpath -d plain_said -a plain
    (( $#ways )) && compadd -U -l -V restpath -S '' -d ways_said -a ways
    return 0
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _restpath "$@"
else
    compdef _restpath restpath
fi
"""

_FISH = r"""# Completion of restpath for fish. Put it into ~/.config/fish/completions/restpath.fish:
#   restpath completion fish > ~/.config/fish/completions/restpath.fish
function __restpath_completion
    set -l tokens (commandline -opc)
    $tokens[1] completion --answer fish -- $tokens[2..-1] (commandline -ct | string collect) 2>/dev/null |
        string replace -r '^[pw]\t' ''
end
complete -c restpath -f -a '(__restpath_completion)'
"""

_SCRIPTS = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}


@click.command(cls=Sampled)
@click.argument(
    "words", metavar="bash|zsh|fish", nargs=-1, type=click.UNPROCESSED,
    shell_complete=lambda ctx, param, begun: [name for name in _SCRIPTS if name.startswith(begun)],
)  # fmt: skip
@click.option("--answer", type=click.Choice(tuple(_SCRIPTS)), hidden=True)
@click.pass_context
def completion(ctx: click.Context, words: tuple[str, ...], answer: str | None) -> None:
    """
    Print the completion script of a shell: bash, zsh or fish.

    Services, segments, methods, options, fields and values are completed from the data files. Completion sends nothing.

    \b
    Examples:
      eval "$(restpath completion bash)"     in ~/.bashrc
      eval "$(restpath completion zsh)"      in ~/.zshrc, below compinit
      restpath completion fish > ~/.config/fish/completions/restpath.fish
    """
    if answer is not None:
        _answer(ctx.find_root().command, answer, words)
    elif len(words) == 1 and words[0] in _SCRIPTS:
        click.echo(_SCRIPTS[words[0]], nl=False)
    else:
        raise click.UsageError(f"say which shell: restpath completion {'|'.join(_SCRIPTS)}", ctx)


def _answer(commands: click.Command, shell: str, typed: Sequence[str]) -> None:
    written: Callable[[str], str] = str
    quoted = ""
    if shell == "bash":
        line, breaks = (*typed, "", "")[:2]
        words, quoted = split_line(line)
        words = words[1:] or [""]
        written = _Written(line, breaks, quoted)
    else:
        words = list(typed) or [""]
        words[-1] = split_line(words[-1])[0][-1] if shell == "fish" else words[-1]
    for kind, word, told in find_completions(commands, words):
        text = written(word)
        if all(char.isprintable() for char in text):
            # Within quotes bash closes them by itself, and a space would stand before the end.
            click.echo("\t".join(["w" if quoted else kind, text, plain_text(" ".join(told.split()))]))


def find_completions(commands: click.Command, words: Sequence[str]) -> list[tuple[str, str, str]]:
    """
    Complete the last of the words of a command line.

    Args:
        commands: the command that the line begins with.
        words: the words behind it; the last is the one that is begun.
    Returns:
        for each word that can stand there: `p`, or `w` where more of it follows; the word; what it is.
    """
    from click.shell_completion import ShellComplete

    from restpath.cli.completing import WAY, file_names

    *before, begun = words
    named = _commands(begun) if not before and not begun.startswith("-") else None
    if named is not None:
        return named
    option, sign, _ = begun.partition("=")
    prefix = option + sign if sign and option.startswith("--") else ""
    if before and _takes_value(commands, before):
        # Said in one word: else click would read an option without its value, and nothing of the line behind it.
        begun, prefix = f"{before.pop()}={begun}", ""
    found = ShellComplete(commands, {}, "restpath", "_RESTPATH_COMPLETE").get_completions(before, begun)
    files = [each for item in found if item.type in ("file", "dir") for each in file_names(str(item.value))]
    return [
        ("w" if item.type == WAY else "p", prefix + item.value, item.help or "")
        for item in (*found, *files)
        if item.type in ("plain", WAY)
    ]


def _takes_value(commands: click.Command, before: Sequence[str]) -> bool:
    """Whether the last word is an option whose value is begun."""
    command = commands.commands.get(before[0]) if isinstance(commands, click.Group) else None
    options = [param for param in command.params if isinstance(param, click.Option)] if command is not None else []
    return any(before[-1] in option.opts and not (option.is_flag or option.count) for option in options)


def _commands(begun: str) -> list[tuple[str, str, str]]:
    """The commands from their table: to load each of them for its help would take longer than a person waits."""
    from restpath.cli.commands import COMMANDS

    return [("p", name, entry.group) for name, entry in COMMANDS.items() if name.startswith(begun)]


# ---- bash --------------------------------------------------------------------------------------------------------


def split_line(line: str) -> tuple[list[str], str]:
    """
    Part a line into words as shells do; what is begun and not ended is a word.

    Returns:
        the words, the last of them the one at the cursor, and the quote that is open there, if any.
    """
    words, quoted, there, escaped = [""], "", False, False
    for char in line:
        if escaped:
            words[-1] += char if quoted != '"' or char in '"\\$`' else f"\\{char}"
            escaped = False
        elif char == "\\" and quoted != "'":
            escaped = there = True
        elif quoted:
            quoted, words[-1] = ("", words[-1]) if char == quoted else (quoted, words[-1] + char)
        elif char in "'\"":
            quoted, there = char, True
        elif char in " \t\n":
            if words[-1] or there:
                words.append("")
            there = False
        else:
            words[-1] += char
    return words, quoted


class _Written:
    """
    Writes words as bash puts them into the line.

    Args:
        line: the line up to the cursor.
        breaks: the characters at which bash takes words apart: what stands before the last of them stays as it is.
        quoted: the quote that is open at the cursor, behind which bash replaces all.
    """

    def __init__(self, line: str, breaks: str, quoted: str) -> None:
        self._quoted = quoted
        self._kept = ""
        if quoted:
            return
        raw = re.search(r"(?:[^\s\\'\"]|\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\")*$", line)
        word = raw.group() if raw is not None else ""
        ends = [found.end() for found in re.finditer(r"\\.|'[^']*'|\"(?:[^\"\\]|\\.)*\"|.", word)
                if len(found.group()) == 1 and found.group() in breaks]  # fmt: skip
        self._kept = split_line(word[: ends[-1]])[0][-1] if ends else ""

    def __call__(self, word: str) -> str:
        if not word.startswith(self._kept):
            return word
        rest = word[len(self._kept) :]
        if self._quoted:
            return rest if self._quoted == "'" else re.sub(r"([\"\\$`])", r"\\\1", rest)
        escaped = re.sub(r"([\s\\'\"`$&|;<>()*?\[\]#!])", r"\\\1", rest)
        return f"\\{escaped}" if escaped.startswith("~") and not self._kept and rest[:2] != "~/" else escaped
