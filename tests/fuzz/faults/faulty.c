/* What fails in authd_faulty (README.md): allocations, calls of libcrypto, calls of libpq, chosen
 * by a seed and counted.  The linker leads the calls of our own objects here (--wrap); jansson's
 * and libcrypto's allocations come by their own hooks.  Orders stand in a file that all processes
 * map: which process, which kinds, how often; the file `faults.py` writes.  Nothing fails before a
 * process is ready. */
#include <errno.h>
#include <fcntl.h>
#include <libpq-fe.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "allocators.h"
#include "process/process.h"

#define PLACES 64
#define PLACE_MAX 48

enum kind { MEMORY, LIBCRYPTO, LIBPQ, KINDS };

/* The layout faults.py knows. */
struct orders {
    uint32_t generation; /* another one: counting begins anew */
    uint32_t roles;      /* bits */
    uint32_t kinds;      /* bits */
    uint32_t one_in;     /* 0: none fails */
    uint64_t seed;
    _Atomic uint32_t failed[KINDS];
    _Atomic uint32_t calls[KINDS];
    _Atomic uint32_t n_places;
    char places[PLACES][PLACE_MAX]; /* what failed: role, call */
};

static struct orders nowhere;
static struct orders *orders = &nowhere;
static uint32_t role;
static bool ready;
static uint32_t generation;
static uint64_t counted[KINDS];

static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15u;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

static bool fails(enum kind kind, const char *call)
{
    if (!ready || orders->one_in == 0 || (orders->roles & (1u << role)) == 0 ||
        (orders->kinds & (1u << kind)) == 0) {
        return false;
    }
    if (generation != orders->generation) {
        generation = orders->generation;
        memset(counted, 0, sizeof(counted));
    }
    uint64_t n = counted[kind]++;
    atomic_fetch_add(&orders->calls[kind], 1);
    if (mix(orders->seed ^ mix(n ^ ((uint64_t)role << 56) ^ ((uint64_t)kind << 48))) %
            orders->one_in !=
        0) {
        return false;
    }
    atomic_fetch_add(&orders->failed[kind], 1);
    uint32_t at = atomic_fetch_add(&orders->n_places, 1);
    snprintf(orders->places[at % PLACES], PLACE_MAX, "%u %s", role, call);
    return true;
}

/* -- memory -------------------------------------------------------------------------------------
 */

static bool memory_fails(const char *call)
{
    bool is = fails(MEMORY, call);
    if (is) {
        errno = ENOMEM;
    }
    return is;
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return size == 0 || memory_fails("CRYPTO_malloc") ? NULL : __real_malloc(size);
}

static void *crypto_realloc(void *p, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    if (size == 0) {
        free(p);
        return NULL;
    }
    return memory_fails("CRYPTO_realloc") ? NULL : __real_realloc(p, size);
}

static void crypto_free(void *p, const char *file, int line)
{
    (void)file;
    (void)line;
    free(p);
}

/* -- calls that answer 1, or fail ---------------------------------------------------------------
 */

#define CALL(kind, type, bad, name, parameters, arguments)                                         \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(kind, #name) ? (bad) : __real_##name arguments;                               \
    }

CALL(LIBCRYPTO, int, 0, EVP_DigestSign,
     (EVP_MD_CTX * c, unsigned char *s, size_t *n, const unsigned char *t, size_t m),
     (c, s, n, t, m))
CALL(LIBCRYPTO, int, -1, EVP_DigestVerify,
     (EVP_MD_CTX * c, const unsigned char *s, size_t n, const unsigned char *t, size_t m),
     (c, s, n, t, m))
CALL(LIBCRYPTO, int, 0, EVP_DigestSignInit,
     (EVP_MD_CTX * c, EVP_PKEY_CTX **p, const EVP_MD *d, ENGINE *e, EVP_PKEY *k), (c, p, d, e, k))
CALL(LIBCRYPTO, int, 0, EVP_DigestVerifyInit,
     (EVP_MD_CTX * c, EVP_PKEY_CTX **p, const EVP_MD *d, ENGINE *e, EVP_PKEY *k), (c, p, d, e, k))
CALL(LIBCRYPTO, int, 0, EVP_MD_CTX_copy_ex, (EVP_MD_CTX * to, const EVP_MD_CTX *from), (to, from))
CALL(LIBCRYPTO, EVP_MD_CTX *, NULL, EVP_MD_CTX_new, (void), ())
CALL(LIBCRYPTO, EVP_CIPHER_CTX *, NULL, EVP_CIPHER_CTX_new, (void), ())
CALL(LIBCRYPTO, int, 0, EVP_EncryptInit_ex2,
     (EVP_CIPHER_CTX * c, const EVP_CIPHER *k, const unsigned char *key, const unsigned char *iv,
      const OSSL_PARAM *p),
     (c, k, key, iv, p))
