/* signer/op_keys: the keys that a signer holds: published, switched, revoked, tampered with, moved
 * to another master key. */
#include "fixture.h"

static void the_key_set_is_signed_by_the_root(void **state)
{
    struct fixture *f = *state;
    struct signer_key_set set = fixture_key_set(f, CHANNEL_WEB);
    struct jwk *root = NULL;
    struct jws jws;
    json_t *c = NULL;
    assert_int_equal(jwk_read_text(set.root_jwk, ALG_UNSET, &root), OK);
    assert_int_equal(jws_parse(f->a, set.signed_jwks, &jws), OK);
    assert_int_equal(jws_verify(&jws, root, "jwk-set+jwt"), OK);
    assert_int_equal(jwt_claims(f->a, &jws, &c), OK);
    ASSERT_STR(json_member(c, "iss"), ISSUER);
    assert_int_equal(json_array_size(json_object_get(c, "keys")), 3);
    assert_int_equal(jwks_count(f->jwks), 3);
    assert_false(jwks_has_kid(f->jwks, str_from(root->kid)));
    jwk_free(root);
}

static void switches_by_the_databases_time_before_its_row_says_so(void **state)
{
    struct fixture *f = *state;
    struct signer_client_tokened out;
    struct signer_client_token m = {.client_id = STR("batch")};
    struct key_row *active = &f->rows[0], *next = &f->rows[1];
    next->activate_at = clock_now_s() + 1000;
    for (int i = 0; i < 2; i++) {
        f->ahead_ms = i == 0 ? 998000 : 1001000;
        assert_int_equal(fixture_load(f), OK);
        assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_CLIENT_TOKEN, signer_client_token, &m,
                               signer_client_tokened, &out),
                         OK);
        struct jws jws;
        assert_int_equal(jws_parse(f->a, out.access_token, &jws), OK);
        assert_true(str_eq(jws.kid, i == 0 ? active->kid : next->kid));
    }
    next->activate_at = 0;
    f->ahead_ms = 0;
    assert_int_equal(fixture_load(f), OK);
}

static void refuses_tokens_under_a_revoked_key(void **state)
{
    struct fixture *f = *state;
    struct signer_issue_code ask = fixture_code_request(f);
    struct signer_issued_code code = fixture_code(f, &ask);
    struct signer_issue_tokens m = {.proof = code.code_proof, .secret = STR("code secret")};
    struct signer_issued_tokens t = fixture_exchange(f, &m);
    struct signer_userinfo info = {.access_token = t.access_token, .grant_proof = code.grant_proof};
    struct signer_userinfoed out;
    struct key_row *active = &f->rows[0], *next = &f->rows[1];
    active->state = STR("revoked");
    next->state = STR("active");
    next->activate_at = clock_now_s();
    assert_int_equal(fixture_load(f), OK);
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_USERINFO, signer_userinfo, &info, signer_userinfoed, &out),
        ERR_DENIED);
    struct signer_key_set set = fixture_key_set(f, CHANNEL_WEB);
    json_t *revoked = NULL;
    assert_int_equal(json_read_in(f->a, set.revoked_kids, &revoked), OK);
    assert_int_equal(json_array_size(revoked), 1);
    active->state = STR("active");
    next->state = STR("next");
    next->activate_at = 0;
    assert_int_equal(fixture_load(f), OK);
}

static void hands_out_the_public_parts_of_retired_keys_for_old_hints(void **state)
{
    struct fixture *f = *state;
    struct key_row *row = fixture_key(f, "sign", "ES256", "retired");
    row->sealed = STR_NONE;
    assert_int_equal(fixture_load(f), OK);
    struct signer_key_set set = fixture_key_set(f, CHANNEL_WEB);
    struct jwks *retired = NULL, *published = NULL;
    assert_int_equal(jwks_read(set.retired_jwks, ALG_UNSET, &retired), OK);
    assert_int_equal(jwks_read(set.jwks, ALG_UNSET, &published), OK);
    assert_true(jwks_has_kid(retired, row->kid));
    assert_false(jwks_has_kid(published, row->kid));
    assert_int_equal(jwks_count(retired), 1);
    jwks_free(retired);
    jwks_free(published);
    f->load.n_rows--;
    assert_int_equal(fixture_load(f), OK);
}

