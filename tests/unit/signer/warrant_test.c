/* signer/warrant: the whole table, operation by operation and channel by channel, and what must be
 * brought to each that is open (userinfo_test, import_test and person_test: to theirs). */
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
        out = fixture_exchange(f, &m);
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
    out = fixture_exchange(f, &m);
    m.proof = out.refresh_proof;
    m.secret = STR("refresh secret");
    m.cnf = STR_NONE;
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_ISSUE_TOKENS, signer_issue_tokens, &m,
                           signer_issued_tokens, &out),
                     ERR_DENIED);
    m.cnf = KEY(L);
    out = fixture_exchange(f, &m);
    json_t *c = fixture_claims(f, out.access_token, "at+jwt");
    assert_true(str_eqz(json_member(json_object_get(c, "cnf"), "jkt"), L));
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
    struct signer_issued_tokens tokens = fixture_exchange(f, &ask_tokens);
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
        cmocka_unit_test(refuses_an_operator_without_name_or_reason),
        cmocka_unit_test(refuses_a_delivery_without_its_row),
        cmocka_unit_test(refuses_what_is_beyond_the_hours_quota),
        cmocka_unit_test(refuses_to_forge_outside_a_sandbox_and_anything_but_an_id_token_in_one),
        cmocka_unit_test(refuses_a_second_start_message),
        cmocka_unit_test(gives_the_handle_key_to_those_who_handle_handles_only),
        cmocka_unit_test(does_nothing_before_keys_are_loaded),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
