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
	CCACHE_DISABLE=1 dpkg-buildpackage -us -uc -b
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

# What Debian's hardening=+all is to have done: a position-independent program, nothing that may be written and
# executed, all symbols bound before the first instruction and read-only from then on, guarded stacks and buffers.
hardened() {
	local file said want

	mkdir "$work/unpacked"
	for file in "$work"/debs/*.deb; do
		dpkg-deb -x "$file" "$work/unpacked"
	done
	for file in "$work"/unpacked/usr/sbin/hanmqttd "$work"/unpacked/usr/bin/hantool \
		"$work"/unpacked/usr/lib/*/libhan.so.*.*.*; do
		said=$(readelf -Whld --dyn-syms "$file")
		for want in 'Type: +DYN' 'GNU_RELRO' 'GNU_STACK.* RW ' 'BIND_NOW|Flags:.* NOW' '__stack_chk_fail'; do
			grep -qE "$want" <<<"$said" || { echo "${file##*/}: no $want" && return 1; }
		done
	done
	grep -qE '__(snprintf|vsnprintf|memcpy)_chk' <<<"$(readelf -W --dyn-syms "$work/unpacked/usr/sbin/hanmqttd")"
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
	check "programs and library are hardened" hardened
fi
prepared=0
wait "$preparing" || prepared=$?
check "a clean Debian root is made" root_is_made
if [ "$checked" = ok ] && [ -d "$work/debs" ]; then
	in_root test "$work/debs"
fi
