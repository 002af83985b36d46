/* identity import: reads the file, puts its rows into batches, sets aside what was not taken, and
 * remembers how far all is acknowledged.
 *
 * Memory is the same for any length of file.  Whatever is killed, and whenever: what was
 * acknowledged is committed, and a second run finds it there.  Must not judge attributes, and must
 * not write a row of the file anywhere but into the rejects file. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "authctl/import_file.h"
#include "authctl/import_row.h"
#include "authctl/import_source.h"
#include "authctl/import_window.h"
#include "base/buf.h"
#include "base/clock.h"

#define ROW_JSON_MAX ((size_t)48 * 1024)
#define STATE_EVERY_MS 1000
#define BEGINNING_MAX 4096

struct import {
    struct arena *arena;
    const struct request *request;
    const char *file, *rejects_path, *state_path;
    bool dry_run, resume;
    struct import_source source;
    struct import_columns columns;
    struct import_rejects rejects;
    struct import_state state;
    struct import_window window;
    struct progress_load progress;
    uint64_t size; /* of the file; 0: not known */
    int64_t saved_ms;
};

static enum err save(struct import *m)
{
    if (m->dry_run) {
        return OK;
    }
    struct arena *a = arena_new(0);
    if (!a) {
        return fail(ERR_NO_MEMORY, "import: no memory");
    }
    m->state.rejects_bytes = m->rejects.bytes;
    enum err e = import_rejects_sync(&m->rejects);
    e = e == OK ? import_state_write(a, m->state_path, &m->state) : e;
    arena_free(a);
    m->saved_ms = clock_mono_ms();
    return e;
}

/* One row of an answered batch. */
static enum err settle(struct import *m, struct import_outgoing *b, const struct import_pending *p,
                       const json_t *outcomes)
{
    const json_t *outcome = str_is(p->trouble) ? NULL : json_array_get(outcomes, p->at);
    struct str reason = p->trouble;
    struct str word = STR("refused");
    m->state.rows++;
    if (json_is_string(outcome)) {
        word = str_of(json_string_value(outcome), json_string_length(outcome));
        reason = word;
    } else if (outcome) {
        word = json_member(outcome, "outcome");
        reason = json_member(outcome, "reason");
    }
    if (str_eqz(word, "added")) {
        m->state.added++;
        return OK;
    }
    if (str_eqz(word, "present")) {
        m->state.present++;
        return OK;
    }
    bool conflict = str_eqz(word, "conflict");
    m->state.conflicts += conflict;
    m->state.refused += !conflict;
    return import_rejects_add(b->arena, &m->rejects, p->line, reason, p->row);
}

static enum err finish_oldest(struct import *m)
{
    struct import_outgoing *b = import_oldest(&m->window);
    json_t *outcomes = NULL;
    TRY(import_answer(&m->window, m->state.rows > m->progress.rows_before, &outcomes));
    for (size_t i = 0; i < b->n; i++) {
        TRY(settle(m, b, &b->v[i], outcomes));
    }
    m->state.offset = b->offset;
    m->state.line = b->line;
    import_forget(&m->window);
    progress_load(&m->progress, m->state.rows, m->state.offset, m->size);
    return clock_mono_ms() - m->saved_ms > STATE_EVERY_MS ? save(m) : OK;
}

static void send_batch(struct import *m)
{
    struct import_outgoing *b = import_filling(&m->window);
    struct request ask = *m->request;
    b->offset = m->source.offset;
    b->line = m->source.line;
    ask.arguments = json_own(b->arena, json_object());
    json_object_set(ask.arguments, "ground", json_object_get(m->request->arguments, "ground"));
    json_object_set(ask.arguments, "rows", b->rows);
    if (m->dry_run) {
        json_object_set_new(ask.arguments, "dry-run", json_true());
    }
    b->request = ask_request(b->arena, &ask);
    import_send(&m->window);
}

/* Sends what is being filled and makes room for the next. */
static enum err next_batch(struct import *m)
{
    send_batch(m);
    while (import_is_full(&m->window)) {
        TRY(finish_oldest(m));
    }
    import_fill(&m->window);
    return OK;
}

static enum err row_of(struct import *m, struct arena *a, struct str record, json_t **out,
                       size_t *bytes)
{
    json_t *row;
    TRY(m->source.format == IMPORT_CSV ? import_row_csv(a, &m->columns, record, &row)
                                       : import_row_json(a, record, &row));
    size_t n = json_text(a, row).n;
    if (n > ROW_JSON_MAX) {
        return fail(ERR_LIMIT, "longer than a row may be");
    }
    *out = row;
    *bytes = n;
    return OK;
}

