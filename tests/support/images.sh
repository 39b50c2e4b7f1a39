# shellcheck shell=bash
# Where the images of whole machines are kept. Sourced; needs $HANMQTTD_CACHE.

: "${HANMQTTD_CACHE:?start it by tests/run}"

# kept NAME TEXT...: where that thing is kept, whether it is there or not. The texts are all that it is
# made from; one that is made from anything else has another name.
kept() {
	local name=$1
	shift
	echo "$HANMQTTD_CACHE/$name-$(printf '%s\n' "$@" | sha256sum | cut -c 1-16)"
}

# keep MADE KEPT: what was made gets its name, all at once. What was made long ago for other texts goes.
keep() {
	local name=${2##*/} old

	rm -rf "$2"
	mv "$1" "$2"
	find "$HANMQTTD_CACHE" -maxdepth 1 -name "${name%-*}-*" ! -path "$2" -mtime +14 -print0 |
		while IFS= read -r -d '' old; do
			rm -rf "$old"
		done
}
