/* Tokens bound to a key (RFC 9449): the downgrades that are refused, the proofs that are made, and
 * the proofs an API must refuse. */
#include "scripted.h"
#include "libeid/dpop.h"

static struct eid_identity *log_in(struct eid_client *c)
{
    struct eid_identity *i = NULL;
    struct eid_error err;
    const char *s;
    json_object_del(sp.id_claims, "nonce");
    const char *t = begin(c, NULL, &s);
    assert_int_equal(eid_login_finish(c, callback_url(s), t, &i, &err), EID_OK);
    return i;
}

static const char *thumbprint(const struct eid_client *c)
{
    return c->sealing[0].dpop->thumbprint;
}

/* The thumbprint of the key in a proof's header; its signature is checked. */
static const char *proof_key(const char *proof)
{
    struct jws jws;
    struct jwk *key = NULL;
    struct str own;
    assert_int_equal(jws_parse(sp.arena, str_from(proof), &jws), OK);
    assert_int_equal(jwk_read(json_object_get(jws.header, "jwk"), jws.alg, &key), OK);
    assert_int_equal(jws_verify(&jws, key, "dpop+jwt"), OK);
    assert_int_equal(jwk_thumbprint_text(sp.arena, key->key, &own), OK);
    jwk_free(key);
    return str_z(sp.arena, own);
}

static void a_downgrade_to_bearer_is_refused(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    sp.offers_dpop = true;
    sp.token_type = "Bearer";
    assert_int_equal(login_with(c, NULL, &err), EID_BAD_ANSWER);
    assert_non_null(strstr(err.detail, "EID_DPOP off"));
    assert_int_equal(eid_client_set(c, EID_DPOP, "off", &err), EID_OK);
    json_object_del(sp.id_claims, "nonce");
    assert_int_equal(login_with(c, NULL, &err), EID_OK);
    assert_string_equal(sp.last_proof, "");
    eid_client_free(c);
    sp.offers_dpop = false;
    c = client_new();
    struct eid_login *login = NULL;
    assert_int_equal(eid_client_set(c, EID_DPOP, "on", &err), EID_OK);
    assert_int_equal(eid_login_begin(c, NULL, &login, &err), EID_NOT_OFFERED);
    assert_non_null(strstr(err.detail, "dpop_signing_alg_values_supported"));
    assert_int_equal(eid_client_set(c, EID_DPOP, "maybe", &err), EID_BAD_ARGUMENT);
    /* a given key the provider can't take is not replaced by one it can */
    sp.offers_dpop = true;
    eid_client_free(c);
    c = client_new();
    char *rsa = NULL;
    assert_int_equal(eid_key_new("PS256", &rsa, &err), EID_OK);
    assert_int_equal(eid_client_set_dpop_key(c, rsa, &err), EID_OK);
    assert_int_equal(eid_login_begin(c, NULL, &login, &err), EID_NOT_OFFERED);
    assert_null(login);
    eid_text_free(rsa);
    eid_client_free(c);
}

/* spec: RFC 9449 §4.2, §5, §7.1, §10 */
static void tokens_are_bound_where_the_provider_offers_it(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_identity *renewed = NULL;
    sp.offers_dpop = true;
    sp.offers_par = true;
    struct eid_identity *i = log_in(c);
    assert_non_null(strstr(sp.pushed_body, str_fmt(sp.arena, "dpop_jkt=%s", thumbprint(c)).p));
    json_t *claims = proof_claims();
    assert_true(str_eqz(json_member(claims, "htm"), "POST"));
    assert_true(str_eqz(json_member(claims, "htu"), ISSUER "/token"));
    assert_null(json_member(claims, "ath").p);
    assert_string_equal(proof_key(sp.last_proof), thumbprint(c));
    struct str first = str_dup(sp.arena, json_member(claims, "jti"));
    assert_string_equal(eid_identity_token_type(i), "DPoP");

    sp.userinfo = "{\"sub\":\"person-1\",\"email\":\"x@example.vn\"}";
    assert_int_equal(eid_identity_userinfo(c, i, &err), EID_OK);
    assert_string_equal(sp.last_authorization, "DPoP at-1");
    claims = proof_claims();
    struct sha256 h = sha256(STR("at-1"));
    assert_true(str_eq(json_member(claims, "ath"), b64_str(sp.arena, sha256_str(&h))));
    assert_true(str_eqz(json_member(claims, "htm"), "GET"));
    assert_false(str_eq(json_member(claims, "jti"), first));

    assert_int_equal(eid_identity_refresh(c, i, &renewed, &err), EID_OK);
    assert_string_equal(proof_key(sp.last_proof), thumbprint(c));
    assert_string_equal(eid_identity_token_type(renewed), "DPoP");
    eid_identity_free(renewed);
    sp.token_type = "Bearer";
    assert_int_equal(eid_identity_refresh(c, i, &renewed, &err), EID_BAD_ANSWER);
    eid_identity_free(i);
    eid_client_free(c);
}

