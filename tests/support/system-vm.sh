#!/bin/bash
# The parts of the virtual machines, one set per release of Debian:
#   system-vm.sh prepare    makes what is not in $HANMQTTD_CACHE yet
#   system-vm.sh show       where they are, one line "RELEASE KERNEL INITRD IMAGE" each
# A kernel as Debian built it; an initrd with the modules that the machine needs, gpio-sim among them, which
# Debian does not build: it is compiled here from Debian's own source; and a root file system that knows
# neither the kernel nor this tree's packages, but has what these depend on.
set -euo pipefail
: "${top:?start it by tests/run}" "${HANMQTTD_CACHE:?}"
. "$top/tests/support/root.sh"

releases=(bookworm trixie)
guest="$top/tests/system/guest"
days=14 # what nobody used for so long is removed

# The modules that the initrd loads, and those that udev or a test loads later.
early_modules=(virtio_pci virtio_blk virtio_console ext4 crc32c_generic)
late_modules=(virtio_net configfs sch_netem xhci_pci usbserial ftdi_sio)

image_packages=(systemd systemd-sysv dbus udev init kmod iproute2 gpiod mosquitto mosquitto-clients procps)

# ---- the archive of a release, without the apt of this machine ----

apt_of() { # RELEASE COMMAND...
	local at="$HANMQTTD_CACHE/vm-apt-$1"
	shift
	"$1" -qq -o Dir::Etc::SourceList="$at/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null \
		-o Dir::State="$at/state" -o Dir::State::status="$at/status" -o Dir::Cache="$at/cache" \
		-o APT::Architecture=amd64 -o APT::Sandbox::User=root -o APT::Install-Recommends=false "${@:2}"
}

# Its lists, at most a week old.
update_lists() { # RELEASE
	local at="$HANMQTTD_CACHE/vm-apt-$1"

	[ -z "$(find "$at/updated" -mtime -7 2>/dev/null)" ] || return 0
	mkdir -p "$at/state/lists/partial" "$at/cache/archives/partial"
	: >"$at/status"
	apt_sources "$1" >"$at/sources.list"
	apt_of "$1" apt-get update
	touch "$at/updated"
}

# depends_of RELEASE PACKAGE PATTERN: the packages it depends on whose names match.
depends_of() {
	apt_of "$1" apt-cache depends --important "$2" | awk -v p="$3" '/Depends:/ && $2 ~ p { print $2 }'
}

# What the programs need at run time, told by what they are built with.
libraries_of() { # RELEASE
	local dev

	for dev in $(awk '/^[^ ]/ { on = /^Build-Depends:/ } on && $1 ~ /-dev/' "$top/debian/control" |
		grep -v nocheck | tr -d ' ,'); do
		depends_of "$1" "${dev%%(*}" '^lib.*[0-9]' | grep -v -e '-dev$' || true
	done | sort -u
}

# fetch RELEASE PACKAGE DIRECTORY: prints the file's name. Lists that name what is gone are read again.
fetch() {
	(cd "$3" && { apt_of "$1" apt-get download "$2" || { apt_of "$1" apt-get update && apt_of "$1" apt-get download "$2"; }; }) >&2
	printf '%s\n' "$3/$2"_*.deb
}

# ---- names ----

hash_of() {
	sha256sum | cut -c 1-12
}

