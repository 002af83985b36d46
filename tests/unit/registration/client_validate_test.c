/* registration: what an administrator can't register, and what comes out of what he can. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "base/arena.h"
#include "registration/client.h"

static struct arena *a;

static int set_up(void **state)
{
    (void)state;
    a = arena_new(0);
    return a == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    arena_free(a);
    return 0;
}

static struct config config;
static struct words ignored;

static enum err validate(const char *text, json_t **out, struct str *sector)
{
    json_t *m = NULL;
    assert_int_equal(json_read_in(a, str_from(text), &m), OK);
    err_clear();
    return client_validate(a, &config, m, out, sector, &ignored);
}

struct bad {
    const char *metadata;
    const char *says; /* part of the reason */
};

/* spec: RFC 6749 §3.1.2:fragment, §3.3, §4.4; OpenID Core §8.1:hosts; Back-Channel Logout §2.2 */
static void refuses_with_the_member_and_the_cure(void **state)
{
    (void)state;
#define NAMED(rest) "{\"client_name\":\"Cổng\"," rest "}"
#define CB "\"redirect_uris\":[\"https://p.example/cb\"]"
    static const struct bad all[] = {
        {"{}", "redirect_uris"},
        {NAMED("\"redirect_uri\":\"https://p.example\""), "redirect_uris"},
        {NAMED("\"redirect_uris\":\"https://p.example\""), "array"},
        {NAMED("\"redirect_uris\":[]"), "at least one"},
        {NAMED("\"redirect_uris\":[\"https://p.example/*\"]"), "wildcard"},
        {NAMED("\"redirect_uris\":[\"https://p.example/cb#x\"]"), "fragment"},
        {NAMED("\"redirect_uris\":[\"http://p.example/cb\"]"), "https"},
        {NAMED("\"redirect_uris\":[\"http://127.0.0.1/cb\"]"), "http_loopback_redirects"},
        {NAMED("\"redirect_uris\":[\"javascript:alert(1)\"]"), "absolute URL"},
        {NAMED("\"redirect_uris\":[\"com.example.app:/cb\"]"), "absolute URL"},
        {NAMED("\"redirect_uris\":[\"https://user@p.example/cb\"]"), "absolute URL"},
        {NAMED("\"redirect_uris\":[\"https://a.example/cb\",\"https://b.example/cb\"]"),
         "sector_identifier_uri"},
        {NAMED(CB ",\"grant_types\":[\"implicit\"]"), "grant_types"},
        {NAMED("\"grant_types\":[\"refresh_token\"]"), "authorization_code"},
        {NAMED(CB ",\"response_types\":[\"token\"]"), "response_types"},
        {NAMED(CB ",\"response_types\":[]"), "response_types"},
        {NAMED(CB ",\"token_endpoint_auth_method\":\"client_secret_jwt\""), "supported"},
        {NAMED(CB ",\"token_endpoint_auth_method\":\"private_key_jwt\""), "jwks"},
        {NAMED(CB ",\"token_endpoint_auth_method\":\"none\",\"pkce_optional\":true"), "public"},
        {NAMED("\"grant_types\":[\"client_credentials\"],\"token_endpoint_auth_method\":\"none\""),
         "client_credentials"},
        {NAMED(CB ",\"jwks\":{\"keys\":[]}"), "usable"},
        {NAMED(CB ",\"jwks\":[]"), "jwks"},
        {NAMED(CB ",\"id_token_signed_response_alg\":\"HS256\""), "supported"},
        {NAMED(CB ",\"id_token_signed_response_alg\":\"none\""), "supported"},
        {NAMED(CB ",\"subject_type\":\"shared\""), "supported"},
        {NAMED(CB ",\"default_max_age\":-1"), "whole number"},
        {NAMED(CB ",\"default_acr_values\":[\"urn:authd:acr:3:1\"]"), "default_acr_values"},
        {NAMED(CB ",\"scope\":[\"openid\"]"), "scope"},
        {NAMED(CB ",\"scope\":\"openid \\\"x\""), "visible ASCII"},
        {NAMED(CB ",\"backchannel_logout_uri\":\"https://p.example/x#y\""), "fragment"},
        {NAMED(CB ",\"account_level_floor\":3"), "whole number"},
        {NAMED(CB ",\"pkce_optional\":\"yes\""), "true or false"},
        {NAMED(CB ",\"backchannel_logout_uri\":\"http://p.example/x\""), "https"},
        {NAMED(CB ",\"purpose\":\"a\\u0007b\""), "control"},
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        json_t *out = NULL;
        struct str sector = STR_NONE;
        enum err e = validate(all[i].metadata, &out, &sector);
        if (e != ERR_INPUT || strstr(err_reason(), all[i].says) == NULL || out != NULL) {
            print_error("%s: %s: %s\n", all[i].metadata, err_name(e), err_reason());
            assert_true(false);
        }
    }
}