/* spec: RFC 9449 §8, §8.2, §9 */
static void the_providers_nonce_is_used_and_remembered(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    sp.offers_dpop = true;
    sp.wants_nonce = "n-1";
    struct eid_identity *i = log_in(c);
    assert_int_equal(sp.sent_back, 1);
    assert_int_equal(sp.tokens_asked, 1);
    assert_true(str_eqz(json_member(proof_claims(), "nonce"), "n-1"));
    sp.userinfo = "{\"sub\":\"person-1\"}";
    assert_int_equal(eid_identity_userinfo(c, i, &err), EID_OK);
    assert_int_equal(sp.sent_back, 1);
    sp.wants_nonce = "n-2"; /* turned over: sent back once more */
    assert_int_equal(eid_identity_userinfo(c, i, &err), EID_OK);
    assert_int_equal(sp.sent_back, 2);
    eid_identity_free(i);
    /* one that can't be a nonce is not sent, and asking again has an end */
    sp.wants_nonce = "a nonce\"";
    json_object_del(sp.id_claims, "nonce");
    assert_int_equal(login_with(c, NULL, &err), EID_REQUEST_REFUSED);
    assert_int_equal(sp.sent_back, 3);
    eid_client_free(c);
}

static void a_farm_and_its_restarts_share_the_key(void **state)
{
    (void)state;
    static const unsigned char old[32] = {7};
    static const unsigned char new[32] = {8};
    struct eid_error err;
    struct eid_client *one = client_new();
    struct eid_client *two = client_new();
    struct eid_client *three = client_new();
    struct eid_identity *i = NULL;
    struct eid_identity *renewed = NULL;
    const char *s;
    sp.offers_dpop = true;
    assert_int_equal(eid_client_set_transaction_key(one, old, &err), EID_OK);
    assert_int_equal(eid_client_set_transaction_key(two, new, &err), EID_OK);
    assert_int_equal(eid_client_set_previous_transaction_key(two, old, &err), EID_OK);
    assert_int_equal(eid_client_set_transaction_key(three, new, &err), EID_OK);
    const char *t = begin(one, NULL, &s);
    assert_int_equal(eid_login_finish(three, callback_url(s), t, &i, &err), EID_TRANSACTION_FORGED);
    assert_int_equal(eid_login_finish(two, callback_url(s), t, &i, &err), EID_OK);
    assert_string_equal(proof_key(sp.last_proof), thumbprint(one));
    assert_int_equal(eid_identity_refresh(one, i, &renewed, &err), EID_OK);
    eid_identity_free(renewed);
    /* a key that is gone: the token it bound is lost, a client that authenticates gets another */
    assert_int_equal(eid_identity_userinfo(three, i, &err), EID_BAD_CONFIGURATION);
    assert_non_null(strstr(err.detail, "eid_client_set_transaction_key"));
    assert_int_equal(eid_identity_refresh(three, i, &renewed, &err), EID_OK);
    assert_string_equal(proof_key(sp.last_proof), thumbprint(three));
    assert_string_equal(eid_identity_token_type(renewed), "DPoP");
    eid_identity_free(renewed);
    struct eid_client *public = NULL;
    assert_int_equal(eid_client_new(ISSUER, CLIENT, NULL, REDIRECT, &public, &err), EID_OK);
    eid_client_set_transport(public, scripted_transport, NULL);
    assert_int_equal(eid_identity_refresh(public, i, &renewed, &err), EID_BAD_CONFIGURATION);
    eid_client_free(public);
    assert_string_not_equal(thumbprint(two), thumbprint(one));
    assert_string_equal(thumbprint(two), thumbprint(three));
    eid_identity_free(i);
    eid_client_free(one);
    eid_client_free(two);
    eid_client_free(three);
}

#define API "https://api.example.vn/ho-so"

