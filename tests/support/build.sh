# shellcheck shell=bash
# Builds the programs with meson. Sourced; $top is the source tree.

: "${top:?}" "${HANMQTTD_CACHE:?}"

# Where the tree stood is told to debuggers alone.
export CCACHE_DIR="$HANMQTTD_CACHE/ccache" CCACHE_MAXSIZE=1G CCACHE_NOHASHDIR=1

# build_in DIRECTORY MESON-OPTION...: sets it up when it is new, of another place or of other options.
# Builds everything, or $targets.
build_in() {
	local dir=$1 wanted said
	shift
	# Meson does so by itself for a compiler that it was not told.
	if [ -n "${CC:-}" ] && [ -x /usr/bin/ccache ]; then
		local -x CC="ccache $CC"
	fi
	wanted="$top ${CC:-} $*"
	if [ ! -f "$dir/build.ninja" ] || [ "$(cat "$dir/.set-up" 2>/dev/null)" != "$wanted" ]; then
		# Builds of other kinds stand below build/ and stay.
		[ ! -d "$dir" ] ||
			find "$dir" -mindepth 1 -maxdepth 1 ! -name demo ! -name 'build-*' -exec rm -rf {} +
		said=$(meson setup "$dir" "$top" -Db_colorout=never "$@") || { echo "$said" && return 1; }
		printf '%s\n' "$wanted" >"$dir/.set-up"
	fi
	# shellcheck disable=SC2086
	nice ninja --quiet -C "$dir" ${targets:-}
}

# The build that the everyday suites share.
build_main() {
	build_in "$top/build" -Dtests=true -Dbuildtype=debugoptimized -Dwarning_level=2 -Dwerror=true
}

# use_programs DIRECTORY: the suites take the programs from there. (They split these as a shell does.)
use_programs() {
	HANMQTTD=$(printf %q "$1/daemon/hanmqttd")
	HANTOOL=$(printf %q "$1/daemon/hantool")
	export HANMQTTD HANTOOL
}
