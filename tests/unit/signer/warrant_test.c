/* signer/warrant: the whole table, operation by operation and channel by channel. */
#include "fixture.h"

#include <stdlib.h>

#include "signer/handle.h"
#include "signer/state.h"
#include "signer/warrant.h"

/* Written down a second time, on purpose: a change of the table must be meant. */
static const struct {
    uint16_t op;
    const char *channels; /* p w v k c a: parent web verifier clerk courier admin */
} allowed[] = {
    {SIGNER_HELLO, "p"},           {SIGNER_LOAD_KEYS, "ka"},     {SIGNER_GENERATE_KEY, "ka"},
    {SIGNER_REWRAP, "ka"},         {SIGNER_KEY_SET, "pwvkca"},   {SIGNER_SEAL, "wvka"},
    {SIGNER_ISSUE_CODE, "w"},      {SIGNER_ISSUE_TOKENS, "w"},   {SIGNER_CLIENT_TOKEN, "w"},
    {SIGNER_USERINFO, "w"},        {SIGNER_LOGOUT_TOKEN, "c"},   {SIGNER_IDENTITY_OPEN, "a"},
    {SIGNER_LOOKUP_DIGESTS, "a"},  {SIGNER_ADDRESS_OPEN, "a"},   {SIGNER_PERSON, "w"},
    {SIGNER_PASSWORD_WORDS, "wa"}, {SIGNER_IMPORT_DIGESTS, "a"}, {SIGNER_IMPORT_COMPARE, "a"},
    {SIGNER_SANDBOX_FORGE, "w"}};
static const char letters[] = " pwvkca";

static void refuses_every_operation_on_every_other_channel(void **state)
{
    struct fixture *f = *state;
    assert_int_equal(sizeof allowed / sizeof allowed[0], SIGNER_OP_COUNT - 1);
    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
        for (int c = 0; c < 300; c++) {
            bool may = c >= CHANNEL_PARENT && c < CHANNEL_COUNT &&
                       strchr(allowed[i].channels, letters[c]) != NULL;
            enum warrant needed = warrant_needed(allowed[i].op, (enum channel)c);
            assert_int_equal(needed != WARRANT_REFUSED, may);
            if (!may) {
                struct str answer = STR("untouched");
                assert_int_equal(
                    signer_serve(f->a, f->s, (enum channel)c, allowed[i].op, STR(""), &answer),
                    ERR_DENIED);
                ASSERT_STR(answer, "untouched");
                assert_non_null(strstr(err_reason(), "warrant"));
            }
        }
    }
}

static void refuses_operations_that_do_not_exist(void **state)
{
    struct fixture *f = *state;
    struct str answer;
    for (uint32_t op = 0; op <= UINT16_MAX; op++) {
        if (op >= SIGNER_HELLO && op < SIGNER_OP_COUNT) {
            continue;
        }
        assert_int_equal(signer_serve(f->a, f->s, CHANNEL_ADMIN, (uint16_t)op, STR(""), &answer),
                         ERR_DENIED);
    }
}

/* For each cell that is open: the right request, with anything but the right warrant. */
static void refuses_a_code_without_the_session_proof_and_its_secret(void **state)
{
    struct fixture *f = *state;
    struct signer_issued_code out;
    struct signer_issue_code good = fixture_code_request(f), bad;
#define REFUSED(m)                                                                                 \
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_CODE, signer_issue_code, &(m),             \
                           signer_issued_code, &out),                                              \
                     ERR_DENIED)
    bad = good;
    bad.session_secret = STR("another secret");
    REFUSED(bad);
    bad = good;
    bad.session_secret = STR_NONE;
    REFUSED(bad);
    bad = good;
    bad.session_proof = STR_NONE;
    REFUSED(bad);
    struct signer_issued_code code = fixture_code(f, &good);
    bad = good; /* a proof of another kind, with its own secret */
    bad.session_proof = code.code_proof;
    bad.session_secret = STR("code secret");
    REFUSED(bad);
    bad.session_proof = code.grant_proof;
    REFUSED(bad);
    struct proof session = fixture_session(f);
    session.expires_at = clock_now_s();
    bad = good;
    bad.session_proof = verifier_proof_seal(f->a, f->verifier, &session);
    /* Genuine, but over: no alarm. */
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_CODE, signer_issue_code, &bad, signer_issued_code, &out),
        ERR_EXPIRED);
