/* What reaches a handler, what is refused, and what becomes of answers. */
#include "serving.h"

/* Refusals first. */

static void a_refused_request_gets_an_answer_and_the_connection_ends(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        int status;
    } bad[] = {
        {STR("GET /echo HTTP/1.1\n" HOST L), 400},
        {STR("GET /echo HTTP/1.1" L L), 400},
        {STR("GET /echo HTTP/1.1" L HOST HOST L), 400},
        {STR("GET /echo HTTP/1.1" L HOST "X-A : b" L L), 400},
        {STR("GET /echo HTTP/1.1" L HOST "X-A: a\0b" L L), 400},
        {STR("GET http://evil/echo HTTP/1.1" L HOST L), 400},
        {STR("GET //evil/echo HTTP/1.1" L HOST L), 400},
        {STR("POST /echo HTTP/1.1" L HOST "Content-Length: +3" L L "abc"), 400},
        {STR("POST /echo HTTP/1.1" L HOST "Transfer-Encoding: chunked" L L "0" L L), 411},
        {STR("POST /echo HTTP/1.1" L HOST "Content-Length: 1001" L L), 413},
        {STR("POST /unknown HTTP/1.1" L HOST "Content-Length: 1" L L "a"), 413},
        {STR("TRACE /echo HTTP/1.1" L HOST L), 501},
        {STR("GET /echo HTTP/2.0" L HOST L), 505},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        int fd = dial();
        put(fd, bad[i].bytes);
        put(fd, STR(GET("/echo"))); /* nothing more of it is served */
        hear(fd, NULL);
        close(fd);
        assert_int_equal(status(), bad[i].status);
        assert_int_equal(count("HTTP/1.1 "), 1);
        assert_true(has("Connection: close" L));
        assert_true(has("X-Content-Type-Options: nosniff" L));
        assert_true(has("default-src 'none'"));
        assert_true(has("Cache-Control: no-store" L));
    }
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void garbage_behind_a_request_ends_the_connection(void **state)
{
    (void)state;
    SAY(GET("/echo") "GET / HTTP/1.1\nX" L L);
    assert_int_equal(count("HTTP/1.1 "), 1);
    assert_int_equal(status(), 400);
    /* behind one that is being worked on: that one is answered */
    int fd = dial();
    put(fd, STR(GET("/slow")));
    usleep(50000);
    put(fd, STR("\1\2\3\n"));
    hear(fd, NULL);
    close(fd);
    assert_int_equal(status(), 200);
    assert_true(has("slow"));
    assert_true(count("HTTP/1.1 ") <= 2);
}

static void a_megabyte_of_header_is_refused(void **state)
{
    (void)state;
    char *large = malloc(1 << 20);
    assert_non_null(large);
    memset(large, 'a', 1 << 20);
    memcpy(large, "GET /echo?", 10);
    say(str_of(large, 1 << 20));
    assert_int_equal(status(), 414);
    int n = sprintf(large, "GET /echo HTTP/1.1\r\nHost: id.test\r\nX-A: ");
    large[n] = 'a';
    say(str_of(large, 1 << 20));
    assert_int_equal(status(), 431);
    free(large);
}

static void refuses_other_hosts_methods_and_paths(void **state)
{
    (void)state;
    SAY("GET /echo HTTP/1.1" L "Host: evil.test" L L);
    assert_int_equal(status(), 421);
    SAY("DELETE /echo HTTP/1.1" L HOST L);
    assert_int_equal(status(), 405);
    assert_true(has("Allow: GET, POST, HEAD, OPTIONS" L));
    SAY("POST /cookie HTTP/1.1" L HOST L);
    assert_int_equal(status(), 405);
    assert_true(has("Allow: GET, HEAD" L));
    assert_true(has("<p>page 405"));
    SAY("OPTIONS /form HTTP/1.1" L HOST L);
    assert_int_equal(status(), 405);
    SAY(GET("/nothing"));
    assert_int_equal(status(), 404);
    SAY(GET("/files"));
    assert_int_equal(status(), 404);
    SAY(GET("/"));
    assert_int_equal(status(), 404);
}

static void failures_of_handlers_become_answers(void **state)
{
    (void)state;
    SAY(GET("/broken"));
    assert_int_equal(status(), 500);
    assert_true(has("server_error"));
    assert_false(has("on purpose"));
    SAY(GET("/broken-page"));
    assert_int_equal(status(), 500);
    assert_true(has("<p>page 500"));
    SAY(GET("/silent"));
    assert_int_equal(status(), 500);
    SAY(GET("/away"));
    assert_int_equal(status(), 503);
    assert_true(has("Retry-After: "));
    SAY(GET("/never"));
    assert_int_equal(status(), 503);
    SAY(GET("/greedy"));
    assert_int_equal(status(), 503);
    SAY("POST /greedy HTTP/1.1" L HOST "Content-Length: 1" L L "a");
    assert_int_equal(status(), 413);
    SAY(GET("/split"));
    assert_int_equal(status(), 500);
    assert_false(has("evil=1"));
    SAY(GET("/echo"));
    assert_int_equal(status(), 200);
}

static void a_form_of_another_type_is_refused(void **state)
{
    (void)state;
    SAY("POST /form HTTP/1.1" L HOST "Content-Type: text/plain" L "Content-Length: 3" L L "a=b");
    assert_int_equal(status(), 400);
    SAY("POST /form HTTP/1.1" L HOST "Content-Type: application/x-www-form-urlencoded" L
        "Content-Length: 6" L L "a=%00b");
    assert_int_equal(status(), 400);
    SAY("POST /form HTTP/1.1" L HOST "Content-Type: Application/X-WWW-form-urlencoded;charset=x" L
        "Content-Length: 3" L L "a=b");
    assert_int_equal(status(), 200);
    assert_true(has(L L "b"));
}

