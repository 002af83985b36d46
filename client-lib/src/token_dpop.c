/* An access token and the proof that came with it: RFC 9449 sections 6 and 7. */
#include <string.h>
#include "base/clock.h"
#include "libeid/operation.h"
#include "libeid/proof.h"
#include "libeid/token.h"

#define AGE_DEFAULT_S 60
#define AGE_MAX_S 3600
#define SIZE_MAX_TAKEN 4096

struct bound {
    struct made made; /* first */
    const char *text;
    const char *audience;
    const struct eid_token *token; /* verified otherwise; NULL: text is to be */
    struct eid_dpop_request request;
    bool sized;
    eid_replay_fn *replay;
    void *arg;
};

static struct bound bound_of(const char *text, const char *audience,
                             const struct eid_dpop_request *given, eid_replay_fn *replay, void *arg)
{
    struct bound f = {.text = text, .audience = audience, .replay = replay, .arg = arg};
    f.sized = given != NULL && given->size >= sizeof(size_t) && given->size <= SIZE_MAX_TAKEN;
    if (f.sized) {
        memcpy(&f.request, given,
               given->size < sizeof(f.request) ? given->size : sizeof(f.request));
    }
    return f;
}

static struct made *bound_copy(struct arena *a, const void *arguments)
{
    struct bound *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct bound *)arguments;
    f->text = operation_text(a, f->text);
    f->audience = operation_text(a, f->audience);
    f->request.method = operation_text(a, f->request.method);
    f->request.url = operation_text(a, f->request.url);
    f->request.proof = operation_text(a, f->request.proof);
    f->request.nonce = operation_text(a, f->request.nonce);
    return &f->made;
}

static enum eid_code judge_arguments(struct work *w, const struct bound *f)
{
    const struct eid_dpop_request *r = &f->request;
    if (!f->sized || r->method == NULL || r->url == NULL || f->replay == NULL || r->max_age_s < 0 ||
        r->max_age_s > AGE_MAX_S) {
        return work_fail(w, EID_BAD_ARGUMENT,
                         "give request.size, method, url, a max_age_s of at most %d, and a memory "
                         "of used proofs",
                         AGE_MAX_S);
    }
    return EID_OK;
}

/* spec: RFC 9449 §11.1 a proof is taken once */
static enum eid_code judge_replay(struct work *w, const struct bound *f, struct str jti,
                                  int64_t until_s)
{
    int seen = f->replay(f->arg, str_z(w->arena, jti), until_s);
    return seen == 0 ? EID_OK
                     : work_fail(w, EID_PROOF_REFUSED, "DPoP proof: %s",
                                 seen == 1 ? "was used before"
                                           : "whether it was used before can't be told");
}

/* spec: RFC 9449 §6.1 cnf.jkt names the key; a token without it proves nothing under DPoP */
static enum eid_code judge_proof(struct work *w, const struct eid_client *c, const struct bound *f,
                                 struct str thumbprint)
{
    const struct eid_dpop_request *r = &f->request;
    struct str jti;
    int64_t until_s = 0;
    if (!str_is(thumbprint)) {
        return work_fail(w, EID_PROOF_REFUSED,
                         "access token: is not bound to a key: take it with the scheme Bearer");
    }
    if (r->proof == NULL) {
        return work_fail(w, EID_PROOF_MISSING,
                         "access token: is bound to a key, and no proof came");
    }
    struct proof_expect expect = {.method = str_from(r->method),
                                  .url = str_from(r->url),
                                  .token = str_from(f->text),
                                  .thumbprint = thumbprint,
                                  .nonce = str_from(r->nonce),
                                  .now = clock_now_s(),
                                  .max_age_s = r->max_age_s > 0 ? r->max_age_s : AGE_DEFAULT_S,
                                  .skew_s = c->skew_s};
    EID_TRY(proof_check(w, str_from(r->proof), &expect, &jti, &until_s));
    return judge_replay(w, f, jti, until_s);
}

static enum eid_code verify(struct work *w, struct eid_client *c, void *own)
{
    struct bound *f = own;
    json_t *claims = NULL;
    EID_TRY(judge_arguments(w, f));
    EID_TRY(access_token_open(w, c, f->text, f->audience, &claims));
    EID_TRY(judge_proof(w, c, f, json_member(json_object_get(claims, "cnf"), "jkt")));
    return token_make(claims, &f->made.token);
}

static enum eid_code check(struct work *w, struct eid_client *c, void *own)
{
    struct bound *f = own;
    EID_TRY(judge_arguments(w, f));
    if (f->text == NULL || f->token == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "no token");
    }
    return judge_proof(w, c, f, str_from(eid_token_bound_to(f->token)));
}

enum eid_code eid_token_check_proof(struct eid_client *client, const struct eid_token *token,
                                    const char *access_token,
                                    const struct eid_dpop_request *request, eid_replay_fn *replay,
                                    void *arg, struct eid_error *err)
{
    struct bound f = bound_of(access_token, NULL, request, replay, arg);
    f.token = token;
    return work_block(client, check, &f, err);
}

enum eid_code eid_token_verify_dpop(struct eid_client *client, const char *access_token,
                                    const char *audience, const struct eid_dpop_request *request,
                                    eid_replay_fn *replay, void *arg, struct eid_token **out,
                                    struct eid_error *err)
{
    struct bound f = bound_of(access_token, audience, request, replay, arg);
    enum eid_code code = work_block(client, verify, &f, err);
    if (code == EID_OK) {
        *out = f.made.token;
    }
    return code;
}

enum eid_code eid_token_verify_dpop_start(struct eid_client *client, const char *access_token,
                                          const char *audience,
                                          const struct eid_dpop_request *request,
                                          eid_replay_fn *replay, void *arg,
                                          struct eid_operation **out, struct eid_error *err)
{
    static const struct operation_kind kind = {verify, bound_copy};
    struct bound f = bound_of(access_token, audience, request, replay, arg);
    return operation_start(client, &kind, &f, out, err);
}
