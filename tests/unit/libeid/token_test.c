/* Access tokens and logout tokens as a service verifies them: refusals, and which is which. */
#include "scripted.h"

static void access_and_logout_tokens_are_not_one_another(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_token *t = NULL;
    struct eid_logout *l = NULL;
    assert_int_equal(eid_token_verify(c, access_token(0), NULL, &t, &err), EID_TOKEN_REFUSED);
    assert_int_equal(eid_logout_token_verify(c, access_token(0), &l, &err), EID_TOKEN_FORGED);
    assert_int_equal(eid_token_verify(c, access_token(0), "api", &t, &err), EID_OK);
    assert_true(eid_token_has_scope(t, "email"));
    assert_false(eid_token_has_scope(t, "mail"));
    assert_string_equal(eid_token_client_id(t), CLIENT);
    eid_token_free(t);

    sp.introspection = "{\"active\":false}";
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_TOKEN_INACTIVE);
    sp.introspection = "{\"active\":\"true\"}";
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_TOKEN_INACTIVE);
    sp.introspection = "{\"active\":true,\"sub\":\"p\",\"exp\":5}";
    assert_int_equal(eid_token_introspect(c, "x", &t, &err), EID_OK);
    assert_int_equal(eid_token_expires_at(t), 5);
    eid_token_free(t);
    assert_int_equal(eid_token_revoke(c, "x", &err), EID_OK);
    eid_client_free(c);
}

/* spec: RFC 9068 §4:typ, §4:iss, §4:aud, §4:signature, §4:exp MUST be refused; §2.2 what is
 * REQUIRED */
static void refuses_access_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *json; /* NULL: removed */
        enum eid_code code;
    } cases[] = {
        {"x", "1", EID_OK},
        {"aud", "[\"other\",\"api\"]", EID_OK},
        {"iss", "\"https://evil.example\"", EID_TOKEN_REFUSED},
        {"iss", NULL, EID_TOKEN_REFUSED},
        {"aud", "\"other\"", EID_TOKEN_REFUSED},
        {"aud", NULL, EID_TOKEN_REFUSED},
        {"exp", "1700000000", EID_TOKEN_EXPIRED},
        {"exp", NULL, EID_TOKEN_REFUSED},
        {"iat", NULL, EID_TOKEN_REFUSED},
        {"sub", NULL, EID_TOKEN_REFUSED},
        {"client_id", NULL, EID_TOKEN_REFUSED},
        {"jti", NULL, EID_TOKEN_REFUSED},
    };
    struct eid_client *c = client_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t now = clock_now_s();
        json_t *claims =
            json_own(sp.arena, json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "iss", ISSUER, "aud",
                                         "api", "sub", "p", "client_id", CLIENT, "jti", "j", "iat",
                                         (json_int_t)now, "exp", (json_int_t)(now + 120)));
        json_object_del(claims, cases[i].name);
        if (cases[i].json != NULL) {
            json_object_set_new(claims, cases[i].name,
                                json_loads(cases[i].json, JSON_DECODE_ANY, NULL));
        }
        struct eid_token *t = NULL;
        struct eid_error err;
        const char *token = str_z(sp.arena, key_sign(&sp.keys[0], "at+jwt", claims));
        assert_int_equal(eid_token_verify(c, token, "api", &t, &err), cases[i].code);
        eid_token_free(t);
        t = NULL;
        token = str_z(sp.arena, key_sign(&sp.keys[0], "JWT", claims));
        assert_int_equal(eid_token_verify(c, token, "api", &t, &err), EID_TOKEN_FORGED);
    }
    char *forged = str_z(sp.arena, str_from(access_token(0)));
    forged[strlen(forged) - 10] ^= 1;
    struct eid_token *t = NULL;
    struct eid_error err;
    assert_int_equal(eid_token_verify(c, forged, "api", &t, &err), EID_TOKEN_FORGED);
    assert_null(t);
    eid_client_free(c);
}

/* spec: OpenID Connect Back-Channel Logout 1.0 §2.6 MUST: iss, aud, iat, sub or sid, event, no
 * nonce */
static void refuses_logout_tokens(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        const char *json; /* NULL: removed */
        enum eid_code code;
    } cases[] = {
        {"x", "1", EID_OK},
        {"sub", NULL, EID_OK},
        {"nonce", "\"n\"", EID_TOKEN_REFUSED},
        {"events", NULL, EID_TOKEN_REFUSED},
        {"events", "{}", EID_TOKEN_REFUSED},
        {"events", "[\"http://schemas.openid.net/event/backchannel-logout\"]", EID_TOKEN_REFUSED},
        {"events", "{\"http://schemas.openid.net/event/backchannel-logout\":1}", EID_TOKEN_REFUSED},
        {"aud", "\"api\"", EID_TOKEN_REFUSED},
        {"jti", NULL, EID_TOKEN_REFUSED},
        {"jti", "7", EID_TOKEN_REFUSED},
        {"iat", "1700000000", EID_TOKEN_EXPIRED},
        {"exp", "1700000000", EID_TOKEN_EXPIRED},
        {"iss", "\"https://evil\"", EID_TOKEN_REFUSED},
    };
    struct eid_client *c = client_new();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int64_t now = clock_now_s();
        json_t *claims =
            json_own(sp.arena, json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:{s:{}}}", "iss", ISSUER,
                                         "aud", CLIENT, "sub", "p", "sid", "s", "jti", "j", "iat",
                                         (json_int_t)now, "exp", (json_int_t)(now + 120), "events",
                                         "http://schemas.openid.net/event/backchannel-logout"));
        json_object_del(claims, cases[i].name);
        if (cases[i].json != NULL) {
            json_object_set_new(claims, cases[i].name,
                                json_loads(cases[i].json, JSON_DECODE_ANY, NULL));
        }
        struct eid_logout *l = NULL;
        struct eid_error err;
        const char *token = str_z(sp.arena, key_sign(&sp.keys[0], "logout+jwt", claims));
        assert_int_equal(eid_logout_token_verify(c, token, &l, &err), cases[i].code);
        if (l != NULL) {
            assert_string_equal(eid_logout_sid(l), "s");
            assert_string_equal(eid_logout_jti(l), "j");
            eid_logout_free(l);
        }
        /* not every provider gives it a type; another type is another token */
        token = str_z(sp.arena, key_sign(&sp.keys[0], "JWT", claims));
        l = NULL;
        assert_int_equal(eid_logout_token_verify(c, token, &l, &err), cases[i].code);
        eid_logout_free(l);
        token = str_z(sp.arena, key_sign(&sp.keys[0], "at+jwt", claims));
        l = NULL;
        assert_int_equal(eid_logout_token_verify(c, token, &l, &err), EID_TOKEN_FORGED);
    }
    struct eid_error err;
    struct eid_logout *l = NULL;
    json_t *good = json_own(sp.arena, json_pack("{s:s}", "iss", ISSUER));
    assert_int_equal(eid_client_set(c, EID_ID_TOKEN_ALG, "PS256", &err), EID_OK);
    const char *other = str_z(sp.arena, key_sign(&sp.keys[0], "logout+jwt", good));
    assert_int_equal(eid_logout_token_verify(c, other, &l, &err), EID_TOKEN_FORGED);
    assert_non_null(strstr(err.detail, "not with PS256"));
    eid_client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(refuses_access_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_logout_tokens, set_up, tear_down),
        cmocka_unit_test_setup_teardown(access_and_logout_tokens_are_not_one_another, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
