/* keys root: the public part of the key that signs the key set, for portals to pin; and the change
 * to another one, in two steps.  Asked of a signer, not of the database: the signer makes it from
 * the private part it holds. */
#include "admin/commands.h"
#include "admin/key_change.h"

#include "peer/signer_client.h"

static enum err prepare(struct call *c, const struct rotate_key *keys, size_t n,
                        const struct rotate_policy *policy, int64_t now, struct rotate_plan *out)
{
    return rotate_root_prepare(c->task->arena, keys, n, policy, now, out);
}

static enum err take_over(struct call *c, const struct rotate_key *keys, size_t n,
                          const struct rotate_policy *policy, int64_t now, struct rotate_plan *out)
{
    return rotate_root_switch(c->task->arena, keys, n, policy, now, out);
}

static enum err change(struct call *c, key_decision *decide, enum audit_event event)
{
    struct rotate_plan plan;
    struct audit audit = call_audit(c, event, NULL);
    struct str reason = call_text(c, "reason");
    audit.ground = str_is(reason) ? reason : STR("not stated");
    TRY(key_change(c, decide, false, &audit, &plan));
    return key_change_load(c);
}

enum err cmd_keys_root(struct call *c, json_t **result)
{
    bool next = call_flag(c, "next"), take = call_flag(c, "switch");
    if (next && take) {
        return fail(ERR_INPUT, "keys root: --next first, --switch when every portal has it");
    }
    if (next || take) {
        TRY(change(c, next ? prepare : take_over, next ? AUDIT_KEY_CREATED : AUDIT_KEY_ROTATED));
    }
    struct signer_key_set set;
    TRY(ask_key_set(c->task, c->admin->process->signers, &set));
    if (!str_is(set.next_root_jwk)) {
        return json_read_in(c->task->arena, set.root_jwk, result);
    }
    struct str both = str_fmt(c->task->arena, "{\"keys\":[%.*s,%.*s]}", STR_FMT(set.root_jwk),
                              STR_FMT(set.next_root_jwk));
    return json_read_in(c->task->arena, both, result);
}
