/* Sessions, identities, clients, outbox: what ends when something ends, and who is told. */
#include "fixture.h"
#include "base/clock.h"
#include "people.h"
#include "store/client.h"
#include "store/outbox.h"

static const char *deliveries(struct task *t, const struct uuid *session)
{
    return sql(
        "SELECT coalesce(string_agg(recipient, ' ' ORDER BY recipient), '') FROM outbox WHERE "
        "session_id = '%s'",
        uuid_text(t->arena, session).p);
}

static void session_ends(struct task *t, void *arg)
{
    (void)arg;
    struct uuid person;
    struct handle h, code;
    struct session_row s, found;
    struct grant_row online, offline, silent, g;
    struct audit audit = audit_of(t, AUDIT_LOGOUT);
    CHECK_OK(person_add(t, &person));
    CHECK_OK(session_add(t, &person, &h, &s));
    CHECK_OK(grant_add(t, &s, TOLD, false, &code, &online));
    CHECK_OK(grant_add(t, &s, TOLD, true, &code, &offline));
    CHECK_OK(grant_add(t, &s, SILENT, false, &code, &silent));
    CHECK_OK(session_find(t, web(t), &h, 3600, &found));
    CHECK(memcmp(&found.subject, &person, sizeof person) == 0 && str_eqz(found.proof, "proof"));
    CHECK(found.amr == AMR_PWD && found.account_level == 2 && found.auth_time == s.auth_time);
    audit.bucket = s.bucket;
    CHECK_OK(store_session_end(t, web(t), s.bucket, &s.id, STR("logout"), &audit));
    CHECK_OK(store_session_end(t, web(t), s.bucket, &s.id, STR("logout"), &audit));
    CHECK_ERR(session_find(t, web(t), &h, 3600, &found), ERR_NOT_FOUND);
    CHECK_OK(store_grant_find(t, web(t), s.bucket, &online.id, &g, NULL, NULL));
    CHECK(g.revoked_at != 0);
    CHECK_OK(store_grant_find(t, web(t), s.bucket, &offline.id, &g, NULL, NULL));
    CHECK(g.revoked_at == 0);
    CHECK(strcmp(deliveries(t, &s.id), "told") == 0); /* once, though it got two grants */
}

static void the_end_of_a_session_revokes_and_tells(void **state)
{
    (void)state;
    run(session_ends);
}

static void session_limits(struct task *t, void *arg)
{
    (void)arg;
    struct uuid person;
    struct handle h;
    struct session_row s, found, *all;
    size_t n;
    struct audit audit = audit_of(t, AUDIT_LOGOUT);
    CHECK_OK(person_add(t, &person));
    CHECK_OK(session_add(t, &person, &h, &s));
    const char *id = uuid_text(t->arena, &s.id).p;
    (void)sql("UPDATE session SET last_seen_at = now() - interval '30 min' WHERE id = '%s'", id);
    CHECK_ERR(session_find(t, web(t), &h, 1700, &found), ERR_NOT_FOUND);
    CHECK_OK(session_find(t, web(t), &h, 1900, &found)); /* and touches it */
    CHECK_SOON(t, strcmp(sql("SELECT last_seen_at > now() - interval '1 min' FROM session "
                             "WHERE id = '%s'",
                             id),
                         "t") == 0);
    CHECK_OK(session_find(t, web(t), &h, 60, &found));
    (void)sql("UPDATE session SET expires_at = now() WHERE id = '%s'", id);
    CHECK_ERR(session_find(t, web(t), &h, 3600, &found), ERR_NOT_FOUND);
    CHECK_OK(session_add(t, &person, &h, &s));
    CHECK_OK(session_add(t, &person, &h, &s));
    CHECK_OK(store_session_list(t, admin(t), s.bucket, &person, &all, &n));
    CHECK(n == 2);
    CHECK_OK(store_session_end_all(t, admin(t), s.bucket, &person, STR("admin"), &audit));
    CHECK_OK(store_session_list(t, admin(t), s.bucket, &person, &all, &n));
    CHECK(n == 0);
}

static void sessions_end_by_idleness_age_and_command(void **state)
{
    (void)state;
    run(session_limits);
}

