/* What this process wrote it need not read: and nothing that happened since is missed by that. */
#include "fixture.h"
#include "base/clock.h"
#include "people.h"
#include "store/engine.h"
#include "store/kept.h"

/* Statements that looked for rows while the last was taken. */
static uint64_t looked;

static enum err take_code(struct task *t, const struct handle *h, struct code_row *out)
{
    uint64_t before = web(t)->find_statements;
    enum err e = store_code_take(t, web(t), h, out);
    looked = web(t)->find_statements - before;
    return e;
}

static enum err take_refresh(struct task *t, const struct handle *h, struct refresh_row *out)
{
    uint64_t before = web(t)->find_statements;
    enum err e = store_refresh_take(t, web(t), h, out);
    looked = web(t)->find_statements - before;
    return e;
}

static enum err redeem(struct task *t, const struct code_row *code)
{
    struct audit audit = audit_of(t, AUDIT_TOKEN_CODE);
    return store_code_redeem(t, web(t), code, NULL, &audit);
}

static enum err rotate_taken(struct task *t, const struct refresh_row *old, struct str cnf,
                             struct handle *successor)
{
    struct audit audit = audit_of(t, AUDIT_TOKEN_REFRESH);
    handle_make(NULL, old->grant.bucket, successor);
    struct refresh_new next = {.hash = successor->hash,
                               .proof = STR("refresh proof"),
                               .cnf = cnf,
                               .expires_at = clock_now_s() + 3600};
    return store_refresh_rotate(t, web(t), old, &next, 60, &audit);
}

/* A code that was taken from memory after a statement that ends with its grant's id was executed.
 */
static enum err redeem_after(struct task *t, const char *change, struct handle *h)
{
    struct grant_row grant;
    struct code_row row;
    TRY(grant_add(t, &logged_in.session, CLIENT, true, h, &grant));
    if (change != NULL) {
        (void)sql("%s = '%s'", change, uuid_text(t->arena, &grant.id).p);
    }
    TRY(take_code(t, h, &row));
    return looked == 0 ? redeem(t, &row) : fail(ERR_INTERNAL, "it was read");
}

static void changed_codes(struct task *t, void *arg)
{
    (void)arg;
    struct handle h;
    CHECK_ERR(redeem_after(t, "UPDATE code SET used_at = now() WHERE grant_id", &h), ERR_CONFLICT);
    CHECK_ERR(redeem_after(t, "UPDATE code SET expires_at = now() WHERE grant_id", &h),
              ERR_EXPIRED);
    CHECK_ERR(redeem_after(t, "UPDATE \"grant\" SET revoked_at = now() WHERE id", &h), ERR_DENIED);
    CHECK_ERR(redeem_after(t, "DELETE FROM code WHERE grant_id", &h), ERR_NOT_FOUND);
}

static void refuses_a_kept_code_that_was_used_or_ended_meanwhile(void **state)
{
    (void)state;
    run(changed_codes);
}

static void withdrawn(struct task *t, void *arg)
{
    (void)arg;
    struct handle h;
    struct consent_row consent;
    struct grant_row grant;
    struct code_row row;
    CHECK_OK(redeem_after(t, NULL, &h)); /* agreed */
    CHECK_OK(store_consent_find(t, web(t), &logged_in.person, &logged_in.person, CLIENT, &consent));
    CHECK_OK(grant_resting(t, &logged_in.session, CLIENT, true, &consent.id, &h, &grant));
    /* as a withdrawal that did not see this grant */
    (void)sql("UPDATE consent SET withdrawn_at = now() WHERE id = '%s'",
              uuid_text(t->arena, &consent.id).p);
    CHECK_OK(take_code(t, &h, &row));
    CHECK(looked == 0);
    CHECK_ERR(redeem(t, &row), ERR_DENIED);
}

static void refuses_a_kept_code_whose_consent_was_withdrawn(void **state)
{
    (void)state;
    run(withdrawn);
}

static enum err rotate_after(struct task *t, const char *change)
{
    struct handle h, next;
    struct grant_row grant;
    struct refresh_row row;
    TRY(refresh_add(t, &logged_in.session, CLIENT, &h, &grant));
    if (change != NULL) {
        (void)sql("%s = '%s'", change, uuid_text(t->arena, &grant.id).p);
    }
    TRY(take_refresh(t, &h, &row));
    return looked == 0 ? rotate_taken(t, &row, STR_NONE, &next) : fail(ERR_INTERNAL, "it was read");
}

