/* What an identity can get later: userinfo and refreshed tokens. */
#include <string.h>
#include "libeid/claims.h"
#include "libeid/id_token.h"
#include "libeid/tokens.h"

static enum eid_code add_userinfo(struct work *w, struct eid_client *c, struct eid_identity *i)
{
    struct provider *p = NULL;
    json_t *more = NULL;
    if (i->access_token == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT, "this identity has no access token");
    }
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(userinfo_fetch(w, c, p, str_from(i->access_token), str_from(eid_identity_subject(i)),
                           &more));
    return claims_add(i->texts, more) ? EID_OK : EID_NO_MEMORY;
}

enum eid_code eid_identity_userinfo(struct eid_client *client, struct eid_identity *identity,
                                    struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = add_userinfo(&w, client, identity);
        }
    }
    return work_end(&w);
}

/* The old claims, for a refresh that brings no ID token: a private copy, because an identity may be
 * read by other threads meanwhile. */
static enum eid_code old_claims(const struct eid_identity *i, struct work *w, json_t **out)
{
    *out = json_own(w->arena, json_deep_copy(i->texts));
    return *out == NULL ? EID_NO_MEMORY : EID_OK;
}

static enum eid_code refresh(struct work *w, struct eid_client *c, const struct eid_identity *i,
                             struct eid_identity **out)
{
    struct provider *p = NULL;
    struct tokens tokens;
    json_t *claims = NULL;
    if (i->refresh_token == NULL) {
        return work_fail(w, EID_BAD_ARGUMENT,
                         "this identity has no refresh token: ask for the scope offline_access");
    }
    EID_TRY(provider_lease(w, c, &p));
    EID_TRY(tokens_refresh(w, c, p, str_from(i->refresh_token), &tokens));
    if (str_is(tokens.id_token)) {
        struct id_token_expect expect = {.subject = str_from(eid_identity_subject(i)),
                                         .access_token = tokens.access_token};
        EID_TRY(id_token_verify(w, c, tokens.id_token, &expect, &claims));
        /* Claims the new ID token repeats are new; the rest stays as it was told at login. */
        json_t *before = NULL;
        EID_TRY(old_claims(i, w, &before));
        if (json_object_update_missing(claims, before) != 0) {
            return EID_NO_MEMORY;
        }
    } else {
        tokens.id_token = str_from(i->id_token);
        EID_TRY(old_claims(i, w, &claims));
    }
    if (!str_is(tokens.scope)) {
        tokens.scope = str_from(i->scope);
    }
    return identity_make(w, claims, &tokens, str_from(i->memo), out);
}

enum eid_code eid_identity_refresh(struct eid_client *client, const struct eid_identity *identity,
                                   struct eid_identity **out, struct eid_error *err)
{
    struct work w;
    if (work_begin(&w, err)) {
        if (setjmp(w.exhausted) == 0) {
            w.code = refresh(&w, client, identity, out);
        }
    }
    return work_end(&w);
}
