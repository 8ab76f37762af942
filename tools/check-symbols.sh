#!/bin/sh
# tools/check-symbols.sh LIB - what the libraries in the directory LIB let out.
#
# libcovet.so exports, and libcovet.a defines, exactly the names in tools/abi.txt: so what
# libpg_query brings (palloc, copies of protobuf-c and xxHash) cannot meet a service's own.
set -eu
lib=$(cd "$1" && pwd)
cd "$(dirname "$0")/.."
export LC_ALL=C
if ! sort -cu tools/abi.txt; then
    echo "tools/abi.txt: not sorted, or with a name twice"
    exit 1
fi
bad=0

# NAME, then the names that it has (on stdin).
compare() {
    if ! sort -u | diff tools/abi.txt - >"$work/differences"; then
        echo "$1: < is only in tools/abi.txt, > only in the library"
        grep '^[<>]' "$work/differences"
        bad=1
    fi
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nm -D --defined-only "$lib/libcovet.so" | awk '{sub(/@.*/, "", $NF); print $NF}' >"$work/names"
compare libcovet.so <"$work/names"
nm --defined-only --extern-only "$lib/libcovet.a" | awk 'NF == 3 {print $3}' >"$work/names"
compare libcovet.a <"$work/names"
if nm "$lib/libcovet.a" | grep ' C '; then
    echo "libcovet.a: common symbols"
    bad=1
fi
exit "$bad"
