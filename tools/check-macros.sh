#!/bin/sh
# tools/check-macros.sh INCLUDE - <covet/covet.h> defines no macro but COVET_... and covet_...
#
# INCLUDE is the directory that holds covet/. What the standard headers define that it
# includes is not counted.
set -eu
include=$1
cc=${CC:-cc}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

macros() {
    "$cc" -std=c11 -D_GNU_SOURCE -I"$include" -dM -E -x c "$1" |
        sed -n 's/^#define \([A-Za-z0-9_]*\).*/\1/p' | LC_ALL=C sort -u
}

echo '#include <covet/covet.h>' >"$work/all.c"
# What our own headers among those that it reads include of others'.
"$cc" -std=c11 -D_GNU_SOURCE -I"$include" -M -x c "$work/all.c" | tr ' ' '\n' |
    grep "^$include/covet/" >"$work/files"
xargs sed -n 's/^[[:space:]]*#[[:space:]]*include[[:space:]]*\(<.*>\).*/#include \1/p' \
    <"$work/files" | grep -v '<covet/' | sort -u >"$work/system.c" || :
macros "$work/all.c" >"$work/all"
macros "$work/system.c" >"$work/system"
[ -s "$work/all" ] || exit 1
if LC_ALL=C comm -23 "$work/all" "$work/system" | grep -vE '^(COVET_|covet_)'; then
    echo "macros of <covet/covet.h> that are not its own by name"
    exit 1
fi
