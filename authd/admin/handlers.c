/* Which function does which command. */
#include "admin/commands.h"

#include <string.h>

static const struct {
    const char *words;
    admin_handler *handler;
} handlers[] = {
    {"status", cmd_status},
    {"tasks", cmd_tasks},
    {"upgrade", cmd_upgrade},
    {"keys list", cmd_keys_list},
    {"keys rotate", cmd_keys_rotate},
    {"keys revoke", cmd_keys_revoke},
    {"keys schedule", cmd_keys_schedule},
    {"keys history", cmd_keys_history},
    {"keys root", cmd_keys_root},
    {"keys rewrap", cmd_keys_rewrap},
    {"identity add", cmd_identity_add},
    {"identity show", cmd_identity_show},
    {"identity activate", cmd_identity_activate},
    {"identity lock", cmd_identity_lock},
    {"identity unlock", cmd_identity_unlock},
    {"identity close", cmd_identity_close},
    {"identity erase", cmd_identity_erase},
    {"erasures replay", cmd_erasures_replay},
    {"identity password", cmd_identity_password},
    {"identity code", cmd_identity_code},
    {"identity generate", cmd_identity_generate},
    {"identity import", cmd_identity_import},
    {"client create", cmd_client_create},
    {"client list", cmd_client_list},
    {"client show", cmd_client_show},
    {"client update", cmd_client_update},
    {"client disable", cmd_client_disable},
    {"client rotate-secret", cmd_client_rotate_secret},
    {"resource add", cmd_resource_add},
    {"resource list", cmd_resource_list},
    {"session list", cmd_session_list},
    {"session end", cmd_session_end},
    {"consent list", cmd_consent_list},
    {"consent withdraw", cmd_consent_withdraw},
    {"audit list", cmd_audit_list},
    {"sandbox people", cmd_sandbox_people},
    {"sandbox reset", cmd_sandbox_reset},
    {"sandbox clock", cmd_sandbox_clock},
    {"sandbox faults", cmd_sandbox_faults},
    {"sandbox fault", cmd_sandbox_fault},
    {"sandbox requests", cmd_sandbox_requests},
};

admin_handler *admin_handler_of(const struct command *command)
{
    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (!strcmp(handlers[i].words, command->words)) {
            return handlers[i].handler;
        }
    }
    return NULL;
}