#undef REFUSED
}

static void refuses_tokens_without_the_code_proof_and_its_secret(void **state)
{
    struct fixture *f = *state;
    struct signer_issued_tokens out;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens good = {.proof = code.code_proof, .secret = STR("code secret")}, bad;
#define REFUSED(m)                                                                                 \
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &(m),         \
                           signer_issued_tokens, &out),                                            \
                     ERR_DENIED)
    bad = good;
    bad.secret = STR("code secreT");
    REFUSED(bad);
    bad = good;
    bad.secret = STR_NONE;
    REFUSED(bad);
    bad = good;
    bad.proof = code.grant_proof;
    REFUSED(bad);
    bad.secret = STR("");
    REFUSED(bad);
    bad = good;
    bad.proof = ask.session_proof;
    bad.secret = f->cookie;
    REFUSED(bad);
    bad = good;
    bad.scope = STR("openid email");
    REFUSED(bad);
    bad = good;
    bad.resource = STR("https://elsewhere.example");
    REFUSED(bad);
    clock_shift_s(120);
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &good,
                           signer_issued_tokens, &out),
                     ERR_EXPIRED);
    char *forged = str_z(f->a, good.proof); /* over and not genuine either */
    forged[good.proof.n - 1] ^= 1;
    bad = good;
    bad.proof = str_of(forged, good.proof.n);
    REFUSED(bad);
    clock_shift_s(0);
#undef REFUSED
}

#define KEY(jkt) STR("{\"jkt\":\"" jkt "\"}")
#define K "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define L "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

/* What a web process asks for in vain, whatever it says of the client.
 * spec: RFC 9449 §10:code, §5:public */
static void refuses_to_bind_a_bound_grant_to_another_key(void **state)
{
    struct fixture *f = *state;
    struct signer_issued_tokens out;
    struct signer_issue_code ask = fixture_code_request(f);
    const struct str others[] = {STR_NONE, STR("{\"any\":true}"), KEY(L),
                                 STR("{\"jkt\":\"" L "\",\"any\":true}")};
    ask.code.cnf = KEY(K);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = code.code_proof,
                                    .secret = STR("code secret"),
                                    .refresh_bearer = sha256(STR("refresh secret")),
                                    .refresh_expires_at = clock_now_s() + 100};
    for (int round = 0; round < 2; round++) { /* with the code, then with the refresh token */
        for (size_t i = 0; i < 4; i++) {
            m.cnf = others[i];
            assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                                   signer_issued_tokens, &out),
                             ERR_DENIED);
        }
        m.cnf = STR("{\"jkt\":\"" K "\",\"any\":true}");
        assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                               signer_issued_tokens, &out),
                         OK);
        json_t *c = fixture_claims(f, out.access_token, "at+jwt");
        assert_true(str_eqz(json_member(json_object_get(c, "cnf"), "jkt"), K));
        assert_int_equal(json_object_size(json_object_get(c, "cnf")), 1);
        m.proof = out.refresh_proof;
        m.secret = STR("refresh secret");
    }
    ask.code.cnf = STR("{\"jkt\":\"x\"}");
    struct signer_issued_code none;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_CODE, signer_issue_code, &ask,
                           signer_issued_code, &none),
                     ERR_INPUT);
}

/* A client that authenticates shows any key, and always one. */
static void refuses_to_unbind_a_grant_that_follows_its_client(void **state)
{
    struct fixture *f = *state;
    struct signer_issued_tokens out;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = code.code_proof,
                                    .secret = STR("code secret"),
                                    .cnf = STR("{\"jkt\":\"" K "\",\"any\":true}"),
                                    .refresh_bearer = sha256(STR("refresh secret")),
                                    .refresh_expires_at = clock_now_s() + 100};
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                           signer_issued_tokens, &out),
                     OK);
    m.proof = out.refresh_proof;
    m.secret = STR("refresh secret");
    m.cnf = STR_NONE;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                           signer_issued_tokens, &out),
                     ERR_DENIED);
    m.cnf = KEY(L);
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                           signer_issued_tokens, &out),
                     OK);
    json_t *c = fixture_claims(f, out.access_token, "at+jwt");
    assert_true(str_eqz(json_member(json_object_get(c, "cnf"), "jkt"), L));
}

