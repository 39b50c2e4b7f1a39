#!/bin/bash
# tests/fuzz: octets that nobody would send. First every input that ever failed is tried again, then each
# target makes up its own for --seconds, from the valid messages of the encoder and the corpus on.
# HANMQTTD_FUZZ_SANITIZER=memory looks for reads of what was never written, instead of all other errors.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

seconds=${HANMQTTD_TEST_SECONDS:-15}
seed=${HANMQTTD_TEST_SEED:-0}
sanitizer=${HANMQTTD_FUZZ_SANITIZER:-address,undefined}
main="$top/build/build-fuzz"
build=$main
[ "$sanitizer" != memory ] || build="$top/build/build-fuzz-memory"
jobs=$(nproc)
[ "$jobs" -lt 2 ] || jobs=2

# build_for DIRECTORY SANITIZER
build_for() {
	CC=clang targets=fuzzers build_in "$1" -Dtests=false -Dfuzzers=true -Dbuildtype=debugoptimized \
		-Db_lundef=false -Db_sanitize="$2"
}

# The memory sanitizer cannot look into the JSON reader: these come from the other build.
build_all() {
	build_for "$main" address,undefined
	rm -rf "$main/seeds"
	"$main/tests/fuzz/make-seeds" "$main/seeds"
	[ "$build" = "$main" ] || build_for "$build" "$sanitizer"
}

list_targets() {
	find "$build/tests/fuzz" -maxdepth 1 -type f -executable -name 'fuzz-*' -printf '%f\n' | sed 's/^fuzz-//' | sort
}

# fuzz NAME: what it says goes into a log, its exit status into a file, an input that fails into $found.
found="$top/build/found"
fuzz() {
	local program="$build/tests/fuzz/fuzz-$1" rc=0 old=("$top/tests/fuzz/regressions/$1"/*)
	local limits=(-timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=256 -artifact_prefix="$found/$1-")

	mkdir -p "$found" "$build/corpus/$1" "$main/seeds/$1"
	{
		[ ! -e "${old[0]}" ] || "$program" "${limits[@]}" "${old[@]}"
	} >"$work/$1.old" 2>&1 || rc=$?
	[ "$rc" != 0 ] ||
		nice "$program" "${limits[@]}" -max_total_time="$seconds" -max_len=12000 -seed="$seed" \
			-print_final_stats=1 "$build/corpus/$1" "$main/seeds/$1" >"$work/$1.log" 2>&1 || rc=$?
	echo "$rc" >"$work/$1.rc"
}

# told NAME STATISTIC
told() {
	sed -n "s/^stat::$2: *//p" "$work/$1.log" 2>/dev/null | tail -n 1
}

# What failed, and the input: its path, and its octets when they are few.
show_finding() { # NAME
	local input

	cat "$work/$1.old" "$work/$1.log" 2>/dev/null | grep -av '^#' | grep -av '^"' >"$work/$1.said" || true
	show_failure "$work/$1.said"
	for input in "$found/$1"-*; do
		[ "$input" -nt "$work/started" ] || continue
		echo "       input: $input"
		[ "$(stat -c %s "$input")" -gt 500 ] || od -An -v -tx1 "$input" | tr -d ' \n' | sed 's/.*/       hex: &\n/'
	done
}

tell() { # NAME
	local old=("$top/tests/fuzz/regressions/$1"/*) count=0 runs rate

	[ ! -e "${old[0]}" ] || count=${#old[@]}
	if [ "$(cat "$work/$1.rc")" != 0 ]; then
		result FAIL "fuzz-$1" "$seconds"
		tally failed
		show_finding "$1"
		return
	fi
	runs=$(told "$1" number_of_executed_units)
	rate=$(told "$1" average_exec_per_sec)
	result ok "fuzz-$1: ${runs:-0} runs, ${rate:-0} a second; $count old inputs" "$seconds"
	tally passed
}

check "fuzz targets build ($sanitizer)" build_all
[ "$checked" = ok ] || exit 0
# A report has a cause and an end, and what was freed is not kept for long.
export ASAN_OPTIONS="quarantine_size_mb=16:detect_stack_use_after_return=1"
export UBSAN_OPTIONS="print_stacktrace=1"
: >"$work/started"
mapfile -t names < <(list_targets)
for name in "${names[@]}"; do
	while [ "$(jobs -pr | wc -l)" -ge "$jobs" ]; do
		wait -n || true
	done
	fuzz "$name" &
done
wait
for name in "${names[@]}"; do
	tell "$name"
done
