/* Writes the log: builds one line on the stack and hands it to the kernel in one write(2), so that
 * lines of several processes never mix.  Must not allocate (it speaks when memory is out) and must
 * not fail loudly: a log that can't be written is no reason to stop issuing tokens. */
#include "log/log.h"
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_SIZE 4096 /* PIPE_BUF: a pipe takes it whole or not at all */
#define VALUE_MAX 512  /* bytes of one value; longer ones end in "..." */

static struct {
    enum log_format format;
    enum log_level level;
    char process[24];
    struct str request_id;
    _Atomic uint64_t *counts;
} settings = {LOG_KEY_VALUE, LOG_INFO, "authd", {NULL, 0}, NULL};

struct line {
    char p[LINE_SIZE];
    size_t n;
    bool json;
};

static const char *const level_names[] = {"error", "warn", "info", "debug"};

static const char *const event_names[LOG_EVENT_COUNT] = {
#define X(name, text, meaning) text,
    LOG_EVENTS(X)
#undef X
};

const char *log_event_text(enum log_event_name event)
{
    return (unsigned)event < LOG_EVENT_COUNT ? event_names[event] : "unknown";
}

void log_configure(enum log_format format, enum log_level level, const char *process, int number)
{
    settings.format = format;
    settings.level = level;
    if (number >= 0) {
        snprintf(settings.process, sizeof(settings.process), "%s.%d", process, number);
    } else {
        snprintf(settings.process, sizeof(settings.process), "%s", process);
    }
}

void log_count(_Atomic uint64_t *counts)
{
    settings.counts = counts;
}

static void count(enum log_event_name event)
{
    if (settings.counts != NULL && (unsigned)event < LOG_EVENT_COUNT) {
        atomic_fetch_add_explicit(&settings.counts[event], 1, memory_order_relaxed);
    }
}

void log_request_set(struct str request_id)
{
    settings.request_id = request_id;
}

/* Two bytes are kept for the end of the line. */
static void put(struct line *l, const char *p, size_t n)
{
    size_t room = LINE_SIZE - 2 - l->n;
    if (n > room) {
        n = room;
    }
    memcpy(l->p + l->n, p, n);
    l->n += n;
}

static void put_z(struct line *l, const char *z)
{
    put(l, z, strlen(z));
}

static void put_escape(struct line *l, unsigned char c)
{
    char text[8];
    if (c == '"' || c == '\\') {
        text[0] = '\\';
        text[1] = (char)c;
        text[2] = '\0';
    } else {
        snprintf(text, sizeof(text), "\\u%04x", c);
    }
    put_z(l, text);
}

/* Bytes of the well-formed, harmless character at p; 0 when it must be escaped.  C1 controls, line
 * and paragraph separators and bidirectional overrides could make a line read as something else. */
static size_t harmless(const char *p, size_t n)
{
    unsigned char c = (unsigned char)p[0];
    if (c < 0x80) {
        return c >= 0x20 && c != 0x7f && c != '"' && c != '\\';
    }
    size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : 2;
    if (length > n || !str_utf8(str_of(p, length))) {
        return 0;
    }
    if (c == 0xC2 && (unsigned char)p[1] < 0xA0) {
        return 0;
    }
    if (c == 0xE2 && ((unsigned char)p[1] == 0x80 || (unsigned char)p[1] == 0x81)) {
        unsigned char last = (unsigned char)p[2];
        if ((unsigned char)p[1] == 0x80 ? last >= 0xA8 && last <= 0xAE
                                        : last >= 0xA6 && last <= 0xA9) {
            return 0;
        }
    }
    return length;
}

static void put_quoted(struct line *l, struct str s)
{
    size_t end = s.n > VALUE_MAX ? VALUE_MAX : s.n;
    put(l, "\"", 1);
    for (size_t i = 0; i < end;) {
        size_t length = harmless(s.p + i, s.n - i);
        if (length == 0) {
            put_escape(l, (unsigned char)s.p[i]);
            i++;
        } else {
            put(l, s.p + i, length);
            i += length;
        }
    }
    if (end < s.n) {
        put(l, "...", 3);
    }
    put(l, "\"", 1);
}

