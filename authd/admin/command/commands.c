/* The table of commands.  Texts here are what `authctl --help` shows and authctl(8) repeats; a test
 * compares them with the handlers of the admin process and with the manual page. */
#include "command/command.h"

#define END                                                                                        \
    {                                                                                              \
        NULL, COMMAND_FLAG, false, NULL, NULL                                                      \
    }
#define TEXT(name, value, help)                                                                    \
    {                                                                                              \
        name, COMMAND_TEXT, false, value, help                                                     \
    }
#define MUST(name, value, help)                                                                    \
    {                                                                                              \
        name, COMMAND_TEXT, true, value, help                                                      \
    }
#define NUMBER(name, value, help)                                                                  \
    {                                                                                              \
        name, COMMAND_NUMBER, false, value, help                                                   \
    }
#define FLAG(name, help)                                                                           \
    {                                                                                              \
        name, COMMAND_FLAG, false, NULL, help                                                      \
    }
#define JSON(name, must, help)                                                                     \
    {                                                                                              \
        name, COMMAND_JSON, must, "FILE", help                                                     \
    }
#define SECRET(name, help)                                                                         \
    {                                                                                              \
        name, COMMAND_SECRET, false, NULL, help                                                    \
    }
#define OPTIONS(...) ((const struct command_option[]){__VA_ARGS__, END})
#define NO_OPTIONS ((const struct command_option[]){END})

#define SECONDS(n) ((n)*1000L)
#define MINUTES(n) ((n)*60000L)

#define GROUND MUST("ground", "TEXT", "legal ground, kept in the person's history and the audit")
#define WHO_NUMBER                                                                                 \
    TEXT("personal-number", "NUMBER",                                                              \
         "the person's personal number; may also stand where the id does")
#define REASON TEXT("reason", "TEXT", "why; kept in the audit")

const struct command_group COMMAND_GROUPS[] = {
    {"status doctor tasks migrate upgrade completion", "The service"},
    {"keys", "Keys"},
    {"identity", "People and organisations"},
    {"erasures", "The ledger of erasures"},
    {"session consent audit", "What people do, and what was done"},
    {"client resource", "Services"},
    {"sandbox", "A sandbox for integrators (authd --sandbox)"},
    {NULL, NULL},
};

const char *const COMMAND_EXITS[] = {
    "Done.",
    ("Refused, failed, or declined; standard error says why and what to do.  For doctor: it found "
     "something; for identity import: rows were set aside."),
    "Wrong usage.",
    "The daemon cannot be reached.",
};

