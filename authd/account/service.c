/* Registrations into the few words of them that a page shows. */
#include "account/service.h"

#include "registration/client.h"
#include "sso/sso.h"
#include "store/client.h"

struct services services_in(struct req *r, enum language l)
{
    return (struct services){.r = r, .language = l, .known = json_own(r->arena, json_object())};
}

static void set(json_t *o, const char *name, struct str value)
{
    if (str_is(value)) {
        json_object_set_new(o, name, json_str(value));
    }
}

static json_t *shown(const struct services *s, struct str id)
{
    struct client_row row;
    struct client c = {.name = id};
    json_t *metadata = NULL;
    if (store_client_find(s->r->task, app_of(s->r)->db, id, &row) == OK &&
        json_read(row.metadata, JSON_SIZE_MAX, &metadata) == OK &&
        client_parse_texts(row.id, metadata, &c) != OK) {
        c = (struct client){.name = id};
    }
    bool vi = s->language == LANGUAGE_VI;
    json_t *one = json_object();
    set(one, "service", client_display_name(&c, vi));
    set(one, "agency", client_agency(&c, vi));
    set(one, "purpose", client_purpose(&c, vi));
    json_decref(metadata);
    return one;
}

json_t *services_find(struct services *s, struct str id)
{
    json_t *one = json_object_getn(s->known, id.p, id.n);
    if (one == NULL) {
        one = shown(s, id);
        one = json_object_setn_new(s->known, id.p, id.n, one) == 0 ? one : NULL;
    }
    return one;
}