CALL(LIBCRYPTO, int, 0, EVP_EncryptUpdate,
     (EVP_CIPHER_CTX * c, unsigned char *out, int *n, const unsigned char *in, int m),
     (c, out, n, in, m))
CALL(LIBCRYPTO, int, 0, EVP_EncryptFinal_ex, (EVP_CIPHER_CTX * c, unsigned char *out, int *n),
     (c, out, n))
CALL(LIBCRYPTO, int, 0, EVP_CipherInit_ex2,
     (EVP_CIPHER_CTX * c, const EVP_CIPHER *k, const unsigned char *key, const unsigned char *iv,
      int enc, const OSSL_PARAM *p),
     (c, k, key, iv, enc, p))
CALL(LIBCRYPTO, int, 0, EVP_CipherUpdate,
     (EVP_CIPHER_CTX * c, unsigned char *out, int *n, const unsigned char *in, int m),
     (c, out, n, in, m))
CALL(LIBCRYPTO, EVP_PKEY_CTX *, NULL, EVP_PKEY_CTX_new, (EVP_PKEY * k, ENGINE *e), (k, e))
CALL(LIBCRYPTO, EVP_PKEY_CTX *, NULL, EVP_PKEY_CTX_new_from_pkey,
     (OSSL_LIB_CTX * l, EVP_PKEY *k, const char *q), (l, k, q))
CALL(LIBCRYPTO, EVP_PKEY_CTX *, NULL, EVP_PKEY_CTX_new_from_name,
     (OSSL_LIB_CTX * l, const char *n, const char *q), (l, n, q))
CALL(LIBCRYPTO, int, 0, EVP_PKEY_derive, (EVP_PKEY_CTX * c, unsigned char *k, size_t *n), (c, k, n))
CALL(LIBCRYPTO, int, 0, EVP_PKEY_fromdata, (EVP_PKEY_CTX * c, EVP_PKEY **k, int s, OSSL_PARAM *p),
     (c, k, s, p))

CALL(LIBPQ, int, 0, PQsendQueryPrepared,
     (PGconn * c, const char *s, int n, const char *const *v, const int *l, const int *f, int r),
     (c, s, n, v, l, f, r))
CALL(LIBPQ, int, 0, PQsendQueryParams,
     (PGconn * c, const char *s, int n, const Oid *t, const char *const *v, const int *l,
      const int *f, int r),
     (c, s, n, t, v, l, f, r))
CALL(LIBPQ, int, 0, PQpipelineSync, (PGconn * c), (c))
CALL(LIBPQ, int, 0, PQconsumeInput, (PGconn * c), (c))
CALL(LIBPQ, int, -1, PQflush, (PGconn * c), (c))
CALL(LIBPQ, PostgresPollingStatusType, PGRES_POLLING_FAILED, PQconnectPoll, (PGconn * c), (c))

/* libpq out of memory: what the server said is lost, and an error stands in its place. */
PGresult *__real_PQgetResult(PGconn *c);
PGresult *__wrap_PQgetResult(PGconn *c);
PGresult *__wrap_PQgetResult(PGconn *c)
{
    PGresult *result = __real_PQgetResult(c);
    ExecStatusType status = PQresultStatus(result);
    if (result != NULL && status != PGRES_PIPELINE_SYNC && fails(LIBPQ, "PQgetResult")) {
        PQclear(result);
        result = PQmakeEmptyPGresult(c, PGRES_FATAL_ERROR);
    }
    return result;
}

/* -- where it begins ----------------------------------------------------------------------------
 */

int __real_child_run(process_body_fn *const bodies[ROLE_COUNT]);
int __wrap_child_run(process_body_fn *const bodies[ROLE_COUNT]);
int __wrap_child_run(process_body_fn *const bodies[ROLE_COUNT])
{
    const char *path = getenv("AUTHD_FAULTS");
    int fd = path != NULL ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *map = fd >= 0 ? mmap(NULL, sizeof(*orders), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
                        : MAP_FAILED;
    if (map == MAP_FAILED ||
        CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) != 1) {
        fprintf(stderr, "authd_faulty: AUTHD_FAULTS must name the file of orders\n");
        return 1;
    }
    close(fd);
    orders = map;
    return __real_child_run(bodies);
}

void __real_process_ready(struct process *self);
void __wrap_process_ready(struct process *self);
void __wrap_process_ready(struct process *self)
{
    __real_process_ready(self);
    role = (uint32_t)self->role;
    ready = true;
}