static void identity_locked(struct task *t, void *arg)
{
    (void)arg;
    struct uuid person, nobody;
    struct handle h, old, more;
    struct session_row s, found;
    struct grant_row g, got;
    struct identity_change_row *history;
    size_t n;
    struct audit audit = audit_of(t, AUDIT_IDENTITY_LOCKED);
    const struct str who = STR("officer"), why = STR("court order");
    CHECK_OK(person_add(t, &person));
    CHECK_OK(session_add(t, &person, &h, &s));
    CHECK_OK(refresh_add(t, &s, TOLD, &old, &g)); /* offline: ends as well */
    CHECK_ERR(store_identity_change(t, admin(t), &person, STR("issued"), who, why, &audit),
              ERR_CONFLICT);
    CHECK_OK(store_identity_change(t, admin(t), &person, STR("locked"), who, why, &audit));
    CHECK_ERR(store_identity_change(t, admin(t), &person, STR("locked"), who, why, &audit),
              ERR_CONFLICT);
    CHECK_ERR(session_find(t, web(t), &h, 3600, &found), ERR_NOT_FOUND);
    CHECK_OK(store_grant_find(t, web(t), s.bucket, &g.id, &got, NULL, NULL));
    CHECK(got.revoked_at != 0 && str_eqz(got.identity_state, "locked"));
    CHECK_ERR(rotate(t, &old, &more, 60), ERR_DENIED);
    CHECK(strcmp(deliveries(t, &s.id), "told") == 0);
    CHECK_ERR(session_add(t, &person, &h, &s), ERR_CONFLICT);
    CHECK_OK(store_identity_change(t, admin(t), &person, STR("active"), who, why, &audit));
    CHECK_OK(session_add(t, &person, &h, &s));
    CHECK_ERR(rotate(t, &old, &more, 60), ERR_DENIED); /* what ended stays ended */
    CHECK_OK(store_identity_change(t, admin(t), &person, STR("closed"), who, why, &audit));
    CHECK_ERR(store_identity_change(t, admin(t), &person, STR("active"), who, why, &audit),
              ERR_CONFLICT);
    CHECK_OK(store_identity_history(t, admin(t), &person, &history, &n));
    CHECK(n == 4 && history[0].from_state.p == NULL && str_eqz(history[1].from_state, "active"));
    CHECK(str_eqz(history[3].to_state, "closed") && str_eq(history[3].legal_ground, why));
    uuid_random(&nobody);
    CHECK_ERR(store_identity_change(t, admin(t), &nobody, STR("locked"), who, why, &audit),
              ERR_NOT_FOUND);
}

static void locking_an_identity_ends_everything_at_once(void **state)
{
    (void)state;
    run(identity_locked);
}

static struct identity_new newcomer(struct uuid *id, const struct lookup_new *lookup, bool new_key)
{
    uuid_random(id);
    id->b[0] = 0xab; /* all in one bucket */
    id->b[1] = (uint8_t)(0xc0 | (id->b[1] & 15));
    return (struct identity_new){.row = {.id = *id,
                                         .bucket = bucket_of(id),
                                         .kind = STR("person"),
                                         .state = STR("issued"),
                                         .account_level = 1},
                                 .document = {.kind = STR("person"),
                                              .version = 1,
                                              .sealed = STR("s"),
                                              .wrapped_key = STR("k"),
                                              .bucket = bucket_of(id),
                                              .bucket_key_version = 1,
                                              .wrapped_bucket_key = STR("b")},
                                 .bucket_key_is_new = new_key,
                                 .lookups = lookup,
                                 .n_lookups = 1,
                                 .actor = STR("test"),
                                 .legal_ground = STR("law")};
}

