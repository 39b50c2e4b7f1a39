#!/bin/bash
# The example of the library's README, as a stranger would use it: it is short, compiles against the built
# library with what pkg-config says, and prints the values of a frame.
#
#	readme.sh README BUILD-DIRECTORY CC...
set -euo pipefail
export LC_ALL=C

readme=$1 build=$2
shift 2
work=$(mktemp -d "${TMPDIR:-/tmp}/readme.XXXXXX")
trap 'rm -rf "$work"' EXIT

failed=0
# tell NUMBER NAME LOG: passed when the last command succeeded.
tell() {
	if [ "$rc" = 0 ]; then
		echo "ok $1 - $2"
		return
	fi
	echo "not ok $1 - $2"
	sed 's/^/# /' "$3"
	failed=1
}

echo "1..3"

rc=0
awk '/^```/ { on = $0 == "```c"; next } on' "$readme" >"$work/example.c"
wc -l <"$work/example.c" >"$work/log"
awk 'END { exit !(NR > 10 && NR <= 40) }' "$work/example.c" || rc=$?
tell 1 "the example has at most 40 lines" "$work/log"

if nm -D "$build/lib/libhan.so" | grep -Eq ' U __(asan|ubsan|tsan|msan|hwasan|sanitizer|gcov|llvm)_'; then
	for n in 2 3; do
		echo "ok $n # SKIP built with instruments that bring libraries of their own"
	done
	exit "$failed"
fi

rc=0
export PKG_CONFIG_PATH="$build/meson-uninstalled"
read -ra flags < <(pkg-config --cflags --libs libhan)
"$@" -std=c17 -Wall -Wextra -Werror -o "$work/example" "$work/example.c" "${flags[@]}" >"$work/log" 2>&1 || rc=$?
tell 2 "it compiles without a warning" "$work/log"

# A frame of Kaifa's first list, made up: 1234 W.
rc=0
printf '\x7e\xa0\x27\x01\x02\x01\x10\x5a\x87\xe6\xe7\x00\x0f\x40\x00\x00\x00' >"$work/frame"
printf '\x09\x0c\x07\xe8\x01\x17\x02\x11\x3a\x3a\xff\x80\x00\x00' >>"$work/frame"
printf '\x02\x01\x06\x00\x00\x04\xd2\x75\x22\x7e' >>"$work/frame"
# The compiler may be one for another processor, which is emulated.
read -ra emulator <<<"${HANMQTTD_EMULATOR:-}"
LD_LIBRARY_PATH="$build/lib" "${emulator[@]}" "$work/example" <"$work/frame" >"$work/seen" 2>&1 || rc=$?
echo "power_active_import 1234 W" | diff - "$work/seen" >"$work/log" || rc=1
tell 3 "it prints what a frame says" "$work/log"

exit "$failed"
