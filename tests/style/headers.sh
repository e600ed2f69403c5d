#!/bin/sh
# Each header compiles alone, under both compilers where there are two.
# usage: headers.sh SOURCE_ROOT BUILD_ROOT
set -u
root=$1
build=$2
n=0
bad=0
cd "$root" || exit 3
for header in $(find src -name '*.h' | sort); do
	for compiler in gcc clang; do
		command -v $compiler >/dev/null 2>&1 || continue
		n=$((n + 1))
		$compiler -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -Wstrict-prototypes -fsyntax-only -x c \
			-I src -I "$build" $(pkg-config --cflags libsodium icu-uc 2>/dev/null) \
			-include "$header" /dev/null || {
			echo "$header does not compile alone with $compiler"
			bad=$((bad + 1))
		}
	done
	grep -q '^#pragma once$' "$header" || {
		echo "$header has no #pragma once"
		bad=$((bad + 1))
	}
done
echo "$n compilations, $bad bad"
[ "$n" -gt 0 ] && [ "$bad" -eq 0 ]
