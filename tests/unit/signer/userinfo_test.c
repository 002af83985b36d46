/* signer/op_userinfo: whose claims leave, for what token, and which. */
#include "fixture.h"

static void refuses_userinfo_without_token_and_proof_of_one_grant(void **state)
{
    struct fixture *f = *state;
    struct signer_userinfoed out;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens request = {
        .proof = code.code_proof, .secret = STR("code secret"), .want_id_token = 1};
    struct signer_issued_tokens tokens = fixture_exchange(f, &request);
    struct signer_issue_code ask2 = fixture_code_request(f);
    struct signer_issued_code code2 = fixture_code(f, &ask2);
    request.proof = code2.code_proof;
    struct signer_issued_tokens others = fixture_exchange(f, &request);
    struct signer_client_token client = {
        .client_id = STR("portal"), .scope = STR("openid"), .lifetime_s = 60};
    struct signer_client_tokened client_token;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_CLIENT_TOKEN, signer_client_token, &client,
                           signer_client_tokened, &client_token),
                     OK);
    const struct signer_userinfo good = {.access_token = tokens.access_token,
                                         .grant_proof = code.grant_proof};
    struct signer_userinfo bad[] = {
        {.access_token = others.access_token, .grant_proof = code.grant_proof},
        {.access_token = tokens.access_token, .grant_proof = code2.grant_proof},
        {.access_token = tokens.id_token, .grant_proof = code.grant_proof},
        {.access_token = client_token.access_token, .grant_proof = code.grant_proof},
        {.access_token = tokens.access_token, .grant_proof = code.code_proof},
        {.access_token = tokens.access_token},
        {.grant_proof = code.grant_proof},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &bad[i],
                               signer_userinfoed, &out),
                         ERR_DENIED);
    }
    /* spec: RFC 9068 §4:exp MUST exp */
    clock_shift_s(601);
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &good, signer_userinfoed, &out),
        ERR_EXPIRED);
    clock_shift_s(0);
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &good, signer_userinfoed, &out),
        OK);
}

static void refuses_the_document_of_somebody_else(void **state)
{
    struct fixture *f = *state;
    struct signer_userinfoed out;
    struct uuid other;
    uuid_random(&other);
    struct sealed_document d = fixture_seal_of(f, other, "{\"name\":\"Somebody\"}");
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens request = {.proof = code.code_proof, .secret = STR("code secret")};
    struct signer_issued_tokens tokens = fixture_exchange(f, &request);
    struct signer_userinfo m = {.access_token = tokens.access_token,
                                .grant_proof = code.grant_proof,
                                .documents = &d,
                                .n_documents = 1};
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &m, signer_userinfoed, &out),
        ERR_DENIED);
    d.identity = f->person; /* relabelled: the seal tells */
    d.bucket = bucket_of(&f->person);
    assert_int_not_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &m, signer_userinfoed, &out), OK);
}

/* spec: OpenID Core §5.3 userinfo is for tokens of an OpenID request: whatever the web process
 * says, a token without openid opens no document */
static void userinfo_needs_the_scope_openid(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {
        .proof = code.code_proof, .secret = STR("code secret"), .scope = STR("profile")};
    struct signer_issued_tokens t = fixture_exchange(f, &m);
    struct sealed_document d = fixture_seal(f, ATTRIBUTES);
    struct signer_userinfo info = {.access_token = t.access_token,
                                   .grant_proof = code.grant_proof,
                                   .documents = &d,
                                   .n_documents = 1};
    struct signer_userinfoed out;
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &info, signer_userinfoed, &out),
        ERR_DENIED);
}

/* spec: OpenID Connect Core 1.0 §5.3.2:sub MUST always be returned; §5.4, §5.5 */
static void userinfo_shows_what_scope_and_claims_allow(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    ask.code.claims = STR("{\"userinfo\":[\"email\"]}");
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = code.code_proof, .secret = STR("code secret")};
    struct signer_issued_tokens t = fixture_exchange(f, &m);
    struct sealed_document d = fixture_seal(f, ATTRIBUTES);
    struct signer_userinfo info = {.access_token = t.access_token,
                                   .grant_proof = code.grant_proof,
                                   .documents = &d,
                                   .n_documents = 1};
    struct signer_userinfoed out;
    json_t *c = NULL;
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &info, signer_userinfoed, &out),
        OK);
    assert_int_equal(json_read_in(f->a, out.claims, &c), OK);
    assert_true(str_eq(json_member(c, "sub"),
                       json_member(fixture_claims(f, t.access_token, "at+jwt"), "sub")));
    ASSERT_STR(json_member(c, "name"), "Nguyễn Thị Ánh");
    ASSERT_STR(json_member(c, "email"), "anh@example.vn");
    assert_null(json_object_get(c, "urn:authd:personal_number"));
    assert_null(json_object_get(c, "personal_number"));
    int64_t level;
    assert_true(json_member_i64(c, "urn:authd:account_level", &level));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_userinfo_without_token_and_proof_of_one_grant),
        cmocka_unit_test(refuses_the_document_of_somebody_else),
        cmocka_unit_test(userinfo_needs_the_scope_openid),
        cmocka_unit_test(userinfo_shows_what_scope_and_claims_allow),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
