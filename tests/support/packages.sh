# shellcheck shell=bash
# The Debian packages that the tests and the demonstration need, and how they are installed.
# Sourced by tests/run and tests/demo, which set $top, the source tree.

: "${top:?}"

# Only Debian's own tools: another python3 or meson in the caller's PATH has none of the modules.
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH LC_ALL=C.UTF-8

# What takes long to make is kept there for the next run.
export HANMQTTD_CACHE="${HANMQTTD_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/hanmqttd-tests}"

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# What the programs are built with stands in debian/control, and only there. One name per line,
# alternatives joined by "|". debhelper's own packages are for the package suite.
build_packages() {
	awk '/^[^ \t#]/ { on = /^Build-Depends:/ } on { sub(/^Build-Depends:/, ""); print }' \
		"$top/debian/control" |
		tr ',' '\n' | sed 's/([^)]*)//g; s/<[^>]*>//g; s/\[[^]]*\]//g; s/[ \t]//g' |
		grep -Ev '^(|debhelper-compat|dh-sequence-.*)$'
	printf '%s\n' gcc libc6-dev
	[ -z "${CI:-}" ] || printf '%s\n' ccache # a clone is built anew each time
}

# What tests/system needs of this machine; what its parts add for themselves stands beside them, in
# system-NAME.packages: one name per line, and remarks.
system_packages() {
	printf '%s\n' debian-archive-keyring lintian mmdebstrap mosquitto mosquitto-clients mount python3-paho-mqtt \
		python3-pytest qemu-user-static
	cat "$top"/tests/support/system-*.packages 2>/dev/null | sed 's/#.*//; s/[ \t]//g' || true
}

suite_packages() {
	local e2e=(python3-pytest python3-paho-mqtt mosquitto mosquitto-clients openssl iproute2
		systemd zsh)

	case $1 in
	unit)
		build_packages
		;;
	corpus)
		build_packages
		printf '%s\n' python3-pytest
		;;
	e2e)
		build_packages
		printf '%s\n' "${e2e[@]}"
		;;
	faults)
		build_packages
		printf '%s\n' libfaketime nftables "${e2e[@]}"
		;;
	bench)
		build_packages
		printf '%s\n' debhelper valgrind "${e2e[@]}"
		;;
	package)
		build_packages
		printf '%s\n' build-essential debhelper lintian mmdebstrap mount "${e2e[@]}"
		;;
	lint)
		build_packages
		printf '%s\n' clang clang-format clang-tidy mandoc shellcheck "${e2e[@]}"
		;;
	fuzz)
		build_packages
		printf '%s\n' clang libclang-rt-dev
		;;
	system)
		build_packages
		system_packages
		;;
	homeassistant)
		build_packages
		printf '%s\n' debian-archive-keyring faketime mmdebstrap mount python3-websocket "${e2e[@]}"
		;;
	demo)
		build_packages
		printf '%s\n' mosquitto mosquitto-clients
		;;
	esac
}

as_root() {
	local name kept=()

	if [ "$(id -u)" = 0 ]; then
		"$@"
		return
	fi
	for name in http_proxy https_proxy no_proxy; do
		[ -z "${!name:-}" ] || kept+=("$name=${!name}")
	done
	sudo -n env "${kept[@]}" "$@"
}

# Asks for the password now, at the terminal, and not from within a suite.
need_root() {
	[ "$(id -u)" != 0 ] || return 0
	[ -x /usr/bin/sudo ] || die "$1 needs root: run it as root, or install sudo"
	sudo -v -p "$1 needs root; password for %p: " || die "$1 needs root, and sudo refused"
}

installed() {
	local name

	for name in ${1//|/ }; do
		if [ "$(dpkg-query -W -f '${db:Status-Status}' "$name" 2>/dev/null)" = installed ]; then
			return 0
		fi
	done
	return 1
}

need_debian() {
	local ID="" VERSION_ID="" PRETTY_NAME="this system"

	if [ -r /etc/os-release ]; then
		# shellcheck source=/dev/null
		. /etc/os-release
	fi
	case $ID in
	debian | raspbian) ;;
	*) die "this is $PRETTY_NAME, and only Debian 12 and 13 are known here" ;;
	esac
	if [ -n "$VERSION_ID" ] && [ "$VERSION_ID" -lt 12 ]; then
		die "this is $PRETTY_NAME, and Debian 12 is the oldest that is known here"
	fi
}

# install_packages NAME...: the missing ones of these, if any. Nothing is asked of the network otherwise.
install_packages() {
	local log name missing=()

	need_debian
	for name in "$@"; do
		installed "$name" || missing+=("${name%%|*}")
	done
	if [ ${#missing[@]} = 0 ]; then
		return 0
	fi
	need_root "installing packages"
	printf 'Installing what is missing: %s\n' "${missing[*]}" | fold -s -w 100
	log=$(mktemp)
	if ! { as_root apt-get update &&
		as_root env DEBIAN_FRONTEND=noninteractive \
			apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1 </dev/null; then
		tail -n 40 "$log" >&2
		rm -f "$log"
		die "apt-get could not install what is missing (its last lines stand above)"
	fi
	rm -f "$log"
	if [ -d /run/systemd/system ] && [[ " ${missing[*]} " == *" mosquitto "* ]]; then
		echo "Debian's mosquitto package has started a broker of its own on port 1883, which is not used" \
			"here; to stop it: systemctl disable --now mosquitto"
	fi
}
