/* Commands about services: relying parties and resource servers. */
#include "command/table.h"

static const struct command commands[] = {
    {
        .words = "client create",
        .options = OPTIONS(JSON("json", true,
                                "registration metadata of RFC 7591; - for standard "
                                "input")),
        .help = "Registers a relying party.  The answer has the client's secret, once.",
        .examples = "authctl client create --json portal.json\n"
                    "echo '{\"client_name\":\"Portal\",\"redirect_uris\":"
                    "[\"https://portal.example/cb\"]}' | authctl client create --json -",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "client list",
        .options = NO_OPTIONS,
        .help = "All relying parties, with the weaknesses of each registration.",
        .examples = "authctl client list",
        .columns = "client_id client_name state token_endpoint_auth_method weaknesses",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "client show",
        .operand = "client_id",
        .options = NO_OPTIONS,
        .help = "One registration, without secrets.",
        .examples = "authctl --json client show portal",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "client update",
        .operand = "client_id",
        .options = OPTIONS(JSON("json", true, "the members to change; null takes one away")),
        .help = "Changes a registration.  What is not named stays.",
        .examples = "authctl client update portal --json change.json",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "client disable",
        .operand = "client_id",
        .options = OPTIONS(REASON),
        .help = "Nobody can use this client any more; its tokens are refused at introspection.",
        .examples = "authctl client disable portal",
        .danger = "People can't log in to this service any more, and its tokens are refused.",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "client rotate-secret",
        .operand = "client_id",
        .options = OPTIONS(NUMBER("overlap-s", "SECONDS",
                                  "how long the old secret still works; "
                                  "3600 when not given")),
        .help = "A new secret; the old one works for a while longer.",
        .examples = "authctl client rotate-secret portal --overlap-s 600",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "resource add",
        .options = OPTIONS(MUST("audience", "URI", "the API's identifier: aud of its tokens"),
                           MUST("name", "TEXT", "what people call it"),
                           TEXT("scopes", "WORDS", "scopes that belong to it, space separated"),
                           TEXT("client", "CLIENT_ID",
                                "with which it authenticates for "
                                "introspection"),
                           FLAG("no-introspection", "it may not ask about tokens")),
        .help = "Registers a resource server, or changes the one with this audience.",
        .examples = "authctl resource add --audience https://api.example/ --name Registry "
                    "--scopes \"registry:read registry:write\" --client registry",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "resource list",
        .options = NO_OPTIONS,
        .help = "All resource servers.",
        .examples = "authctl resource list",
        .columns = "audience name scopes client_id introspection",
        .deadline_ms = SECONDS(15),
    },
};
GROUP(COMMANDS_SERVICES, "Services");
