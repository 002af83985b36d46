/* keys revoke KID: the key is dead at once and the next one signs.  Answers only when the signers
 * of this node hold the new set, so that every token issued after the answer verifies. */
#include "admin/commands.h"
#include "admin/key_change.h"

static enum err decide(struct call *c, const struct rotate_key *keys, size_t n,
                       const struct rotate_policy *policy, int64_t now, struct rotate_plan *out)
{
    return rotate_revoke(c->task->arena, keys, n, policy, now, call_text(c, "kid"), out);
}

enum err cmd_keys_revoke(struct call *c, json_t **result)
{
    struct audit audit = call_audit(c, AUDIT_KEY_REVOKED, NULL);
    struct str reason = call_text(c, "reason");
    audit.ground = str_is(reason) ? reason : STR("not stated");
    struct rotate_plan plan;
    TRY(key_change(c, decide, false, &audit, &plan));
    TRY(key_change_load(c));
    *result = key_change_answer(c, &plan, false);
    return OK;
}
