/* Identities, made from verified claims; identity_read.c has the getters. */
#include "libeid/identity.h"
#include <stdlib.h>
#include <string.h>
#include "libeid/claims.h"
#include "libeid/levels.h"

/* *out stays NULL for what is absent; false when out of memory. */
static bool copy(struct str s, char **out)
{
    if (s.p != NULL) {
        *out = strndup(s.p, s.n);
    }
    return s.p == NULL || *out != NULL;
}

enum eid_code identity_make(struct work *w, json_t *texts, const struct tokens *tokens,
                            struct str memo, struct eid_identity **out)
{
    struct eid_identity *i = calloc(1, sizeof(*i));
    if (i == NULL) {
        return EID_NO_MEMORY;
    }
    i->texts = json_incref(texts);
    i->expires_at = tokens->expires_at;
    if (tokens->bound != NULL) {
        memcpy(i->bound, tokens->bound->thumbprint, sizeof(i->bound));
    }
    if (!copy(memo, &i->memo) || !copy(tokens->id_token, &i->id_token) ||
        !copy(tokens->access_token, &i->access_token) ||
        !copy(tokens->refresh_token, &i->refresh_token) || !copy(tokens->scope, &i->scope)) {
        eid_identity_free(i);
        return work_fail(w, EID_NO_MEMORY, "identity");
    }
    levels_read(i->texts, &i->account_level, &i->authentication_level);
    *out = i;
    return EID_OK;
}

void eid_identity_free(struct eid_identity *i)
{
    if (i == NULL) {
        return;
    }
    claims_free(i->texts);
    eid_text_free(i->memo);
    eid_text_free(i->id_token);
    eid_text_free(i->access_token);
    eid_text_free(i->refresh_token);
    eid_text_free(i->scope);
    free(i);
}
