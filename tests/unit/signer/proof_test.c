/* signer/proof, handle: every changed bit is refused, nothing widens. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "signer/handle.h"

#define KEY(jkt) STR("{\"jkt\":\"" jkt "\"}")
#define K "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"
#define L "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
#define NOW ((int64_t)1800000000)
static const struct proof_key key = {.kid = "first", .key = {1, 2, 3}};
static const struct proof_key others[2] = {{.kid = "second", .key = {1, 2, 3}},
                                           {.kid = "first", .key = {1, 2, 4}}};

static struct proof session(void)
{
    return (struct proof){.kind = PROOF_SESSION,
                          .bearer = sha256(STR("cookie")),
                          .subject = {{1}},
                          .actor = {{1}},
                          .session = {{2}},
                          .account_level = 2,
                          .authentication_level = 1,
                          .amr = AMR_PWD,
                          .auth_time = NOW - 10,
                          .expires_at = NOW + 3600,
                          .grant_ends_at = NOW + 10000};
}

static struct proof code(void)
{
    struct proof p = session();
    p.kind = PROOF_CODE;
    p.bearer = sha256(STR("code"));
    p.expires_at = NOW + 60;
    p.grant = (struct uuid){{9}};
    p.client_id = STR("portal");
    p.sector = STR("portal.example");
    p.scope = STR("openid profile email");
    p.claims = STR("{\"userinfo\":[\"name\"]}");
    p.nonce = STR("n");
    p.cnf = KEY(K);
    p.resource = STR("https://a.example https://b.example");
    return p;
}

static struct proof refresh(void)
{
    struct proof p = code();
    p.kind = PROOF_REFRESH;
    p.bearer = sha256(STR("refresh"));
    p.expires_at = NOW + 9000;
    return p;
}

static void refuses_every_changed_bit_and_every_length(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct proof p = code(), out;
    struct str sealed = proof_seal(a, &key, &p);
    for (size_t bit = 0; bit < sealed.n * 8; bit++) {
        char *bytes = test_malloc(sealed.n);
        memcpy(bytes, sealed.p, sealed.n);
        bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        assert_int_not_equal(proof_open(a, &key, 1, str_of(bytes, sealed.n), NOW, &out), OK);
        test_free(bytes);
    }
    for (size_t n = 0; n < sealed.n; n++) {
        char *exact = test_malloc(n + 1);
        memcpy(exact, sealed.p, n);
        assert_int_not_equal(proof_open(a, &key, 1, str_of(exact, n), NOW, &out), OK);
        test_free(exact);
    }
    assert_int_equal(proof_open(a, &key, 1, sealed, NOW, &out), OK);
    arena_free(a);
}

static void refuses_other_keys_and_later_times(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct proof p = code(), out;
    struct str sealed = proof_seal(a, &key, &p);
    assert_int_equal(proof_open(a, others, 2, sealed, NOW, &out), ERR_DENIED);
    assert_int_equal(proof_open(a, NULL, 0, sealed, NOW, &out), ERR_DENIED);
    assert_int_equal(proof_open(a, &key, 1, sealed, p.expires_at, &out), ERR_EXPIRED);
    p.mandate = (struct uuid){{5}};
    p.mandate_expires_at = NOW;
    assert_int_equal(proof_open(a, &key, 1, proof_seal(a, &key, &p), NOW, &out), ERR_EXPIRED);
    arena_free(a);
}

static void goes_with_its_own_secret_only(void **state)
{
    (void)state;
    struct proof p = code();
    assert_false(proof_goes_with(&p, STR("cod")));
    assert_false(proof_goes_with(&p, STR("")));
    assert_false(proof_goes_with(&p, STR_NONE));
    p.bearer = sha256(STR(""));
    assert_false(proof_goes_with(&p, STR("")));
    p = code();
    assert_true(proof_goes_with(&p, STR("code")));
}

/* Each change by itself makes a successor that is refused. */
static void refuses_every_way_of_widening(void **state)
{
    (void)state;
    const struct proof s = session(), c = code(), r = refresh();
    assert_true(proof_narrows(&s, &c));
    assert_true(proof_narrows(&c, &r));
    assert_true(proof_narrows(&r, &r));
    struct proof w;
#define WIDER(parent, child, change)                                                               \
    do {                                                                                           \
        w = child;                                                                                 \
        change;                                                                                    \
        assert_false(proof_narrows(&parent, &w));                                                  \
    } while (0)
    WIDER(s, c, w.subject.b[0]++);
    WIDER(s, c, w.actor.b[0]++);
    WIDER(s, c, w.mandate.b[0]++);
    WIDER(s, c, w.mandate_expires_at++);
    WIDER(s, c, w.session.b[0]++);
    WIDER(s, c, w.account_level++);
    WIDER(s, c, w.account_level--);
    WIDER(s, c, w.authentication_level++);
    WIDER(s, c, w.amr |= AMR_MFA);
    WIDER(s, c, w.auth_time++);
    WIDER(s, c, w.expires_at = s.expires_at + 1);
    WIDER(s, c, w.grant_ends_at = s.grant_ends_at + 1);
    WIDER(s, c, w.kind = PROOF_REFRESH);
    WIDER(s, c, w.kind = PROOF_SESSION);
    WIDER(c, r, w.grant.b[0]++);
    WIDER(c, r, w.client_id = STR("other"));
    WIDER(c, r, w.sector = STR("other.example"));
    WIDER(c, r, w.scope = STR("openid phone"));
    WIDER(c, r, w.resource = STR("https://c.example"));
    WIDER(c, r, w.claims = STR_NONE);
    WIDER(c, r, w.nonce = STR("m"));
    WIDER(c, r, w.cnf = STR_NONE);
    WIDER(c, r, w.cnf = KEY(L));
    WIDER(c, r, w.cnf = STR("{\"any\":true}"));
    WIDER(c, r, w.cnf = STR("no confirmation"));
    WIDER(c, r, w.expires_at = c.grant_ends_at + 1);
    WIDER(c, r, w.kind = PROOF_CODE);
    WIDER(c, r, w.kind = PROOF_GRANT);
    WIDER(r, r, w.kind = PROOF_CODE);
    struct proof g = c;
    g.kind = PROOF_GRANT;
    g.expires_at = s.grant_ends_at;
    assert_true(proof_narrows(&s, &g));
    assert_false(proof_narrows(&g, &r));
    /* without an end of its own, what comes from a session ends with it */
    struct proof plain = s;
    plain.grant_ends_at = 0;
    assert_false(proof_narrows(&plain, &c));
    w = c;
    w.grant_ends_at = 0;
    assert_true(proof_narrows(&plain, &w));
    w = r;
    w.scope = STR("openid");
    w.resource = STR_NONE;
    w.expires_at = NOW + 1;
    assert_true(proof_narrows(&c, &w));
}

