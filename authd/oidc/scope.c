/* RFC 6749 §3.3, OpenID Connect Core §5.4 and §11. */
#include "oidc/scope.h"
#include "base/buf.h"

const char *const SCOPES_OF_PEOPLE[] = {"openid",          "profile",      "email",
                                        "address",         "phone",        "offline_access",
                                        "personal_number", "organisation", NULL};

bool scope_is_of_people(struct str word)
{
    for (size_t i = 0; SCOPES_OF_PEOPLE[i] != NULL; i++) {
        if (str_eqz(word, SCOPES_OF_PEOPLE[i])) {
            return true;
        }
    }
    return false;
}

static void add_once(struct buf *b, struct str word)
{
    if (str_words_have(buf_str(b), word)) {
        return;
    }
    if (b->n > 0) {
        buf_byte(b, ' ');
    }
    buf_add(b, word);
}

static bool registered(const struct client *c, struct str word)
{
    for (size_t i = 0; i < c->scope.n; i++) {
        if (str_eq(c->scope.v[i], word)) {
            return true;
        }
    }
    return false;
}

struct str scope_allowed(struct arena *a, const struct client *c, struct str asked)
{
    struct buf b = buf_in(a);
    struct str word;
    while (str_word(&asked, &word)) {
        if (registered(c, word)) {
            add_once(&b, word);
        }
    }
    return buf_str(&b);
}

bool scope_within(struct str part, struct str whole)
{
    struct str word;
    while (str_word(&part, &word)) {
        if (!str_words_have(whole, word)) {
            return false;
        }
    }
    return true;
}

struct str scope_without(struct arena *a, struct str scope, struct str word)
{
    struct buf b = buf_in(a);
    struct str one;
    while (str_word(&scope, &one)) {
        if (!str_eq(one, word)) {
            add_once(&b, one);
        }
    }
    return buf_str(&b);
}

struct str scope_union(struct arena *a, struct str one, struct str other)
{
    struct buf b = buf_in(a);
    struct str word;
    while (str_word(&one, &word)) {
        add_once(&b, word);
    }
    while (str_word(&other, &word)) {
        add_once(&b, word);
    }
    return buf_str(&b);
}

bool scope_of_client(struct arena *a, const struct client *c, struct str asked, struct str *out)
{
    struct buf b = buf_in(a);
    struct str word;
    if (!str_is(asked)) {
        for (size_t i = 0; i < c->scope.n; i++) {
            if (!scope_is_of_people(c->scope.v[i])) {
                add_once(&b, c->scope.v[i]);
            }
        }
    }
    while (str_word(&asked, &word)) {
        if (scope_is_of_people(word) || !registered(c, word)) {
            return false;
        }
        add_once(&b, word);
    }
    *out = buf_str(&b);
    return true;
}
