/* Commands about a sandbox for integrators. */
#include "command/table.h"

static const struct command commands[] = {
    {
        .words = "sandbox people",
        .options = NO_OPTIONS,
        .help = "The people of a sandbox: one for every level and state, with number, password and "
                "purpose.",
        .examples = "authctl sandbox people\nauthctl --json sandbox people",
        .columns = "person number name level state brings purpose",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "sandbox reset",
        .options = NO_OPTIONS,
        .help =
            "Makes the people of a sandbox, or brings them back to how they were made; sets the "
            "clock to the real time and takes all faults back.  Clients, and other people, stay.",
        .examples = "authctl sandbox reset",
        .columns = "person number name level state brings purpose",
        .deadline_ms = MINUTES(2),
        .progress = true,
    },
    {
        .words = "sandbox clock",
        .operand = "move",
        .operand_optional = true,
        .options = NO_OPTIONS,
        .help =
            "Where a sandbox's clock stands.  With +2h, +30m or +1d12h it is moved ahead: codes, "
            "tokens and sessions expire, keys rotate, as they would.  reset goes back to the real "
            "time.",
        .examples = "authctl sandbox clock\nauthctl sandbox clock +2h\nauthctl sandbox clock reset",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "sandbox faults",
        .options = NO_OPTIONS,
        .help =
            "The faults that can be ordered, what a good portal does then, and which are ordered.",
        .examples = "authctl sandbox faults",
        .columns = "fault what ordered",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "sandbox fault",
        .operand = "name",
        .options = OPTIONS(
            TEXT("client", "CLIENT_ID", "for whom; '*' for everybody"),
            NUMBER("times", "N", "for that many requests; 1 when no --for-s is given"),
            NUMBER("for-s", "SECONDS", "for that long"),
            NUMBER("amount", "SECONDS", "how slow, late or wrong, where the fault has that")),
        .help =
            "Orders a fault for a client's next requests; others notice nothing.  none takes back "
            "what was ordered.",
        .examples = "authctl sandbox fault expired_code --client portal\n"
                    "authctl sandbox fault slow --client portal --for-s 60 --amount 4\n"
                    "authctl sandbox fault none --client portal",
        .deadline_ms = MINUTES(1),
    },
    {
        .words = "sandbox requests",
        .options = OPTIONS(TEXT("client", "CLIENT_ID", "only this one's")),
        .help = "The last requests of clients to a sandbox: what was refused, why, and the cure.",
        .examples = "authctl sandbox requests --client portal",
        .columns = "at client_id method path status error fault cause_and_cure",
        .deadline_ms = SECONDS(15),
    },
};
GROUP(COMMANDS_SANDBOX, "A sandbox for integrators (authd --sandbox)");
