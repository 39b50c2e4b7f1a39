#!/bin/bash
# The part of the package suite that needs root, started by suite-package.sh:
#   package-root.sh prepare      makes the clean root, a tar that is kept in $cache
#   package-root.sh test DEBS    unpacks it, installs the packages of the directory DEBS and tests them
# The mounts are in a mount namespace of their own and gone with its last process.
set -euo pipefail
: "${top:?start it by tests/run}" "${cache:?}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/root.sh"
. "$top/tests/support/report.sh"

release=$(this_release)
tar=$(root_tar "$cache" "$release")

case $1 in
prepare)
	make_root "$tar" "$release"
	exit 0
	;;
test)
	# Not below /tmp, which the root shares.
	place=$(mktemp -d /var/tmp/hanmqttd-root.XXXXXX)
	export place
	trap 'remove_root "$place"' EXIT
	own_mounts bash "$0" inside "$2"
	exit 0
	;;
esac

: "${place:?}"
debs=$2
root="$place/root"
bare="$place/bare"
unit=hanmqttd.service
ours=(hanmqttd hantool libhan-dev libhan0)

run() {
	chroot "$root" "$@"
}

# Everything but what apt, dpkg and logs keep, and what is shared.
list_files() { # ROOT
	(cd "$1" && find . \( -path ./proc -o -path ./run -o -path ./sys -o -path ./dev -o -path ./tmp -o -path ./var/cache \
		-o -path ./var/lib/apt -o -path ./var/lib/dpkg -o -path ./var/log \) -prune -o -print | sort)
}

installed_names() {
	run dpkg-query -W -f '${db:Status-Status} ${Package}\n' | awk '$1 == "installed" { print $2 }' | sort
}

# unpack_clean DIRECTORY: a root whose maintainer scripts see a running systemd, ask before they start
# anything, and get a no that is kept in a file.
unpack_clean() {
	unpack_root "$tar" "$1"
	mkdir -p "$1/run/systemd/system"
	cat >"$1/usr/sbin/policy-rc.d" <<-'END'
		#!/bin/sh
		echo "$@" >>/var/log/policy-rc.d
		exit 101
	END
	chmod 755 "$1/usr/sbin/policy-rc.d"
	: >"$1/var/log/policy-rc.d"
}

# install ROOT NAME-OR-FILE... The lists of the root are up to a week old: they may name what is gone.
install() {
	local in=$1
	shift
	chroot "$in" apt-get install -y --no-install-recommends "$@" || {
		chroot "$in" apt-get update
		chroot "$in" apt-get install -y --no-install-recommends "$@"
	}
}

