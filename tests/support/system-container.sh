#!/bin/bash
# The root of the container that the system suite boots: trixie with systemd and a broker.
#   system-container.sh prepare    makes it, a tar, unless it is there; root only
#   system-container.sh path       says where it is
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/root.sh"
. "$top/tests/support/images.sh"

release=trixie
# The daemon's dependencies are in it: the container has no network to fetch them from.
packages=(
	dbus init systemd systemd-sysv udev
	mosquitto mosquitto-clients
	libcjson1 libgpiod3 libinih1 libmosquitto1 libnettle8t64 libsqlite3-0 libsystemd0 procps
)

tar=$(kept "container-$release" "${packages[*]}" "$(cat "$0" "$top/tests/support/images.sh")").tar

make_it() (
	parts=$(mktemp -d)
	trap 'rm -rf "$parts" "$tar.new"' EXIT
	apt_sources "$release" >"$parts/sources.list"
	apt_settings >"$parts/settings"
	mkdir -p "$HANMQTTD_CACHE"
	# The lists of apt stay in it: apt installs our packages by them.
	mmdebstrap --mode=root --variant=apt --skip=cleanup/apt/lists --format=tar \
		--include="$(IFS=, && echo "${packages[*]}")" --aptopt="$parts/settings" \
		"$release" "$tar.new" "$parts/sources.list"
	keep "$tar.new" "$tar"
)

case ${1:-} in
prepare)
	[ -e "$tar" ] || make_it
	echo "$tar"
	;;
path)
	echo "$tar"
	;;
*)
	die "takes prepare or path"
	;;
esac
