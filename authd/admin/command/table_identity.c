/* Commands about people, organisations, and the ledger of those that were erased. */
#include "command/table.h"

#define LEDGER                                                                                     \
    {"file", COMMAND_TEXT, false, "FILE",                                                          \
     "a copy of the ledger; the configured one when not given"},                                   \
        TEXT("head", "HEX", "what it must end with, as the log said: erasure.noted")

static const struct command commands[] = {
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
        OF_SOMEBODY(WHO_NUMBER, REASON),
        .help = "State, attributes and history of an identity.  Counted by the signer, "
                "and kept in the audit that the person sees, with the reason.",
        .examples =
            "authctl identity show 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90\n"
            "authctl identity show --personal-number 001190000001 --reason \"case 12/2026\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity activate",
        OF_SOMEBODY(WHO_NUMBER, GROUND),
        .help = "From issued to active.",
        .examples = "authctl identity activate 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --ground "
                    "\"identified in person\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity lock",
        OF_SOMEBODY(WHO_NUMBER, GROUND),
        .help = "Locks an account at once, everywhere: sessions end, tokens are refused, portals "
                "are told.",
        .examples =
            "authctl identity lock 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --ground \"own request\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity unlock",
        OF_SOMEBODY(WHO_NUMBER, GROUND),
        .help = "From locked back to active.  What the lock ended stays ended.",
        .examples =
            "authctl identity unlock 7f0c2b1e-5d1a-4c3b-9a70-3f2b6c1d8e90 --ground \"own request\"",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity close",
        OF_SOMEBODY(WHO_NUMBER, GROUND),
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
        OF_SOMEBODY(WHO_NUMBER, GROUND),
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
        OF_SOMEBODY(WHO_NUMBER, SECRET("password", "the new password: one line of standard "
                                                   "input, or asked for on a terminal")),
        .help = "Sets a password and ends the sessions that the old one opened.  Only a "
                "verifier process sees it, and keeps a hash.",
        .examples = "authctl identity password --personal-number 001190000001 < file",
        .deadline_ms = SECONDS(30),
    },
    {
        .words = "identity code",
        OF_SOMEBODY(WHO_NUMBER,
                    FLAG("recover", "also for a person who has a password: who forgot it and "
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
        .words = "erasures check",
        .operand = "file",
        .operand_optional = true,
        .options = OPTIONS(LEDGER),
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
            OPTIONS(LEDGER, {"rows", COMMAND_ROWS, false, NULL, "a part, as authctl sends it"}),
        .help =
            "After a database was restored: erases again whom the ledger says was erased since the "
            "backup.  Until then no process of authd gets a key.  Harmless when nothing is "
            "missing.",
        .examples = "authctl erasures replay",
        .danger = "Everybody in the ledger is erased in this database, too.",
        .deadline_ms = MINUTES(60),
    },
};
GROUP(COMMANDS_IDENTITY, "People and organisations");