static void refuses_userinfo_without_token_and_proof_of_one_grant(void **state)
{
    struct fixture *f = *state;
    struct signer_userinfoed out;
    struct signer_issued_tokens tokens, others;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens request = {
        .proof = code.code_proof, .secret = STR("code secret"), .want_id_token = 1};
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &request,
                           signer_issued_tokens, &tokens),
                     OK);
    struct signer_issue_code ask2 = fixture_code_request(f);
    struct signer_issued_code code2 = fixture_code(f, &ask2);
    request.proof = code2.code_proof;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &request,
                           signer_issued_tokens, &others),
                     OK);
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
    struct signer_sealed sealed;
    struct signer_userinfoed out;
    struct signer_issued_tokens tokens;
    struct uuid other;
    uuid_random(&other);
    struct signer_seal seal = {.document = {.identity = other,
                                            .kind = STR("person"),
                                            .version = 1,
                                            .bucket = bucket_of(&other)},
                               .plaintext = STR("{\"name\":\"Somebody\"}")};
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_SEAL, signer_seal, &seal, signer_sealed, &sealed),
                     OK);
    struct sealed_document d = seal.document;
    d.sealed = sealed.sealed;
    d.wrapped_key = sealed.wrapped_key;
    d.wrapped_bucket_key = sealed.wrapped_bucket_key;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens request = {.proof = code.code_proof, .secret = STR("code secret")};
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &request,
                           signer_issued_tokens, &tokens),
                     OK);
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

static void refuses_an_operator_without_name_or_reason(void **state)
{
    struct fixture *f = *state;
    struct signer_identity_opened opened;
    struct signer_address_opened address;
    struct signer_identity_open bad[] = {{.operator_name = STR("an"), .reason = STR_NONE},
                                         {.operator_name = STR("an"), .reason = STR("  ")},
                                         {.operator_name = STR(""), .reason = STR("request 7")}};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IDENTITY_OPEN, signer_identity_open,
                               &bad[i], signer_identity_opened, &opened),
                         ERR_DENIED);
    }
    struct signer_address_open nobody = {.reason = STR("r"), .sealed = STR("x")};
    struct signer_address_open aimless = {.operator_name = STR("an"), .sealed = STR("x")};
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_ADDRESS_OPEN, signer_address_open, &nobody,
                           signer_address_opened, &address),
                     ERR_DENIED);
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_ADDRESS_OPEN, signer_address_open, &aimless,
                           signer_address_opened, &address),
                     ERR_DENIED);
}

static void refuses_a_delivery_without_its_row(void **state)
{
    struct fixture *f = *state;
    struct signer_logout_tokened out;
    struct signer_logout_token good = {.subject = f->person,
                                       .client_id = STR("portal"),
                                       .sector = STR("portal.example"),
                                       .jti = STR("row-1")};
    good.session.b[3] = 1;
    for (int i = 0; i < 4; i++) {
        struct signer_logout_token bad = good;
        switch (i) {
        case 0:
            memset(&bad.subject, 0, sizeof bad.subject);
            break;
        case 1:
            memset(&bad.session, 0, sizeof bad.session);
            break;
        case 2:
            bad.client_id = STR_NONE;
            break;
        default:
            bad.jti = STR("");
            break;
        }
        assert_int_equal(SERVE(f, CHANNEL_COURIER, SIGNER_LOGOUT_TOKEN, signer_logout_token, &bad,
                               signer_logout_tokened, &out),
                         ERR_DENIED);
    }
    assert_int_equal(SERVE(f, CHANNEL_COURIER, SIGNER_LOGOUT_TOKEN, signer_logout_token, &good,
                           signer_logout_tokened, &out),
                     OK);
}

