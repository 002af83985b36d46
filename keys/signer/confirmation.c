/* Confirmations: their text, and how a chain of them goes on; see confirmation.h. */
#include "signer/confirmation.h"

#include <string.h>

#include "base/b64.h"
#include "base/json.h"

#define TEXT_MAX 256

bool confirmation_binds(const struct confirmation *c)
{
    return c->jkt[0] != '\0' || c->any_key;
}

bool jkt_is(struct str text)
{
    uint8_t thumbprint[SHA256_SIZE];
    return text.n == JKT_SIZE && b64_decode_exact(text, thumbprint, sizeof thumbprint) == OK;
}

static enum err members_read(const json_t *o, struct confirmation *out)
{
    struct confirmation c = {.any_key = false};
    const char *name;
    const json_t *value;
    json_object_foreach((json_t *)o, name, value)
    {
        struct str jkt = json_member(o, "jkt");
        if (strcmp(name, "any") == 0 && json_is_true(value)) {
            c.any_key = true;
        } else if (strcmp(name, "jkt") == 0 && jkt_is(jkt)) {
            memcpy(c.jkt, jkt.p, JKT_SIZE);
        } else {
            return fail(ERR_INPUT, "cnf: holds more or less than a key's thumbprint");
        }
    }
    if (!confirmation_binds(&c)) {
        return fail(ERR_INPUT, "cnf: binds nothing");
    }
    *out = c;
    return OK;
}

enum err confirmation_read(struct str text, struct confirmation *out)
{
    json_t *o = NULL;
    if (text.p == NULL) {
        *out = (struct confirmation){.any_key = false};
        return OK;
    }
    enum err e = json_read(text, TEXT_MAX, &o);
    if (e == OK) {
        e = json_is_object(o) ? members_read(o, out) : fail(ERR_INPUT, "cnf: not an object");
    }
    json_decref(o);
    return e;
}

struct str confirmation_text(struct arena *a, const struct confirmation *c)
{
    if (c->jkt[0] == '\0') {
        return c->any_key ? STR("{\"any\":true}") : STR_NONE;
    }
    return str_fmt(a, "{\"jkt\":\"%s\"%s}", c->jkt, c->any_key ? ",\"any\":true" : "");
}

/* spec: RFC 9449 §5:public refresh tokens of public clients MUST be bound to the key; those of
 * others are bound to the client already */
enum err confirmation_step(const struct confirmation *holds, const struct confirmation *shown,
                           struct confirmation *token, struct confirmation *next)
{
    bool has_key = shown->jkt[0] != '\0';
    if (!has_key && confirmation_binds(holds)) {
        return fail(ERR_AUTH, "cnf: bound to a key, and none was shown");
    }
    if (holds->jkt[0] != '\0' && memcmp(holds->jkt, shown->jkt, JKT_SIZE) != 0) {
        return fail(ERR_DENIED, "cnf: bound to another key");
    }
    bool any = confirmation_binds(holds) ? holds->any_key : has_key && shown->any_key;
    struct confirmation key = *shown;
    key.any_key = false;
    *token = key;
    *next = any ? (struct confirmation){.any_key = true} : key;
    return OK;
}

bool confirmation_narrows(struct str parent, struct str child)
{
    struct confirmation p, c;
    if (parent.p == NULL) {
        return true;
    }
    if (confirmation_read(parent, &p) != OK || confirmation_read(child, &c) != OK ||
        !confirmation_binds(&c)) {
        return false;
    }
    if (p.any_key) {
        return c.jkt[0] == '\0' || p.jkt[0] == '\0' || strcmp(p.jkt, c.jkt) == 0;
    }
    return !c.any_key && strcmp(p.jkt, c.jkt) == 0;
}
