# A thin front for meson and ninja. Everything builds below build/ and build-sanitize/.

.PHONY: all demo check bench install fuzz format clean

all: build/build.ninja
	ninja -C build

build/build.ninja:
	tools/bootstrap build
	meson setup build --buildtype=debugoptimized -Dtests=false

# the main job on the example: five organisations, some 4,000 rows
demo: all
	tools/demo.sh build demo

# every test: gcc with warnings as errors, clang with the address and undefined behaviour sanitizers, the style
check:
	tools/check

bench: all
	tools/bench build

install: all
	meson install -C build

# each target for FUZZ_SECONDS (60 unless given) with libFuzzer
fuzz:
	tools/fuzz

format:
	git ls-files '*.c' '*.h' | xargs clang-format -i

clean:
	rm -rf build build-check build-sanitize build-fuzz demo
