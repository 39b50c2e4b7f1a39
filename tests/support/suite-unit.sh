#!/bin/bash
# The unit tests: one cmocka executable per room.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

check "programs build without warnings" build_main
[ "$checked" = ok ] || exit 0
run_cmocka "$top/build" || true
