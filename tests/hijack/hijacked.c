/* The hostile half of authd_hijacked: what an attacker can do who runs code of his own in a web
 * process.  The process is the real one (web.c, process_sandbox, channels, database role); this
 * file adds one path to its table, POST /hijack, where the test (test_promise_hijacked_web.py)
 * orders attempts as JSON and hears what came of each.  It knows no manners and must never be
 * installed.
 *
 *   {"do":"syscall","nr":2,"args":["/etc/passwd",0]}     any system call; {"result":0}: of attempt
 * 0
 *   {"do":"call","peer":"signer","op":6,"hex":"…"}       any message on a channel it has
 *   {"do":"sql","sql":"…","user":"…"}                    any statement, with the password it has
 *   {"do":"garble","hex":"…"}                            bytes into every channel, the parent's too
 *   {"do":"scribble","byte":255}                         over the whole board of metrics
 *   {"do":"publish","jwks":"…","signed":"…"}             key sets of its own from now on */
#include <errno.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/request.h"
#include "process/app.h"

#define PATH "/hijack"
#define BODY_MAX ((size_t)1024 * 1024)
#define DEADLINE_MS 60000
#define ROUTES_MAX 64
#define ARGUMENTS_MAX 6

extern const struct route product_routes[];
struct route routes[ROUTES_MAX];

static struct str own_jwks, own_signed_jwks; /* what it publishes instead; never freed */

static const struct app *app_here(const struct req *r)
{
    return r->app;
}

static struct str hex(struct arena *a, struct str bytes)
{
    struct buf b = buf_in(a);
    for (size_t i = 0; i < bytes.n; i++) {
        buf_fmt(&b, "%02x", (unsigned)(unsigned char)bytes.p[i]);
    }
    return buf_str(&b);
}

static struct str unhex(struct arena *a, struct str text)
{
    char *out = arena_alloc(a, text.n / 2 + 1);
    for (size_t i = 0; i + 1 < text.n; i += 2) {
        const char pair[3] = {text.p[i], text.p[i + 1], '\0'};
        out[i / 2] = (char)strtoul(pair, NULL, 16);
    }
    return str_of(out, text.n / 2);
}

static json_t *told(struct arena *a, enum err e, struct str answer)
{
    json_t *out = json_object();
    json_object_set_new(out, "err", json_string(e == OK ? "ok" : err_name(e)));
    json_object_set_new(out, "why", json_string(e == OK ? "" : err_reason()));
    json_object_set_new(out, "hex", json_str(e == OK ? hex(a, answer) : STR("")));
    return out;
}

static long argument(struct arena *a, const json_t *value, const json_t *results)
{
    if (json_is_integer(value)) {
        return (long)json_integer_value(value);
    }
    if (json_is_string(value)) {
        return (long)(intptr_t)json_string_value(value);
    }
    if (json_is_object(value) && json_object_get(value, "result") != NULL) {
        size_t i = (size_t)json_integer_value(json_object_get(value, "result"));
        return (long)json_integer_value(json_object_get(json_array_get(results, i), "result"));
    }
    return json_is_object(value) ? (long)(intptr_t)unhex(a, json_member(value, "hex")).p : 0;
}

static json_t *do_syscall(struct req *r, const json_t *what, const json_t *results)
{
    const json_t *given = json_object_get(what, "args");
    long v[ARGUMENTS_MAX] = {0};
    for (size_t i = 0; i < ARGUMENTS_MAX && i < json_array_size(given); i++) {
        v[i] = argument(r->arena, json_array_get(given, i), results);
    }
    errno = 0;
    long result = syscall((long)json_integer_value(json_object_get(what, "nr")), v[0], v[1], v[2],
                          v[3], v[4], v[5]);
    int problem = result < 0 ? errno : 0;
    return json_pack("{s:I,s:i}", "result", (json_int_t)result, "errno", problem);
}

static json_t *do_call(struct req *r, const json_t *what)
{
    const struct app *app = app_here(r);
    struct str answer = STR("");
    struct peer *to = str_eqz(json_member(what, "peer"), "signer") ? app->signers : app->verifiers;
    enum err e = peer_call(r->task, to, (uint16_t)json_integer_value(json_object_get(what, "op")),
                           unhex(r->arena, json_member(what, "hex")), 0, &answer);
    return told(r->arena, e, answer);
}

static json_t *rows_of(const PGresult *result)
{
    json_t *rows = json_array();
    for (int i = 0; i < PQntuples(result); i++) {
        json_t *row = json_array();
        for (int k = 0; k < PQnfields(result); k++) {
            json_array_append_new(row, json_string(PQgetvalue(result, i, k)));
        }
        json_array_append_new(rows, row);
    }
    return rows;
}

