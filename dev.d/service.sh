# up, down, status, logs: the sandbox on loopback.

# Sandbox people whose passwords are known; numbers follow the rules of DOMAIN.md.
person1=001090004821
person2=079185007316
people=1000

cluster() {
    "$root/dev.d/cluster" "$@"
}

ctl() {
    "$build/authctl" -c "$conf" "$@"
}

# Where things are: sets dir, conf, place and what follows from port and --tls.
service_where() { # yes|no (tls)
    tls=$1
    dir=${DEV_DIR:-$root/var}
    [ -d "$dir" ] || { mkdir -p "$dir" && chmod 0711 "$dir"; }
    dir=$(cd "$dir" && pwd -P)
    mkdir -p "$dir/log" "$dir/pid"
    chmod go-rwx "$dir/log"
    conf=$dir/authd.conf
    place=$(cluster place "$dir")
    ca_file=
    if [ "$tls" = yes ]; then
        port=${DEV_PORT:-8443}
        issuer=https://localhost:$port
        ca_file=$place/ca.pem
    else
        port=${DEV_PORT:-8080}
        issuer=http://localhost:$port
    fi
    # Cookies do not tell ports apart: two host names keep the portals' cookies apart.
    portal_url=http://localhost:$((port + 1))
    portal2_url=http://127.0.0.1:$((port + 2))
    api_url=http://localhost:$((port + 3))
}

# When a process began, in clock ticks since boot: with it a number names one process for ever, whatever program
# it executes.
service_began() { # PID
    local fields=
    read -r -d '' fields 2>/dev/null <"/proc/$1/stat" || [ -n "$fields" ] || return 1
    read -r -a fields <<<"${fields##*) }"
    echo "${fields[19]}"
}

service_note() { # NAME PID
    echo "$2 $(service_began "$2")" >"$dir/pid/$1"
}

service_pid() { # NAME: prints the process id of what we started and still runs
    local pid began
    # authctl upgrade puts another process in authd's place, and the place says which
    if [ "$1" = authd ] && [ -s "$dir/pid/authd" ] && pid=$(cat "$(cluster place "$dir")/authd/authd.pid" 2>/dev/null) &&
        [[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = authd* ]]; then
        service_note authd "$pid"
    fi
    # A number left by a crash may belong to somebody else by now.
    read -r pid began 2>/dev/null <"$dir/pid/$1" && [ -n "$began" ] && [ "$(service_began "$pid")" = "$began" ] || return 1
    echo "$pid"
}

service_end() { # NAME SECONDS
    local pid i
    if pid=$(service_pid "$1"); then
        kill -TERM "$pid" 2>/dev/null || true
        for ((i = 0; i < $2 * 10; i++)); do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "$pid" 2>/dev/null || true
    fi
    rm -f "$dir/pid/$1"
}

service_begin() { # NAME COMMAND…: in the background, in a session of its own
    local name=$1
    shift
    setsid "$@" >>"$dir/log/$name.log" 2>&1 </dev/null &
    service_note "$name" $!
}

# Waits until URL answers with 200.
service_wait() { # NAME URL SECONDS
    local i options=(-sS -o /dev/null -f --max-time 5)
    [ -z "$ca_file" ] || options+=(--cacert "$ca_file")
    for ((i = 0; i < $3 * 10; i++)); do
        curl "${options[@]}" "$2" 2>"$dir/log/$1.wait" && return
        if ! service_pid "$1" >/dev/null; then
            tail -n 20 "$dir/log/$1.log" >&2
            die "$1 ended at once" "its log is $dir/log/$1.log"
        fi
        sleep 0.1
    done
    cat "$dir/log/$1.wait" >&2
    tail -n 20 "$dir/log/$1.log" >&2
    die "$1 is not ready after $3 s" "its log is $dir/log/$1.log"
}

