/* erasures check, erasures replay: the ledger of erasures as a file, judged here, because only who
 * may read its key can.  Replaying sends what stands in it to the daemon, in order; who is erased
 * already stays so.  Must not write to the ledger. */
#include "authctl/authctl.h"

#include <stdio.h>
#include <string.h>

#include "base/ct.h"
#include "config/config.h"
#include "ledger/ledger.h"

#define ROWS_AT_ONCE 200

struct reading {
    struct arena *arena, *batch;
    const struct request *request;
    const char *socket_path;
    struct ledger ledger;
    struct ledger_line last;
    json_t *rows; /* NULL: only looked at */
    int64_t erased;
};

static enum err send(struct reading *r)
{
    struct request ask = *r->request;
    json_t *result = NULL;
    bool reached;
    if (json_array_size(r->rows) == 0) {
        return OK;
    }
    ask.arguments = json_own(r->batch, json_object());
    json_object_set(ask.arguments, "rows", r->rows);
    TRY(socket_ask(r->batch, r->socket_path, ask_request(r->batch, &ask), &result, &reached));
    r->erased += json_integer_value(json_object_get(result, "erased"));
    arena_reset(r->batch);
    r->rows = json_own(r->batch, json_array());
    return OK;
}

static enum err line(struct reading *r, struct str text)
{
    TRY(ledger_read(&r->ledger, text, &r->last));
    if (r->rows == NULL || r->last.number == 0) {
        return OK;
    }
    json_t *row = json_object();
    json_object_set_new(row, "number", json_integer((json_int_t)r->last.number));
    json_object_set_new(row, "at", json_integer((json_int_t)r->last.at));
    json_object_set_new(row, "id", json_string(r->last.id));
    json_array_append_new(r->rows, row);
    return json_array_size(r->rows) == ROWS_AT_ONCE ? send(r) : OK;
}

static enum err read_all(struct reading *r, const char *path, const uint8_t *key)
{
    char text[LEDGER_LINE_MAX + 2];
    FILE *from = fopen(path, "re");
    if (from == NULL) {
        return fail(ERR_NOT_FOUND, "the ledger of erasures %s can't be read", path);
    }
    ledger_begin(&r->ledger, key);
    r->last = (struct ledger_line){0};
    enum err e = OK;
    while (e == OK && fgets(text, sizeof text, from) != NULL) {
        size_t n = strlen(text);
        e = n > 0 && text[n - 1] == '\n'
                ? line(r, str_of(text, n - 1))
                : fail(ERR_INPUT, "%s ends within a line, or one is too long", path);
    }
    fclose(from);
    if (e == OK && r->ledger.lines == 0) {
        e = fail(ERR_INPUT, "%s is empty", path);
    }
    return e == OK && r->rows != NULL ? send(r) : e;
}

/* Is it as long as the operator knows it was? */
static enum err head_check(const struct reading *r, struct str wanted, const char *head)
{
    return !str_is(wanted) || str_eqz(wanted, head)
               ? OK
               : fail(ERR_CONFLICT,
                      "the ledger ends with erasure %llu and head %s, which is not the one given: "
                      "it was shortened, or is an older copy",
                      (unsigned long long)r->last.number, head);
}

static enum err with_config(struct reading *r, const struct config *c, bool replay, json_t **result)
{
    uint8_t key[LEDGER_KEY_SIZE];
    char head[LEDGER_MAC_HEX];
    struct str hex, file = json_member(r->request->arguments, "file");
    if (c->erasures_ledger_file[0] == '\0') {
        return fail(ERR_CONFLICT, "no ledger of erasures is configured: erasures.ledger_file");
    }
    const char *path = str_is(file) ? str_z(r->arena, file) : c->erasures_ledger_file;
    TRY(config_secret(r->arena, c->erasures_key_file, &hex));
    TRY(ledger_key_read(hex, key));
    TRY(read_all(r, path, key)); /* the whole of it is believed before anybody is erased */
    ledger_head(&r->ledger, head);
    TRY(head_check(r, json_member(r->request->arguments, "head"), head));
    if (replay) {
        r->rows = json_own(r->batch, json_array());
        TRY(read_all(r, path, key));
    }
    ct_wipe(key, sizeof key);
    json_t *answer = json_own(r->arena, json_object());
    json_object_set_new(answer, "erasures", json_integer((json_int_t)r->last.number));
    json_object_set_new(answer, "last_at", json_integer((json_int_t)r->last.at));
    json_object_set_new(answer, "head", json_string(head));
    if (replay) {
        json_object_set_new(answer, "erased", json_integer((json_int_t)r->erased));
    }
    *result = answer;
    return OK;
}

static enum err run(struct arena *a, const struct request *request, bool replay, json_t **result)
{
    struct config *c;
    struct reading r = {.arena = a, .request = request, .batch = arena_new(0)};
    if (r.batch == NULL) {
        return fail(ERR_NO_MEMORY, "erasures");
    }
    enum err e = config_read_options(request->config_path, &c);
    if (e == OK) {
        e = ask_socket_path(a, request, &r.socket_path);
        e = e == OK ? with_config(&r, c, replay, result) : e;
        config_free(c);
    }
    ct_wipe(&r.ledger, sizeof r.ledger);
    arena_free(r.batch);
    return e;
}

enum err local_erasures_check(struct arena *a, const struct request *r, json_t **result)
{
    return run(a, r, false, result);
}

enum err local_erasures_replay(struct arena *a, const struct request *r, json_t **result)
{
    return run(a, r, true, result);
}
