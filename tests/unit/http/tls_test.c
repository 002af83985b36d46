/* The same server behind TLS: versions, handshakes that stop, the exchange of its certificate. */
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include "serving.h"

static void certificate_make(const char *name, char *cert, char *key, size_t size)
{
    EVP_PKEY *k = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
    X509_gmtime_adj(X509_getm_notBefore(x), -60);
    X509_gmtime_adj(X509_getm_notAfter(x), 3600);
    X509_set_pubkey(x, k);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
                               (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, X509_get_subject_name(x));
    assert_true(X509_sign(x, k, EVP_sha256()) > 0);
    BIO *b = BIO_new(BIO_s_mem());
    PEM_write_bio_X509(b, x);
    int n = BIO_read(b, cert, (int)size - 1);
    cert[n] = '\0';
    PEM_write_bio_PrivateKey(b, k, NULL, NULL, 0, NULL, NULL);
    n = BIO_read(b, key, (int)size - 1);
    key[n] = '\0';
    BIO_free(b);
    X509_free(x);
    EVP_PKEY_free(k);
}

static int set_up_tls(void **state)
{
    certificate_make("first", served.cert[0], served.key[0], sizeof(served.cert[0]));
    certificate_make("second", served.cert[1], served.key[1], sizeof(served.cert[1]));
    set_up(state);
    served.tls = true;
    restart(state);
    return 0;
}

struct secure {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
    char name[32];
};

static bool dial_tls(struct secure *s, int version)
{
    s->fd = dial();
    s->ctx = SSL_CTX_new(TLS_client_method());
    if (version != 0) {
        SSL_CTX_set_min_proto_version(s->ctx, version);
        SSL_CTX_set_max_proto_version(s->ctx, version);
    }
    s->ssl = SSL_new(s->ctx);
    SSL_set_security_level(s->ssl, 0);
    SSL_set_fd(s->ssl, s->fd);
    if (SSL_connect(s->ssl) != 1) {
        return false;
    }
    X509 *x = SSL_get1_peer_certificate(s->ssl);
    X509_NAME_get_text_by_NID(X509_get_subject_name(x), NID_commonName, s->name, sizeof(s->name));
    X509_free(x);
    return true;
}

static int ask_tls(struct secure *s, const char *request)
{
    size_t n = 0;
    SSL_write(s->ssl, request, (int)strlen(request));
    got[0] = '\0';
    while (strstr(got, "127.0.0.1") == NULL) {
        int more = SSL_read(s->ssl, got + n, (int)(sizeof(got) - 1 - n));
        if (more <= 0) {
            break;
        }
        n += (size_t)more;
        got[n] = '\0';
    }
    return status();
}

static void hang_up(struct secure *s)
{
    SSL_free(s->ssl);
    SSL_CTX_free(s->ctx);
    close(s->fd);
}

static void old_tls_is_refused(void **state)
{
    (void)state;
    struct secure s;
    assert_false(dial_tls(&s, TLS1_1_VERSION));
    hang_up(&s);
    assert_true(dial_tls(&s, TLS1_2_VERSION));
    assert_int_equal(ask_tls(&s, GET("/echo")), 200);
    hang_up(&s);
}

static void a_handshake_that_stops_is_closed(void **state)
{
    (void)state;
    int fd = dial();
    put(fd, STR("\x16\x03\x01\x02\x00\x01\x00"));
    assert_true(is_closed(fd, 2000));
    close(fd);
}

static void the_gate_stands_before_tls_connections_too(void **state)
{
    (void)state;
    struct secure s;
    assert_true(dial_tls(&s, 0));
    assert_int_equal(ask_tls(&s, "GET /echo HTTP/1.1\n" HOST L), 400);
    hang_up(&s);
}

static void the_certificate_is_exchanged_without_dropping_a_connection(void **state)
{
    (void)state;
    struct secure old;
    struct secure fresh;
    assert_true(dial_tls(&old, 0));
    assert_string_equal(old.name, "first");
    assert_int_equal(ask_tls(&old, GET("/echo")), 200);
    assert_true(has("Strict-Transport-Security: max-age="));
    assert_int_equal(write(served.tell, "t", 1), 1);
    assert_true(dial_tls(&fresh, 0));
    for (int i = 0; i < 1000 && strcmp(fresh.name, "second") != 0; i++) { /* until it was told */
        hang_up(&fresh);
        usleep(5000);
        assert_true(dial_tls(&fresh, 0));
    }
    assert_string_equal(fresh.name, "second");
    assert_int_equal(ask_tls(&old, GET("/echo")), 200);
    assert_int_equal(ask_tls(&fresh, GET("/echo")), 200);
    hang_up(&old);
    hang_up(&fresh);
}

#define SECURE(name) cmocka_unit_test_setup_teardown(name, set_up_tls, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SECURE(old_tls_is_refused),
        SECURE(a_handshake_that_stops_is_closed),
        SECURE(the_gate_stands_before_tls_connections_too),
        SECURE(the_certificate_is_exchanged_without_dropping_a_connection),
    };
    (void)signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("tls", tests, NULL, NULL);
}
