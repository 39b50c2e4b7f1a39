#!/bin/bash
# tests/faults: hourly registers through kills, outages, a full disk, a damaged file, a power cut; and each fault that
# broker, port, meter and host can have, with what came of it: a table at the end.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

check "programs build without warnings" build_main
[ "$checked" = ok ] || exit 0
use_programs "$top/build"
export HANMQTTD_TEST_TABLE="$work/table"
run_pytest faults faults || true
if [ -s "$HANMQTTD_TEST_TABLE" ]; then
	echo
	echo "  fault | lost | seconds until all is right | KiB of memory | the journal"
	sort "$HANMQTTD_TEST_TABLE" | sed 's/^/  /'
fi
