/* Every handler, one line each; the file is named after it.  The table that joins them with their
 * words is handlers.c. */
#ifndef ADMIN_COMMANDS_H
#define ADMIN_COMMANDS_H
#include "admin/admin.h"

admin_handler cmd_status;                               /* cmd_status.c */
admin_handler cmd_tasks;                                /* cmd_tasks.c */
admin_handler cmd_upgrade;                              /* cmd_upgrade.c */
admin_handler cmd_keys_list, cmd_keys_history;          /* cmd_keys_list.c */
admin_handler cmd_keys_rotate;                          /* cmd_keys_rotate.c */
admin_handler cmd_keys_revoke;                          /* cmd_keys_revoke.c */
admin_handler cmd_keys_schedule;                        /* cmd_keys_schedule.c */
admin_handler cmd_keys_root;                            /* cmd_keys_root.c */
admin_handler cmd_keys_rewrap;                          /* cmd_keys_rewrap.c */
admin_handler cmd_identity_add;                         /* cmd_identity_add.c */
admin_handler cmd_identity_show;                        /* cmd_identity_show.c */
admin_handler cmd_identity_activate, cmd_identity_lock, /* cmd_identity_change.c */
    cmd_identity_unlock, cmd_identity_close;
admin_handler cmd_identity_erase, cmd_erasures_replay; /* cmd_identity_erase.c */
admin_handler cmd_identity_password;                  /* cmd_identity_password.c */
admin_handler cmd_identity_code;                      /* cmd_identity_code.c */
admin_handler cmd_identity_generate;                  /* cmd_identity_generate.c */
admin_handler cmd_identity_import;                    /* cmd_identity_import.c */
admin_handler cmd_client_create;                      /* cmd_client_create.c */
admin_handler cmd_client_list, cmd_client_show;       /* cmd_client_list.c */
admin_handler cmd_client_update;                      /* cmd_client_update.c */
admin_handler cmd_client_disable;                     /* cmd_client_disable.c */
admin_handler cmd_client_rotate_secret;               /* cmd_client_secret.c */
admin_handler cmd_resource_add, cmd_resource_list;    /* cmd_resource.c */
admin_handler cmd_session_list, cmd_session_end;      /* cmd_session.c */
admin_handler cmd_consent_list, cmd_consent_withdraw; /* cmd_consent.c */
admin_handler cmd_audit_list;                         /* cmd_audit.c */
admin_handler cmd_sandbox_people, cmd_sandbox_reset;  /* cmd_sandbox_people.c */
admin_handler cmd_sandbox_clock;                      /* cmd_sandbox_clock.c */
admin_handler cmd_sandbox_fault, cmd_sandbox_faults,  /* cmd_sandbox_fault.c */
    cmd_sandbox_requests;

#endif
