/* What a TLS handshake showed: recorded while libcurl verifies, so that one look tells everything
 * that is wrong and not only the first of it.  A certificate that is refused stays refused:
 * nothing is sent to such a server. */
#ifndef CHECKUP_TLS_H
#define CHECKUP_TLS_H
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/arena.h"

#define TLS_ERRORS_MAX 8

struct tls_seen {
    struct arena *arena;
    const char *host;           /* asked for: a name, or an address without brackets */
    bool looked;                /* there was a certificate */
    const char *version;        /* "TLSv1.3"; NULL: no handshake was finished */
    int errors[TLS_ERRORS_MAX]; /* X509_V_ERR_…, each once */
    int depths[TLS_ERRORS_MAX];
    size_t n_errors;
    size_t sent; /* certificates the server sent */
    bool name_fits;
    const char *subject; /* of the server's own certificate */
    const char *issuer;
    const char *names;   /* that it is for, separated by blanks */
    const char *missing; /* who signed the last certificate we got, when he is not trusted */
    int64_t not_before_s;
    int64_t not_after_s;
};

/* seen must outlive ctx. */
void tls_watch(SSL_CTX *ctx, struct tls_seen *seen);

#endif
