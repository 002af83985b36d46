# An empty Debian 12 in a directory, reached like this machine's own archives.  Sourced by tests/fresh/run and
# tests/packages/run.

say() { printf '  %-12s %s\n' "$1" "$2"; }

debian_make() { # DIRECTORY
    local base=$1 mirror part
    # The first Debian archive this machine uses for bookworm.
    mirror=$(apt-get indextargets --format '$(SITE) $(RELEASE)' 2>/dev/null |
        awk '$2 == "bookworm" { print $1; exit }')
    [ -n "$mirror" ] || { echo "fresh: apt has no source for bookworm" >&2 && exit 1; }
    say debootstrap "bookworm"
    debootstrap --variant=minbase bookworm "$base" "$mirror" >"$base.log" 2>&1 ||
        { tail -n 20 "$base.log" >&2 && exit 1; }
    rm -f "$base.log"
    for part in sources.list sources.list.d trusted.gpg.d keyrings auth.conf.d; do
        [ -e "/etc/apt/$part" ] || continue
        rm -rf "$base/etc/apt/$part"
        cp -a "/etc/apt/$part" "$base/etc/apt/$part"
    done
    # Of apt's settings only how archives are reached.
    { grep -l -s -r Acquire /etc/apt/apt.conf /etc/apt/apt.conf.d || true; } | while read -r part; do
        cp "$part" "$base/etc/apt/apt.conf.d/"
    done
    cp -L /etc/resolv.conf "$base/etc/resolv.conf"
    [ ! -d /usr/local/share/ca-certificates ] ||
        cp -a /usr/local/share/ca-certificates "$base/usr/local/share/"
}
