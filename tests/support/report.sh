# shellcheck shell=bash
# How a suite tells what it found. Each suite is a process of its own, started by tests/run with
#   top      the source tree
#   work     a directory of its own, removed afterwards
#   results  the file that takes lines "passed N", "failed N", "skipped N"; in the file "failures" beside it
#            stands a line for each that failed
# Sourced by the suites. On the screen: one line per test (or per executable with many), more only
# of what failed.

: "${top:?}" "${work:?}" "${results:?}"
failing_lines=1000

# What runs at an interrupt gets it too; the suite ends after it, not with the next test.
trap 'exit 130' INT TERM HUP

tally() { # passed|failed|skipped
	echo "$1 1" >>"$results"
}

# result WORD NAME SECONDS
result() {
	[ "$1" != FAIL ] || echo "$2" >>"${results%/*}/failures"
	printf '  %-4s %-60s %5d s\n' "$1" "$2" "$3"
}

skip() { # NAME WHAT-IS-MISSING
	printf '  %-4s %s: %s\n' skip "$1" "$2"
	tally skipped
}

show_failure() { # LOG
	local lines

	lines=$(wc -l <"$1")
	if [ "$lines" -gt "$failing_lines" ]; then
		printf '       ... %d lines before these\n' $((lines - failing_lines))
	fi
	tail -n "$failing_lines" "$1" | sed 's/^/       | /'
}

# check NAME COMMAND...: one test. Sets checked to ok or FAIL. The command runs with set -e in force,
# so it is no part of a condition.
checked=
check() {
	local name=$1 log start=$SECONDS rc
	shift
	log=$(mktemp "$work/check.XXXXXX")
	set +e
	(
		set -e
		"$@"
	) >"$log" 2>&1 </dev/null
	rc=$?
	set -e
	if [ "$rc" = 0 ]; then
		checked=ok
		tally passed
	else
		checked=FAIL
		tally failed
	fi
	result $checked "$name" $((SECONDS - start))
	if [ $checked = FAIL ]; then
		[ -s "$log" ] || echo "exit status $rc, without a word" >"$log"
		show_failure "$log"
	fi
	rm -f "$log"
}

# run_pytest NAME SUITE: all tests of tests/SUITE. True when none failed.
run_pytest() {
	/usr/bin/python3 "$top/tests/support/pytest_suite.py" "$1" "$top/tests/$2" "$work" "$results"
}

# run_cmocka BUILD-DIRECTORY [REMARK]: all unit tests that were built there. True when none failed.
run_cmocka() {
	/usr/bin/python3 "$top/tests/support/cmocka.py" "$1" "$results" "${@:2}"
}
