/* See status.h. */
#include "admin/status.h"

#include <stdlib.h>

#include "admin/admin.h"
#include "base/url.h"

#define DAY_S ((int64_t)86400)
#define SILENT_S 300
#define OLDEST_OK_S 900 /* a delivery that waits longer has been refused several times */

json_t *status_signing(const struct rotate_key *keys, size_t n, const struct rotate_policy *policy,
                       int64_t now, const char *alg)
{
    const struct rotate_key *active = rotate_active(keys, n, str_from(alg), now);
    const struct rotate_key *next = NULL;
    for (size_t i = 0; i < n; i++) {
        if (str_eqz(keys[i].alg, alg) && str_eqz(keys[i].use, "sign") &&
            keys[i].state == KEY_NEXT && &keys[i] != active) {
            next = &keys[i];
        }
    }
    int64_t since = active ? (active->activated_at ? active->activated_at : active->created_at) : 0;
    bool planned = next && next->activate_at;
    int64_t rotation = planned                          ? next->activate_at
                       : since && policy->rotation_days ? since + policy->rotation_days * DAY_S
                                                        : 0;
    json_t *row = json_object();
    json_object_set_new(row, "alg", json_string(alg));
    json_object_set_new(row, "kid", active ? json_str(active->kid) : json_null());
    json_object_set_new(row, "since", answer_time(since));
    json_object_set_new(row, "age_days", since ? json_integer((now - since) / DAY_S) : json_null());
    json_object_set_new(row, "next", next ? json_str(next->kid) : json_null());
    json_object_set_new(row, "rotation", answer_time(rotation));
    json_object_set_new(row, "planned", json_boolean(planned));
    json_object_set_new(row, "overdue", json_boolean(rotation && rotation < now - DAY_S));
    return row;
}

static void warn(json_t *list, const char *area, const char *severity, struct str text,
                 const char *cure)
{
    json_t *one = json_object();
    json_object_set_new(one, "area", json_string(area));
    json_object_set_new(one, "severity", json_string(severity));
    json_object_set_new(one, "text", json_str(text));
    json_object_set_new(one, "cure", json_string(cure));
    if (severity[0] == 'e') {
        json_array_insert_new(list, 0, one);
    } else {
        json_array_append_new(list, one);
    }
}

static void warn_database(struct arena *a, json_t *list, const json_t *db)
{
    int64_t offset_ms;
    if (!json_is_true(json_object_get(db, "ready"))) {
        warn(list, "database", "error", STR("the database is away"),
             "see whether PostgreSQL runs and takes writes; authd reconnects by itself");
    } else if (json_is_false(json_object_get(db, "clock_ok")) &&
               json_member_i64(db, "clock_offset_ms", &offset_ms)) {
        warn(
            list, "database", "error",
            str_fmt(a, "this machine's clock is %lld ms off the database's", (long long)-offset_ms),
            "synchronise both by NTP (timedatectl); until then this node says it is not ready");
    }
    int64_t lag_ms, standbys;
    if (str_is(json_member(db, "commits_wait_for")) && json_member_i64(db, "standbys", &standbys) &&
        standbys == 0) {
        warn(list, "database", "error",
             STR("no standby follows, and commits wait for one: nobody logs in"),
             "bring a standby back (patronictl list); never cancel what waits");
    }
    if (json_member_i64(db, "standby_lag_ms", &lag_ms) && lag_ms > 30000) {
        warn(list, "database", "warning",
             str_fmt(a, "a standby is %lld s behind", (long long)(lag_ms / 1000)),
             "see its log; a failover now would lose or delay what it lacks");
    }
}

static void warn_keys(struct arena *a, json_t *list, const json_t *keys)
{
    int64_t here = 0, there = 0;
    if (!json_is_true(json_object_get(keys, "loaded"))) {
        warn(list, "keys", "error", STR("the signers have no keys"),
             "see the clerk's and signers' lines in the log: master key, database");
    } else if (json_member_i64(keys, "generation", &here) &&
               json_member_i64(keys, "generation_of_database", &there) && there > here + 1) {
        warn(list, "keys", "warning",
             str_fmt(a, "the signers hold key generation %lld, the database %lld", (long long)here,
                     (long long)there),
             "usually over in a second; if not, see the clerk's lines in the log");
    }
    size_t i;
    json_t *row;
    json_array_foreach(json_object_get(keys, "signing"), i, row)
    {
        struct str alg = json_member(row, "alg");
        if (json_is_null(json_object_get(row, "kid"))) {
            warn(list, "keys", "error", str_fmt(a, "no key signs %.*s", STR_FMT(alg)),
                 "the clerk makes one; see its lines in the log");
        } else if (json_is_null(json_object_get(row, "next"))) {
            warn(list, "keys", "warning",
                 str_fmt(a, "no next key of %.*s is published", STR_FMT(alg)),
                 "the clerk makes one within seconds; if not, see its lines in the log");
        }
        if (json_is_true(json_object_get(row, "overdue"))) {
            warn(list, "keys", "warning",
                 str_fmt(a, "the rotation of %.*s is overdue", STR_FMT(alg)),
                 "authctl keys schedule, authctl keys rotate");
        }
    }
}

