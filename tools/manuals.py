#!/usr/bin/env python3
"""Manual pages and bash completion, from the program's own tables of options.

usage: manuals.py PROGRAM OUT_FOLDER
Writes counterfoil.1, counterfoil-VERB.1 for every verb, and counterfoil.bash. The program prints its help in other
forms when COUNTERFOIL_HELP says so; nothing about a verb is written here.
"""
import os
import pathlib
import subprocess
import sys


def ask(program, form, *args):
    done = subprocess.run([program, *args, "--help"], env={**os.environ, "COUNTERFOIL_HELP": form},
                          capture_output=True, text=True, check=True)
    return done.stdout


def verbs(program):
    """Every verb as its words; one with commands of its own also for each of them."""
    found = []
    for verb in ask(program, "words").split():
        inner = ask(program, "words", verb).splitlines()
        if any(line.startswith("--") for line in inner):
            found.append((verb,))
        else:
            found.extend((verb, name.strip()) for name in inner)
    return found


def escape(text):
    return text.replace("\\", "\\e").replace("-", "\\-")


def overview(program, all_verbs):
    text = subprocess.run([program, "--help"], env={k: v for k, v in os.environ.items() if k != "COUNTERFOIL_HELP"},
                          capture_output=True, text=True, check=True).stdout
    summaries = dict(line.strip().split(None, 1) for line in text.splitlines() if line.startswith("  "))
    lines = ['.TH COUNTERFOIL 1 "" Counterfoil "User Commands"', ".SH NAME",
             "counterfoil \\- link, match, count and protect records of human trafficking", ".SH SYNOPSIS",
             ".B counterfoil", "\\fIVERB\\fR [\\fIOPTION\\fR]...", ".SH VERBS"]
    for verb in dict.fromkeys(words[0] for words in all_verbs):
        lines += [".TP", f"\\fB{escape(verb)}\\fR", escape(summaries[verb])]
    names = [f".BR {escape('counterfoil-' + '-'.join(words))} (1)" for words in all_verbs]
    lines += [".SH SEE ALSO", *[name + "," for name in names[:-1]], names[-1], ""]
    return "\n".join(lines)


def completion(program, all_verbs):
    cases = []
    for words in all_verbs:
        options = [line.split() for line in ask(program, "words", *words).splitlines()]
        names = " ".join(option[0] for option in options)
        files = "|".join(option[0] for option in options if len(option) > 1)
        cases.append(f"    '{' '.join(words)}')\n        options='{names}'\n        takes='{files}' ;;")
    inner = {}
    for words in all_verbs:
        if len(words) > 1:
            inner.setdefault(words[0], []).append(words[1])
    groups = "\n".join(f"    {verb}) COMPREPLY=($(compgen -W '{' '.join(names)}' -- \"$word\")); return ;;"
                       for verb, names in inner.items())
    first = " ".join(dict.fromkeys(words[0] for words in all_verbs))
    return f"""# bash completion for counterfoil, made from the program's tables
_counterfoil() {{
    local word="${{COMP_WORDS[COMP_CWORD]}}" before="${{COMP_WORDS[COMP_CWORD-1]}}" verb="${{COMP_WORDS[1]}}" options takes
    if [ "$COMP_CWORD" -eq 1 ]; then
        COMPREPLY=($(compgen -W '{first}' -- "$word"))
        return
    fi
    if [ "$COMP_CWORD" -eq 2 ]; then
        case "$verb" in
{groups}
        esac
    fi
    case "$verb" in
    {'|'.join(inner) or '-'}) verb="$verb ${{COMP_WORDS[2]}}" ;;
    esac
    case "$verb" in
{chr(10).join(cases)}
    esac
    case "|$takes|" in
    *"|$before|"*) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")); return ;;
    esac
    case "$word" in
    -*) COMPREPLY=($(compgen -W "$options --help" -- "$word")) ;;
    *) compopt -o filenames; COMPREPLY=($(compgen -f -- "$word")) ;;
    esac
}}
complete -F _counterfoil counterfoil
"""


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    program, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    all_verbs = verbs(program)
    (folder / "counterfoil.1").write_text(overview(program, all_verbs), encoding="utf-8")
    for words in all_verbs:
        page = ask(program, "man", *words)
        (folder / f"counterfoil-{'-'.join(words)}.1").write_text(page, encoding="utf-8")
    (folder / "counterfoil.bash").write_text(completion(program, all_verbs), encoding="utf-8")


if __name__ == "__main__":
    main()
