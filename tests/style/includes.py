#!/usr/bin/env python3
"""The floors: which room may include which, and which room alone may touch a foreign library.

usage: includes.py SOURCE_ROOT [--self-test]
Prints each breach as FILE:LINE and fails when there is one.
"""
import pathlib
import re
import sys

# room: the rooms it may include, besides itself
FLOORS = {
    "base": set(),
    "model": {"base"},
    "crypto": {"base"},
    "match": {"base", "model", "crypto"},
    "link": {"base", "model", "crypto"},
    "estimate": {"base", "model", "crypto"},
    "release": {"base", "model", "crypto"},
    "intake": {"base", "model", "crypto"},
    "store": {"base", "model", "crypto"},
    "export": {"base", "model"},
    "work": {"base", "model", "crypto", "match", "link", "estimate", "release", "intake", "export", "store"},
    # a face calls work, and base for text and errors; it sees the engines' tables, never their functions
    "cli": {"base", "model", "work", "link", "estimate"},
}

# header pattern: where it may be included
LIBRARIES = {
    r"sodium(/.*)?\.h|sodium\.h": ["src/crypto/"],
    r"nettle/.*": ["src/crypto/"],
    r"sqlite3\.h|libpq-fe\.h": ["src/store/"],
    r"unicode/.*": ["src/base/text"],
    r"ini\.h": ["src/base/ini"],
    r"gsl/.*": ["src/estimate/", "src/release/"],
    r"jansson\.h": ["src/work/link_model", "src/work/clk_schema", "src/crypto/test_support.h"],
    r"zip\.h|expat\.h": ["src/intake/xlsx_package", "src/intake/workbook_support.h"],
    r"xlsxwriter\.h": [],
    r"zlib\.h": ["src/export/zip_file"],
    r"phonenumbers/.*": ["src/intake/phone_library"],
    r"glpk\.h": ["src/estimate/", "src/release/"],
}
# tests may read JSON with jansson and check against libraries their room does not own
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def breaches(path, text):
    """Yields (line number, what is wrong) for one file; path is relative to the root, with '/'."""
    parts = path.split("/")
    room = parts[1] if parts[0] == "src" and len(parts) > 2 else None
    is_test = path.endswith("_test.c")
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        kind, header = found.groups()
        if kind == '"' and room:
            target = header.split("/")[0] if "/" in header else None
            if target is None and header != "config.h":
                yield number, f'"{header}": write the room, "{room}/{header}"'
            elif target in FLOORS and target != room and target not in FLOORS[room]:
                yield number, f"{room} may not include {target}"
            elif target is not None and target not in FLOORS:
                yield number, f'"{header}" is of no room'
        if kind == "<" and room and not is_test:
            for pattern, places in LIBRARIES.items():
                if re.fullmatch(pattern, header) and not any(path.startswith(p) for p in places):
                    yield number, f"<{header}> belongs to {', '.join(places)}"


def self_test():
    """The check must be able to fail."""
    bad = [
        ("src/base/x.c", '#include "match/plan.h"'),
        ("src/match/x.c", '#include "estimate/estimate.h"'),
        ("src/estimate/x.c", '#include "intake/columns.h"'),
        ("src/cli/x.c", '#include "crypto/secret.h"'),
        ("src/match/x.c", "#include <sodium.h>"),
        ("src/match/x.c", "#include <unicode/ustring.h>"),
        ("src/work/x.c", "  #  include <glpk.h>"),
        ("src/match/x.c", '#include "plan.h"'),
        ("src/work/report/x.c", '#include "cli/cli.h"'),
    ]
    good = [
        ("src/work/report/x.c", '#include "estimate/estimate.h"'),
        ("src/crypto/x.c", "#include <sodium.h>"),
        ("src/cli/main.c", '#include "config.h"'),
        ("src/match/x.c", '#include "match/plan.h"\n#include <stdint.h>'),
    ]
    for path, text in bad:
        if not list(breaches(path, text)):
            sys.exit(f"self-test: {path}: {text!r} was let through")
    for path, text in good:
        for _, what in breaches(path, text):
            sys.exit(f"self-test: {path}: {text!r} was refused: {what}")


def main():
    root = pathlib.Path(sys.argv[1])
    self_test()
    n_files = 0
    n_bad = 0
    for path in sorted(root.glob("src/**/*.[ch]")):
        n_files += 1
        relative = path.relative_to(root).as_posix()
        for number, what in breaches(relative, path.read_text(encoding="utf-8")):
            print(f"{relative}:{number}: {what}")
            n_bad += 1
    print(f"{n_files} files, {n_bad} breaches")
    if n_files == 0 or n_bad:
        sys.exit(1)


main()
