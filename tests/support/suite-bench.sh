#!/bin/bash
# tests/bench: figures, by hand on a quiet machine. --seconds says how long each measurement is.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

check "programs build without warnings" build_main
[ "$checked" = ok ] || exit 0
use_programs "$top/build"

# What is measured is for people, right or wrong.
figures="$work/figures"
measure() {
	/usr/bin/python3 "$top/tests/bench/wakeups.py" "${HANMQTTD_TEST_SECONDS:-60}" >"$figures"
}
check "wake-ups and delays at 2400 baud" measure
sed 's/^/       /' "$figures"
