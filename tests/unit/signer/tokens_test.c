/* signer/op_tokens, op_seal, op_logout: what is in the tokens, and that nothing grows
 * on the way. */
#include "fixture.h"

/* spec: RFC 9068 §2.2 MUST iss, exp, aud, sub, client_id, iat, jti; §2.1 typ */
static void writes_access_tokens_as_rfc_9068_says(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    ask.code.cnf = STR("{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}");
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = code.code_proof,
                                    .secret = STR("code secret"),
                                    .cnf = ask.code.cnf,
                                    .access_token_lifetime_s = 9999};
    struct signer_issued_tokens t = fixture_exchange(f, &m);
    json_t *c = fixture_claims(f, t.access_token, "at+jwt");
    ASSERT_STR(json_member(c, "aud"), ISSUER);
    ASSERT_STR(json_member(c, "client_id"), "portal");
    ASSERT_STR(json_member(c, "scope"), "openid profile offline_access");
    ASSERT_STR(json_member(c, "acr"), "urn:authd:acr:2:1");
    ASSERT_STR(json_member(json_object_get(c, "cnf"), "jkt"),
               "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I");
    assert_null(json_object_get(c, "urn:authd:token_kind"));
    assert_null(json_object_get(c, "act"));
    assert_int_equal(json_member(c, "sub").n, 43);
    int64_t exp, iat;
    assert_true(json_member_i64(c, "exp", &exp) && json_member_i64(c, "iat", &iat));
    assert_int_equal(exp - iat, 600); /* never longer than configured */
    assert_int_equal(t.expires_at, exp);
    uint16_t bucket;
    struct uuid grant;
    assert_int_equal(jti_read(f->handle_key, json_member(c, "jti"), &bucket, &grant), OK);
    assert_int_equal(bucket, bucket_of(&f->person));
    assert_memory_equal(&grant, &ask.code.grant, sizeof grant);
    assert_true(t.id_token.p == NULL && t.refresh_proof.p == NULL);
}

/* spec: RFC 9068 §4:aud, RFC 9700 §2.3 */
static void narrows_scope_and_audience(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    ask.code.resource = STR("https://a.example https://b.example");
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = code.code_proof, .secret = STR("code secret")};
    json_t *c = fixture_claims(f, fixture_exchange(f, &m).access_token, "at+jwt");
    assert_int_equal(json_array_size(json_object_get(c, "aud")), 2);
    m.scope = STR("openid");
    m.resource = STR("https://b.example");
    struct signer_issued_tokens t = fixture_exchange(f, &m);
    c = fixture_claims(f, t.access_token, "at+jwt");
    ASSERT_STR(json_member(c, "aud"), "https://b.example");
    ASSERT_STR(json_member(c, "scope"), "openid");
    ASSERT_STR(t.scope, "openid");
    /* a token for another resource server is none for userinfo */
    struct signer_userinfo info = {.access_token = t.access_token, .grant_proof = code.grant_proof};
    struct signer_userinfoed out;
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &info, signer_userinfoed, &out),
        ERR_DENIED);
}

/* spec: RFC 9068 §2.2 aud REQUIRED; who has none is taken where nobody looks at it */
static void makes_no_token_for_nobody(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    ask.code.resource = STR("https://a.example");
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {
        .proof = code.code_proof, .secret = STR("code secret"), .resource = STR(" ")};
    struct signer_issued_tokens issued;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                           signer_issued_tokens, &issued),
                     ERR_INPUT);
    m.resource = STR("");
    json_t *c = fixture_claims(f, fixture_exchange(f, &m).access_token, "at+jwt");
    ASSERT_STR(json_member(c, "aud"), "https://a.example");
    struct signer_client_token batch = {.client_id = STR("batch"), .audience = STR(" ")};
    struct signer_client_tokened out;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_CLIENT_TOKEN, signer_client_token, &batch,
                           signer_client_tokened, &out),
                     ERR_INPUT);
}