static void identities(struct task *t, void *arg)
{
    (void)arg;
    struct audit audit = audit_of(t, AUDIT_IDENTITY_ADDED);
    struct uuid ids[300];
    struct lookup_new lookups[300];
    struct identity_new v[300];
    struct identity_row row;
    (void)sql("DELETE FROM bucket_key WHERE bucket = 2748");
    for (size_t i = 0; i < 300; i++) {
        lookups[i] = (struct lookup_new){.kind = STR("phone"), .key_version = 3};
        rand_bytes(lookups[i].digest, sizeof lookups[i].digest);
        v[i] = newcomer(&ids[i], &lookups[i], i == 0);
    }
    CHECK_OK(store_identity_add(t, admin(t), v, 300, &audit));
    CHECK(strcmp(
              sql("SELECT count(*) FROM audit WHERE event = 'identity.added' AND request_id = '%s'",
                  uuid_text(t->arena, (const struct uuid *)(const void *)t->request_uuid).p),
              "300") == 0);
    struct lookup_new tries[] = {lookups[7], lookups[7]};
    tries[0].key_version = 2;
    CHECK_OK(store_identity_lookup(t, admin(t), tries, 2, &row));
    CHECK(memcmp(&row.id, &ids[7], sizeof ids[7]) == 0 && str_eqz(row.state, "issued"));
    CHECK_ERR(store_identity_lookup(t, admin(t), tries, 1, &row), ERR_NOT_FOUND);
    /* a look-up that exists: nothing of the request is written */
    struct identity_new two[2] = {newcomer(&ids[0], &tries[0], false),
                                  newcomer(&ids[1], &lookups[9], false)};
    CHECK_ERR(store_identity_add(t, admin(t), two, 2, &audit), ERR_CONFLICT);
    CHECK_ERR(store_identity_find(t, admin(t), &ids[0], &row), ERR_NOT_FOUND);
    /* a bucket key that another made first */
    struct identity_new late = newcomer(&ids[0], &tries[0], true);
    CHECK_ERR(store_identity_add(t, admin(t), &late, 1, &audit), ERR_CONFLICT);
    CHECK(strcmp(err_reason(), "bucket key") == 0);
    struct province_row *provinces;
    size_t n;
    CHECK_OK(store_provinces(t, admin(t), &provinces, &n));
    CHECK(n == 63 && provinces[0].code == 1 && str_eqz(provinces[0].name, "Hà Nội"));
}

static void identities_are_added_all_or_none_and_found_by_any_key_version(void **state)
{
    (void)state;
    run(identities);
}

/* Does the web process know the registration so by now? */
static bool known(struct task *t, struct str id, size_t secrets, bool active)
{
    struct client_row row;
    return store_client_find(t, web(t), id, &row) == OK && row.n_secrets == secrets &&
           row.active == active;
}

/* Is it kept, rather than read again each time?  So it is once the web process listens. */
static bool kept(struct task *t, struct str id)
{
    struct client_row first, second;
    return store_client_find(t, web(t), id, &first) == OK &&
           store_client_find(t, web(t), id, &second) == OK && first.metadata.p == second.metadata.p;
}

static bool scopes_are(struct task *t, const char *scopes)
{
    const struct resource_row *resources;
    size_t n;
    return store_resources(t, web(t), &resources, &n) == OK && n == 1 &&
           str_eqz(resources[0].scopes, scopes);
}

static bool resources_kept(struct task *t)
{
    const struct resource_row *first, *second;
    size_t n;
    return store_resources(t, web(t), &first, &n) == OK &&
           store_resources(t, web(t), &second, &n) == OK && first == second;
}

static void clients(struct task *t, void *arg)
{
    (void)arg;
    struct audit audit = audit_of(t, AUDIT_CLIENT_UPDATED);
    struct client_row row, *all;
    size_t n;
    struct str id = STR("cached");
    struct sha256 second = sha256(STR("second"));
    CHECK_OK(client_add(t, id, false));
    CHECK_ERR(client_add(t, id, false), ERR_CONFLICT);
    CHECK_ERR(store_client_find(t, web(t), STR("nobody"), &row), ERR_NOT_FOUND);
    CHECK_SOON(t, kept(t, id));
    CHECK_OK(store_client_find(t, web(t), id, &row));
    CHECK(row.n_secrets == 1 && row.active && str_eqz(row.sector, "rp.example"));
    uint64_t version = row.version;
    CHECK_OK(store_client_find(t, web(t), id, &row));
    CHECK(row.version == version);
    CHECK_OK(store_client_rotate_secret(t, admin(t), id, &second, 3600, &audit));
    CHECK_SOON(t, known(t, id, 2, true));
    CHECK_OK(store_client_find(t, web(t), id, &row));
    CHECK(row.n_secrets == 2 && row.version != version);
    CHECK(memcmp(&row.secrets[0], &second, sizeof second) == 0);
    struct sha256 third = sha256(STR("third"));
    CHECK_OK(store_client_rotate_secret(t, admin(t), id, &third, 0, &audit));
    CHECK_SOON(t, known(t, id, 1, true));
    CHECK_OK(store_client_find(t, web(t), id, &row));
    struct client_row held = row;
    row.metadata = STR("{\"client_name\": \"other\"}");
    CHECK_OK(store_client_update(t, admin(t), &row, &audit));
    CHECK_OK(store_client_disable(t, admin(t), id, &audit));
    CHECK_SOON(t, known(t, id, 1, false));
    CHECK_OK(store_client_find(t, web(t), id, &row));
    CHECK(!row.active && str_eqz(row.metadata, "{\"client_name\": \"other\"}"));
    CHECK(str_eq(held.id, id) &&
          str_eqz(held.sector, "rp.example")); /* what a request holds stays */
    CHECK_OK(store_client_list(t, admin(t), &all, &n));
    CHECK(n == 3 && str_eq(all[0].id, id));
    CHECK_ERR(store_client_disable(t, admin(t), STR("nobody"), &audit), ERR_NOT_FOUND);
    struct resource_row put = {.audience = STR("https://api"),
                               .name = STR("api"),
                               .scopes = STR("a b"),
                               .may_introspect = true};
    const struct resource_row *resources;
    CHECK_OK(store_resource_put(t, admin(t), &put, &audit));
    CHECK_OK(store_resource_put(t, admin(t), &put, &audit));
    CHECK_OK(store_resources(t, web(t), &resources, &n));
    CHECK(n == 1 && str_eqz(resources[0].scopes, "a b") && resources[0].client_id.p == NULL);
    CHECK_SOON(t, resources_kept(t));
    CHECK_OK(store_resources(t, web(t), &resources, &n));
    put.scopes = STR("a b c");
    CHECK_OK(store_resource_put(t, admin(t), &put, &audit));
    CHECK_SOON(t, scopes_are(t, "a b c"));
    CHECK(n == 1 && str_eqz(resources[0].scopes, "a b")); /* what a request holds stays */
}

