/* status: one page about the service: warnings, processes, database, keys, deliveries, what people
 * do. Works while the database is away: what it cannot know is not there. */
#include "admin/commands.h"

#include <stdlib.h>

#include "admin/status.h"
#include "base/clock.h"
#include "keyring/keyring.h"
#include "peer/look.h"
#include "peer/signer_client.h"
#include "store/operations.h"

static json_t *database(struct call *c, const struct operations *seen)
{
    struct pg *db = c->admin->db;
    json_t *part = json_object();
    json_object_set_new(part, "ready", json_boolean(pg_ready(db)));
    if (pg_ready(db)) {
        int64_t offset_ms = pg_clock_offset_ms(db);
        json_object_set_new(part, "clock_offset_ms", json_integer(offset_ms));
        json_object_set_new(part, "clock_ok",
                            json_boolean(llabs(offset_ms) <= STATUS_CLOCK_TOLERANCE_MS));
    }
    if (!seen) {
        return part;
    }
    json_object_set_new(part, "server_version", json_str(seen->server_version));
    json_object_set_new(part, "role", json_string(seen->in_recovery ? "standby" : "primary"));
    json_object_set_new(part, "schema_version", json_integer(seen->schema_version));
    json_object_set_new(part, "host", json_str(seen->host));
    json_object_set_new(part, "commits_wait_for", json_str(seen->waits_for));
    json_object_set_new(part, "standbys", json_integer(seen->standbys));
    json_object_set_new(part, "standby_lag_ms",
                        seen->standby_lag_ms < 0 ? json_null()
                                                 : json_integer(seen->standby_lag_ms));
    return part;
}

/* One row for each algorithm: what signs, what follows, when. */
static json_t *signing(struct call *c)
{
    struct keyring ring;
    struct rotate_policy policy;
    size_t n;
    if (keyring_read(c->task, c->admin->db, &ring) != OK) {
        return NULL;
    }
    keyring_policy(c->admin->process->config, &policy);
    const struct rotate_key *keys = keyring_rotate_keys(c->task->arena, &ring, &n);
    json_t *rows = json_array();
    for (size_t i = 0; i < policy.n_algs; i++) {
        json_array_append_new(rows,
                              status_signing(keys, n, &policy, ring.now_ms / 1000, policy.algs[i]));
    }
    return rows;
}

static json_t *keys(struct call *c)
{
    json_t *part = json_object();
    struct signer_key_set set;
    enum err e = ask_key_set(c->task, c->admin->process->signers, &set);
    json_object_set_new(part, "loaded", json_boolean(e == OK));
    if (e == OK) {
        json_object_set_new(part, "generation", json_integer((json_int_t)set.generation));
    }
    uint64_t generation;
    if (pg_ready(c->admin->db) &&
        store_keystore_generation(c->task, c->admin->db, &generation) == OK) {
        json_object_set_new(part, "generation_of_database", json_integer((json_int_t)generation));
        json_object_set_new(part, "signing", signing(c));
    }
    return part;
}

static json_t *deliveries(const struct operations *seen)
{
    int64_t oldest_s = seen->waiting_since ? clock_now_s() - seen->waiting_since : 0;
    return json_pack("{s:I,s:I,s:I,s:I}", "waiting", (json_int_t)seen->waiting, "oldest_s",
                     (json_int_t)(oldest_s > 0 ? oldest_s : 0), "troubled",
                     (json_int_t)seen->troubled, "failed_today", (json_int_t)seen->failed_today);
}

static json_t *activity(const struct operations *seen)
{
    return json_pack("{s:i,s:I,s:I,s:I}", "minutes", OPERATIONS_MINUTES, "logins",
                     (json_int_t)seen->logins, "logins_refused", (json_int_t)seen->logins_refused,
                     "tokens", (json_int_t)seen->tokens);
}

/* Every machine that has told of itself lately. */
static json_t *nodes(struct call *c)
{
    struct operations_node *seen;
    size_t n;
    if (store_nodes(c->task, c->admin->db, &seen, &n) != OK) {
        return json_null();
    }
    json_t *rows = json_array();
    for (size_t i = 0; i < n; i++) {
        json_t *row = json_object();
        json_object_set_new(row, "node", json_str(seen[i].name));
        json_object_set_new(row, "version", json_str(seen[i].version));
        json_object_set_new(row, "clock_offset_ms", json_integer(seen[i].clock_offset_ms));
        json_object_set_new(row, "seen", answer_time(seen[i].seen_at));
        json_object_set_new(row, "silent_s", json_integer(seen[i].silent_s));
        json_array_append_new(rows, row);
    }
    return rows;
}

static json_t *webs(struct call *c)
{
    json_t *list = json_array();
    struct peer *peers = c->admin->process->webs;
    for (size_t i = 0; peers && i < peer_members(peers); i++) {
        json_t *status;
        if (ask_look(c->task, peers, i, LOOK_STATUS, &status) == OK) {
            json_array_append(list, status);
        } else {
            json_array_append_new(list, json_pack("{s:s}", "missing", "does not answer"));
        }
    }
    return list;
}

/* What the parent last told: version, start, all processes. */
static void take_parent(struct call *c, json_t *answer)
{
    json_t *told;
    struct str status = c->admin->process->status;
    if (str_is(status) && json_read_in(c->task->arena, status, &told) == OK) {
        json_object_update(answer, told);
    } else {
        json_object_set_new(answer, "processes", json_null());
    }
    int64_t started_at;
    if (json_member_i64(answer, "started_at", &started_at)) {
        json_object_set_new(answer, "uptime_s", json_integer(clock_now_s() - started_at));
        json_object_set_new(answer, "started_at", answer_time(started_at));
    }
}

enum err cmd_status(struct call *c, json_t **result)
{
    struct process *self = c->admin->process;
    json_t *answer = json_own(c->task->arena, json_object());
    struct operations seen;
    bool looked =
        pg_ready(c->admin->db) && store_operations_read(c->task, c->admin->db, &seen) == OK;
    json_object_set_new(answer, "issuer", json_string(self->config->issuer));
    json_object_set_new(answer, "configuration", json_string(self->config->path));
    json_object_set_new(answer, "sandbox", json_boolean(self->config->sandbox));
    json_t *db = database(c, looked ? &seen : NULL);
    json_t *key_part = keys(c);
    bool ready = json_is_true(json_object_get(db, "ready")) &&
                 json_is_true(json_object_get(db, "clock_ok")) &&
                 json_is_true(json_object_get(key_part, "loaded"));
    json_object_set_new(answer, "ready", json_boolean(ready));
    json_object_set_new(answer, "database", db);
    json_object_set_new(answer, "keys", key_part);
    take_parent(c, answer);
    json_object_set_new(answer, "web", webs(c));
    json_object_set_new(answer, "sandbox_missing", json_string(self->sandbox_missing));
    if (looked) {
        json_object_set_new(answer, "deliveries", deliveries(&seen));
        json_object_set_new(answer, "activity", activity(&seen));
        json_object_set_new(answer, "nodes", nodes(c));
    }
    json_object_set_new(answer, "warnings", status_warnings(c->task->arena, answer, self->config));
    *result = answer;
    return OK;
}