static void takes_the_person_from_the_session_only(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    json_t *honest = fixture_claims(
        f,
        fixture_exchange(f, &(struct signer_issue_tokens){.proof = fixture_code(f, &ask).code_proof,
                                                          .secret = STR("code secret")})
            .access_token,
        "at+jwt");
    uuid_random(&ask.code.subject);
    uuid_random(&ask.code.actor);
    ask.code.account_level = 9;
    ask.code.authentication_level = 4;
    ask.code.amr = AMR_HWK | AMR_MFA;
    ask.code.auth_time += 1000;
    ask.code.expires_at += 1000000;
    ask.code.grant_ends_at = ask.code.expires_at * 2;
    struct signer_issued_code code = fixture_code(f, &ask);
    struct proof opened, session = fixture_session(f);
    assert_int_equal(
        verifier_proof_open(f->a, f->verifier, code.code_proof, clock_now_s(), &opened), OK);
    assert_true(proof_narrows(&session, &opened));
    assert_true(opened.expires_at <= clock_now_s() + 600);
    assert_true(opened.grant_ends_at <= session.grant_ends_at);
    json_t *c = fixture_claims(
        f,
        fixture_exchange(f, &(struct signer_issue_tokens){.proof = code.code_proof,
                                                          .secret = STR("code secret")})
            .access_token,
        "at+jwt");
    ASSERT_STR(json_member(c, "acr"), "urn:authd:acr:2:1");
    assert_true(str_eq(json_member(c, "sub"), json_member(honest, "sub")));
}

static void tells_what_a_person_is_called_when_that_is_wanted(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code quiet = fixture_code(f, &ask);
    assert_true(quiet.sub.p == NULL && str_is(quiet.sid));
    ask.want_sub = 1;
    struct signer_issued_code told = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = told.code_proof, .secret = STR("code secret")};
    json_t *c = fixture_claims(f, fixture_exchange(f, &m).access_token, "at+jwt");
    assert_true(str_eq(json_member(c, "sub"), told.sub));
    assert_true(str_eq(quiet.sid, told.sid));
}

/* spec: OpenID Connect Core 1.0 §2:claims MUST iss, sub, aud, exp, iat; §3.1.3.6 at_hash; §12.2 no
 * nonce at refresh */
static void writes_id_tokens_as_openid_connect_says(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    ask.code.claims = STR("{\"id_token\":[\"name\",\"unknown\"],\"userinfo\":[\"email\"]}");
    struct signer_issued_code code = fixture_code(f, &ask);
    struct sealed_document d = fixture_seal(f, ATTRIBUTES);
    static const char *const algs[] = {"", "ES256", "EdDSA"};
    for (size_t i = 0; i < 3; i++) {
        struct signer_issue_tokens m = {.proof = code.code_proof,
                                        .secret = STR("code secret"),
                                        .want_id_token = 1,
                                        .id_token_alg = str_from(algs[i]),
                                        .documents = &d,
                                        .n_documents = 1};
        struct signer_issued_tokens t = fixture_exchange(f, &m);
        json_t *c = fixture_claims(f, t.id_token, "JWT");
        ASSERT_STR(json_member(c, "aud"), "portal");
        ASSERT_STR(json_member(c, "nonce"), "n-0S6_WzA2Mj");
        ASSERT_STR(json_member(c, "acr"), "urn:authd:acr:2:1");
        ASSERT_STR(json_member(c, "name"), "Nguyễn Thị Ánh");
        assert_string_equal(json_string_value(json_array_get(json_object_get(c, "amr"), 0)), "pwd");
        assert_null(json_object_get(c, "email"));
        assert_null(json_object_get(c, "personal_number"));
        assert_int_equal(json_member(c, "at_hash").n, i == 2 ? 43 : 22);
        assert_true(str_eq(json_member(c, "sid"), code.sid));
        json_t *access = fixture_claims(f, t.access_token, "at+jwt");
        assert_true(str_eq(json_member(c, "sub"), json_member(access, "sub")));
        int64_t level = 0;
        assert_true(json_member_i64(c, "urn:authd:account_level", &level) && level == 2);
        assert_true(json_member_i64(c, "urn:authd:authentication_level", &level) && level == 1);
    }
}

static void a_refresh_keeps_its_scope_and_ends_with_the_grant(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    ask.code.grant_ends_at = clock_now_s() + 5000;
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = code.code_proof,
                                    .secret = STR("code secret"),
                                    .want_id_token = 1,
                                    .scope = STR("openid profile"),
                                    .refresh_bearer = sha256(STR("refresh 1")),
                                    .refresh_expires_at = clock_now_s() + 1000000};
    struct signer_issued_tokens t = fixture_exchange(f, &m);
    struct proof p;
    assert_int_equal(verifier_proof_open(f->a, f->verifier, t.refresh_proof, clock_now_s(), &p),
                     OK);
    assert_int_equal(p.kind, PROOF_REFRESH);
    ASSERT_STR(p.scope, "openid profile offline_access"); /* spec: RFC 6749 §6 */
    assert_int_equal(p.expires_at, ask.code.grant_ends_at);

    clock_shift_s(4000); /* long after the code and its session have ended */
    m.proof = t.refresh_proof;
    m.secret = STR("refresh 1");
    m.refresh_bearer = sha256(STR("refresh 2"));
    m.refresh_expires_at = clock_now_s() + 1000000;
    struct signer_issued_tokens t2 = fixture_exchange(f, &m);
    json_t *c = fixture_claims(f, t2.id_token, "JWT");
    assert_null(json_object_get(c, "nonce"));
    assert_true(t2.expires_at <= ask.code.grant_ends_at);
    clock_shift_s(5001);
    m.proof = t2.refresh_proof;
    m.secret = STR("refresh 2");
    struct signer_issued_tokens out;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                           signer_issued_tokens, &out),
                     ERR_EXPIRED);
    clock_shift_s(0);
}

