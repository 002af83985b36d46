/* What an identity can get later: userinfo and refreshed tokens. */
#include <string.h>
#include "libeid/claims.h"
#include "libeid/dpop.h"
#include "libeid/id_token.h"
#include "libeid/operation.h"
#include "libeid/tokens.h"

/* The key the identity's tokens are bound to; NULL for bearer tokens.  One that this handle no
 * longer has is nobody's fault but the configuration's: tell it, don't fall back. */
static enum eid_code bound_key(struct work *w, const struct eid_client *c,
                               const struct eid_identity *i, const struct own_key **out)
{
    *out = NULL;
    if (i->bound[0] == '\0') {
        return EID_OK;
    }
    *out = dpop_key_of(c, str_from(i->bound));
    if (*out == NULL) {
        return work_fail(w, EID_BAD_CONFIGURATION,
                         "the tokens are bound to a DPoP key this handle does not have: give all "
                         "machines the same eid_client_set_transaction_key or _dpop_key");
    }
    return EID_OK;
}

/* spec: RFC 9449 §5 the refresh token of a client that authenticates is not bound to the key: after
 * the key was lost it gets tokens for the new one.  Never back to bearer tokens. */
static enum eid_code refresh_key(struct work *w, const struct eid_client *c,
                                 const struct eid_identity *i, const struct own_key **out)
{
    bool authenticates = c->auth_key != NULL || c->client_secret != NULL;
    if (authenticates && i->bound[0] != '\0' && dpop_key_of(c, str_from(i->bound)) == NULL) {
        *out = dpop_key(c, 0);
        return EID_OK;
    }
    return bound_key(w, c, i, out);
}

struct more {
    struct made made; /* first */
    struct eid_identity *identity;
    struct exchange *asked;
};

static struct made *more_copy(struct arena *a, const void *arguments)
{
    struct more *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct more *)arguments;
    return &f->made;
}

static enum eid_code add_userinfo(struct work *w, struct eid_client *c, void *own)
{
    struct more *f = own;
    struct eid_identity *i = f->identity;
    struct provider *p = NULL;
    json_t *more = NULL;
    const struct own_key *bound = NULL;
    if (i->access_token == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "this identity has no access token");
    }
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(bound_key(w, c, i, &bound));
    EID_TRY(userinfo_fetch(w, c, p, &f->asked, str_from(i->access_token), bound,
                           str_from(eid_identity_subject(i)), &more));
    json_t *texts = json_own(w->arena, claims_texts(more));
    return texts != NULL && claims_fill(i->texts, texts) ? EID_OK : EID_NO_MEMORY;
}

enum eid_code eid_identity_userinfo(struct eid_client *client, struct eid_identity *identity,
                                    struct eid_error *err)
{
    struct more f = {.identity = identity};
    return work_block(client, add_userinfo, &f, err);
}

enum eid_code eid_identity_userinfo_start(struct eid_client *client, struct eid_identity *identity,
                                          struct eid_operation **out, struct eid_error *err)
{
    static const struct operation_kind kind = {add_userinfo, more_copy};
    struct more f = {.identity = identity};
    return operation_start(client, &kind, &f, out, err);
}

struct refresh {
    struct made made; /* first */
    const struct eid_identity *identity;
    struct exchange *asked;
};

static struct made *refresh_copy(struct arena *a, const void *arguments)
{
    struct refresh *f = arena_alloc(a, sizeof(*f));
    *f = *(const struct refresh *)arguments;
    return &f->made;
}

/* The old claims, for a refresh that brings no ID token: a private copy, because an identity may be
 * read by other threads meanwhile. */
static enum eid_code old_claims(const struct eid_identity *i, struct work *w, json_t **out)
{
    *out = json_own(w->arena, claims_copy(i->texts));
    return *out == NULL ? EID_NO_MEMORY : EID_OK;
}

static enum eid_code refresh(struct work *w, struct eid_client *c, void *own)
{
    struct refresh *f = own;
    const struct eid_identity *i = f->identity;
    struct provider *p = NULL;
    struct tokens tokens;
    json_t *claims = NULL;
    json_t *texts = NULL;
    const struct own_key *bound = NULL;
    if (i->refresh_token == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT,
                         "this identity has no refresh token: ask for the scope offline_access");
    }
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(refresh_key(w, c, i, &bound));
    EID_TRY(tokens_refresh(w, c, p, &f->asked, str_from(i->refresh_token), bound, &tokens));
    if (str_is(tokens.id_token)) {
        struct id_token_expect expect = {.subject = str_from(eid_identity_subject(i)),
                                         .access_token = tokens.access_token};
        EID_TRY(id_token_verify(w, c, tokens.id_token, &expect, &claims));
        /* Claims the new ID token repeats are new; the rest stays as it was told at login. */
        json_t *before = NULL;
        EID_TRY(old_claims(i, w, &before));
        texts = json_own(w->arena, claims_texts(claims));
        if (texts == NULL || !claims_fill(texts, before)) {
            return EID_NO_MEMORY;
        }
    } else {
        tokens.id_token = str_from(i->id_token);
        EID_TRY(old_claims(i, w, &texts));
    }
    if (!str_is(tokens.scope)) {
        tokens.scope = str_from(i->scope);
    }
    return identity_make(w, texts, &tokens, str_from(i->memo), &f->made.identity);
}

enum eid_code eid_identity_refresh(struct eid_client *client, const struct eid_identity *identity,
                                   struct eid_identity **out, struct eid_error *err)
{
    struct refresh f = {.identity = identity};
    enum eid_code code = work_block(client, refresh, &f, err);
    if (code == EID_OK) {
        *out = f.made.identity;
    }
    return code;
}

enum eid_code eid_identity_refresh_start(struct eid_client *client,
                                         const struct eid_identity *identity,
                                         struct eid_operation **out, struct eid_error *err)
{
    static const struct operation_kind kind = {refresh, refresh_copy};
    struct refresh f = {.identity = identity};
    return operation_start(client, &kind, &f, out, err);
}
