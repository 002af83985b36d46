/* State first, then the issuer, then what the provider said: an error of somebody else's provider
 * must not speak to our person either. */
#include "libeid/callback.h"
#include "base/ct.h"
#include "base/url.h"
#include "libeid/refusal.h"

#define CALLBACK_MAX (16 * 1024)

enum eid_code callback_parse(struct work *w, struct str text, struct callback *out)
{
    struct params ps;
    size_t fragment = str_find(text, '#');
    struct str query = str_of(text.p, fragment);
    size_t mark = str_find(query, '?');
    if (mark < query.n) {
        query = str_of(query.p + mark + 1, query.n - mark - 1);
    } else if (str_starts(query, STR("https://")) || str_starts(query, STR("http://"))) {
        return work_fail(w, EID_BAD_ANSWER, "the callback URL has no query");
    }
    if (query.n > CALLBACK_MAX || params_parse(w->arena, query, &ps) != OK) {
        return work_fail(w, EID_BAD_ANSWER, "callback: not a query: %s", err_reason());
    }
    /* spec: RFC 6749 §3.1:once MUST NOT be included more than once */
    if (params_repeated(&ps).p != NULL) {
        return work_fail(w, EID_BAD_ANSWER, "callback: a parameter stands twice");
    }
    *out = (struct callback){.code = param_get(&ps, "code"),
                             .state = param_get(&ps, "state"),
                             .iss = param_get(&ps, "iss"),
                             .error = param_get(&ps, "error"),
                             .description = param_get(&ps, "error_description")};
    return EID_OK;
}

enum eid_code callback_judge(struct work *w, const struct eid_client *c, const struct callback *cb,
                             struct str state, bool iss_required, struct str *code)
{
    /* spec: RFC 6749 §10.12, RFC 9700 §2.1:csrf state binds the answer to the browser that asked */
    if (cb->state.p == NULL || !ct_str_equal(cb->state, state)) {
        return work_fail(w, EID_STATE_MISMATCH,
                         "state differs: another tab's login, or a forged answer; begin again");
    }
    /* spec: RFC 9207 §2.4 MUST compare iss, and reject answers without it from providers that send
     * it */
    if (cb->iss.p == NULL ? iss_required : !str_eqz(cb->iss, c->issuer)) {
        return work_fail(w, EID_ISSUER_MISMATCH, "the answer does not come from \"%.200s\"",
                         c->issuer);
    }
    if (cb->error.p != NULL) {
        return refusal_judge(w, c, cb->error, cb->description, "authorization");
    }
    if (cb->code.p == NULL) {
        return work_fail(w, EID_BAD_ANSWER, "callback: neither code nor error");
    }
    *code = cb->code;
    return EID_OK;
}
