/* libeid keys and metadata: rotations, outages, cool-downs, pinned roots, cache files, several
 * threads. */
#include <pthread.h>
#include <unistd.h>
#include "scripted.h"

static enum eid_code verify(struct eid_client *c, const char *token)
{
    struct eid_token *t = NULL;
    struct eid_error err;
    enum eid_code code = eid_token_verify(c, token, "api", &t, &err);
    eid_token_free(t);
    return code;
}

static void a_rotation_costs_one_fetch_and_strangers_cost_one_per_cool_down(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    assert_int_equal(sp.keys_asked, 1);
    sp.n_published = 2;
    assert_int_equal(verify(c, access_token(1)), EID_OK);
    assert_int_equal(sp.keys_asked, 2);
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "30", &err), EID_OK);
    snprintf(sp.keys[1].kid, sizeof(sp.keys[1].kid), "stranger");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(verify(c, access_token(1)), EID_KEY_UNKNOWN);
    }
    assert_int_equal(sp.keys_asked, 2);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    eid_client_free(c);
}

static void a_rotation_right_after_a_fetch_is_found_at_once(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    sp.n_published = 2;
    assert_int_equal(verify(c, access_token(1)), EID_OK);
    assert_int_equal(sp.keys_asked, 2);
    snprintf(sp.keys[1].kid, sizeof(sp.keys[1].kid), "stranger");
    for (int i = 0; i < 5; i++) {
        assert_int_equal(verify(c, access_token(1)), EID_KEY_UNKNOWN);
    }
    assert_int_equal(sp.keys_asked, 2);
    eid_client_free(c);
}

static void a_token_that_names_no_key_fits_the_only_one_there_is(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_token *t = NULL;
    struct str token;
    assert_int_equal(jws_sign(sp.arena, ALG_ES256, sp.keys[0].key, sp.keys[0].template, STR_NONE,
                              "at+jwt", json_text(sp.arena, access_claims()), &token),
                     OK);
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    assert_int_equal(verify(c, str_z(sp.arena, token)), EID_OK);
    sp.n_published = 2;
    assert_int_equal(verify(c, access_token(1)), EID_OK);
    assert_int_equal(eid_token_verify(c, str_z(sp.arena, token), "api", &t, &err), EID_KEY_UNKNOWN);
    assert_non_null(strstr(err.detail, "names no key"));
    eid_client_free(c);
}

static void a_revoked_key_dies_with_the_maximum_age(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    sp.keys_cache_control = "public, max-age=60";
    sp.n_published = 2;
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    assert_int_equal(verify(c, access_token(1)), EID_OK);
    sp.n_published = 1;
    assert_int_equal(verify(c, access_token(1)), EID_OK);
    clock_shift_s(61);
    assert_int_equal(verify(c, access_token(1)), EID_KEY_UNKNOWN);
    eid_client_free(c);
}

static void an_outage_is_survived_until_the_grace_ends(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    sp.down = true;
    assert_int_equal(verify(c, access_token(0)), EID_UNREACHABLE);
    sp.down = false;
    sp.keys_cache_control = "max-age=60";
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    sp.down = true;
    clock_shift_s(86400);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    clock_shift_s(86400 + 120);
    assert_int_equal(verify(c, access_token(0)), EID_UNREACHABLE);
    sp.down = false;
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    eid_client_free(c);
}

