/* What an import of many people needs beside sealing: digests under a quota of their own, and
 * whether a person who is there already says the same.  The operator is named; nothing of a
 * document leaves but that yes or no. */
#include "base/json.h"
#include "signer/document.h"
#include "signer/state.h"

enum err op_import_digests(struct arena *a, struct signer *s, enum channel from, struct str request,
                           struct str *answer)
{
    (void)from;
    struct signer_import_digests m;
    struct signer_looked_up out;
    TRY(get_signer_import_digests(a, request, &m));
    TRY(warrant_operator(m.operator_name, m.reason));
    TRY(signer_digests(a, s, m.kind, m.value, &out.digests));
    ANSWER(a, signer_looked_up, &out, answer);
    return OK;
}

enum err op_import_compare(struct arena *a, struct signer *s, enum channel from, struct str request,
                           struct str *answer)
{
    (void)from;
    struct signer_import_compare m;
    struct signer_import_compared out = {0};
    json_t *held, *said;
    struct str text;
    TRY(get_signer_import_compare(a, request, &m));
    TRY(warrant_operator(m.operator_name, m.reason));
    TRY(json_read_in(a, m.plaintext, &said));
    TRY(document_open(a, s->signers, &m.document, &held, &text));
    json_object_del(held, "updated_at"); /* when it was entered */
    json_object_del(said, "updated_at");
    out.same = json_equal(held, said) ? 1 : 0;
    ANSWER(a, signer_import_compared, &out, answer);
    return OK;
}
