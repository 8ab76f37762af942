#!/bin/sh
# tools/check-misuse.sh INCLUDE - the compiler refuses misused models, and says why.
#
# INCLUDE is the directory that holds covet/. Each tests/orm/neg/*.c is one mistake, and with
# RIGHT defined the same without it: that compiles, and the mistake gives an error whose text
# is what its first line says, and which names that file. With each compiler that is there.
set -eu
include=$1
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
bad=0

# COMPILER FILE [FLAG]
compile() {
    "$1" -std=c11 -Wall -Wextra -Wpedantic -Werror -I"$include" -Itests -fsyntax-only "$2" \
        ${3:+"$3"} >"$work/said" 2>&1
}

check() {
    wanted=$(sed -n '1s,/\* error: \(.*\) \*/,\1,p' "$2")
    if ! compile "$1" "$2" -DRIGHT; then
        cat "$work/said"
        echo "$2: $1 refuses it without the mistake"
        bad=1
    elif compile "$1" "$2"; then
        echo "$2: $1 takes the mistake"
        bad=1
    elif ! { grep 'error: ' "$work/said" | grep -qE "$wanted"; } ||
        ! grep -q "^$2:[0-9]" "$work/said"; then
        cat "$work/said"
        echo "$2: $1 does not say \"$wanted\" of it"
        bad=1
    fi
}

for compiler in gcc clang; do
    command -v "$compiler" >/dev/null 2>&1 || continue
    for file in tests/orm/neg/*.c; do
        check "$compiler" "$file"
    done
done
exit "$bad"