static void a_cache_file_survives_a_restart_offline(void **state)
{
    (void)state;
    char path[] = "/tmp/eid-cache-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    struct eid_error err;
    struct eid_client *c = client_new();
    assert_int_equal(eid_client_set(c, EID_CACHE_FILE, path, &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    eid_client_free(c);

    sp.down = true;
    c = client_new();
    assert_int_equal(eid_client_set(c, EID_CACHE_FILE, path, &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    struct eid_login *login = NULL;
    assert_int_equal(eid_login_begin(c, NULL, &login, &err), EID_OK);
    eid_login_free(login);
    eid_client_free(c);

    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs("{\"issuer\":\"" ISSUER "\",\"keys\":7}", f);
    fclose(f);
    c = client_new();
    assert_int_equal(eid_client_set(c, EID_CACHE_FILE, path, &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_UNREACHABLE);
    eid_client_free(c);
    unlink(path);
}

static const char *root_jwk(const struct scripted_key *k)
{
    json_t *jwk = NULL;
    assert_int_equal(jwk_write(k->key, ALG_ES256, str_from(k->kid), &jwk), OK);
    const char *text = str_z(sp.arena, json_text(sp.arena, jwk));
    json_decref(jwk);
    return text;
}

static const char *root_set(const char *first, const char *second)
{
    return str_z(sp.arena, str_fmt(sp.arena, "{\"keys\":[%s,%s]}", first, second));
}

static void of_several_pinned_roots_each_may_sign_and_each_must_be_good(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_client *c = client_new();
    const char *good = root_jwk(&sp.root), *other = root_jwk(&sp.keys[1]);
    assert_int_equal(eid_client_pin_root(c, root_set(good, "{\"kty\":\"EC\"}"), &err),
                     EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_pin_root(c, "{\"keys\":[]}", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_pin_root(c, root_set(other, root_jwk(&sp.keys[0])), &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_KEYS_FORGED);
    eid_client_free(c);
    c = client_new();
    assert_int_equal(eid_client_pin_root(c, root_set(other, good), &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    eid_client_free(c);
}

static void a_pinned_root_refuses_keys_it_did_not_sign(void **state)
{
    (void)state;
    struct eid_error err;
    struct eid_client *c = client_new();
    assert_int_equal(eid_client_pin_root(c, root_jwk(&sp.keys[1]), &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_KEYS_FORGED);
    eid_client_free(c);

    c = client_new();
    assert_int_equal(eid_client_pin_root(c, "{}", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_pin_root(c, root_jwk(&sp.root), &err), EID_OK);
    assert_int_equal(eid_client_set(c, EID_COOLDOWN_S, "0", &err), EID_OK);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    /* An older set, properly signed, could bring a revoked key back. */
    sp.signed_set_iat -= 100;
    sp.n_published = 2;
    assert_int_equal(verify(c, access_token(1)), EID_KEY_UNKNOWN);
    assert_int_equal(verify(c, access_token(0)), EID_OK);
    sp.signed_set_iat += 200;
    clock_shift_s(200);
    assert_int_equal(verify(c, access_token(1)), EID_OK);
    eid_client_free(c);
}

/* spec: RFC 8414 §3.3, OpenID Discovery §4.3:party MUST be the issuer asked; §4.1 its last slash is
 * left out of the path */
static void refuses_metadata(void **state)
{
    (void)state;
    static const struct {
        const char *extra;
        enum eid_code code;
    } bad[] = {
        {",\"issuer\":\"" ISSUER "\"", EID_BAD_METADATA},
        {",\"x\":", EID_BAD_METADATA},
        {",\"backchannel\":\"\\u0000\"", EID_BAD_METADATA},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct eid_client *c = client_new();
        struct eid_error err;
        sp.metadata_extra = bad[i].extra;
        assert_int_equal(eid_client_prepare(c, &err), bad[i].code);
        eid_client_free(c);
    }
    sp.metadata_extra = "";
    struct eid_client *c = NULL;
    struct eid_error err;
    assert_int_equal(eid_client_new(ISSUER "/", CLIENT, NULL, NULL, &c, &err), EID_OK);
    eid_client_set_transport(c, scripted_transport, NULL);
    assert_int_equal(eid_client_prepare(c, &err), EID_ISSUER_MISMATCH);
    eid_client_free(c);
}

static void refuses_configurations(void **state)
{
    (void)state;
    struct eid_client *c = NULL;
    struct eid_error err;
    static const char *const issuers[] = {NULL,
                                          "",
                                          "id.example.vn",
                                          "http://id.example.vn",
                                          "https://u@id.example.vn",
                                          "https://id.example.vn?x=1",
                                          "ftp://id.example.vn",
                                          "http://127.evil.example"};
    for (size_t i = 0; i < sizeof(issuers) / sizeof(issuers[0]); i++) {
        assert_int_equal(eid_client_new(issuers[i], CLIENT, SECRET, REDIRECT, &c, &err),
                         EID_BAD_CONFIGURATION);
        assert_int_equal(err.category, EID_CATEGORY_MISCONFIGURED);
        assert_null(c);
    }
    assert_int_equal(eid_client_new(ISSUER, "", SECRET, REDIRECT, &c, NULL), EID_BAD_CONFIGURATION);
    assert_int_equal(eid_client_new(ISSUER, CLIENT, SECRET, "/callback", &c, NULL),
                     EID_BAD_CONFIGURATION);
    c = client_new();
    assert_int_equal(eid_client_set(c, EID_SKEW_S, "-1", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_set(c, EID_SKEW_S, "1e3", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_set(c, EID_PAR, "yes", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_set(c, EID_TOKEN_AUTH, "none", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_set(c, EID_ID_TOKEN_ALG, "HS256", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_set(c, EID_ID_TOKEN_ALG, "none", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_set(c, (enum eid_option)999, "1", &err), EID_BAD_ARGUMENT);
    assert_int_equal(eid_client_set(c, EID_SKEW_S, NULL, &err), EID_OK);
    eid_client_free(c);
    eid_client_free(NULL);
}

#define THREADS 4

static struct eid_client *shared;
static const char *shared_token;

static void *verify_often(void *arg)
{
    for (int i = 0; i < 200; i++) {
        *(int *)arg += verify(shared, shared_token) != EID_OK;
    }
    return NULL;
}

static void several_threads_share_one_handle(void **state)
{
    (void)state;
    pthread_t thread[THREADS];
    int failed[THREADS] = {0};
    shared = client_new();
    sp.keys_cache_control = "max-age=60";
    shared_token = access_token(0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&thread[i], NULL, verify_often, &failed[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(failed[i], 0);
    }
    assert_int_equal(sp.keys_asked, 1);
    assert_int_equal(sp.metadata_asked, 1);
    eid_client_free(shared);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_rotation_costs_one_fetch_and_strangers_cost_one_per_cool_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_token_that_names_no_key_fits_the_only_one_there_is,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_rotation_right_after_a_fetch_is_found_at_once, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_revoked_key_dies_with_the_maximum_age, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_outage_is_survived_until_the_grace_ends, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_cache_file_survives_a_restart_offline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(of_several_pinned_roots_each_may_sign_and_each_must_be_good,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_pinned_root_refuses_keys_it_did_not_sign, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refuses_metadata, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_configurations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(several_threads_share_one_handle, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
