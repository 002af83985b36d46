/* See import_batch.h.  A batch goes round: digests of all rows (once), who of them is known,
 * comparing with those, sealing and one statement for the rest.  A row whose number stands earlier
 * in the batch, or was taken by another writer meanwhile, goes round again and finds the first one
 * there. */
#include "admin/import_batch.h"

#include "base/ct.h"
#include "peer/signer_client.h"
#include "store/identity.h"

#define ROUNDS 4

static void decide(struct task *t, struct import_row *r, enum import_outcome outcome,
                   const char *reason)
{
    r->outcome = outcome;
    r->reason = str_dup(t->arena, str_from(reason));
}

static enum err digest(struct task *t, struct peer *signers, void *arg, struct str kind,
                       struct str value, struct str *out)
{
    const struct import_batch *b = arg;
    struct signer_import_digests ask = {b->operator_name, b->ground, kind, value};
    struct signer_looked_up answer;
    TRY(ask_import_digests(t, signers, &ask, &answer));
    *out = answer.digests;
    return OK;
}

/* What is wrong with a row is the row's own matter. */
static enum err read_rows(struct task *t, struct import_batch *b)
{
    struct attribute_rules rules;
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
        TRY(newcomer_lookups(t, b->admin->process->signers, digest, b, &r->who));
    }
    return OK;
}

static bool is_same_digest(const struct lookup_new *a, const struct lookup_new *b)
{
    return str_eq(a->kind, b->kind) && a->key_version == b->key_version &&
           ct_equal(a->digest, b->digest, sizeof a->digest);
}

static bool is_same_somebody(const struct newcomer *a, const struct newcomer *b)
{
    for (size_t i = 0; i < a->n_lookups; i++) {
        for (size_t k = 0; k < b->n_lookups; k++) {
            if (is_same_digest(&a->lookups[i], &b->lookups[k])) {
                return true;
            }
        }
    }
    return false;
}

static bool is_number(struct str kind)
{
    return str_eqz(kind, "personal_number") || str_eqz(kind, "organisation_code");
}

static enum err judge(struct task *t, struct import_batch *b, struct import_row *r,
                      const struct identity_known *known)
{
    if (!is_number(known->kind)) {
        decide(t, r, IMPORT_CONFLICT,
               str_eqz(known->kind, "email")
                   ? "email: verified to be somebody else's already"
                   : "phone_number: verified to be somebody else's already");
        return OK;
    }
    if (!known->readable) {
        decide(t, r, IMPORT_CONFLICT, "the number belonged to somebody who was erased");
        return OK;
    }
    struct signer_import_compare ask = {
        .operator_name = b->operator_name,
        .reason = b->ground,
        .document = known->document,
        .plaintext = json_text(t->arena, r->who.attributes.json),
    };
    struct signer_import_compared answer;
    TRY(ask_import_compare(t, b->admin->process->signers, &ask, &answer));
    if (!answer.same) {
        decide(t, r, IMPORT_CONFLICT, "is there already with other attributes; left as it is");
    } else if (known->account_level != r->who.account_level) {
        decide(t, r, IMPORT_CONFLICT, "is there already with another account_level; left as it is");
    } else {
        decide(t, r, IMPORT_PRESENT, NULL);
    }
    return OK;
}

/* Rows whose number is known are judged; a number tells more than an address, so it goes first. */
static enum err judge_known(struct task *t, struct import_batch *b)
{
    struct lookup_new *all = arena_array(t->arena, b->n * LOOKUPS_MAX, sizeof *all);
    size_t *row_of = arena_array(t->arena, b->n * LOOKUPS_MAX, sizeof *row_of);
    size_t n = 0, n_known;
    for (size_t i = 0; i < b->n; i++) {
        for (size_t k = 0; b->rows[i].outcome == IMPORT_PENDING && k < b->rows[i].who.n_lookups;
             k++) {
            row_of[n] = i;
            all[n++] = b->rows[i].who.lookups[k];
        }
    }
    struct identity_known *known;
    TRY(store_identity_known(t, b->admin->db, all, n, &known, &n_known));
    for (int numbers = 1; numbers >= 0; numbers--) {
        for (size_t i = 0; i < n_known; i++) {
            struct import_row *r = &b->rows[row_of[known[i].lookup]];
            if (r->outcome == IMPORT_PENDING && is_number(known[i].kind) == (numbers == 1)) {
                TRY(judge(t, b, r, &known[i]));
            }
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
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) {
        struct import_row *r = &b->rows[i];
        size_t k = 0;
        while (r->outcome == IMPORT_PENDING && k < n && !is_same_somebody(&people[k], &r->who)) {
            k++;
        }
        if (r->outcome != IMPORT_PENDING) {
            continue;
        }
        if (k == n) {
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
