/* Finishing a login.  Judged in the order in which trust is built: transaction, state, issuer,
 * code, ID token, userinfo, levels, required claims. */
#include "eid/login.h"
#include "libeid/callback.h"
#include "libeid/claims.h"
#include "libeid/dpop.h"
#include "libeid/id_token.h"
#include "libeid/operation.h"
#include "libeid/tokens.h"
#include "libeid/transaction.h"

struct finish {
    struct made made; /* first */
    const char *callback;
    const char *sealed;
    struct exchange *token;
    struct exchange *userinfo;
    struct tokens tokens;
    json_t *claims; /* of the ID token, once it is verified */
};

static struct made *finish_copy(struct arena *a, const void *arguments)
{
    struct finish *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct finish *)arguments;
    f->callback = operation_text(a, f->callback);
    f->sealed = operation_text(a, f->sealed);
    return &f->made;
}

/* What was asked for is met or refused: never lowered silently. */
static enum eid_code judge_identity(struct work *w, const struct transaction *t,
                                    const struct eid_identity *i)
{
    if (i->account_level < t->account_level || i->authentication_level < t->authentication_level) {
        return work_fail(w, EID_ASSURANCE_NOT_MET,
                         "levels are account %d, authentication %d; asked for at least %d, %d",
                         i->account_level, i->authentication_level, (int)t->account_level,
                         (int)t->authentication_level);
    }
    struct str rest = t->required;
    struct str name;
    while (str_word(&rest, &name)) {
        if (!claims_have(i->texts, name)) {
            return work_fail(w, EID_CLAIM_REFUSED, "the claim %.*s was not released",
                             STR_FMT(name));
        }
    }
    return EID_OK;
}

/* Tokens for the code, and an ID token that holds.  Made once; a wait for userinfo comes later. */
static enum eid_code get_tokens(struct work *w, struct eid_client *c, const struct provider *p,
                                struct finish *f, const struct transaction *t)
{
    struct callback cb;
    struct str code;
    const struct own_key *bind = NULL;
    json_t *claims = NULL;
    EID_TRY(callback_parse(w, str_from(f->callback), &cb));
    EID_TRY(callback_judge(w, c, &cb, t->state, p->iss_in_answers, &code));
    EID_TRY(dpop_choose(w, c, p, t->generation, &bind));
    EID_TRY(tokens_for_code(w, c, p, &f->token, code, t->verifier, bind, &f->tokens));
    struct id_token_expect expect = {
        .nonce = t->nonce, .access_token = f->tokens.access_token, .max_age_s = t->max_age_s};
    EID_TRY(id_token_verify(w, c, f->tokens.id_token, &expect, &claims));
    f->claims = claims;
    return EID_OK;
}

/* Claims of userinfo for what the ID token does not say. */
static enum eid_code add_userinfo(struct work *w, struct eid_client *c, const struct provider *p,
                                  struct finish *f)
{
    json_t *more = NULL;
    EID_TRY(userinfo_fetch(w, c, p, &f->userinfo, f->tokens.access_token, f->tokens.bound,
                           json_member(f->claims, "sub"), &more));
    return claims_fill(f->claims, more) ? EID_OK : EID_NO_MEMORY;
}

static enum eid_code finish(struct work *w, struct eid_client *c, void *own)
{
    struct finish *f = own;
    struct transaction t;
    struct provider *p = NULL;
    if (f->callback == NULL || f->sealed == NULL || c->redirect_uri == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "callback, transaction or redirect URI is missing");
    }
    if (f->sealed[0] == '\0') {
        return work_fail(w, EID_LOGIN_EXPIRED,
                         "no transaction: the browser's cookie has expired or was not kept");
    }
    EID_TRY(transaction_open(w, c, str_from(f->sealed), &t));
    EID_TRY(provider_lease(w, c, &p));
    if (f->claims == NULL) {
        EID_TRY(get_tokens(w, c, p, f, &t));
    }
    if (c->userinfo) {
        EID_TRY(add_userinfo(w, c, p, f));
    }
    json_t *texts = json_own(w->arena, claims_texts(f->claims));
    if (texts == NULL) {
        return EID_NO_MEMORY;
    }
    EID_TRY(identity_make(w, texts, &f->tokens, t.memo, &f->made.identity));
    return judge_identity(w, &t, f->made.identity);
}

enum eid_code eid_login_finish(struct eid_client *client, const char *callback,
                               const char *transaction, struct eid_identity **out,
                               struct eid_error *err)
{
    struct finish f = {.callback = callback, .sealed = transaction};
    enum eid_code code = work_block(client, finish, &f, err);
    if (code == EID_OK) {
        *out = f.made.identity;
        return code;
    }
    made_free(&f.made);
    return code;
}

enum eid_code eid_login_finish_start(struct eid_client *client, const char *callback,
                                     const char *transaction, struct eid_operation **out,
                                     struct eid_error *err)
{
    static const struct operation_kind kind = {finish, finish_copy};
    struct finish f = {.callback = callback, .sealed = transaction};
    return operation_start(client, &kind, &f, out, err);
}
