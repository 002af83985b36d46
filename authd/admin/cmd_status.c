/* status: what runs, whether it is ready, what is missing.  Works while the database is away. */
#include "admin/commands.h"

#include <stdlib.h>

#include "peer/look.h"
#include "peer/signer_client.h"
#include "store/keystore.h"

#define CLOCK_TOLERANCE_MS 5000

static json_t *database(struct call *c)
{
    struct pg *db = c->admin->db;
    json_t *part = json_object();
    json_object_set_new(part, "ready", json_boolean(pg_ready(db)));
    if (pg_ready(db)) {
        int64_t offset_ms = pg_clock_offset_ms(db);
        json_object_set_new(part, "clock_offset_ms", json_integer(offset_ms));
        json_object_set_new(part, "clock_ok", json_boolean(llabs(offset_ms) <= CLOCK_TOLERANCE_MS));
    }
    return part;
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
    }
    return part;
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

/* What the parent last told of all processes. */
static json_t *processes(struct call *c)
{
    json_t *told;
    struct str status = c->admin->process->status;
    if (!str_is(status) || json_read_in(c->task->arena, status, &told) != OK) {
        return json_null();
    }
    return json_incref(told);
}

enum err cmd_status(struct call *c, json_t **result)
{
    struct process *self = c->admin->process;
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "issuer", json_string(self->config->issuer));
    json_object_set_new(answer, "configuration", json_string(self->config->path));
    json_t *db = database(c);
    json_t *key_part = keys(c);
    bool ready = json_is_true(json_object_get(db, "ready")) &&
                 json_is_true(json_object_get(db, "clock_ok")) &&
                 json_is_true(json_object_get(key_part, "loaded"));
    json_object_set_new(answer, "ready", json_boolean(ready));
    json_object_set_new(answer, "database", db);
    json_object_set_new(answer, "keys", key_part);
    json_object_set_new(answer, "processes", processes(c));
    json_object_set_new(answer, "web", webs(c));
    json_object_set_new(answer, "sandbox_missing", json_string(self->sandbox_missing));
    *result = answer;
    return OK;
}
