#!/bin/sh
# tools/check-format.sh - every C file is as clang-format would write it (.clang-format).
set -eu
cd "$(dirname "$0")/.."
if ! command -v clang-format >/dev/null 2>&1; then
    echo "clang-format is not installed"
    exit 77
fi
for folder in core replica shard orm backup tools tests; do
    [ ! -d "$folder" ] || find "$folder" -name '*.[ch]'
done | xargs clang-format --dry-run -Werror
