/* client rotate-secret: a new secret, told once; earlier ones work for a while longer, so that the
 * service can be changed without an interruption. */
#include "admin/client_answer.h"
#include "admin/commands.h"

#define OVERLAP_S 3600
#define OVERLAP_MAX_S ((int64_t)30 * 24 * 3600)

enum err cmd_client_rotate_secret(struct call *c, json_t **result)
{
    struct client_row row;
    bool with_secret;
    int64_t overlap_s = call_number(c, "overlap-s", OVERLAP_S);
    if (overlap_s < 0 || overlap_s > OVERLAP_MAX_S) {
        return fail(ERR_INPUT, "client rotate-secret: --overlap-s from 0 to %lld",
                    (long long)OVERLAP_MAX_S);
    }
    TRY(store_client_find(c->task, c->admin->db, call_text(c, "client_id"), &row));
    TRY(client_has_secret(c, &row, &with_secret));
    if (!with_secret) {
        return fail(ERR_CONFLICT, "client %.*s has no secret: see token_endpoint_auth_method",
                    STR_FMT(row.id));
    }
    struct sha256 hash;
    struct str secret = client_secret_new(c->task->arena, &hash);
    struct audit audit = call_audit(c, AUDIT_CLIENT_SECRET, NULL);
    audit.client_id = row.id;
    TRY(store_client_rotate_secret(c->task, c->admin->db, row.id, &hash, overlap_s, &audit));
    json_t *answer = json_own(c->task->arena, json_object());
    json_object_set_new(answer, "client_id", json_str(row.id));
    client_answer_secret(answer, secret);
    json_object_set_new(answer, "overlap_s", json_integer(overlap_s));
    *result = answer;
    return OK;
}
