/* See client_answer.h. */
#include "admin/client_answer.h"

#include "base/hash.h"
#include "base/rand.h"
#include "registration/logo.h"

#define SECRET_BYTES 32

/* A logo comes as data and stays as the name of a stored picture.  Stored first: a name in the
 * metadata never stands for nothing. */
static enum err logo_take(struct call *c, json_t *metadata)
{
    struct logo logo;
    struct str given = json_member(metadata, "logo");
    if (!str_is(given) || logo_type_of_name(given) != NULL) {
        return OK;
    }
    TRY(logo_read(c->task->arena, given, &logo));
    TRY(store_logo_put(c->task, c->admin->db, logo.name, logo.bytes));
    json_object_set_new(metadata, "logo", json_str(logo.name));
    return OK;
}

enum err client_row_make(struct call *c, struct str id, const json_t *metadata, struct str sector,
                         struct client_row *out, struct words *ignored)
{
    struct arena *a = c->task->arena;
    json_t *normalised;
    struct str found;
    struct client parsed;
    json_t *own = json_own(a, json_copy((json_t *)(uintptr_t)metadata));
    TRY(logo_take(c, own));
    TRY(client_validate(a, c->admin->process->config, own, &normalised, &found, ignored));
    TRY(client_parse(a, id, normalised, &parsed));
    *out = (struct client_row){
        .id = id,
        .active = true,
        .metadata = json_text(a, normalised),
        .account_level_floor = parsed.account_level_floor,
        .authentication_level_floor = parsed.authentication_level_floor,
        .consent_exempt = parsed.consent_exempt,
        .sector = str_is(sector) ? sector : found,
    };
    return OK;
}

static json_t *list_of(const struct words *words)
{
    json_t *list = json_array();
    for (size_t i = 0; i < words->n; i++) {
        json_array_append_new(list, json_str(words->v[i]));
    }
    return list;
}

void client_answer_ignored(json_t *answer, const struct words *ignored)
{
    if (ignored->n) {
        json_object_set_new(answer, "ignored", list_of(ignored));
    }
}

enum err client_answer(struct call *c, const struct client_row *row, json_t **out)
{
    struct arena *a = c->task->arena;
    json_t *metadata;
    struct client parsed;
    TRY(json_read_in(a, row->metadata, &metadata));
    TRY(client_parse(a, row->id, metadata, &parsed));
    json_t *answer = json_own(a, json_object());
    json_object_set_new(answer, "client_id", json_str(row->id));
    json_object_update(answer, metadata);
    json_object_set_new(answer, "state", json_string(row->active ? "active" : "disabled"));
    json_object_set_new(answer, "sector", json_str(row->sector));
    struct words weaknesses;
    client_weaknesses(a, &parsed, &weaknesses);
    json_object_set_new(answer, "weaknesses", list_of(&weaknesses));
    *out = answer;
    return OK;
}

struct str client_secret_new(struct arena *a, struct sha256 *hash)
{
    struct str text = rand_b64(a, SECRET_BYTES);
    *hash = sha256(text);
    return text;
}

enum err client_has_secret(struct call *c, const struct client_row *row, bool *out)
{
    json_t *metadata;
    struct client parsed;
    TRY(json_read_in(c->task->arena, row->metadata, &metadata));
    TRY(client_parse(c->task->arena, row->id, metadata, &parsed));
    *out = parsed.auth_method == CLIENT_AUTH_BASIC || parsed.auth_method == CLIENT_AUTH_POST;
    return OK;
}

void client_answer_secret(json_t *answer, struct str secret)
{
    json_object_set_new(answer, "client_secret", json_str(secret));
    json_object_set_new(answer, "client_secret_expires_at", json_integer(0));
}