service_database() {
    local psql owner
    psql=$(ls -d /usr/lib/postgresql/*/bin/psql | sort -V | tail -n 1)
    owner=$(cat "$dir/secrets/database-owner")
    cluster start "$dir"
    # The password goes in by standard input: arguments can be read by everybody.
    "$psql" -qX -v ON_ERROR_STOP=1 "$(cluster url "$dir")" >/dev/null <<END
SELECT 'CREATE ROLE authd_owner LOGIN CREATEROLE'
    WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'authd_owner') \\gexec
ALTER ROLE authd_owner PASSWORD '$owner';
SELECT 'CREATE DATABASE authd OWNER authd_owner'
    WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'authd') \\gexec
END
    # This cluster is ours alone: whatever is in it belongs to a sandbox.
    "$psql" -qX -v ON_ERROR_STOP=1 "$(cluster url "$dir" authd)" >/dev/null 2>&1 <<END
CREATE SCHEMA IF NOT EXISTS authd_sandbox AUTHORIZATION authd_owner
END
    say postgres "process $(cluster pid "$dir"), below $dir/postgres"
}

# Root's authd becomes this user after it has read its secrets.
service_user() {
    [ "$(id -u)" = 0 ] || return 0
    getent passwd authd >/dev/null ||
        useradd --system --user-group --no-create-home --home-dir /nonexistent \
            --shell /usr/sbin/nologin authd
}

service_clients() {
    local name
    for name in op1 op2 portal1 portal2 records; do
        if [ ! -s "$dir/secrets/client-$name" ]; then
            config_client $name | ctl --json client create --json - >"$dir/log/client.json" ||
                die "client $name could not be registered"
            sed -n 's/.*"client_secret": *"\([^"]*\)".*/\1/p' "$dir/log/client.json" \
                >"$dir/secrets/client-$name"
            # registered with a key: there is no secret to keep
            [ -s "$dir/secrets/client-$name" ] || echo none >"$dir/secrets/client-$name"
            rm -f "$dir/log/client.json"
        fi
        config_client $name | ctl client update $name --json - >/dev/null ||
            die "client $name could not be updated"
    done
    ctl resource add --audience "$api_url" --name "Kho hồ sơ công dân (mẫu)" \
        --scopes "records.read records.write" --client records >/dev/null ||
        die "the records API could not be registered"
    say clients "op1, op2, portal1, portal2, records"
}

service_person() { # NUMBER NAME SEX BIRTHDATE EMAIL PASSWORDFILE PHONE ADDRESS
    ctl identity add --personal-number "$1" --name "$2" --sex "$3" --birthdate "$4" --email "$5" \
        --phone "$7" --address "$8" --level 2 --ground sandbox >/dev/null || die "the person $1 could not be added"
    ctl identity password --personal-number "$1" <"$dir/secrets/$6" >/dev/null ||
        die "the password of $1 could not be set"
}

service_people() {
    if [ ! -e "$dir/secrets/people" ]; then
        service_person $person1 "Nguyễn Văn An" male 1990-03-14 an.nguyen@example.vn password1 \
            01230000001 "12 phố Hàng Bài, phường Cửa Nam, Hà Nội"
        service_person $person2 "Trần Thị Bình" female 1985-11-02 binh.tran@example.vn password2 \
            01230000002 "45 đường Lê Lợi, phường Sài Gòn, Thành phố Hồ Chí Minh"
        ctl identity generate --count $people --seed 1 >/dev/null || die "no people could be made"
        touch "$dir/secrets/people"
    fi
    if [ ! -e "$dir/secrets/sandbox-people" ]; then
        ctl sandbox reset >/dev/null || die "the people of the sandbox could not be made"
        touch "$dir/secrets/sandbox-people"
    fi
    say people "$people generated, two with known passwords; one for every level and state"
}

service_portal() { # portal1|portal2|records
    local run=() try cap
    if [ "$(id -u)" = 0 ]; then
        run=(setpriv --reuid=nobody --regid=nogroup --clear-groups)
        for cap in '' dac_read_search dac_override; do
            try=("${run[@]}" ${cap:+--inh-caps=+$cap --ambient-caps=+$cap})
            "${try[@]}" stat "$build/portal" >/dev/null 2>&1 && run=("${try[@]}") && break
        done
    fi
    config_portal "$1"
    service_begin "$1" "${run[@]}" "$build/portal" --config "$place/$1.conf"
}

help_up() {
    cat <<'END'
usage: ./dev up [--tls] [--detach]

Installs missing Debian packages (apt, as root or by sudo), builds, starts a private PostgreSQL below var/,
applies the migrations, makes keys, starts authd, two demo portals and the API they file to on loopback, and
writes var/dev.env.
Stays in the foreground until Ctrl-C; whatever is already running is restarted.

  --tls      serve https://localhost:8443 with a development certificate instead of http://localhost:8080
  --detach   return when everything is ready; ./dev down stops it

DEV_PORT moves authd; portals and API listen on the next three ports, and the test clients' redirect URIs, where
nothing listens, use the ports 8 and 9 above it.  DEV_DIR moves everything that is written.
END
}

command_up() {
    local detach=no want_tls=no option
    for option in "$@"; do
        case $option in
        --tls) want_tls=yes ;;
        --detach) detach=yes ;;
        *) help_up >&2 && exit 2 ;;
        esac
    done
    packages_install "${packages_run[@]}"
    packages_localhost
    umask 077
    service_where $want_tls
    exec 9>"$dir/lock"
    flock -n 9 || die "another ./dev is starting or stopping this sandbox" "wait for it"
    service_build
    service_end portal1 2 9>&-
    service_end portal2 2 9>&-
    service_end records 2 9>&-
    service_end authd 15 9>&-
    config_secrets
    [ "$tls" != yes ] || { config_tls && cp "$dir/tls/ca.pem" "$ca_file" && chmod 0644 "$ca_file"; }
    service_user
    service_start 9>&-
    exec 9>&-
    service_look
    [ $detach = no ] || return 0
    service_stay
}

