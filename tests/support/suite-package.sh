#!/bin/bash
# The Debian packages: they are built from a copy of the tree, pass lintian, install into a clean root,
# work there, and leave nothing behind.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/files.sh"
. "$top/tests/support/report.sh"

copy="$work/build/hanmqttd"
packages=(hanmqttd hantool libhan-dev libhan0)

build_them() {
	mkdir -p "$copy"
	list_tree | tar -C "$top" -c --null --no-recursion -T - | tar -x -C "$copy"
	cd "$copy"
	dpkg-buildpackage -us -uc -b
}

# Exactly ours, each with at most its debugging symbols.
right_names() {
	local deb found

	found=$(for deb in "$work"/build/*.deb; do dpkg-deb -f "$deb" Package; done | sort)
	echo "built:" && echo "$found"
	diff <(printf '%s\n' "${packages[@]}") <(grep -v -e '-dbgsym$' <<<"$found")
	diff /dev/null <(grep -e '-dbgsym$' <<<"$found" | grep -vxF "$(printf '%s-dbgsym\n' "${packages[@]}")")
}

lint_them() {
	TMPDIR=$work lintian --fail-on error,warning --display-info --no-tag-display-limit "$work"/build/*.changes
}

# The clean root is made while the packages are.
cache="${XDG_CACHE_HOME:-$HOME/.cache}/hanmqttd-tests"
in_root() {
	as_root env top="$top" work="$work" results="$results" cache="$cache" TMPDIR="${TMPDIR:-/tmp}" \
		bash "$top/tests/support/package-root.sh" "$@"
}
root_is_made() {
	cat "$work/prepare.log"
	return "$prepared"
}
mkdir -p "$cache"
in_root prepare >"$work/prepare.log" 2>&1 &
preparing=$!

check "dpkg-buildpackage builds them" build_them
if [ "$checked" = ok ]; then
	check "they are ${packages[*]}" right_names
	check "lintian has neither errors nor warnings" lint_them
	mkdir "$work/debs"
	for name in "${packages[@]}"; do
		cp "$work"/build/"${name}"_*.deb "$work/debs/"
	done
fi
prepared=0
wait "$preparing" || prepared=$?
check "a clean Debian root is made" root_is_made
if [ "$checked" = ok ] && [ -d "$work/debs" ]; then
	in_root test "$work/debs"
fi
