/* Refresh tokens: used twice, grace, siblings, revocation. */
#include "fixture.h"
#include "people.h"

static void reuse(struct task *t, void *arg)
{
    (void)arg;
    struct handle first, second, third, more;
    struct grant_row grant;
    struct refresh_row row;
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &first, &grant));
    CHECK_OK(rotate(t, &first, &second, 60));
    CHECK_OK(rotate(t, &second, &third, 60)); /* the successor was used: the first is dead */
    CHECK_ERR(rotate(t, &first, &more, 60), ERR_CONFLICT);
    CHECK_OK(store_refresh_find(t, web(t), &first, &row));
    CHECK(row.superseded_at != 0);
    CHECK_OK(rotate(t, &third, &more, 60));
}

/* spec: RFC 9700 §4.14.2 */
static void refuses_a_token_whose_successor_was_used(void **state)
{
    (void)state;
    run(reuse);
}

static void grace(struct task *t, void *arg)
{
    (void)arg;
    struct handle first, lost, second, third, more;
    struct grant_row grant;
    struct refresh_row row;
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &first, &grant));
    CHECK_OK(rotate(t, &first, &lost, 60));   /* the answer got lost */
    CHECK_OK(rotate(t, &first, &second, 60)); /* within the grace the token still works */
    CHECK_OK(rotate(t, &second, &third, 60));
    CHECK_OK(store_refresh_find(t, web(t), &lost, &row));
    CHECK(row.superseded_at != 0);
    CHECK_ERR(rotate(t, &lost, &more, 60), ERR_CONFLICT); /* only one sibling lives on */
    CHECK_OK(rotate(t, &third, &more, 60));
}

static void a_lost_answer_ends_nothing_but_its_sibling(void **state)
{
    (void)state;
    run(grace);
}

static enum err use(struct task *t, const struct handle *token)
{
    struct refresh_row row;
    struct audit audit = audit_of(t, AUDIT_TOKEN_REFRESH);
    audit.detail = STR("{\"stays\":true}");
    TRY(store_refresh_find(t, web(t), token, &row));
    return store_refresh_rotate(t, web(t), &row, NULL, 0, &audit);
}

static void staying(struct task *t, void *arg)
{
    (void)arg;
    struct handle first, lost, second, more;
    struct grant_row grant;
    struct refresh_row row;
    struct audit audit = audit_of(t, AUDIT_REVOKED);
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &first, &grant));
    for (int i = 0; i < 3; i++) {
        CHECK_OK(use(t, &first));
    }
    CHECK_OK(store_refresh_find(t, web(t), &first, &row));
    CHECK(row.used_at == 0 && row.superseded_at == 0);
    CHECK_OK(rotate(t, &first, &lost, 60));
    CHECK_OK(rotate(t, &first, &second, 60));
    CHECK_OK(use(t, &second)); /* that it stays or not: a successor was used */
    CHECK_OK(use(t, &second));
    CHECK_ERR(rotate(t, &first, &more, 60), ERR_CONFLICT);
    CHECK_ERR(use(t, &lost), ERR_CONFLICT);
    CHECK_OK(store_grant_revoke(t, web(t), grant.bucket, &grant.id, STR("test"), &audit));
    CHECK_ERR(use(t, &second), ERR_DENIED);
}

static void a_token_without_successor_stays_until_its_grant_ends(void **state)
{
    (void)state;
    run(staying);
}

static void grace_is_over(struct task *t, void *arg)
{
    (void)arg;
    struct handle first, second, more;
    struct grant_row grant;
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &first, &grant));
    CHECK_OK(rotate(t, &first, &second, 60));
    (void)sql(
        "UPDATE refresh SET used_at = now() - interval '61 s' WHERE grant_id = '%s' AND used_at IS "
        "NOT NULL",
        uuid_text(t->arena, &grant.id).p);
    CHECK_ERR(rotate(t, &first, &more, 60), ERR_CONFLICT);
    CHECK_OK(rotate(t, &second, &more, 60));
}

