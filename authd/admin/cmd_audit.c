/* audit list: what happened.  Who reads about a person, opens addresses or wants to see whose
 * entries they are, says why, and that is written before anything is shown; a person asked for sees
 * it among what was done with the identity.  Without a reason the entries are nobody's: else a span
 * of time would tell about everybody, unseen. */
#include "admin/commands.h"

#include "base/clock.h"
#include "peer/signer_client.h"
#include "signer/handle.h"

#define LIMIT_USUAL 100
#define LIMIT_MAX 1000
#define ADDRESSES_MAX 50
#define DAY_S 86400

/* The filter, and whose entries they are: *person is zero when they are nobody's in particular. */
static enum err filter_read(struct call *c, struct audit_filter *f, struct uuid *person,
                            struct uuid *request)
{
    int64_t limit = call_number(c, "limit", LIMIT_USUAL);
    struct str since = call_text(c, "since"), until = call_text(c, "until");
    struct str by_request = call_text(c, "request");
    *f = (struct audit_filter){.client_id = call_text(c, "client"), .event = call_text(c, "event")};
    *person = (struct uuid){{0}};
    if (limit < 1 || limit > LIMIT_MAX) {
        return fail(ERR_INPUT, "audit list: --limit is between 1 and %d", LIMIT_MAX);
    }
    if (str_is(f->event) && !audit_event_exists(f->event)) {
        return fail(ERR_INPUT, "audit list: there is no event \"%.*s\"; docs/logs.md has them all",
                    STR_FMT(f->event));
    }
    if (str_is(by_request)) {
        if (uuid_read(by_request, request) != OK) {
            return fail(ERR_INPUT,
                        "audit list: --request is the id of a request, as the log has it");
        }
        f->request = request;
    }
    if (str_is(call_text(c, "id")) || str_is(call_text(c, "personal-number"))) {
        TRY(call_identity(c, person));
        f->subject = person;
    }
    if (f->request != NULL && f->subject != NULL) {
        return fail(ERR_INPUT, "audit list: either a person or a request");
    }
    if (str_is(since)) {
        TRY(answer_time_read(since, &f->since));
    } else if (f->request == NULL && f->subject == NULL) {
        f->since = clock_now_s() - DAY_S;
    }
    if (str_is(until)) {
        TRY(answer_time_read(until, &f->until));
    }
    f->limit = (uint32_t)limit;
    return OK;
}

/* Written first, so that nothing is seen unseen. */
static enum err reading_is_told(struct call *c, const struct audit_filter *f, bool addresses,
                                struct str reason)
{
    struct audit entry = call_audit(c, AUDIT_READ, f->subject);
    if (!str_is(reason)) {
        return fail(ERR_INPUT,
                    "audit list: reading about a person, or addresses, wants a --reason");
    }
    entry.client_id = f->client_id;
    entry.ground = reason;
    entry.detail = addresses ? STR("{\"addresses\":true}") : STR("{\"addresses\":false}");
    return store_audit_write(c->task, c->admin->db, &entry);
}

static enum err address(struct call *c, struct str sealed, struct str reason, json_t *row)
{
    struct signer_address_open ask = {c->operator_name, reason, sealed};
    struct signer_address_opened opened;
    if (!str_is(sealed)) {
        return OK;
    }
    TRY(ask_address_open(c->task, c->admin->process->signers, &ask, &opened));
    json_object_set_new(row, "address", json_str(opened.address));
    return OK;
}

static json_t *text_or_null(struct str s)
{
    return str_is(s) ? json_str(s) : json_null();
}

static json_t *row_answer(struct arena *a, const struct audit_row *r, bool whose)
{
    json_t *row = json_object();
    json_object_set_new(row, "at", answer_time(r->at));
    json_object_set_new(row, "event", json_str(r->event));
    json_object_set_new(row, "outcome", json_str(r->outcome));
    json_object_set_new(row, "subject", whose ? answer_uuid(a, &r->subject) : json_null());
    json_object_set_new(row, "actor", whose ? answer_uuid(a, &r->actor) : json_null());
    json_object_set_new(row, "session", whose ? answer_uuid(a, &r->session) : json_null());
    json_object_set_new(row, "client", text_or_null(r->client_id));
    json_object_set_new(row, "operator", text_or_null(r->operator_name));
    json_object_set_new(row, "ground", text_or_null(r->ground));
    json_object_set_new(row, "detail", text_or_null(r->detail));
    json_object_set_new(row, "request", answer_uuid(a, &r->request));
    json_object_set_new(row, "address", json_null());
    return row;
}

enum err cmd_audit_list(struct call *c, json_t **result)
{
    struct audit_filter filter;
    struct uuid person, request;
    struct audit_row *rows;
    size_t n;
    bool addresses = call_flag(c, "addresses");
    struct str reason = call_text(c, "reason");
    TRY(filter_read(c, &filter, &person, &request));
    if (addresses && filter.limit > ADDRESSES_MAX) {
        filter.limit = ADDRESSES_MAX;
    }
    if (addresses || filter.subject != NULL || str_is(reason)) {
        TRY(reading_is_told(c, &filter, addresses, reason));
    }
    TRY(store_audit_list(c->task, c->admin->db, &filter, &rows, &n));
    json_t *list = json_own(c->task->arena, json_array());
    for (size_t i = 0; i < n; i++) {
        json_t *row = row_answer(c->task->arena, &rows[i], str_is(reason));
        json_array_append_new(list, row);
        if (addresses) {
            TRY(address(c, rows[i].address_sealed, reason, row));
        }
    }
    *result = answer_rows(c->task->arena, json_incref(list));
    return OK;
}
