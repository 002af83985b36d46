/* The machine's own limit: raw ES256 signatures and verifications (CPU time each, cached key, as
 * the service does them) and raw Argon2id hashes per second with given parameters, in so many
 * processes at once: a core alone is faster than among others at work.
 *
 *   raw es256 SECONDS PROCESSES
 *   raw argon2id SECONDS MEMORY_KIB TIME LANES PROCESSES
 *
 * Prints one line of JSON.  Must not use any code of the service. */
#include <argon2.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double clock_s(clockid_t which)
{
    struct timespec t;
    clock_gettime(which, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void check(int ok, const char *what)
{
    if (!ok) {
        fprintf(stderr, "raw: %s failed\n", what);
        exit(1);
    }
}

struct es256_us {
    double sign, verify; /* CPU microseconds of one */
};

static struct es256_us es256_for(double seconds)
{
    struct es256_us us;
    unsigned char message[500];
    unsigned char signature[128];
    size_t n = sizeof signature;
    memset(message, 'x', sizeof message);
    EVP_PKEY *key = EVP_EC_gen("P-256");
    EVP_MD_CTX *sign = EVP_MD_CTX_new();
    EVP_MD_CTX *verify = EVP_MD_CTX_new();
    EVP_MD_CTX *work = EVP_MD_CTX_new();
    check(key && sign && verify && work, "allocation");
    check(EVP_DigestSignInit(sign, NULL, EVP_sha256(), NULL, key) == 1, "init");
    check(EVP_DigestVerifyInit(verify, NULL, EVP_sha256(), NULL, key) == 1, "init");
    uint64_t signs = 0;
    uint64_t verifies = 0;
    double begin = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    double now = begin;
    while (now - begin < seconds) {
        for (int i = 0; i < 100; i++, signs++) {
            n = sizeof signature;
            check(EVP_MD_CTX_copy_ex(work, sign) == 1, "copy");
            check(EVP_DigestSign(work, signature, &n, message, sizeof message) == 1, "sign");
        }
        now = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    }
    us.sign = (now - begin) * 1e6 / (double)signs;
    begin = now;
    while (now - begin < seconds) {
        for (int i = 0; i < 100; i++, verifies++) {
            check(EVP_MD_CTX_copy_ex(work, verify) == 1, "copy");
            check(EVP_DigestVerify(work, signature, n, message, sizeof message) == 1, "verify");
        }
        now = clock_s(CLOCK_PROCESS_CPUTIME_ID);
    }
    us.verify = (now - begin) * 1e6 / (double)verifies;
    EVP_MD_CTX_free(sign);
    EVP_MD_CTX_free(verify);
    EVP_MD_CTX_free(work);
    EVP_PKEY_free(key);
    return us;
}

static int es256(double seconds, int processes)
{
    int results[2];
    check(processes > 0, "a number of processes");
    check(pipe(results) == 0, "pipe");
    for (int i = 0; i < processes; i++) {
        pid_t pid = fork();
        check(pid >= 0, "fork");
        if (pid == 0) {
            struct es256_us us = es256_for(seconds);
            _exit(write(results[1], &us, sizeof us) == (ssize_t)sizeof us ? 0 : 1);
        }
    }
    struct es256_us mean = {0};
    for (int i = 0; i < processes; i++) {
        struct es256_us us;
        check(read(results[0], &us, sizeof us) == (ssize_t)sizeof us, "read");
        mean.sign += us.sign / processes;
        mean.verify += us.verify / processes;
    }
    while (wait(NULL) > 0) {
    }
    printf("{\"sign_us\": %.3f, \"verify_us\": %.3f}\n", mean.sign, mean.verify);
    return 0;
}

static uint64_t hash_for(double seconds, uint32_t memory, uint32_t passes, uint32_t lanes)
{
    unsigned char out[32];
    double begin = clock_s(CLOCK_MONOTONIC);
    uint64_t n = 0;
    while (clock_s(CLOCK_MONOTONIC) - begin < seconds) {
        check(argon2id_hash_raw(passes, memory, lanes, "password password password", 26,
                                "0123456789abcdef", 16, out, sizeof out) == ARGON2_OK,
              "argon2id");
        n++;
    }
    return n;
}

static int argon2id(double seconds, uint32_t memory, uint32_t passes, uint32_t lanes, int processes)
{
    int results[2];
    check(pipe(results) == 0, "pipe");
    double begin = clock_s(CLOCK_MONOTONIC);
    for (int i = 0; i < processes; i++) {
        pid_t pid = fork();
        check(pid >= 0, "fork");
        if (pid == 0) {
            uint64_t n = hash_for(seconds, memory, passes, lanes);
            _exit(write(results[1], &n, sizeof n) == (ssize_t)sizeof n ? 0 : 1);
        }
    }
    uint64_t all = 0;
    for (int i = 0; i < processes; i++) {
        uint64_t n = 0;
        check(read(results[0], &n, sizeof n) == (ssize_t)sizeof n, "read");
        all += n;
    }
    while (wait(NULL) > 0) {
    }
    printf("{\"hashes\": %llu, \"hashes_per_s\": %.3f}\n", (unsigned long long)all,
           (double)all / (clock_s(CLOCK_MONOTONIC) - begin));
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 4 && !strcmp(argv[1], "es256")) {
        return es256(atof(argv[2]), atoi(argv[3]));
    }
    if (argc == 7 && !strcmp(argv[1], "argon2id")) {
        return argon2id(atof(argv[2]), (uint32_t)atoi(argv[3]), (uint32_t)atoi(argv[4]),
                        (uint32_t)atoi(argv[5]), atoi(argv[6]));
    }
    fprintf(stderr,
            "usage: raw es256 SECONDS PROCESSES | raw argon2id SECONDS MEMORY TIME LANES PROCESSES\n");
    return 2;
}
