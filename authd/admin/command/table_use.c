/* Commands about what people do, and what was done. */
#include "command/table.h"

static const struct command commands[] = {
    {
        .words = "audit list",
        OF_SOMEBODY(
            WHO_NUMBER, TEXT("client", "CLIENT_ID", "only what concerns this service"),
            TEXT("event", "EVENT", "only this event: login, token.refresh, key.rotated"),
            TEXT("request", "ID",
                 "only what one request did; the id of the log and of error pages"),
            TEXT("since", "TIME",
                 "from this time on; without it and without a person the last day"),
            TEXT("until", "TIME", "before this time"),
            NUMBER("limit", "N", "at most so many, newest first; 100 unless told, at most 1000"),
            FLAG("addresses", "open the sealed network addresses too, at most 50 at a time"),
            TEXT("reason", "TEXT",
                 "why; with it one sees whose entries they are, and a person asked for sees it")),
        .help = "What happened: what, at whose service, on which ground.  Reading about a person, "
                "opening addresses and seeing whose entries they are wants a reason and is itself "
                "written down first.",
        .examples = "authctl audit list --event key.rotated\n"
                    "authctl audit list 001090004821 --reason \"complaint 17\"\n"
                    "authctl audit list --request 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90",
        .columns = "at event outcome subject client operator ground detail address",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "session list",
        OF_SOMEBODY(WHO_NUMBER),
        .help = "Where a person is logged in.",
        .examples = "authctl session list --personal-number 001190000001",
        .columns = "session login last_seen expires level methods",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "session end",
        OF_SOMEBODY(WHO_NUMBER, TEXT("session", "ID", "only this one"), REASON),
        .help = "Ends a person's sessions; portals are told.",
        .examples =
            "authctl session end 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --reason \"lost phone\"",
        .danger = "The person is logged out, here and at every service.",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "consent list",
        OF_SOMEBODY(WHO_NUMBER),
        .help = "What a person has agreed to release, and to whom.",
        .examples = "authctl consent list --personal-number 001190000001",
        .columns = "client_id given scope claims",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "consent withdraw",
        OF_SOMEBODY(WHO_NUMBER, MUST("client", "CLIENT_ID", "from whom"), REASON),
        .help =
            "Withdraws what a person has agreed to release to a service: its grants and tokens are "
            "revoked, and it is told to end its sessions.",
        .examples = "authctl consent withdraw 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --client portal",
        .deadline_ms = SECONDS(15),
    },
};
GROUP(COMMANDS_USE, "What people do, and what was done");
