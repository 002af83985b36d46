/* links: PkgConfig::OPENSSL */
/* The default transport against a small server of this test: TLS that does not verify, redirects,
 * floods, silence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "eid/eid.h"
#include "libeid/exchange.h"

/* How the server answers. */
enum manner { PLAIN, REDIRECT, FLOOD, SILENT, TLS };

static struct server {
    enum manner manner;
    int fd;
    int port;
    pthread_t thread;
    SSL_CTX *tls;
    int served;
} server;

static void say(SSL *ssl, int fd, const char *text)
{
    size_t n = strlen(text);
    if (ssl != NULL) {
        assert_int_equal(SSL_write(ssl, text, (int)n), (int)n);
    } else {
        (void)!send(fd, text, n, MSG_NOSIGNAL);
    }
}

static void answer(int fd)
{
    char request[4096];
    SSL *ssl = NULL;
    if (server.manner == TLS) {
        ssl = SSL_new(server.tls);
        SSL_set_fd(ssl, fd);
        if (SSL_accept(ssl) != 1) {
            SSL_free(ssl);
            return;
        }
        if (SSL_read(ssl, request, sizeof(request)) <= 0) {
            SSL_free(ssl);
            return;
        }
    } else {
        (void)!read(fd, request, sizeof(request));
    }
    server.served++;
    if (server.manner == SILENT) {
        sleep(2);
    } else if (server.manner == REDIRECT) {
        say(ssl, fd, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
    } else if (server.manner == FLOOD) {
        say(ssl, fd, "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
        static char block[65536];
        memset(block, ' ', sizeof(block) - 1);
        for (int i = 0; i < 40; i++) {
            say(ssl, fd, block);
        }
    } else {
        say(ssl, fd,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n"
            "Cache-Control: public, max-age=77\r\nAge: 7\r\nContent-Length: 2\r\n\r\n{}");
    }
    if (ssl != NULL) {
        SSL_shutdown(ssl);
        SSL_free(ssl);
    }
}

static void *serve(void *arg)
{
    (void)arg;
    /* Only the server's thread: the library must protect its caller's by itself. */
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
    for (;;) {
        int fd = accept(server.fd, NULL, NULL);
        if (fd < 0) {
            return NULL;
        }
        answer(fd);
        close(fd);
    }
}

static void server_begin(enum manner manner)
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(at);
    server.manner = manner;
    server.served = 0;
    server.fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(server.fd, (struct sockaddr *)&at, sizeof(at)), 0);
    assert_int_equal(listen(server.fd, 8), 0);
    assert_int_equal(getsockname(server.fd, (struct sockaddr *)&at, &n), 0);
    server.port = ntohs(at.sin_port);
    assert_int_equal(pthread_create(&server.thread, NULL, serve, NULL), 0);
}

static void server_end(void)
{
    shutdown(server.fd, SHUT_RDWR);
    pthread_join(server.thread, NULL);
    close(server.fd);
}

struct once {
    const char *url;
    struct exchange *asked;
    struct eid_response *out; /* without the body */
};

static enum eid_code ask_body(struct work *w, struct eid_client *c, void *own)
{
    struct once *f = own;
    const struct eid_response *r = NULL;
    struct ask ask = {.url = str_fmt(w->arena, "%s/x", f->url).p, .accept = "application/json"};
    EID_TRY(exchange(w, c, &f->asked, &ask, &r));
    *f->out = *r;
    f->out->body = NULL;
    f->out->size = 0;
    return EID_OK;
}

