/* OpenID Connect Core §5.4, §5.5.1; Law 91/2025/QH15 on consent, line by line.  Must not grant
 * what no line was granted for. */
#include "oidc/asks.h"
#include "base/buf.h"

/* A scope among the declined names, apart from claims of the same name. */
#define SCOPE_HEAD "scope:"

static bool words_have(const struct words *w, struct str one)
{
    for (size_t i = 0; i < w->n; i++) {
        if (str_eq(w->v[i], one)) {
            return true;
        }
    }
    return false;
}

static bool list_has(const json_t *list, struct str name)
{
    for (size_t i = 0; i < json_array_size(list); i++) {
        if (str_eqz(name, json_string_value(json_array_get(list, i)))) {
            return true;
        }
    }
    return false;
}

static void list_add(json_t *list, struct str name)
{
    if (!list_has(list, name)) {
        json_array_append_new(list, json_str(name));
    }
}

static void list_remove(json_t *list, struct str name)
{
    for (size_t i = json_array_size(list); i-- > 0;) {
        if (str_eqz(name, json_string_value(json_array_get(list, i)))) {
            json_array_remove(list, i);
        }
    }
}

/* Texts of ours come back from the database: what does not parse counts as empty. */
static json_t *parsed(struct arena *a, struct str text)
{
    json_t *v = NULL;
    return str_is(text) && json_read_in(a, text, &v) == OK ? v : NULL;
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

static struct str scope_name(struct arena *a, struct str scope)
{
    return str_fmt(a, SCOPE_HEAD "%.*s", STR_FMT(scope));
}

/* A remembered consent as lists: names of claims granted, scopes granted, names declined. */
struct memory {
    bool known;
    json_t *claims, *scopes, *declined;
};

static struct memory memory_of(struct arena *a, const struct consent_row *row)
{
    struct memory m = {row != NULL, json_own(a, json_array()), json_own(a, json_array()),
                       json_own(a, json_array())};
    if (row == NULL) {
        return m;
    }
    struct str rest = row->scope, word;
    while (str_word(&rest, &word)) {
        list_add(m.scopes, word);
    }
    const json_t *names = parsed(a, row->claims);
    for (size_t i = 0; i < json_array_size(names); i++) {
        list_add(m.claims, str_from(json_string_value(json_array_get(names, i))));
    }
    const json_t *declined = parsed(a, row->declined);
    for (size_t i = 0; i < json_array_size(declined); i++) {
        list_add(m.declined, str_from(json_string_value(json_array_get(declined, i))));
    }
    /* A row from before lines were decided one by one: its scopes stand for their claims. */
    for (const struct claim *c = CLAIMS_OF_PEOPLE; declined == NULL && c->name != NULL; c++) {
        if (list_has(m.scopes, str_from(c->scope))) {
            list_add(m.claims, str_from(c->name));
        }
    }
    return m;
}

static enum ask_answer answer_of(const struct memory *m, const json_t *granted, struct str name,
                                 struct str declined_as)
{
    if (list_has(m->declined, declined_as)) {
        return ASK_DECLINED;
    }
    return list_has(granted, name) ? ASK_GRANTED : ASK_OPEN;
}

/* A line is open while a part of it is, and declined when a part was: never more than agreed. */
static enum ask_answer joined(enum ask_answer line, enum ask_answer part)
{
    if (line == ASK_OPEN || part == ASK_OPEN) {
        return ASK_OPEN;
    }
    return line == ASK_DECLINED || part == ASK_DECLINED ? ASK_DECLINED : ASK_GRANTED;
}

static void answer_from(struct arena *a, const struct memory *m, struct ask *ask)
{
    enum ask_answer all = ASK_GRANTED;
    for (size_t i = 0; i < ask->claims.n; i++) {
        struct str name = ask->claims.v[i];
        all = joined(all, answer_of(m, m->claims, name, name));
    }
    for (size_t i = 0; i < ask->scopes.n; i++) {
        struct str name = ask->scopes.v[i];
        all = joined(all, answer_of(m, m->scopes, name, scope_name(a, name)));
    }
    /* Needed now, and declined when it was not: the person is asked again. */
    ask->answer = ask->need == ASK_REQUIRED && all == ASK_DECLINED ? ASK_OPEN : all;
}

struct demand {
    const struct client *client;
    const struct authorize_request *request;
    const json_t *id_token, *userinfo, *essential, *optional;
};

static bool is_asked(const struct demand *d, const struct claim *c)
{
    struct str name = str_from(c->name);
    return str_words_have(d->request->scope, str_from(c->scope)) || list_has(d->id_token, name) ||
           list_has(d->userinfo, name);
}

static bool is_optional(const struct demand *d, const struct claim *c)
{
    struct str name = str_from(c->name);
    return words_have(&d->client->voluntary_claims, name) ||
           (list_has(d->optional, name) && !str_words_have(d->request->scope, str_from(c->scope)));
}

static enum ask_need need_of(const struct demand *d, const struct claim *c)
{
    struct str name = str_from(c->name);
    if (d->client->consent_exempt || list_has(d->essential, name) ||
        words_have(&d->client->required_claims, name)) {
        return ASK_REQUIRED;
    }
    return is_optional(d, c) ? ASK_OPTIONAL : ASK_WANTED;
}

/* A purpose registered for one of its names. */
static void purpose_take(const struct client *c, bool vietnamese, struct str name, struct ask *ask)
{
    if (str_is(ask->purpose)) {
        return;
    }
    const json_t *own = vietnamese ? json_object_getn(c->claim_purposes_vi, name.p, name.n) : NULL;
    own = own != NULL ? own : json_object_getn(c->claim_purposes, name.p, name.n);
    if (own != NULL) {
        ask->purpose = str_of(json_string_value(own), json_string_length(own));
    }
}

/* The part of a claim's name that texts are found by: collision-free names without their head. */
static struct str text_name(struct str name)
{
    struct str head = STR("urn:authd:");
    return str_starts(name, head) ? str_of(name.p + head.n, name.n - head.n) : name;
}

static struct ask *line_find(struct arena *a, struct asks *asks, struct str line, size_t room)
{
    for (size_t i = 0; i < asks->n; i++) {
        if (str_eq(asks->v[i].line, line)) {
            return &asks->v[i];
        }
    }
    struct ask *ask = &asks->v[asks->n++];
    *ask = (struct ask){.line = line, .need = ASK_OPTIONAL};
    ask->claims.v = arena_array(a, room, sizeof(struct str));
    return ask;
}

static void lines_of_claims(struct arena *a, const struct demand *d, bool vietnamese, size_t room,
                            struct asks *out)
{
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (!is_asked(d, c)) {
            continue;
        }
        struct ask *ask = line_find(a, out, str_from(c->line), room);
        enum ask_need need = need_of(d, c);
        ask->need = need < ask->need ? need : ask->need;
        ask->claims.v[ask->claims.n++] = str_from(c->name);
        purpose_take(d->client, vietnamese, str_from(c->name), ask);
    }
    for (size_t i = 0; i < out->n; i++) {
        /* A part alone is called what it is. */
        if (out->v[i].claims.n == 1) {
            out->v[i].line = text_name(out->v[i].claims.v[0]);
        }
    }
}

