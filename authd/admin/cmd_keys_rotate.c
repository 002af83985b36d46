/* keys rotate: plans the switch to the next signing key.
 *
 * It switches at the soonest moment that breaks nobody: the next key has been published for the key
 * set's maximum age and the configured minimum, and every process of every node knows the plan. The
 * switch itself is each signer's, by the database's clock; this command only writes the time into
 * the row. */
#include "admin/commands.h"
#include "admin/key_change.h"

static enum err decide(struct call *c, const struct rotate_key *keys, size_t n,
                       const struct rotate_policy *policy, int64_t now, struct rotate_plan *out)
{
    int64_t wanted_at = 0;
    if (call_flag(c, "now")) {
        wanted_at = now;
    }
    if (str_is(call_text(c, "at"))) {
        TRY(answer_time_read(call_text(c, "at"), &wanted_at));
    }
    return rotate_request(c->task->arena, keys, n, policy, now, call_text(c, "alg"), wanted_at,
                          call_flag(c, "force"), out);
}

enum err cmd_keys_rotate(struct call *c, json_t **result)
{
    if (call_flag(c, "now") && str_is(call_text(c, "at"))) {
        return fail(ERR_INPUT, "keys rotate: --now or --at, not both");
    }
    if (call_flag(c, "force") && !call_flag(c, "now") && !str_is(call_text(c, "at"))) {
        return fail(ERR_INPUT, "keys rotate: --force goes with --now or --at");
    }
    bool dry_run = call_flag(c, "dry-run");
    struct audit audit = call_audit(c, AUDIT_KEY_ROTATED, NULL);
    struct rotate_plan plan;
    TRY(key_change(c, decide, dry_run, &audit, &plan));
    *result = key_change_answer(c, &plan, dry_run);
    return OK;
}
