#!/usr/bin/env python3
"""Text that has no place in the repository, and links between its documents that lead nowhere.

usage: hygiene.py SOURCE_ROOT
"""
import pathlib
import re
import subprocess
import sys

FORBIDDEN = [
    (re.compile(r"(?<![\w.])/(?:home|root|work)/[a-z]", re.I), "a path of somebody's machine"),
    (re.compile(r"\bFIXME\b|\bXXX\b|\bTODO\b"), "a promise instead of a deed"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"\.\./shared\b"), "a path outside the repository"),
]
TEXT = {".c", ".h", ".md", ".py", ".sh", ".build", ".ini", ".css", ".html", ".js", ".mjs", ".txt", ""}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s#]+)(?:#[^)]*)?\)")


def tracked(root):
    out = subprocess.run(["git", "-C", str(root), "ls-files", "-z"], capture_output=True, check=False)
    if out.returncode == 0 and out.stdout:
        return [root / name.decode() for name in out.stdout.split(b"\0") if name]
    return [p for p in root.rglob("*") if p.is_file() and "build" not in p.parts[len(root.parts)]]


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    bad = 0
    files = [p for p in tracked(root) if p.exists() and p.suffix in TEXT and "corpus" not in p.parts]
    for path in files:
        relative = path.relative_to(root).as_posix()
        if relative == "tests/style/hygiene.py" or relative.startswith("data/"):
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            print(f"{relative}: not UTF-8")
            bad += 1
            continue
        for number, line in enumerate(text.splitlines(), 1):
            for pattern, why in FORBIDDEN:
                if pattern.search(line):
                    print(f"{relative}:{number}: {why}")
                    bad += 1
            if path.suffix == ".md":
                for target in LINK.findall(line):
                    if "://" not in target and not target.startswith("mailto:"):
                        if not (path.parent / target).exists():
                            print(f"{relative}:{number}: link to {target}, which is not there")
                            bad += 1
    print(f"{len(files)} files, {bad} faults")
    sys.exit(1 if bad or not files else 0)


main()