/* spec: OpenID Core §8.1:sector, §2:sub */
static void names_a_person_differently_in_each_sector_and_always_the_same_in_one(void **state)
{
    struct fixture *f = *state;
    struct str subs[3];
    static const char *const sectors[] = {"portal.example", "portal.example", "other.example"};
    for (size_t i = 0; i < 3; i++) {
        struct signer_issue_code ask = fixture_code_request(f);
        ask.code.sector = str_from(sectors[i]);
        struct signer_issued_code code = fixture_code(f, &ask);
        struct signer_issue_tokens m = {.proof = code.code_proof, .secret = STR("code secret")};
        subs[i] =
            json_member(fixture_claims(f, fixture_exchange(f, &m).access_token, "at+jwt"), "sub");
        assert_int_equal(subs[i].n, 43);
    }
    assert_true(str_eq(subs[0], subs[1]));
    assert_false(str_eq(subs[0], subs[2]));
}

static void names_the_actor_of_an_organisation(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    struct proof session = fixture_session(f);
    uuid_random(&session.actor);
    ask.session_proof = verifier_proof_seal(f->a, f->verifier, &session);
    struct signer_issue_tokens m = {.proof = fixture_code(f, &ask).code_proof,
                                    .secret = STR("code secret"),
                                    .want_id_token = 1};
    json_t *c = fixture_claims(f, fixture_exchange(f, &m).id_token, "JWT");
    struct str actor = json_member(json_object_get(c, "act"), "sub");
    assert_int_equal(actor.n, 43);
    assert_false(str_eq(actor, json_member(c, "sub")));
}

/* spec: RFC 9068 §5, RFC 9700 §4.15 */
static void a_clients_token_names_nobody(void **state)
{
    struct fixture *f = *state;
    struct signer_client_tokened out;
    struct signer_client_token m = {.client_id = STR("batch"),
                                    .scope = STR("records.read"),
                                    .audience = STR("https://api.example"),
                                    .lifetime_s = 60};
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_CLIENT_TOKEN, signer_client_token, &m,
                           signer_client_tokened, &out),
                     OK);
    json_t *c = fixture_claims(f, out.access_token, "at+jwt");
    ASSERT_STR(json_member(c, "sub"), "batch");
    ASSERT_STR(json_member(c, "client_id"), "batch");
    ASSERT_STR(json_member(c, "aud"), "https://api.example");
    ASSERT_STR(json_member(c, "urn:authd:token_kind"), "client");
    assert_null(json_object_get(c, "sid"));
    assert_null(json_object_get(c, "auth_time"));
    m.client_id = STR("bat\0ch");
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_CLIENT_TOKEN, signer_client_token, &m,
                           signer_client_tokened, &out),
                     ERR_INPUT);
}

static void an_operator_opens_what_was_sealed_and_versions_are_bound(void **state)
{
    struct fixture *f = *state;
    struct signer_identity_opened out;
    struct signer_identity_open m = {.operator_name = STR("an"),
                                     .reason = STR("request 7"),
                                     .document = fixture_seal(f, ATTRIBUTES)};
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IDENTITY_OPEN, signer_identity_open, &m,
                           signer_identity_opened, &out),
                     OK);
    ASSERT_STR(out.attributes, ATTRIBUTES);
    for (int i = 0; i < 5; i++) {
        struct signer_identity_open bad = m;
        switch (i) {
        case 0:
            bad.document.version++;
            break;
        case 1:
            bad.document.kind = STR("organisation");
            break;
        case 2:
            bad.document.bucket_key_version++;
            break;
        case 3:
            bad.document.bucket ^= 1;
            break;
        default:
            uuid_random(&bad.document.identity);
            bad.document.bucket = bucket_of(&bad.document.identity);
            break;
        }
        assert_int_not_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IDENTITY_OPEN, signer_identity_open,
                                   &bad, signer_identity_opened, &out),
                             OK);
    }
}