static void refuses_an_import_without_operator_or_reason(void **state)
{
    struct fixture *f = *state;
    const struct signer_import_digests good = {STR("root"), STR("decree"), STR("personal_number"),
                                               STR("001190012345")};
    struct signer_lookup_digests plain = {good.kind, good.value};
    struct signer_import_compare compare = {.operator_name = STR("root"), .plaintext = STR("{}")};
    struct signer_looked_up out, same;
    struct signer_import_compared compared;
    struct signer_import_digests bad = good;
#define IMPORTED(m)                                                                                \
    SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_DIGESTS, signer_import_digests, &(m), signer_looked_up,  \
          &out)
    bad.operator_name = STR(" ");
    assert_int_equal(IMPORTED(bad), ERR_DENIED);
    bad = good;
    bad.reason = STR_NONE;
    assert_int_equal(IMPORTED(bad), ERR_DENIED);
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_COMPARE, signer_import_compare, &compare,
                           signer_import_compared, &compared),
                     ERR_DENIED);
    assert_int_equal(IMPORTED(good), OK);
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_LOOKUP_DIGESTS, signer_lookup_digests, &plain,
                           signer_looked_up, &same),
                     OK);
    assert_true(str_eq(out.digests, same.digests));
#undef IMPORTED
}

static void comparing_says_yes_or_no_and_takes_no_other_document(void **state)
{
    struct fixture *f = *state;
    struct signer_import_compare ask = {.operator_name = STR("root"), .reason = STR("decree")};
    struct signer_import_compared out;
    struct signer_sealed sealed;
    struct signer_seal seal = {.document = {.kind = STR("person"), .version = 1},
                               .plaintext = STR("{\"name\":\"An\",\"updated_at\":1}")};
    uuid_random(&seal.document.identity);
    seal.document.bucket = bucket_of(&seal.document.identity);
    seal.document.bucket_key_version = 1;
    assert_int_equal(
        SERVE(f, CHANNEL_ADMIN, SIGNER_SEAL, signer_seal, &seal, signer_sealed, &sealed), OK);
    ask.document = seal.document;
    ask.document.sealed = sealed.sealed;
    ask.document.wrapped_key = sealed.wrapped_key;
    ask.document.wrapped_bucket_key = sealed.wrapped_bucket_key;
    static const struct {
        const char *text;
        enum err err;
        uint8_t same;
    } cases[] = {{"{\"name\":\"Anh\",\"updated_at\":1}", OK, 0},
                 {"{\"name\":\"An\",\"email\":\"x\"}", OK, 0},
                 {"{}", OK, 0},
                 {"[", ERR_INPUT, 9},
                 {"{\"updated_at\":2,\"name\":\"An\"}", OK, 1}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        out.same = 9;
        ask.plaintext = str_from(cases[i].text);
        assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_COMPARE, signer_import_compare, &ask,
                               signer_import_compared, &out),
                         cases[i].err);
        assert_int_equal(out.same, cases[i].same);
    }
    ask.document.version = 2;
    assert_int_not_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IMPORT_COMPARE, signer_import_compare, &ask,
                               signer_import_compared, &out),
                         OK);
}

static void refuses_what_is_beyond_the_hours_quota(void **state)
{
    (void)state;
    static const uint16_t counted[] = {SIGNER_IDENTITY_OPEN, SIGNER_LOOKUP_DIGESTS,
                                       SIGNER_ADDRESS_OPEN, SIGNER_IMPORT_DIGESTS,
                                       SIGNER_IMPORT_COMPARE};
    for (size_t i = 0; i < sizeof counted / sizeof counted[0]; i++) {
        struct quota q = {0};
        uint32_t limit = warrant_quota(counted[i]);
        assert_true(limit > 0);
        for (uint32_t n = 0; n < limit; n++) {
            assert_int_equal(warrant_count(&q, counted[i], 7200), OK);
        }
        assert_int_equal(warrant_count(&q, counted[i], 7200 + 3599), ERR_DENIED);
        assert_int_equal(warrant_count(&q, counted[i], 7200 + 3600), OK);
    }
}

/* What a sandbox may be asked is an attack elsewhere, whatever is brought. */
static void refuses_to_forge_outside_a_sandbox_and_anything_but_an_id_token_in_one(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask_code = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask_code);
    struct signer_issue_tokens ask_tokens = {
        .proof = code.code_proof, .secret = STR("code secret"), .want_id_token = 1};
    struct signer_issued_tokens tokens;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &ask_tokens,
                           signer_issued_tokens, &tokens),
                     OK);
    struct signer_sandbox_forge ask = {.token = tokens.id_token, .fault = STR("wrong_issuer")};
    struct signer_sandbox_forged out;