/* May a value stand without quotes? */
static bool is_plain(struct str s)
{
    if (s.n == 0 || s.n > VALUE_MAX) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c <= ' ' || c == '=' || c == '"' || c == '\\' || c > '~') {
            return false;
        }
    }
    return true;
}

static void put_key(struct line *l, const char *key)
{
    if (l->json) {
        put_z(l, l->n == 1 ? "\"" : ",\"");
        put_z(l, key);
        put_z(l, "\":");
    } else {
        put_z(l, l->n == 0 ? "" : " ");
        put_z(l, key);
        put_z(l, "=");
    }
}

/* Bytes a value needs between its quotes. */
static size_t quoted_size(struct str s)
{
    size_t size = 0;
    for (size_t i = 0; i < s.n && i < VALUE_MAX;) {
        size_t length = harmless(s.p + i, s.n - i);
        size += length == 0 ? 6 : length;
        i += length == 0 ? 1 : length;
    }
    return size;
}

/* A field that does not fit is left out whole, so that JSON stays JSON. */
static bool fits(const struct line *l, const char *key, size_t size)
{
    return l->n + strlen(key) + size + 16 <= LINE_SIZE;
}

static void put_text(struct line *l, const char *key, struct str value)
{
    bool plain = !l->json && is_plain(value);
    if (!fits(l, key, plain ? value.n : quoted_size(value))) {
        return;
    }
    put_key(l, key);
    if (plain) {
        put(l, value.p, value.n);
    } else {
        put_quoted(l, value);
    }
}

static void put_number(struct line *l, const char *key, int64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%lld", (long long)value);
    if (!fits(l, key, (size_t)n)) {
        return;
    }
    put_key(l, key);
    put(l, text, (size_t)n);
}

/* The text of a second is made once. */
static void put_time(struct line *l)
{
    static time_t second = -1;
    static char whole[24];
    struct timespec now;
    char text[40];
    clock_gettime(CLOCK_REALTIME, &now);
    if (now.tv_sec != second) {
        struct tm parts;
        gmtime_r(&now.tv_sec, &parts);
        strftime(whole, sizeof(whole), "%Y-%m-%dT%H:%M:%S", &parts);
        second = now.tv_sec;
    }
    snprintf(text, sizeof(text), "%s.%03ldZ", whole, now.tv_nsec / 1000000);
    put_text(l, "time", str_from(text));
}

static void line_begin(struct line *l, enum log_level level, enum log_event_name event)
{
    l->n = 0;
    l->json = settings.format == LOG_JSON;
    if (l->json) {
        put(l, "{", 1);
    }
    put_time(l);
    put_text(l, "level", str_from(level_names[level]));
    put_text(l, "process", str_from(settings.process));
    put_text(l, "event", str_from(log_event_text(event)));
    if (str_is(settings.request_id)) {
        put_text(l, "request", settings.request_id);
    }
}

static void line_fields(struct line *l, const struct log_field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (fields[i].is_number) {
            put_number(l, fields[i].key, fields[i].number);
        } else if (fields[i].text.p != NULL) {
            put_text(l, fields[i].key, fields[i].text);
        }
    }
}

static void line_end(struct line *l)
{
    if (l->json) {
        l->p[l->n++] = '}';
    }
    l->p[l->n++] = '\n';
    ssize_t written = write(STDERR_FILENO, l->p, l->n);
    (void)written;
}

void log_write(enum log_level level, enum log_event_name event, const struct log_field *fields,
               size_t n)
{
    count(event);
    if (level > settings.level) {
        return;
    }
    struct line l;
    line_begin(&l, level, event);
    line_fields(&l, fields, n);
    line_end(&l);
}

void log_write_failure(enum log_level level, enum log_event_name event, enum err kind,
                       const struct log_field *fields, size_t n)
{
    count(event);
    if (level > settings.level) {
        return;
    }
    struct line l;
    line_begin(&l, level, event);
    line_fields(&l, fields, n);
    put_text(&l, "err", str_from(err_name(kind)));
    put_text(&l, "reason", str_from(err_reason()));
    put_text(&l, "place", str_from(err_place()));
    line_end(&l);
}
