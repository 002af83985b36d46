/* "My details": everything this portal knows about a person, and from where it knows it. */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "portal.h"

/* The claims shown; the words in the person's language are offsets into struct words. */
static const struct {
    const char *claim;
    size_t word;
} shown[] = {
    {"name", offsetof(struct words, name)},
    {"birthdate", offsetof(struct words, birthdate)},
    {"gender", offsetof(struct words, gender)},
    {"urn:authd:personal_number", offsetof(struct words, number)},
    {"email", offsetof(struct words, email)},
    {"phone_number", offsetof(struct words, phone)},
    {"address", offsetof(struct words, address)},
    {"urn:authd:account_level", offsetof(struct words, account)},
    {"urn:authd:authentication_level", offsetof(struct words, authentication)},
};

static const char *word_at(const struct words *t, size_t offset)
{
    return *(const char *const *)((const char *)t + offset);
}

/* One part of a signed token as JSON, for display only: libeid has verified the whole. */
static json_t *part_of(const char *jwt, int number)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for (; number > 0 && jwt != NULL; number--) {
        jwt = strchr(jwt, '.');
        jwt = jwt != NULL ? jwt + 1 : NULL;
    }
    size_t n = jwt != NULL ? strcspn(jwt, ".") : 0;
    char *text = malloc(n + 1);
    size_t used = 0;
    unsigned bits = 0;
    int have = 0;
    for (size_t i = 0; text != NULL && i < n; i++) {
        const char *digit = strchr(digits, jwt[i]);
        if (digit == NULL) {
            break;
        }
        bits = bits << 6 | (unsigned)(digit - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            text[used++] = (char)(bits >> have & 0xff);
        }
    }
    json_t *part = text != NULL ? json_loadb(text, used, 0, NULL) : NULL;
    free(text);
    return part;
}

/* In the person's words. */
static char *shown_text(const struct words *t, const struct eid_identity *identity,
                        const char *claim)
{
    char date[32];
    char *text = claim_text(identity, claim);
    const char *better = text;
    if (text != NULL && strcmp(claim, "birthdate") == 0) {
        date_text(text, date, sizeof(date));
        better = date;
    } else if (text != NULL && strcmp(claim, "gender") == 0) {
        better = strcmp(text, "female") == 0 ? t->female : t->male;
    }
    char *out = better != NULL ? strdup(better) : NULL;
    free(text);
    return out;
}

static void claims_table(struct web *w, struct evbuffer *b, const struct session *s,
                         const json_t *in_id_token)
{
    const struct words *t = words_of(w);
    html_wrap(b, "<section class=\"card\"><h2>", t->claims, "</h2>\n<table><thead><tr>");
    html_wrap(b, "<th scope=\"col\">", t->claim, "</th>");
    html_wrap(b, "<th scope=\"col\">", t->value, "</th>");
    html_wrap(b, "<th scope=\"col\">", t->from, "</th></tr></thead>\n<tbody>\n");
    for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        char *value = shown_text(t, s->identity, shown[i].claim);
        bool signed_in = json_object_get(in_id_token, shown[i].claim) != NULL;
        html_wrap(b, "<tr><td>", word_at(t, shown[i].word), "</td>");
        if (value != NULL) {
            html_wrap(b, "<td><strong>", value, "</strong></td>");
            html_wrap(b, "<td><small>", signed_in ? t->from_id_token : t->from_userinfo,
                      "</small></td></tr>\n");
        } else {
            html_wrap(b, "<td class=\"quiet\">", t->not_released, "</td><td></td></tr>\n");
        }
        free(value);
    }
    html_add(b, "</tbody></table></section>\n");
}

static void code_row(struct evbuffer *b, const char *name, const char *value, const char *note)
{
    html_wrap(b, "<div><dt>", name, "</dt><dd>");
    html_wrap(b, "<span class=\"code\">", value != NULL ? value : "–", "</span>");
    if (note != NULL) {
        html_wrap(b, "<br><small>", note, "</small>");
    }
    html_add(b, "</dd></div>\n");
}

static void login_card(struct web *w, struct evbuffer *b, const struct session *s)
{
    const struct words *t = words_of(w);
    const struct eid_identity *i = s->identity;
    char when[64];
    time_text(eid_identity_auth_time(i), when, sizeof(when));
    html_wrap(b, "<section class=\"card\"><h2>", t->how, "</h2>\n<dl>\n");
    code_row(b, t->subject, eid_identity_subject(i), t->subject_note);
    html_row(b, t, t->when, when);
    code_row(b, t->acr, eid_identity_acr(i), NULL);
    code_row(b, t->amr, eid_identity_claim(i, "amr"), NULL);
    code_row(b, t->session, eid_identity_sid(i), NULL);
    html_add(b, "</dl></section>\n");
}

static void tokens_card(struct web *w, struct evbuffer *b, const struct session *s,
                        const json_t *header)
{
    const struct words *t = words_of(w);
    const struct eid_identity *i = s->identity;
    const char *refresh = eid_identity_refresh_token(i);
    char expires[64];
    time_text(eid_identity_expires_at(i), expires, sizeof(expires));
    html_wrap(b, "<section class=\"card\"><h2>", t->tokens, "</h2>\n<dl>\n");
    code_row(b, t->issuer, eid_identity_claim(i, "iss"), NULL);
    code_row(b, t->audience, eid_identity_claim(i, "aud"), NULL);
    code_row(b, t->signature, json_string_value(json_object_get(header, "alg")), NULL);
    code_row(b, t->key, json_string_value(json_object_get(header, "kid")), NULL);
    code_row(b, t->scope, eid_identity_scope(i), NULL);
    html_row(b, t, t->binding, eid_identity_is_bound(i) ? t->bound : t->bearer);
    html_row(b, t, t->expires, expires);
    html_row(b, t, t->refresh, refresh != NULL ? t->yes : t->no);
    html_add(b, "</dl></section>\n");
}

void page_identity(struct web *w, struct portal *p)
{
    (void)p;
    const struct words *t = words_of(w);
    const struct session *s = session_of(w);
    if (s == NULL) {
        web_go(w, "/login?for=identity");
        return;
    }
    struct evbuffer *b = html_begin(w, s, t->identity);
    if (b != NULL) {
        json_t *header = part_of(eid_identity_id_token(s->identity), 0);
        json_t *claims = part_of(eid_identity_id_token(s->identity), 1);
        html_wrap(b, "<h1>", t->identity, "</h1>\n");
        html_wrap(b, "<p class=\"lead\">", t->identity_note, "</p>\n");
        claims_table(w, b, s, claims);
        login_card(w, b, s);
        tokens_card(w, b, s, header);
        json_decref(claims);
        json_decref(header);
        page_leave(w, b, s);
    }
    html_end(w, b, 200);
}
