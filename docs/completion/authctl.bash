# Completion of authctl for bash: commands, their options, files.  tests/unit/command/commands_test.c compares
# it with the table of commands.
declare -A _authctl_options=(
    ["status"]=""
    ["tasks"]=""
    ["migrate"]="--dry-run"
    ["keys list"]="--all"
    ["keys rotate"]="--alg --dry-run --now --force --at"
    ["keys revoke"]="--reason"
    ["keys schedule"]=""
    ["keys history"]=""
    ["keys root"]=""
    ["keys rewrap"]=""
    ["identity add"]="--personal-number --name --birthdate --sex --phone --email --address --organisation-code --level --issued --ground --json"
    ["identity show"]="--personal-number --reason"
    ["identity activate"]="--personal-number --ground"
    ["identity lock"]="--personal-number --ground"
    ["identity unlock"]="--personal-number --ground"
    ["identity close"]="--personal-number --ground"
    ["identity password"]="--personal-number"
    ["identity generate"]="--count --seed --password-for-first"
    ["client create"]="--json"
    ["client list"]=""
    ["client show"]=""
    ["client update"]="--json"
    ["client disable"]="--reason"
    ["client rotate-secret"]="--overlap-s"
    ["resource add"]="--audience --name --scopes --client --no-introspection"
    ["resource list"]=""
    ["session list"]="--personal-number"
    ["session end"]="--personal-number --session --reason"
    ["consent withdraw"]="--personal-number --client --reason"
)

_authctl() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local own="--config --socket --json --yes --help --version"
    local words=() i word command
    COMPREPLY=()
    case $previous in
    -c | --config | --socket)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --alg)
        mapfile -t COMPREPLY < <(compgen -W "ES256 EdDSA PS256 RS256" -- "$current")
        return
        ;;
    --sex)
        mapfile -t COMPREPLY < <(compgen -W "male female" -- "$current")
        return
        ;;
    esac
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config | --socket) ((i++)) ;;
        -*) ;;
        *) words+=("${COMP_WORDS[i]}") ;;
        esac
    done
    for command in "${words[0]-} ${words[1]-}" "${words[0]-}"; do
        if [[ -v _authctl_options[$command] ]]; then
            if [[ $previous = --json && " ${_authctl_options[$command]} " = *" --json "* ]]; then
                mapfile -t COMPREPLY < <(compgen -f -- "$current")
            else
                mapfile -t COMPREPLY < <(compgen -W "${_authctl_options[$command]} $own" -- "$current")
            fi
            return
        fi
    done
    local candidates=()
    for command in "${!_authctl_options[@]}"; do
        if [[ ${#words[@]} -eq 0 ]]; then
            candidates+=("${command%% *}")
        elif [[ ${command%% *} = "${words[0]}" && $command = *" "* ]]; then
            candidates+=("${command#* }")
        fi
    done
    [[ $current != -* ]] || candidates=($own)
    mapfile -t COMPREPLY < <(printf '%s\n' "${candidates[@]}" | sort -u | while read -r word; do
        [[ $word = "$current"* ]] && printf '%s\n' "$word"
    done)
}
complete -F _authctl authctl
