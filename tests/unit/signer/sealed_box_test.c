/* signer/sealed_box and verifier_keys. */
#include "fixture.h"

#include "keystore/key.h"
#include "signer/sealed_box.h"

static void refuses_every_changed_bit(void **state)
{
    struct fixture *f = *state;
    struct secret *k = NULL, *other = NULL;
    uint8_t public[32];
    struct box_sender *s = NULL;
    struct str box, out;
    assert_int_equal(x25519_generate(&k), OK);
    assert_int_equal(x25519_generate(&other), OK);
    assert_int_equal(x25519_public(k, public), OK);
    assert_int_equal(box_sender_new(STR("short"), &s), ERR_INPUT);
    assert_int_equal(box_sender_new(str_of(public, 32), &s), OK);
    assert_int_equal(box_seal(f->a, s, 1000, STR("203.0.113.7"), &box), OK);
    assert_int_equal(box_open(f->a, other, box, &out), ERR_DENIED);
    for (size_t i = 0; i < box.n; i++) {
        char *bytes = arena_alloc(f->a, box.n);
        memcpy(bytes, box.p, box.n);
        bytes[i] = (char)(bytes[i] ^ 4);
        assert_int_not_equal(box_open(f->a, k, str_of(bytes, box.n), &out), OK);
        assert_int_not_equal(box_open(f->a, k, str_of(box.p, i), &out), OK);
    }
    /* spec: RFC 7748 §6.1: a point of small order gives all zeros */
    char *zero = arena_alloc(f->a, box.n);
    memcpy(zero, box.p, box.n);
    memset(zero + 1, 0, 32);
    assert_int_equal(box_open(f->a, k, str_of(zero, box.n), &out), ERR_DENIED);
    assert_int_equal(box_open(f->a, k, box, &out), OK);
    ASSERT_STR(out, "203.0.113.7");
    struct str soon, later;
    assert_int_equal(box_seal(f->a, s, 4599, STR("x"), &soon), OK);
    assert_int_equal(box_seal(f->a, s, 4600, STR("x"), &later), OK);
    assert_memory_equal(soon.p + 1, box.p + 1, 32); /* one ephemeral key an hour */
    assert_memory_not_equal(later.p + 1, box.p + 1, 32);
    assert_memory_not_equal(soon.p + 33, box.p + 33, 12);
    assert_int_equal(box_open(f->a, k, soon, &out), OK);
    ASSERT_STR(out, "x");
    box_sender_free(&s);
    secret_free(&k);
    secret_free(&other);
}

static void an_operator_opens_addresses_of_the_audit(void **state)
{
    struct fixture *f = *state;
    struct signer_key_set set = fixture_key_set(f, CHANNEL_VERIFIER);
    struct box_sender *s = NULL;
    struct signer_address_open m = {.operator_name = STR("an"), .reason = STR("complaint 17")};
    struct signer_address_opened out;
    assert_int_equal(box_sender_new(set.audit_public, &s), OK);
    assert_int_equal(box_seal(f->a, s, 1, STR("2001:db8::1"), &m.sealed), OK);
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_ADDRESS_OPEN, signer_address_open, &m,
                           signer_address_opened, &out),
                     OK);
    ASSERT_STR(out.address, "2001:db8::1");
    box_sender_free(&s);
}

static void verifier_and_signer_agree_on_digests(void **state)
{
    struct fixture *f = *state;
    struct signer_lookup_digests m = {STR("personal_number"), STR("001190012345")};
    struct signer_looked_up out;
    struct lookup_entry entries[LOOKUP_KEYS_MAX];
    assert_int_equal(SERVE(f, CHANNEL_ADMIN, SIGNER_LOOKUP_DIGESTS, signer_lookup_digests, &m,
                           signer_looked_up, &out),
                     OK);
    assert_int_equal(verifier_lookup(f->verifier, m.kind, m.value, entries), 1);
    assert_int_equal(out.digests.n, 36);
    struct wire w = wire_read(out.digests);
    assert_int_equal(wire_u32(&w), entries[0].version);
    assert_memory_equal(w.rest.p, entries[0].digest.b, 32);
}

static void the_pepper_depends_on_its_version(void **state)
{
    struct fixture *f = *state;
    struct sha256 a, b;
    uint32_t used = 0;
    assert_int_equal(verifier_pepper(f->verifier, 2, STR("secret"), &used, &a), ERR_NOT_FOUND);
    assert_int_equal(verifier_pepper(f->verifier, 0, STR("secret"), &used, &a), OK);
    assert_int_equal(used, 1);
    assert_int_equal(verifier_pepper(f->verifier, 1, STR("secret"), &used, &b), OK);
    assert_memory_equal(a.b, b.b, 32);
    assert_int_equal(verifier_pepper(f->verifier, 1, STR("secreT"), &used, &b), OK);
    assert_memory_not_equal(a.b, b.b, 32);
}

static void refuses_rows_that_are_incomplete_tampered_or_for_signers(void **state)
{
    struct fixture *f = *state;
    uint8_t derived[32];
    struct verifier_key_row rows[ROWS_MAX];
    size_t n = 0;
    struct verifier_keys *out = NULL;
    wrap_key_derive(f->master, WRAP_FOR_VERIFIERS, derived);
    for (size_t i = 0; i < f->load.n_rows; i++) {
        struct key_row *r = &f->rows[i];
        if (wrap_for_use(r->use) == WRAP_FOR_VERIFIERS) {
            rows[n++] = (struct verifier_key_row){r->kid, r->use, r->state, r->sealed, r->version};
        }
    }
    struct str key = str_of(derived, 32);
    assert_int_equal(verifier_keys_open(key, STR_NONE, rows, 0, &out), ERR_NOT_FOUND);
    assert_int_equal(verifier_keys_open(STR("x"), STR_NONE, rows, n, &out), ERR_INPUT);
    assert_int_equal(verifier_keys_open(str_of(f->master, 32), STR_NONE, rows, n, &out),
                     ERR_NOT_FOUND);
    for (size_t i = 0; i < n; i++) {
        struct verifier_key_row good = rows[i];
        rows[i].kid = STR("0123456789abcdef");
        assert_int_equal(verifier_keys_open(key, STR_NONE, rows, n, &out), ERR_DENIED);
        rows[i] = good;
    }
    rows[0].sealed = f->rows[0].sealed; /* a signing key */
    assert_int_not_equal(verifier_keys_open(key, STR_NONE, rows, n, &out), OK);
    assert_null(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_changed_bit),
        cmocka_unit_test(an_operator_opens_addresses_of_the_audit),
        cmocka_unit_test(verifier_and_signer_agree_on_digests),
        cmocka_unit_test(the_pepper_depends_on_its_version),
        cmocka_unit_test(refuses_rows_that_are_incomplete_tampered_or_for_signers),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
