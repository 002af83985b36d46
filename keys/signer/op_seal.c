/* Sealing an identity document.  Needs no warrant: it gives nothing away. */
#include "signer/document.h"
#include "signer/state.h"

enum err op_seal(struct arena *a, struct signer *s, enum channel from, struct str request,
                 struct str *answer)
{
    (void)from;
    struct signer_seal m;
    struct signer_sealed out;
    TRY(get_signer_seal(a, request, &m));
    TRY(document_seal(a, s->signers, &m.document, m.plaintext, &out));
    ANSWER(a, signer_sealed, &out, answer);
    return OK;
}
