/* rooms: http base */
/* The gate: its verdict does not depend on the pieces the bytes arrive in, is final, and whatever
 * it lets through has one Host, CR LF everywhere and a head within the limit. */
#include <stdlib.h>
#include <string.h>
#include "http/gate.h"

#define HEADER_MAX 2048

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct verdict {
    unsigned heads, done;
    int status;
    size_t rest; /* bytes behind the last complete request */
};

static struct verdict judge(struct str all, size_t piece)
{
    struct verdict v = {.rest = all.n};
    struct gate g;
    gate_init(&g, HEADER_MAX);
    while (all.n > 0) {
        struct str part = {all.p, all.n < piece ? all.n : piece};
        all.p += part.n;
        all.n -= part.n;
        enum gate_step step;
        do {
            step = gate_next(&g, &part);
            v.heads += step == GATE_HEAD;
            if (step == GATE_DONE) {
                v.done++;
                v.rest = all.n + part.n;
            }
            if (step == GATE_REFUSED) {
                if (g.status < 400 || g.status > 599 || g.why == NULL) {
                    abort();
                }
                v.status = g.status;
                struct str more = STR("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
                if (gate_next(&g, &more) != GATE_REFUSED) {
                    abort();
                }
                return v;
            }
        } while (step != GATE_MORE || part.n > 0);
    }
    return v;
}

/* The first head, by the simplest possible reading. */
static void look(struct str all)
{
    size_t end = 0;
    while (end + 4 <= all.n && memcmp(all.p + end, "\r\n\r\n", 4) != 0) {
        end++;
    }
    unsigned hosts = 0;
    for (size_t i = 0; i < end; i++) {
        if (all.p[i] == '\0' || (all.p[i] == '\n' && (i == 0 || all.p[i - 1] != '\r')) ||
            (all.p[i] == '\r' && all.p[i + 1] != '\n')) {
            abort();
        }
        hosts += i > 0 && all.p[i - 1] == '\n' && str_ieq(str_of(all.p + i, 5), STR("host:"));
    }
    if (hosts != 1 || end + 4 > HEADER_MAX) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str all = str_of(data, size);
    struct verdict whole = judge(all, size + 1);
    for (size_t piece = 1; piece < 8; piece += 3) {
        struct verdict parts = judge(all, piece);
        if (parts.heads != whole.heads || parts.done != whole.done ||
            parts.status != whole.status || parts.rest != whole.rest) {
            abort();
        }
    }
    if (whole.heads > 0) {
        look(all);
    }
    return 0;
}
