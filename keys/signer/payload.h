/* The claims of access and ID tokens, written as the JSON text that is signed.  Which members these
 * tokens may have is known beforehand, so nothing holds them as values (decision 0026).  Refuses
 * what a container of values would: what is not text, and a member twice. */
#ifndef SIGNER_PAYLOAD_H
#define SIGNER_PAYLOAD_H
#include "base/json.h"

/* More than all claims of the protocol and of documents together. */
#define PAYLOAD_MEMBERS_MAX 48

struct payload {
    struct json_members text;
    const char *names[PAYLOAD_MEMBERS_MAX]; /* of the members that are written */
    size_t n;
};

/* Names outlive the payload.  An absent text is left out, and so is a list without words.  All:
 * ERR_INPUT for what is not UTF-8 without NUL and for a name that is written already; ERR_LIMIT. */
struct payload payload_begin(struct arena *a);
CHECKED enum err payload_text(struct payload *p, const char *name, struct str value);
CHECKED enum err payload_number(struct payload *p, const char *name, int64_t value);
/* One word as text, several as an array (aud). */
CHECKED enum err payload_words(struct payload *p, const char *name, struct str words);
/* Always an array of texts (amr). */
CHECKED enum err payload_list(struct payload *p, const char *name, struct str words);
/* An object with one text in it (act, cnf). */
CHECKED enum err payload_nested(struct payload *p, const char *name, const char *inner,
                                struct str value);
/* Every member of an object that json_read made or filled; it lives as long as the payload. */
CHECKED enum err payload_members(struct payload *p, const json_t *object);
struct str payload_end(struct payload *p);

#endif
