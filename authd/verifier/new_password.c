/* From what was typed to a verifier string; the rules are in password_rules.c. */
#include "verifier/new_password.h"

#include "base/arena.h"
#include "base/json.h"
#include "identity/normal.h"
#include "signer/password_words.h"
#include "verifier/opaque.h"
#include "verifier/password_rules.h"

static enum err owner_read(struct arena *a, const struct verifier *v, const struct uuid *identity,
                           struct str words, struct password_owner *out)
{
    struct str json;
    json_t *object = NULL;
    TRY(password_words_open(a, v->ring, identity, words, &json));
    TRY(json_read_in(a, json, &object));
    *out = (struct password_owner){
        .name = json_member(object, "name"),
        .birthdate = json_member(object, "birthdate"),
        .personal_number = json_member(object, "personal_number"),
        .phone = json_member(object, "phone_number"),
        .email = json_member(object, "email"),
    };
    return OK;
}

/* Why normalisation refused it. */
static enum password_fault unreadable(struct str typed)
{
    bool is_text = typed.n > 0 && str_utf8(typed);
    if (typed.n == 0) {
        return PASSWORD_SHORT;
    }
    return typed.n > PASSWORD_BYTES_MAX || (is_text && text_length(typed) > PASSWORD_LENGTH_MAX)
               ? PASSWORD_LONG
               : PASSWORD_CHARACTERS;
}

enum err new_password_judge(struct arena *a, struct verifier *v, const struct uuid *identity,
                            struct str words, struct str typed, struct new_password *out,
                            enum password_fault *fault)
{
    struct password_owner owner = {0};
    if (str_is(words)) {
        TRY(owner_read(a, v, identity, words, &owner));
    }
    if (password_normalise(a, typed, &out->text) != OK) {
        *fault = unreadable(typed);
        return OK;
    }
    struct password_rules rules = {
        .length_min = (size_t)v->config->password_length_min,
        .host = str_from(v->config->issuer_host),
        .listed = v->listed,
    };
    *fault = password_judge(a, &rules, str_is(words) ? &owner : NULL, out->text);
    return OK;
}

enum err new_password_hash(struct arena *a, struct verifier *v, struct new_password *p)
{
    return password_hash_new(a, v, p->text, &p->verifier, &p->pepper);
}
