#!/bin/bash
# tests/corpus: recorded and made messages of many meters, through the programs.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

check "programs build without warnings" build_main
[ "$checked" = ok ] || exit 0
use_programs "$top/build"
run_pytest corpus corpus || true