static void changed_tokens(struct task *t, void *arg)
{
    (void)arg;
    CHECK_ERR(rotate_after(t, "UPDATE refresh SET used_at = now() - interval '2 min'"
                              " WHERE grant_id"),
              ERR_CONFLICT);
    CHECK_ERR(rotate_after(t, "UPDATE refresh SET superseded_at = now() WHERE grant_id"),
              ERR_CONFLICT);
    CHECK_ERR(rotate_after(t, "UPDATE refresh SET expires_at = now() WHERE grant_id"), ERR_EXPIRED);
    CHECK_ERR(rotate_after(t, "UPDATE \"grant\" SET revoked_at = now() WHERE id"), ERR_DENIED);
    CHECK_ERR(rotate_after(t, "DELETE FROM refresh WHERE grant_id"), ERR_NOT_FOUND);
}

static void refuses_a_kept_refresh_token_that_was_used_or_ended_meanwhile(void **state)
{
    (void)state;
    run(changed_tokens);
}

static void twice(struct task *t, void *arg)
{
    (void)arg;
    struct handle h, first, second, other;
    struct grant_row grant;
    struct code_row code;
    struct refresh_row kept, read;
    CHECK_OK(redeem_after(t, NULL, &h));
    CHECK_OK(take_code(t, &h, &code));
    CHECK(looked > 0 && code.used_at != 0);

    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &first, &grant));
    CHECK_OK(take_refresh(t, &first, &kept));
    CHECK(looked == 0);
    CHECK_OK(rotate_taken(t, &kept, STR_NONE, &second));
    CHECK_OK(take_refresh(t, &first, &read));
    CHECK(looked > 0 && read.used_at != 0);

    CHECK_OK(take_refresh(t, &second, &kept));
    CHECK(looked == 0 && kept.predecessor.n == SHA256_SIZE);
    CHECK_OK(rotate_taken(t, &kept, STR_NONE, &other));
    CHECK_OK(take_refresh(t, &first, &read));
    CHECK(read.superseded_at != 0);
}

static void who_comes_again_with_the_same_is_read(void **state)
{
    (void)state;
    run(twice);
}

static void bound(struct task *t, void *arg)
{
    (void)arg;
    struct handle h, next;
    struct grant_row grant;
    struct refresh_row row;
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &h, &grant));
    CHECK_OK(take_refresh(t, &h, &row));
    CHECK_OK(rotate_taken(t, &row, STR("{\"jkt\": \"thumbprint\"}"), &next));
    CHECK_OK(take_refresh(t, &next, &row));
    CHECK(looked > 0);
}

static void a_bound_refresh_token_is_always_read(void **state)
{
    (void)state;
    run(bound);
}

/* -- what is kept is what would have been read -- */

