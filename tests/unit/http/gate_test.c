/* The gate: every leniency of evhttp that LIBRARIES.md section 2 lists is refused, whatever pieces
 * the bytes arrive in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "http/gate.h"

#define HEADER_MAX 4096
#define L "\r\n"
#define HOST "Host: id.example.vn" L

/* Feeds all bytes, `piece` at a time; gives the last step that said something. */
static enum gate_step feed(struct gate *g, struct str all, size_t piece, unsigned *done)
{
    enum gate_step last = GATE_MORE;
    *done = 0;
    while (all.n > 0) {
        struct str part = {all.p, all.n < piece ? all.n : piece};
        all.p += part.n;
        all.n -= part.n;
        enum gate_step step;
        do {
            step = gate_next(g, &part);
            if (step != GATE_MORE) {
                last = step;
            }
            *done += step == GATE_DONE;
            if (step == GATE_REFUSED) {
                return step;
            }
        } while (step != GATE_MORE || part.n > 0);
    }
    return last;
}

struct refusal {
    struct str bytes;
    int status;
};
#define BAD(text, status)                                                                          \
    {                                                                                              \
        STR(text), status                                                                          \
    }

static void refuses_what_evhttp_lets_through(void **state)
{
    (void)state;
    static const struct refusal bad[] = {
        /* spec: RFC 9112 §2.2 */
        BAD("GET / HTTP/1.1\n" HOST L, 400),
        BAD("GET / HTTP/1.1" L "Host: a\n" L, 400),
        BAD("GET / HTTP/1.1" L HOST "\n", 400),
        BAD("GET / HTTP/1.1\r" HOST L, 400),
        BAD("GET / HTTP/1.1" L "Host: a\rb" L L, 400),
        BAD(L "GET / HTTP/1.1" L HOST L, 400),
        BAD(" GET / HTTP/1.1" L HOST L, 400),
        /* spec: RFC 9112 §5.1, §5.2 */
        BAD("GET / HTTP/1.1" L HOST "X-A : b" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "X-A: b" L " folded" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "X-A: b" L "\tfolded" L L, 400),
        BAD("GET / HTTP/1.1" L " Host: a" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "no colon" L L, 400),
        BAD("GET / HTTP/1.1" L HOST ": empty" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "X(A): b" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "X-A: b\0c" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "X-A: b\x01" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "X-A: b\x7f" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "X\0A: b" L L, 400),
        /* spec: RFC 9112 §3.2 */
        BAD("GET / HTTP/1.1" L L, 400),
        BAD("GET / HTTP/1.0" L L, 400),
        BAD("GET / HTTP/1.1" L HOST HOST L, 400),
        BAD("GET / HTTP/1.1" L HOST "hOST: other" L L, 400),
        BAD("GET / HTTP/1.1" L "Host:" L L, 400),
        BAD("GET / HTTP/1.1" L "Host: a b" L L, 400),
        BAD("GET / HTTP/1.1" L "Host: a/b" L L, 400),
        BAD("GET / HTTP/1.1" L "Host: a,b" L L, 400),
        BAD("GET / HTTP/1.1" L "Host: u@a" L L, 400),
        /* spec: RFC 9112 §6.3 */
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 3" L "Content-Length: 3" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 3" L "content-length: 4" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: +3" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: -1" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 0x3" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 3,3" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 3 3" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length:" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 03" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 99999999999999999999999" L L, 400),
        BAD("GET / HTTP/1.1" L HOST "Content-Length: 3" L L "abc", 400),
        BAD("HEAD / HTTP/1.1" L HOST "Content-Length: 1" L L "a", 400),
        BAD("OPTIONS / HTTP/1.1" L HOST "Content-Length: 1" L L "a", 400),
        BAD("POST / HTTP/1.1" L HOST "Transfer-Encoding: chunked" L L "0" L L, 411),
        BAD("POST / HTTP/1.1" L HOST "Transfer-Encoding: xchunked" L L, 411),
        BAD("POST / HTTP/1.1" L HOST "Content-Length: 3" L "Transfer-Encoding: chunked" L L, 411),
        BAD("GET / HTTP/1.1" L HOST "transfer-encoding:identity" L L, 411),
        /* targets */
        BAD("GET //evil/a HTTP/1.1" L HOST L, 400),
        BAD("GET http://evil/a HTTP/1.1" L HOST L, 400),
        BAD("GET * HTTP/1.1" L HOST L, 400),
        BAD("OPTIONS * HTTP/1.1" L HOST L, 400),
        BAD("GET evil HTTP/1.1" L HOST L, 400),
        BAD("GET ?a HTTP/1.1" L HOST L, 400),
        BAD("GET /\xc3\xa9 HTTP/1.1" L HOST L, 400),
        BAD("GET /a#b HTTP/1.1" L HOST L, 400),
        BAD("GET /a\0b HTTP/1.1" L HOST L, 400),
        BAD("GET /a\tb HTTP/1.1" L HOST L, 400),
        BAD("GET /a\\b HTTP/1.1" L HOST L, 400),
        BAD("GET  / HTTP/1.1" L HOST L, 400),
        BAD("GET /  HTTP/1.1" L HOST L, 400),
        BAD("GET / HTTP/1.1 " L HOST L, 400),
        BAD("GET /" L HOST L, 400),
        /* versions and methods */
        BAD("GET / HTTP/2.0" L HOST L, 505),
        BAD("GET / HTTP/1.2" L HOST L, 505),
        BAD("GET / HTTP/0.9" L HOST L, 505),
        BAD("GET / http/1.1" L HOST L, 400),
        BAD("PRI * HTTP/2.0" L L, 501),
        BAD("TRACE / HTTP/1.1" L HOST L, 501),
        BAD("CONNECT a:1 HTTP/1.1" L HOST L, 501),
        BAD("get / HTTP/1.1" L HOST L, 501),
        BAD("ABCDEFGHIJ / HTTP/1.1" L HOST L, 501),
        BAD("\x16\x03\x01\x02\x00\x01\x00", 400),
        /* the rest */
        BAD("POST / HTTP/1.1" L HOST "Expect: something" L L, 417),
        BAD("GET / HTTP/1.1" L HOST "Authorization: Bearer a" L "Authorization: Bearer b" L L, 400),
        BAD("POST / HTTP/1.1" L HOST "Content-Type: a/b" L "content-type: a/b" L L, 400),
    };
    static const size_t pieces[] = {1, 2, 3, 7, 100000};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
            struct gate g;
            unsigned done;
            gate_init(&g, HEADER_MAX);
            enum gate_step last = feed(&g, bad[i].bytes, pieces[k], &done);
            if (last != GATE_REFUSED || g.status != bad[i].status || g.why == NULL) {
                print_error("%zu by %zu: step %d status %d: %.*s\n", i, pieces[k], last, g.status,
                            STR_FMT(bad[i].bytes));
                assert_true(false);
            }
            struct str more = STR("GET / HTTP/1.1" L HOST L);
            assert_int_equal(gate_next(&g, &more), GATE_REFUSED); /* for good */
        }
    }
}

