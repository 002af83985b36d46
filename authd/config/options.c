/* Every option there is.  A row is all that an option needs: config.c reads and checks by it, and
 * authd.conf(5) is compared with it.  Must not know what an option does. */
#include "config/options.h"

#define AT(field) offsetof(struct config, field)
#define MUST NULL
#define TEXT(name, field, value, help)                                                             \
    {                                                                                              \
        name, OPTION_TEXT, AT(field), value, 0, 0, 0, help                                         \
    }
#define NUMBER(name, field, value, min, max, help)                                                 \
    {                                                                                              \
        name, OPTION_NUMBER, AT(field), NULL, value, min, max, help                                \
    }
#define FLAG(name, field, value, help)                                                             \
    {                                                                                              \
        name, OPTION_FLAG, AT(field), NULL, value, 0, 1, help                                      \
    }
#define ROLE(name, field, value)                                                                   \
    TEXT("database." name ".user", field.user, value, "PostgreSQL role of this process"),          \
        TEXT("database." name ".password_file", field.password_file, "",                           \
             "file or credential:NAME with its password; empty for peer authentication")

#define DAY 86400L
#define YEAR (366 * DAY)

static const struct option all[] = {
    TEXT("issuer", issuer, MUST,
         "issuer identifier: https URL without trailing slash; http only on loopback"),
    TEXT("user", user, "", "system user to become when started as root; empty to stay"),
    TEXT("run_dir", run_dir, "/run/authd", "directory of the control socket authctl.sock"),

    TEXT("server.listen", listen, "127.0.0.1:8080", "address and port to serve"),
    TEXT("server.tls_certificate_file", tls_certificate_file, "",
         "PEM certificate chain; without one only loopback is served"),
    TEXT("server.tls_key_file", tls_key_file, "", "PEM private key of the certificate"),
    TEXT("server.trusted_proxy", trusted_proxy, "",
         "address whose X-Forwarded-For and X-Forwarded-Proto are believed; empty for none"),
    NUMBER("server.header_max", header_max, 16384, 2048, 65536,
           "bytes of request line and headers"),
    NUMBER("server.head_timeout_ms", head_timeout_ms, 10000, 100, 120000,
           "from the first byte of a request to the end of its head"),
    NUMBER("server.body_timeout_ms", body_timeout_ms, 10000, 100, 120000,
           "from the end of the head to the end of the body"),
    NUMBER("server.idle_timeout_ms", idle_timeout_ms, 60000, 100, 600000,
           "how long a kept connection may be silent"),
    NUMBER("server.request_timeout_ms", request_timeout_ms, 10000, 100, 120000,
           "longest time a request is worked on"),
    NUMBER("server.connections_max", connections_max, 16384, 1, 100000,
           "connections of one web process"),
    NUMBER(
        "server.connections_per_address", connections_per_address, 512, 0, 100000,
        "connections of one client address to one web process; 0 for no limit, on its share of the "
        "work in progress neither"),
    NUMBER("server.stacks", stacks, 512, 4, 1024, "requests worked on at once in one web process"),

    NUMBER("processes.web", web_processes, 0, 0, 64, "web processes; 0 for one for two cores"),
    NUMBER("processes.signer", signer_processes, 0, 0, 64, "signers; 0 for one per core"),
    NUMBER("processes.verifier", verifier_processes, 0, 0, 64, "verifiers; 0 for one per core"),

    TEXT("database.host", db_host, "/var/run/postgresql",
         "directories of PostgreSQL's Unix sockets, comma separated"),
    TEXT("database.name", db_name, "authd", "name of the database"),
    NUMBER("database.port", db_port, 5432, 1, 65535, "port in the socket's name"),
    NUMBER("database.read_connections", db_read_connections, 2, 1, 64,
           "shared pipelines for reading, of each web process"),
    NUMBER("database.write_connections", db_write_connections, 2, 1, 64,
           "connections for writing, of each web process"),
    ROLE("owner", db_owner, "authd_owner"),
    ROLE("web", db_web, "authd_web"),
    ROLE("verifier", db_verifier, "authd_verifier"),
    ROLE("clerk", db_clerk, "authd_clerk"),
    ROLE("courier", db_courier, "authd_courier"),
    ROLE("admin", db_admin, "authd_admin"),

    TEXT("keys.master_key_file", master_key_file, MUST,
         "file or credential:NAME with the master key, 64 hex digits"),
    TEXT("keys.master_key_previous_file", master_key_previous_file, "",
         "the master key that `authctl keys rewrap` moves away from"),
    NUMBER("keys.jwks_max_age_s", jwks_max_age_s, DAY, 1, 7 * DAY,
           "how long portals may cache the key set"),
    NUMBER("keys.publish_min_s", key_publish_min_s, DAY, 1, 90 * DAY,
           "a next key is published at least this long before it signs"),
    NUMBER("keys.rotation_days", key_rotation_days, 90, 0, 3650,
           "days between scheduled rotations; 0 for never"),

    NUMBER("lifetimes.code_s", code_lifetime_s, 60, 1, 600, "authorization code"),
    NUMBER("lifetimes.access_token_s", access_token_lifetime_s, 300, 10, 3600, "access token"),
    NUMBER("lifetimes.id_token_s", id_token_lifetime_s, 300, 10, 3600, "ID token"),
    NUMBER("lifetimes.refresh_s", refresh_lifetime_s, 30 * DAY, 60, YEAR, "refresh token"),
    NUMBER("lifetimes.refresh_grace_s", refresh_grace_s, 60, 0, 60,
           "how long a rotated refresh token still works while its successor is unused"),
    NUMBER("lifetimes.par_s", par_lifetime_s, 90, 5, 600, "pushed authorization request"),
    NUMBER("lifetimes.login_s", login_lifetime_s, 900, 30, 3600, "a login in progress"),
    NUMBER("lifetimes.session_idle_s", session_idle_s, 3600, 60, 30 * DAY,
           "single sign-on session without use"),
    NUMBER("lifetimes.session_s", session_lifetime_s, 12 * 3600, 60, 90 * DAY,
           "single sign-on session altogether"),

    FLAG("dpop.nonce", dpop_nonce, 0,
         "DPoP proofs need a nonce of ours: proofs made in advance are worth nothing, and each "
         "client's first request is repeated"),
    NUMBER("dpop.proof_age_s", dpop_proof_age_s, 60, 5, 300, "oldest DPoP proof that is taken"),
    NUMBER("dpop.proof_ahead_s", dpop_proof_ahead_s, 10, 0, 60,
           "how far ahead of ours the clock of a client may be"),

    NUMBER("passwords.argon2_memory_kib", argon2_memory_kib, 19456, 8192, 1048576,
           "memory of one Argon2id hash"),
    NUMBER("passwords.argon2_time", argon2_time, 2, 1, 20, "passes of Argon2id"),
    NUMBER("passwords.argon2_lanes", argon2_lanes, 1, 1, 16, "lanes of Argon2id"),
    NUMBER(
        "passwords.length_min", password_length_min, 15, 8, 64,
        "fewest characters of a new password; NIST SP 800-63B-4 demands 15 of one that is the only "
        "factor"),
    TEXT(
        "passwords.blocklist_file", password_blocklist_file, "",
        "text file of passwords that nobody may choose, one a line, readable by the daemon's user; "
        "read at start"),
    NUMBER("passwords.code_lifetime_s", password_code_lifetime_s, 14 * DAY, 60, 90 * DAY,
           "one-time code with which a person sets the first password"),
    NUMBER("passwords.failures_per_account", login_failures_per_account, 10, 1, 1000,
           "wrong passwords for one account in the window before it must wait"),
    NUMBER("passwords.failures_per_address", login_failures_per_address, 50, 1, 100000,
           "wrong passwords from one address in the window before it must wait"),
    NUMBER("passwords.failure_window_s", login_failure_window_s, 900, 10, DAY,
           "length of that window"),

    TEXT("erasures.ledger_file", erasures_ledger_file, "",
         "where every erasure of an identity is noted, outside the database; without it none is "
         "done"),
    TEXT("erasures.key_file", erasures_key_file, "",
         "file or credential:NAME with the key of the ledger, 64 hex digits"),
    NUMBER("audit.retention_years", audit_retention_years, 5, 5, 100,
           "how long the history of use is kept; the law asks for five years"),

    FLAG("development.login_throttle", login_throttle, 1,
         "slow down password guessing; false only where nothing is worth guessing"),
    FLAG("development.http_loopback_redirects", allow_http_loopback_redirects, 0,
         "clients may register http redirect URIs on localhost"),
    FLAG("development.courier_loopback", courier_allow_loopback, 0,
         "the courier may deliver to loopback addresses"),
    FLAG("development.sandbox", sandbox, 0,
         "a sandbox for integrators on loopback; needs authd --sandbox and a database of its own"),

    TEXT("metrics.listen", metrics_listen, "",
         "loopback address and port of /metrics; empty: none"),

    TEXT("log.format", log_format, "key-value", "key-value or json"),
    TEXT("log.level", log_level, "info", "error, warn, info or debug"),
};

const struct option *options_all(size_t *n)
{
    *n = sizeof(all) / sizeof(all[0]);
    return all;
}
