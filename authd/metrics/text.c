/* See text.h.  What is zero in every process is left out, except counters of events: an alert on a
 * counter that was never there would stay silent at its first increase. */
#include "metrics/text.h"

#include <string.h>

static const int64_t bounds[] = BOARD_BOUNDS_US;

static uint64_t read_of(const _Atomic uint64_t *from)
{
    return atomic_load_explicit(from, memory_order_relaxed);
}

static bool is_used(const struct board_slot *s)
{
    return atomic_load_explicit(&s->used, memory_order_acquire) != 0;
}

static void head(struct buf *out, const char *name, const char *help, const char *type)
{
    buf_fmt(out, "# HELP authd_%s %s\n# TYPE authd_%s %s\n", name, help, name, type);
}

static void put_events(struct buf *out, const struct board_slot *slots)
{
    head(out, "events_total", "lines of the log by event, see authd(8)", "counter");
    for (enum log_event_name e = 0; e < LOG_EVENT_COUNT; e++) {
        uint64_t sum = 0;
        for (size_t i = 0; i < BOARD_SLOTS_MAX; i++) {
            sum += is_used(&slots[i]) ? read_of(&slots[i].events[e]) : 0;
        }
        buf_fmt(out, "authd_events_total{event=\"%s\"} %llu\n", log_event_text(e),
                (unsigned long long)sum);
    }
}

struct sums {
    uint64_t status[BOARD_STATUS_CLASSES], bucket[BOARD_BUCKETS], sum_us, count;
};

static struct sums route_sums(const struct board_slot *slots, size_t route)
{
    struct sums s = {0};
    for (size_t i = 0; i < BOARD_SLOTS_MAX; i++) {
        if (!is_used(&slots[i])) {
            continue;
        }
        const struct board_route *r = &slots[i].routes[route];
        for (size_t k = 0; k < BOARD_STATUS_CLASSES; k++) {
            s.status[k] += read_of(&r->status[k]);
        }
        for (size_t k = 0; k < BOARD_BUCKETS; k++) {
            s.bucket[k] += read_of(&r->bucket[k]);
            s.count += read_of(&r->bucket[k]);
        }
        s.sum_us += read_of(&r->sum_us);
    }
    return s;
}

static void put_requests(struct buf *out, const struct board_slot *slots, const char *const *routes,
                         size_t n)
{
    head(out, "http_requests_total", "answered requests", "counter");
    for (size_t i = 0; i < n; i++) {
        struct sums s = route_sums(slots, i);
        for (size_t k = 1; k < BOARD_STATUS_CLASSES; k++) {
            if (s.status[k] != 0) {
                buf_fmt(out, "authd_http_requests_total{route=\"%s\",status=\"%zuxx\"} %llu\n",
                        routes[i], k, (unsigned long long)s.status[k]);
            }
        }
    }
    head(out, "http_request_seconds", "from the complete request to its answer", "histogram");
    for (size_t i = 0; i < n; i++) {
        struct sums s = route_sums(slots, i);
        uint64_t below = 0;
        if (s.count == 0) {
            continue;
        }
        for (size_t k = 0; k < BOARD_BUCKETS - 1; k++) {
            below += s.bucket[k];
            buf_fmt(out, "authd_http_request_seconds_bucket{route=\"%s\",le=\"%g\"} %llu\n",
                    routes[i], (double)bounds[k] / 1e6, (unsigned long long)below);
        }
        buf_fmt(out, "authd_http_request_seconds_bucket{route=\"%s\",le=\"+Inf\"} %llu\n",
                routes[i], (unsigned long long)s.count);
        buf_fmt(out, "authd_http_request_seconds_sum{route=\"%s\"} %.6f\n", routes[i],
                (double)s.sum_us / 1e6);
        buf_fmt(out, "authd_http_request_seconds_count{route=\"%s\"} %llu\n", routes[i],
                (unsigned long long)s.count);
    }
}

struct gauge_text {
    const char *name, *label, *help;
    int decimals;
};
static const struct gauge_text gauges[BOARD_GAUGE_COUNT] = {
#define X(name, text, label, help, decimals) {text, label, help, decimals},
    BOARD_GAUGES(X)
#undef X
};

/* What a process wrote of itself, and a hijacked one may be writing now: copied, and only a word,
 * so that it ends no quotes and begins no line. */
static struct str role_of(struct arena *a, const struct board_slot *s)
{
    char word[sizeof s->role];
    size_t n = 0;
    memcpy(word, s->role, sizeof word);
    while (n < sizeof word && word[n] >= 'a' && word[n] <= 'z') {
        n++;
    }
    return str_dup(a, str_of(word, n));
}

static void put_gauge(struct buf *out, const struct board_slot *slots, enum board_gauge g)
{
    const struct gauge_text *t = &gauges[g];
    for (size_t i = 0; i < BOARD_SLOTS_MAX; i++) {
        const struct board_slot *s = &slots[i];
        if (!is_used(s) || !(read_of(&s->gauge_set) & (UINT64_C(1) << g))) {
            continue;
        }
        struct str role = role_of(out->arena, s);
        int64_t value = atomic_load_explicit(&s->gauge[g], memory_order_relaxed);
        buf_fmt(out, "authd_%s{process=\"%.*s\",number=\"%u\"%s%s} %.*f\n", t->name, STR_FMT(role),
                (unsigned)s->number, t->label[0] != '\0' ? "," : "", t->label, t->decimals,
                (double)value / (t->decimals == 3 ? 1000 : 1));
    }
}

void metrics_text(struct buf *out, const struct board_slot *slots, const char *const *routes,
                  size_t n)
{
    put_events(out, slots);
    put_requests(out, slots, routes, n < BOARD_ROUTES_MAX ? n : BOARD_ROUTES_MAX);
    for (enum board_gauge g = 0; g < BOARD_GAUGE_COUNT; g++) {
        if (g == 0 || strcmp(gauges[g].name, gauges[g - 1].name) != 0) {
            head(out, gauges[g].name, gauges[g].help, "gauge");
        }
        put_gauge(out, slots, g);
    }
}
