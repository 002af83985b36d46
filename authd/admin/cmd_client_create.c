/* client create: registers a relying party from RFC 7591 metadata.  Two members are not metadata:
 * client_id, which may be chosen here, and the secret, which never may. spec: RFC 7591 §3.2.1 the
 * answer has client_id, client_secret and all registered metadata */
#include "admin/client_answer.h"
#include "admin/commands.h"
#include "base/clock.h"
#include "base/rand.h"

#define ID_BYTES 12

static bool is_client_id(struct str id)
{
    for (size_t i = 0; i < id.n; i++) {
        char ch = id.p[i];
        bool letter = (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z');
        if (!letter && !(ch >= '0' && ch <= '9') && ch != '.' && ch != '_' && ch != '-') {
            return false;
        }
    }
    return id.n > 0 && id.n <= CLIENT_ID_MAX;
}

static enum err take_id(struct call *c, json_t *metadata, struct str *out)
{
    const json_t *given = json_object_get(metadata, "client_id");
    if (!given) {
        *out = rand_b64(c->task->arena, ID_BYTES);
        return OK;
    }
    struct str id = str_dup(c->task->arena, json_member(metadata, "client_id"));
    if (!is_client_id(id)) {
        return fail(ERR_INPUT, "client_id: 1 to 64 of letters, digits, dot, underscore, hyphen");
    }
    json_object_del(metadata, "client_id");
    *out = id;
    return OK;
}

enum err cmd_client_create(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    json_t *metadata =
        json_own(a, json_copy((json_t *)(uintptr_t)json_object_get(c->arguments, "json")));
    if (json_object_get(metadata, "client_secret")) {
        return fail(ERR_INPUT, "client_secret: authd makes it; take it out of the metadata");
    }
    struct str id;
    struct client_row row;
    struct words ignored;
    bool with_secret;
    TRY(take_id(c, metadata, &id));
    TRY(client_row_make(c, id, metadata, STR_NONE, &row, &ignored));
    TRY(client_sector_check(c, NULL, &row));
    TRY(client_has_secret(c, &row, &with_secret));
    struct sha256 hash;
    struct str secret = client_secret_new(a, &hash);
    struct audit audit = call_audit(c, AUDIT_CLIENT_CREATED, NULL);
    audit.client_id = id;
    enum err e =
        store_client_create(c->task, c->admin->db, &row, with_secret ? &hash : NULL, &audit);
    if (e == ERR_CONFLICT) {
        return fail(ERR_CONFLICT, "client_id: %.*s exists already; change it with client update",
                    STR_FMT(id));
    }
    TRY(e);
    json_t *answer;
    TRY(client_answer(c, &row, &answer));
    client_answer_ignored(answer, &ignored);
    json_object_set_new(answer, "client_id_issued_at", json_integer(clock_now_s()));
    if (with_secret) {
        client_answer_secret(answer, secret);
    }
    *result = answer;
    return OK;
}