service_build() {
    (umask 022 && build_targets='authd authctl portal eid eid_static' build_preset) # not the tests
}

service_start() {
    service_database
    config_authd
    ctl migrate >"$dir/log/migrate.log" 2>&1 || {
        tail -n 20 "$dir/log/migrate.log" >&2
        die "the migrations failed" "see $dir/log/migrate.log"
    }
    say migrations "applied"
    service_begin authd "$build/authd" --sandbox -c "$conf"
    service_wait authd "$issuer/health/ready" 60
    say authd "process $(service_pid authd), $issuer"
    service_clients
    service_people
    service_portal records
    service_portal portal1
    service_portal portal2
    service_wait records "$api_url/" 20
    service_wait portal1 "$portal_url/" 20
    service_wait portal2 "$portal2_url/" 20
    config_env
}

service_look() {
    cat <<END

  Open $portal_url  (or $portal2_url)
  and log in with the personal number $person1, password $(cat "$dir/secrets/password1")
              or with                 $person2, password $(cat "$dir/secrets/password2")

  issuer       $issuer
  API          $api_url (what the portals file goes there)
  for tools    . $dir/dev.env        then: \$AUTHCTL keys list
  sandbox      $issuer/sandbox: people of every kind, a clock to move, faults to order
  logs         $dir/log, ./dev logs
END
}

# In the foreground: until Ctrl-C, or until authd has ended.
service_stay() {
    trap 'trap "" INT TERM; echo; command_down; exit 0' INT TERM
    while service_pid authd >/dev/null; do
        sleep 1 &
        wait $! || true
    done
    warn "authd has ended"
    exit 1
}

help_down() {
    cat <<'END'
usage: ./dev down

Stops portals, authd (which finishes what is in progress) and PostgreSQL.  Data stay in var/.
END
}

command_down() {
    [ $# -eq 0 ] || { help_down >&2 && exit 2; }
    service_where no
    service_end portal1 2
    service_end portal2 2
    service_end records 2
    service_end authd 15
    cluster stop "$dir"
    say stopped "data stay in $dir"
}

help_status() {
    cat <<'END'
usage: ./dev status

Shows what runs.  Exit status 0: everything; 1: not everything.
END
}

command_status() {
    local name pid all=0
    service_where no
    for name in postgres authd portal1 portal2 records; do
        if [ $name = postgres ]; then
            pid=$(cluster pid "$dir") || pid=
        else
            pid=$(service_pid $name) || pid=
        fi
        if [ -n "$pid" ]; then
            say $name "process $pid"
        else
            say $name "not running"
            all=1
        fi
    done
    if [ $all = 0 ]; then
        sed -n "s/^OP_ISSUER='\(.*\)'/  issuer       \1/p" "$dir/dev.env"
    fi
    return $all
}

help_logs() {
    cat <<'END'
usage: ./dev logs [authd|postgres|portal1|portal2|records] [-f]

Shows the end of a log (authd's when none is named); -f follows it.
END
}

command_logs() {
    local name=authd follow=() word
    service_where no
    for word in "$@"; do
        case $word in
        authd | postgres | portal1 | portal2 | records) name=$word ;;
        -f) follow=(-f) ;;
        *) help_logs >&2 && exit 2 ;;
        esac
    done
    tail -n 100 "${follow[@]}" "$dir/log/$name.log"
}
