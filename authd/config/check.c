/* Checks of the configuration beyond type and range: every refusal says what to write instead. */
#include "config/check.h"
#include <arpa/inet.h>
#include <errno.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/url.h"

/* fail() with file and line of the option in front. */
#define refuse(c, name, ...) refuse_at((c), (name), __VA_ARGS__)
static enum err refuse_at(const struct config *c, const char *name, const char *format, ...)
    PRINTF_LIKE(3, 4);

static enum err refuse_at(const struct config *c, const char *name, const char *format, ...)
{
    char text[192];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    int line = config_line(name);
    if (line == 0) {
        return fail(ERR_INPUT, "%s: %s: %s", c->path, name, text);
    }
    return fail(ERR_INPUT, "%s:%d: %s: %s", c->path, line, name, text);
}

/* spec: OpenID Discovery §3:issuer, RFC 8414 §2:issuer MUST be an https URL without query or
 * fragment */
static enum err check_issuer(struct arena *a, struct config *c)
{
    struct url u;
    if (url_parse(str_from(c->issuer), &u) != OK) {
        return refuse(c, "issuer", "not a URL; write something like https://id.example.vn");
    }
    if (u.query.p != NULL || u.fragment.p != NULL || str_ends(u.path, STR("/"))) {
        return refuse(c, "issuer", "leave out query, fragment and trailing slash");
    }
    if (str_is(u.path)) {
        return refuse(c, "issuer", "must have no path; give the service a host name of its own");
    }
    bool http = str_eqz(u.scheme, "http");
    if (!http && !str_eqz(u.scheme, "https")) {
        return refuse(c, "issuer", "must begin with https://");
    }
    if (http && !url_is_loopback(&u)) {
        return refuse(c, "issuer", "plain http is for loopback only; write https://");
    }
    c->issuer_host = str_is(u.port) ? str_fmt(a, "%.*s:%.*s", STR_FMT(u.host), STR_FMT(u.port)).p
                                    : str_z(a, u.host);
    return OK;
}

