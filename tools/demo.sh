#!/bin/sh
# The main job on the example: five organisations find who stands on which of their lists without showing a name,
# and estimate how many no list has seen. Then, because the example is invented, what was found beside the truth.
# usage: tools/demo.sh BUILD OUT
set -eu

if [ $# -ne 2 ]; then
	echo "usage: tools/demo.sh BUILD OUT" >&2
	exit 2
fi
cd "$(dirname "$0")/.."
build=$1
out=$2
example=data/example

# an earlier demo goes; anything else in its place stays
if [ -e "$out" ]; then
	if [ ! -d "$out/parties" ] && [ -n "$(ls -A "$out" 2>/dev/null)" ]; then
		echo "$out holds something other than an earlier demo; name another folder" >&2
		exit 2
	fi
	rm -rf "$out"
fi

echo "== the study: five parties, each in a process and a folder of its own"
set +e
"$build/src/cli/counterfoil" study run \
	--lists $example/police.csv $example/shelter.csv $example/hotline.csv $example/border.csv $example/labour.csv \
	--ignore truth_person --country 999 --strata sex --title 'The example' --out "$out"
status=$?
set -e
# 1: the data cannot say, which is an answer too
[ $status -le 1 ] || exit $status

echo
echo "== the matching, in the clear, against the truth"
"$build/src/cli/counterfoil" study score "$out" --truth truth_person

echo
echo "== the numbers against the truth"
"$build/tools/compare-truth" "$out" $example
cat <<'TEXT'

  An interval holds what chance does, not what a model supposes wrongly: that is why a study shows several models and
  a verdict, never one number. And persons who were not recognised on two lists count twice: the overlap comes out a
  little too small, and the total too large.
TEXT

echo
echo "the report: $(cd "$out" && pwd)/report.html"