static void lines_of_scopes(struct arena *a, const struct demand *d, bool vietnamese,
                            const struct resource_group *groups, size_t n, struct asks *out)
{
    if (str_words_have(d->request->scope, STR("offline_access"))) {
        struct ask *ask = &out->v[out->n++];
        *ask = (struct ask){.line = STR("offline_access"), .need = ASK_WANTED};
        ask->scopes = (struct words){arena_array(a, 1, sizeof(struct str)), 1};
        ask->scopes.v[0] = STR("offline_access");
        purpose_take(d->client, vietnamese, ask->line, ask);
    }
    for (size_t i = 0; i < n; i++) {
        struct ask *ask = &out->v[out->n++];
        *ask = (struct ask){.line = str_fmt(a, "resource%zu", i + 1),
                            .resource = groups[i].name,
                            .need = ASK_WANTED,
                            .scopes = groups[i].scopes};
        for (size_t j = 0; j < ask->scopes.n; j++) {
            purpose_take(d->client, vietnamese, ask->scopes.v[j], ask);
        }
    }
}

void asks_of(struct arena *a, const struct client *c, const struct authorize_request *q,
             bool vietnamese, const struct resource_group *groups, size_t n_groups,
             const struct consent_row *row, struct asks *out)
{
    size_t room = 0;
    while (CLAIMS_OF_PEOPLE[room].name != NULL) {
        room++;
    }
    const json_t *kept = parsed(a, q->claims);
    struct demand d = {c,
                       q,
                       json_object_get(kept, "id_token"),
                       json_object_get(kept, "userinfo"),
                       json_object_get(kept, "essential"),
                       json_object_get(kept, "voluntary")};
    struct asks asks = {arena_array(a, room + 1 + n_groups, sizeof(struct ask)), 0};
    lines_of_claims(a, &d, vietnamese, room, &asks);
    lines_of_scopes(a, &d, vietnamese, groups, n_groups, &asks);
    struct memory m = memory_of(a, row);
    for (size_t i = 0; i < asks.n; i++) {
        answer_from(a, &m, &asks.v[i]);
        if (c->consent_exempt && asks.v[i].claims.n > 0) {
            asks.v[i].answer = ASK_GRANTED;
        }
    }
    *out = asks;
}

