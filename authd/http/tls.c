/* The TLS context: versions, ciphers, protocol, certificate and key.  spec: RFC 9325 (TLS 1.2 and
 * later MUST be preferred, 1.0 and 1.1 MUST NOT be negotiated).  Must not read files: the PEM text
 * comes as a frame. */
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include "http/core.h"

static enum err refuse(const char *what)
{
    char text[120] = "";
    ERR_error_string_n(ERR_peek_last_error(), text, sizeof(text));
    ERR_clear_error();
    return fail(ERR_INPUT, "tls: %s: %s", what, text);
}

/* spec: RFC 7301; HTTP/1.1 is all there is */
static int on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                   const unsigned char *in, unsigned in_n, void *arg)
{
    static const unsigned char ours[] = "\x08http/1.1";
    (void)ssl;
    (void)arg;
    unsigned char *chosen;
    if (SSL_select_next_proto(&chosen, out_n, ours, sizeof(ours) - 1, in, in_n) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

/* An encrypted key would make libcrypto ask the terminal. */
static int no_password(char *buf, int size, int rwflag, void *arg)
{
    (void)buf;
    (void)size;
    (void)rwflag;
    (void)arg;
    return -1;
}

static enum err use_chain(SSL_CTX *ctx, BIO *bio)
{
    X509 *cert = PEM_read_bio_X509(bio, NULL, no_password, NULL);
    if (cert == NULL) {
        return refuse("no certificate in the PEM text");
    }
    int fine = SSL_CTX_use_certificate(ctx, cert);
    X509_free(cert);
    if (fine != 1) {
        return refuse("certificate");
    }
    while ((cert = PEM_read_bio_X509(bio, NULL, no_password, NULL)) != NULL) {
        if (SSL_CTX_add0_chain_cert(ctx, cert) != 1) {
            X509_free(cert);
            return refuse("intermediate certificate");
        }
    }
    ERR_clear_error(); /* the end of the text is an error to PEM_read_bio_X509 */
    return OK;
}

static enum err use_key(SSL_CTX *ctx, BIO *bio)
{
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
    if (key == NULL) {
        return refuse("no private key in the PEM text, or one with a password");
    }
    int fine = SSL_CTX_use_PrivateKey(ctx, key);
    EVP_PKEY_free(key);
    if (fine != 1 || SSL_CTX_check_private_key(ctx) != 1) {
        return refuse("the key does not belong to the certificate");
    }
    return OK;
}

static enum err configure(SSL_CTX *ctx)
{
    static const unsigned char context_id[] = "authd";
    SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                 SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_alpn_select_cb(ctx, on_alpn, NULL);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1 ||
        SSL_CTX_set1_groups_list(ctx, "X25519:P-256:P-384") != 1 ||
        SSL_CTX_set_session_id_context(ctx, context_id, sizeof(context_id) - 1) != 1) {
        return refuse("context");
    }
    return OK;
}

enum err tls_context(struct str certificate, struct str key, SSL_CTX **out)
{
    enum err e;
    ERR_clear_error();
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    BIO *chain = BIO_new_mem_buf(certificate.p, (int)certificate.n);
    BIO *secret = BIO_new_mem_buf(key.p, (int)key.n);
    if (ctx == NULL || chain == NULL || secret == NULL) {
        e = fail(ERR_NO_MEMORY, "tls");
        goto out;
    }
    e = configure(ctx);
    if (e == OK) {
        e = use_chain(ctx, chain);
    }
    if (e == OK) {
        e = use_key(ctx, secret);
    }
    if (e == OK) {
        *out = ctx;
        ctx = NULL;
    }
out:
    BIO_free(chain);
    BIO_free(secret);
    SSL_CTX_free(ctx);
    return e;
}
