/* identity add: one person or organisation, from options or from a JSON object of attributes
 * (docs/claims.md) with the members account_level and state beside them. */
#include "admin/commands.h"

#include <stdio.h>

#include "admin/newcomer.h"
#include "base/clock.h"
#include "identity/personal_number.h"
#include "signer/handle.h"
#include "store/identity.h"

/* Options that are attributes, and the attribute's name. */
static const struct {
    const char *option, *attribute;
} texts[] = {
    {"personal-number", "personal_number"},
    {"organisation-code", "organisation_code"},
    {"name", "name"},
    {"birthdate", "birthdate"},
    {"sex", "gender"},
    {"phone", "phone_number"},
    {"email", "email"},
};

static enum err gather(struct call *c, json_t *given)
{
    const json_t *file = json_object_get(c->arguments, "json");
    if (file && json_object_update(given, (json_t *)(uintptr_t)file) != 0) {
        return fail(ERR_NO_MEMORY, "identity add: no memory");
    }
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct str value = call_text(c, texts[i].option);
        if (str_is(value)) {
            json_object_set_new(given, texts[i].attribute, json_str(value));
        }
    }
    struct str address = call_text(c, "address");
    if (str_is(address)) {
        json_t *inner = json_object();
        json_object_set_new(inner, "formatted", json_str(address));
        json_object_set_new(given, "address", inner);
    }
    return OK;
}

/* The number tells the sex, so nobody has to type it; attributes_read checks that they agree. */
static enum err complete_gender(json_t *given)
{
    struct str number = json_member(given, "personal_number");
    if (json_object_get(given, "gender") || !str_is(number)) {
        return OK;
    }
    struct personal_number n;
    TRY(personal_number_read(number, &n));
    json_object_set_new(given, "gender", json_string(n.sex == SEX_MALE ? "male" : "female"));
    return OK;
}

static enum err take_level(struct call *c, json_t *given, bool person, uint8_t *out)
{
    int64_t level = person ? 1 : 0;
    if (json_object_get(given, "account_level") &&
        !json_member_i64(given, "account_level", &level)) {
        return fail(ERR_INPUT, "account_level: 1 or 2 for people, 0 for organisations");
    }
    level = call_number(c, "level", level);
    json_object_del(given, "account_level");
    if (person ? level != 1 && level != 2 : level != 0) {
        return fail(ERR_INPUT, "account_level: 1 or 2 for people, 0 for organisations");
    }
    *out = (uint8_t)level;
    return OK;
}

static enum err take_state(struct call *c, json_t *given, struct str *out)
{
    struct str state = json_member(given, "state");
    if (!str_is(state)) {
        state = call_flag(c, "issued") ? STR("issued") : STR("active");
    }
    if (!str_eqz(state, "issued") && !str_eqz(state, "active")) {
        return fail(ERR_INPUT, "state: an account begins as issued or active");
    }
    *out = str_dup(c->task->arena, state);
    json_object_del(given, "state");
    return OK;
}

static enum err rules_read(struct call *c, struct attribute_rules *out)
{
    struct province_row *rows;
    size_t n;
    TRY(store_provinces(c->task, c->admin->db, &rows, &n));
    uint16_t *codes = arena_array(c->task->arena, n + 1, sizeof *codes);
    for (size_t i = 0; i < n; i++) {
        codes[i] = rows[i].code;
    }
    *out = (struct attribute_rules){.provinces = codes, .n_provinces = n, .now_s = clock_now_s()};
    return OK;
}

enum err cmd_identity_add(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    json_t *given = json_own(a, json_object());
    TRY(gather(c, given));
    bool person = !json_object_get(given, "organisation_code");
    struct newcomer who = {0};
    uuid_random(&who.id);
    TRY(take_level(c, given, person, &who.account_level));
    TRY(take_state(c, given, &who.state));
    TRY(complete_gender(given));
    struct attribute_rules rules;
    TRY(rules_read(c, &rules));
    TRY(attributes_read(a, person ? STR("person") : STR("organisation"), given, &rules,
                        &who.attributes));
    struct str ground = call_text(c, "ground");
    TRY(newcomers_add(c->task, c->admin, &who, 1, c->operator_name,
                      str_is(ground) ? ground : STR("entered by the administrator")));
    json_t *answer = json_own(a, json_object());
    json_object_set_new(answer, "id", answer_uuid(a, &who.id));
    json_object_set_new(answer, "kind", json_str(who.attributes.kind));
    json_object_set_new(answer, "state", json_str(who.state));
    json_object_set_new(answer, "account_level", json_integer(who.account_level));
    *result = answer;
    return OK;
}
