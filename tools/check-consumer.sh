#!/bin/sh
# tools/check-consumer.sh BUILD - what is installed can be used.
#
# Installs a build to a temporary place, then builds programs outside of the tree against
# it, in C and C++, shared and static, through pkg-config and through find_package, and runs
# them. They must need no name of the library's that tools/abi.txt does not promise.
set -eu
build=$(cd "$1" && pwd)
abi=$(cd "$(dirname "$0")" && pwd)/abi.txt
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cmake --install "$build" --prefix "$work/prefix" >"$work/log" || {
    cat "$work/log"
    exit 1
}
cd "$work"
PKG_CONFIG_PATH=$work/$(dirname "$(find prefix -name covet.pc)")
export PKG_CONFIG_PATH
lib=$(pkg-config --variable=libdir covet)
version=$(pkg-config --modversion covet)
warnings='-Wall -Wextra -Wpedantic -Werror'

# In C with the macros, in C++ with the plain layer under them; nothing is sent, for there is
# no server: the SQL is what both must come to.
cat >sql.h <<'EOF'
static const char expected[] =
    "SELECT t0.\"id\", t0.\"title\" FROM \"posts\" t0 WHERE t0.\"title\"::text LIKE $1 LIMIT $2";
EOF
cat >consumer.c <<'EOF'
#include <stdio.h>
#include <string.h>

#include <covet/covet.h>
#include <covet/orm/short.h>

#include "sql.h"

#define POST(X, M)                                                                                 \
    X(M, BigAuto, id)                                                                              \
    X(M, Char, title, .max_length = 200)
COVET_DECLARE(Post, POST);
COVET_DEFINE(Post, POST, .db_table = "posts");

int main(void)
{
    covet_arena *arena = NULL;
    covet_error err = {0};
    Post *post = NULL;
    if (covet_arena_new(0, &arena, &err) != COVET_OK)
        return 1;
    const Post_qs *posts = QUERY(arena, Post, Filter(W(Post, title, contains, "x")), Limit(5));
    const char *sql = covet_qs_sql((const covet_qs *)posts, &err);
    if (sql == NULL || strcmp(sql, expected) != 0)
        return fprintf(stderr, "%s%s\n", sql != NULL ? sql : "", err.message), 1;
    if (COVET_NEW(arena, Post, &post, &err, Give(Post, title, "x")) != COVET_OK)
        return 1;
    covet_arena_free(arena);
    puts(covet_version());
    return 0;
}
EOF
cat >consumer.cc <<'EOF'
#include <cstdio>
#include <cstring>

#include <covet/covet.h>

#include "sql.h"

struct Post {
    covet_row row;
    int64_t id;
    const char *title;
};

static covet_field field(const char *name, covet_field_kind kind, size_t offset)
{
    covet_field f = {};
    f.name = name;
    f.kind = kind;
    f.offset = offset;
    f.primary_key = kind == COVET_FIELD_BigAuto;
    return f;
}

int main()
{
    const covet_field fields[] = {field("id", COVET_FIELD_BigAuto, offsetof(Post, id)),
                                  field("title", COVET_FIELD_Char, offsetof(Post, title))};
    covet_model model = {};
    model.size = sizeof model;
    model.name = "Post";
    model.db_table = "posts";
    model.row_size = sizeof(Post);
    model.fields = fields;
    model.field_count = 2;
    covet_row_type type = {};
    type.size = sizeof type;
    type.name = "Post";
    type.model = &model;
    type.row_size = sizeof(Post);
    covet_arena *arena = nullptr;
    covet_error err;
    if (covet_model_check(&model, &err) != COVET_OK || covet_arena_new(0, &arena, &err) != COVET_OK)
        return 1;
    const covet_q title = covet_q_kw("title__contains", covet_text("x"));
    const covet_qs *posts =
        covet_qs_limit(covet_qs_filter(covet_qs_new(arena, &type), &title), 5);
    const char *sql = covet_qs_sql(posts, &err);
    if (sql == nullptr || std::strcmp(sql, expected) != 0)
        return std::fprintf(stderr, "%s%s\n", sql != nullptr ? sql : "", err.message), 1;
    covet_arena_free(arena);
    std::puts(covet_version());
    return 0;
}
EOF

# PROGRAM runs, says the version, and needs nothing that is not promised.
check() {
    said=$("$1") || {
        echo "$1: ended with $?"
        exit 1
    }
    [ "$said" = "$version" ] || {
        echo "$1: says $said, not $version"
        exit 1
    }
    nm -D --undefined-only "$1" | awk '{sub(/@.*/, "", $NF); print $NF}' | LC_ALL=C sort -u >needs
    nm -D --defined-only "$lib/libcovet.so" | awk '{sub(/@.*/, "", $NF); print $NF}' |
        LC_ALL=C sort -u | LC_ALL=C comm -12 needs - | LC_ALL=C comm -23 - "$abi" >extra
    if [ -s extra ] || { grep '^covet' needs | LC_ALL=C comm -23 - "$abi" | grep .; }; then
        cat extra
        echo "$1: needs these names, which tools/abi.txt does not promise"
        exit 1
    fi
}

# shellcheck disable=SC2046,SC2086 # flags are words
build_with_pkg_config() {
    shared=$(pkg-config --cflags --libs covet)
    # Our archive, and the shared libraries that it names: libpq's own is not linked
    # statically on Debian, whose libpq.pc names archives that libpq-dev does not hold.
    static="$(pkg-config --cflags covet) $lib/libcovet.a
        $(pkg-config --libs $(pkg-config --print-requires-private covet)) -lpthread -lm"
    cc -std=c11 $warnings -o c-shared consumer.c $shared "-Wl,-rpath,$lib"
    cc -std=c11 $warnings -o c-static consumer.c $static
    c++ -std=c++17 $warnings -o cc-shared consumer.cc $shared "-Wl,-rpath,$lib"
    c++ -std=c++17 $warnings -o cc-static consumer.cc $static
    for program in c-shared c-static cc-shared cc-static; do
        check "./$program"
    done
    if nm -D --undefined-only c-static | grep -q ' covet_'; then
        echo "c-static: is not linked statically"
        exit 1
    fi
}

build_with_cmake() {
    mkdir project
    cp consumer.c consumer.cc sql.h project/
    cat >project/CMakeLists.txt <<'EOF'
cmake_minimum_required(VERSION 3.16)
project(consumer C CXX)
find_package(covet 0.1 REQUIRED)
add_executable(cmake-c consumer.c)
add_executable(cmake-cc consumer.cc)
target_link_libraries(cmake-c covet::covet)
target_link_libraries(cmake-cc covet::covet)
EOF
    {
        cmake -G Ninja -S project -B project/build -DCMAKE_PREFIX_PATH="$work/prefix" &&
            cmake --build project/build
    } >log 2>&1 || {
        cat log
        exit 1
    }
    check project/build/cmake-c
    check project/build/cmake-cc
}

build_with_pkg_config
build_with_cmake
