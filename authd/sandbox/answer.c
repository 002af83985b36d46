/* Faults in the answer that production's handler gave.  The person's tokens are genuine until here;
 * wrong ones are made by the signer, which does that in a sandbox only. */
#include <string.h>

#include "base/buf.h"
#include "peer/signer_client.h"
#include "sandbox/room.h"

#define OTHER_ISSUER "https://other-issuer.example"
#define OTHER_STATE "a-state-of-another-login"

static enum err forge_id_token(struct req *r, const struct due *due, bool *done)
{
    json_t *body;
    struct signer_sandbox_forged out;
    TRY(json_read_in(r->arena, r->reply.body, &body));
    struct signer_sandbox_forge ask = {.token = json_member(body, "id_token"),
                                       .fault = str_from(due->fault->name),
                                       .amount = (uint32_t)due->amount};
    if (!str_is(ask.token)) {
        return OK;
    }
    TRY(ask_sandbox_forge(r->task, app_of(r)->signers, &ask, &out));
    json_object_set_new(body, "id_token", json_str(out.token));
    r->reply.body = json_text(r->arena, body);
    *done = true;
    return OK;
}

static enum err other_sub(struct req *r, bool *done)
{
    json_t *body;
    TRY(json_read_in(r->arena, r->reply.body, &body));
    json_object_set_new(body, "sub", json_string("somebody-else"));
    r->reply.body = json_text(r->arena, body);
    *done = true;
    return OK;
}

static void lose(struct req *r, bool *done)
{
    json_t *body = json_own(r->arena, json_pack("{s:s, s:s}", "error", "temporarily_unavailable",
                                                "error_description",
                                                "The answer was lost on its way; what was asked "
                                                "has been done"));
    reply_json(r, 503, body);
    reply_header(r, "Retry-After", STR("1"));
    *done = true;
}

/* The same Location, one parameter with another value. */
static enum err other_param(struct req *r, const char *name, const char *value, bool *done)
{
    struct header *at = location_of(r);
    struct params ps;
    if (at == NULL) {
        return OK;
    }
    size_t mark = str_find(at->value, '?');
    if (mark == at->value.n) {
        return OK;
    }
    struct str query = str_of(at->value.p + mark + 1, at->value.n - mark - 1);
    TRY(params_parse(r->arena, query, &ps));
    struct buf b = buf_in(r->arena);
    buf_add(&b, str_of(at->value.p, mark));
    for (size_t i = 0; i < ps.n; i++) {
        bool it = str_eqz(ps.v[i].name, name);
        buf_byte(&b, i == 0 ? '?' : '&');
        buf_percent(&b, ps.v[i].name);
        buf_byte(&b, '=');
        buf_percent(&b, it ? str_from(value) : ps.v[i].value);
        *done = *done || it;
    }
    at->value = buf_str(&b);
    return OK;
}

enum err answer_spoil(struct req *r, const struct due *due, bool *done)
{
    struct str name = str_from(due->fault->name);
    *done = false;
    if (str_eqz(name, "wrong_state")) {
        return other_param(r, "state", OTHER_STATE, done);
    }
    if (str_eqz(name, "wrong_response_iss")) {
        return other_param(r, "iss", OTHER_ISSUER, done);
    }
    if (str_eqz(name, "other_sub")) {
        return other_sub(r, done);
    }
    if (str_eqz(name, "lost_answer")) {
        lose(r, done);
        return OK;
    }
    return forge_id_token(r, due, done);
}
