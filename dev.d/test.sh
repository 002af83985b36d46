# build, test, bench, fuzz, faults, soak.

help_build() {
    cat <<'END'
usage: ./dev build [PRESET]

Installs what is missing and builds to build/ (preset release), or with debug, asan, fuzz or coverage to
build-PRESET/; the tests too where libcmocka-dev is installed (./dev test installs it).
BUILD_DIR names another directory.
END
}

command_build() {
    local packages=("${packages_run[@]}")
    [ "${1:-}" != fuzz ] || packages+=("${packages_fuzz[@]}")
    case ${1:-release} in
    release | debug | asan | fuzz | coverage) packages_install "${packages[@]}" ;;
    *) help_build >&2 && exit 2 ;;
    esac
    build_preset "$@"
}

build_preset() { # [PRESET]; only $build_targets when that is set
    local preset=${1:-release} to log options=()
    case $preset in
    release) to=$build ;;
    *) to=${BUILD_DIR:-$root/build}-$preset ;;
    esac
    mkdir -p "$to"
    log=$to/dev-build.log
    ! command -v ccache >/dev/null || options=(-DCMAKE_C_COMPILER_LAUNCHER=ccache)
    (
        cd "$root"
        exec 8>"$to/dev-build.lock" # two runs may want the same build
        flock 8
        quietly "$log" cmake --preset "$preset" -B "$to" "${options[@]}"
        # shellcheck disable=SC2086
        quietly "$log" cmake --build "$to" ${build_targets:+--target $build_targets}
    )
    say build "$to"
}

help_test() {
    cat <<'END'
usage: ./dev test [NAME…]

Builds and runs the tests, plain and under AddressSanitizer and UBSan; the last line counts them.
NAME is a suite (unit, flow, browser, interop, faults, storm) or a part of tests' names; without one everything runs.
Results in JUnit form and screenshots are left in build/results/.
END
}

test_is_suite() {
    case $1 in
    unit | flow | browser | interop | faults | storm) return 0 ;;
    *) return 1 ;;
    esac
}

# One run of ctest (unit, store, fuzz corpora) in one build.
test_unit() { # BUILDDIR LABEL FILTER
    local report=$results/unit-$2.xml
    expected+=("$report")
    say unit "$2"
    # Leaks are looked for too: whoever allocates for good says so in the test.
    (cd "$1" && ctest -j2 --output-junit "$report" ${3:+-R "$3"} >"$results/unit-$2.log" 2>&1) || true
}

# One run of pytest over one folder of tests/, against the programs of one build.  Most of what stories do is
# wait, so several run at once: each worker has a PostgreSQL and an authd of its own.  What hangs is named after fifteen
# minutes.
test_pytest() { # FOLDER BUILDDIR LABEL FILTER [OPTION…]
    local folder=$1 programs=$2 label=$3 filter=$4 report=$results/${1//\//-}-$3.xml
    shift 4
    expected+=("$report")
    say "$folder" "$label"
    BUILD_DIR=$programs RESULTS_DIR=$results PYTHONDONTWRITEBYTECODE=1 \
        /usr/bin/python3 -m pytest -p no:cacheprovider -q -ra --timeout 900 --rootdir "$root/tests" \
        --junitxml "$report" -o junit_family=xunit1 ${filter:+-k "$filter"} "$@" "$root/tests/$folder" \
        >"${report%.xml}.log" 2>&1 || true
}

test_suite() { # SUITE
    case $1 in
    unit)
        test_unit "$build" plain "$filter_c"
        test_unit "$build-asan" asan "$filter_c"
        ;;
    flow)
        test_pytest flow "$build" plain "$filter_py" -n 4 --dist loadfile
        test_pytest flow "$build-asan" asan "$filter_py" -n 4 --dist loadfile
        ;;
    browser) test_pytest browser "$build" plain "$filter_py" -n 2 --dist loadfile ;;
    *) test_pytest "$1" "$build" plain "$filter_py" ;;
    esac
}

