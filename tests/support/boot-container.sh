#!/bin/bash
# boot-container.sh ROOT PORT: boots the system in the directory ROOT as a container, again whenever it
# reboots, with the terminal PORT as its /dev/ttyAMA0. Its console is standard output. Needs root.
#
# It is in namespaces of its own and gone with this process, however that ends. There nspawn finds an empty
# /run, where it can mount, and no systemd that it would have to tell.
set -euo pipefail

if [ "$1" != inside ]; then
	# Where the file system's root is no mount point (a chroot) it can only stay as it is.
	how=private
	unshare --mount --propagation private true 2>/dev/null || how=unchanged
	exec unshare --mount --propagation "$how" --pid --fork --kill-child --mount-proc bash "$0" inside "$@"
fi
root=$2 port=$3
mount -t tmpfs tmpfs /run
rc=133
while [ "$rc" = 133 ]; do
	rc=0
	systemd-nspawn --quiet --boot --register=no --keep-unit --directory="$root" --hostname=debian \
		--console=pipe --resolv-conf=off --private-network --bind="$port:/dev/ttyAMA0" || rc=$?
done
exit "$rc"
