/* See transaction.h. */
#include "libeid/transaction.h"
#include "base/clock.h"
#include "libeid/sealed.h"

static struct str bound_to(struct work *w, const struct eid_client *c)
{
    return str_fmt(w->arena, "eid login 1|%s|%s|%s", c->issuer, c->client_id, c->redirect_uri);
}

enum eid_code transaction_seal(struct work *w, const struct eid_client *c,
                               const struct transaction *t, struct str *out)
{
    if (!str_utf8(t->memo) || !str_utf8(t->required)) {
        return work_fail(w, EID_BAD_ARGUMENT, "memo or required claims are not UTF-8");
    }
    json_t *o = json_own(w->arena, json_object());
    int lost = json_object_set_new(o, "s", json_str(t->state)) |
               json_object_set_new(o, "n", json_str(t->nonce)) |
               json_object_set_new(o, "v", json_str(t->verifier)) |
               json_object_set_new(o, "t", json_integer(t->begun_at)) |
               json_object_set_new(o, "m", json_integer(t->max_age_s)) |
               json_object_set_new(o, "a", json_integer(t->account_level)) |
               json_object_set_new(o, "l", json_integer(t->authentication_level));
    if (t->required.p != NULL) {
        lost |= json_object_set_new(o, "r", json_str(t->required));
    }
    if (t->memo.p != NULL) {
        lost |= json_object_set_new(o, "o", json_str(t->memo));
    }
    if (lost != 0) {
        return EID_NO_MEMORY;
    }
    struct str text = json_text(w->arena, o);
    size_t size = sealed_size(text.n);
    if (size > TRANSACTION_MAX) {
        return work_fail(
            w, EID_BAD_ARGUMENT,
            "memo and required claims are too long for a cookie by %zu bytes: keep the "
            "memo elsewhere and its name in the transaction",
            (size - TRANSACTION_MAX) * 3 / 4 + 1);
    }
    return sealed_make(w, c, bound_to(w, c), text, out);
}

enum eid_code transaction_open(struct work *w, const struct eid_client *c, struct str sealed,
                               struct transaction *out)
{
    json_t *o = NULL;
    size_t generation = 0;
    if (sealed.n > TRANSACTION_MAX) {
        return work_fail(w, EID_TRANSACTION_FORGED, "the transaction is longer than any of ours");
    }
    EID_TRY(sealed_open(w, c, bound_to(w, c), sealed, &o, &generation));
    struct transaction t = {.state = json_member(o, "s"),
                            .nonce = json_member(o, "n"),
                            .verifier = json_member(o, "v"),
                            .required = json_member(o, "r"),
                            .memo = json_member(o, "o"),
                            .generation = generation};
    bool whole = t.state.p != NULL && t.nonce.p != NULL && t.verifier.p != NULL &&
                 json_member_i64(o, "t", &t.begun_at) && json_member_i64(o, "m", &t.max_age_s) &&
                 json_member_i64(o, "a", &t.account_level) &&
                 json_member_i64(o, "l", &t.authentication_level);
    if (!whole) {
        return work_fail(w, EID_TRANSACTION_FORGED, "the transaction is not whole");
    }
    int64_t now = clock_now_s();
    if (now > t.begun_at + c->login_lifetime_s || now < t.begun_at - c->skew_s) {
        return work_fail(w, EID_LOGIN_EXPIRED, "the login began %lld s ago: begin again",
                         (long long)(now - t.begun_at));
    }
    *out = t;
    return EID_OK;
}
