#!/bin/sh
# usage: tidy.sh CLANG_TIDY SOURCE_ROOT BUILD_ROOT
# Checks every source of the compilation database below src/, tools/ and fuzz/, a process for each core.
set -eu
tidy=$1
root=$2
build=$3
cd "$root"
# flags that only gcc knows would be warnings for clang-tidy
python3 - "$build" "$root" >"$build/tidy-files" <<'PY'
import json, os, sys
build, root = sys.argv[1:3]
seen = set()
with open(os.path.join(build, "compile_commands.json"), encoding="utf-8") as f:
    for entry in json.load(f):
        path = os.path.realpath(os.path.join(entry["directory"], entry["file"]))
        relative = os.path.relpath(path, os.path.realpath(root))
        if relative.startswith(("src/", "tools/", "fuzz/")) and not relative.endswith("_test.c"):
            seen.add(relative)
print("\n".join(sorted(seen)))
PY
[ -s "$build/tidy-files" ]
xargs -a "$build/tidy-files" -P "$(nproc)" -n 2 "$tidy" -p "$build" --quiet \
	--extra-arg=-Wno-unknown-warning-option \
	--extra-arg=-enable-trivial-auto-var-init-zero-knowing-it-will-be-removed-from-clang 2>"$build/tidy-stderr" || {
	grep -v 'warnings generated' "$build/tidy-stderr" | head -n 20
	exit 1
}
echo "$(wc -l <"$build/tidy-files") files"