/* A connection of its own for each statement would be slow: `db` is kept for those of one user. */
static json_t *do_sql(struct req *r, const json_t *what, PGconn **db)
{
    const struct config *c = app_here(r)->config;
    const json_t *other = json_object_get(what, "user");
    char port[16];
    (void)snprintf(port, sizeof port, "%ld", c->db_port);
    const char *names[] = {"host", "port", "dbname", "user", "password", NULL};
    const char *values[] = {c->db_host,
                            port,
                            c->db_name,
                            other != NULL ? json_string_value(other) : c->db_web.user,
                            str_z(r->arena, app_here(r)->process->db_password),
                            NULL};
    if (*db == NULL || other != NULL) {
        PQfinish(*db);
        *db = PQconnectdbParams(names, values, 0);
    }
    if (PQstatus(*db) != CONNECTION_OK) {
        return json_pack("{s:s,s:s}", "state", "connection", "why", PQerrorMessage(*db));
    }
    PGresult *result = PQexec(*db, json_string_value(json_object_get(what, "sql")));
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    json_t *out = json_pack("{s:s,s:s,s:o}", "state", state != NULL ? state : "00000", "why",
                            PQresultErrorMessage(result), "rows", rows_of(result));
    PQclear(result);
    return out;
}

static json_t *do_garble(struct req *r, const json_t *what)
{
    struct str bytes = unhex(r->arena, json_member(what, "hex"));
    json_int_t sent = 0;
    for (int fd = 0; fd < 256; fd++) {
        int type = 0;
        socklen_t size = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET) {
            sent += send(fd, bytes.p, bytes.n, MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
        }
    }
    return json_pack("{s:I}", "result", sent);
}

static json_t *do_scribble(struct req *r, const json_t *what)
{
    struct board_slot *board = app_here(r)->process->board;
    memset((void *)board, (int)json_integer_value(json_object_get(what, "byte")),
           BOARD_SLOTS_MAX * sizeof *board);
    return json_pack("{s:i}", "result", 0);
}

static json_t *do_publish(const json_t *what)
{
    own_jwks = str_from(strdup(json_string_value(json_object_get(what, "jwks"))));
    own_signed_jwks = str_from(strdup(json_string_value(json_object_get(what, "signed"))));
    return json_pack("{s:i}", "result", 0);
}

static json_t *attempt(struct req *r, const json_t *what, const json_t *results, PGconn **db)
{
    struct str name = json_member(what, "do");
    err_clear();
    if (str_eqz(name, "syscall")) {
        return do_syscall(r, what, results);
    }
    if (str_eqz(name, "call")) {
        return do_call(r, what);
    }
    if (str_eqz(name, "sql")) {
        return do_sql(r, what, db);
    }
    if (str_eqz(name, "garble")) {
        return do_garble(r, what);
    }
    if (str_eqz(name, "scribble")) {
        return do_scribble(r, what);
    }
    return str_eqz(name, "publish") ? do_publish(what) : json_null();
}

static enum err hijack(struct req *r)
{
    json_t *wanted = NULL;
    PGconn *db = NULL;
    TRY(json_read(r->body, BODY_MAX, &wanted));
    json_own(r->arena, wanted);
    json_t *results = json_own(r->arena, json_array());
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        json_array_append_new(results, attempt(r, json_array_get(wanted, i), results, &db));
    }
    PQfinish(db);
    json_t *out = json_own(r->arena, json_object());
    json_object_set_new(out, "pid", json_integer(getpid()));
    json_object_set(out, "results", results);
    reply_json(r, 200, out);
    return OK;
}

static enum err serve_jwks(struct req *r)
{
    bool signed_one = str_eqz(r->path, "/jwks.jwt");
    struct str own = signed_one ? own_signed_jwks : own_jwks;
    if (str_is(own)) {
        reply_text(r, 200, signed_one ? "application/jwk-set+jwt" : "application/jwk-set+json",
                   own);
        return OK;
    }
    for (const struct route *at = product_routes; at->path != NULL; at++) {
        if (str_eqz(r->path, at->path)) {
            return at->handler(r);
        }
    }
    return fail(ERR_NOT_FOUND, "hijack: no such route");
}

__attribute__((constructor)) static void take_over(void)
{
    size_t n = 0;
    while (product_routes[n].path != NULL && n < ROUTES_MAX - 2) {
        routes[n] = product_routes[n];
        if (strncmp(routes[n].path, "/jwks", 5) == 0) {
            routes[n].handler = serve_jwks;
        }
        n++;
    }
    routes[n] =
        (struct route){PATH, HTTP_POST, hijack, BODY_MAX, DEADLINE_MS, false, true, WORK_OTHER};
}
