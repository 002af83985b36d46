/* The configuration: one file, read by libconfuse, checked, then an immutable snapshot.
 * The table of options in config/options.c gives parser, defaults, ranges and the text of
 * authd.conf(5); a test compares them.  Secrets are file names or systemd credentials
 * ("credential:NAME"), never values. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H
#include "base/err.h"
#include "base/str.h"

struct config_role { /* one database role */
    const char *user;
    const char *password_file; /* "" for peer authentication */
};

struct config {
    /* identity of the service */
    const char *issuer;  /* https URL without trailing slash, or http on loopback */
    const char *user;    /* system user to become when started as root, "" to stay */
    const char *run_dir; /* control socket lives here: run_dir/authctl.sock */
    /* network */
    const char *listen;                              /* "127.0.0.1:8080" */
    const char *tls_certificate_file, *tls_key_file; /* both or none; none only on loopback */
    const char *trusted_proxy; /* address whose X-Forwarded-For/Proto are believed, "" for none */
    long header_max, head_timeout_ms, body_timeout_ms, idle_timeout_ms, request_timeout_ms;
    long connections_max, connections_per_address, stacks;
    /* processes */
    long web_processes, signer_processes, verifier_processes; /* 0 in the file; a number here */
    /* database */
    const char *db_host, *db_name; /* host: socket directories, comma separated */
    long db_port, db_read_connections, db_write_connections;
    struct config_role db_owner, db_web, db_verifier, db_clerk, db_courier, db_admin;
    /* keys */
    const char *master_key_file;          /* 32 bytes as 64 hex digits */
    const char *master_key_previous_file; /* "" or the one that `keys rewrap` moves away from */
    long jwks_max_age_s;                  /* Cache-Control of the JWKS; default 86400 */
    long key_publish_min_s; /* a next key is published at least this long and max-age before use */
    long key_rotation_days; /* scheduled rotation, 0 never; default 90 */
    /* lifetimes, seconds */
    long code_lifetime_s, access_token_lifetime_s, id_token_lifetime_s, refresh_lifetime_s,
        refresh_grace_s, par_lifetime_s, login_lifetime_s, session_idle_s, session_lifetime_s;
    /* DPoP proofs */
    bool dpop_nonce; /* proofs need a nonce of ours */
    long dpop_proof_age_s, dpop_proof_ahead_s;
    /* passwords */
    long argon2_memory_kib, argon2_time, argon2_lanes;
    long password_length_min, password_code_lifetime_s;
    const char *password_blocklist_file; /* "" for none */
    bool login_throttle; /* development may lift it */
    long login_failures_per_account, login_failures_per_address, login_failure_window_s;
    long audit_retention_years;
    /* ledger of erasures: both or none */
    const char *erasures_ledger_file, *erasures_key_file;
    /* named weaknesses, for development only */
    bool allow_http_loopback_redirects; /* http redirect and logout URIs on localhost and 127.0.0.1
                                         */
    bool courier_allow_loopback;        /* the courier may deliver to loopback addresses */
    bool sandbox; /* a sandbox for integrators; goes with authd --sandbox only */
    /* log */
    const char *log_format; /* "key-value" or "json" */
    const char *log_level;
    const char *metrics_listen; /* "" or a loopback address with its port */
    /* derived */
    const char *metrics_host, *metrics_port; /* NULL without metrics */
    bool tls;
    const char *listen_host, *listen_port; /* "::1" without brackets */
    const char *issuer_host; /* with the port if one stands there: what Host must be */
    const char *path;        /* of the file itself */
};

/* Reads and checks; on failure the reason names file, line, option and cure.  The snapshot belongs
 * to the caller (config_free).  Does not read secret files but checks that they can be read. */
CHECKED enum err config_read(const char *path, struct config **out);
/* The same without looking at the files and users it names: for authctl, which reads no secret and
 * may run where none is at hand (credentials exist inside the service only). */
CHECKED enum err config_read_options(const char *path, struct config **out);
/* The same from text that somebody else has read, as the parent hands it to its children; looks at
 * no file. path is only named in reasons. */
CHECKED enum err config_parse(struct str text, const char *path, struct config **out);
/* Option and argument go together: neither a stray line nor a stray word makes a sandbox.  asked: authd
 * was started with --sandbox.  ERR_INPUT with the cure. */
CHECKED enum err config_check_sandbox(const struct config *c, bool asked);
/* Files and users the configuration names must be there; done where the file is read, not in
 * children. */
CHECKED enum err config_check_files(const struct config *c);
/* The text of a file of at most CONFIG_SIZE_MAX bytes (configuration, certificate), into the arena.
 */
#define CONFIG_SIZE_MAX ((size_t)64 * 1024)
CHECKED enum err config_file(struct arena *a, const char *path, struct str *out);
void config_free(struct config *c);
/* The first option that differs between the two and is only read at start; NULL when there is none.
 */
const char *config_needs_restart(const struct config *old, const struct config *fresh);
/* Contents of a secret file or credential without the last line's end, into the arena; refuses
 * files that others than their owner may read.  name: a path, or "credential:NAME" in
 * $CREDENTIALS_DIRECTORY. */
CHECKED enum err config_secret(struct arena *a, const char *name, struct str *out);
/* One line per option: name, type, default, help; for authd.conf(5) and its test. */
struct config_option {
    const char *name;
    const char *type;
    const char *default_text;
    const char *help;
};
const struct config_option *config_options(size_t *n);

#endif