bool asks_are_decided(const struct asks *asks)
{
    for (size_t i = 0; i < asks->n; i++) {
        if (asks->v[i].answer == ASK_OPEN) {
            return false;
        }
    }
    return true;
}

static bool claim_granted(const struct asks *asks, struct str name)
{
    for (size_t i = 0; i < asks->n; i++) {
        if (asks->v[i].answer == ASK_GRANTED && words_have(&asks->v[i].claims, name)) {
            return true;
        }
    }
    return false;
}

static bool scope_granted(const struct asks *asks, struct str word)
{
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (str_eqz(word, c->scope) && claim_granted(asks, str_from(c->name))) {
            return true;
        }
    }
    for (size_t i = 0; i < asks->n; i++) {
        if (asks->v[i].answer == ASK_GRANTED && words_have(&asks->v[i].scopes, word)) {
            return true;
        }
    }
    return str_eq(word, STR("openid"));
}

struct str asks_scope(struct arena *a, struct str scope, const struct asks *asks)
{
    struct buf b = buf_in(a);
    struct str word;
    while (str_word(&scope, &word)) {
        if (scope_granted(asks, word)) {
            buf_addz(&b, b.n == 0 ? "" : " ");
            buf_add(&b, word);
        }
    }
    return buf_str(&b);
}

static json_t *granted_of(const json_t *names, const struct asks *asks)
{
    json_t *list = json_array();
    for (size_t i = 0; i < json_array_size(names); i++) {
        struct str name = str_from(json_string_value(json_array_get(names, i)));
        if (claim_granted(asks, name)) {
            list_add(list, name);
        }
    }
    return list;
}

struct str asks_claims(struct arena *a, struct str granted_scope, struct str kept,
                       const struct asks *asks)
{
    const json_t *asked = parsed(a, kept);
    json_t *out = json_own(a, json_object());
    json_t *id_token = granted_of(json_object_get(asked, "id_token"), asks);
    json_object_set_new(out, "id_token", id_token);
    json_t *userinfo = granted_of(json_object_get(asked, "userinfo"), asks);
    json_object_set_new(out, "userinfo", userinfo);
    json_t *left_out = json_array();
    json_object_set_new(out, "left_out", left_out);
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        struct str name = str_from(c->name);
        if (str_words_have(granted_scope, str_from(c->scope)) && !claim_granted(asks, name)) {
            list_add(left_out, name);
        }
    }
    size_t n = json_array_size(id_token) + json_array_size(userinfo) + json_array_size(left_out);
    if (json_array_size(left_out) == 0) {
        json_object_del(out, "left_out");
    }
    return n > 0 ? json_text(a, out) : STR_NONE;
}

static void remember(struct arena *a, struct memory *m, const struct ask *ask)
{
    bool granted = ask->answer == ASK_GRANTED;
    for (size_t i = 0; i < ask->claims.n; i++) {
        list_add(granted ? m->claims : m->declined, ask->claims.v[i]);
        list_remove(granted ? m->declined : m->claims, ask->claims.v[i]);
    }
    for (size_t i = 0; i < ask->scopes.n; i++) {
        struct str word = ask->scopes.v[i];
        list_remove(granted ? m->declined : m->scopes, granted ? scope_name(a, word) : word);
        list_add(granted ? m->scopes : m->declined, granted ? word : scope_name(a, word));
    }
}

/* All claims of a scope agreed to? */
static bool whole(const json_t *claims, struct str scope)
{
    for (const struct claim *c = CLAIMS_OF_PEOPLE; c->name != NULL; c++) {
        if (str_eqz(scope, c->scope) && !list_has(claims, str_from(c->name))) {
            return false;
        }
    }
    return true;
}

void asks_remembered(struct arena *a, const struct consent_row *row, struct str granted_scope,
                     const struct asks *asks, struct consent_row *out)
{
    struct memory m = memory_of(a, row);
    struct str word;
    struct buf scope = buf_in(a);
    for (size_t i = 0; i < asks->n; i++) {
        if (asks->v[i].answer != ASK_OPEN) {
            remember(a, &m, &asks->v[i]);
        }
    }
    while (str_word(&granted_scope, &word)) {
        list_add(m.scopes, word);
    }
    for (size_t i = 0; i < json_array_size(m.scopes); i++) {
        word = str_from(json_string_value(json_array_get(m.scopes, i)));
        if (!is_data_scope(word) || whole(m.claims, word)) {
            buf_addz(&scope, scope.n == 0 ? "" : " ");
            buf_add(&scope, word);
        }
    }
    *out = (struct consent_row){.scope = buf_str(&scope),
                                .claims = json_text(a, m.claims),
                                .declined = json_text(a, m.declined)};
}