install_them() {
	installed_names >"$place/before"
	cp -r "$debs" "$root/root/debs"
	mapfile -t files < <(cd "$root" && printf '/%s\n' root/debs/*.deb)
	install "$root" "${files[@]}"
	rm -r "$root/root/debs"
	installed_names | comm -13 "$place/before" - | grep -vxF "$(printf '%s\n' "${ours[@]}")" >"$place/came"
	echo "came with them:" && cat "$place/came"
}

programs_run() {
	run hanmqttd --version
	run hanmqttd --check
	run hantool lists
	run /sbin/ldconfig -p | grep libhan.so.0
}

not_enabled() {
	local state

	run dpkg -L hanmqttd | grep "/$unit\$"
	state=$(run systemctl --root=/ is-enabled "$unit" || true)
	echo "is-enabled: $state"
	[ "$state" = disabled ]
}

not_started() {
	local exe

	cat "$root/var/log/policy-rc.d"
	if grep -E "^hanmqttd(\.service)? (re)?start" "$root/var/log/policy-rc.d"; then
		return 1
	fi
	for exe in /proc/[0-9]*/exe; do
		if [ "$(readlink "$exe" || true)" = "$root/usr/sbin/hanmqttd" ]; then
			echo "$exe runs"
			return 1
		fi
	done
}

right_user() {
	local group

	run getent passwd hanmqttd
	run id hanmqttd
	[ "$(run getent passwd hanmqttd | cut -d: -f3)" -lt 1000 ]
	for group in dialout gpio; do
		run id -nG hanmqttd | grep -qw "$group"
	done
}

right_unit() {
	run systemd-analyze verify --man=no "$unit"
}

conffile_known() {
	run dpkg-query -W -f '${Conffiles}\n' hanmqttd
	run dpkg-query -W -f '${Conffiles}\n' hanmqttd | grep -q '^ /etc/hanmqttd/hanmqttd.conf '
}

manuals_there() {
	local page

	for page in man8/hanmqttd.8 man7/hanmqttd-security.7 man5/hanmqttd.conf.5 man1/hantool.1; do
		[ -s "$root/usr/share/man/$page.gz" ] || { echo "no $page.gz" && return 1; }
	done
}

# With the headers and the library of the root, and with the compiler that is here.
library_serves() {
	local triplet header flags compile=(gcc -std=c17 -pedantic -Wall -Wextra -Werror)

	triplet=$(gcc -print-multiarch)
	export PKG_CONFIG_SYSROOT_DIR="$root" PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 PKG_CONFIG_ALLOW_SYSTEM_LIBS=1
	export PKG_CONFIG_LIBDIR="$root/usr/lib/$triplet/pkgconfig:$root/usr/share/pkgconfig"
	read -ra flags < <(pkg-config --cflags --libs libhan)
	echo "${flags[@]}"
	{
		for header in "$root"/usr/include/han/*.h; do
			echo "#include <han/${header##*/}>"
		done
		cat <<-'END'
			#include <stdio.h>

			int main(void)
			{
				printf("%zu measurements\n", han_measurement_count());
				return han_measurement_count() == 0;
			}
		END
	} >"$place/program.c"
	for header in "$root"/usr/include/han/*.h; do
		printf '#include <han/%s>\nint alone;\n' "${header##*/}" >"$place/alone.c"
		"${compile[@]}" -c -o "$place/alone.o" "$place/alone.c" "${flags[@]}"
	done
	"${compile[@]}" -o "$root/root/program" "$place/program.c" "${flags[@]}"
	run /root/program
	rm "$root/root/program"
}

# What a root looks like that got the same from Debian, but never our packages.
make_bare() {
	unpack_clean "$bare"
	mapfile -t names <"$place/came"
	install "$bare" "${names[@]}"
	list_files "$bare" >"$place/bare.list"
}

remove_them() {
	run apt-get remove -y "${ours[@]}"
	run test -f /etc/hanmqttd/hanmqttd.conf
	run test ! -e /usr/sbin/hanmqttd
}

purge_them() {
	if [ "$bare_made" != 0 ]; then
		cat "$place/bare.log"
		return 1
	fi
	run dpkg --purge "${ours[@]}"
	list_files "$root" >"$place/purged.list"
	diff "$place/bare.list" "$place/purged.list"
}

# No autostart of anything in the roots, and no questions.
export DEBIAN_FRONTEND=noninteractive

unpack_clean "$root"
check "they install into it" install_them
[ "$checked" = ok ] || exit 0
(make_bare) >"$place/bare.log" 2>&1 &
making=$!
check "the programs run, with the shipped configuration" programs_run
check "the service is there and not enabled" not_enabled
check "the service was not started" not_started
check "user hanmqttd is in dialout and gpio" right_user
check "systemd finds no fault in the unit" right_unit
check "hanmqttd.conf is a configuration file to dpkg" conffile_known
check "the manual pages are there" manuals_there
check "a program compiles against libhan-dev and runs" library_serves

export HANMQTTD="chroot $root /usr/sbin/hanmqttd" HANTOOL="chroot $root /usr/bin/hantool" TMPDIR=/tmp
run_pytest "e2e, installed" e2e || true

bare_made=0
wait "$making" || bare_made=$?
check "they can be removed, the configuration stays" remove_them
check "a purge leaves nothing behind" purge_them
