/* OpenID Connect Core §5.4, §5.5. */
#include "oidc/claims.h"
#include "base/arena.h"
#include "base/buf.h"

#define VALUES_MAX 10

static bool registered(const struct client *c, const char *scope)
{
    for (size_t i = 0; i < c->scope.n; i++) {
        if (str_eqz(c->scope.v[i], scope)) {
            return true;
        }
    }
    return false;
}

/* One requested claim: null, or an object with essential, value, values (others are ignored). */
static bool shape_ok(const json_t *v)
{
    if (json_is_null(v)) {
        return true;
    }
    if (!json_is_object(v)) {
        return false;
    }
    const json_t *essential = json_object_get(v, "essential");
    const json_t *values = json_object_get(v, "values");
    return (essential == NULL || json_is_boolean(essential)) &&
           (values == NULL || (json_is_array(values) && json_array_size(values) <= VALUES_MAX));
}

/* value and values as space separated text; false when one is no word. */
static bool values_text(struct arena *a, const json_t *v, struct str *out)
{
    struct buf b = buf_in(a);
    const json_t *values = json_object_get(v, "values");
    struct str value = json_member(v, "value");
    if (json_object_get(v, "value") != NULL && !str_is(value)) {
        return false;
    }
    for (size_t i = 0; i <= json_array_size(values); i++) {
        struct str one = value;
        if (i < json_array_size(values)) {
            const json_t *member = json_array_get(values, i);
            one = str_of(json_string_value(member), json_string_length(member));
            if (!json_is_string(member) || one.n == 0) {
                return false;
            }
        }
        if (!str_is(one)) {
            continue;
        }
        if (str_has_byte(one, ' ')) {
            return false;
        }
        if (b.n > 0) {
            buf_byte(&b, ' ');
        }
        buf_add(&b, one);
    }
    *out = b.n > 0 ? buf_str(&b) : STR_NONE;
    return true;
}

static enum refusal demand_read(struct arena *a, const char *name, const json_t *v,
                                struct claims_request *out)
{
    struct str values;
    if (!values_text(a, v, &values)) {
        return REFUSE_CLAIMS;
    }
    if (str_eqz(str_from(name), "sub")) {
        if (str_has_byte(values, ' ')) {
            return REFUSE_CLAIMS;
        }
        out->sub = values;
    } else if (json_is_true(json_object_get(v, "essential"))) {
        /* spec: OpenID Core §5.5.1.1 an essential acr that can't be met MUST be treated as a failed
         * authentication attempt */
        out->acr_essential = values;
    } else {
        out->acr_voluntary = values;
    }
    return REFUSE_NOTHING;
}

struct kept {
    json_t *section, *essential, *voluntary;
};

static enum refusal section_read(struct arena *a, const struct client *c, const json_t *section,
                                 bool id_token, const struct kept *kept, struct claims_request *out)
{
    const char *name;
    const json_t *v;
    if (section == NULL || json_is_null(section)) {
        return REFUSE_NOTHING;
    }
    if (!json_is_object(section)) {
        return REFUSE_CLAIMS;
    }
    for (void *at = json_object_iter((json_t *)section); at != NULL;
         at = json_object_iter_next((json_t *)section, at)) {
        name = json_object_iter_key(at);
        v = json_object_iter_value(at);
        if (!shape_ok(v)) {
            return REFUSE_CLAIMS;
        }
        bool demand = str_eqz(str_from(name), "sub") || str_eqz(str_from(name), "acr");
        if (demand && json_is_object(v) && id_token) {
            enum refusal why = demand_read(a, name, v, out);
            if (why != REFUSE_NOTHING) {
                return why;
            }
        }
        /* spec: OpenID Core §5.5:unknown members not understood MUST be ignored */
        const struct claim *known = claim_of_name(name);
        if (known != NULL && registered(c, known->scope)) {
            json_array_append_new(kept->section, json_string(known->name));
            const json_t *essential = json_object_get(v, "essential");
            if (essential != NULL) {
                json_array_append_new(json_is_true(essential) ? kept->essential : kept->voluntary,
                                      json_string(known->name));
            }
        }
    }
    return REFUSE_NOTHING;
}

static void leave_out_empty(json_t *object, const char *name)
{
    if (json_array_size(json_object_get(object, name)) == 0) {
        json_object_del(object, name);
    }
}

enum refusal claims_read(struct arena *a, const struct client *c, struct str text,
                         struct claims_request *out)
{
    struct claims_request found = {STR_NONE, STR_NONE, STR_NONE, STR_NONE};
    if (!str_is(text)) {
        *out = found;
        return REFUSE_NOTHING;
    }
    json_t *asked = NULL;
    if (text.n > CLAIMS_PARAMETER_MAX || json_read_in(a, text, &asked) != OK ||
        !json_is_object(asked)) {
        return REFUSE_CLAIMS;
    }
    json_t *whole = json_own(a, json_object());
    struct kept kept = {NULL, json_array(), json_array()};
    json_object_set_new(whole, "id_token", json_array());
    json_object_set_new(whole, "userinfo", json_array());
    json_object_set_new(whole, "essential", kept.essential);
    json_object_set_new(whole, "voluntary", kept.voluntary);
    static const char *const sections[] = {"id_token", "userinfo"};
    size_t n = 0;
    for (size_t i = 0; i < 2; i++) {
        kept.section = json_object_get(whole, sections[i]);
        enum refusal why =
            section_read(a, c, json_object_get(asked, sections[i]), i == 0, &kept, &found);
        if (why != REFUSE_NOTHING) {
            return why;
        }
        n += json_array_size(kept.section);
    }
    leave_out_empty(whole, "essential");
    leave_out_empty(whole, "voluntary");
    found.kept = n > 0 ? json_text(a, whole) : STR_NONE;
    *out = found;
    return REFUSE_NOTHING;
}
