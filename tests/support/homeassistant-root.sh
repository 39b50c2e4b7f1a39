#!/bin/bash
# The Debian root in which a real Home Assistant runs: it wants a newer Python than the one here, and a
# browser. Made once and kept in $cache for a week; started by suite-homeassistant.sh as root.
#   homeassistant-root.sh prepare          makes it; exit status 3 and one sentence where PyPI is out of reach
#   homeassistant-root.sh run COMMAND...   with $HANMQTTD_HASS, the root, in namespaces of its own: what runs
#                                          there sees this machine's files, but no network than the loopback
# The mounts are gone with the last process.
set -euo pipefail
: "${top:?start it by tests/run}" "${cache:?}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/root.sh"

release=forky
place="$cache/homeassistant-$release-$(dpkg --print-architecture)"
made="$place/srv/made"
venv=/srv/homeassistant
inside=(build-essential ca-certificates chromium faketime libffi-dev libjpeg-dev libssl-dev libturbojpeg0
	python3 python3-dev python3-pip python3-venv tzdata zlib1g-dev)
# What mqtt, frontend, recorder and energy want besides; each start would look for them.
more=(fnv-hash-fast home-assistant-frontend numpy paho-mqtt psutil-home-assistant SQLAlchemy)

mount_shared() { # ROOT
	local name

	for name in proc sys dev dev/pts tmp; do
		mount --bind "/$name" "$1/$name"
	done
	case ${TMPDIR:-/tmp} in
	/tmp | /tmp/*) ;;
	*) mkdir -p "$1$TMPDIR" && mount --bind "$TMPDIR" "$1$TMPDIR" ;;
	esac
}

# Files and directories that settings of pip and of Python's TLS name are where they are outside, too.
share_settings() { # ROOT
	local root=$1 name value

	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	echo "127.0.0.1 localhost" >"$root/etc/hosts"
	[ ! -e /etc/pip.conf ] || cp -L /etc/pip.conf "$root/etc/pip.conf"
	for name in /etc/ssl/certs/ca-certificates.crt "${!PIP_@}" "${!UV_@}" SSL_CERT_FILE REQUESTS_CA_BUNDLE; do
		value=$name
		[ "${name#/}" != "$name" ] || value=${!name:-}
		if [ -f "$value" ]; then
			mkdir -p "$root${value%/*}"
			cp -L "$value" "$root$value"
		elif [ -d "$value" ]; then
			mkdir -p "$root$value"
			mount --bind "$value" "$root$value"
		fi
	done
}

pip() { # ROOT ARGUMENT...
	HOME=/root chroot "$1" "$venv/bin/pip" --no-cache-dir --disable-pip-version-check "${@:2}"
}

# The release that this Python can have, alone on the standard output.
newest() { # ROOT
	pip "$1" index versions homeassistant 2>/dev/null | sed -n '1s/.*(\(.*\)).*/\1/p'
}

install_hass() { # ROOT VERSION
	local constraints

	pip "$1" install --quiet "homeassistant==$2"
	# shellcheck disable=SC2016 # Python's
	constraints=$(chroot "$1" "$venv/bin/python" -c \
		'import homeassistant, pathlib; print(pathlib.Path(homeassistant.__file__).parent / "package_constraints.txt")')
	pip "$1" install --quiet -c "$constraints" "${more[@]}"
}

# The first start, which installs what is still missing, and what a person does on the first day.
first_day() { # ROOT
	HANMQTTD_HASS=$1 /usr/bin/python3 "$top/tests/homeassistant/first_day.py" "$1/srv/first-day"
}

make_all() {
	local root="$place.new" version

	let_go "$root"
	rm -rf --one-file-system "$root"
	apt_sources "$release" | bootstrap "$release" "$root" --variant=minbase --format=directory \
		--aptopt='Acquire::Check-Valid-Until "false"' --include="$(paste -s -d , < <(printf '%s\n' "${inside[@]}"))"
	chroot "$root" python3 -m venv "$venv"
	mount_shared "$root"
	share_settings "$root"
	version=$(newest "$root")
	if [ -z "$version" ]; then
		echo "PyPI is out of reach, and with it Home Assistant"
		return 3
	fi
	install_hass "$root" "$version"
	first_day "$root"
	echo "$version" >"$root/srv/made"
	let_go "$root"
	rm -rf --one-file-system "$place"
	mv "$root" "$place"
}

case $1 in
prepare)
	if [ -n "$(find "$made" -mtime -7 2>/dev/null)" ]; then
		echo "kept from before: $place"
	else
		own_mounts bash "$0" make
	fi
	;;
make)
	make_all
	;;
run)
	own_mounts unshare --net bash "$0" inside "${@:2}"
	;;
inside)
	ip link set lo up
	mount_shared "$place"
	HANMQTTD_HASS=$place exec "${@:2}"
	;;
esac
