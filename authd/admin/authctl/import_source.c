/* See import_source.h.  A quote that is never closed would swallow the file: then only the first
 * line is given up, and reading goes on with the next. */
#include "authctl/import_source.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* Goes on until the record ends, or the bytes do. */
/* spec: RFC 4180 §2 MUST: a quoted field may hold line ends, commas and doubled quotes */
static void search(struct import_search *c, struct str bytes)
{
    for (size_t i = 0; i < bytes.n; i++, c->at++) {
        char byte = bytes.p[i];
        if (c->quoted && byte == '\n') {
            c->at++;
            return; /* see csv_end */
        }
        if (c->quoted && byte == '"') {
            if (i + 1 == bytes.n) {
                return; /* what it means, the next byte tells */
            }
            bool doubled = bytes.p[i + 1] == '"';
            i += doubled;
            c->at += doubled;
            c->quoted = doubled;
        } else if (!c->quoted && byte == '\n') {
            c->end = ++c->at;
            return;
        } else if (!c->quoted) {
            c->quoted = byte == '"' && c->at_field; /* elsewhere a fault of this record alone */
            c->at_field = byte == ',';
        }
    }
}

/* Length of the first record with its line end; 0: it does not end here.  A search passes line ends
 * only inside quotes.  So where one that began further on comes to such a line end, the earlier one
 * was there in the same state, and what it found holds for both. */
static size_t csv_end(struct import_source *s, struct str bytes)
{
    const struct import_search before = s->search;
    struct import_search c = {.from = s->offset, .at = s->offset, .at_field = true};
    if (before.from == s->offset && before.at > s->offset) {
        c = before;
    }
    while (c.end == 0 && c.at - s->offset < bytes.n) {
        uint64_t at = c.at;
        search(&c, str_of(bytes.p + (at - s->offset), bytes.n - (size_t)(at - s->offset)));
        if (c.at == at) {
            break;
        }
        s->searched += c.at - at;
        if (c.end == 0 && c.at > before.from && c.at < before.at) {
            c = before;
            c.from = s->offset;
        }
    }
    s->search = c;
    return (size_t)(c.end == 0 ? 0 : c.end - s->offset);
}

void import_source_init(struct import_source *s, int fd, char *buffer)
{
    *s = (struct import_source){.fd = fd, .buffer = buffer, .line = 1};
}

/* Until the buffer is full or the file is over: what ends a record may stand anywhere in it. */
static enum err fill(struct import_source *s)
{
    memmove(s->buffer, s->buffer + s->begin, s->end - s->begin);
    s->end -= s->begin;
    s->begin = 0;
    while (!s->at_end && s->end < IMPORT_BUFFER_SIZE) {
        ssize_t n = read(s->fd, s->buffer + s->end, IMPORT_BUFFER_SIZE - s->end);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return fail(ERR_INPUT, "import: cannot be read: %s", strerror(errno));
        }
        s->at_end = n == 0;
        s->end += (size_t)n;
    }
    return OK;
}

static struct str rest(const struct import_source *s)
{
    return str_of(s->buffer + s->begin, s->end - s->begin);
}

static void take(struct import_source *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        s->line += s->buffer[s->begin + i] == '\n';
    }
    s->begin += n;
    s->offset += n;
}

enum err import_source_begin(struct import_source *s, enum import_format *guess)
{
    enum err e = fill(s);
    if (e != OK) {
        return e;
    }
    if (str_starts(rest(s), STR("\xef\xbb\xbf"))) {
        take(s, 3);
    }
    struct str text = rest(s);
    size_t i = 0;
    while (i < text.n && strchr(" \t\r\n", text.p[i]) && text.p[i]) {
        i++;
    }
    *guess = i < text.n && text.p[i] == '{' ? IMPORT_JSONL : IMPORT_CSV;
    return OK;
}

static size_t line_end(struct str bytes)
{
    size_t at = str_find(bytes, '\n');
    return at < bytes.n ? at + 1 : 0;
}

/* A line too long for the buffer: its rest is read and dropped. */
static enum err drop_line(struct import_source *s)
{
    for (;;) {
        size_t n = line_end(rest(s));
        if (n || s->at_end) {
            take(s, n ? n : s->end - s->begin);
            return OK;
        }
        take(s, s->end - s->begin);
        enum err e = fill(s);
        if (e != OK) {
            return e;
        }
    }
}

static struct str without_line_end(struct str text)
{
    if (text.n && text.p[text.n - 1] == '\n') {
        text.n--;
        text.n -= text.n && text.p[text.n - 1] == '\r';
    }
    return text;
}

/* No record ends within what one may be long: its first line is given up. */
static enum err give_up(struct import_source *s, struct import_record *out)
{
    size_t n = line_end(rest(s));
    if (n && n <= IMPORT_RECORD_MAX) {
        out->trouble = "a quote is not closed";
        out->text = without_line_end(str_of(s->buffer + s->begin, n));
        take(s, n);
        return OK;
    }
    out->trouble = "longer than a row may be";
    out->text = STR(""); /* its beginning goes with the dropping */
    return drop_line(s);
}

static size_t record_end(struct import_source *s)
{
    return s->format == IMPORT_CSV ? csv_end(s, rest(s)) : line_end(rest(s));
}

static enum err one(struct import_source *s, struct import_record *out)
{
    size_t n = record_end(s);
    if (!n && !s->at_end && s->end - s->begin <= IMPORT_RECORD_MAX) {
        enum err e = fill(s);
        if (e != OK) {
            return e;
        }
        n = record_end(s);
    }
    if (!n && s->begin == s->end) {
        return fail(ERR_NOT_FOUND, "import: the end");
    }
    *out = (struct import_record){.line = s->line};
    if (!n && s->at_end && s->end - s->begin <= IMPORT_RECORD_MAX &&
        (s->format == IMPORT_JSONL || !line_end(rest(s)))) {
        n = s->end - s->begin; /* the last one may lack its line end */
    }
    if (!n || n > IMPORT_RECORD_MAX) {
        return give_up(s, out);
    }
    out->text = without_line_end(str_of(s->buffer + s->begin, n));
    take(s, n);
    return OK;
}

enum err import_source_next(struct import_source *s, struct import_record *out)
{
    do {
        enum err e = one(s, out);
        if (e != OK) {
            return e;
        }
    } while (!out->trouble && !out->text.n);
    return OK;
}

enum err import_source_skip(struct import_source *s, uint64_t offset, uint64_t line)
{
    if (offset < s->offset) {
        return fail(ERR_INPUT, "import: the state lies before what was read");
    }
    if (offset - s->offset > s->end - s->begin && lseek(s->fd, 0, SEEK_CUR) >= 0) {
        off_t size = lseek(s->fd, 0, SEEK_END);
        if (size < 0 || (uint64_t)size < offset ||
            lseek(s->fd, (off_t)offset, SEEK_SET) != (off_t)offset) {
            return fail(ERR_INPUT, "import: the file is shorter than when it was interrupted");
        }
        s->begin = s->end = 0;
        s->offset = offset;
        s->at_end = false;
    }
    while (s->offset < offset) {
        uint64_t left = offset - s->offset;
        size_t there = s->end - s->begin;
        take(s, left < there ? (size_t)left : there);
        enum err e = fill(s);
        if (e != OK) {
            return e;
        }
        if (s->offset < offset && s->at_end && s->begin == s->end) {
            return fail(ERR_INPUT, "import: the file is shorter than when it was interrupted");
        }
    }
    s->line = line;
    s->search = (struct import_search){0};
    return OK;
}