# Everything that decides what the parts are.
name_parts() { # RELEASE: sets version, source, kernel, image
	local release=$1 abi

	version=$(depends_of "$release" linux-image-amd64 '^linux-image-[0-9]')
	[ -n "$version" ] || { echo "no kernel is known for $release" >&2 && return 1; }
	abi=$(apt_of "$release" apt-cache show --no-all-versions "$version" | awk '$1 == "Version:" { print $2 }')
	version=${version#linux-image-}
	source=$(depends_of "$release" linux-source '^linux-source-[0-9]')
	kernel="$HANMQTTD_CACHE/vm-kernel-$release-$({ echo "$version $abi" && cat "$0" "$guest/init"; } | hash_of)"
	mapfile -t libraries < <(libraries_of "$release")
	image="$HANMQTTD_CACHE/vm-image-$release-$({ echo "${libraries[@]}" && cat "$0" "$guest"/*; } | hash_of)"
}

# ---- the kernel ----

# gpio-sim with the interrupts it simulates, as one module. The one change: the function that it takes
# from the kernel is not there for modules.
write_sim() { # LINUX-SOURCE.deb DIRECTORY
	local files=(drivers/gpio/gpio-sim.c drivers/gpio/gpiolib.h kernel/irq/irq_sim.c) name

	mkdir -p "$2"
	dpkg-deb --fsys-tarfile "$1" | tar -xO "./usr/src/$source.tar.xz" |
		tar -xJ -C "$2" --strip-components=1 "${files[@]/#/$source/}"
	for name in "${files[@]}"; do
		mv "$2/$name" "$2/"
	done
	mv "$2/gpio-sim.c" "$2/gpio-sim-main.c"
	sed -i 's/irq_to_desc(irqnum)/irq_data_to_desc(irq_get_irq_data(irqnum))/' "$2/irq_sim.c" "$2/gpio-sim-main.c"
	printf 'obj-m := gpio-sim.o\ngpio-sim-y := gpio-sim-main.o irq_sim.o\n' >"$2/Makefile"
}

# In a root of the release: what builds modules there needs its C library.
build_sim() { # RELEASE DIRECTORY
	export sim_from="$2" sim_version="$version"
	# shellcheck disable=SC2016 # $1 is mmdebstrap's
	apt_sources "$1" | bootstrap "$1" /dev/null --variant=apt --format=null --skip=cleanup \
		--include="make,linux-headers-$version" \
		--customize-hook='cp -r "$sim_from" "$1/root/sim"' \
		--customize-hook='chroot "$1" make -C "/usr/src/linux-headers-$sim_version" M=/root/sim modules' \
		--customize-hook='chroot "$1" strip --strip-debug /root/sim/gpio-sim.ko' \
		--customize-hook='cp "$1/root/sim/gpio-sim.ko" "$sim_from/"'
}

# dependencies_of DIRECTORY MODULE...: the files of the modules and of what they need, in order.
dependencies_of() {
	local module
	for module in "${@:2}"; do
		modprobe -d "$1" -S "$version" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" { print $2 }'
	done | awk '!seen[$0]++'
}

make_initrd() { # FILES-OF-THE-KERNEL GPIO-SIM.ko TO
	local tree at file
	tree=$(mktemp -d)
	at="$tree/lib/modules/$version"
	mkdir -p "$tree"/{bin,dev,proc,sys,root} "$at"
	dependencies_of "$1" "${early_modules[@]}" "${late_modules[@]}" | while IFS= read -r file; do
		cp "$file" "$at/"
	done
	find "$at" -name '*.xz' -exec xz -d {} +
	cp "$2" "$at/"
	cp "$1/lib/modules/$version"/modules.{order,builtin*} "$at/"
	depmod -b "$tree" "$version"
	dependencies_of "$tree" "${early_modules[@]}" | sed "s|^$tree||" >"$tree/early"
	cp /bin/busybox "$tree/bin/busybox"
	install -m 755 "$guest/init" "$tree/init"
	(cd "$tree" && find . | cpio --quiet -o -H newc) >"$3"
	rm -rf "$tree"
}

make_kernel() ( # RELEASE
	[ ! -d "$kernel" ] || exit 0
	parts=$(mktemp -d)
	trap 'rm -rf "$parts" "$kernel.new"' EXIT
	mkdir -p "$kernel.new" "$parts/k"
	deb=$(fetch "$1" "linux-image-$version" "$parts")
	dpkg-deb -x "$deb" "$parts/k"
	# Where it is below /usr, everything that looks for modules looks here.
	[ -d "$parts/k/lib/modules" ] || ln -s usr/lib "$parts/k/lib"
	depmod -b "$parts/k" "$version"
	deb=$(fetch "$1" "$source" "$parts")
	write_sim "$deb" "$parts/sim"
	build_sim "$1" "$parts/sim"
	make_initrd "$parts/k" "$parts/sim/gpio-sim.ko" "$kernel.new/initrd"
	cp "$parts/k/boot/vmlinuz-$version" "$kernel.new/vmlinuz"
	mv -T "$kernel.new" "$kernel"
)

# ---- the root file system ----

make_image() ( # RELEASE
	[ ! -e "$image" ] || exit 0
	parts=$(mktemp -d)
	trap 'rm -rf "$parts" "$image.new"' EXIT
	names=$(printf '%s,' "${image_packages[@]}" "${libraries[@]}")
	apt_sources "$1" | bootstrap "$1" "$parts/root" --variant=apt --format=directory --include="${names%,}"
	cp -r "$guest" "$parts/root/root/guest"
	chroot "$parts/root" sh /root/guest/setup
	rm -rf "$parts/root/root/guest" "$parts/root"/var/lib/apt/lists/* "$parts/root"/var/cache/apt/*.bin
	truncate -s 1G "$image.new"
	mke2fs -q -t ext4 -O ^has_journal -d "$parts/root" "$image.new"
	mv "$image.new" "$image"
)

# What this tree made before, or another.
remove_old() {
	find "$HANMQTTD_CACHE" -maxdepth 1 \( -name 'vm-kernel-*' -o -name 'vm-image-*' \) -mtime +$days -exec rm -rf {} +
}

prepare_one() { # RELEASE
	update_lists "$1"
	name_parts "$1"
	make_kernel "$1"
	make_image "$1"
	touch "$kernel" "$image"
	echo "$1 $kernel/vmlinuz $kernel/initrd $image" >"$HANMQTTD_CACHE/vm-$1.parts.new"
	mv "$HANMQTTD_CACHE/vm-$1.parts.new" "$HANMQTTD_CACHE/vm-$1.parts"
}

case $1 in
prepare)
	for release in "${releases[@]}"; do
		prepare_one "$release"
	done
	remove_old
	;;
show)
	cat "$HANMQTTD_CACHE"/vm-*.parts
	;;
esac
