# What `dev` says: aligned, quiet, one line for each thing done.  Results go to standard output,
# trouble to standard error.

say() { # WHAT TEXT…
    local what=$1
    shift
    printf '  %-12s %s\n' "$what" "$*"
}

warn() {
    printf '  %-12s %s\n' warning "$*" >&2
}

die() { # TEXT [CURE]
    printf 'dev: %s\n' "$1" >&2
    [ $# -lt 2 ] || printf '     %s\n' "$2" >&2
    exit 1
}

# Runs a command quietly; shows the end of what it said only when it fails.
quietly() { # LOG COMMAND…
    local log=$1
    shift
    if ! "$@" >"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        die "failed: $*" "all of it is in $log"
    fi
}
