/* Commands about the service as a whole. */
#include "command/table.h"

static const struct command commands[] = {
    {
        .words = "status",
        .options = NO_OPTIONS,
        .help = "One page about the service: what should worry and its cure, processes and their "
                "sandbox, database, signing keys and their next rotation, work.",
        .examples = "authctl status\nauthctl --json status",
        .view = COMMAND_VIEW_STATUS,
        .deadline_ms = SECONDS(10),
    },
    {
        .words = "doctor",
        .options = NO_OPTIONS,
        .help = "Looks at what can be wrong: configuration, certificate, clocks, disk, database, "
                "schema, rights, keys, ledger of erasures, deliveries.  Says for each finding how "
                "bad it is, the cause "
                "and the cure; changes nothing; works without the daemon.  Exit status 0: nothing "
                "to do, 1: errors or warnings.",
        .examples = "authctl doctor || true\nauthctl --json doctor > findings.json || true",
        .view = COMMAND_VIEW_DOCTOR,
        .deadline_ms = MINUTES(2),
        .local = true,
    },
    {
        .words = "tasks",
        .options = NO_OPTIONS,
        .help = "What every request in progress waits for.",
        .examples = "authctl tasks",
        .columns = "process label doing age_ms request_id",
        .deadline_ms = SECONDS(10),
    },
    {
        .words = "upgrade",
        .options = NO_OPTIONS,
        .help =
            "Exchanges all processes for those of the program that is installed now, without one "
            "refused request.  The new ones get the listening sockets and must have their "
            "database, its schema and the keys before they accept; if they can't, the old ones "
            "stay and the reason is told.  Options of the configuration that need a restart take "
            "effect, too.  Run authctl migrate first.  kill -USR2 does the same.",
        .examples = "authctl migrate\nauthctl upgrade",
        .deadline_ms = MINUTES(2),
    },
    {
        .words = "migrate",
        .options = OPTIONS(FLAG("dry-run", "say what would be done, change nothing")),
        .help = "Brings the database's schema up to date.  Works without the daemon, forward only; "
                "two nodes may do it at once.",
        .examples = "authctl migrate --dry-run\nauthctl migrate",
        .columns = "version name state",
        .deadline_ms = MINUTES(60),
        .local = true,
    },
    {
        .words = "completion",
        .operand = "shell",
        .options = OPTIONS({"shell", COMMAND_TEXT, true, "bash", "which shell; bash is the one"}),
        .help = "Prints what makes a shell complete commands, options, key ids and client ids.",
        .examples = "authctl completion bash > ~/.local/share/bash-completion/completions/authctl\n"
                    ". <(authctl completion bash)",
        .deadline_ms = SECONDS(10),
        .local = true,
    },
};
GROUP(COMMANDS_SERVICE, "The service");
