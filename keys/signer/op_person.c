/* Two narrow looks into the document of one person: the name for the person's own pages, and, for
 * verifiers only, the words that no password may rest on. */
#include <string.h>

#include "base/json.h"
#include "signer/document.h"
#include "signer/password_words.h"
#include "signer/state.h"

#define NUMBER_END 3

enum err op_person(struct arena *a, struct signer *s, enum channel from, struct str request,
                   struct str *answer)
{
    (void)from;
    struct signer_person m;
    struct proof p;
    json_t *attributes = NULL;
    struct str text;
    TRY(get_signer_person(a, request, &m));
    TRY(warrant_session(a, s, m.session_proof, m.session_secret, &p));
    if (memcmp(&m.document.identity, &p.actor, UUID_SIZE) != 0) {
        return fail(ERR_DENIED, "warrant: the document is of somebody else");
    }
    TRY(document_open(a, s->signers, &m.document, &attributes, &text));
    struct str number = json_member(attributes, "personal_number");
    struct signer_personed out = {.name = json_member(attributes, "name")};
    if (number.n > NUMBER_END) {
        out.number_end = str_of(number.p + number.n - NUMBER_END, NUMBER_END);
    }
    ANSWER(a, signer_personed, &out, answer);
    return OK;
}

enum err op_password_words(struct arena *a, struct signer *s, enum channel from, struct str request,
                           struct str *answer)
{
    static const char *const members[] = {"name", "birthdate", "personal_number", "phone_number",
                                          "email"};
    (void)from;
    struct signer_password_words m;
    struct signer_password_worded out;
    json_t *attributes = NULL;
    struct str text;
    TRY(get_signer_password_words(a, request, &m));
    TRY(document_open(a, s->signers, &m.document, &attributes, &text));
    json_t *words = json_own(a, json_object());
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        json_t *value = json_object_get(attributes, members[i]);
        if (value != NULL && json_object_set(words, members[i], value) != 0) {
            return fail(ERR_NO_MEMORY, "password words: no memory");
        }
    }
    TRY(password_words_seal(a, s->verifiers, &m.document.identity, json_text(a, words),
                            &out.sealed));
    ANSWER(a, signer_password_worded, &out, answer);
    return OK;
}
