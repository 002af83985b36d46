/* A table of fixed size; each entry is one block, the row and after it the bytes it points to.
 * Must not keep a bearer secret, nor anything of a row that may change. */
#include "store/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/ct.h"
#include "store/engine.h"

enum kept_kind { KEPT_CODE, KEPT_REFRESH };

struct kept_row {
    enum kept_kind kind;
    struct sha256 hash;
    union {
        struct code_row code;
        struct refresh_row refresh;
    };
    char bytes[];
};
struct kept {
    struct kept_row *slots[KEPT_MAX];
};

static size_t slot_of(const struct sha256 *hash)
{
    return ((size_t)hash->b[0] << 8 | hash->b[1]) % KEPT_MAX;
}

#define GRANT_TEXTS 8
#define ROW_TEXTS_MAX (GRANT_TEXTS + 4)

static size_t grant_texts(struct grant_row *g, struct str **at)
{
    struct str *all[GRANT_TEXTS] = {&g->client_id, &g->sid,  &g->scope,
                                    &g->claims,    &g->cnf,  &g->authorization_details,
                                    &g->resource,  &g->proof};
    memcpy(at, all, sizeof all);
    return GRANT_TEXTS;
}

/* Where the row points to bytes that are not its own. */
static size_t texts_of(struct kept_row *k, struct str *at[ROW_TEXTS_MAX])
{
    size_t n = 0;
    if (k->kind == KEPT_CODE) {
        at[n++] = &k->code.client_id;
        at[n++] = &k->code.redirect_uri;
        at[n++] = &k->code.code_challenge;
        at[n++] = &k->code.proof;
        return n + grant_texts(&k->code.grant, at + n);
    }
    at[n++] = &k->refresh.client_id;
    at[n++] = &k->refresh.proof;
    at[n++] = &k->refresh.cnf;
    at[n++] = &k->refresh.predecessor;
    return n + grant_texts(&k->refresh.grant, at + n);
}

static void keep(struct pg *db, struct kept_row row, const struct grant_row *grant)
{
    struct grant_row *own = row.kind == KEPT_CODE ? &row.code.grant : &row.refresh.grant;
    *own = *grant;
    own->revoked_at = 0; /* or it would not have been written */
    own->identity_state = STR("active");
    struct str *at[ROW_TEXTS_MAX];
    size_t n = texts_of(&row, at), bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bytes += at[i]->n;
    }
    if (bytes > KEPT_BYTES_MAX) {
        return;
    }
    if (db->kept == NULL) {
        db->kept = calloc(1, sizeof *db->kept);
    }
    struct kept_row *k = malloc(sizeof *k + bytes);
    if (db->kept == NULL || k == NULL) {
        free(k);
        return;
    }
    *k = row;
    char *to = k->bytes;
    n = texts_of(k, at);
    for (size_t i = 0; i < n; i++) {
        if (at[i]->p != NULL) {
            memcpy(to, at[i]->p, at[i]->n);
            at[i]->p = to;
            to += at[i]->n;
        }
    }
    struct kept_row **slot = &db->kept->slots[slot_of(&k->hash)];
    free(*slot);
    *slot = k;
}

void kept_code(struct pg *db, const struct code_row *code, const struct grant_row *grant)
{
    struct kept_row row = {.kind = KEPT_CODE, .hash = code->hash, .code = *code};
    row.code.kept = true;
    keep(db, row, grant);
}

void kept_refresh(struct pg *db, const struct refresh_new *refresh,
                  const struct sha256 *predecessor, const struct grant_row *grant)
{
    if (str_is(refresh->cnf)) {
        return; /* may stay when it is used, which is judged by more than what never changes */
    }
    struct kept_row row = {.kind = KEPT_REFRESH,
                           .hash = refresh->hash,
                           .refresh = {.hash = refresh->hash,
                                       .client_id = grant->client_id,
                                       .proof = refresh->proof,
                                       .cnf = refresh->cnf,
                                       .expires_at = refresh->expires_at,
                                       .kept = true}};
    if (predecessor != NULL) {
        row.refresh.predecessor = str_of(predecessor->b, sizeof predecessor->b);
    }
    keep(db, row, grant);
}

static const struct kept_row *take(struct arena *a, struct pg *db, enum kept_kind kind,
                                   const struct handle *h)
{
    struct kept_row **slot = db->kept == NULL ? NULL : &db->kept->slots[slot_of(&h->hash)];
    struct kept_row *k = slot == NULL ? NULL : *slot;
    if (k == NULL || k->kind != kind || !ct_equal(k->hash.b, h->hash.b, sizeof k->hash.b)) {
        return NULL;
    }
    *slot = NULL;
    arena_defer(a, free, k);
    return k;
}

bool kept_code_take(struct arena *a, struct pg *db, const struct handle *h, struct code_row *out)
{
    const struct kept_row *k = take(a, db, KEPT_CODE, h);
    if (k != NULL) {
        *out = k->code;
    }
    return k != NULL && k->code.grant.bucket == h->bucket;
}

bool kept_refresh_take(struct arena *a, struct pg *db, const struct handle *h,
                       struct refresh_row *out)
{
    const struct kept_row *k = take(a, db, KEPT_REFRESH, h);
    if (k != NULL) {
        *out = k->refresh;
    }
    return k != NULL && k->refresh.grant.bucket == h->bucket;
}

void kept_free(struct pg *db)
{
    for (size_t i = 0; db->kept != NULL && i < KEPT_MAX; i++) {
        free(db->kept->slots[i]);
    }
    free(db->kept);
}
