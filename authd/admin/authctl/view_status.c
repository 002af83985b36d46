/* `authctl status` for people: what should worry first, then one page. */
#include "authctl/authctl.h"

#include <string.h>

#define MINUTE 60
#define HOUR 3600
#define DAY 86400

static long long number(const json_t *part, const char *name)
{
    int64_t value = 0;
    (void)json_member_i64(part, name, &value);
    return (long long)value;
}

static struct str duration(struct arena *a, int64_t seconds)
{
    if (seconds < 2 * MINUTE) {
        return str_fmt(a, "%lld s", (long long)seconds);
    }
    if (seconds < 2 * HOUR) {
        return str_fmt(a, "%lld min", (long long)(seconds / MINUTE));
    }
    if (seconds < 2 * DAY) {
        return str_fmt(a, "%lld h %lld min", (long long)(seconds / HOUR),
                       (long long)(seconds % HOUR / MINUTE));
    }
    return str_fmt(a, "%lld days %lld h", (long long)(seconds / DAY),
                   (long long)(seconds % DAY / HOUR));
}

void view_title(FILE *to, const struct screen *s, const char *title)
{
    fputc('\n', to);
    screen_put(to, s, TONE_HEAD, str_from(title));
    fputc('\n', to);
}

static void view_head(FILE *to, struct arena *a, const struct screen *s, const json_t *status)
{
    bool ready = json_is_true(json_object_get(status, "ready"));
    struct str version = print_cell(a, json_object_get(status, "version"));
    fprintf(to, "authd %.*s, ", STR_FMT(version));
    screen_put(to, s, ready ? TONE_GOOD : TONE_BAD, ready ? STR("ready") : STR("not ready"));
    fprintf(to, ", up %.*s\n", STR_FMT(duration(a, number(status, "uptime_s"))));
    fprintf(to, "%.*s, %.*s\n", STR_FMT(print_cell(a, json_object_get(status, "issuer"))),
            STR_FMT(print_cell(a, json_object_get(status, "configuration"))));
    if (json_is_true(json_object_get(status, "sandbox"))) {
        fprintf(to, "sandbox for integrators: nothing here is real\n");
    }
}

void view_warnings(FILE *to, struct arena *a, const struct screen *s, const json_t *warnings)
{
    size_t i;
    json_t *one;
    json_array_foreach(warnings, i, one)
    {
        struct str severity = print_cell(a, json_object_get(one, "severity"));
        screen_put(to, s, screen_tone_of(severity), severity);
        fprintf(to, "%*s", (int)(severity.n < 9 ? 9 - severity.n : 1), "");
        screen_value(to, s, print_cell(a, json_object_get(one, "text")), 9);
        if (str_is(json_member(one, "cure"))) {
            fprintf(to, "%*scure: ", 9, "");
            screen_value(to, s, print_cell(a, json_object_get(one, "cure")), 15);
        }
    }
}

/* The processes of one duty in one row. */
static json_t *duties(struct arena *a, const json_t *processes)
{
    json_t *rows = json_own(a, json_array());
    size_t i;
    json_t *p, *row = NULL;
    size_t ready = 0, all = 0;
    json_array_foreach(processes, i, p)
    {
        if (!row || !str_eq(json_member(row, "process"), json_member(p, "name"))) {
            row = json_object();
            ready = all = 0;
            json_array_append_new(rows, row);
            json_object_set(row, "process", json_object_get(p, "name"));
            json_object_set_new(row, "restarts", json_integer(0));
            json_object_set_new(row, "pids", json_array());
        }
        all++;
        ready += json_is_true(json_object_get(p, "ready"));
        struct str missing = json_member(p, "sandbox_missing");
        json_object_set_new(row, "ready", json_str(str_fmt(a, "%zu of %zu", ready, all)));
        json_object_set_new(row, "restarts",
                            json_integer(number(row, "restarts") + number(p, "restarts")));
        json_object_set_new(
            row, "sandbox",
            json_str(str_is(missing) ? str_fmt(a, "no %.*s", STR_FMT(missing)) : STR("complete")));
        json_array_append(json_object_get(row, "pids"), json_object_get(p, "pid"));
    }
    return rows;
}