static bool is_loopback(const char *host)
{
    struct in_addr v4;
    struct in6_addr v6;
    if (inet_pton(AF_INET, host, &v4) == 1) {
        return (ntohl(v4.s_addr) >> 24) == 127;
    }
    return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static bool is_address(const char *text)
{
    unsigned char any[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, text, any) == 1 || inet_pton(AF_INET6, text, any) == 1;
}

/* "address:port" with a numeric address, an IPv6 one in brackets. */
static enum err split_listen(struct arena *a, const struct config *c, const char *option,
                             const char *text, const char **host, const char **port)
{
    const char *colon = strrchr(text, ':');
    uint64_t number;
    if (colon == NULL || !str_u64(str_from(colon + 1), &number) || number == 0 || number > 65535) {
        return refuse(c, option, "write address:port, like 127.0.0.1:8080 or [::]:443");
    }
    struct str address = {text, (size_t)(colon - text)};
    if (str_starts(address, STR("[")) && str_ends(address, STR("]"))) {
        address = (struct str){address.p + 1, address.n - 2};
    }
    *host = str_z(a, address);
    *port = str_z(a, str_from(colon + 1));
    return is_address(*host) ? OK : refuse(c, option, "%s is not a numeric address", *host);
}

/* Who can read the numbers knows how much a service is used and when: nobody from outside. */
static enum err check_metrics(struct arena *a, struct config *c)
{
    if (c->metrics_listen[0] == '\0') {
        return OK;
    }
    TRY(split_listen(a, c, "metrics.listen", c->metrics_listen, &c->metrics_host,
                     &c->metrics_port));
    return is_loopback(c->metrics_host) ? OK
                                        : refuse(c, "metrics.listen",
                                                 "is for loopback only; let a collector on this "
                                                 "machine read it, or a proxy that asks who reads");
}

static enum err check_listen(struct arena *a, struct config *c)
{
    TRY(split_listen(a, c, "server.listen", c->listen, &c->listen_host, &c->listen_port));
    c->tls = c->tls_certificate_file[0] != '\0';
    if (c->tls != (c->tls_key_file[0] != '\0')) {
        return refuse(c, "server.tls_certificate_file",
                      "give both tls_certificate_file and tls_key_file, or none");
    }
    /* spec: RFC 6749 §3.1:tls MUST require TLS */
    if (!c->tls && !is_loopback(c->listen_host)) {
        return refuse(c, "server.listen",
                      "plain http is for loopback only; give tls_certificate_file "
                      "and tls_key_file, or listen on 127.0.0.1");
    }
    if (c->trusted_proxy[0] != '\0' && !is_address(c->trusted_proxy)) {
        return refuse(c, "server.trusted_proxy", "%s is not a numeric address", c->trusted_proxy);
    }
    return OK;
}

static enum err check_database(const struct config *c)
{
    struct str rest = str_from(c->db_host);
    struct str part;
    while (str_split(&rest, ',', &part)) {
        if (!str_starts(part, STR("/"))) {
            return refuse(c, "database.host",
                          "must be directories of Unix sockets; reach a remote PostgreSQL through "
                          "a local PgBouncer");
        }
    }
    if (c->db_name[0] == '\0') {
        return refuse(c, "database.name", "is empty");
    }
    return OK;
}

/* Whoever can reach a sandbox can move its clock and order its faults. */
static enum err check_sandbox(const struct config *c)
{
    struct url u;
    if (!c->sandbox) {
        return OK;
    }
    TRY(url_parse(str_from(c->issuer), &u));
    if (!url_is_loopback(&u)) {
        return refuse(
            c, "development.sandbox",
            "is for loopback only, and the issuer is %s; remove it, or write an issuer on "
            "localhost",
            c->issuer);
    }
    if (!is_loopback(c->listen_host)) {
        return refuse(c, "development.sandbox",
                      "is for loopback only, and server.listen is %s; remove it, or listen on "
                      "127.0.0.1",
                      c->listen);
    }
    return OK;
}

enum err config_check_sandbox(const struct config *c, bool asked)
{
    if (asked && !c->sandbox) {
        return fail(ERR_INPUT,
                    "%s: --sandbox needs development.sandbox = true there; a production "
                    "configuration never has it",
                    c->path);
    }
    if (!asked && c->sandbox) {
        return fail(
            ERR_INPUT,
            "%s: development.sandbox is on: start a sandbox with authd --sandbox, or remove "
            "the option",
            c->path);
    }
    return OK;
}

static bool one_of(const char *value, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcmp(value, *words) == 0) {
            return true;
        }
    }
    return false;
}

static enum err check_rest(struct config *c)
{
    static const char *const formats[] = {"key-value", "json", NULL};
    static const char *const levels[] = {"error", "warn", "info", "debug", NULL};
    if (!one_of(c->log_format, formats)) {
        return refuse(c, "log.format", "%s is unknown; write key-value or json", c->log_format);
    }
    if (!one_of(c->log_level, levels)) {
        return refuse(c, "log.level", "%s is unknown; write error, warn, info or debug",
                      c->log_level);
    }
    if (c->run_dir[0] != '/') {
        return refuse(c, "run_dir", "must be an absolute path");
    }
    if (c->argon2_memory_kib < 8 * c->argon2_lanes) {
        return refuse(c, "passwords.argon2_lanes", "needs 8 KiB of argon2_memory_kib per lane");
    }
    if (c->session_idle_s > c->session_lifetime_s) {
        return refuse(c, "lifetimes.session_idle_s", "is longer than session_s");
    }
    if (c->refresh_lifetime_s < c->access_token_lifetime_s) {
        return refuse(c, "lifetimes.refresh_s", "is shorter than access_token_s");
    }
    return OK;
}