/* Asks the server once; the code of it. */
static enum eid_code ask_once(const char *scheme, const char *host, const char *ca_file,
                              struct eid_response *r, char *detail)
{
    struct eid_client *c = NULL;
    struct eid_error err = {0};
    char url[128];
    snprintf(url, sizeof(url), "%s://%s:%d", scheme, host, server.port);
    assert_int_equal(eid_client_new(url, "c", NULL, NULL, &c, &err), EID_OK);
    assert_int_equal(eid_client_set(c, EID_TIMEOUT_MS, "1000", &err), EID_OK);
    assert_int_equal(eid_client_set(c, EID_CA_FILE, ca_file, &err), EID_OK);
    struct once once = {.url = url, .out = r};
    enum eid_code code = work_block(c, ask_body, &once, &err);
    memcpy(detail, err.detail, sizeof(err.detail));
    eid_client_free(c);
    return code;
}

static void a_redirect_is_not_followed(void **state)
{
    (void)state;
    struct eid_response r = {0};
    char detail[384];
    server_begin(REDIRECT);
    assert_int_equal(ask_once("http", "127.0.0.1", NULL, &r, detail), EID_OK);
    assert_int_equal(r.status, 302);
    server_end();
    assert_int_equal(server.served, 1);
}

static void a_flood_is_cut_off(void **state)
{
    (void)state;
    struct eid_response r = {0};
    char detail[384];
    server_begin(FLOOD);
    assert_int_equal(ask_once("http", "127.0.0.1", NULL, &r, detail), EID_BAD_ANSWER);
    server_end();
}

static void silence_ends_with_the_timeout(void **state)
{
    (void)state;
    struct eid_response r = {0};
    char detail[384];
    server_begin(SILENT);
    assert_int_equal(ask_once("http", "127.0.0.1", NULL, &r, detail), EID_UNREACHABLE);
    server_end();
}

static void headers_are_read(void **state)
{
    (void)state;
    struct eid_response r = {0};
    char detail[384];
    server_begin(PLAIN);
    assert_int_equal(ask_once("http", "localhost", NULL, &r, detail), EID_OK);
    assert_int_equal(r.status, 200);
    assert_string_equal(r.content_type, "application/json");
    assert_int_equal(response_max_age_s(&r), 70);
    server_end();
}

/* A certificate for "localhost", signed by itself, in a file of its own. */
static void make_certificate(const char *path)
{
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, key);
    X509_NAME *name = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1, -1,
                               0);
    X509_set_issuer_name(x, name);
    X509_EXTENSION *alt = X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost");
    X509_add_ext(x, alt, -1);
    X509_EXTENSION_free(alt);
    assert_true(X509_sign(x, key, EVP_sha256()) > 0);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(PEM_write_X509(f, x), 1);
    fclose(f);
    server.tls = SSL_CTX_new(TLS_server_method());
    assert_int_equal(SSL_CTX_use_certificate(server.tls, x), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(server.tls, key), 1);
    X509_free(x);
    EVP_PKEY_free(key);
}

static void tls_must_verify(void **state)
{
    (void)state;
    struct eid_response r = {0};
    char detail[384];
    char path[] = "/tmp/eid-ca-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    make_certificate(path);
    server_begin(TLS);
    assert_int_equal(ask_once("https", "localhost", NULL, &r, detail), EID_UNREACHABLE);
    assert_non_null(strstr(detail, "TLS: "));
    assert_non_null(strstr(detail, "trusted here: the system's authorities (EID_CA_FILE)"));
    assert_int_equal(ask_once("https", "127.0.0.1", path, &r, detail), EID_UNREACHABLE);
    assert_int_equal(ask_once("https", "localhost", "/nonexistent", &r, detail), EID_UNREACHABLE);
    assert_non_null(strstr(detail, "trusted here: /nonexistent"));
    assert_int_equal(ask_once("https", "localhost", path, &r, detail), EID_OK);
    server_end();
    assert_int_equal(server.served, 1);
    SSL_CTX_free(server.tls);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redirect_is_not_followed),
        cmocka_unit_test(a_flood_is_cut_off),
        cmocka_unit_test(silence_ends_with_the_timeout),
        cmocka_unit_test(headers_are_read),
        cmocka_unit_test(tls_must_verify),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
