#!/bin/bash
# What becomes of a machine's files when the packages come, go, and are replaced by newer ones:
#   upgrade-root.sh RELEASE    in a clean root of that release, with the packages of $HANMQTTD_DEBS
# The mounts are in a mount namespace of their own and gone with its last process.
set -euo pipefail
: "${top:?start it by tests/run}" "${HANMQTTD_CACHE:?}" "${HANMQTTD_DEBS:?}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/root.sh"
. "$top/tests/support/report.sh"

release=$1
tar=$(root_tar "$HANMQTTD_CACHE" "$release")
if [ "${2:-}" != inside ]; then
	# Not below /tmp, which the root shares.
	place=$(mktemp -d /var/tmp/hanmqttd-root.XXXXXX)
	export place
	trap 'remove_root "$place"' EXIT
	own_mounts bash "$0" "$release" inside
	exit 0
fi

: "${place:?}"
root="$place/root"
ours=(hanmqttd hantool libhan-dev libhan0)
conf=/etc/hanmqttd/hanmqttd.conf
export DEBIAN_FRONTEND=noninteractive

run() {
	chroot "$root" "$@"
}

# Everything but what apt, dpkg and logs keep, and what is shared.
list_files() {
	(cd "$root" && find . \( -path ./proc -o -path ./run -o -path ./sys -o -path ./dev -o -path ./tmp \
		-o -path ./var/cache -o -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./var/log \) -prune \
		-o -print | sort)
}

# Ours from a directory of the root, and what they ask for.
apt_install() { # DIRECTORY OPTION...
	mapfile -t debs < <(cd "$root" && printf '/%s\n' "${1#/}"/*.deb)
	run apt-get install -y --no-install-recommends --allow-downgrades "${@:2}" "${debs[@]}"
}

unpack() {
	unpack_root "$tar" "$root"
	mkdir -p "$root/run/systemd/system" "$root/opt/older" "$root/opt/newer"
	printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
	chmod 755 "$root/usr/sbin/policy-rc.d"
	cp "$HANMQTTD_DEBS/$release-older"/*.deb "$root/opt/older/"
	cp "$HANMQTTD_DEBS/$release-amd64"/*.deb "$root/opt/newer/"
	run apt-get update
}

# First all that ours need: what is there then is there when they are gone again.
install_others() {
	apt_install /opt/newer -s >"$place/planned"
	awk '$1 == "Inst" { print $2 }' "$place/planned" |
		grep -vxF "$(printf '%s\n' "${ours[@]}")" >"$place/others"
	mapfile -t others <"$place/others"
	run apt-get install -y --no-install-recommends "${others[@]}"
	list_files >"$place/before"
}

version_is() { # FILE-OF-A-PACKAGE
	[ "$(run dpkg-query -W -f '${Version}' hanmqttd)" = "$(dpkg-deb -f "$1" Version)" ]
}

install_older() {
	apt_install /opt/older
	version_is "$root"/opt/older/hanmqttd_*.deb
	grep -qx '# The older one.' "$root$conf"
	run hanmqttd --check
}

# Nobody is asked, for nobody has changed anything.
upgrade_untouched() {
	dpkg-deb --fsys-tarfile "$root"/opt/newer/hanmqttd_*.deb | tar -xO ".$conf" >"$place/shipped"
	apt_install /opt/newer
	version_is "$root"/opt/newer/hanmqttd_*.deb
	cmp "$place/shipped" "$root$conf"
	if find "$root/etc/hanmqttd" -name '*.dpkg-*' | grep .; then
		return 1
	fi
	run hanmqttd --check
}

# What the administrator wrote stays, and the new one lies beside it.
upgrade_changed() {
	apt_install /opt/older
	printf '\n[log]\nlevel = debug\n' >>"$root$conf"
	cp "$root$conf" "$place/mine"
	apt_install /opt/newer -o Dpkg::Options::=--force-confold
	version_is "$root"/opt/newer/hanmqttd_*.deb
	cmp "$place/mine" "$root$conf"
	cmp "$place/shipped" "$root$conf.dpkg-dist"
	run hanmqttd --check
}

remove_them() {
	run apt-get remove -y "${ours[@]}"
	[ -e "$root$conf" ]
	[ ! -e "$root/usr/sbin/hanmqttd" ]
}

purge_them() {
	mkdir -p "$root/var/lib/hanmqttd"
	touch "$root/var/lib/hanmqttd/state"
	run dpkg --purge "${ours[@]}"
	list_files >"$place/after"
	diff "$place/before" "$place/after"
}

check "$release: a clean root with what the packages need" eval 'unpack && install_others'
[ "$checked" = ok ] || exit 0
check "$release: an older version is installed" install_older
check "$release: an upgrade takes the new configuration file" upgrade_untouched
check "$release: removed, and the configuration stays" remove_them
check "$release: purged, and nothing is left" purge_them
check "$release: an upgrade keeps a changed configuration file" upgrade_changed
check "$release: purged after that, and nothing is left" purge_them
