/* Claims as JSON text; see payload.h.  Must not write what was not looked at: the text is signed as
 * it stands. */
#include "signer/payload.h"

#include <string.h>

#define PAYLOAD_ROOM 640 /* of an ID token; more grows */

struct payload payload_begin(struct arena *a)
{
    struct payload p;
    p.text = json_members_begin(a);
    buf_room(&p.text.text, PAYLOAD_ROOM);
    p.n = 0;
    return p;
}

/* spec: RFC 7519 §4 MUST be unique */
static enum err name_take(struct payload *p, const char *name)
{
    for (size_t i = 0; i < p->n; i++) {
        if (strcmp(p->names[i], name) == 0) {
            return fail(ERR_INPUT, "claims: %s stands there already", name);
        }
    }
    if (p->n == PAYLOAD_MEMBERS_MAX) {
        return fail(ERR_LIMIT, "claims: more than %d", PAYLOAD_MEMBERS_MAX);
    }
    p->names[p->n++] = name;
    return OK;
}

static enum err check_text(const char *name, struct str value)
{
    return str_utf8(value) ? OK : fail(ERR_INPUT, "claims: %s is not text", name);
}

enum err payload_text(struct payload *p, const char *name, struct str value)
{
    if (value.p == NULL) {
        return OK;
    }
    TRY(check_text(name, value));
    TRY(name_take(p, name));
    json_members_text(&p->text, name, value);
    return OK;
}

enum err payload_number(struct payload *p, const char *name, int64_t value)
{
    TRY(name_take(p, name));
    json_members_number(&p->text, name, value);
    return OK;
}

enum err payload_list(struct payload *p, const char *name, struct str words)
{
    struct buf list = buf_in(p->text.text.arena);
    struct str word;
    char next = '[';
    TRY(check_text(name, words));
    while (str_word(&words, &word)) {
        buf_byte(&list, next);
        json_put_text(&list, word);
        next = ',';
    }
    if (next == '[') {
        return OK;
    }
    buf_byte(&list, ']');
    TRY(name_take(p, name));
    json_members_json(&p->text, name, buf_str(&list));
    return OK;
}

enum err payload_words(struct payload *p, const char *name, struct str words)
{
    struct str rest = words, first, second;
    if (!str_word(&rest, &first)) {
        return OK;
    }
    return str_word(&rest, &second) ? payload_list(p, name, words) : payload_text(p, name, first);
}

enum err payload_nested(struct payload *p, const char *name, const char *inner, struct str value)
{
    struct json_members object = json_members_begin(p->text.text.arena);
    TRY(check_text(name, value));
    TRY(name_take(p, name));
    json_members_text(&object, inner, value);
    json_members_json(&p->text, name, json_members_end(&object));
    return OK;
}

enum err payload_members(struct payload *p, const json_t *object)
{
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)object, name, value)
    {
        struct str text = json_text(p->text.text.arena, value);
        TRY(check_text("a member", str_from(name)));
        TRY(check_text(name, text));
        TRY(name_take(p, name));
        json_members_json(&p->text, name, text);
    }
    return OK;
}

struct str payload_end(struct payload *p)
{
    return json_members_end(&p->text);
}
