/* Pairwise sub and sid; see subject.h. */
#include "signer/subject.h"

#include "base/b64.h"
#include "base/buf.h"

/* spec: OpenID Core §2:sub never reassigned: it is the identity's own name, encrypted; 43
 * characters */
enum err subject_text(struct arena *a, const struct held_keys *k, const struct uuid *identity,
                      struct str sector, struct str *out)
{
    uint8_t name[SIV_TAG + UUID_SIZE];
    if (!str_is(sector)) {
        return fail(ERR_INPUT, "subject: no sector");
    }
    TRY(siv_seal(k->sub_names, sector, str_of(identity->b, UUID_SIZE), name));
    *out = b64_str(a, str_of(name, sizeof name));
    return OK;
}

enum err pairwise_of(struct arena *a, const struct held_keys *k, const struct proof *p,
                     struct pairwise *out)
{
    struct pairwise names = {.sid = session_text(a, k, &p->session, p->client_id)};
    TRY(subject_text(a, k, &p->subject, p->sector, &names.sub));
    *out = names;
    return OK;
}

struct str session_text(struct arena *a, const struct held_keys *k, const struct uuid *session,
                        struct str client_id)
{
    struct buf b = buf_in(a);
    buf_add(&b, str_of(session->b, UUID_SIZE));
    buf_add(&b, client_id);
    struct sha256 h = hmac_sha256(secret_bytes(k->sid_key), secret_size(k->sid_key), buf_str(&b));
    return b64_str(a, str_of(h.b, 16));
}
