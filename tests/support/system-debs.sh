#!/bin/bash
# The build roots of both releases, and the packages that are built in them.
set -euo pipefail
: "${top:?start it by tests/run}" "${HANMQTTD_CACHE:?}" "${HANMQTTD_DEBS:?}"

case $1 in
prepare | build) ;;
esac
