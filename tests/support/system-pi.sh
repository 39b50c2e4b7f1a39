#!/bin/bash
# What the emulated Raspberry Pi 3 of the system suite boots: Debian's arm64 kernel and a trixie with
# systemd and a broker on an SD card. No program of it runs while it is made.
#   system-pi.sh prepare    makes it, a directory, unless it is there; root only
#   system-pi.sh path       says where it is
# In it: vmlinuz, initrd.img, sd.img, and two device trees, plain.dtb and hat.dtb, which has the node that
# the firmware makes of a hat's EEPROM. A second archive after initrd.img may hold a directory "payload",
# whose content is copied over the root before systemd starts.
set -euo pipefail
: "${top:?start it by tests/run}"
. "$top/tests/support/packages.sh"
. "$top/tests/support/root.sh"
. "$top/tests/support/images.sh"

release=trixie
packages=(
	base-files base-passwd bash coreutils findutils gawk grep login mount procps sed util-linux
	dbus systemd systemd-sysv udev
	gpiod mosquitto mosquitto-clients
	libcjson1 libgpiod3 libinih1 libmosquitto1 libnettle8t64 libsqlite3-0 libsystemd0
)
kernel_packages=(busybox-static linux-image-arm64)
# For the SD card's controller and the file system on it; all else is built into the kernel.
modules=(bcm2835 sdhci-iproc ext4)
# The emulated SD card must have a size that is a power of two.
size=512M

dir=$(kept "pi-$release" "${packages[*]}" "$(cat "$0" "$top/tests/support/images.sh")")

# Units that cost seconds of an emulated start and have nothing to do on this machine.
masked=(
	dev-hugepages.mount dev-mqueue.mount kmod-static-nodes.service modprobe@.service
	proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount sys-kernel-config.mount
	sys-kernel-debug.mount sys-kernel-tracing.mount
	getty@.service serial-getty@.service getty-static.service
	ldconfig.service systemd-binfmt.service systemd-firstboot.service systemd-hwdb-update.service
	systemd-journal-catalog-update.service systemd-logind.service systemd-modules-load.service
	systemd-pcrmachine.service systemd-pcrphase.service systemd-pcrphase-sysinit.service
	systemd-random-seed.service systemd-tpm2-setup.service systemd-tpm2-setup-early.service
	systemd-user-sessions.service systemd-vconsole-setup.service systemd-networkd.service
)

parts=

# extract NAME PACKAGE...: unpacks them below $parts/NAME, with what they depend on.
extract() {
	local name=$1
	shift
	mmdebstrap --mode=root --architectures=arm64 --variant=extract --format=directory \
		--include="$(IFS=, && echo "$*")" --aptopt="$parts/settings" \
		"$release" "$parts/$name" "$parts/sources.list"
}

# What the packages' own scripts would have left.
finish_root() {
	local root=$1 unit

	cp "$root/usr/share/base-passwd/passwd.master" "$root/etc/passwd"
	cp "$root/usr/share/base-passwd/group.master" "$root/etc/group"
	echo 'u mosquitto - "Mosquitto MQTT broker" /var/lib/mosquitto' >"$root/usr/lib/sysusers.d/mosquitto.conf"
	echo 'Z /var/lib/mosquitto - mosquitto mosquitto' >"$root/usr/lib/tmpfiles.d/mosquitto.conf"
	mkdir -p "$root/etc/systemd/system/multi-user.target.wants" "$root/var/log/journal"
	ln -s /usr/lib/systemd/system/mosquitto.service "$root/etc/systemd/system/multi-user.target.wants/"
	for unit in "${masked[@]}"; do
		ln -s /dev/null "$root/etc/systemd/system/$unit"
	done
	# There is nothing to be generated, and of all devices only ports and pins matter: each costs a process.
	rm "$root"/usr/lib/systemd/system-generators/*
	mkdir "$root/etc/systemd/system/systemd-udev-trigger.service.d"
	cat >"$root/etc/systemd/system/systemd-udev-trigger.service.d/few.conf" <<-'END'
		[Service]
		ExecStart=
		ExecStart=udevadm trigger --action=add --subsystem-match=tty --subsystem-match=gpio
	END
	ln -s /usr/lib/systemd/system/multi-user.target "$root/etc/systemd/system/default.target"
	ln -sf /proc/self/mounts "$root/etc/mtab"
	echo raspberrypi >"$root/etc/hostname"
	echo '127.0.0.1 localhost raspberrypi' >"$root/etc/hosts"
	echo 9e3a5c1de47b4f0c8d2b6a7190f3e5c8 >"$root/etc/machine-id"
	cat >"$root/etc/systemd/system/test-shell.service" <<-'END'
		[Unit]
		Description=Root shell of the tests, on the serial console
		After=basic.target

		[Service]
		Type=idle
		ExecStart=/bin/bash --noprofile --norc
		WorkingDirectory=/root
		Environment=HOME=/root PS1= PS2= TERM=dumb PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin
		StandardInput=tty-force
		StandardOutput=inherit
		StandardError=inherit
		TTYPath=/dev/ttyS1
		Restart=always
		RestartSec=0
		IgnoreSIGPIPE=no
	END
	ln -s ../test-shell.service "$root/etc/systemd/system/multi-user.target.wants/"
	rm -rf "$root"/usr/share/{bash-completion,doc,info,lintian,locale,man} "$root/usr/lib/udev/hwdb.d" \
		"$root/usr/lib/udev/hwdb.bin"
	# The broker's log belongs into the journal here.
	sed -i 's/^log_dest .*/log_dest stdout/' "$root/etc/mosquitto/mosquitto.conf"
}

