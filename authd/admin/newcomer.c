/* See newcomer.h.  Attributes leave this process only towards a signer; what the database gets is
 * sealed under a key of the identity's own, wrapped by the key of its bucket.  The first identity
 * of a bucket brings the bucket's key: when two writers bring one at once, the loser seals again
 * under the winner's. */
#include "admin/newcomer.h"

#include <string.h>

#include "peer/signer_client.h"
#include "signer/handle.h"
#include "store/identity.h"

#define LOOKUPS_MAX 16 /* four kinds under up to four look-up keys */
#define TRIES 6
#define DOCUMENT_VERSION 1

/* Bucket keys met in this batch: a second identity of a bucket must not bring a second key. */
struct bucket_keys {
    struct {
        uint16_t bucket;
        uint32_t version;
        struct str wrapped;
    } v[NEWCOMERS_MAX];
    size_t n;
};

static enum err bucket_key(struct task *t, struct admin *admin, struct bucket_keys *known,
                           uint16_t bucket, struct sealed_document *out)
{
    for (size_t i = 0; i < known->n; i++) {
        if (known->v[i].bucket == bucket) {
            out->bucket_key_version = known->v[i].version;
            out->wrapped_bucket_key = known->v[i].wrapped;
            return OK;
        }
    }
    uint32_t version;
    struct str wrapped;
    enum err e = store_bucket_key(t, admin->db, bucket, &version, &wrapped);
    if (e == ERR_NOT_FOUND) {
        out->bucket_key_version = 1;
        out->wrapped_bucket_key = STR_NONE; /* the signer makes it */
        return OK;
    }
    TRY(e);
    out->bucket_key_version = version;
    out->wrapped_bucket_key = wrapped;
    known->v[known->n].bucket = bucket;
    known->v[known->n].version = version;
    known->v[known->n++].wrapped = wrapped;
    return OK;
}

static enum err seal(struct task *t, struct admin *admin, struct bucket_keys *known,
                     const struct newcomer *who, struct identity_new *out)
{
    struct signer_seal ask = {
        .document = {.identity = who->id,
                     .kind = who->attributes.kind,
                     .version = DOCUMENT_VERSION,
                     .bucket = bucket_of(&who->id)},
        .plaintext = json_text(t->arena, who->attributes.json),
    };
    TRY(bucket_key(t, admin, known, ask.document.bucket, &ask.document));
    bool is_new = !ask.document.wrapped_bucket_key.p;
    struct signer_sealed answer;
    TRY(ask_seal(t, admin->process->signers, &ask, &answer));
    if (is_new) {
        known->v[known->n].bucket = ask.document.bucket;
        known->v[known->n].version = ask.document.bucket_key_version;
        known->v[known->n++].wrapped = answer.wrapped_bucket_key;
        ask.document.wrapped_bucket_key = answer.wrapped_bucket_key;
    }
    out->document = ask.document;
    out->document.sealed = answer.sealed;
    out->document.wrapped_key = answer.wrapped_key;
    out->bucket_key_is_new = is_new;
    return OK;
}

static bool is_verified(const struct newcomer *who, const char *claim)
{
    return json_is_true(json_object_get(who->attributes.json, claim));
}

/* A shared telephone or a mistyped address must not keep somebody from being entered, so only what
 * was verified to be theirs finds them. */
static enum err lookups(struct task *t, struct admin *admin, const struct newcomer *who,
                        struct identity_new *out)
{
    const struct {
        struct str kind, value;
        bool wanted;
    } ways[] = {
        {STR("personal_number"), who->attributes.personal_number, true},
        {STR("organisation_code"), who->attributes.organisation_code, true},
        {STR("phone"), who->attributes.phone, is_verified(who, "phone_number_verified")},
        {STR("email"), who->attributes.email, is_verified(who, "email_verified")},
    };
    struct lookup_new *found = arena_array(t->arena, LOOKUPS_MAX, sizeof *found);
    size_t used = 0;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        if (ways[i].wanted && str_is(ways[i].value)) {
            size_t n;
            TRY(admin_lookups(t, admin->process->signers, ways[i].kind, ways[i].value, found + used,
                              LOOKUPS_MAX - used, &n));
            used += n;
        }
    }
    out->lookups = found;
    out->n_lookups = used;
    return OK;
}

static enum err add_once(struct task *t, struct admin *admin, const struct newcomer *v, size_t n,
                         struct identity_new *rows, const struct audit *audit)
{
    struct bucket_keys *known = arena_alloc(t->arena, sizeof *known);
    for (size_t i = 0; i < n; i++) {
        TRY(seal(t, admin, known, &v[i], &rows[i]));
    }
    return store_identity_add(t, admin->db, rows, n, audit);
}

enum err newcomers_add(struct task *t, struct admin *admin, const struct newcomer *v, size_t n,
                       struct str operator_name, struct str ground)
{
    struct identity_new *rows = arena_array(t->arena, n, sizeof *rows);
    struct audit audit = audit_of(t, AUDIT_IDENTITY_ADDED); /* the store makes one for each */
    audit.operator_name = operator_name;
    audit.ground = ground;
    for (size_t i = 0; i < n; i++) {
        rows[i].row = (struct identity_row){
            .id = v[i].id,
            .bucket = bucket_of(&v[i].id),
            .kind = v[i].attributes.kind,
            .state = v[i].state,
            .account_level = v[i].account_level,
            .province = v[i].attributes.province,
        };
        rows[i].actor = operator_name;
        rows[i].legal_ground = ground;
        TRY(lookups(t, admin, &v[i], &rows[i]));
    }
    enum err e = ERR_CONFLICT;
    for (int i = 0; i < TRIES && e == ERR_CONFLICT; i++) {
        e = add_once(t, admin, v, n, rows, &audit);
        if (e == ERR_CONFLICT && !strstr(err_reason(), "bucket key")) {
            return e;
        }
    }
    return e;
}
