# Everything `./dev up` writes below DEV_DIR: secrets, the development certificate, authd.conf, the portals'
# settings, dev.env.  Made once and kept: secrets, certificates, clients, people.  Written anew each time:
# what depends on the port and on --tls.

config_secret() { # NAME BYTES: a file of hex digits that only we can read
    local file=$dir/secrets/$1
    [ -s "$file" ] || od -An -tx1 -N"$2" /dev/urandom | tr -d ' \n' >"$file"
}

config_secrets() {
    local role
    mkdir -p "$dir/secrets"
    config_secret master.key 32
    config_secret ledger.key 32
    for role in owner web verifier clerk courier admin; do
        config_secret "database-$role" 24
    done
    config_secret password1 10
    config_secret password2 10
}

# The certificate authority and the certificate of localhost.
config_tls() {
    local tls=$dir/tls
    mkdir -p "$tls"
    if [ ! -s "$tls/ca.pem" ]; then
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 3650 \
            -subj "/CN=authd development CA" -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
            -addext "keyUsage=critical,keyCertSign,cRLSign" \
            -keyout "$tls/ca.key" -out "$tls/ca.pem" 2>/dev/null
        rm -f "$tls/localhost.pem"
    fi
    if ! openssl x509 -in "$tls/localhost.pem" -noout -checkend 2592000 >/dev/null 2>&1; then
        printf '%s\n' "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" \
            "basicConstraints=critical,CA:FALSE" "keyUsage=critical,digitalSignature" \
            "extendedKeyUsage=serverAuth" >"$tls/extensions"
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=localhost" \
            -keyout "$tls/localhost.key" -out "$tls/localhost.csr" 2>/dev/null
        openssl x509 -req -in "$tls/localhost.csr" -CA "$tls/ca.pem" -CAkey "$tls/ca.key" \
            -days 397 -extfile "$tls/extensions" -out "$tls/localhost.pem" 2>/dev/null
        rm -f "$tls/localhost.csr" "$tls/extensions"
    fi
    chmod 0644 "$tls/ca.pem"
    say certificate "$tls/ca.pem signs https://localhost"
}

config_role() { # NAME
    printf '    %s {\n        user = "authd_%s"\n        password_file = "%s"\n    }\n' \
        "$1" "$1" "$dir/secrets/database-$1"
}

# The development configuration: every way in which it is weaker than production is an option with a name.
config_authd() {
    local user='' tls_lines=''
    [ "$(id -u)" != 0 ] || user=authd
    if [ "$tls" = yes ]; then
        tls_lines="
    tls_certificate_file = \"$dir/tls/localhost.pem\"
    tls_key_file = \"$dir/tls/localhost.key\""
    fi
    mkdir -p "$place/authd"
    [ -z "$user" ] || chown "$user" "$place/authd"
    cat >"$conf" <<END
# Development only; written by ./dev up.  See authd.conf(5).
issuer = "$issuer"
user = "$user"
run_dir = "$place/authd"
server {
    listen = "127.0.0.1:$port"
    connections_per_address = 0$tls_lines
}
database {
    host = "$place/pg"
    name = "authd"
$(for role in owner web verifier clerk courier admin; do config_role $role; done)
}
keys {
    master_key_file = "$dir/secrets/master.key"
    # short, so that one can watch a rotation
    jwks_max_age_s = 30
    publish_min_s = 40
}
erasures {
    ledger_file = "$dir/erasures"
    key_file = "$dir/secrets/ledger.key"
}
metrics {
    listen = "127.0.0.1:$((port + 6))"
}
development {
    login_throttle = false
    http_loopback_redirects = true
    courier_loopback = true
    sandbox = true
}
END
}

# Registration metadata of the two clients for tools and tests, of the two portals and their API.
config_client() { # op1|op2|portal1|portal2|records
    local logout='' asks='' name=$1 vi en uri base scope="openid profile email offline_access"
    local auth='"token_endpoint_auth_method": "client_secret_basic",'
    en="Sandbox $name"
    case $name in
    op1) base=http://localhost:$((port + 8)) vi="Khách thử nghiệm 1" uri=$base/callback ;;
    # another host name: another sector, so other names for the same people
    op2) base=http://127.0.0.1:$((port + 9)) vi="Khách thử nghiệm 2" uri=$base/callback ;;
    portal1)
        base=$portal_url vi="Cổng đăng ký cư trú" en="Residence registration" uri=$base/callback
        asks='"agency": "Ward police (sample)", "agency#vi": "Công an phường (mẫu)",
  "purpose": "To register where you live", "purpose#vi": "Đăng ký thường trú, tạm trú",
  "claim_purposes": {"urn:authd:personal_number": "To find you in the population register",
    "address": "To compare it with your application", "phone_number": "To reach you about your application"},
  "claim_purposes#vi": {"urn:authd:personal_number": "Tìm bạn trong cơ sở dữ liệu dân cư",
    "address": "Đối chiếu với tờ khai của bạn", "phone_number": "Liên hệ với bạn về hồ sơ"},'
        ;;
    portal2)
        base=$portal2_url vi="Cổng đăng ký kinh doanh" en="Business licence" uri=$base/callback
        asks='"agency": "Department of Finance (sample)", "agency#vi": "Sở Tài chính (mẫu)",
  "purpose": "To register a household business", "purpose#vi": "Đăng ký hộ kinh doanh",
  "claim_purposes": {"urn:authd:personal_number": "To enter the owner in the business register",
    "email": "To send you the certificate"},
  "claim_purposes#vi": {"urn:authd:personal_number": "Ghi tên chủ hộ vào sổ đăng ký kinh doanh",
    "email": "Gửi giấy chứng nhận cho bạn"},'
        ;;
    records) config_api_client && return ;;
    esac
    case $name in
    op1) logout="\"post_logout_redirect_uris\": [\"$base/logged-out\"]," ;;
    portal*)
        asks+=" \"logo\": \"$(base64 -w0 "$root/dev.d/logos/$name.png")\", \"client_uri\": \"$base/\","
        logout="\"post_logout_redirect_uris\": [\"$base/logged-out\"],
  \"backchannel_logout_uri\": \"$base/backchannel-logout\", \"backchannel_logout_session_required\": true,"
        scope="$scope phone address personal_number records.read records.write"
        # a key of its own instead of a shared secret, and nothing of a request in the browser's address
        auth="\"token_endpoint_auth_method\": \"private_key_jwt\", \"jwks\": $(config_portal_jwks "$name"),
  \"require_pushed_authorization_requests\": true,"
        ;;
    esac
    cat <<END
{
  "client_id": "$name",
  "client_name": "$en",
  "client_name#vi": "$vi",
  $asks
  "redirect_uris": ["$uri"],
  $logout
  "grant_types": ["authorization_code", "refresh_token"],
  "response_types": ["code"],
  $auth
  "scope": "$scope"
}
END
}

