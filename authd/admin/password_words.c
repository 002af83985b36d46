/* What no password of somebody may rest on: the sealed document goes to a signer, what comes back
 * only a verifier can open.  This process reads neither. */
#include "admin/admin.h"

#include "peer/signer_client.h"
#include "store/grant.h"

enum err admin_password_words(struct task *t, struct admin *admin, const struct uuid *identity,
                              struct str *out)
{
    struct sealed_document *documents;
    size_t n;
    struct signer_password_worded answer;
    TRY(store_documents(t, admin->db, identity, &documents, &n));
    if (n == 0) {
        return fail(ERR_NOT_FOUND, "no such identity");
    }
    struct signer_password_words ask = {.document = documents[0]};
    TRY(ask_password_words(t, admin->process->signers, &ask, &answer));
    *out = answer.sealed;
    return OK;
}