static const char *bound_token(const char *jkt, const char *cnf_name)
{
    int64_t now = clock_now_s();
    json_t *claims =
        json_own(sp.arena, json_pack("{s:s,s:s,s:s,s:s,s:s,s:I,s:I}", "iss", ISSUER, "aud", "api",
                                     "sub", "p", "client_id", CLIENT, "jti", "j", "iat",
                                     (json_int_t)now, "exp", (json_int_t)(now + 600)));
    if (jkt != NULL) {
        json_object_set_new(claims, "cnf", json_pack("{s:s}", cnf_name, jkt));
    }
    return str_z(sp.arena, key_sign(&sp.keys[0], "at+jwt", claims));
}

static char used[256];

static int remember(void *arg, const char *jti, int64_t until_s)
{
    assert_true(until_s > clock_now_s());
    if (*(int *)arg != 0) {
        return *(int *)arg;
    }
    bool seen = strcmp(used, jti) == 0;
    snprintf(used, sizeof(used), "%s", jti);
    return seen;
}

static enum eid_code shown(struct eid_client *c, const char *token, const char *proof,
                           const char *method, const char *url, const char *nonce, int memory)
{
    struct eid_token *t = NULL;
    struct eid_error err;
    struct eid_dpop_request r = {
        .size = sizeof(r), .method = method, .url = url, .proof = proof, .nonce = nonce};
    enum eid_code code = eid_token_verify_dpop(c, token, "api", &r, remember, &memory, &t, &err);
    assert_true((t != NULL) == (code == EID_OK));
    assert_true(code == EID_OK || err.category == EID_CATEGORY_TOKEN);
    eid_token_free(t);
    return code;
}

static char *proof_of(struct eid_client *c, const char *token, const char *nonce)
{
    char *proof = NULL;
    struct eid_error err;
    assert_int_equal(eid_dpop_proof(c, "GET", API "?x=1", token, nonce, &proof, &err), EID_OK);
    return proof;
}

/* spec: RFC 9449 §4.3, §6.1, §7.1, §11.1 */
static void an_api_refuses_tokens_without_their_proof(void **state)
{
    (void)state;
    struct eid_client *api = client_new();
    struct eid_client *portal = client_new();
    struct eid_client *thief = client_new();
    struct eid_token *t = NULL;
    struct eid_error err;
    const char *token = bound_token(thumbprint(portal), "jkt");
    const char *other = bound_token(thumbprint(portal), "jkt");
    char *proof = proof_of(portal, token, NULL);
    char *stolen = proof_of(thief, token, NULL);
    char *with_nonce = proof_of(portal, token, "n-1");
    used[0] = '\0';
    assert_int_equal(eid_token_verify(api, token, "api", &t, &err), EID_PROOF_MISSING);
    assert_int_equal(shown(api, token, NULL, "GET", API, NULL, 0), EID_PROOF_MISSING);
    assert_int_equal(shown(api, token, "x.y.z", "GET", API, NULL, 0), EID_PROOF_REFUSED);
    assert_int_equal(shown(api, token, stolen, "GET", API, NULL, 0), EID_PROOF_REFUSED);
    clock_shift_s(600);
    char *early = proof_of(portal, token, NULL); /* made in advance, or by a wrong clock */
    clock_shift_s(0);
    assert_int_equal(shown(api, token, early, "GET", API, NULL, 0), EID_PROOF_REFUSED);
    eid_text_free(early);
    assert_int_equal(shown(api, token, proof, "POST", API, NULL, 0), EID_PROOF_REFUSED);
    assert_int_equal(shown(api, token, proof, "GET", API "/2", NULL, 0), EID_PROOF_REFUSED);
    assert_int_equal(shown(api, token, proof, "GET", "http://api.example.vn/ho-so", NULL, 0),
                     EID_PROOF_REFUSED);
    assert_int_equal(shown(api, token, proof, "GET", "https://api.example.vn:8443/ho-so", NULL, 0),
                     EID_PROOF_REFUSED);
    assert_int_equal(shown(api, other, proof, "GET", API, NULL, 0), EID_PROOF_REFUSED); /* ath */
    assert_int_equal(shown(api, token, proof, "GET", API, "n-1", 0), EID_PROOF_REFUSED);
    assert_int_equal(shown(api, token, with_nonce, "GET", API, "n-2", 0), EID_PROOF_REFUSED);
    assert_int_equal(shown(api, token, proof, "GET", API, NULL, -1), EID_PROOF_REFUSED);
    const char *unbound = bound_token(NULL, NULL);
    const char *by_certificate = bound_token(thumbprint(portal), "x5t#S256");
    char *for_unbound = proof_of(portal, unbound, NULL);
    assert_int_equal(shown(api, unbound, for_unbound, "GET", API, NULL, 0), EID_PROOF_REFUSED);
    eid_text_free(for_unbound);
    assert_int_equal(eid_token_verify(api, by_certificate, "api", &t, &err), EID_PROOF_MISSING);
    assert_null(t);

    assert_int_equal(
        shown(api, token, proof, "GET", "https://API.example.vn:443/ho-so?y#z", NULL, 0), EID_OK);
    assert_int_equal(shown(api, token, proof, "GET", API, NULL, 0), EID_PROOF_REFUSED); /* again */
    assert_int_equal(shown(api, token, with_nonce, "GET", API, "n-1", 0), EID_OK);
    clock_shift_s(150);
    used[0] = '\0';
    assert_int_equal(shown(api, token, proof, "GET", API, NULL, 0), EID_PROOF_REFUSED); /* old */
    clock_shift_s(-150);
    assert_int_equal(shown(api, token, proof, "GET", API, NULL, 0), EID_TOKEN_REFUSED);
    eid_text_free(proof);
    eid_text_free(stolen);
    eid_text_free(with_nonce);
    eid_client_free(api);
    eid_client_free(portal);
    eid_client_free(thief);
}