#define FORGE()                                                                                    \
    SERVE(f, CHANNEL_WEB, SIGNER_SANDBOX_FORGE, signer_sandbox_forge, &ask, signer_sandbox_forged, \
          &out)
    assert_true(str_is(tokens.id_token));
    assert_int_equal(FORGE(), ERR_DENIED);
    f->s->sandbox = true;
    ask.token = tokens.access_token;
    assert_int_equal(FORGE(), ERR_DENIED);
    ask.token = str_of(tokens.id_token.p, tokens.id_token.n - 4);
    assert_int_not_equal(FORGE(), OK);
    ask.token = tokens.id_token;
    ask.fault = STR("no such fault");
    assert_int_equal(FORGE(), ERR_INPUT);
    ask.fault = STR("wrong_issuer");
    assert_int_equal(FORGE(), OK);
    f->s->sandbox = false;
#undef FORGE
}

static void refuses_a_second_start_message(void **state)
{
    struct fixture *f = *state;
    struct signer_hello hello = {.issuer = STR(ISSUER),
                                 .master_key = str_of(f->master, 32),
                                 .access_token_lifetime_s = 1,
                                 .id_token_lifetime_s = 1};
    struct buf b = buf_in(f->a);
    struct str answer;
    put_signer_hello(&b, &hello);
    assert_int_equal(signer_serve(f->a, f->s, CHANNEL_PARENT, SIGNER_HELLO, buf_str(&b), &answer),
                     ERR_DENIED);
}

static void gives_the_handle_key_to_those_who_handle_handles_only(void **state)
{
    struct fixture *f = *state;
    for (int c = CHANNEL_PARENT; c < CHANNEL_COUNT; c++) {
        struct signer_key_set set = fixture_key_set(f, (enum channel)c);
        bool has = set.handle_key.p != NULL;
        assert_int_equal(has, c == CHANNEL_WEB || c == CHANNEL_VERIFIER || c == CHANNEL_COURIER);
    }
}

static void does_nothing_before_keys_are_loaded(void **state)
{
    struct fixture *f = *state;
    struct signer *fresh;
    struct str answer;
    assert_int_equal(signer_new(&fresh), OK);
    assert_int_equal(
        signer_serve(f->a, fresh, CHANNEL_CLERK, SIGNER_GENERATE_KEY, STR(""), &answer),
        ERR_UNAVAILABLE);
    fixture_hello(f, fresh);
    assert_int_equal(signer_serve(f->a, fresh, CHANNEL_WEB, SIGNER_KEY_SET, STR(""), &answer),
                     ERR_UNAVAILABLE);
    assert_int_equal(signer_serve(f->a, fresh, CHANNEL_WEB, SIGNER_CLIENT_TOKEN, STR(""), &answer),
                     ERR_UNAVAILABLE);
    signer_free(&fresh);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_operation_on_every_other_channel),
        cmocka_unit_test(refuses_operations_that_do_not_exist),
        cmocka_unit_test(refuses_a_code_without_the_session_proof_and_its_secret),
        cmocka_unit_test(refuses_tokens_without_the_code_proof_and_its_secret),
        cmocka_unit_test(refuses_to_bind_a_bound_grant_to_another_key),
        cmocka_unit_test(refuses_to_unbind_a_grant_that_follows_its_client),
        cmocka_unit_test(refuses_userinfo_without_token_and_proof_of_one_grant),
        cmocka_unit_test(refuses_the_document_of_somebody_else),
        cmocka_unit_test(refuses_an_operator_without_name_or_reason),
        cmocka_unit_test(refuses_a_delivery_without_its_row),
        cmocka_unit_test(refuses_an_import_without_operator_or_reason),
        cmocka_unit_test(comparing_says_yes_or_no_and_takes_no_other_document),
        cmocka_unit_test(refuses_what_is_beyond_the_hours_quota),
        cmocka_unit_test(refuses_to_forge_outside_a_sandbox_and_anything_but_an_id_token_in_one),
        cmocka_unit_test(refuses_a_second_start_message),
        cmocka_unit_test(gives_the_handle_key_to_those_who_handle_handles_only),
        cmocka_unit_test(does_nothing_before_keys_are_loaded),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
