#!/bin/sh
# tools/check-readme.sh - README.md shows the first program as it is, and leads nowhere wrong.
set -eu
cd "$(dirname "$0")/.."
work=$(mktemp)
trap 'rm -f "$work"' EXIT
sed -n '/^```c$/,/^```$/p' README.md | sed -e '/^```/d' >"$work"
diff "$work" tools/examples/first.c || {
    echo "README.md: the program is not tools/examples/first.c"
    exit 1
}
find . -name README.md ! -path './build/*' ! -path './.git/*' | while read -r page; do
    grep -o '](\([^)]*\))' "$page" | sed -e 's/^](//' -e 's/)$//' -e 's/#.*//' |
        while read -r link; do
            case $link in
            '' | http*) ;;
            *)
                [ -e "$(dirname "$page")/$link" ] || {
                    echo "$page: there is no $link"
                    exit 1
                }
                ;;
            esac
        done
done