static void a_client_s_change_is_seen_at_once(void **state)
{
    (void)state;
    run(clients);
}

static void outbox(struct task *t, void *arg)
{
    (void)arg;
    struct outbox_row *rows;
    size_t n;
    int64_t seconds;
    struct audit ok = audit_of(t, AUDIT_DELIVERED), bad = audit_of(t, AUDIT_DELIVERY_FAILED);
    (void)sql("DELETE FROM outbox");
    for (int i = 0; i < 3; i++) {
        (void)sql("INSERT INTO outbox (bucket, recipient, kind) VALUES (%d, 'told', "
                  "'backchannel_logout'), "
                  "(%d, 'silent', 'backchannel_logout')",
                  i, i);
    }
    CHECK_OK(store_outbox_next(t, courier(t), 60, &seconds));
    CHECK(seconds == 0);
    CHECK_OK(store_outbox_claim(t, courier(t), 10, 30, &rows, &n));
    CHECK(n == 2 && rows[0].attempts == 1 && str_eqz(rows[0].sector, "rp.example"));
    size_t told = str_eq(rows[0].recipient, TOLD) ? 0 : 1;
    struct outbox_row first = rows[told], silent = rows[1 - told];
    CHECK(first.bucket == 0);
    CHECK_OK(store_outbox_claim(t, courier(t), 10, 30, &rows, &n));
    CHECK(n == 0); /* leased */
    CHECK_OK(store_outbox_delivered(t, courier(t), &first, &ok));
    CHECK_OK(store_outbox_failed(t, courier(t), &silent, STR("503"), 20, &bad));
    CHECK_OK(store_outbox_claim(t, courier(t), 10, 30, &rows, &n));
    CHECK(n == 1 && rows[0].bucket == 1 &&
          str_eq(rows[0].recipient, TOLD)); /* the next in sequence */
    CHECK_OK(store_outbox_next(t, courier(t), 60, &seconds));
    CHECK(seconds > 15 && seconds <= 20); /* only heads count */
    CHECK_OK(store_outbox_failed(t, courier(t), &silent, STR("gone"), -1, &bad));
    CHECK_OK(store_outbox_claim(t, courier(t), 10, 30, &rows, &n));
    CHECK(n == 1 && str_eq(rows[0].recipient, SILENT) && rows[0].bucket == 1);
}

static void a_recipient_gets_its_rows_in_sequence(void **state)
{
    (void)state;
    run(outbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(locking_an_identity_ends_everything_at_once),
        cmocka_unit_test(the_end_of_a_session_revokes_and_tells),
        cmocka_unit_test(sessions_end_by_idleness_age_and_command),
        cmocka_unit_test(identities_are_added_all_or_none_and_found_by_any_key_version),
        cmocka_unit_test(a_client_s_change_is_seen_at_once),
        cmocka_unit_test(a_recipient_gets_its_rows_in_sequence),
    };
    return cmocka_run_group_tests(tests, open_with_clients, world_close);
}
