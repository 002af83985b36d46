/* Commands about keys. */
#include "command/table.h"

static const struct command commands[] = {
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
};
GROUP(COMMANDS_KEYS, "Keys");
