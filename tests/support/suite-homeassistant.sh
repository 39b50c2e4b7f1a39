#!/bin/bash
# tests/homeassistant: the daemon, a real broker and a real Home Assistant, of the release that PyPI has today.
#   HANMQTTD_HASS_PICTURES=DIRECTORY   where the pictures of its pages go
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/report.sh"
. "$top/tests/support/build.sh"

root="$top/tests/support/homeassistant-root.sh"
export cache="$HANMQTTD_CACHE"

if [ "${1:-}" != inside ]; then
	check "programs build without warnings" build_main
	[ "$checked" = ok ] || exit 0
	use_programs "$top/build"
	# sudo drops them: pip and its relatives, and what the tests take.
	mapfile -t kept < <(env | grep -E '^(PIP_|UV_|HANMQTTD_|SSL_CERT_|REQUESTS_CA_)' || true)
	as_root env "${kept[@]}" top="$top" work="$work" results="$results" cache="$cache" \
		HANMQTTD="$HANMQTTD" HANTOOL="$HANTOOL" TMPDIR="${TMPDIR:-/tmp}" bash "$0" inside
	exit 0
fi

mkdir -p "$cache"
# Not by check: where PyPI is out of reach, this is no failure.
start=$SECONDS
rc=0
bash "$root" prepare >"$work/prepare.log" 2>&1 || rc=$?
case $rc in
0)
	result ok "a root with Home Assistant $(cat "$cache"/homeassistant-*/srv/made)" $((SECONDS - start))
	;;
3)
	skip homeassistant "$(tail -n 1 "$work/prepare.log")"
	exit 0
	;;
*)
	result FAIL "a root with Home Assistant" $((SECONDS - start))
	show_failure "$work/prepare.log"
	tally failed
	exit 0
	;;
esac
tally passed
export HANMQTTD_HASS_PICTURES="${HANMQTTD_HASS_PICTURES:-$cache/homeassistant-pictures}"
bash "$root" run env top="$top" work="$work" results="$results" bash -c \
	'. "$top/tests/support/report.sh" && run_pytest homeassistant homeassistant' || true
printf '       pictures of its pages: %s\n' "$HANMQTTD_HASS_PICTURES"
