# shellcheck shell=bash
# Roots in which the packages are built, one per release: everything that debian/control asks for, for
# amd64, arm64 and armhf. Each is a directory that is kept in $HANMQTTD_CACHE for a week and only read: what
# a build writes goes elsewhere; so does what ccache keeps, for builds that put /usr/lib/ccache in front of their
# PATH. Sourced after root.sh; needs root.

: "${top:?}" "${HANMQTTD_CACHE:?}"

architectures=(amd64 arm64 armhf)
build_tools=(autopkgtest build-essential ccache crossbuild-essential-arm64 crossbuild-essential-armhf lintian udev)

join() {
	local IFS=,

	echo "$*"
}

# build_sources RELEASE [NAME]: the release as it is, without its updates. What is built with that can be
# installed on any state of it; and the same version of each library is there for all architectures, which
# they need side by side. NAME is what the archive shall be asked for instead: what it calls the release.
build_sources() {
	apt_sources "$1" | awk -v release="$1" -v name="${2:-$1}" '$(NF - 1) == release { $(NF - 1) = name; print }'
}

other_name() { # RELEASE
	case $1 in
	bookworm) echo oldstable ;;
	trixie) echo stable ;;
	esac
}

# What a root is made from, apart from what changes in Debian's archives.
build_root_key() { # RELEASE
	{
		build_sources "$1"
		awk '/^[^ \t#]/ { on = /^(Source|Build-Depends.*|Architecture):/ } on' "$top/debian/control"
		cat "$top/tests/support/build-root.sh"
	} | sha256sum | cut -c 1-12
}

build_root() { # RELEASE
	echo "$HANMQTTD_CACHE/build-$1-$(build_root_key "$1")"
}

# make_build_root RELEASE: unless there is one. Those of this release that were made from something else
# are removed.
make_build_root() (
	release=$1
	root=$(build_root "$release")
	exec 9>"$HANMQTTD_CACHE/build-$release.lock"
	flock 9
	if [ -n "$(find "$root" -maxdepth 1 -name made -mtime -7 2>/dev/null)" ]; then
		echo "kept from before: $root"
		return 0
	fi
	rm -rf --one-file-system "$HANMQTTD_CACHE/build-$release"-*
	trap 'rm -rf --one-file-system "$root.new"' EXIT
	export top HANMQTTD_CACHE
	# A mirror may have the indices of one architecture from yesterday; under its other name a release may be
	# of one piece there.
	bootstrap_build_root "$release" "$release" "$root.new" ||
		bootstrap_build_root "$release" "$(other_name "$release")" "$root.new"
	touch "$root.new/made"
	mv "$root.new" "$root"
)

bootstrap_build_root() { # RELEASE NAME DIRECTORY
	rm -rf --one-file-system "$3"
	# shellcheck disable=SC2016 # $1 is mmdebstrap's
	build_sources "$1" "$2" | bootstrap "$1" "$3" --variant=apt --format=directory \
		--architectures="$(join "${architectures[@]}")" --include="$(join "${build_tools[@]}")" \
		--customize-hook='bash "$top/tests/support/system-debs.sh" fill "$1"' &&
		grep -qx "VERSION_CODENAME=$1" "$3/etc/os-release"
}

# fill_build_root ROOT: with what debian/control asks for, as a builder of each architecture would.
fill_build_root() {
	local architecture

	mkdir -p "$1/build" "$1/ccache" "$1/wanted/debian"
	cp "$top/debian/control" "$1/wanted/debian/"
	for architecture in "${architectures[@]}"; do
		chroot "$1" apt-get build-dep -y --no-install-recommends -a "$architecture" -P cross /wanted
	done
}

# in_build_root RELEASE DIRECTORY COMMAND...: with DIRECTORY, which may be written, as /build.
in_build_root() {
	local root

	root=$(build_root "$1")
	export -f enter_build_root let_go
	own_mounts bash -euc 'enter_build_root "$@"' "$0" "$root" "${@:2}"
}

enter_build_root() { # ROOT DIRECTORY COMMAND...
	local root=$1 directory=$2 ccache rc=0 name
	shift 2

	ccache=$(dirname "$root")/ccache-roots
	mkdir -p "$ccache"

	mount --bind "$root" "$root"
	mount -o remount,bind,ro "$root"
	for name in tmp run var/tmp; do
		mount -t tmpfs tmpfs "$root/$name"
	done
	for name in proc sys dev dev/pts; do
		mount --bind "/$name" "$root/$name"
	done
	mount --bind "$directory" "$root/build"
	mount --bind "$ccache" "$root/ccache"
	chroot "$root" /usr/bin/env -i --chdir=/build PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/tmp LC_ALL=C.UTF-8 \
		CCACHE_DIR=/ccache CCACHE_MAXSIZE=1G "$@" || rc=$?
	let_go "$(dirname "$root")"
	return "$rc"
}
