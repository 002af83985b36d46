/* See import_batch.h.  A batch goes round: digests of all rows (once), who of them is known,
 * comparing with those, sealing and one statement for the rest.  A row whose number stands earlier
 * in the batch, or was taken by another writer meanwhile, goes round again and finds the first one
 * there. */
#include "admin/import_batch.h"

#include <string.h>

#include "base/ct.h"
#include "peer/signer_client.h"
#include "signer/handle.h"
#include "store/identity.h"

#define ROUNDS 4
#define BUCKET_STEP 2531 /* odd, so that all 4096 are met; near their golden section */

static void decide(struct task *t, struct import_row *r, enum import_outcome outcome,
                   const char *reason)
{
    r->outcome = outcome;
    r->reason = str_dup(t->arena, str_from(reason));
}

static enum err digests(struct task *t, struct peer *signers, void *arg,
                        const struct newcomer_value *v, size_t n, struct str *out)
{
    const struct import_batch *b = arg;
    struct signer_import_digests *asks = arena_array(t->arena, n, sizeof *asks);
    struct signer_looked_up *answers = arena_array(t->arena, n, sizeof *answers);
    for (size_t i = 0; i < n; i++) {
        asks[i] =
            (struct signer_import_digests){b->operator_name, b->ground, v[i].kind, v[i].value};
    }
    TRY(ask_import_digests_each(t, signers, asks, n, answers));
    for (size_t i = 0; i < n; i++) {
        out[i] = answers[i].digests;
    }
    return OK;
}

/* The people of one batch go to one bucket.  Their rows then lie side by side in every index that
 * begins with the bucket or the id, and only a fraction of the index pages is read, changed and
 * logged: with millions of people that is most of the cost.  Nobody learns anything by it: that
 * they came together, their time and request say anyway, and nothing outside tells a bucket
 * (signer/handle.h).  Batch by batch the buckets follow each other in wide steps through all of
 * them, so that they fill evenly. */
static uint16_t next_bucket(struct admin *admin)
{
    admin->import_bucket = (uint16_t)((admin->import_bucket + BUCKET_STEP) % BUCKETS);
    return admin->import_bucket;
}

/* What is wrong with a row is the row's own matter. */
static enum err read_rows(struct task *t, struct import_batch *b)
{
    struct attribute_rules rules;
    struct newcomer **who = arena_array(t->arena, b->n, sizeof(struct newcomer *));
    uint16_t bucket = next_bucket(b->admin);
    size_t n = 0;
    TRY(admin_attribute_rules(t, b->admin, &rules));
    for (size_t i = 0; i < b->n; i++) {
        struct import_row *r = &b->rows[i];
        json_t *given = json_own(t->arena, json_copy((json_t *)(uintptr_t)r->given));
        enum err e = newcomer_read(t->arena, given, &rules, &r->who);
        if (e == ERR_INPUT || e == ERR_LIMIT) {
            decide(t, r, IMPORT_REFUSED, err_reason());
            continue;
        }
        TRY(e);
        uuid_mark_bucket(&r->who.id, bucket);
        who[n++] = &r->who;
    }
    return newcomers_lookups(t, b->admin->process->signers, digests, b, who, n);
}

/* The digests of the rows that are being added, each with its row's place among them: a table of
 * twice as many places, searched from where the digest (keyed, so of even chance) points. */
struct taken {
    const struct lookup_new **v;
    size_t *by;
    size_t places;
};

static struct taken taken_new(struct arena *a, const struct import_batch *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        n += b->rows[i].who.n_lookups;
    }
    size_t places = 2 * n + 1;
    return (struct taken){arena_array(a, places, sizeof(struct lookup_new *)),
                          arena_array(a, places, sizeof(size_t)), places};
}

static bool is_same_digest(const struct lookup_new *a, const struct lookup_new *b)
{
    return str_eq(a->kind, b->kind) && a->key_version == b->key_version &&
           ct_equal(a->digest, b->digest, sizeof a->digest);
}