static void refuses_rows_that_were_tampered_with_and_keeps_the_old_ones(void **state)
{
    struct fixture *f = *state;
    struct key_row good = f->rows[0];
    char *bytes = str_z(f->a, STR(""));
    for (size_t i = 0; i < good.sealed.n; i++) {
        bytes = arena_alloc(f->a, good.sealed.n);
        memcpy(bytes, good.sealed.p, good.sealed.n);
        bytes[i] = (char)(bytes[i] ^ 1);
        f->rows[0].sealed = str_of(bytes, good.sealed.n);
        assert_int_not_equal(fixture_load(f), OK);
        f->load.generation--;
    }
    f->rows[0] = good;
    f->rows[0].kid = f->rows[1].kid; /* another key's place */
    assert_int_not_equal(fixture_load(f), OK);
    f->rows[0] = good;
    f->rows[0].use = STR("root");
    assert_int_not_equal(fixture_load(f), OK);
    f->rows[0] = good;
    f->load.generation -= 5; /* an older set than the one held */
    assert_int_equal(fixture_load(f), ERR_CONFLICT);
    f->load.generation += 5;
    struct signer_client_tokened out;
    struct signer_client_token m = {.client_id = STR("batch")};
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_CLIENT_TOKEN, signer_client_token, &m,
                           signer_client_tokened, &out),
                     OK);
    assert_int_equal(fixture_load(f), OK);
}

static void moves_wrapped_keys_to_a_new_master_key(void **state)
{
    struct fixture *f = *state;
    struct sealed_document d = fixture_seal(f, ATTRIBUTES);
    uint8_t fresh[32];
    rand_bytes(fresh, sizeof fresh);
    struct signer *s;
    struct str answer;
    struct buf b = buf_in(f->a);
    struct signer_hello hello = {.issuer = STR(ISSUER),
                                 .master_key = str_of(fresh, 32),
                                 .master_key_previous = str_of(f->master, 32),
                                 .access_token_lifetime_s = 600,
                                 .id_token_lifetime_s = 600};
    assert_int_equal(signer_new(&s), OK);
    put_signer_hello(&b, &hello);
    assert_int_equal(signer_serve(f->a, s, CHANNEL_PARENT, SIGNER_HELLO, buf_str(&b), &answer), OK);
    struct signer *old = f->s;
    f->s = s;
    struct signer_rewrapped out;
    for (size_t i = 0; i < f->load.n_rows; i++) {
        struct key_row *r = &f->rows[i];
        struct signer_rewrap m = {.kind = STR("key"),
                                  .context =
                                      str_fmt(f->a, "%.*s %.*s", STR_FMT(r->use), STR_FMT(r->kid)),
                                  .wrapped = r->sealed};
        assert_int_equal(
            SERVE(f, CHANNEL_ADMIN, SIGNER_REWRAP, signer_rewrap, &m, signer_rewrapped, &out), OK);
        r->sealed = out.wrapped;
    }
    struct signer_rewrap bucket = {.kind = STR("bucket"),
                                   .context = str_fmt(f->a, "%u", (unsigned)d.bucket),
                                   .wrapped = d.wrapped_bucket_key};
    assert_int_equal(
        SERVE(f, CHANNEL_CLERK, SIGNER_REWRAP, signer_rewrap, &bucket, signer_rewrapped, &out), OK);
    d.wrapped_bucket_key = out.wrapped;
    signer_free(&s);

    assert_int_equal(signer_new(&f->s), OK); /* the new master key alone */
    hello.master_key_previous = STR_NONE;
    b = buf_in(f->a);
    put_signer_hello(&b, &hello);
    assert_int_equal(signer_serve(f->a, f->s, CHANNEL_PARENT, SIGNER_HELLO, buf_str(&b), &answer),
                     OK);
    assert_int_equal(fixture_load(f), OK);
    struct signer_identity_opened opened;
    struct signer_identity_open m = {
        .operator_name = STR("an"), .reason = STR("request 7"), .document = d};
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_IDENTITY_OPEN, signer_identity_open, &m,
                           signer_identity_opened, &opened),
                     OK);
    ASSERT_STR(opened.attributes, ATTRIBUTES);
    signer_free(&old);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_set_is_signed_by_the_root),
        cmocka_unit_test(switches_by_the_databases_time_before_its_row_says_so),
        cmocka_unit_test(refuses_tokens_under_a_revoked_key),
        cmocka_unit_test(hands_out_the_public_parts_of_retired_keys_for_old_hints),
        cmocka_unit_test(refuses_rows_that_were_tampered_with_and_keeps_the_old_ones),
        cmocka_unit_test(moves_wrapped_keys_to_a_new_master_key),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
