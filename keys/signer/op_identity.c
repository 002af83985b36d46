/* What a named operator may ask: an identity's attributes, keyed digests to find one, an address of
 * the audit.  All counted by warrant.c; the admin process writes the audit entry before it asks. */
#include "keystore/lookup.h"
#include "signer/document.h"
#include "signer/sealed_box.h"
#include "signer/state.h"

enum err op_identity_open(struct arena *a, struct signer *s, enum channel from, struct str request,
                          struct str *answer)
{
    (void)from;
    struct signer_identity_open m;
    struct signer_identity_opened out;
    json_t *attributes;
    TRY(get_signer_identity_open(a, request, &m));
    TRY(warrant_operator(m.operator_name, m.reason));
    TRY(document_open(a, s->signers, &m.document, &attributes, &out.attributes));
    ANSWER(a, signer_identity_opened, &out, answer);
    return OK;
}

/* The keyed digests of a value, the active key's first: it is the one to be stored. */
enum err signer_digests(struct arena *a, const struct signer *s, struct str kind, struct str value,
                        struct str *out)
{
    struct buf b = buf_in(a);
    if (!str_is(kind) || !str_is(value)) {
        return fail(ERR_INPUT, "lookup: no kind or value");
    }
    for (int active = 1; active >= 0; active--) {
        for (size_t i = 0; i < s->keys->n; i++) {
            const struct rotate_key *row = &s->keys->rows[i];
            const struct held_key *key = &s->keys->keys[i];
            if (key->secret == NULL || !str_eqz(row->use, "lookup") ||
                (row->state == KEY_ACTIVE) != active) {
                continue;
            }
            struct sha256 digest = lookup_digest(key->secret, kind, value);
            wire_put_u32(&b, key->version);
            wire_put_fixed(&b, digest.b, sizeof digest.b);
        }
    }
    if (b.n == 0) {
        return fail(ERR_UNAVAILABLE, "lookup: no look-up key");
    }
    *out = buf_str(&b);
    return OK;
}

enum err op_lookup_digests(struct arena *a, struct signer *s, enum channel from, struct str request,
                           struct str *answer)
{
    (void)from;
    struct signer_lookup_digests m;
    struct signer_looked_up out;
    TRY(get_signer_lookup_digests(a, request, &m));
    TRY(signer_digests(a, s, m.kind, m.value, &out.digests));
    ANSWER(a, signer_looked_up, &out, answer);
    return OK;
}

enum err op_address_open(struct arena *a, struct signer *s, enum channel from, struct str request,
                         struct str *answer)
{
    (void)from;
    struct signer_address_open m;
    struct signer_address_opened out;
    enum err e = ERR_NOT_FOUND;
    TRY(get_signer_address_open(a, request, &m));
    TRY(warrant_operator(m.operator_name, m.reason));
    /* Addresses outlive the key they were sealed to. */
    for (size_t i = 0; i < s->keys->n && e != OK; i++) {
        if (s->keys->keys[i].secret != NULL && str_eqz(s->keys->rows[i].use, "audit")) {
            e = box_open(a, s->keys->keys[i].secret, m.sealed, &out.address);
        }
    }
    TRY(e);
    ANSWER(a, signer_address_opened, &out, answer);
    return OK;
}
