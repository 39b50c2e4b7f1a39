#!/bin/bash
# How large the programs are as the Debian packages have them: configured by debian/rules, stripped.
#
#	size.sh [DIRECTORY]     the build stays in DIRECTORY, if one is named, for nm and objdump to look into
#
# Prints where the octets are, and at the end lines `NAME | figure | must | aim` in thousands of octets (what must be
# is asked for on amd64); exit status 1 when one is not as it must be.
set -euo pipefail
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$top/tests/support/files.sh"

if [ $# -gt 0 ]; then
	mkdir -p "$1"
	place=$(cd "$1" && pwd)
else
	place=$(mktemp -d)
	trap 'rm -rf "$place"' EXIT
fi

# In a copy, as the build directory of debhelper stands in the tree.
copy="$place/hanmqttd"
rm -rf "$copy"
mkdir "$copy"
list_tree | tar -C "$top" -c --null --no-recursion -T - | tar -x -C "$copy"
cd "$copy"
DEB_BUILD_PROFILES=nocheck debian/rules override_dh_auto_configure >"$place/configure.log" 2>&1 ||
	{ cat "$place/configure.log" && exit 1; }
build=$(echo "$copy"/obj-*)
nice ninja --quiet -C "$build" daemon/hanmqttd

# As dh_strip does it.
strip --remove-section=.comment --remove-section=.note -o "$place/daemon" "$build/daemon/hanmqttd"
strip --remove-section=.comment --remove-section=.note --strip-unneeded -o "$place/libhan" \
	"$(readlink -f "$build/lib/libhan.so")"

for name in daemon libhan; do
	echo "$name, octets by section:"
	size -A "$place/$name" | awk '/^\./ && $1 != ".bss" && $2 >= 500 { printf "%10d  %s\n", $2, $1 }' | sort -rn
done

missed=0
judge() { # NAME MUST AIM
	local octets
	octets=$(stat -c %s "$place/$1")
	awk -v name="$1, stripped, $(dpkg-architecture -q DEB_HOST_ARCH)" -v octets="$octets" -v must="$2" -v aim="$3" \
		'BEGIN { printf "%s | %.1f KB | <= %d KB | <= %d KB\n", name, octets / 1000, must, aim
			exit octets > must * 1000 }' || missed=1
}
judge daemon 150 100
judge libhan 80 48
exit "$missed"
