#!/bin/sh
# tools/check-layers.sh - who may include what.
#
#   core <- replica <- shard <- orm      core, replica <- backup      all <- tools, tests
#
# Each third-party library has one door, and none of its types is in a public header. Says
# what is wrong as FILE:LINE and fails.
set -eu
cd "$(dirname "$0")/.."
bad=0

# A folder without a file is not in a clone.
folders=''
for folder in core replica shard orm backup; do
    [ ! -d "$folder" ] || folders="$folders $folder"
done

complain() {
    echo "$1"
    bad=1
}

# The lines of a folder's sources that include something, as FILE:LINE:#include ...
includes_of() {
    find "$@" -name '*.[ch]' -exec \
        grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' {} +
}

# FOLDER, then the folders that it may include.
check_folder() {
    folder=$1
    [ -d "$folder" ] || return 0
    allowed=$(echo "$@" | tr ' ' '|')
    found=$(includes_of "$folder" |
        grep -E '[<"](covet/)?(core|replica|shard|orm|backup|tools|tests)/' |
        grep -vE "[<\"](covet/)?($allowed)/" || :)
    [ -z "$found" ] || complain "$found
    $folder may include only: $*"
}

# HEADER (a pattern), then the files (patterns) that are its door.
check_door() {
    header=$1
    shift
    doors=$(echo "$@" | tr ' ' '|')
    # shellcheck disable=SC2086 # names of folders are words
    found=$(includes_of $folders | grep -E "[<\"](${header})[>\"]" |
        grep -vE "^($doors):" || :)
    # What protoc-c makes for libpg_query ends like what it makes for us.
    [ "$header" = "$protobuf" ] && found=$(echo "$found" | grep -v 'pg_query\.pb-c\.h' || :)
    [ -z "$found" ] || complain "$found
    only these may include it: $*"
}

check_folder core
check_folder replica core
check_folder shard core replica
check_folder orm core replica shard
check_folder backup core replica

protobuf='protobuf-c/.*\.h|([^<>"]*/)?[^<>"/]*\.pb-c\.h'
check_door 'libpq-fe\.h|libpq-events\.h|postgres_ext\.h|libpq/.*' \
    'core/(conn|result)[^/]*\.[ch]' 'core/dsn\.c' 'core/session\.c' 'core/pq[^/]*\.h'
check_door 'uv(/.*)?\.h' 'core/loop\.c'
check_door 'xxh(ash|3)\.h' 'core/hash\.c'
check_door 'pg_query.*\.h' 'shard/parse[^/]*\.[ch]'
check_door 'zstd.*\.h' '[a-z]+/codec[^/]*\.c'
check_door "$protobuf" 'core/map[^/]*\.[ch]' 'backup/manifest[^/]*\.[ch]'

# folder/word..._impl.h is shared by the files folder/word... and by no other: what it knows
# of a library goes no further.
# shellcheck disable=SC2086
found=$(includes_of $folders | grep '_impl\.h"' | awk '{
    file = $0; sub(/:.*/, "", file)
    split($0, quoted, "\""); part = quoted[2]; sub(/_.*/, "", part)
    if (index(file, part) != 1)
        print
}')
[ -z "$found" ] || complain "$found
    an _impl.h belongs to the files whose names begin like its own"

# The headers that are promised, as tools/cmake/library.cmake lists them.
public=$(sed -n '/^set(COVET_PUBLIC/,/)/p' tools/cmake/library.cmake |
    sed 's/set(COVET_PUBLIC//; s/)//; s/#.*//')
[ -n "$public" ] || complain "tools/cmake/library.cmake: no COVET_PUBLIC"
standard='assert|float|inttypes|limits|math|std(arg|bool|def|int|io|lib)|string|time|sys/types'
types='\b(PG(conn|result|notify|cancel)|PQ[a-z]\w*|uv_\w+_t|uv_\w+\(|XXH\w+|PgQuery\w*|PgQuery__\w+'
types="$types|ProtobufC\w*|ZSTD_\w+)\b"
for header in $public; do
    if [ ! -f "$header" ]; then
        complain "$header: named in COVET_PUBLIC, and not there"
        continue
    fi
    found=$(grep -HnE '^[[:space:]]*#[[:space:]]*include' "$header" |
        grep -vE "include <(covet/[a-z_]+/[a-z_]+|$standard)\.h>" || :)
    [ -z "$found" ] || complain "$found
    a public header includes <covet/...> and the C library only"
    # A comment may say whose loop it is; code may not.
    found=$(sed 's,//.*,,; s,/\*.*\*/,,g' "$header" | sed '/\/\*/,/\*\//d' | grep -nE "$types" || :)
    [ -z "$found" ] || complain "$header: $found
    a third-party type in a public header"
done
exit "$bad"
