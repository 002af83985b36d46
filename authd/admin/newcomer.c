/* See newcomer.h.  Attributes leave this process only towards a signer; what the database gets is
 * sealed under a key of the identity's own, wrapped by the key of its bucket.  Keys that buckets
 * don't have yet are made first, by a signer: when two writers bring one at once, both go on with
 * the one that the database took.  A bucket may so have a key before anybody is in it. */
#include "admin/newcomer.h"

#include <string.h>

#include "identity/personal_number.h"
#include "peer/signer_client.h"
#include "signer/handle.h"
#include "store/bucket_key.h"
#include "store/identity.h"

#define TRIES 6
#define DOCUMENT_VERSION 1
#define WAYS 4 /* in which somebody can be found */

struct bucket_keys {
    struct bucket_key_row *v;
    size_t n;
};

static const struct bucket_key_row *bucket_key_of(const struct bucket_keys *known, uint16_t bucket)
{
    for (size_t i = 0; i < known->n; i++) {
        if (known->v[i].bucket == bucket) {
            return &known->v[i];
        }
    }
    return NULL;
}

/* A signer makes a bucket's key when it seals something for a bucket without one; what it sealed is
 * thrown away. */
static enum err bucket_key_make(struct task *t, struct admin *admin, const struct uuid *first,
                                struct bucket_key_row *out)
{
    struct signer_seal ask = {
        .document = {.identity = *first,
                     .kind = STR("person"),
                     .version = DOCUMENT_VERSION,
                     .bucket = bucket_of(first),
                     .bucket_key_version = 1},
        .plaintext = STR("{}"),
    };
    struct signer_sealed answer;
    TRY(ask_seal(t, admin->process->signers, &ask, &answer));
    *out = (struct bucket_key_row){ask.document.bucket, 1, answer.wrapped_bucket_key};
    return OK;
}

static enum err bucket_keys_of(struct task *t, struct admin *admin, const struct newcomer *v,
                               size_t n, struct bucket_keys *out)
{
    uint16_t *buckets = arena_array(t->arena, n, sizeof *buckets);
    for (size_t i = 0; i < n; i++) {
        buckets[i] = bucket_of(&v[i].id);
    }
    TRY(store_bucket_keys_newest(t, admin->db, buckets, n, &out->v, &out->n));
    struct bucket_keys made = {arena_array(t->arena, n, sizeof *made.v), 0};
    for (size_t i = 0; i < n; i++) {
        if (!bucket_key_of(out, buckets[i]) && !bucket_key_of(&made, buckets[i])) {
            TRY(bucket_key_make(t, admin, &v[i].id, &made.v[made.n]));
            made.n++;
        }
    }
    if (made.n == 0) {
        return OK;
    }
    TRY(store_bucket_keys_add(t, admin->db, made.v, made.n));
    return store_bucket_keys_newest(t, admin->db, buckets, n, &out->v, &out->n);
}

static enum err seal(struct task *t, struct admin *admin, const struct bucket_keys *known,
                     const struct newcomer *v, size_t n, struct identity_new *out)
{
    struct signer_seal *asks = arena_array(t->arena, n, sizeof *asks);
    struct signer_sealed *answers = arena_array(t->arena, n, sizeof *answers);
    for (size_t i = 0; i < n; i++) {
        const struct bucket_key_row *key = bucket_key_of(known, bucket_of(&v[i].id));
        if (!key) {
            return fail(ERR_CONFLICT, "bucket key");
        }
        asks[i] = (struct signer_seal){
            .document = {.identity = v[i].id,
                         .kind = v[i].attributes.kind,
                         .version = DOCUMENT_VERSION,
                         .bucket = key->bucket,
                         .bucket_key_version = key->version,
                         .wrapped_bucket_key = key->wrapped},
            .plaintext = json_text(t->arena, v[i].attributes.json),
        };
    }
    TRY(ask_seal_each(t, admin->process->signers, asks, n, answers));
    for (size_t i = 0; i < n; i++) {
        out[i].document = asks[i].document;
        out[i].document.sealed = answers[i].sealed;
        out[i].document.wrapped_key = answers[i].wrapped_key;
    }
    return OK;
}

static bool is_verified(const struct newcomer *who, const char *claim)
{
    return json_is_true(json_object_get(who->attributes.json, claim));
}

/* A shared telephone or a mistyped address must not keep somebody from being entered, so only what
 * was verified to be theirs finds them. */