static void requests_of_one_connection_are_answered_in_order(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR(GET("/echo?n=1") GET("/slow") "POST /echo?n=3 HTTP/1.1" L HOST
                                              "Content-Length: 4" L L "body" GET("/files/x?n=4")));
    hear(fd, "/files/x|n=4|x||127.0.0.1");
    close(fd);
    assert_int_equal(count("HTTP/1.1 200 OK"), 4);
    const char *one = strstr(got, "/echo|n=1|||127.0.0.1");
    const char *two = strstr(got, "slow");
    const char *three = strstr(got, "/echo|n=3||body|127.0.0.1");
    const char *four = strstr(got, "/files/x|n=4|x||127.0.0.1");
    assert_true(one != NULL && two != NULL && three != NULL && four != NULL);
    assert_true(one < two && two < three && three < four);
}

static void head_has_the_headers_of_get_and_no_body(void **state)
{
    (void)state;
    SAY("HEAD /echo HTTP/1.1" L HOST L);
    assert_int_equal(status(), 200);
    assert_true(has("Content-Length: 18" L));
    assert_true(strcmp(strstr(got, L L), L L) == 0);
}

static void preflights_are_answered_where_any_origin_may_ask(void **state)
{
    (void)state;
    SAY("OPTIONS /echo HTTP/1.1" L HOST "Origin: https://a.test" L L);
    assert_int_equal(status(), 204);
    assert_true(has("Access-Control-Allow-Origin: *" L));
    assert_true(has("Access-Control-Allow-Methods: "));
    assert_false(has("Access-Control-Allow-Credentials"));
    SAY(GET("/echo"));
    assert_true(has("Access-Control-Allow-Origin: *" L));
    SAY(GET("/cookie"));
    assert_false(has("Access-Control"));
}

static void cookies_and_policy_of_a_plain_connection(void **state)
{
    (void)state;
    SAY("GET /cookie HTTP/1.1" L HOST "Cookie: b=1; a=2; a=3" L L);
    assert_true(has(L L "2"));
    assert_true(has("Set-Cookie: session=x; Path=/; HttpOnly; SameSite=Lax" L));
    assert_true(has("form-action 'self' https://portal.test; base-uri 'none'"));
    assert_false(has("script-src"));
    assert_false(has("Strict-Transport-Security"));
}

static void a_body_is_invited_by_100_continue(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR("POST /echo HTTP/1.1" L HOST "Content-Length: 4" L "Expect: 100-continue" L L));
    hear(fd, L L);
    assert_true(strncmp(got, "HTTP/1.1 100", 12) == 0);
    put(fd, STR("body"));
    hear(fd, "|body|");
    assert_int_equal(status(), 200);
    close(fd);
}

static void http_1_0_is_served_when_it_names_its_host(void **state)
{
    (void)state;
    SAY("GET /echo HTTP/1.0" L HOST L);
    assert_true(has(" 200 OK"));
    assert_true(has("/echo||||127.0.0.1"));
}

/* spec: RFC 9700 §4.13 */
static void the_trusted_proxy_tells_address_and_scheme(void **state)
{
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 9.9.9.9" L L);
    assert_true(has("|127.0.0.1"));
    served.limits.trusted_proxy = "127.0.0.1";
    restart(state);
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6, 9.9.9.9" L
        "X-Forwarded-Proto: https" L L);
    assert_true(has("|9.9.9.9"));
    assert_true(has("Strict-Transport-Security: "));
    /* a header of the client's own, in front of the one the proxy adds */
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6" L "X-Forwarded-For: 9.9.9.9" L
        "X-Forwarded-Proto: https" L "X-Forwarded-Proto: http" L L);
    assert_true(has("|9.9.9.9"));
    assert_false(has("Strict-Transport-Security: "));
    /* one client is one address, however it is written */
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: ::ffff:9.9.9.9" L L);
    assert_true(has("|9.9.9.9"));
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 2001:DB8:0::1" L L);
    assert_true(has("|2001:db8::1"));
    /* what is no address is nobody's */
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6, unknown" L L);
    assert_true(has("|127.0.0.1"));
    SAY("GET /echo HTTP/1.1" L HOST "X-Forwarded-For: 6.6.6.6," L L);
    assert_true(has("|127.0.0.1"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(a_refused_request_gets_an_answer_and_the_connection_ends),
        SERVED(garbage_behind_a_request_ends_the_connection),
        SERVED(a_megabyte_of_header_is_refused),
        SERVED(refuses_other_hosts_methods_and_paths),
        SERVED(failures_of_handlers_become_answers),
        SERVED(a_form_of_another_type_is_refused),
        SERVED(requests_of_one_connection_are_answered_in_order),
        SERVED(head_has_the_headers_of_get_and_no_body),
        SERVED(preflights_are_answered_where_any_origin_may_ask),
        SERVED(cookies_and_policy_of_a_plain_connection),
        SERVED(a_body_is_invited_by_100_continue),
        SERVED(http_1_0_is_served_when_it_names_its_host),
        SERVED(the_trusted_proxy_tells_address_and_scheme),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("server", tests, NULL, NULL);
}
