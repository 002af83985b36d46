/* keys rewrap: from the previous master key to the present one.  Two kinds of things are wrapped by
 * a master: the keys of the service and the keys of buckets of people; nothing else is touched.
 *
 * In steps, each one statement with its audit entry: what is under the present master already is
 * passed over, so that an interrupted run is simply started again. */
#include "admin/commands.h"

#include <string.h>

#include "keyring/keyring.h"
#include "peer/signer_client.h"
#include "store/bucket_key.h"

#define STEP 64
#define WRAP_NAME_AT 1 /* keystore/seal.h: u8 version | name of the wrapping key[8] | … */
#define WRAP_NAME_SIZE 8
#define TRIES 5

static bool same_wrapping(struct str a, struct str b)
{
    size_t end = WRAP_NAME_AT + WRAP_NAME_SIZE;
    return a.n >= end && b.n >= end && !memcmp(a.p, b.p, end);
}

static enum err again(struct call *c, struct str kind, struct str context, struct str wrapped,
                      struct str *out)
{
    struct signer_rewrap ask = {kind, context, wrapped};
    struct signer_rewrapped answer;
    TRY(ask_rewrap(c->task, c->admin->process->signers, &ask, &answer));
    *out = answer.wrapped;
    return OK;
}

/* All keys of the service in one statement; *moved says how many were under another master. */
static enum err rewrap_keys(struct call *c, size_t *moved)
{
    struct arena *a = c->task->arena;
    struct keyring ring;
    TRY(keyring_read(c->task, c->admin->db, &ring));
    struct keystore_row *changed = arena_array(a, ring.n + 1, sizeof *changed);
    size_t n = 0;
    for (size_t i = 0; i < ring.n; i++) {
        struct keystore_row *row = &ring.rows[i];
        if (!str_is(row->sealed)) {
            continue;
        }
        struct str sealed;
        struct str context = str_fmt(a, "%.*s %.*s", STR_FMT(row->use), STR_FMT(row->kid));
        TRY(again(c, STR("key"), context, row->sealed, &sealed));
        if (!same_wrapping(sealed, row->sealed)) {
            changed[n] = *row;
            changed[n++].sealed = sealed;
        }
    }
    if (n) {
        struct audit audit = call_audit(c, AUDIT_KEY_REWRAPPED, NULL);
        audit.detail = str_fmt(a, "{\"keys\":%zu}", n);
        TRY(store_keystore_apply(c->task, c->admin->db, changed, n, ring.generation, &audit));
    }
    *moved = n;
    return OK;
}

/* The name of the key that wraps bucket keys now, learnt from one of them; absent when there is
 * none. */
static enum err present_name(struct call *c, struct str *out)
{
    struct bucket_key_row *rows;
    size_t n;
    struct str nobody = str_of("\0\0\0\0\0\0\0", WRAP_NAME_SIZE);
    TRY(store_bucket_keys(c->task, c->admin->db, nobody, 1, &rows, &n));
    if (!n) {
        *out = STR_NONE;
        return OK;
    }
    struct str wrapped;
    TRY(again(c, STR("bucket"), str_fmt(c->task->arena, "%u", (unsigned)rows[0].bucket),
              rows[0].wrapped, &wrapped));
    *out = str_of(wrapped.p + WRAP_NAME_AT, WRAP_NAME_SIZE);
    return OK;
}

static enum err rewrap_step(struct call *c, struct str name, size_t *moved)
{
    struct bucket_key_row *rows;
    size_t n;
    TRY(store_bucket_keys(c->task, c->admin->db, name, STEP, &rows, &n));
    for (size_t i = 0; i < n; i++) {
        TRY(again(c, STR("bucket"), str_fmt(c->task->arena, "%u", (unsigned)rows[i].bucket),
                  rows[i].wrapped, &rows[i].wrapped));
    }
    if (n) {
        struct audit audit = call_audit(c, AUDIT_KEY_REWRAPPED, NULL);
        audit.detail = str_fmt(c->task->arena, "{\"bucket_keys\":%zu}", n);
        TRY(store_bucket_keys_replace(c->task, c->admin->db, rows, n, &audit));
    }
    *moved = n;
    return OK;
}

static enum err rewrap_buckets(struct call *c, size_t *total)
{
    struct str name;
    TRY(present_name(c, &name));
    *total = 0;
    size_t moved = str_is(name) ? 1 : 0;
    while (moved) {
        TRY(rewrap_step(c, name, &moved));
        *total += moved;
        connection_progress(c->connection, (int64_t)*total, 0);
    }
    return OK;
}

enum err cmd_keys_rewrap(struct call *c, json_t **result)
{
    size_t keys = 0, buckets = 0;
    enum err e = ERR_CONFLICT;
    for (int i = 0; i < TRIES && e == ERR_CONFLICT; i++) {
        e = rewrap_keys(c, &keys);
    }
    TRY(e);
    TRY(rewrap_buckets(c, &buckets));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "keys", json_integer((json_int_t)keys));
    json_object_set_new(answer, "bucket_keys", json_integer((json_int_t)buckets));
    json_object_set_new(answer, "text",
                        json_string(keys + buckets
                                        ? "Everything is under the present master key. Take "
                                          "master_key_previous_file out of the configuration on "
                                          "every node. Backups made before need the previous key: "
                                          "destroy it with them."
                                        : "Everything was under the present master key already."));
    *result = answer;
    return OK;
}
