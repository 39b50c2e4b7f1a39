#!/bin/bash
# The library's symbols: it takes nothing but memory functions, compiler support and AES-128-GCM from
# outside, and gives what its headers declare, as version HAN_0.
#
#	symbols.sh NM ARCHIVE LIBRARY HEADER...
set -euo pipefail
export LC_ALL=C

nm=$1 archive=$2 library=$3
shift 3
work=$(mktemp -d "${TMPDIR:-/tmp}/symbols.XXXXXX")
trap 'rm -rf "$work"' EXIT

# One pattern a line, for a whole name.
allowed='
mem[a-z]+                              memory
strlen
__mem[a-z]+_chk                        their fortified twins
__strlen_chk
__stack_chk_(fail|fail_local|guard)    the stack protector
_GLOBAL_OFFSET_TABLE_
__aeabi_[a-z0-9_]+                     64-bit arithmetic of small machines
__[a-z]+di[234]
nettle_gcm_aes128_(set_key|set_iv|update|decrypt|digest)    deciphering: cipher.c
nettle_memeql_sec
'
instruments='__(asan|ubsan|tsan|msan|hwasan|sanitizer|gcov|llvm)_'

# tell NUMBER NAME WHAT FILE: passed when FILE is empty.
tell() {
	if [ ! -s "$4" ]; then
		echo "ok $1 - $2"
		return
	fi
	echo "not ok $1 - $2"
	sed "s/^/# $3: /" "$4"
	failed=1
}

failed=0
echo "1..3"

"$nm" --undefined-only --format=just-symbols "$archive" >"$work/all" 2>/dev/null
if grep -Eq "^$instruments" "$work/all"; then
	for n in 1 2 3; do
		echo "ok $n # SKIP built with instruments that bring symbols of their own"
	done
	exit 0
fi

grep -v ':$' "$work/all" | sort -u >"$work/undefined"
"$nm" --defined-only --format=just-symbols "$archive" 2>/dev/null | sort -u >"$work/defined"
comm -23 "$work/undefined" "$work/defined" | awk NF >"$work/outside"
awk 'NF { print $1 }' <<<"$allowed" >"$work/allowed"
grep -Evx -f "$work/allowed" "$work/outside" >"$work/not-allowed" || true
[ -s "$work/defined" ] || echo "nothing is defined" >"$work/not-allowed"
tell 1 "takes nothing from outside but memory functions and AES-128-GCM" "not allowed" "$work/not-allowed"

"$nm" --dynamic --defined-only --format=posix "$library" | awk '$2 != "A" { print $1 }' |
	sort >"$work/exported"
grep -v '^han_[a-z0-9_]*@@HAN_0$' "$work/exported" >"$work/unversioned" || true
tell 2 "exports only han_* of version HAN_0" "exported" "$work/unversioned"

sed -n 's/^HAN_EXPORT [^(]*\b\(han_[a-z0-9_]*\)(.*/\1@@HAN_0/p' "$@" | sort >"$work/declared"
diff "$work/declared" "$work/exported" | grep '^[<>]' >"$work/difference" || true
[ -s "$work/declared" ] || echo "nothing is declared" >"$work/difference"
tell 3 "exports what the headers declare" "declared <, exported >" "$work/difference"

exit "$failed"