static size_t values_of(const struct newcomer *who, struct newcomer_value out[WAYS])
{
    const struct {
        struct newcomer_value value;
        bool wanted;
    } ways[WAYS] = {
        {{STR("personal_number"), who->attributes.personal_number}, true},
        {{STR("organisation_code"), who->attributes.organisation_code}, true},
        {{STR("phone"), who->attributes.phone}, is_verified(who, "phone_number_verified")},
        {{STR("email"), who->attributes.email}, is_verified(who, "email_verified")},
    };
    size_t n = 0;
    for (size_t i = 0; i < WAYS; i++) {
        if (ways[i].wanted && str_is(ways[i].value.value)) {
            out[n++] = ways[i].value;
        }
    }
    return n;
}

enum err newcomers_lookups(struct task *t, struct peer *signers, newcomer_digests_fn *digests,
                           void *arg, struct newcomer *const *who, size_t n)
{
    struct newcomer_value *values = arena_array(t->arena, n * WAYS, sizeof *values);
    size_t *values_before = arena_array(t->arena, n + 1, sizeof *values_before);
    size_t all = 0;
    for (size_t i = 0; i < n; i++) {
        values_before[i] = all;
        all += values_of(who[i], values + all);
    }
    values_before[n] = all;
    struct str *answers = arena_array(t->arena, all, sizeof *answers);
    TRY(digests(t, signers, arg, values, all, answers));
    for (size_t i = 0; i < n; i++) {
        struct lookup_new *found = arena_array(t->arena, LOOKUPS_MAX, sizeof *found);
        size_t used = 0;
        for (size_t k = values_before[i]; k < values_before[i + 1]; k++) {
            size_t some;
            TRY(admin_digests_read(values[k].kind, answers[k], found + used, LOOKUPS_MAX - used,
                                   &some));
            used += some;
        }
        who[i]->lookups = found;
        who[i]->n_lookups = used;
    }
    return OK;
}

static enum err digests_counted(struct task *t, struct peer *signers, void *arg,
                                const struct newcomer_value *v, size_t n, struct str *out)
{
    (void)arg;
    for (size_t i = 0; i < n; i++) {
        struct signer_lookup_digests ask = {v[i].kind, v[i].value};
        struct signer_looked_up answer;
        TRY(ask_lookup_digests(t, signers, &ask, &answer));
        out[i] = answer.digests;
    }
    return OK;
}

static enum err add_once(struct task *t, struct admin *admin, const struct newcomer *v, size_t n,
                         struct identity_new *rows, const struct audit *audit)
{
    struct bucket_keys known;
    TRY(bucket_keys_of(t, admin, v, n, &known));
    TRY(seal(t, admin, &known, v, n, rows));
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
        struct newcomer who = v[i], *one = &who;
        if (!who.lookups) {
            TRY(newcomers_lookups(t, admin->process->signers, digests_counted, NULL, &one, 1));
        }
        rows[i].lookups = who.lookups;
        rows[i].n_lookups = who.n_lookups;
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

/* The number tells the sex, so nobody has to type it; attributes_read checks that they agree. */
static enum err complete_gender(json_t *given)
{
    struct str number = json_member(given, "personal_number");
    if (json_object_get(given, "personal_number") && !number.p) {
        return fail(ERR_INPUT, "personal_number: 12 digits as text");
    }
    if (json_object_get(given, "gender") || !str_is(number)) {
        return OK;
    }
    struct personal_number n;
    TRY(personal_number_read(number, &n));
    json_object_set_new(given, "gender", json_string(n.sex == SEX_MALE ? "male" : "female"));
    return OK;
}

static enum err take_level(json_t *given, bool person, uint8_t *out)
{
    int64_t level = person ? 1 : 0;
    if ((json_object_get(given, "account_level") &&
         !json_member_i64(given, "account_level", &level)) ||
        (person ? level != 1 && level != 2 : level != 0)) {
        return fail(ERR_INPUT, "account_level: 1 or 2 for people, 0 for organisations");
    }
    *out = (uint8_t)level;
    json_object_del(given, "account_level");
    return OK;
}

static enum err take_state(struct arena *a, json_t *given, struct str *out)
{
    struct str state = STR("active");
    if (json_object_get(given, "state")) {
        state = json_member(given, "state");
    }
    if (!str_eqz(state, "issued") && !str_eqz(state, "active")) {
        return fail(ERR_INPUT, "state: an account begins as issued or active");
    }
    *out = str_dup(a, state);
    json_object_del(given, "state");
    return OK;
}

enum err newcomer_read(struct arena *a, json_t *given, const struct attribute_rules *rules,
                       struct newcomer *out)
{
    struct newcomer who = {0};
    bool person = !json_object_get(given, "organisation_code");
    uuid_random(&who.id);
    TRY(take_level(given, person, &who.account_level));
    TRY(take_state(a, given, &who.state));
    TRY(complete_gender(given));
    TRY(attributes_read(a, person ? STR("person") : STR("organisation"), given, rules,
                        &who.attributes));
    *out = who;
    return OK;
}
