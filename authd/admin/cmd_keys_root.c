/* keys root: the public part of the key that signs the key set, for portals to pin.  Asked of a
 * signer, not of the database: the signer makes it from the private part it holds. */
#include "admin/commands.h"

#include "peer/signer_client.h"

enum err cmd_keys_root(struct call *c, json_t **result)
{
    struct signer_key_set set;
    TRY(ask_key_set(c->task, c->admin->process->signers, &set));
    return json_read_in(c->task->arena, set.root_jwk, result);
}