static void refuses_a_private_key(void **state)
{
    (void)state;
    json_t *out = NULL;
    struct str sector;
    assert_int_equal(
        validate(NAMED(CB ",\"jwks\":{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\","
                          "\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\",\"x\":"
                          "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}"),
                 &out, &sector),
        ERR_INPUT);
    assert_non_null(strstr(err_reason(), "private key"));
}

/* spec: RFC 7591 §2 the authorization server MUST ignore any client metadata it does not understand
 */
static void leaves_out_what_it_does_not_know_and_says_so(void **state)
{
    (void)state;
    json_t *out = NULL;
    struct str sector;
    assert_int_equal(validate("{" CB ",\"frontchannel_logout_uri\":\"https://p.example/f\","
                              "\"subject_type\":\"public\"}",
                              &out, &sector),
                     OK);
    assert_int_equal(ignored.n, 1);
    assert_true(str_eqz(ignored.v[0], "frontchannel_logout_uri"));
    assert_null(json_object_get(out, "frontchannel_logout_uri"));
    assert_true(str_eqz(json_member(out, "subject_type"), "pairwise"));
    assert_true(str_eqz(json_member(out, "client_name"), "p.example"));
}

static void fills_in_defaults_and_fixes_the_sector(void **state)
{
    (void)state;
    json_t *out = NULL;
    struct str sector;
    struct client c;
    assert_int_equal(
        validate(NAMED("\"redirect_uris\":[\"https://P.example:8443/cb\"]"), &out, &sector), OK);
    assert_true(str_eqz(sector, "p.example"));
    assert_int_equal(client_parse(a, STR("portal"), out, &c), OK);
    assert_int_equal(c.auth_method, CLIENT_AUTH_BASIC);
    assert_true(str_eqz(c.id_token_alg, "ES256"));
    assert_true(c.require_pkce);
    assert_true(client_has_grant_type(&c, STR("authorization_code")));
    assert_false(client_has_grant_type(&c, STR("refresh_token")));
    assert_int_equal(c.authentication_level_floor, 1);
    for (size_t i = 0; i < c.scope.n; i++) {
        assert_false(str_eqz(c.scope.v[i], "personal_number"));
    }
}

static void takes_loopback_in_development_and_private_schemes_of_native_clients(void **state)
{
    (void)state;
    json_t *out = NULL;
    struct str sector;
    config.allow_http_loopback_redirects = true;
    assert_int_equal(
        validate(NAMED("\"redirect_uris\":[\"http://127.0.0.1:9/cb\"]"), &out, &sector), OK);
    config.allow_http_loopback_redirects = false;
    assert_int_equal(
        validate(NAMED("\"application_type\":\"native\",\"token_endpoint_auth_method\":"
                       "\"none\",\"redirect_uris\":[\"com.example.app:/cb\"]"),
                 &out, &sector),
        OK);
    assert_true(str_eqz(sector, "com.example.app"));
}