static void refuses_a_used_token_after_the_grace(void **state)
{
    (void)state;
    run(grace_is_over);
}

struct siblings {
    struct handle first, tokens[8];
    int won, conflicts;
    size_t next;
};

static void rotate_into(struct task *t, void *arg)
{
    struct siblings *s = arg;
    struct handle *to = &s->tokens[s->next++];
    CHECK_OK(rotate(t, &s->first, to, 60));
}

static void use_sibling(struct task *t, void *arg)
{
    struct siblings *s = arg;
    struct handle more, *mine = &s->tokens[s->next++];
    enum err e = rotate(t, mine, &more, 60);
    s->won += e == OK;
    s->conflicts += e == ERR_CONFLICT;
}

static void siblings_begin(struct task *t, void *arg)
{
    struct siblings *s = arg;
    struct grant_row grant;
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &s->first, &grant));
}

static void of_siblings_used_at_once_exactly_one_wins(void **state)
{
    (void)state;
    for (int round = 0; round < 10; round++) {
        struct siblings s = {0};
        start(siblings_begin, &s);
        finish();
        for (int i = 0; i < 8; i++) {
            start(rotate_into, &s);
        }
        finish();
        s.next = 0;
        for (int i = 0; i < 8; i++) {
            start(use_sibling, &s);
        }
        finish();
        assert_int_equal(s.won, 1);
        assert_int_equal(s.conflicts, 7);
    }
}

static void revoked(struct task *t, void *arg)
{
    (void)arg;
    struct handle first, more;
    struct grant_row grant, found;
    struct audit audit = audit_of(t, AUDIT_REVOKED);
    CHECK_OK(refresh_add(t, &logged_in.session, CLIENT, &first, &grant));
    CHECK_OK(store_grant_revoke(t, web(t), grant.bucket, &grant.id, STR("reuse"), &audit));
    CHECK_OK(store_grant_revoke(t, web(t), grant.bucket, &grant.id, STR("again"), &audit));
    CHECK_OK(store_grant_find(t, web(t), grant.bucket, &grant.id, &found, NULL, NULL));
    CHECK(found.revoked_at != 0);
    CHECK_ERR(rotate(t, &first, &more, 60), ERR_DENIED);
    (void)sql("UPDATE refresh SET expires_at = now() WHERE grant_id = '%s'",
              uuid_text(t->arena, &grant.id).p);
    (void)sql("UPDATE \"grant\" SET revoked_at = NULL WHERE id = '%s'",
              uuid_text(t->arena, &grant.id).p);
    CHECK_ERR(rotate(t, &first, &more, 60), ERR_EXPIRED);
}

static void refuses_tokens_of_a_revoked_grant(void **state)
{
    (void)state;
    run(revoked);
}

static void every_act_has_its_entry(void **state)
{
    (void)state;
    assert_string_equal(sql("SELECT count(*) FROM audit WHERE event = 'grant.issued'"),
                        sql("SELECT count(*) FROM \"grant\""));
    assert_string_not_equal(sql("SELECT count(*) FROM refresh WHERE predecessor IS NOT NULL"), "0");
    assert_string_equal(sql("SELECT count(*) FROM audit WHERE event = 'token.refresh' AND "
                            "coalesce(detail::text, '') NOT LIKE '%%stays%%'"),
                        sql("SELECT count(*) FROM refresh WHERE predecessor IS NOT NULL"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_token_whose_successor_was_used),
        cmocka_unit_test(refuses_a_used_token_after_the_grace),
        cmocka_unit_test(of_siblings_used_at_once_exactly_one_wins),
        cmocka_unit_test(refuses_tokens_of_a_revoked_grant),
        cmocka_unit_test(a_lost_answer_ends_nothing_but_its_sibling),
        cmocka_unit_test(a_token_without_successor_stays_until_its_grant_ends),
        cmocka_unit_test(every_act_has_its_entry),
    };
    return cmocka_run_group_tests(tests, open_with_session, world_close);
}