static void sealing_again_keeps_the_keys(void **state)
{
    struct fixture *f = *state;
    struct sealed_document d = fixture_seal(f, ATTRIBUTES);
    struct signer_seal m = {.document = d, .plaintext = STR("{\"name\":\"B\"}")};
    struct signer_sealed out;
    m.document.version = 4;
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_SEAL, signer_seal, &m, signer_sealed, &out),
                     OK);
    assert_true(str_eq(out.wrapped_key, d.wrapped_key));
    assert_true(str_eq(out.wrapped_bucket_key, d.wrapped_bucket_key));
    static const char *const bad[] = {"", "[]", "{\"a\":1,\"a\":2}", "{"};
    for (size_t i = 0; i < 4; i++) {
        m.plaintext = str_from(bad[i]);
        assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_SEAL, signer_seal, &m, signer_sealed, &out),
                         ERR_INPUT);
    }
}

/* spec: Back-Channel Logout 1.0 §2.4:claims MUST events; §2.4:nonce nonce MUST NOT be present */
static void writes_logout_tokens(void **state)
{
    struct fixture *f = *state;
    struct signer_logout_tokened out;
    struct signer_logout_token m = {.subject = f->person,
                                    .session = fixture_session(f).session,
                                    .client_id = STR("portal"),
                                    .sector = STR("portal.example"),
                                    .jti = STR("row-1")};
    assert_int_equal(SERVE(f, CHANNEL_COURIER, SIGNER_LOGOUT_TOKEN, signer_logout_token, &m,
                           signer_logout_tokened, &out),
                     OK);
    json_t *c = fixture_claims(f, out.token, "logout+jwt");
    ASSERT_STR(json_member(c, "jti"), "row-1");
    assert_non_null(json_object_get(json_object_get(c, "events"),
                                    "http://schemas.openid.net/event/backchannel-logout"));
    assert_null(json_object_get(c, "nonce"));
    struct signer_issue_code ask = fixture_code_request(f);
    assert_true(str_eq(json_member(c, "sid"), fixture_code(f, &ask).sid));
}

static void refuses_a_login_below_the_floor_of_now(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    static const struct {
        uint8_t account, authentication;
        enum err expected;
    } all[] = {{3, 0, ERR_CONFLICT},
               {0, 5, ERR_CONFLICT},
               {255, 255, ERR_CONFLICT},
               {1, 1, OK},
               {0, 0, OK}};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        struct signer_issue_tokens m = {.proof = fixture_code(f, &ask).code_proof,
                                        .secret = STR("code secret"),
                                        .account_level_floor = all[i].account,
                                        .authentication_level_floor = all[i].authentication};
        struct signer_issued_tokens out;
        assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                               signer_issued_tokens, &out),
                         all[i].expected);
    }
}

static void tells_rsa_requests_from_fast_ones(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_tokens m = {.want_id_token = 1, .id_token_alg = STR("PS256")};
    struct buf b = buf_in(f->a);
    put_signer_issue_tokens(&b, &m);
    assert_true(signer_is_slow(SIGNER_ISSUE_TOKENS, buf_str(&b)));
    m.id_token_alg = STR("ES256");
    b = buf_in(f->a);
    put_signer_issue_tokens(&b, &m);
    assert_false(signer_is_slow(SIGNER_ISSUE_TOKENS, buf_str(&b)));
    struct signer_logout_token l = {.alg = STR("RS256")};
    b = buf_in(f->a);
    put_signer_logout_token(&b, &l);
    assert_true(signer_is_slow(SIGNER_LOGOUT_TOKEN, buf_str(&b)));
    assert_false(signer_is_slow(SIGNER_LOGOUT_TOKEN, STR("x")));
    assert_false(signer_is_slow(SIGNER_CLIENT_TOKEN, buf_str(&b)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_login_below_the_floor_of_now),
        cmocka_unit_test(writes_access_tokens_as_rfc_9068_says),
        cmocka_unit_test(narrows_scope_and_audience),
        cmocka_unit_test(makes_no_token_for_nobody),
        cmocka_unit_test(takes_the_person_from_the_session_only),
        cmocka_unit_test(tells_what_a_person_is_called_when_that_is_wanted),
        cmocka_unit_test(writes_id_tokens_as_openid_connect_says),
        cmocka_unit_test(a_refresh_keeps_its_scope_and_ends_with_the_grant),
        cmocka_unit_test(names_a_person_differently_in_each_sector_and_always_the_same_in_one),
        cmocka_unit_test(names_the_actor_of_an_organisation),
        cmocka_unit_test(a_clients_token_names_nobody),
        cmocka_unit_test(an_operator_opens_what_was_sealed_and_versions_are_bound),
        cmocka_unit_test(sealing_again_keeps_the_keys),
        cmocka_unit_test(writes_logout_tokens),
        cmocka_unit_test(tells_rsa_requests_from_fast_ones),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
