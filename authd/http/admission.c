/* See admission.h.  Must not know what a kind of work does. */
#include "http/admission.h"
#include <arpa/inet.h>
#include <string.h>
#include "base/rand.h"

/* Sixteenths of the stacks.  Together fifteen: the last is for the administrator's questions and
 * for refusals, which are tasks, too. */
static const unsigned shares[WORK_COUNT] = {
    [WORK_OTHER] = 16, /* of servers that do one thing only */
    [WORK_VITAL] = 1,  [WORK_TOKEN] = 8, [WORK_PAGE] = 3, [WORK_LOGIN] = 2, [WORK_PUSH] = 1,
};

#define WHOLE 16
#define PART_OF_ONE 8 /* of a share that is half full */
#define PART_TO_WAIT                                                                               \
    8 /* of the deadline: a flood slows down what was fast when it was measured                    \
       */
#define RETRY_MIN_S 1
#define SPREAD_MIN_S 3
#define SPREAD_MAX_S 60

void admission_init(struct admission *a, size_t stacks)
{
    memset(a, 0, sizeof(*a));
    for (size_t i = 0; i < WORK_COUNT; i++) {
        size_t cap = stacks * shares[i] / WHOLE;
        a->kinds[i].cap = cap > 0 ? cap : 1;
        LIST_INIT(&a->kinds[i].tickets);
    }
}

static void second_turn(struct admission *a, int64_t now_ms)
{
    int64_t second = now_ms / 1000;
    if (second == a->second) {
        return;
    }
    for (size_t i = 0; i < WORK_COUNT; i++) {
        struct admission_kind *k = &a->kinds[i];
        bool next = second == a->second + 1;
        k->admitted_last = next ? k->admitted : 0;
        k->refused_last = next ? k->refused : 0;
        k->admitted = k->refused = 0;
    }
    a->second = second;
}

static bool is_greedy(const struct admission_kind *k, uint64_t source)
{
    if (source == 0 || k->running * 2 < k->cap) {
        return false;
    }
    size_t most = k->cap / PART_OF_ONE > 0 ? k->cap / PART_OF_ONE : 1;
    size_t n = 0;
    const struct ticket *t;
    LIST_FOREACH(t, &k->tickets, link)
    {
        n += t->source == source;
    }
    return n >= most;
}

static enum admission_verdict judge(const struct admission_kind *k, uint64_t source,
                                    int64_t wait_ms, int64_t deadline_ms)
{
    if (k->running >= k->cap) {
        return REFUSED_FULL;
    }
    if (wait_ms > deadline_ms / PART_TO_WAIT) {
        return REFUSED_LATE;
    }
    return is_greedy(k, source) ? REFUSED_GREEDY : ADMITTED;
}

enum admission_verdict admission_take(struct admission *a, struct ticket *t, enum work work,
                                      uint64_t source, int64_t wait_ms, int64_t deadline_ms,
                                      int64_t now_ms)
{
    struct admission_kind *k = &a->kinds[work];
    second_turn(a, now_ms);
    enum admission_verdict v = judge(k, source, wait_ms, deadline_ms);
    if (v != ADMITTED) {
        k->refused++;
        return v;
    }
    k->admitted++;
    k->running++;
    *t = (struct ticket){.work = work, .source = source, .held = true};
    LIST_INSERT_HEAD(&k->tickets, t, link);
    return ADMITTED;
}

void admission_give(struct admission *a, struct ticket *t)
{
    if (t->held) {
        LIST_REMOVE(t, link);
        a->kinds[t->work].running--;
        t->held = false;
    }
}

size_t admission_others(const struct admission *a, enum work work)
{
    size_t n = 0;
    for (size_t i = 0; i < WORK_COUNT; i++) {
        n += i == work ? 0 : a->kinds[i].running;
    }
    return n;
}

unsigned admission_retry_s(const struct admission *a, enum work work, int64_t wait_ms)
{
    const struct admission_kind *k = &a->kinds[work];
    unsigned refused = k->refused > k->refused_last ? k->refused : k->refused_last;
    unsigned admitted = k->admitted > k->admitted_last ? k->admitted : k->admitted_last;
    /* So many seconds' work was refused in one: they come back over twice that time. */
    unsigned spread = 2 * refused / (admitted > 0 ? admitted : 1);
    spread = spread < SPREAD_MIN_S ? SPREAD_MIN_S : spread;
    spread = spread > SPREAD_MAX_S ? SPREAD_MAX_S : spread;
    unsigned wait_s = wait_ms > SPREAD_MAX_S * 1000 ? SPREAD_MAX_S : (unsigned)(wait_ms / 1000);
    return RETRY_MIN_S + wait_s + rand_below(spread + 1);
}

const char *admission_reason(enum admission_verdict v)
{
    switch (v) {
    case REFUSED_FULL:
        return "full";
    case REFUSED_LATE:
        return "late";
    case REFUSED_GREEDY:
        return "one address holds its part";
    default:
        return "";
    }
}

uint64_t admission_source(const char *address)
{
    struct in6_addr six;
    struct in_addr four;
    uint64_t out = 0;
    if (inet_pton(AF_INET, address, &four) == 1) {
        return (UINT64_C(1) << 32) | ntohl(four.s_addr);
    }
    if (inet_pton(AF_INET6, address, &six) == 1) {
        if (IN6_IS_ADDR_V4MAPPED(&six)) {
            uint32_t mapped;
            memcpy(&mapped, six.s6_addr + 12, sizeof(mapped));
            return (UINT64_C(1) << 32) | ntohl(mapped);
        }
        memcpy(&out, six.s6_addr, sizeof(out));
    }
    return out;
}
