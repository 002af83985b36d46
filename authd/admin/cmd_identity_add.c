/* identity add: one person or organisation, from options or from a JSON object of attributes
 * (docs/claims.md) with the members account_level and state beside them. */
#include "admin/commands.h"

#include "admin/newcomer.h"
#include "identity/attributes.h"

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

/* Options win over members. */
static void take_options(struct call *c, json_t *given)
{
    int64_t level;
    const json_t *said = json_object_get(c->arguments, "level");
    if (said && json_member_i64(c->arguments, "level", &level)) {
        json_object_set_new(given, "account_level", json_integer(level));
    }
    if (call_flag(c, "issued") && !json_object_get(given, "state")) {
        json_object_set_new(given, "state", json_string("issued"));
    }
}

enum err cmd_identity_add(struct call *c, json_t **result)
{
    struct arena *a = c->task->arena;
    json_t *given = json_own(a, json_object());
    TRY(gather(c, given));
    take_options(c, given);
    struct attribute_rules rules;
    struct newcomer who;
    TRY(admin_attribute_rules(c->task, c->admin, &rules));
    TRY(newcomer_read(a, given, &rules, &who));
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
