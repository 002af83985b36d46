/* links: -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=strndup */
/* Memory that ends.  Every call that may allocate is made again and again; the n-th allocation
 * fails, for n = 1, 2, … until one has enough.  Allocations are libeid's own, libcrypto's and
 * jansson's.  Each time: the code says so, outputs and handle are as they were, and the same call
 * works when memory is back.  AddressSanitizer's build looks for leaks. */
#include <openssl/crypto.h>
#include "memory_stories.h"

static void *const outputs[] = {&stage.made,  &stage.identity, &stage.login,
                                &stage.token, &stage.logout,   &stage.url};
static char untouched;

__attribute__((format(printf, 1, 2))) static void wrong(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprint_error(format, args);
    va_end(args);
    print_error("\n");
    assert_true(false);
}

static void mark_outputs(void *value)
{
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        *(void **)outputs[i] = value;
    }
}

static void check_outputs(const char *name, unsigned n)
{
    for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        if (*(void **)outputs[i] != &untouched) {
            wrong("%s: allocation %u failed and left output %zu changed", name, n, i);
        }
    }
}

static void drop_outputs(void)
{
    eid_client_free(stage.made != (void *)&untouched ? stage.made : NULL);
    eid_identity_free(stage.identity != (void *)&untouched ? stage.identity : NULL);
    eid_login_free(stage.login != (void *)&untouched ? stage.login : NULL);
    eid_token_free(stage.token != (void *)&untouched ? stage.token : NULL);
    eid_logout_free(stage.logout != (void *)&untouched ? stage.logout : NULL);
    eid_text_free(stage.url != (void *)&untouched ? stage.url : NULL);
    mark_outputs(NULL);
}

static void clear_stage(void)
{
    eid_identity_free(stage.who);
    eid_client_free(stage.client);
    stage.who = NULL;
    stage.client = NULL;
    sp.down = false;
    sp.offers_dpop = false;
    sp.offers_par = false;
    clock_shift_s(0);
    unlink(stage.cache_file);
}

/* Memory, or what libcrypto hides it behind. */
static bool is_honest(const struct story *s, enum eid_code code)
{
    return code == EID_NO_MEMORY || (code == EID_INTERNAL && crypto_failed) ||
           (s->otherwise != EID_OK && code == s->otherwise);
}

/* A key that was passed over because memory ended would be fetched again, or missed. */
static void keys_are_complete(const char *name, unsigned n)
{
    struct eid_error err;
    struct eid_token *token = NULL;
    unsigned asked = sp.keys_asked;
    if (eid_token_verify(stage.client, stage.access_token, NULL, &token, &err) != EID_OK ||
        sp.keys_asked != asked) {
        wrong("%s: allocation %u failed and lost a key", name, n);
    }
    eid_token_free(token);
}

/* One round; false when nothing failed any more. */
static bool round_fails(const struct story *s, unsigned n)
{
    bool noticed;
    struct eid_error err = {0};
    if (!s->again || n == 1) {
        s->arrange();
    }
    mark_outputs(&untouched);
    crypto_failed = false;
    failed = false;
    unsigned asked = sp.keys_asked;
    left = n;
    enum eid_code code = s->act(&err);
    left = 0;
    if (code != EID_OK) {
        check_outputs(s->name, n);
        if (!failed || !is_honest(s, code)) {
            wrong("%s: allocation %u: %s: %s", s->name, n, eid_error_name(code), err.detail);
        }
        assert_int_equal(err.code, code);
        assert_true(err.detail[0] != '\0');
        if (s->arrange != arrange_outage && s->act(&err) != EID_OK) {
            wrong("%s: after allocation %u failed: %s", s->name, n, err.detail);
        }
    } else if (failed && !s->may_do_without && !crypto_failed) {
        wrong("%s: allocation %u failed unnoticed", s->name, n);
    } else if (sp.keys_asked > asked && s->arrange != arrange_stale) {
        keys_are_complete(s->name, n);
    }
    noticed = failed;
    drop_outputs();
    if (!s->again || !noticed) {
        clear_stage();
    }
    return noticed;
}

static void prepare_script(void)
{
    sp.userinfo = "{\"sub\":\"person-1\",\"email\":\"an@example.vn\",\"n\":[1,true],\"x\":null}";
    sp.introspection = "{\"active\":true,\"sub\":\"person-1\",\"exp\":1,\"scope\":\"a\"}";
    json_t *root = NULL;
    assert_int_equal(jwk_write(sp.root.key, ALG_ES256, STR("root"), &root), OK);
    stage.root = json_text(sp.arena, json_own(sp.arena, root)).p;
    char *pem = NULL;
    assert_int_equal(eid_key_new(NULL, &pem, NULL), EID_OK);
    stage.pem = str_z(sp.arena, str_from(pem));
    eid_text_free(pem);
    sp.metadata_extra = ",\"token_endpoint_auth_methods_supported\":"
                        "[\"client_secret_basic\",\"private_key_jwt\"]";
    snprintf(stage.cache_file, sizeof(stage.cache_file), "/tmp/eid-memory-%ld", (long)getpid());
    stage.access_token = signed_claims("at+jwt", "{\"client_id\":\"c\",\"scope\":\"a b\"}");
    stage.logout_token = signed_claims(
        "logout+jwt",
        "{\"sid\":\"s\",\"events\":{\"http://schemas.openid.net/event/backchannel-logout\":{}}}");
}

/* With all further ones failing, the walk need not be as fine. */
#define FOR_GOOD_STEP 3
/* libcrypto reads PEM with thousands of allocations, all its own. */
#define PEM_STEP 41

static void walk(bool all_further_fail)
{
    prepare_script();
    for_good = all_further_fail;
    for (size_t i = 0; i < sizeof(stories) / sizeof(stories[0]); i++) {
        const struct story *s = &stories[i];
        unsigned n = 1;
        /* libcrypto takes its own first steps once more, unharmed. */
        s->arrange();
        assert_int_equal(s->act(NULL), EID_OK);
        drop_outputs();
        clear_stage();
        while (round_fails(s, n)) {
            n += s->act == act_set_own_key ? PEM_STEP : for_good ? FOR_GOOD_STEP : 1;
        }
        print_message("%-28s %u allocations\n", s->name, n - 1);
        assert_in_range(n - 1, s->at_least, 20000);
    }
}

static void any_allocation_may_fail(void **state)
{
    (void)state;
    walk(false);
}

static void all_allocations_may_fail_from_any_on(void **state)
{
    (void)state;
    walk(true);
}

int main(void)
{
    if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) {
        return 1;
    }
    json_set_alloc_funcs(__wrap_malloc, free);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(any_allocation_may_fail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_allocations_may_fail_from_any_on, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