/* spec: RFC 6749 §10.10 */
static void handles_read_back_and_hide_their_bucket(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    uint8_t k[32] = {7}, k2[32] = {8};
    struct handle h, out;
    unsigned same = 0, clear = 0;
    struct jti_random jtis = {.n = 0};
    struct str before = STR_NONE;
    for (unsigned bucket = 0; bucket < BUCKETS; bucket += 13) {
        handle_make(NULL, (uint16_t)bucket, &h);
        struct str text = handle_text(a, k, &h);
        assert_int_equal(text.n, HANDLE_TEXT);
        assert_int_equal(handle_read(k, text, &out), OK);
        assert_int_equal(out.bucket, bucket);
        assert_memory_equal(out.hash.b, h.hash.b, 32);
        if (handle_read(k2, text, &out) == OK) {
            same += out.bucket == bucket;
        }
        struct uuid grant, got;
        uint16_t b;
        uuid_random(&grant);
        struct str jti = jti_text(a, &jtis, k, (uint16_t)bucket, &grant);
        assert_int_equal(jti.n, 40);
        assert_false(str_eq(str_of(jti.p, 16), before)); /* the random part, without grant */
        before = str_of(jti.p, 16);
        assert_int_equal(jti_read(k, jti, &b, &got), OK);
        assert_int_equal(b, bucket);
        assert_memory_equal(&got, &grant, sizeof got);
        clear += jti_read(k2, jti, &b, &got) == OK && b == bucket;
    }
    assert_true(same < 10 && clear < 10);
    arena_free(a);
}

static void refuses_what_is_no_handle(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    uint8_t k[32] = {7};
    struct handle h, out;
    struct uuid u;
    uint16_t b;
    handle_make(NULL, 1, &h);
    struct str good = handle_text(a, k, &h);
    for (size_t n = 0; n < good.n; n++) {
        assert_int_equal(handle_read(k, str_of(good.p, n), &out), ERR_INPUT);
    }
    char text[HANDLE_TEXT + 1];
    memcpy(text, good.p, HANDLE_TEXT);
    for (size_t i = 0; i < HANDLE_TEXT; i++) {
        static const char bad[] = "=+/ .\0";
        for (size_t j = 0; j < sizeof bad - 1; j++) {
            text[i] = bad[j];
            assert_int_equal(handle_read(k, str_of(text, HANDLE_TEXT), &out), ERR_INPUT);
            assert_int_equal(jti_read(k, str_of(text, 40), &b, &u), i < 40 ? ERR_INPUT : OK);
        }
        text[i] = good.p[i];
        if (i >= 39) {
            break; /* the shorter jti ends here */
        }
    }
    memset(text, '_', HANDLE_TEXT); /* a bucket beyond the last */
    assert_int_equal(handle_read(k, str_of(text, HANDLE_TEXT), &out), ERR_INPUT);
    arena_free(a);
}

/* spec: RFC 9562 §4 */
static void uuids_read_back(void **state)
{
    (void)state;
    struct arena *a = arena_new(0);
    struct uuid u, out;
    uuid_random(&u);
    struct str text = uuid_text(a, &u);
    assert_int_equal(text.p[14], '4');
    assert_int_equal(uuid_read(text, &out), OK);
    assert_memory_equal(&u, &out, sizeof u);
    assert_int_equal(bucket_of(&(struct uuid){{0xab, 0xcd}}), 0xabc);
    struct uuid moved = u;
    uuid_mark_bucket(&moved, 0xfed);
    assert_int_equal(bucket_of(&moved), 0xfed);
    assert_int_equal(moved.b[1] & 0x0f, u.b[1] & 0x0f);
    assert_memory_equal(moved.b + 2, u.b + 2, sizeof u.b - 2);
    static const char *const bad[] = {"",
                                      "0",
                                      "00000000-0000-0000-0000-00000000000g",
                                      "00000000+0000-0000-0000-000000000000",
                                      "00000000-0000-0000-0000-0000000000000",
                                      "000000000000000000000000000000000000"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(uuid_read(str_from(bad[i]), &out), ERR_INPUT);
    }
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_every_changed_bit_and_every_length),
        cmocka_unit_test(refuses_other_keys_and_later_times),
        cmocka_unit_test(goes_with_its_own_secret_only),
        cmocka_unit_test(refuses_every_way_of_widening),
        cmocka_unit_test(handles_read_back_and_hide_their_bucket),
        cmocka_unit_test(refuses_what_is_no_handle),
        cmocka_unit_test(uuids_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