static void names_weaknesses(void **state)
{
    (void)state;
    json_t *out = NULL;
    struct str sector;
    struct client c;
    struct words w;
    assert_int_equal(
        validate(NAMED(CB ",\"pkce_optional\":true,\"id_token_signed_response_alg\":\"RS256\","
                          "\"token_endpoint_auth_method\":\"client_secret_post\""),
                 &out, &sector),
        OK);
    assert_int_equal(client_parse(a, STR("portal"), out, &c), OK);
    client_weaknesses(a, &c, &w);
    assert_int_equal(w.n, 4);
    assert_true(str_eqz(w.v[0], "pkce_optional"));
}

/* spec: RFC 9700 §2.1:exact; RP-Initiated Logout §3:place */
static void compares_redirect_uris_character_by_character(void **state)
{
    (void)state;
    struct str uris[] = {{"https://p.example/cb", 20}};
    struct client c = {.redirect_uris = {uris, 1}, .post_logout_redirect_uris = {uris, 1}};
    static const char *const bad[] = {"",
                                      "https://p.example/cb/",
                                      "https://p.example/cb?",
                                      "https://P.example/cb",
                                      "https://p.example:443/cb",
                                      "https://p.example/c",
                                      "https://p.example/%63b"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(client_may_redirect(&c, str_from(bad[i])));
        assert_false(client_may_post_logout(&c, str_from(bad[i])));
    }
    assert_true(client_may_redirect(&c, STR("https://p.example/cb")));
}

/* spec: RFC 8252 §7.3; RFC 9700 §2.1:exact */
static void lets_a_native_app_choose_its_port_and_nothing_else(void **state)
{
    (void)state;
    struct str uris[] = {STR("http://127.0.0.1/cb?a=1"), STR("http://[::1]:1/cb"),
                         STR("http://localhost:1/cb"), STR("https://127.0.0.1/s")};
    struct client c = {.redirect_uris = {uris, 4}, .post_logout_redirect_uris = {uris, 4}};
    static const char *const any_port[] = {"http://127.0.0.1:49152/cb?a=1", "http://[::1]:2/cb"};
    static const char *const bad[] = {"http://127.0.0.1:2/cb",
                                      "http://127.0.0.1:2/cb?a=2",
                                      "http://127.0.0.1:2/cb?a=1#x",
                                      "http://127.0.0.2:2/cb?a=1",
                                      "http://127.0.0.1:2/cb/?a=1",
                                      "https://127.0.0.1:2/cb?a=1",
                                      "http://localhost:2/cb",
                                      "https://127.0.0.1:2/s",
                                      "http://127.0.0.1:0/cb?a=1",
                                      "http://127.0.0.1:99999/cb?a=1",
                                      "http://127.0.0.1:2@evil/cb?a=1",
                                      "http://127.0.0.1:2.evil/cb?a=1",
                                      "http://[::1]:2/cb?",
                                      "http://[::1].evil/cb",
                                      "HTTP://[::1]:2/cb",
                                      "http://[0::1]:2/cb"};
    for (size_t i = 0; i < sizeof(any_port) / sizeof(any_port[0]); i++) {
        assert_false(client_may_redirect(&c, str_from(any_port[i])));
    }
    c.native = true;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(client_may_redirect(&c, str_from(bad[i])));
    }
    for (size_t i = 0; i < sizeof(any_port) / sizeof(any_port[0]); i++) {
        assert_true(client_may_redirect(&c, str_from(any_port[i])));
        assert_false(client_may_post_logout(&c, str_from(any_port[i])));
    }
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        T(refuses_with_the_member_and_the_cure),
        T(refuses_a_private_key),
        T(leaves_out_what_it_does_not_know_and_says_so),
        T(fills_in_defaults_and_fixes_the_sector),
        T(takes_loopback_in_development_and_private_schemes_of_native_clients),
        T(names_weaknesses),
        T(lets_a_native_app_choose_its_port_and_nothing_else),
        T(compares_redirect_uris_character_by_character),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