# The public half of a portal's key, which is made when it is first asked for.
config_portal_jwks() { # portal1|portal2
    local key=$dir/secrets/key-$1
    [ -s "$key" ] || "$build/portal" --new-key >"$key" || die "no key could be made for $1"
    "$build/portal" --public-keys <"$key"
}

# The API asks whether a token still holds; it logs nobody in.
config_api_client() {
    cat <<END
{
  "client_id": "records",
  "client_name": "Citizens' applications (sample API)",
  "client_name#vi": "Kho hồ sơ công dân (mẫu)",
  "redirect_uris": [],
  "grant_types": ["client_credentials"],
  "response_types": [],
  "token_endpoint_auth_method": "client_secret_basic"
}
END
}

# Settings of a demo portal, or of the API, readable by the user it runs as.
config_portal() { # portal1|portal2|records
    local name=$1 file=$place/$1.conf key=$place/$1.key
    rm -f "$file" "$key"
    [ "$name" = records ] || cp "$dir/secrets/key-$name" "$key"
    {
        cat <<END
ISSUER=$issuer
CLIENT_ID=$name
CA_FILE=$ca_file
ROOT_JWK=$(ctl --json keys root | tr -d '\n ')
SUBMIT_MAX_AGE_S=300
END
        case $name in
        portal1)
            printf '%s\n' SERVICE=residence "LISTEN=127.0.0.1:$((port + 1))" "BASE_URL=$portal_url" \
                "SCOPE=openid profile email phone address personal_number records.read records.write" \
                ACCOUNT_LEVEL=2 SUBMIT_MAX_AGE_S=0 "API_URL=$api_url" "CLIENT_KEY_FILE=$key"
            ;;
        portal2)
            printf '%s\n' SERVICE=business "LISTEN=127.0.0.1:$((port + 2))" "BASE_URL=$portal2_url" \
                "SCOPE=openid profile phone records.read records.write" "API_URL=$api_url" \
                "CLIENT_KEY_FILE=$key"
            ;;
        records)
            printf '%s\n' SERVICE=records "LISTEN=127.0.0.1:$((port + 3))" "BASE_URL=$api_url" \
                "CLIENT_SECRET=$(cat "$dir/secrets/client-records")"
            ;;
        esac
    } >"$file"
    [ "$(id -u)" != 0 ] || { chown nobody "$file" && { [ ! -e "$key" ] || chown nobody "$key"; }; }
}

config_quote() {
    printf "'%s'" "${1//\'/\'\\\'\'}"
}

# dev.env: what tools and tests need to know, for `. var/dev.env`.
config_env() {
    local file=$dir/dev.env
    {
        printf 'OP_ISSUER=%s\n' "$(config_quote "$issuer")"
        [ "$tls" != yes ] || printf 'OP_CA_FILE=%s\n' "$(config_quote "$ca_file")"
        printf 'OP_CLIENT_ID=op1\nOP_CLIENT_SECRET=%s\n' "$(config_quote "$(cat "$dir/secrets/client-op1")")"
        printf 'OP_REDIRECT_URI=%s\n' "$(config_quote "http://localhost:$((port + 8))/callback")"
        printf 'OP_CLIENT2_ID=op2\nOP_CLIENT2_SECRET=%s\n' \
            "$(config_quote "$(cat "$dir/secrets/client-op2")")"
        printf 'OP_CLIENT2_REDIRECT_URI=%s\n' "$(config_quote "http://127.0.0.1:$((port + 9))/callback")"
        printf 'OP_POST_LOGOUT_URI=%s\n' "$(config_quote "http://localhost:$((port + 8))/logged-out")"
        printf 'OP_USER=%s\nOP_PASSWORD=%s\n' "$person1" "$(config_quote "$(cat "$dir/secrets/password1")")"
        printf 'OP_USER2=%s\nOP_PASSWORD2=%s\n' "$person2" "$(config_quote "$(cat "$dir/secrets/password2")")"
        printf 'PORTAL_URL=%s\nPORTAL2_URL=%s\nAPI_URL=%s\n' "$portal_url" "$portal2_url" "$api_url"
        printf 'AUTHCTL=%s\n' "$(config_quote "$build/authctl -c $conf")"
        printf 'DATABASE_URL=%s\n' "$(config_quote "$(cluster url "$dir" authd)")"
        printf 'AUTHD_PID=%s\nPOSTGRES_PID=%s\n' "$(service_pid authd)" "$(cluster pid "$dir")"
    } >"$file.new"
    mv "$file.new" "$file"
}