static size_t place_of(const struct taken *t, const struct lookup_new *l)
{
    uint64_t start;
    memcpy(&start, l->digest, sizeof start);
    size_t at = (size_t)(start % t->places);
    while (t->v[at] && !is_same_digest(t->v[at], l)) {
        at = (at + 1) % t->places;
    }
    return at;
}

/* The first of the rows being added that has a digest of this one; `none` when it is nobody's. */
static size_t taken_by(const struct taken *t, const struct newcomer *who, size_t none)
{
    size_t first = none;
    for (size_t i = 0; i < who->n_lookups; i++) {
        size_t at = place_of(t, &who->lookups[i]);
        if (t->v[at] && t->by[at] < first) {
            first = t->by[at];
        }
    }
    return first;
}

static void take(struct taken *t, const struct newcomer *who, size_t by)
{
    for (size_t i = 0; i < who->n_lookups; i++) {
        size_t at = place_of(t, &who->lookups[i]);
        t->v[at] = &who->lookups[i];
        t->by[at] = by;
    }
}

static bool is_number(struct str kind)
{
    return str_eqz(kind, "personal_number") || str_eqz(kind, "organisation_code");
}

/* What can be said without looking into the document. */
static bool judge_unread(struct task *t, struct import_row *r, const struct identity_known *known)
{
    if (!is_number(known->kind)) {
        decide(t, r, IMPORT_CONFLICT,
               str_eqz(known->kind, "email")
                   ? "email: verified to be somebody else's already"
                   : "phone_number: verified to be somebody else's already");
        return true;
    }
    if (!known->readable) {
        decide(t, r, IMPORT_CONFLICT, "the number belonged to somebody who was erased");
    }
    return !known->readable;
}

static void judge_read(struct task *t, struct import_row *r, const struct identity_known *known,
                       bool same)
{
    if (!same) {
        decide(t, r, IMPORT_CONFLICT, "is there already with other attributes; left as it is");
    } else if (known->account_level != r->who.account_level) {
        decide(t, r, IMPORT_CONFLICT, "is there already with another account_level; left as it is");
    } else {
        decide(t, r, IMPORT_PRESENT, NULL);
    }
}

/* Rows and the one who is there under their number; each row once. */
struct meeting {
    struct import_row *row;
    const struct identity_known *known;
};

static enum err compare(struct task *t, struct import_batch *b, const struct meeting *v, size_t n)
{
    struct signer_import_compare *asks = arena_array(t->arena, n, sizeof *asks);
    struct signer_import_compared *answers = arena_array(t->arena, n, sizeof *answers);
    for (size_t i = 0; i < n; i++) {
        asks[i] = (struct signer_import_compare){
            .operator_name = b->operator_name,
            .reason = b->ground,
            .document = v[i].known->document,
            .plaintext = json_text(t->arena, v[i].row->who.attributes.json),
        };
    }
    TRY(ask_import_compare_each(t, b->admin->process->signers, asks, n, answers));
    for (size_t i = 0; i < n; i++) {
        judge_read(t, v[i].row, v[i].known, answers[i].same);
    }
    return OK;
}