command_test() {
    local suites=() names=() filter_c='' filter_py='' name suite beside=() modules
    for name in "$@"; do
        if test_is_suite "$name"; then suites+=("$name"); else names+=("$name"); fi
    done
    [ ${#suites[@]} -gt 0 ] || suites=(unit interop browser flow faults storm)
    for name in "${names[@]}"; do
        filter_c+=${filter_c:+|}$name
        filter_py+="${filter_py:+ or }$name"
    done
    # shellcheck disable=SC2046  # names of packages, separated by blanks
    packages_install "${packages_run[@]}" "${packages_test[@]}" $(packages_node)
    packages_localhost
    service_user
    build_preset release
    modules=$("$root/tests/node/install" "$build")
    say node "$modules"
    results=$build/results
    rm -rf "$results"
    mkdir -p "$results"
    expected=()
    # The storm of rotations takes minutes, the story of faults half of one, other programs beside us one, and nearly
    # all of it is waiting: they run beside everything else.
    for suite in storm faults interop; do
        case " ${suites[*]} " in
        *" $suite "*)
            test_pytest $suite "$build" plain "$filter_py" &
            beside+=($!)
            expected+=("$results/$suite-plain.xml")
            ;;
        esac
    done
    build_preset asan
    for suite in "${suites[@]}"; do
        case $suite in
        storm | faults | interop) ;;
        *) test_suite "$suite" ;;
        esac
    done
    [ ${#beside[@]} -eq 0 ] || wait "${beside[@]}"
    /usr/bin/python3 "$root/dev.d/summary.py" ${names[0]:+--some} "${expected[@]}"
}

help_bench() {
    cat <<'END'
usage: ./dev bench [--quick] [--json] [--out DIR]

Prints ratios of our work to the machine's own limit, measured in one run, and the limits; --out writes them as
DIR/performance.json and as a chart, DIR/performance.svg.  See docs/performance.md and tests/bench/README.md.
END
}

command_bench() {
    packages_install "${packages_run[@]}" "${packages_bench[@]}" >&2
    build_preset release >&2
    BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/tests/bench/bench.py" "$@"
}

help_population() {
    cat <<'END'
usage: ./dev population [--json] [--keep] [--until HH:MM] [N…]        N: 1000 1000000 unless given

Loads the first N generated people into one database and as many as the largest N into another, says how fast and how
large, and measures at each N what the statements of a log-in cost, in both in turns.  15000000 needs 45 GB below
$TMPDIR and one to two hours; at --until, or when less than 14 GB are free, what is there is measured.
See docs/performance.md.
END
}

command_population() {
    packages_install "${packages_run[@]}" "${packages_bench[@]}" >&2
    build_preset release >&2
    BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/tests/bench/population.py" "$@"
}

help_abi() {
    cat <<'END'
usage: ./dev abi [--accept]

Compares libeid with the baseline of its last release (client-lib/abi/): adding is allowed, removing and
changing is refused.  --accept writes the baseline anew: at a release, and only then.
END
}

command_abi() {
    packages_install "${packages_run[@]}" abigail-tools
    build_targets=eid build_preset release
    if [ "${1:-}" = --accept ]; then
        "$root/tests/tools/check_abi" --accept "$build/client-lib/libeid.so" "$root"
        say abi "client-lib/abi/libeid.abi is this library's now"
    else
        "$root/tests/tools/check_abi" "$build/client-lib/libeid.so" "$root"
        say abi "nothing that was released is missing or changed"
    fi
}

help_fuzz() {
    cat <<'END'
usage: ./dev fuzz [TARGET|all] [SECONDS]
       ./dev fuzz faults [SECONDS [SEED]]

Runs one fuzz target, or all in turn, for SECONDS of processor time each (60), under the sanitizers.  What is found
is left in build-fuzz/found/.  The committed corpora run in ./dev test, too.

faults is of another kind: allocations and calls of libcrypto and libpq fail by seed in a real authd
(tests/fuzz/faults).  SEED begins there; SECONDS 0 with SEED tells that one round again.
END
}

command_fuzz() {
    local want=${1:-all} seconds=${2:-60} target name status=0
    if [ "$want" = faults ]; then
        packages_install "${packages_run[@]}" "${packages_test[@]}"
        service_user
        build_preset release
        shift
        BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/tests/fuzz/faults/faults.py" "$@"
        return
    fi
    packages_install "${packages_run[@]}" "${packages_test[@]}" "${packages_fuzz[@]}"
    build_targets=fuzz_targets build_preset fuzz
    mkdir -p "$build-fuzz/found" "$build-fuzz/corpus"
    for target in "$build-fuzz"/tests/fuzz/fuzz_*; do
        [ -f "$target" ] && [ -x "$target" ] || continue
        name=$(basename "$target")
        [ "$want" = all ] || [ "$want" = "$name" ] || [ "fuzz_$want" = "$name" ] || continue
        fuzz_one "$target" "$name" "$seconds" || status=1
    done
    return $status
}

# User and system time so far; 0 for a process that has ended.
processor_seconds() { # PID
    local fields
    read -r -a fields <"/proc/$1/stat" 2>/dev/null || { echo 0 && return; }
    echo $(((fields[13] + fields[14]) / $(getconf CLK_TCK)))
}

fuzz_one() { # TARGET NAME SECONDS
    local corpus=$build-fuzz/corpus/$2 seeds=$root/tests/fuzz/corpus/${2#fuzz_} options=()
    mkdir -p "$corpus"
    [ ! -e "$root/tests/fuzz/${2#fuzz_}.dict" ] || options+=(-dict="$root/tests/fuzz/${2#fuzz_}.dict")
    [ ! -d "$seeds" ] || options+=("$seeds")
    "$1" -artifact_prefix="$build-fuzz/found/$2-" -print_final_stats=1 \
        "$corpus" "${options[@]}" >"$build-fuzz/found/$2.log" 2>&1 &
    while [ "$(processor_seconds $!)" -lt "$3" ] && kill -0 $! 2>/dev/null; do sleep 0.5; done
    kill -USR1 $! 2>/dev/null || true # to libFuzzer: end after this input, and well
    if wait $!; then
        say "$2" "nothing found in $3 s"
    else
        say "$2" "FOUND something: $build-fuzz/found/$2.log"
        return 1
    fi
}

help_flood() {
    cat <<'END'
usage: ./dev flood [--quick] [SCENARIO…]

Promise 9, by force: floods against an authd configured as in production, while honest people, portals and operators
go on; all scenarios, or logins, pages, pushes, refreshes, strangers, deaf, garbage, abuser, idle-tls, strangers-tls,
logins-tls.  --quick: a tenth of everything, 4 s each.  Exit status 1 when a demand is not met.  tests/flood/README.md.
END
}

command_flood() {
    packages_install "${packages_run[@]}" "${packages_test[@]}" >&2
    build_preset release >&2
    BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/tests/flood/flood.py" "$@"
}

help_coverage() {
    cat <<'END'
usage: ./dev coverage [FOLDER…]

Builds with counters (build-coverage/), runs unit and flow tests there, and prints how many lines of each room were
reached; with folders, their unreached lines.  What is left and why: docs/coverage.md.
END
}

command_coverage() {
    packages_install "${packages_run[@]}" "${packages_test[@]}"
    service_user
    build_preset coverage
    if [ $# -eq 0 ] || [ -z "$(find "$build-coverage" -name '*.gcda' -print -quit)" ]; then
        find "$build-coverage" -name '*.gcda' -delete
        # What needs a closed sandbox can't hold in this build: failures are the other builds' to judge.
        (cd "$build-coverage" && ctest -j2 >dev-test.log 2>&1) || true
        BUILD_DIR=$build-coverage PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 -m pytest -p no:cacheprovider -q \
            --rootdir "$root/tests" -n 3 --dist loadfile "$root/tests/flow" >>"$build-coverage/dev-test.log" 2>&1 || true
    fi
    /usr/bin/python3 "$root/tests/coverage/report.py" "$build-coverage" "$root" "$@"
}

help_upgrade() {
    cat <<'END'
usage: ./dev upgrade [COMMIT]

Rehearses an upgrade: the version before the newest migration (or COMMIT) serves, the schema is migrated under load, the
program replaced, all processes exchanged without one failed request; then two nodes of different versions on one
database take each other's sessions, codes and tokens.  Exit status: 0 all held, 1 something did not, 2 there is nothing
to rehearse with.
END
}

command_upgrade() {
    packages_install "${packages_run[@]}" "${packages_test[@]}" >&2
    build_preset release >&2
    BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 "$root/tests/upgrade/run" "$@"
}

help_faults() {
    cat <<'END'
usage: ./dev faults [--minutes N] [--seed S] [--keep DIR] [FAULT…]
       ./dev faults --check HISTORY

Runs two nodes on one database under load for N minutes (5) while processes, database, disk, clocks and network are
broken in random order; fails when what was acknowledged is lost, what was ended works again, or an answer is a 500.
A run that finds something keeps history, logs and seed.  Faults are listed by a wrong name; tests/faults/README.md.
END
}

command_faults() {
    packages_install "${packages_run[@]}" "${packages_test[@]}" >&2
    build_preset release >&2
    BUILD_DIR=$build PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "$root/tests/faults/run.py" "$@"
}

help_soak() {
    cat <<'END'
usage: ./dev soak [MINUTES]

Runs the fault campaign (./dev faults) for MINUTES (10), and fails also when the memory of authd keeps growing.
END
}

command_soak() {
    command_faults --memory --minutes "${1:-10}"
}
