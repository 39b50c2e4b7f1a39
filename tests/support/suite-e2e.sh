#!/bin/bash
# tests/e2e: the real daemon, a pseudo terminal and a real broker.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

check "programs build without warnings" build_main
[ "$checked" = ok ] || exit 0
use_programs "$top/build"
run_pytest e2e e2e || true
