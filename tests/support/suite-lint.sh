#!/bin/bash
# What tools see in the sources: layout, compilers' warnings, clang-tidy, manual pages; all tests again under
# the address and undefined behaviour sanitizers, and those of the rooms with threads under the thread sanitizer.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/files.sh"
. "$top/tests/support/build.sh"
. "$top/tests/support/report.sh"
cd "$top"

shell_scripts() {
	list_scripts
	list_scripts | xargs shellcheck
}

c_layout() {
	find lib daemon tests -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run -Werror
}

no_trailing_blanks() {
	! list_tree | xargs -0 grep -nIE '[[:blank:]]+$'
}

manual_pages() {
	find daemon conf -name '*.[1-8]' -print0 | xargs -0 mandoc -T lint -W warning
}

# The warnings are those of meson.build.
build_clang() {
	CC=clang build_in "$top/build/build-clang" -Dtests=true -Dbuildtype=debugoptimized -Dwarning_level=2 -Dwerror=true
}

tidy() {
	/usr/bin/python3 "$top/tests/support/tidy.py" "$top/build/build-clang" "$HANMQTTD_CACHE/tidy"
}

build_sanitized() {
	build_in "$top/build/build-asan" -Dtests=true -Dbuildtype=debugoptimized -Dwarning_level=2 \
		-Db_sanitize=address,undefined -Dc_args='-fno-omit-frame-pointer -fno-sanitize-recover=undefined'
}

threaded=(hourly keeper mqtt tcp)

build_threaded() {
	targets=$(printf 'tests/unit/test-%s ' "${threaded[@]}") build_in "$top/build/build-tsan" -Dtests=true \
		-Dbuildtype=debugoptimized -Db_sanitize=thread -Db_lundef=false
}

# The thread sanitizer's map of memory leaves no room for addresses that are random.
no_races() {
	local room

	for room in "${threaded[@]}"; do
		TSAN_OPTIONS=halt_on_error=1 setarch --addr-no-randomize "$top/build/build-tsan/tests/unit/test-$room"
	done
}

no_reports() {
	! cat "$work"/sanitizer.* 2>/dev/null
}

check "shellcheck: scripts" shell_scripts
check "clang-format: layout" c_layout
check "no trailing blanks" no_trailing_blanks
check "mandoc: manual pages" manual_pages
check "gcc: no warnings" build_main
check "clang: no warnings" build_clang
[ "$checked" = FAIL ] || check "clang-tidy" tidy

check "gcc: address and undefined behaviour sanitizers" build_sanitized
if [ "$checked" = ok ]; then
	# A report ends the program with a status of its own, and is kept where no test can lose it.
	export ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:exitcode=99:log_path=$work/sanitizer"
	export UBSAN_OPTIONS="print_stacktrace=1:halt_on_error=1:log_path=$work/sanitizer"
	use_programs "$top/build/build-asan"
	run_cmocka "$top/build/build-asan" sanitized || true
	run_pytest "corpus, sanitized" corpus || true
	run_pytest "e2e, sanitized" e2e || true
	check "the sanitizers had nothing to report" no_reports
fi

check "gcc: thread sanitizer" build_threaded
[ "$checked" != ok ] || check "no races between threads" no_races
