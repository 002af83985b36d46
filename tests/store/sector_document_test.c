/* Documents behind sector_identifier_uris: a wish is answered by an attempt that began after it. */
#include "fixture.h"
#include "people.h"
#include "store/sector_document.h"

static struct str new_uri(struct task *t)
{
    return str_fmt(t->arena, "https://%.*s.example/sector.json", STR_FMT(random_name(t, "sector")));
}

static bool claimed(struct task *t, struct str uri)
{
    struct str *uris;
    size_t n;
    if (store_sector_document_claim(t, courier(t), 100, &uris, &n) != OK) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        if (str_eq(uris[i], uri)) {
            return true;
        }
    }
    return false;
}

static void wishes(struct task *t, void *arg)
{
    (void)arg;
    struct str uri = new_uri(t);
    struct sector_document_row row;
    CHECK_ERR(store_sector_document_find(t, admin(t), uri, &row), ERR_NOT_FOUND);
    CHECK_ERR(store_sector_document_settle(t, courier(t), uri, STR("[]"), STR_NONE), ERR_NOT_FOUND);
    CHECK_OK(store_sector_document_want(t, admin(t), uri));
    CHECK_OK(store_sector_document_find(t, admin(t), uri, &row));
    CHECK(!row.settled && row.document.p == NULL);
    CHECK(claimed(t, uri));
    CHECK(!claimed(t, uri)); /* somebody is at it */
    CHECK_OK(store_sector_document_settle(t, courier(t), uri, STR("[\"a\"]"), STR_NONE));
    CHECK_OK(store_sector_document_find(t, admin(t), uri, &row));
    CHECK(row.settled && str_eqz(row.document, "[\"a\"]") && row.error.p == NULL);
    CHECK(!claimed(t, uri));
}

static void a_wish_is_fetched_once(void **state)
{
    (void)state;
    run(wishes);
}

static void late(struct task *t, void *arg)
{
    (void)arg;
    struct str uri = new_uri(t);
    struct sector_document_row row;
    CHECK_OK(store_sector_document_want(t, admin(t), uri));
    CHECK(claimed(t, uri));
    CHECK_OK(store_sector_document_want(t, admin(t), uri)); /* somebody else registers */
    CHECK_OK(store_sector_document_settle(t, courier(t), uri, STR("[\"old\"]"), STR_NONE));
    CHECK_OK(store_sector_document_find(t, admin(t), uri, &row));
    CHECK(!row.settled); /* what was fetched before the wish does not answer it */
    CHECK(claimed(t, uri));
    CHECK_OK(store_sector_document_settle(t, courier(t), uri, STR_NONE, STR("away")));
    CHECK_OK(store_sector_document_find(t, admin(t), uri, &row));
    CHECK(row.settled && row.document.p == NULL && str_eqz(row.error, "away"));
}

static void an_attempt_does_not_answer_a_later_wish(void **state)
{
    (void)state;
    run(late);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_wish_is_fetched_once),
        cmocka_unit_test(an_attempt_does_not_answer_a_later_wish),
    };
    return cmocka_run_group_tests(tests, world_open, world_close);
}
