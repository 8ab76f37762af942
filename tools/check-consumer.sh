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
# The file names the prefix that the build was configured for; this one is elsewhere.
prefix="--define-variable=prefix=$work/prefix"
lib=$(pkg-config "$prefix" --variable=libdir covet)
version=$(pkg-config --modversion covet)
warnings='-Wall -Wextra -Wpedantic -Werror'

cat >consumer.c <<'EOF'
#include <stdio.h>

#include <covet/covet.h>

int main(void)
{
    covet_arena *arena = NULL;
    if (covet_arena_new(0, &arena, NULL) != COVET_OK || covet_arena_alloc(arena, 16) == NULL)
        return 1;
    covet_arena_free(arena);
    puts(covet_version());
    return 0;
}
EOF
cp consumer.c consumer.cc

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
    shared=$(pkg-config "$prefix" --cflags --libs covet)
    # Our archive, and the shared libraries that it names: libpq's own is not linked
    # statically on Debian, whose libpq.pc names archives that libpq-dev does not hold.
    static="$(pkg-config "$prefix" --cflags covet) $lib/libcovet.a
        $(pkg-config --libs $(pkg-config "$prefix" --print-requires-private covet)) -lpthread -lm"
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
    cp consumer.c consumer.cc project/
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