static void an_introspected_token_needs_its_proof_as_well(void **state)
{
    (void)state;
    struct eid_client *c = client_new();
    struct eid_error err;
    struct eid_token *t = NULL;
    int memory = 0;
    char *proof = proof_of(c, "opaque", NULL);
    struct eid_dpop_request r = {.size = sizeof(r), .method = "GET", .url = API, .proof = proof};
    used[0] = '\0';
    sp.introspection = "{\"active\":true}";
    assert_int_equal(eid_token_introspect(c, "opaque", &t, &err), EID_OK);
    assert_null(eid_token_bound_to(t));
    assert_int_equal(eid_token_check_proof(c, t, "opaque", &r, remember, &memory, &err),
                     EID_PROOF_REFUSED);
    eid_token_free(t);
    sp.introspection =
        str_fmt(sp.arena, "{\"active\":true,\"cnf\":{\"jkt\":\"%s\"}}", thumbprint(c)).p;
    assert_int_equal(eid_token_introspect(c, "opaque", &t, &err), EID_OK);
    assert_string_equal(eid_token_bound_to(t), thumbprint(c));
    assert_int_equal(eid_token_check_proof(c, t, "another", &r, remember, &memory, &err),
                     EID_PROOF_REFUSED);
    r.proof = NULL;
    assert_int_equal(eid_token_check_proof(c, t, "opaque", &r, remember, &memory, &err),
                     EID_PROOF_MISSING);
    r.proof = proof;
    assert_int_equal(eid_token_check_proof(c, t, "opaque", &r, NULL, &memory, &err),
                     EID_BAD_ARGUMENT);
    assert_int_equal(eid_token_check_proof(c, t, "opaque", &r, remember, &memory, &err), EID_OK);
    assert_int_equal(eid_token_check_proof(c, t, "opaque", &r, remember, &memory, &err),
                     EID_PROOF_REFUSED);
    eid_token_free(t);
    eid_text_free(proof);
    eid_client_free(c);
}

static void proofs_are_made_with_the_key_the_token_names(void **state)
{
    (void)state;
    static const unsigned char old[32] = {7};
    struct eid_error err;
    struct eid_client *before = client_new();
    struct eid_client *c = client_new();
    char *proof = NULL;
    assert_int_equal(eid_client_set_transaction_key(before, old, &err), EID_OK);
    assert_int_equal(eid_client_set_previous_transaction_key(c, old, &err), EID_OK);
    proof = proof_of(c, bound_token(thumbprint(before), "jkt"), NULL);
    assert_string_equal(proof_key(proof), thumbprint(before));
    eid_text_free(proof);
    proof = proof_of(c, "opaque", NULL);
    assert_string_equal(proof_key(proof), thumbprint(c));
    eid_text_free(proof);
    assert_int_equal(eid_dpop_proof(c, NULL, API, "t", NULL, &proof, &err), EID_BAD_ARGUMENT);
    eid_client_free(before);
    eid_client_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_downgrade_to_bearer_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_api_refuses_tokens_without_their_proof, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(tokens_are_bound_where_the_provider_offers_it, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_providers_nonce_is_used_and_remembered, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_farm_and_its_restarts_share_the_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_introspected_token_needs_its_proof_as_well, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(proofs_are_made_with_the_key_the_token_names, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
