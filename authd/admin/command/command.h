/* The commands of authctl: one table that the command line tool (parsing, help, completion, tables
 * for people) and the admin process (checking of arguments, deadlines) both read.  What a command
 * does is in admin/cmd_*.c; how an answer looks to a person is decided by its `columns`.
 *
 * The conversation on the control socket: one line of JSON from authctl
 *   {"command":"keys rotate","arguments":{"alg":"ES256"},"operator":"anh"}
 * and lines of JSON back, the last of which is a result or an error:
 *   {"progress":{"done":100,"total":1000}}
 *   {"result":{…}}   {"error":{"kind":"conflict","text":"…"}}
 * Who asks is decided by the peer's user id; `operator` is only added to the audit entry. */
#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H
#include "base/err.h"
#include "base/json.h"
#include "base/str.h"

#define CONTROL_LINE_MAX ((size_t)256 * 1024)

enum command_type {
    COMMAND_TEXT,
    COMMAND_NUMBER,
    COMMAND_FLAG,
    COMMAND_JSON,   /* a file with a JSON object, or "-" for standard input */
    COMMAND_SECRET, /* never on the command line: a line of standard input */
    COMMAND_ROWS,   /* an array of objects: only between authctl and the daemon */
};

enum command_view { COMMAND_VIEW_PLAIN, COMMAND_VIEW_STATUS, COMMAND_VIEW_DOCTOR };

struct command_option {
    const char *name; /* as on the command line and in "arguments"; NULL ends the list */
    enum command_type type;
    bool required;
    const char *value; /* what the help calls it: "TIME"; with a bar, the only words there are:
                        * "male|female".  Completed by it: FILE, KID, CLIENT_ID, AUDIENCE */
    const char *help;
};

struct command {
    const char *words;   /* "keys rotate" */
    const char *operand; /* name of the argument without --, or NULL */
    bool operand_optional;
    const struct command_option *options;
    const char *help;
    const char *examples; /* lines of a shell */
    const char
        *danger; /* its effect, told before a person is asked, unless --yes; NULL: not asked */
    const char *danger_option; /* asked only when this option is given; NULL: always.  It is itself
                                * the word of a script: where nobody can be asked, it suffices */
    enum command_view view;    /* how an answer that is no table looks to people */
    const char *columns;       /* of the result's "rows", space separated; NULL: not a table */
    long deadline_ms;
    bool local;    /* done by authctl itself, without the daemon */
    bool progress; /* long: sends progress lines */
};

/* The i-th of all commands; NULL behind the last. */
const struct command *command_at(size_t i);
size_t command_count(void);

/* Commands as they are shown: by what they are about. */
struct command_group {
    const char *title;
    const struct command *commands;
    size_t n;
};
extern const struct command_group *const COMMAND_GROUPS[]; /* ends with NULL */
/* What an exit status of authctl means; for help and authctl(8). */
extern const char *const COMMAND_EXITS[];
size_t command_exit_count(void);
/* By its words; NULL when there is none. */
const struct command *command_find(struct str words);
/* Is a person asked before this is done?  By what the request says. */
bool command_is_dangerous(const struct command *c, const json_t *arguments);
/* The option or operand of that name; NULL.  The operand counts as text. */
const struct command_option *command_option_find(const struct command *c, const char *name);
/* The arguments of a request are an object, every member is known and of its type, and what is
 * required is there.  ERR_INPUT with the name. */
CHECKED enum err command_arguments_check(const struct command *c, const json_t *arguments);

#endif
