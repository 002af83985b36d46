# The Debian packages each command needs.  Installed only when missing; apt-get is not called otherwise.

# What building and `./dev up` need.
packages_run=(
    ca-certificates curl openssl
    gcc libc6-dev cmake ninja-build pkg-config
    libssl-dev libjwt-dev libjansson-dev libcurl4-openssl-dev libevent-dev libpq-dev
    libargon2-dev libseccomp-dev libconfuse-dev libutf8proc-dev
    postgresql-15 postgresql-client-15
)
# What `./dev test` needs beside these.
packages_test=(
    ccache g++ git libasan8 libubsan1 libcmocka-dev procps
    python3 python3-pytest python3-pytest-timeout python3-pytest-xdist python3-requests python3-cryptography
    python3-psycopg2 python3-selenium python3-authlib chromium chromium-driver fonts-dejavu-core
    apache2-bin libapache2-mod-auth-openidc python3-flask nginx libnginx-mod-stream mandoc
    systemd dpkg-dev file prometheus abigail-tools valgrind
)
# Node comes with npm or without, from Debian or from elsewhere: what is there already is used.
packages_node() { # prints what is lacking of both
    command -v node >/dev/null || printf 'nodejs '
    command -v npm >/dev/null || printf 'npm '
}
packages_fuzz=(clang libclang-rt-14-dev)
packages_bench=(python3 python3-requests python3-psycopg2)

packages_missing() { # PACKAGE… : prints those that are not installed
    local package
    for package in "$@"; do
        case $(dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null) in
        ii*) ;;
        *) printf '%s ' "$package" ;;
        esac
    done
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        die "root rights are needed to run: $*" "run it yourself as root, or install sudo"
    fi
}

# Debian's packages of PostgreSQL make a cluster of their own when installed.  We want none; whoever has
# PostgreSQL already keeps what is there.
packages_no_main_cluster() {
    local conf=/etc/postgresql-common/createcluster.conf
    [ -e $conf ] && return
    as_root sh -c "mkdir -p /etc/postgresql-common &&
        printf 'create_main_cluster = false\n' >$conf"
}

packages_install() { # PACKAGE…
    local missing
    missing=$(packages_missing "$@")
    if [ -z "$missing" ]; then
        say packages "all installed"
        return
    fi
    command -v apt-get >/dev/null ||
        die "missing packages: $missing" "this machine has no apt-get: install them by other means"
    say packages "installing $(wc -w <<<"$missing"): $(cut -c1-70 <<<"$missing")…"
    case " $missing" in
    *" postgresql-15 "*) packages_no_main_cluster ;;
    esac
    # shellcheck disable=SC2086  # names of packages, separated by blanks
    packages_apt $missing
}

# No service of these packages is started, or at the next boot: tests run their own.
packages_apt() {
    local log
    log=$(mktemp)
    # shellcheck disable=SC2016
    if ! as_root env DEBIAN_FRONTEND=noninteractive sh -c '
            policy=/usr/sbin/policy-rc.d
            if [ ! -e $policy ]; then
                trap "rm -f $policy" EXIT
                printf "#!/bin/sh\nexit 101\n" >$policy && chmod 0755 $policy
            fi
            apt-get -q update && apt-get -q -y --no-install-recommends \
                -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold install "$@" || exit
            case " $* " in
            *" nginx "*) ! command -v systemctl >/dev/null || systemctl disable nginx || true ;;
            esac' sh "$@" >"$log" 2>&1 </dev/null; then
        tail -n 30 "$log" >&2
        die "apt-get could not install them" "all of it is in $log"
    fi
    rm -f "$log"
}

# A bare chroot may not even know localhost.
packages_localhost() {
    getent ahosts localhost >/dev/null && return
    say hosts "adding localhost to /etc/hosts"
    as_root sh -c 'printf "127.0.0.1 localhost\n::1 localhost\n" >>/etc/hosts'
}
