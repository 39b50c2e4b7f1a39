# shellcheck shell=bash
# A clean Debian root of any release: made by mmdebstrap, kept as a tar for a week, and unpacked for each
# test. Sourced; needs root.

this_release() {
	. /etc/os-release && echo "$VERSION_CODENAME"
}

# apt_sources RELEASE: the archives of Debian that this machine's apt uses, so that a mirror is used here
# too. Another release than the one that runs here is taken from the same places.
apt_sources() {
	local keyring=/usr/share/keyrings/debian-archive-keyring.gpg signed="" known

	[ ! -e "$keyring" ] || signed="[signed-by=$keyring] "
	# shellcheck disable=SC2016 # these names are apt's
	known=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI) $(CODENAME) $(COMPONENT)' \
		'Identifier: Packages' |
		awk -v here="$(this_release)" -v wanted="$1" -v signed="$signed" '
			$1 == "Debian" && $2 ~ /^https?:/ && index($3, here) == 1 {
				print "deb " signed $2, wanted substr($3, length(here) + 1), $4
			}' | sort -u)
	if [ -z "$known" ]; then
		known=$(printf 'deb %s%s %s main\n' \
			"$signed" http://deb.debian.org/debian "$1" \
			"$signed" http://deb.debian.org/debian "$1-updates" \
			"$signed" http://deb.debian.org/debian-security "$1-security")
	fi
	echo "$known"
}

# Proxies and the like.
apt_settings() {
	apt-config dump | grep -E '^Acquire::(https?|Check-Valid-Until|Check-Date|Retries|ForceIPv[46])' |
		grep -v 'Proxy-Auto-Detect' || true
}

# Besides apt and what is essential: what apt needs inside to reach its archives.
root_packages() { # RELEASE
	if apt_sources "$1" | grep -q https:; then
		echo ca-certificates
	fi
}

# root_tar DIRECTORY RELEASE: the name of the tar there, which says what is in it.
root_tar() {
	local name

	name=root-$2-$(dpkg --print-architecture)
	echo "$1/$({ echo "$name-minbase" && root_packages "$2"; } | paste -s -d +).tar"
}

# make_root TAR RELEASE: unless there is one younger than a week. The lists of apt stay in it.
make_root() (
	tar=$1
	if [ -n "$(find "$tar" -mtime -7 2>/dev/null)" ]; then
		echo "kept from before: $tar"
		return 0
	fi
	include=()
	for name in $(root_packages "$2"); do
		include+=(--include="$name")
	done
	rm -rf "$tar" "$tar.archives"
	trap 'rm -rf "$tar.new"' EXIT
	apt_sources "$2" | bootstrap "$2" "$tar.new" --variant=minbase --format=tar "${include[@]}"
	mv "$tar.new" "$tar"
)

# bootstrap RELEASE TARGET OPTION...: mmdebstrap with the settings of this machine, and with the archives
# that come from the standard input.
bootstrap() (
	release=$1
	target=$2
	shift 2
	parts=$(mktemp -d)
	trap 'rm -rf "$parts"' EXIT
	apt_settings >"$parts/settings"
	# shellcheck disable=SC2016 # $1 is mmdebstrap's
	mmdebstrap --mode=root --skip=cleanup/apt --aptopt="$parts/settings" \
		--setup-hook='mkdir -p "$1/etc/apt" && cp -r /etc/apt/auth.conf* "$1/etc/apt/" || true' \
		"$@" "$release" "$target" -
)

# own_mounts COMMAND...: in a mount namespace of its own. Where the file system's root is no mount point
# (a chroot), what is mounted can only stay as shared as it is.
own_mounts() {
	local how=private

	unshare --mount --propagation private true 2>/dev/null || how=unchanged
	unshare --mount --propagation "$how" "$@"
}

# unpack_root TAR DIRECTORY: and shares with it what programs need of a running system, /tmp, and the
# packages that apt has fetched for this root before.
unpack_root() {
	local tar=$1 root=$2 name

	mkdir -p "$root"
	tar -x --numeric-owner -f "$tar" -C "$root"
	for name in proc sys dev dev/pts tmp; do
		mount --bind "/$name" "$root/$name"
	done
	mkdir -p "$tar.archives/partial"
	mount --bind "$tar.archives" "$root/var/cache/apt/archives"
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	echo "127.0.0.1 localhost" >"$root/etc/hosts"
}

# let_go DIRECTORY: what may still be mounted below it.
let_go() {
	local at

	awk -v below="$1/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r |
		while IFS= read -r at; do
			umount --lazy "$at"
		done
}

# remove_root DIRECTORY: with all that is below it.
remove_root() {
	let_go "$1"
	rm -rf --one-file-system "$1"
}
