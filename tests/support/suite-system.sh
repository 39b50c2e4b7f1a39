#!/bin/bash
# tests/system: the packages of both releases and all architectures, and whole machines that run them.
#
# What takes long is made once and kept in $HANMQTTD_CACHE. Each tests/support/system-NAME.sh makes its part:
#   system-NAME.sh prepare    build roots, kernels, images: whatever does not depend on this tree
#   system-debs.sh build      the packages, into $HANMQTTD_DEBS/RELEASE-ARCHITECTURE/
# All of it runs as root, with the environment that is exported below.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

export HANMQTTD_DEBS="$work/system/debs"

if [ "${1:-}" != inside ]; then
	check "programs build without warnings" build_main
	[ "$checked" = ok ] || exit 0
	use_programs "$top/build"
	mkdir -p "$HANMQTTD_CACHE"
	as_root env top="$top" work="$work" results="$results" HANMQTTD="$HANMQTTD" HANTOOL="$HANTOOL" \
		HANMQTTD_CACHE="$HANMQTTD_CACHE" TMPDIR="${TMPDIR:-/tmp}" bash "$0" inside
	exit 0
fi

# What root made is removed by root.
export place="$work/system"
mkdir -p "$HANMQTTD_DEBS"
trap 'rm -rf --one-file-system "$place"' EXIT

# do_script NAME VERB: keeps what it said, how it ended and how long it took.
do_script() {
	local start=$SECONDS rc=0

	bash "$top/tests/support/system-$1.sh" "$2" >"$place/$1-$2.log" 2>&1 </dev/null || rc=$?
	echo "$((SECONDS - start))" >"$place/$1-$2.seconds"
	echo "$rc" >"$place/$1-$2.rc"
	return "$rc"
}

# done_before NAME VERB: what became of it.
done_before() {
	cat "$place/$1-$2.log"
	return "$(cat "$place/$1-$2.rc")"
}

others() {
	local script name

	for script in "$top"/tests/support/system-*.sh; do
		name=${script##*/system-}
		name=${name%.sh}
		[ "$name" = debs ] || echo "$name"
	done
}

prepare_others() {
	local name

	for name in $(others); do
		do_script "$name" prepare || true
	done
}

debs() {
	bash "$top/tests/support/system-debs.sh" "$@"
}

# run_units RELEASE ARCHITECTURE: into the background.
run_units() {
	local start=$SECONDS

	debs units "$1" "$2" >"$place/units-$1-$2.log" 2>&1 || true
	echo "$((SECONDS - start))" >"$place/units-$1-$2.seconds"
}

# One line for all executables, and more of those that failed or skipped something.
tell_units() { # RELEASE ARCHITECTURE
	local found="$HANMQTTD_DEBS/.build/$1-$2/results" log="$place/units-$1-$2.log" counts word=ok

	counts=$(awk '{ n[$1] += $2 } END { printf "%d passed, %d failed, %d skipped", n["passed"], n["failed"], n["skipped"] }' \
		"$found")
	if [ ! -s "$found" ] || ! grep -qx 'failed 0' "$found"; then
		word=FAIL
	fi
	[ -s "$found" ] || echo "failed 1" >"$found"
	cat "$found" >>"$results"
	result "$word" "unit tests, $1 on $2: $counts" "$(cat "$place/units-$1-$2.seconds")"
	if [ "$word" = FAIL ]; then
		grep -v '^  ok ' "$log" >"$log.short" || true
		show_failure "$log.short"
	else
		grep '^ *skipped' "$log" | sort | uniq -c || true
	fi
}

# Those of the other processors: 64 bits, and 32 bits with a time of 32 bits.
units() {
	run_units trixie arm64 &
	run_units bookworm armhf
	wait $!
	tell_units trixie arm64
	tell_units bookworm armhf
}

# Two at a time: the images of the machines beside the build roots and the packages.
prepare_others &
preparing=$!
do_script debs prepare || true
check "build roots of both releases ($(cat "$place/debs-prepare.seconds") s)" done_before debs prepare
built=$checked
if [ "$built" = ok ]; then
	do_script debs build || true
	check "packages: both releases, amd64, arm64, armhf ($(cat "$place/debs-build.seconds") s)" done_before debs build
	built=$checked
fi

# What else is asked of the packages. The machines wait more than they work: beside them this costs little.
package_checks() {
	local release

	renice -n 10 -p "$BASHPID" >/dev/null
	check "lintian of bookworm has neither errors nor warnings" debs lint bookworm
	check "lintian of trixie has neither errors nor warnings" debs lint trixie
	do_script debs again || true
	check "built again elsewhere, the same octets ($(cat "$place/debs-again.seconds") s)" done_before debs again
	units
	for release in bookworm trixie; do
		bash "$top/tests/support/upgrade-root.sh" "$release"
	done
}

wait "$preparing"
for name in $(others); do
	check "machine parts: $name ($(cat "$place/$name-prepare.seconds") s)" done_before "$name" prepare
done
if [ "$built" = ok ]; then
	package_checks >"$place/package-checks.log" 2>&1 &
	checking=$!
	run_pytest system system || true
	rc=0
	wait "$checking" || rc=$?
	cat "$place/package-checks.log"
	[ "$rc" = 0 ] || exit "$rc"
fi
