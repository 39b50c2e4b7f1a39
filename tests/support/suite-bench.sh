#!/bin/bash
# tests/bench: figures, by hand on a quiet machine. What a figure must be is a test; all of them stand in a table at
# the end. --seconds says how long what takes its time is measured, --frames how many frames memory is watched for.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

check "programs build without warnings" build_main
[ "$checked" = ok ] || exit 0
use_programs "$top/build"

seconds=${HANMQTTD_TEST_SECONDS:-60}
figures="$work/figures"
table="$work/table"
: >"$table"

# measure WHAT COMMAND...: what is measured is for people, right or wrong.
measure() {
	local what=$1
	shift
	measured() {
		"$@" >"$figures"
	}
	: >"$figures"
	check "$what" measured "$@"
	grep -v ' | ' "$figures" | sed 's/^/       /' || true
	grep ' | ' "$figures" | grep -v '^NAME | ' >>"$table" || true
}

bench="$top/tests/bench"
measure "sizes of the programs" bash "$bench/size.sh"
measure "decoding" /usr/bin/python3 "$bench/decode.py"
measure "daemon against a minimal program" /usr/bin/python3 "$bench/versus.py" \
	${HANMQTTD_TEST_FRAMES:+--frames "$HANMQTTD_TEST_FRAMES"}
measure "many meters" /usr/bin/python3 "$bench/meters.py" --seconds "$seconds"
measure "a port that floods, beside others" /usr/bin/python3 "$bench/noise.py" --seconds "$seconds"
measure "wake-ups and delays at 2400 baud" /usr/bin/python3 "$bench/wakeups.py" "$seconds"

# Days of a meter, as in the README.
days() {
	HANMQTTD_TEST_DAYS=60 "$top/build/tests/unit/test-energy" 2>&1 | sed -n 's/^# //p'
}
measure "energy in its hour, over 60 days of each kind" days

# In columns.
echo
awk -F ' [|] ' '
	{ for (i = 1; i <= NF; i++) { cell[NR, i] = $i; if (length($i) > width[i]) width[i] = length($i) } }
	END { for (n = 1; n <= NR; n++) printf "  %-*s | %-*s | %-*s | %s\n",
		width[1], cell[n, 1], width[2], cell[n, 2], width[3], cell[n, 3], cell[n, 4] }' \
	<(echo "figure | here | must | aim") "$table"