static void warn_processes(struct arena *a, json_t *list, const json_t *processes)
{
    size_t i;
    json_t *p;
    struct str last = STR_NONE;
    json_array_foreach(processes, i, p)
    {
        struct str name = json_member(p, "name");
        struct str missing = json_member(p, "sandbox_missing");
        int64_t number = 0, restarts = 0;
        (void)json_member_i64(p, "number", &number);
        (void)json_member_i64(p, "restarts", &restarts);
        if (!json_is_true(json_object_get(p, "ready"))) {
            warn(list, "processes", "error",
                 str_fmt(a, "%.*s %lld is not ready", STR_FMT(name), (long long)number),
                 "see its last lines in the log; the parent starts it again");
        } else if (restarts) {
            warn(list, "processes", "warning",
                 str_fmt(a, "%.*s %lld was started again %lld times", STR_FMT(name),
                         (long long)number, (long long)restarts),
                 "see event=process.died in the log");
        }
        if (str_is(missing) && !str_eq(missing, last)) {
            warn(list, "processes", "warning",
                 str_fmt(a, "this system gives no %.*s to the sandbox", STR_FMT(missing)),
                 "a newer kernel, or fewer restrictions around authd (containers often forbid it)");
            last = missing;
        }
    }
}

/* Of other machines: this one's own clock is told under database. */
static void warn_nodes(struct arena *a, json_t *list, const json_t *nodes, struct str version)
{
    size_t i;
    json_t *node;
    json_array_foreach(nodes, i, node)
    {
        int64_t offset_ms = 0, silent_s = 0;
        struct str name = json_member(node, "node");
        (void)json_member_i64(node, "clock_offset_ms", &offset_ms);
        (void)json_member_i64(node, "silent_s", &silent_s);
        if (silent_s > SILENT_S) {
            warn(list, "nodes", "warning",
                 str_fmt(a, "node %.*s has been silent for %lld min", STR_FMT(name),
                         (long long)(silent_s / 60)),
                 "see whether it runs; a day after its end it is forgotten");
        } else if (llabs(offset_ms) > STATUS_CLOCK_TOLERANCE_MS) {
            warn(list, "nodes", "error",
                 str_fmt(a, "the clock of node %.*s is %lld ms off the database's", STR_FMT(name),
                         (long long)-offset_ms),
                 "synchronise it by NTP (timedatectl); until then it says it is not ready");
        }
        if (str_is(version) && !str_eq(json_member(node, "version"), version)) {
            warn(list, "nodes", "warning",
                 str_fmt(a, "node %.*s runs authd %.*s", STR_FMT(name),
                         STR_FMT(json_member(node, "version"))),
                 "during an upgrade that is as it should be; afterwards upgrade it too");
        }
    }
}

static void warn_deliveries(struct arena *a, json_t *list, const json_t *deliveries)
{
    int64_t oldest_s, failed;
    if (json_member_i64(deliveries, "oldest_s", &oldest_s) && oldest_s > OLDEST_OK_S) {
        warn(list, "deliveries", "warning",
             str_fmt(a, "a delivery has waited for %lld min", (long long)(oldest_s / 60)),
             "authctl doctor names the service and its last answer");
    }
    if (json_member_i64(deliveries, "failed_today", &failed) && failed) {
        warn(list, "deliveries", "warning",
             str_fmt(a, "%lld deliveries were given up in the last day", (long long)failed),
             "authctl doctor names the services; they may not know of ended sessions");
    }
}

/* On a developer's machine these are as intended. */
static bool in_production(const struct config *c)
{
    struct url issuer;
    return url_parse(str_from(c->issuer), &issuer) == OK && !url_is_loopback(&issuer);
}

static void warn_options(json_t *list, const struct config *c)
{
    static const char cure[] = "take the option away and restart; authctl doctor says more";
    if (!c->login_throttle) {
        warn(list, "configuration", "error",
             STR("development.login_throttle is off: passwords can be guessed"), cure);
    }
    if (c->allow_http_loopback_redirects) {
        warn(list, "configuration", "error", STR("development.http_loopback_redirects is on"),
             cure);
    }
    if (c->courier_allow_loopback) {
        warn(list, "configuration", "error", STR("development.courier_loopback is on"), cure);
    }
}

static void warn_configuration(json_t *list, const struct config *c)
{
    if (in_production(c)) {
        warn_options(list, c);
    }
    if (c->master_key_previous_file[0]) {
        warn(list, "configuration", "warning", STR("the previous master key is still configured"),
             "authctl keys rewrap, then take keys.master_key_previous_file away and restart");
    }
}

json_t *status_warnings(struct arena *a, const json_t *status, const struct config *config)
{
    json_t *list = json_array();
    warn_processes(a, list, json_object_get(status, "processes"));
    warn_keys(a, list, json_object_get(status, "keys"));
    warn_database(a, list, json_object_get(status, "database"));
    warn_nodes(a, list, json_object_get(status, "nodes"), json_member(status, "version"));
    warn_deliveries(a, list, json_object_get(status, "deliveries"));
    warn_configuration(list, config);
    return list;
}