static void view_database(FILE *to, struct arena *a, const struct screen *s, const json_t *db)
{
    if (!json_is_true(json_object_get(db, "ready"))) {
        screen_put(to, s, TONE_BAD, STR("away"));
        fputc('\n', to);
        return;
    }
    long long standbys = number(db, "standbys");
    struct str whole = print_cell(a, json_object_get(db, "server_version"));
    struct str version = str_of(whole.p, str_find(whole, ' '));
    struct str waits_for = print_cell(a, json_object_get(db, "commits_wait_for"));
    struct str text =
        str_fmt(a, "PostgreSQL %.*s, %.*s in %.*s, schema %lld, clock %lld ms off, %s%s",
                STR_FMT(version), STR_FMT(print_cell(a, json_object_get(db, "role"))),
                STR_FMT(print_cell(a, json_object_get(db, "host"))), number(db, "schema_version"),
                number(db, "clock_offset_ms"),
                !standbys ? "no standby"
                : json_is_integer(json_object_get(db, "standby_lag_ms"))
                    ? str_z(a, str_fmt(a, "%lld standbys, the last %lld ms behind", standbys,
                                       number(db, "standby_lag_ms")))
                    : str_z(a, str_fmt(a, "%lld standbys", standbys)),
                str_is(waits_for) ? ", synchronous" : "");
    screen_value(to, s, text, 0);
}

static void view_work(FILE *to, struct arena *a, const struct screen *s, const json_t *status)
{
    const json_t *deliveries = json_object_get(status, "deliveries");
    const json_t *activity = json_object_get(status, "activity");
    long long tasks = 0, stacks = 0;
    size_t i;
    json_t *web;
    json_array_foreach(json_object_get(status, "web"), i, web)
    {
        tasks += number(web, "tasks") - 1; /* without the one that answered us */
        stacks += number(web, "stacks");
    }
    fprintf(to, "requests    %lld in progress, room for %lld\n", tasks > 0 ? tasks : 0, stacks);
    if (activity) {
        double minutes = (double)number(activity, "minutes");
        fprintf(to, "logins      %.1f a minute, %.1f refused\ntokens      %.1f a minute\n",
                (double)number(activity, "logins") / minutes,
                (double)number(activity, "logins_refused") / minutes,
                (double)number(activity, "tokens") / minutes);
    }
    if (deliveries) {
        long long waiting = number(deliveries, "waiting");
        struct str oldest = duration(a, number(deliveries, "oldest_s"));
        fprintf(to, "deliveries  %lld waiting%s%.*s, %lld given up today\n", waiting,
                waiting ? ", the oldest for " : "", waiting ? (int)oldest.n : 0, oldest.p,
                number(deliveries, "failed_today"));
    }
    (void)s;
}

void view_status(FILE *to, struct arena *a, const struct screen *s, const json_t *status)
{
    const json_t *warnings = json_object_get(status, "warnings");
    const json_t *signing = json_object_get(json_object_get(status, "keys"), "signing");
    view_head(to, a, s, status);
    if (json_array_size(warnings)) {
        fputc('\n', to);
        view_warnings(to, a, s, warnings);
    }
    view_title(to, s, "Processes");
    print_table(to, a, s, "process ready restarts sandbox pids",
                duties(a, json_object_get(status, "processes")));
    const json_t *nodes = json_object_get(status, "nodes");
    if (json_array_size(nodes) > 1) {
        view_title(to, s, "Nodes");
        print_table(to, a, s, "node version clock_offset_ms seen", nodes);
    }
    view_title(to, s, "Database");
    view_database(to, a, s, json_object_get(status, "database"));
    if (json_array_size(signing)) {
        view_title(to, s, "Keys that sign");
        print_table(to, a, s, "alg kid age_days next rotation", signing);
    }
    view_title(to, s, "Work");
    view_work(to, a, s, status);
}