make_initrd() {
	local from=$1 initrd=$parts/initrd version module name

	ln -s usr/lib "$from/lib"
	version=$(ls "$from/usr/lib/modules")
	depmod -b "$from" "$version"
	mkdir -p "$initrd"/{bin,dev,modules,newroot,proc,sys}
	cp "$from/usr/bin/busybox" "$initrd/bin/busybox"
	ln -s busybox "$initrd/bin/sh"
	modprobe -d "$from" -S "$version" -a --show-depends "${modules[@]}" |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }' >"$parts/modules"
	while IFS= read -r module; do
		name=${module##*/}
		case $name in
		*.xz) xz -dc "$module" >"$initrd/modules/${name%.xz}" ;;
		*) cp "$module" "$initrd/modules/" ;;
		esac
		name=${name%.xz}
		echo "$name" >>"$initrd/modules/order"
	done <"$parts/modules"
	cat >"$initrd/init" <<-'END'
		#!/bin/sh
		busybox mount -t proc proc /proc
		busybox mount -t devtmpfs dev /dev
		while read -r name; do
			busybox insmod /modules/$name
		done </modules/order
		while [ ! -b /dev/mmcblk0 ]; do
			busybox usleep 50000
		done
		busybox mount -t ext4 /dev/mmcblk0 /newroot
		[ ! -d /payload ] || busybox cp -a /payload/. /newroot/
		busybox umount /dev /proc
		exec busybox switch_root /newroot /usr/lib/systemd/systemd
	END
	chmod 755 "$initrd/init"
	(cd "$initrd" && find . | cpio --quiet -o -H newc) >"$1.initrd"
}

make_it() (
	parts=$(mktemp -d)
	made=$dir.new
	trap 'rm -rf "$parts" "$made"' EXIT
	apt_sources "$release" >"$parts/sources.list"
	apt_settings >"$parts/settings"
	rm -rf "$made"
	mkdir -p "$made"
	extract root "${packages[@]}"
	extract kernel "${kernel_packages[@]}"

	finish_root "$parts/root"
	mke2fs -q -t ext4 -O ^has_journal -E root_owner=0:0 -d "$parts/root" "$made/sd.img" "$size"
	make_initrd "$parts/kernel"
	mv "$parts/kernel.initrd" "$made/initrd.img"
	cp "$parts"/kernel/boot/vmlinuz-* "$made/vmlinuz"

	# The board's own tree gives the PL011 to Bluetooth; without that (disable-bt) it is /dev/ttyAMA0.
	cp "$parts"/kernel/usr/lib/linux-image-*/broadcom/bcm2837-rpi-3-b.dtb "$made/plain.dtb"
	fdtput -r "$made/plain.dtb" /soc/serial@7e201000/bluetooth
	cp "$made/plain.dtb" "$made/hat.dtb"
	fdtput -c "$made/hat.dtb" /hat
	fdtput -t s "$made/hat.dtb" /hat vendor "packom.net"
	fdtput -t s "$made/hat.dtb" /hat product "M-Bus Master"
	keep "$made" "$dir"
)

case ${1:-} in
prepare)
	[ -e "$dir" ] || make_it
	echo "$dir"
	;;
path)
	echo "$dir"
	;;
*)
	die "takes prepare or path"
	;;
esac
