/* identity erase: the end of somebody's data, in one statement (store/erasure.sql), and
 * acknowledged only when it stands in the ledger outside the database, so that no restored backup
 * undoes it. erasures replay: the same again in a restored database, as authctl reads it from the
 * ledger. */
#include "admin/commands.h"

#include "peer/signer_client.h"
#include "signer/handle.h"
#include "store/erasure.h"

#define TRIES 20
#define LOOK_AGAIN_MS 50
#define REPLAYED_GROUND "replayed from the ledger of erasures"

/* Two erasures at one moment want the same number. */
static enum err erase(struct call *c, const struct erasure *v)
{
    for (int i = 0;; i++) {
        struct audit audit = call_audit(c, AUDIT_IDENTITY_ERASED, &v->identity);
        audit.ground = v->legal_ground;
        enum err e = store_identity_erase(c->task, c->admin->db, v, &audit);
        if (e != ERR_CONFLICT || v->number > 0 || i == TRIES) {
            return e;
        }
        TRY(task_sleep(c->task, 1 + i));
    }
}

enum err cmd_identity_erase(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    struct uuid id;
    struct signer_key_set keys;
    int64_t number = 0;
    bool noted = false;
    if (c->admin->process->config->erasures_ledger_file[0] == '\0') {
        return fail(ERR_CONFLICT, "there is no ledger of erasures, so a restored backup would undo "
                                  "this one: set erasures.ledger_file and erasures.key_file");
    }
    /* Without keys the ledger may not have been replayed yet: a new number would be one of its. */
    TRY(ask_key_set(c->task, c->admin->process->signers, &keys));
    TRY(call_identity(c, &id));
    struct erasure v = {
        .identity = id, .actor = c->operator_name, .legal_ground = call_text(c, "ground")};
    TRY(erase(c, &v));
    while (!noted) {
        TRY(store_erasure_find(c->task, c->admin->db, &id, &number, &noted));
        if (!noted && task_sleep(c->task, LOOK_AGAIN_MS) != OK) {
            return fail(ERR_UNAVAILABLE,
                        "erased, but not yet noted in the ledger (erasures.refused in the log says "
                        "why): until it is, a backup could undo it");
        }
    }
    json_t *answer = json_own(a, json_object());
    json_object_set_new(answer, "id", answer_uuid(a, &id));
    json_object_set_new(answer, "erased", json_true());
    json_object_set_new(answer, "number", json_integer(number));
    *result = answer;
    return OK;
}

static enum err replay_row(struct call *c, const json_t *row, size_t *erased)
{
    struct uuid id;
    struct erasure v = {.actor = c->operator_name, .legal_ground = STR(REPLAYED_GROUND)};
    int64_t number;
    bool noted;
    if (!json_is_object(row) || uuid_read(json_member(row, "id"), &id) != OK ||
        !json_member_i64(row, "number", &v.number) || v.number < 1 ||
        !json_member_i64(row, "at", &v.at)) {
        return fail(ERR_INPUT, "erasures replay: a row has id, number and at");
    }
    v.identity = id;
    enum err e = store_erasure_find(c->task, c->admin->db, &id, &number, &noted);
    if (e == OK) {
        return number == v.number ? OK
                                  : fail(ERR_CONFLICT,
                                         "erasure %lld of the ledger is number %lld of this "
                                         "database: somebody was erased here before the replay",
                                         (long long)v.number, (long long)number);
    }
    if (e != ERR_NOT_FOUND) {
        return e;
    }
    TRY(erase(c, &v));
    ++*erased;
    return OK;
}

enum err cmd_erasures_replay(struct call *c, json_t **result)
{
    const json_t *rows = json_object_get(c->arguments, "rows");
    size_t erased = 0;
    for (size_t i = 0; i < json_array_size(rows); i++) {
        TRY(replay_row(c, json_array_get(rows, i), &erased));
    }
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "erased", json_integer((json_int_t)erased));
    *result = answer;
    return OK;
}