/* Rows whose number is known are judged; a number tells more than an address, so it goes first. */
static enum err judge_known(struct task *t, struct import_batch *b)
{
    struct lookup_new *all = arena_array(t->arena, b->n * LOOKUPS_MAX, sizeof *all);
    size_t *row_of = arena_array(t->arena, b->n * LOOKUPS_MAX, sizeof *row_of);
    size_t n = 0, n_known, met = 0;
    for (size_t i = 0; i < b->n; i++) {
        for (size_t k = 0; b->rows[i].outcome == IMPORT_PENDING && k < b->rows[i].who.n_lookups;
             k++) {
            row_of[n] = i;
            all[n++] = b->rows[i].who.lookups[k];
        }
    }
    struct identity_known *known;
    TRY(store_identity_known(t, b->admin->db, all, n, &known, &n_known));
    struct meeting *meetings = arena_array(t->arena, n_known, sizeof *meetings);
    for (size_t i = 0; i < n_known; i++) { /* in the order of the rows */
        struct import_row *r = &b->rows[row_of[known[i].lookup]];
        bool again = met > 0 && meetings[met - 1].row == r;
        if (is_number(known[i].kind) && r->outcome == IMPORT_PENDING && !again &&
            !judge_unread(t, r, &known[i])) {
            meetings[met++] = (struct meeting){r, &known[i]};
        }
    }
    TRY(compare(t, b, meetings, met));
    for (size_t i = 0; i < n_known; i++) {
        struct import_row *r = &b->rows[row_of[known[i].lookup]];
        if (r->outcome == IMPORT_PENDING) {
            (void)judge_unread(t, r, &known[i]);
        }
    }
    return OK;
}

/* In a dry run nothing gets there, so the earlier row itself is what the later one meets. */
static void judge_earlier(struct task *t, const struct import_row *earlier, struct import_row *r)
{
    json_t *one = json_own(t->arena, json_copy(earlier->who.attributes.json));
    json_t *other = json_own(t->arena, json_copy(r->who.attributes.json));
    json_object_del(one, "updated_at");
    json_object_del(other, "updated_at");
    if (json_equal(one, other) && earlier->who.account_level == r->who.account_level) {
        decide(t, r, IMPORT_PRESENT, NULL);
    } else {
        decide(t, r, IMPORT_CONFLICT, "an earlier row has the same number, telephone or e-mail");
    }
}

static enum err add_singly(struct task *t, struct import_batch *b, const struct newcomer *people,
                           struct import_row **rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum err e = newcomers_add(t, b->admin, &people[i], 1, b->operator_name, b->ground);
        if (e == OK) {
            decide(t, rows[i], IMPORT_ADDED, NULL);
        } else if (e == ERR_INPUT) {
            decide(t, rows[i], IMPORT_REFUSED, err_reason());
        } else if (e != ERR_CONFLICT) {
            return e;
        }
    }
    return OK;
}

static enum err add_pending(struct task *t, struct import_batch *b)
{
    struct newcomer *people = arena_array(t->arena, b->n, sizeof *people);
    struct import_row **rows = arena_array(t->arena, b->n, sizeof *rows);
    struct taken taken = taken_new(t->arena, b);
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct import_row *r = &b->rows[i];
        if (r->outcome != IMPORT_PENDING) {
            continue;
        }
        size_t k = taken_by(&taken, &r->who, n);
        if (k == n) {
            take(&taken, &r->who, n);
            rows[n] = r;
            people[n++] = r->who;
        } else if (b->dry_run) {
            judge_earlier(t, rows[k], r);
        }
    }
    enum err e = OK;
    if (!b->dry_run && n > 0) {
        e = newcomers_add(t, b->admin, people, n, b->operator_name, b->ground);
    }
    if (e == ERR_CONFLICT || e == ERR_INPUT) {
        return add_singly(t, b, people, rows, n);
    }
    for (size_t i = 0; e == OK && i < n; i++) {
        decide(t, rows[i], IMPORT_ADDED, NULL);
    }
    return e;
}

static bool is_pending(const struct import_batch *b)
{
    for (size_t i = 0; i < b->n; i++) {
        if (b->rows[i].outcome == IMPORT_PENDING) {
            return true;
        }
    }
    return false;
}

enum err import_batch_run(struct task *t, struct import_batch *b)
{
    TRY(read_rows(t, b));
    for (int i = 0; i < ROUNDS && is_pending(b); i++) {
        TRY(judge_known(t, b));
        TRY(add_pending(t, b));
    }
    for (size_t i = 0; i < b->n; i++) {
        if (b->rows[i].outcome == IMPORT_PENDING) {
            decide(t, &b->rows[i], IMPORT_CONFLICT, "several writers enter this number at once");
        }
    }
    return OK;
}
