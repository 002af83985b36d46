/* An identity as one sealed text, so that a session outlives the process and finds any machine of a
 * farm. */
#include <string.h>
#include "libeid/claims.h"
#include "libeid/identity.h"
#include "libeid/sealed.h"

#define SEALED_MAX (64 * 1024)

static struct str label(struct work *w, const struct eid_client *c)
{
    return str_fmt(w->arena, "eid identity 1|%s|%s", c->issuer, c->client_id);
}

struct sealing_call {
    const struct eid_identity *from;
    const char *text;
    char *sealed;
    struct eid_identity *opened;
};

static int add(json_t *o, const char *name, const char *text)
{
    return text == NULL ? 0 : json_object_set_new(o, name, json_str(str_from(text)));
}

static enum eid_code seal(struct work *w, struct eid_client *c, void *own)
{
    struct sealing_call *f = own;
    const struct eid_identity *i = f->from;
    struct str sealed;
    json_t *o = json_own(w->arena, json_object());
    json_t *texts = claims_copy(i->texts); /* others may read the identity meanwhile */
    int lost = json_object_set_new(o, "claims", texts) | add(o, "memo", i->memo) |
               add(o, "id", i->id_token) | add(o, "access", i->access_token) |
               add(o, "refresh", i->refresh_token) | add(o, "scope", i->scope) |
               add(o, "bound", i->bound) |
               json_object_set_new(o, "expires", json_integer(i->expires_at));
    if (lost != 0) {
        return EID_NO_MEMORY;
    }
    struct str text = json_text(w->arena, o);
    if (sealed_size(text.n) > SEALED_MAX) {
        return work_fail(w, EID_BAD_ARGUMENT, "the identity is too large to be sealed");
    }
    EID_TRY(sealed_make(w, c, label(w, c), text, &sealed));
    f->sealed = strndup(sealed.p, sealed.n);
    return f->sealed == NULL ? EID_NO_MEMORY : EID_OK;
}

enum eid_code eid_identity_seal(struct eid_client *client, const struct eid_identity *identity,
                                char **out, struct eid_error *err)
{
    struct sealing_call f = {.from = identity};
    enum eid_code code = work_block(client, seal, &f, err);
    if (code == EID_OK) {
        *out = f.sealed;
    }
    return code;
}

static enum eid_code unseal(struct work *w, struct eid_client *c, void *own)
{
    struct sealing_call *f = own;
    json_t *o = NULL;
    size_t generation = 0;
    if (f->text == NULL || strlen(f->text) > SEALED_MAX) {
        return work_fail(w, EID_TRANSACTION_FORGED, "the identity is missing or too long");
    }
    EID_TRY(sealed_open(w, c, label(w, c), str_from(f->text), &o, &generation));
    json_t *claims = json_object_get(o, "claims");
    struct str bound = json_member(o, "bound");
    struct tokens tokens = {.id_token = json_member(o, "id"),
                            .access_token = json_member(o, "access"),
                            .refresh_token = json_member(o, "refresh"),
                            .scope = json_member(o, "scope")};
    if (!json_is_object(claims) || json_member(claims, "sub").p == NULL ||
        bound.n > THUMBPRINT_SIZE || !json_member_i64(o, "expires", &tokens.expires_at)) {
        return work_fail(w, EID_TRANSACTION_FORGED, "the identity is not whole");
    }
    struct eid_identity *i = NULL;
    EID_TRY(identity_make(w, claims, &tokens, json_member(o, "memo"), &i));
    memcpy(i->bound, bound.p, bound.n);
    f->opened = i;
    return EID_OK;
}

enum eid_code eid_identity_open(struct eid_client *client, const char *sealed,
                                struct eid_identity **out, struct eid_error *err)
{
    struct sealing_call f = {.text = sealed};
    enum eid_code code = work_block(client, unseal, &f, err);
    if (code == EID_OK) {
        *out = f.opened;
    }
    return code;
}