/* A web process has less to do than those it asks, and the fewer share the requests, the fuller are
 * its statements and frames (docs/decisions/0028). */
static void fill_processes(struct config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    cores = cores < 1 ? 1 : cores > 64 ? 64 : cores;
    c->web_processes = c->web_processes == 0 ? (cores + 1) / 2 : c->web_processes;
    c->signer_processes = c->signer_processes == 0 ? cores : c->signer_processes;
    c->verifier_processes = c->verifier_processes == 0 ? cores : c->verifier_processes;
}

enum err config_check(struct arena *a, struct config *c)
{
    TRY(check_issuer(a, c));
    TRY(check_listen(a, c));
    TRY(check_metrics(a, c));
    TRY(check_database(c));
    TRY(check_rest(c));
    TRY(check_sandbox(c));
    fill_processes(c);
    return OK;
}

static enum err check_secret(const struct config *c, struct arena *a, const char *option,
                             const char *name)
{
    struct str text;
    if (name[0] == '\0') {
        return OK;
    }
    if (config_secret(a, name, &text) != OK) {
        return refuse(c, option, "%s", err_reason());
    }
    return OK;
}

static enum err check_master_key(const struct config *c, struct arena *a, const char *option,
                                 const char *name)
{
    struct str text;
    TRY(check_secret(c, a, option, name));
    if (name[0] == '\0') {
        return OK;
    }
    TRY(config_secret(a, name, &text));
    bool hex = text.n == 64;
    for (size_t i = 0; hex && i < text.n; i++) {
        char x = text.p[i];
        hex = (x >= '0' && x <= '9') || (x >= 'a' && x <= 'f') || (x >= 'A' && x <= 'F');
    }
    if (!hex) {
        return refuse(c, option, "%s must hold 64 hex digits; make one with openssl rand -hex 32",
                      name);
    }
    return OK;
}

static enum err check_all_files(const struct config *c, struct arena *a)
{
    struct str text;
    const struct {
        const char *option;
        const char *file;
    } secrets[] = {
        {"server.tls_key_file", c->tls_key_file},
        {"database.web.password_file", c->db_web.password_file},
        {"database.verifier.password_file", c->db_verifier.password_file},
        {"database.clerk.password_file", c->db_clerk.password_file},
        {"database.courier.password_file", c->db_courier.password_file},
        {"database.admin.password_file", c->db_admin.password_file},
    };
    if (c->tls && config_file(a, c->tls_certificate_file, &text) != OK) {
        return refuse(c, "server.tls_certificate_file", "%s", err_reason());
    }
    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        TRY(check_secret(c, a, secrets[i].option, secrets[i].file));
    }
    if (c->password_blocklist_file[0] != '\0' && access(c->password_blocklist_file, R_OK) != 0) {
        return refuse(c, "passwords.blocklist_file", "can't be read: %s", strerror(errno));
    }
    TRY(check_master_key(c, a, "keys.master_key_file", c->master_key_file));
    TRY(check_master_key(c, a, "keys.master_key_previous_file", c->master_key_previous_file));
    TRY(check_master_key(c, a, "erasures.key_file", c->erasures_key_file));
    if ((c->erasures_ledger_file[0] == '\0') != (c->erasures_key_file[0] == '\0')) {
        return refuse(c, "erasures.ledger_file", "the ledger needs erasures.key_file, and only it");
    }
    if (c->user[0] != '\0' && getpwnam(c->user) == NULL) {
        return refuse(c, "user", "there is no system user %s; create it with useradd --system %s",
                      c->user, c->user);
    }
    return OK;
}

/* The database owner's password is not looked at: only `authctl migrate` reads it, not the daemon.
 */
enum err config_check_files(const struct config *c)
{
    struct arena *a = arena_new(0);
    if (a == NULL) {
        return fail(ERR_NO_MEMORY, "config");
    }
    enum err e = check_all_files(c, a);
    arena_free(a);
    return e;
}
