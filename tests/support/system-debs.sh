#!/bin/bash
# The packages of both releases and all architectures.
#   system-debs.sh prepare    the roots that they are built in
#   system-debs.sh build      the packages, into $HANMQTTD_DEBS/RELEASE-ARCHITECTURE/
set -euo pipefail
: "${top:?start it by tests/run}" "${HANMQTTD_CACHE:?}" "${HANMQTTD_DEBS:?}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/files.sh"
. "$top/tests/support/root.sh"
. "$top/tests/support/build-root.sh"

releases=(bookworm trixie)

# The unit tests run in the build for amd64. For the others they are built, and run later on the processors
# that QEMU emulates.
build() { # RELEASE ARCHITECTURE
	local place="$HANMQTTD_DEBS/$1-$2" options=()

	[ "$2" = amd64 ] || options=("-a$2" -Pcross)
	mkdir -p "$place/build/hanmqttd"
	list_tree | tar -C "$top" -c --null --no-recursion -T - | tar -x -C "$place/build/hanmqttd"
	in_build_root "$1" "$place/build" \
		sh -euc 'cd hanmqttd; exec dpkg-buildpackage -us -uc -b "$@"' - "${options[@]}"
}

case $1 in
prepare)
	for release in "${releases[@]}"; do
		make_build_root "$release"
	done
	;;
fill)
	fill_build_root "$2"
	;;
build)
	for release in "${releases[@]}"; do
		for architecture in "${architectures[@]}"; do
			build "$release" "$architecture"
		done
	done
	;;
esac