const struct command COMMANDS[] = {
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
                "schema, rights, keys, deliveries.  Says for each finding how bad it is, the cause "
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
    {
        .words = "keys list",
        .options = OPTIONS(FLAG("all", "also keys that are retired or revoked")),
        .help = "The keys of the service and the state of each.",
        .examples = "authctl keys list\nauthctl --json keys list --all",
        .columns = "kid use alg state published activated activates unpublished",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "keys rotate",
        .options =
            OPTIONS(TEXT("alg", "ES256|EdDSA|PS256|RS256", "only this algorithm"),
                    FLAG("dry-run", "say what would happen and when, change nothing"),
                    FLAG("now", "as soon as every process can know; refused where caches would "
                                "break, unless --force"),
                    FLAG("force", "with --now: even if portals with an older key set refuse new "
                                  "tokens until they fetch again"),
                    TEXT("at", "TIME", "not before this time: 2027-01-31T03:00:00Z")),
        .danger = "Services whose copy of the key set is older than the switch refuse new tokens "
                  "until they fetch it again.",
        .danger_option = "force",
        .help = "Plans a switch to the next signing key at the soonest moment that breaks nobody. "
                "Asked again while one is planned it changes nothing and says what is planned.",
        .examples = "authctl keys rotate --dry-run\nauthctl keys rotate --alg ES256\n"
                    "authctl keys rotate --now --force",
        .deadline_ms = SECONDS(60),
    },
    {
        .words = "keys revoke",
        .operand = "kid",
        .options = OPTIONS(REASON),
        .help = "Revokes a signing key at once; the next key takes over.  Tokens under it are "
                "refused by us immediately and by portals when they have fetched the key set "
                "again, at most its maximum age later.",
        .examples = "authctl keys list\nauthctl keys revoke 2kWmZ3pQ8sLx0aBc --reason \"found on "
                    "a stolen disk\"",
        .danger = "Every token this key has signed stops being valid, and it never comes back.",
        .deadline_ms = SECONDS(60),
    },
    {
        .words = "keys schedule",
        .options = NO_OPTIONS,
        .help = "What will happen to the signing keys, and when.",
        .examples = "authctl keys schedule",
        .columns = "at event kid alg",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "keys history",
        .options = NO_OPTIONS,
        .help = "Every signing key there ever was, with the times of its life.",
        .examples = "authctl --json keys history",
        .columns = "kid alg state created published activated retired revoked reason",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "keys root",
        .options = OPTIONS(FLAG("next", "makes the root that will follow, unless there is one"),
                           FLAG("switch", "the next root signs the key set from now on"), REASON),
        .help =
            "The public key that signs the key set.  With --json it is the JWK, or while another "
            "one waits to follow the JWK Set of both, that portals give to "
            "eid_client_pin_root; bring it to them by a way you trust.",
        .examples = "authctl --json keys root > root.jwk\n"
                    "authctl --json keys root --next > roots.jwks",
        .danger =
            "Portals that have pinned only the present root refuse every key set from now on.",
        .danger_option = "switch",
        .deadline_ms = SECONDS(60),
    },
    {
        .words = "keys rewrap",
        .options = NO_OPTIONS,
        .help = "Moves everything sealed under the previous master key to the present one.  No "
                "token and no person's row is touched; may be interrupted and started again.  "
                "Backups made before still need the previous one.",
        .examples = "# authd.conf: master_key_file = new, master_key_previous_file = old; reload\n"
                    "authctl keys rewrap",
        .deadline_ms = MINUTES(60),
        .progress = true,
    },
    {
        .words = "identity add",
        .options = OPTIONS(
            TEXT("personal-number", "NUMBER", "12 digits that fit birth date, sex and a province"),
            TEXT("name", "TEXT", "full name, family name first"),
            TEXT("birthdate", "DATE", "1990-04-30, 1990-04 or 1990"),
            TEXT("sex", "male|female", "as on the identity card"),
            TEXT("phone", "NUMBER", "+84912345678 or 0912345678"),
            TEXT("email", "ADDRESS", "e-mail address"), TEXT("address", "TEXT", "residence"),
            TEXT("organisation-code", "CODE", "an organisation instead of a person"),
            NUMBER("level", "1|2", "account level of a person; 2 after identification in person"),
            FLAG("issued", "not active yet: the person activates the account later"),
            TEXT("ground", "TEXT", "legal ground"),
            JSON("json", false, "all attributes as a JSON object; - for standard input")),
        .help = "Enters a person or an organisation.  Attributes are sealed before they reach the "
                "database.",
        .examples = "authctl identity add --personal-number 001190000001 --name \"Nguyễn Thị An\" "
                    "--birthdate 1990-04-30 --sex female --level 2 --ground \"Decree 69/2024\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity show",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, REASON),
        .help = "State, attributes and history of an identity.  Counted by the signer, "
                "and kept in the audit that the person sees, with the reason.",
        .examples =
            "authctl identity show 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90\n"
            "authctl identity show --personal-number 001190000001 --reason \"case 12/2026\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity activate",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, GROUND),
        .help = "From issued to active.",
        .examples = "authctl identity activate 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --ground "
                    "\"identified in person\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity lock",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, GROUND),
        .help = "Locks an account at once, everywhere: sessions end, tokens are refused, portals "
                "are told.",
        .examples =
            "authctl identity lock 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --ground \"own request\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity unlock",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, GROUND),
        .help = "From locked back to active.  What the lock ended stays ended.",
        .examples =
            "authctl identity unlock 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --ground \"own request\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity close",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, GROUND),
        .help = "Closes an account for ever: death, loss of nationality.",
        .examples = "authctl identity close 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --ground \"death "
                    "certificate 15/2026\"",
        .danger = "The account is closed for ever: the person can't log in again, every session "
                  "and token "
                  "ends.",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity erase",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, GROUND),
        .help =
            "Destroys what is known of somebody: the key of their data and the data, the digests "
            "under which they were found, credentials, consents; ends sessions and grants and "
            "tells services.  What remains is an id in the audit.  Done only when it stands in the "
            "ledger of erasures, which a restored backup must be brought up to.",
        .examples = "authctl identity erase 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 "
                    "--ground \"Law 91/2025, request 114\"",
        .danger = "This person's data is destroyed for ever; there is no way back, from no backup.",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity password",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, SECRET("password", "the new password: one line of standard "
                                                          "input, or asked for on a terminal")),
        .help = "Sets a password and ends the sessions that the old one opened.  Only a "
                "verifier process sees it, and keeps a hash.",
        .examples = "authctl identity password --personal-number 001190000001 < file",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity code",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(
            WHO_NUMBER, FLAG("recover", "also for a person who has a password: who forgot it and "
                                        "stands at the counter")),
        .help = "Makes a one-time code and shows it once.  With the personal number and this code "
                "the person sets a password at /account/first.  A new code ends the one before.",
        .examples = "authctl identity code --personal-number 001190000001\n"
                    "authctl identity code 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --recover",
        .danger = "When the code is used, the present password is replaced, every session of the "
                  "person ends and what services hold is revoked. Was the person identified?",
        .danger_option = "recover",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity generate",
        .operand = "count",
        .options = OPTIONS(
            {"count", COMMAND_NUMBER, true, "N", "how many people; may stand without --count"},
            NUMBER("seed", "N", "the same people again for the same number"),
            TEXT("output", "csv|jsonl",
                 "write them to standard output for identity import; nobody "
                 "is entered, no daemon is needed"),
            NUMBER("password-for-first", "N", "how many of them get the password"),
            SECRET("password", "that password: one line of standard input")),
        .help = "Makes invented people for tests and demonstrations: names, numbers that fit, "
                "provinces.",
        .examples = "authctl identity generate 100 --seed 1\n"
                    "echo correct horse battery staple | authctl identity generate 5 "
                    "--password-for-first 5",
        .columns = "personal_number name birthdate level id",
        .deadline_ms = MINUTES(120),
        .progress = true,
    },
    {
        .words = "identity import",
        .operand = "file",
        .operand_optional = true,
        .options = OPTIONS(
            GROUND,
            TEXT("format", "csv|jsonl", "what the file is; else told by its name or first byte"),
            TEXT("rejects", "FILE",
                 "where rows go that were not taken; the file's name with "
                 ".rejected when not given, import.rejected for standard input"),
            FLAG("resume", "go on where an import of this file was interrupted"),
            FLAG("dry-run", "check every row and say what would happen; nothing is entered"),
            {"rows", COMMAND_ROWS, false, NULL, "a batch, as authctl sends it"}),
        .help = "Enters people and organisations from CSV or JSON lines, of any size, from a file "
                "or standard input.  Who is there already with the same attributes is passed "
                "over, with others is never changed.  Rows that are not taken are set aside in a "
                "file with line number and reason, and the exit status is 1.  May be interrupted "
                "and started again at any moment.",
        .examples = "authctl identity generate 3 --seed 5 --output csv > people.csv\n"
                    "authctl identity import people.csv --dry-run --ground \"Decree 69/2024\"\n"
                    "authctl identity import people.csv --ground \"Decree 69/2024\"\n"
                    "authctl identity generate 2 --output jsonl | authctl identity import - "
                    "--ground \"trial\"",
        .deadline_ms = MINUTES(2),
        .progress = true,
    },
    {
        .words = "audit list",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(
            WHO_NUMBER, TEXT("client", "CLIENT_ID", "only what concerns this service"),
            TEXT("event", "EVENT", "only this event: login, token.refresh, key.rotated"),
            TEXT("request", "ID",
                 "only what one request did; the id of the log and of error pages"),
            TEXT("since", "TIME",
                 "from this time on; without it and without a person the last day"),
            TEXT("until", "TIME", "before this time"),
            NUMBER("limit", "N", "at most so many, newest first; 100 unless told, at most 1000"),
            FLAG("addresses", "open the sealed network addresses too, at most 50 at a time"),
            TEXT("reason", "TEXT", "why a person's entries are read; the person can see it")),
        .help = "What happened: who, what, for whom, on which ground.  Reading about a person, and "
                "opening addresses, wants a reason and is itself written down first.",
        .examples = "authctl audit list --event key.rotated\n"
                    "authctl audit list 001090004821 --reason \"complaint 17\"\n"
                    "authctl audit list --request 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90",
        .columns = "at event outcome subject client operator ground detail address",
        .deadline_ms = SECONDS(30),
    },
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
    {
        .words = "erasures check",
        .operand = "file",
        .operand_optional = true,
        .options =
            OPTIONS({"file", COMMAND_TEXT, false, "FILE",
                     "a copy of the ledger; the configured one when not given"},
                    TEXT("head", "HEX", "what it must end with, as the log said: erasure.noted")),
        .help = "Checks the ledger of erasures, line by line, with its key: how many there are, "
                "and its "
                "head.  That the end is missing shows only by comparing the head with the log's.",
        .examples = "authctl erasures check",
        .deadline_ms = MINUTES(10),
        .local = true,
    },
    {
        .words = "erasures replay",
        .operand = "file",
        .operand_optional = true,
        .options =
            OPTIONS({"file", COMMAND_TEXT, false, "FILE",
                     "a copy of the ledger; the configured one when not given"},
                    TEXT("head", "HEX", "what it must end with, as the log said: erasure.noted"),
                    {"rows", COMMAND_ROWS, false, NULL, "a part, as authctl sends it"}),
        .help =
            "After a database was restored: erases again whom the ledger says was erased since the "
            "backup.  Until then no process of authd gets a key.  Harmless when nothing is "
            "missing.",
        .examples = "authctl erasures replay",
        .danger = "Everybody in the ledger is erased in this database, too.",
        .deadline_ms = MINUTES(60),
    },
    {
        .words = "session list",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER),
        .help = "Where a person is logged in.",
        .examples = "authctl session list --personal-number 001190000001",
        .columns = "session login last_seen expires level methods",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "session end",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, TEXT("session", "ID", "only this one"), REASON),
        .help = "Ends a person's sessions; portals are told.",
        .examples =
            "authctl session end 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --reason \"lost phone\"",
        .danger = "The person is logged out, here and at every service.",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "consent list",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER),
        .help = "What a person has agreed to release, and to whom.",
        .examples = "authctl consent list --personal-number 001190000001",
        .columns = "client_id given scope claims",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "consent withdraw",
        .operand = "id",
        .operand_optional = true,
        .options = OPTIONS(WHO_NUMBER, MUST("client", "CLIENT_ID", "from whom"), REASON),
        .help =
            "Withdraws what a person has agreed to release to a service: its grants and tokens are "
            "revoked, and it is told to end its sessions.",
        .examples = "authctl consent withdraw 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --client portal",
        .deadline_ms = SECONDS(15),
    },
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
        .help = "Makes the people of a sandbox, or brings them back to how they were made; sets the "
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
        .help = "Where a sandbox's clock stands.  With +2h, +30m or +1d12h it is moved ahead: codes, "
                "tokens and sessions expire, keys rotate, as they would.  reset goes back to the real "
                "time.",
        .examples = "authctl sandbox clock\nauthctl sandbox clock +2h\nauthctl sandbox clock reset",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "sandbox faults",
        .options = NO_OPTIONS,
        .help = "The faults that can be ordered, what a good portal does then, and which are ordered.",
        .examples = "authctl sandbox faults",
        .columns = "fault what ordered",
        .deadline_ms = SECONDS(15),
    },
    {
        .words = "sandbox fault",
        .operand = "name",
        .options =
            OPTIONS(TEXT("client", "CLIENT_ID", "for whom; '*' for everybody"),
                    NUMBER("times", "N", "for that many requests; 1 when no --for-s is given"),
                    NUMBER("for-s", "SECONDS", "for that long"),
                    NUMBER("amount", "SECONDS", "how slow, late or wrong, where the fault has that")),
        .help = "Orders a fault for a client's next requests; others notice nothing.  none takes back "
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

size_t command_count(void)
{
    return sizeof COMMANDS / sizeof COMMANDS[0];
}

size_t command_exit_count(void)
{
    return sizeof COMMAND_EXITS / sizeof COMMAND_EXITS[0];
}
