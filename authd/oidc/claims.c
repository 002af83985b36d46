/* OpenID Connect Core §5.4, §5.5. */
#include "oidc/claims.h"
#include "base/arena.h"
#include "base/buf.h"

/* spec: OpenID Core §5.4 the claims of each scope */
const struct claim CLAIMS_OF_PEOPLE[] = {
    {"name", "profile"},
    {"family_name", "profile"},
    {"middle_name", "profile"},
    {"given_name", "profile"},
    {"gender", "profile"},
    {"birthdate", "profile"},
    {"locale", "profile"},
    {"zoneinfo", "profile"},
    {"updated_at", "profile"},
    {"email", "email"},
    {"email_verified", "email"},
    {"phone_number", "phone"},
    {"phone_number_verified", "phone"},
    {"address", "address"},
    {"urn:authd:province", "address"},
    {"urn:authd:personal_number", "personal_number"},
    {"urn:authd:organisation_code", "organisation"},
    {"urn:authd:organisation_name", "organisation"},
    {NULL, NULL},
};

#define VALUES_MAX 10

static const struct claim *claim_find(const char *name)
{
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (str_eqz(str_from(name), c->name)) {
            return c;
        }
    }
    return NULL;
}

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

static enum refusal section_read(struct arena *a, const struct client *c, const json_t *section,
                                 bool id_token, json_t *kept, struct claims_request *out)
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
        const struct claim *known = claim_find(name);
        if (known != NULL && registered(c, known->scope)) {
            json_array_append_new(kept, json_string(known->name));
        }
    }
    return REFUSE_NOTHING;
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
    json_t *kept = json_own(a, json_object());
    json_t *id_token = json_array();
    json_object_set_new(kept, "id_token", id_token);
    json_t *userinfo = json_array();
    json_object_set_new(kept, "userinfo", userinfo);
    enum refusal why =
        section_read(a, c, json_object_get(asked, "id_token"), true, id_token, &found);
    if (why == REFUSE_NOTHING) {
        why = section_read(a, c, json_object_get(asked, "userinfo"), false, userinfo, &found);
    }
    if (why != REFUSE_NOTHING) {
        return why;
    }
    if (json_array_size(id_token) + json_array_size(userinfo) > 0) {
        found.kept = json_text(a, kept);
    }
    *out = found;
    return REFUSE_NOTHING;
}

static bool array_has(const json_t *array, struct str name)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        if (str_eqz(name, json_string_value(json_array_get(array, i)))) {
            return true;
        }
    }
    return false;
}

/* Texts written by this file come back from the database: what does not parse counts as empty. */
static json_t *array_of(struct arena *a, struct str text, const char *member)
{
    json_t *v = NULL;
    if (!str_is(text) || json_read_in(a, text, &v) != OK) {
        return NULL;
    }
    return member == NULL ? v : json_object_get(v, member);
}

static void add_all(json_t *to, const json_t *from)
{
    for (size_t i = 0; i < json_array_size(from); i++) {
        json_t *v = json_array_get(from, i);
        if (json_is_string(v) && !array_has(to, str_from(json_string_value(v)))) {
            json_array_append(to, v);
        }
    }
}

struct str claims_names(struct arena *a, struct str kept)
{
    json_t *names = json_own(a, json_array());
    add_all(names, array_of(a, kept, "id_token"));
    add_all(names, array_of(a, kept, "userinfo"));
    return json_text(a, names);
}

bool claims_within(struct arena *a, struct str names, struct str within)
{
    const json_t *part = array_of(a, names, NULL);
    const json_t *whole = array_of(a, within, NULL);
    for (size_t i = 0; i < json_array_size(part); i++) {
        if (!array_has(whole, str_from(json_string_value(json_array_get(part, i))))) {
            return false;
        }
    }
    return true;
}

struct str claims_union(struct arena *a, struct str one, struct str other)
{
    json_t *names = json_own(a, json_array());
    add_all(names, array_of(a, one, NULL));
    add_all(names, array_of(a, other, NULL));
    return json_text(a, names);
}

/* The part of a claim's name that texts are found by: collision-free names without their head. */
static struct str text_name(const char *claim)
{
    struct str name = str_from(claim);
    struct str head = STR("urn:authd:");
    return str_starts(name, head) ? str_of(name.p + head.n, name.n - head.n) : name;
}

static bool is_data_scope(struct str word)
{
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (str_eqz(word, c->scope)) {
            return true;
        }
    }
    return false;
}

void claims_shown(struct arena *a, struct str scope, struct str kept, struct words *out)
{
    const json_t *named = array_of(a, claims_names(a, kept), NULL);
    size_t most = sizeof(CLAIMS_OF_PEOPLE) / sizeof(CLAIMS_OF_PEOPLE[0]);
    struct words w = {arena_array(a, 2 * most + 1, sizeof(struct str)), 0};
    if (str_words_have(scope, STR("openid"))) {
        w.v[w.n++] = STR("sub");
    }
    struct str rest = scope;
    struct str word;
    while (str_word(&rest, &word)) {
        if (is_data_scope(word) && w.n < most) {
            w.v[w.n++] = word;
        }
    }
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (!str_words_have(scope, str_from(c->scope)) && array_has(named, str_from(c->name))) {
            w.v[w.n++] = text_name(c->name);
        }
    }
    *out = w;
}