static bool same(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Both in PostgreSQL's way of writing JSON. */
static bool same_grant(const struct grant_row *a, const struct grant_row *b)
{
    return a->bucket == b->bucket && memcmp(&a->id, &b->id, sizeof a->id) == 0 &&
           memcmp(&a->subject, &b->subject, sizeof a->subject) == 0 &&
           memcmp(&a->actor, &b->actor, sizeof a->actor) == 0 &&
           memcmp(&a->mandate, &b->mandate, sizeof a->mandate) == 0 &&
           memcmp(&a->session, &b->session, sizeof a->session) == 0 &&
           same(a->client_id, b->client_id) && same(a->sid, b->sid) && same(a->scope, b->scope) &&
           same(a->claims, b->claims) && same(a->cnf, b->cnf) &&
           same(a->authorization_details, b->authorization_details) &&
           same(a->resource, b->resource) && same(a->proof, b->proof) && a->offline == b->offline &&
           a->auth_time == b->auth_time && a->expires_at == b->expires_at &&
           a->revoked_at == b->revoked_at && same(a->identity_state, b->identity_state);
}

static struct handle lasting;

static void compared(struct task *t, void *arg)
{
    (void)arg;
    struct handle h, next;
    struct grant_row grant;
    struct code_row code, code_read;
    struct refresh_row kept, read;
    CHECK_OK(grant_add(t, &logged_in.session, CLIENT, true, &h, &grant));
    CHECK_OK(store_code_find(t, web(t), &h, &code_read));
    CHECK_OK(take_code(t, &h, &code));
    CHECK(looked == 0);
    CHECK(memcmp(&code.hash, &code_read.hash, sizeof code.hash) == 0);
    CHECK(same(code.client_id, code_read.client_id) && same(code.proof, code_read.proof));
    CHECK(same(code.redirect_uri, code_read.redirect_uri));
    CHECK(same(code.code_challenge, code_read.code_challenge));
    CHECK(code.expires_at == code_read.expires_at && code.used_at == code_read.used_at);
    CHECK(same_grant(&code.grant, &code_read.grant));

    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &h, &grant));
    for (int i = 0; i < 2; i++) {
        CHECK_OK(store_refresh_find(t, web(t), &h, &read));
        CHECK_OK(take_refresh(t, &h, &kept));
        CHECK(looked == 0);
        CHECK(memcmp(&kept.hash, &read.hash, sizeof kept.hash) == 0);
        CHECK(same(kept.client_id, read.client_id) && same(kept.proof, read.proof));
        CHECK(same(kept.cnf, read.cnf) && same(kept.predecessor, read.predecessor));
        CHECK(kept.expires_at == read.expires_at && kept.used_at == read.used_at);
        CHECK(kept.superseded_at == read.superseded_at && same_grant(&kept.grant, &read.grant));
        CHECK_OK(rotate_taken(t, i == 0 ? &kept : &read, STR_NONE, &next));
        h = next;
    }
    lasting = h;
}

/* What was read for the task that wrote it is gone with that task. */
static void compared_later(struct task *t, void *arg)
{
    (void)arg;
    struct refresh_row kept, read;
    CHECK_OK(store_refresh_find(t, web(t), &lasting, &read));
    CHECK_OK(take_refresh(t, &lasting, &kept));
    CHECK(looked == 0 && same(kept.predecessor, read.predecessor));
    CHECK(same_grant(&kept.grant, &read.grant));
}

static void what_is_kept_is_what_would_be_read(void **state)
{
    (void)state;
    run(compared);
    run(compared_later);
}

/* As many as there is room for: the older give way, and are read. */
static void crowd(struct task *t, void *arg)
{
    (void)arg;
    struct handle h;
    struct grant_row grant;
    struct refresh_row row;
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &h, &grant));
    for (unsigned i = 0; i < KEPT_MAX; i++) { /* each slot once */
        struct refresh_new other = {.expires_at = 1};
        other.hash.b[0] = (uint8_t)(i >> 8);
        other.hash.b[1] = (uint8_t)i;
        kept_refresh(web(t), &other, NULL, &grant);
    }
    CHECK_OK(take_refresh(t, &h, &row));
    CHECK(looked > 0);
}

static void the_newer_take_the_place_of_the_older(void **state)
{
    (void)state;
    run(crowd);
}

/* Who asks for much can't fill the memory of a process with it. */
static void long_one(struct task *t, void *arg)
{
    (void)arg;
    static char text[KEPT_BYTES_MAX + 1];
    struct handle h, next;
    struct grant_row grant;
    struct refresh_row row;
    memset(text, 'a', sizeof text);
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &h, &grant));
    CHECK_OK(take_refresh(t, &h, &row));
    row.grant.sid = str_of(text, sizeof text);
    CHECK_OK(rotate_taken(t, &row, STR_NONE, &next));
    CHECK_OK(take_refresh(t, &next, &row));
    CHECK(looked > 0);
}

static void what_is_longer_than_usual_is_read(void **state)
{
    (void)state;
    run(long_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_kept_code_that_was_used_or_ended_meanwhile),
        cmocka_unit_test(refuses_a_kept_code_whose_consent_was_withdrawn),
        cmocka_unit_test(refuses_a_kept_refresh_token_that_was_used_or_ended_meanwhile),
        cmocka_unit_test(who_comes_again_with_the_same_is_read),
        cmocka_unit_test(a_bound_refresh_token_is_always_read),
        cmocka_unit_test(what_is_kept_is_what_would_be_read),
        cmocka_unit_test(the_newer_take_the_place_of_the_older),
        cmocka_unit_test(what_is_longer_than_usual_is_read),
    };
    return cmocka_run_group_tests(tests, open_with_session, world_close);
}
