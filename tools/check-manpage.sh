#!/bin/sh
# tools/check-manpage.sh TOOL - every command and option that --help names is in the man page.
set -eu
tool=$1
page=$(dirname "$0")/man/$(basename "$tool").1
bad=0

# The entries of a command, up to the next one's.
entry() {
    awk -v head=".It Nm Cm $1" '
        /^\.It Nm Cm / || /^\.S[sh] / { in_it = index($0 " ", head " ") == 1 }
        in_it' "$page"
}

options() { sed -n '/^Options/,$s/^ *\(-[a-z], \)*--\([a-z][a-z-]*\).*/\2/p'; }

commands=$("$tool" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z ]*[a-z]\)  .*/\1/p')
[ -n "$commands" ] || { echo "$tool --help lists no commands"; exit 1; }
shared=$("$tool" --help | options)
while read -r command; do
    text=$(entry "$command")
    [ -n "$text" ] || { echo "$page: nothing of $command"; bad=1; }
    # shellcheck disable=SC2086
    for option in $("$tool" $command --help | options); do
        case " $(echo $shared) " in *" $option "*) text=$(cat "$page") ;; *) text=$(entry "$command") ;; esac
        printf '%s\n' "$text" | grep -q -e "Fl Fl $option\$" -e "Fl Fl $option " || {
            echo "$page: $command: nothing of --$option"
            bad=1
        }
    done
done <<END
$commands
END
exit $bad
