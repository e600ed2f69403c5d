#!/bin/sh
# usage: format.sh CLANG_FORMAT SOURCE_ROOT
set -eu
cd "$2"
find src include bindings tests fuzz bench tools -name node_modules -prune -o \( -name '*.c' -o -name '*.h' \) -print0 |
	xargs -0 "$1" --dry-run --Werror
