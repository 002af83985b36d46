/* What a person does with the own account and no service is needed for: seeing what was done with
 * it, and locking it.  Who asks is proved by the session's proof and the browser's secret; locking
 * needs the present password as well, so that a session left open locks nobody out. */
#include <string.h>

#include "base/arena.h"
#include "base/json.h"
#include "log/log.h"
#include "verifier/verifier.h"

enum err own_lock(struct arena *a, struct verifier *v, const struct verifier_lock *in,
                  struct verifier_changed *out)
{
    struct proof p;
    struct vault_account account;
    struct present present = {.session_proof = in->session_proof,
                              .secret = in->secret,
                              .current = in->current,
                              .address = in->address,
                              .address_sealed = in->address_sealed,
                              .request_id = in->request_id};
    TRY(present_check(a, v, &present, &p, &account, out));
    if (out->outcome != CHANGE_DONE) {
        return OK;
    }
    struct audit entry = {
        .event = AUDIT_IDENTITY_LOCKED,
        .bucket = bucket_of(&p.subject),
        .subject = p.subject,
        .actor = p.actor,
        .session = p.session,
        .ground = STR("own request"),
        .address_sealed = in->address_sealed,
    };
    enum err e = vault_lock_own(a, v->vault, &p.subject, &p.session, &entry, in->request_id);
    if (e == ERR_CONFLICT) {
        *out = (struct verifier_changed){.outcome = CHANGE_OVER};
        return OK;
    }
    return e;
}

static json_t *told(const struct vault_use *use)
{
    json_t *one = json_object();
    json_object_set_new(one, "at", json_integer(use->at));
    json_object_set_new(one, "event", json_str(use->event));
    json_object_set_new(one, "times", json_integer(use->times));
    if (use->refused) {
        json_object_set_new(one, "refused", json_true());
    }
    if (str_is(use->client_id)) {
        json_object_set_new(one, "client", json_str(use->client_id));
    }
    return one;
}

enum err own_history(struct arena *a, struct verifier *v, const struct verifier_history *in,
                     struct verifier_history_told *out)
{
    struct proof p;
    struct vault_use *uses;
    size_t n;
    bool lives;
    TRY(verifier_keys_refresh(a, v, false));
    *out = (struct verifier_history_told){.uses = STR_NONE};
    enum err e = present_proof(a, v, PROOF_SESSION, in->session_proof, in->secret, &p);
    if (e == ERR_EXPIRED) {
        return OK;
    }
    TRY(e);
    TRY(vault_history(a, v->vault, &p.subject, &p.session, in->before_us, &lives, &uses, &n,
                      &out->older_us));
    if (!lives) {
        return OK;
    }
    json_t *list = json_own(a, json_array());
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(list, told(&uses[i]));
    }
    out->uses = json_text(a, list);
    return OK;
}