static void refuses_heads_over_the_limit(void **state)
{
    (void)state;
    char text[3 * HEADER_MAX];
    struct gate g;
    unsigned done;
    memset(text, 'a', sizeof(text));
    memcpy(text, "GET /", 5);
    gate_init(&g, HEADER_MAX);
    assert_int_equal(feed(&g, str_of(text, sizeof(text)), 1000, &done), GATE_REFUSED);
    assert_int_equal(g.status, 414);
    memcpy(text, "GET / HTTP/1.1\r\nX: ", 19);
    gate_init(&g, HEADER_MAX);
    assert_int_equal(feed(&g, str_of(text, sizeof(text)), 1000, &done), GATE_REFUSED);
    assert_int_equal(g.status, 431);
    size_t n = (size_t)sprintf(text, "GET / HTTP/1.1\r\n");
    for (int i = 0; i <= GATE_HEADERS_MAX; i++) {
        n += (size_t)sprintf(text + n, "A:\r\n");
    }
    gate_init(&g, HEADER_MAX);
    assert_int_equal(feed(&g, str_of(text, n), 50, &done), GATE_REFUSED);
    assert_int_equal(g.status, 431);
}

static void a_long_host_is_refused_and_a_long_cookie_is_not(void **state)
{
    (void)state;
    char text[2 * GATE_VALUE_MAX + 100];
    char value[2 * GATE_VALUE_MAX];
    struct gate g;
    unsigned done;
    memset(value, 'a', sizeof(value));
    int n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: %.*s\r\n\r\n", 400, value);
    gate_init(&g, HEADER_MAX);
    assert_int_equal(feed(&g, str_of(text, (size_t)n), 10, &done), GATE_REFUSED);
    n = snprintf(text, sizeof(text), "GET / HTTP/1.1\r\nHost: a\r\nCookie: %.*s\r\n\r\n", 400,
                 value);
    gate_init(&g, HEADER_MAX);
    assert_int_equal(feed(&g, str_of(text, (size_t)n), 10, &done), GATE_DONE);
}

static void takes_requests_one_after_another(void **state)
{
    (void)state;
    static const char text[] =
        "GET /jwks?x=1 HTTP/1.1" L HOST L "POST /token HTTP/1.1" L "host:\tid.example.vn:8080 " L
        "Content-Length:5" L "Expect: 100-continue" L L "GET /"
        "PUT /a HTTP/1.0" L HOST "Content-Length: 0" L L "OPTIONS /token HTTP/1.1" L HOST L;
    static const size_t pieces[] = {1, 2, 5, 64, 100000};
    for (size_t k = 0; k < sizeof(pieces) / sizeof(pieces[0]); k++) {
        struct gate g;
        unsigned done;
        gate_init(&g, HEADER_MAX);
        assert_int_equal(feed(&g, str_of(text, sizeof(text) - 1), pieces[k], &done), GATE_DONE);
        assert_int_equal(done, 4);
        assert_false(gate_in_head(&g));
        assert_false(gate_in_body(&g));
    }
}

static void tells_path_and_length_when_the_head_is_complete(void **state)
{
    (void)state;
    struct gate g;
    struct str text = STR("POST /token?a=b HTTP/1.1" L HOST "Content-Length: 12" L L "abc");
    gate_init(&g, HEADER_MAX);
    assert_int_equal(gate_next(&g, &text), GATE_HEAD);
    assert_int_equal(g.content_length, 12);
    assert_memory_equal(g.path, "/token", 6);
    assert_int_equal(g.path_n, 6);
    assert_int_equal(text.n, 3);
    assert_true(gate_in_body(&g));
    assert_int_equal(gate_next(&g, &text), GATE_MORE);
    text = STR("456789012G");
    assert_int_equal(gate_next(&g, &text), GATE_DONE);
    assert_int_equal(text.n, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_evhttp_lets_through),
        cmocka_unit_test(refuses_heads_over_the_limit),
        cmocka_unit_test(a_long_host_is_refused_and_a_long_cookie_is_not),
        cmocka_unit_test(takes_requests_one_after_another),
        cmocka_unit_test(tells_path_and_length_when_the_head_is_complete),
    };
    return cmocka_run_group_tests_name("gate", tests, NULL, NULL);
}