static enum err take_record(struct import *m, const struct import_record *record)
{
    struct import_outgoing *b = import_filling(&m->window);
    struct import_pending *p = &b->v[b->n++];
    json_t *row = NULL;
    size_t bytes;
    *p = (struct import_pending){.line = record->line, .row = str_dup(b->arena, record->text)};
    if (record->trouble) {
        p->trouble = str_from(record->trouble);
    } else if (row_of(m, b->arena, record->text, &row, &bytes) != OK) {
        p->trouble = str_dup(b->arena, str_from(err_reason()));
    } else {
        p->at = json_array_size(b->rows);
        b->bytes += bytes + 1;
        json_array_append(b->rows, row);
    }
    bool full = b->n == IMPORT_BATCH_ROWS || b->bytes + ROW_JSON_MAX > IMPORT_BATCH_BYTES;
    return full ? next_batch(m) : OK;
}

static enum err take_all(struct import *m)
{
    for (;;) {
        struct import_record record;
        enum err e = import_source_next(&m->source, &record);
        if (e == ERR_NOT_FOUND) {
            break;
        }
        TRY(e);
        TRY(take_record(m, &record));
    }
    send_batch(m);
    while (import_oldest(&m->window)) {
        TRY(finish_oldest(m));
    }
    return OK;
}

static enum err open_file(struct import *m, int *out)
{
    struct stat found;
    bool standard = !strcmp(m->file, "-");
    int fd = standard ? STDIN_FILENO : open(m->file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &found) != 0) {
        return fail(ERR_NOT_FOUND, "%s: cannot be opened: %s", m->file, strerror(errno));
    }
    if (S_ISDIR(found.st_mode)) {
        close(fd);
        return fail(ERR_INPUT, "%s: is a directory", m->file);
    }
    m->size = S_ISREG(found.st_mode) ? (uint64_t)found.st_size : 0;
    *out = fd;
    return OK;
}

static enum import_format format_of(const struct import *m, enum import_format guess)
{
    struct str said = json_member(m->request->arguments, "format");
    struct str name = str_from(m->file);
    if (str_is(said)) {
        return str_eqz(said, "csv") ? IMPORT_CSV : IMPORT_JSONL;
    }
    if (str_ends(name, STR(".csv"))) {
        return IMPORT_CSV;
    }
    return str_ends(name, STR(".jsonl")) || str_ends(name, STR(".ndjson")) ? IMPORT_JSONL : guess;
}

/* A file is known again by its beginning. */
static struct sha256 beginning(const struct import_source *s)
{
    size_t n = s->end - s->begin;
    return sha256(str_of(s->buffer + s->begin, n < BEGINNING_MAX ? n : BEGINNING_MAX));
}

static enum err resume(struct import *m, const struct import_state *before)
{
    if (memcmp(before->beginning.b, m->state.beginning.b, sizeof before->beginning.b) != 0) {
        return fail(ERR_CONFLICT, "%s is of the import of another file", m->state_path);
    }
    m->state = *before;
    return import_source_skip(&m->source, before->offset, before->line);
}

static enum err begin(struct import *m, const struct import_state *before)
{
    enum import_format guess;
    TRY(import_source_begin(&m->source, &guess));
    m->source.format = format_of(m, guess);
    m->state.beginning = beginning(&m->source);
    if (m->source.format == IMPORT_CSV) {
        struct import_record header;
        enum err e = import_source_next(&m->source, &header);
        if (e == ERR_NOT_FOUND) {
            return fail(ERR_INPUT, "%s: is empty; the first line names the columns", m->file);
        }
        TRY(e);
        if (header.trouble) {
            return fail(ERR_INPUT, "%s: its first line: %s", m->file, header.trouble);
        }
        TRY(import_columns_read(m->arena, header.text, &m->columns));
    }
    m->state.offset = m->source.offset;
    m->state.line = m->source.line;
    if (before) {
        TRY(resume(m, before));
    }
    if (m->dry_run && !str_is(json_member(m->request->arguments, "rejects"))) {
        (void)unlink(m->rejects_path); /* of the dry run before; never a file that was named */
    }
    TRY(import_rejects_begin(&m->rejects, m->rejects_path, before != NULL, m->state.rejects_bytes));
    m->progress = (struct progress_load){.what = "rows",
                                         .started_ms = clock_mono_ms(),
                                         .shown_ms = clock_mono_ms(),
                                         .from = m->state.offset,
                                         .rows_before = m->state.rows};
    m->saved_ms = clock_mono_ms();
    return save(m);
}

