#!/bin/bash
# The packages of both releases and all architectures.
#   system-debs.sh prepare                    the roots that they are built in
#   system-debs.sh build                      the packages, into $HANMQTTD_DEBS/RELEASE-ARCHITECTURE/
#   system-debs.sh lint RELEASE               lintian of that release on them, and udevadm on the rules
#   system-debs.sh again                      builds those for amd64 again, otherwise: the octets are the same
#   system-debs.sh units RELEASE ARCHITECTURE the unit tests that were built, on an emulated processor
set -euo pipefail
: "${top:?start it by tests/run}" "${HANMQTTD_CACHE:?}" "${HANMQTTD_DEBS:?}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/files.sh"
. "$top/tests/support/root.sh"
. "$top/tests/support/build-root.sh"

releases=(bookworm trixie)

# Where it is built: the tree, what dpkg-buildpackage leaves beside it, and what is needed to test it.
place_of() { # RELEASE NAME
	echo "$HANMQTTD_DEBS/.build/$1-$2"
}

copy_tree() { # DIRECTORY
	mkdir -p "$1"
	list_tree | tar -C "$top" -c --null --no-recursion -T - | tar -x -C "$1"
}

# keep RELEASE NAME: the packages that a user installs. The others stay where lintian finds them all.
keep() {
	mkdir -p "$HANMQTTD_DEBS/$1-$2"
	find "$(place_of "$1" "$2")" -maxdepth 1 -name '*.deb' ! -name '*-dbgsym_*' \
		-exec cp {} "$HANMQTTD_DEBS/$1-$2/" \;
}

# What was compiled before, for another package or another day, is not compiled again.
# shellcheck disable=SC2016 # PATH is of the shell in there
by_ccache='export PATH="/usr/lib/ccache:$PATH"; cd hanmqttd'

# The unit tests run in the build for amd64; for those that are emulated they are built.
build() { # RELEASE ARCHITECTURE
	local place options=()

	place=$(place_of "$1" "$2")
	case $1-$2 in
	*-amd64) ;;
	trixie-arm64 | bookworm-armhf) options=(-a"$2" -Pcross) ;;
	*) options=(-a"$2" "-Pcross,nocheck") ;;
	esac
	copy_tree "$place/hanmqttd"
	# shellcheck disable=SC2016 # as above
	in_build_root "$1" "$place" \
		sh -euc "$by_ccache"'; [ "$1" = amd64 ] || export DEB_BUILD_OPTIONS=nocheck; shift
			exec dpkg-buildpackage -us -uc -b "$@"' - "$2" "${options[@]}"
}

# The same with another version in front of it, whose configuration file has another remark: what an upgrade
# starts from.
build_older() { # RELEASE
	local place

	place=$(place_of "$1" older)
	copy_tree "$place/hanmqttd"
	sed -i '1s/)/~older)/' "$place/hanmqttd/debian/changelog"
	sed -i '1i # The older one.' "$place/hanmqttd/conf/hanmqttd.conf"
	in_build_root "$1" "$place" sh -euc "$by_ccache; exec dpkg-buildpackage -us -uc -b -Pnocheck"
	keep "$1" older
}

build_all() { # RELEASE
	local architecture

	for architecture in "${architectures[@]}"; do
		build "$1" "$architecture"
		keep "$1" "$architecture"
	done
	build_older "$1"
}

lint() { # RELEASE
	local changes

	changes=$(cd "$HANMQTTD_DEBS/.build" && echo "$1"-{amd64,arm64,armhf}/*.changes)
	# shellcheck disable=SC2086 # several
	in_build_root "$1" "$HANMQTTD_DEBS/.build" \
		lintian --allow-root --fail-on error,warning --display-info --tag-display-limit 0 $changes
	# udevadm of Debian 12 cannot.
	[ "$1" = bookworm ] || in_build_root "$1" "$top" sh -c 'udevadm verify --resolve-names=never systemd/*.rules'
}

# In another place, at another time, zone, umask, language, and with other parallel work.
build_again() { # RELEASE
	local place first

	first=$(place_of "$1" amd64)
	place=$(place_of "$1" again)
	copy_tree "$place/another/place/source"
	in_build_root "$1" "$place" sh -euc 'umask 027; cd another/place/source
		export LC_ALL=C LANG=C TZ=Asia/Kathmandu DEB_BUILD_OPTIONS="nocheck parallel=1"
		exec dpkg-buildpackage -us -uc -b'
	cd "$place/another/place"
	sha256sum -- *.deb | tee "$place/sums"
	cd "$first"
	sha256sum -c "$place/sums"
}

units() { # RELEASE ARCHITECTURE
	local place emulator processor

	place=$(place_of "$1" "$2")
	# The processors of a Raspberry Pi 3 and 2. QEMU's own knows signed pointers, and takes ten times as long to
	# calculate the signatures.
	case $2 in
	arm64) emulator=qemu-aarch64-static processor=cortex-a53 ;;
	armhf) emulator=qemu-arm-static processor=cortex-a7 ;;
	esac
	cp "/usr/bin/$emulator" "$place/"
	: >"$place/results"
	# shellcheck disable=SC2016 # as above
	in_build_root "$1" "$place" env HANMQTTD_EMULATOR="/build/$emulator -cpu $processor -L /" \
		sh -euc 'exec python3 hanmqttd/tests/support/cmocka.py hanmqttd/obj-* results "$1" "$2"' - "$1" "$2"
}

# both COMMAND: with each release at once; what it said of one that fails.
both() {
	local release rc=0
	local -A pids

	for release in "${releases[@]}"; do
		("$1" "$release") >"$HANMQTTD_DEBS/$release-$1.log" 2>&1 &
		pids[$release]=$!
	done
	for release in "${releases[@]}"; do
		if ! wait "${pids[$release]}"; then
			cat "$HANMQTTD_DEBS/$release-$1.log"
			rc=1
		fi
	done
	return "$rc"
}

case $1 in
prepare)
	for release in "${releases[@]}"; do
		make_build_root "$release"
		make_root "$(root_tar "$HANMQTTD_CACHE" "$release")" "$release"
	done
	;;
fill)
	fill_build_root "$2"
	;;
build)
	both build_all
	;;
again)
	both build_again
	;;
lint | units)
	"$@"
	;;
esac
