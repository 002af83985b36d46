/* signer/op_person: the name for the person's own pages, and words that only verifiers can open. */
#include "fixture.h"

#include "signer/password_words.h"

static const char PLAIN[] =
    "{\"name\":\"Lò Thị Xuyến\",\"birthdate\":\"1961\",\"gender\":\"female\","
    "\"personal_number\":\"014161000123\",\"email\":\"xuyen@example.vn\"}";

static void refuses_a_name_without_the_session_proof_and_its_secret(void **state)
{
    struct fixture *f = *state;
    struct signer_personed out;
    struct proof session = fixture_session(f);
    struct uuid other;
    uuid_random(&other);
    const struct signer_person good = {.session_proof =
                                           verifier_proof_seal(f->a, f->verifier, &session),
                                       .session_secret = f->cookie,
                                       .document = fixture_seal(f, PLAIN)};
    struct signer_person bad;
#define REFUSED(m)                                                                                 \
    assert_int_equal(                                                                              \
        SERVE(f, CHANNEL_WEB, SIGNER_PERSON, signer_person, &(m), signer_personed, &out),          \
        ERR_DENIED)
    bad = good;
    bad.session_secret = STR("another");
    REFUSED(bad);
    bad = good;
    bad.session_proof = STR_NONE;
    REFUSED(bad);
    bad = good;
    bad.document = fixture_seal_of(f, other, PLAIN);
    REFUSED(bad);
    bad = good; /* a right one-time code is no session */
    session.kind = PROOF_ENROLMENT;
    bad.session_proof = verifier_proof_seal(f->a, f->verifier, &session);
    REFUSED(bad);
    bad = good; /* relabelled: the seal tells */
    bad.document = fixture_seal_of(f, other, PLAIN);
    bad.document.identity = f->person;
    assert_int_not_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_PERSON, signer_person, &bad, signer_personed, &out), OK);
    assert_int_equal(
        SERVE(f, CHANNEL_WEB, SIGNER_PERSON, signer_person, &good, signer_personed, &out), OK);
    ASSERT_STR(out.name, "Lò Thị Xuyến");
    ASSERT_STR(out.number_end, "123");
#undef REFUSED
}

static void words_open_for_verifiers_and_one_identity_only(void **state)
{
    struct fixture *f = *state;
    struct signer_password_worded out;
    struct signer_password_words ask = {.document = fixture_seal(f, PLAIN)};
    struct wrap_ring *verifiers, *signers;
    struct uuid other;
    struct str json;
    uuid_random(&other);
    assert_int_equal(SERVE(f, CHANNEL_WEB, SIGNER_PASSWORD_WORDS, signer_password_words, &ask,
                           signer_password_worded, &out),
                     OK);
    assert_null(memmem(out.sealed.p, out.sealed.n, "014161000123", 12));
    struct str master = str_of(f->master, sizeof f->master);
    assert_int_equal(wrap_ring_of_master(master, STR_NONE, WRAP_FOR_VERIFIERS, &verifiers), OK);
    assert_int_equal(wrap_ring_of_master(master, STR_NONE, WRAP_FOR_SIGNERS, &signers), OK);
    assert_int_not_equal(password_words_open(f->a, signers, &f->person, out.sealed, &json), OK);
    assert_int_equal(password_words_open(f->a, verifiers, &other, out.sealed, &json), ERR_DENIED);
    assert_int_equal(password_words_open(f->a, verifiers, &f->person, out.sealed, &json), OK);
    assert_non_null(memmem(json.p, json.n, "014161000123", 12));
    assert_null(memmem(json.p, json.n, "gender", 6)); /* no more than is needed */
    char *bent = arena_alloc(f->a, out.sealed.n);
    memcpy(bent, out.sealed.p, out.sealed.n);
    bent[out.sealed.n - 1] ^= 1;
    assert_int_equal(
        password_words_open(f->a, verifiers, &f->person, str_of(bent, out.sealed.n), &json),
        ERR_DENIED);
    wrap_ring_free(&verifiers);
    wrap_ring_free(&signers);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_name_without_the_session_proof_and_its_secret),
        cmocka_unit_test(words_open_for_verifiers_and_one_identity_only),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