static enum err with_file(struct import *m, int fd)
{
    struct import_state before;
    bool resumed = false;
    if (m->resume) {
        enum err e = import_state_read(m->arena, m->state_path, &before);
        resumed = e == OK;
        if (e != OK && e != ERR_NOT_FOUND) { /* nothing to go on with: from the beginning */
            return e;
        }
    }
    import_source_init(&m->source, fd, arena_alloc(m->arena, IMPORT_BUFFER_SIZE));
    TRY(begin(m, resumed ? &before : NULL));
    import_fill(&m->window);
    enum err e = take_all(m);
    struct str reason = str_dup(m->arena, str_from(err_reason()));
    if (e != OK) {
        progress_end();
        if (m->dry_run) {
            return fail(e, "%.*s", STR_FMT(reason));
        }
        (void)save(m);
        return fail(e, "%.*s; %llu rows are done: the same command with --resume goes on there",
                    STR_FMT(reason), (unsigned long long)m->state.rows);
    }
    TRY(import_rejects_sync(&m->rejects));
    if (!m->dry_run && unlink(m->state_path) != 0 && errno != ENOENT) {
        return fail(ERR_INPUT, "%s: cannot be removed: %s", m->state_path, strerror(errno));
    }
    return OK;
}

static json_t *summary(const struct import *m)
{
    const struct import_state *s = &m->state;
    double seconds = (double)(clock_mono_ms() - m->progress.started_ms + 1) / 1000;
    uint64_t aside = s->conflicts + s->refused;
    json_t *answer = json_own(m->arena, json_object());
    const struct {
        const char *name;
        uint64_t value;
    } numbers[] = {
        {"read", s->rows},
        {m->dry_run ? "would_be_added" : "added", s->added},
        {"present", s->present},
        {"conflicts", s->conflicts},
        {"refused", s->refused},
        {"set_aside", aside},
        {"rows_a_second", (uint64_t)((double)(s->rows - m->progress.rows_before) / seconds)},
        {"seconds", (uint64_t)seconds},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        json_object_set_new(answer, numbers[i].name, json_integer((json_int_t)numbers[i].value));
    }
    json_object_set_new(answer, "rejects", aside ? json_string(m->rejects_path) : json_null());
    return answer;
}

static enum err paths(struct import *m)
{
    struct arena *a = m->arena;
    struct str given = json_member(m->request->arguments, "file");
    struct str rejects = json_member(m->request->arguments, "rejects");
    if (!str_is(given) && isatty(STDIN_FILENO)) {
        return fail(ERR_INPUT, "identity import: give a file, or - for standard input");
    }
    m->file = str_is(given) ? str_z(a, given) : "-";
    const char *base = strcmp(m->file, "-") != 0 ? m->file : "import";
    if (!str_is(rejects)) {
        rejects = str_fmt(a, "%s%s.rejected", base, m->dry_run ? ".dry-run" : "");
    }
    m->rejects_path = str_z(a, rejects);
    m->state_path = str_z(a, str_fmt(a, "%.*s.state", STR_FMT(rejects)));
    return ask_socket_path(a, m->request, &m->window.socket_path);
}

static enum err with_batches(struct import *m, json_t **result)
{
    int fd;
    TRY(paths(m));
    TRY(open_file(m, &fd));
    enum err e = with_file(m, fd);
    import_rejects_end(&m->rejects);
    if (fd != STDIN_FILENO) {
        close(fd);
    }
    TRY(e);
    *result = summary(m);
    return OK;
}

enum err local_import(struct arena *a, const struct request *r, json_t **result)
{
    struct import m = {
        .arena = a,
        .request = r,
        .dry_run = json_is_true(json_object_get(r->arguments, "dry-run")),
        .resume = json_is_true(json_object_get(r->arguments, "resume")),
        .rejects = {.fd = -1},
    };
    enum err e = import_window_init(&m.window);
    if (e == OK && m.dry_run && m.resume) {
        e = fail(ERR_INPUT, "identity import: a dry run leaves nothing to --resume");
    }
    if (e == OK) {
        e = with_batches(&m, result);
    }
    import_window_done(&m.window);
    return e;
}
