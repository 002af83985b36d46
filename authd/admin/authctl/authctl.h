/* The command line tool from inside.  It knows how to parse, ask, and print; what commands there
 * are and what they take is the table of admin/command. */
#ifndef AUTHCTL_AUTHCTL_H
#define AUTHCTL_AUTHCTL_H
#include <stdio.h>

#include "authctl/screen.h"
#include "base/arena.h"
#include "command/command.h"

#ifndef AUTHD_VERSION
#define AUTHD_VERSION "unknown"
#endif

enum authctl_exit {
    EXIT_DONE = 0,
    EXIT_REFUSED = 1,
    EXIT_USAGE = 2,
    EXIT_UNREACHABLE = 3,
};

struct request {
    const struct command *command; /* NULL: help or version was asked for */
    const char *group;             /* help about all commands with this first word; else NULL */
    json_t *arguments;             /* belongs to the arena */
    const char *config_path;
    const char *socket_path; /* "" : from the configuration */
    bool json;               /* print JSON */
    bool yes;                /* don't ask */
    bool help, version;
};

/* parse.c: the command line.  Reads JSON files and standard input that arguments name; never a
 * secret. ERR_INPUT with what is wrong. */
CHECKED enum err authctl_parse(struct arena *a, int argc, char **argv, struct request *out);

/* Where the configuration is when the command line does not say. */
const char *authctl_config_path(void);

/* input.c */
/* A whole file, or standard input for "-".  ERR_NOT_FOUND, ERR_LIMIT. */
CHECKED enum err input_read(struct arena *a, const char *path, struct str *out);
/* One line: from a terminal without echo, asked twice, or from standard input. */
CHECKED enum err input_secret(struct arena *a, const char *what, struct str *out);
/* Is there somebody at a terminal? */
bool input_can_ask(void);
/* Asks on the terminal.  *out: was it a yes?  ERR_DENIED where nobody can be asked: a script says
 * --yes. */
CHECKED enum err input_confirm(const char *effect, bool *out);

/* socket.c: one request, its lines of progress, its result.  The reason of anything but OK is the
 * daemon's text; *reached says whether there was a daemon. */
CHECKED enum err socket_ask(struct arena *a, const char *path, json_t *request, json_t **result,
                            bool *reached);

/* The two halves of it, for several requests on their way: the line with its end is sent, the
 * answer waited for.  socket_finish closes the descriptor. */
CHECKED enum err socket_begin(struct arena *a, const char *path, json_t *request, int *out);
CHECKED enum err socket_finish(struct arena *a, int fd, json_t **result);

/* progress.c: a bar on standard error, where that is a terminal. */
void progress_show(int64_t done, int64_t total);
void progress_end(void);
/* With rate and time left; where standard error is no terminal a line now and then.  size: bytes of
 * the file, 0: not known. */
struct progress_load {
    const char *what;     /* "rows" */
    int64_t started_ms;   /* monotonic */
    uint64_t from;        /* bytes that were there at the start */
    int64_t shown_ms;     /* when it was last shown */
    uint64_t rows_before; /* at the start */
};
void progress_load(struct progress_load *p, uint64_t rows, uint64_t bytes, uint64_t size);

/* print.c: the answer for people or as JSON. */
void print_answer(FILE *to, const struct screen *s, const struct command *c, const json_t *result,
                  bool as_json);
/* One value in one line, without control characters; "-" for nothing. */
struct str print_cell(struct arena *a, const json_t *value);
/* table.c: the named members of every row, aligned. */
void print_table(FILE *to, struct arena *a, const struct screen *s, const char *columns,
                 const json_t *rows);

/* view_status.c, view_doctor.c: the answers that are more than a table. */
void view_status(FILE *to, struct arena *a, const struct screen *s, const json_t *status);
void view_doctor(FILE *to, struct arena *a, const struct screen *s, const json_t *found);
void view_title(FILE *to, const struct screen *s, const char *title);
/* Each with its severity, and the cure below it. */
void view_warnings(FILE *to, struct arena *a, const struct screen *s, const json_t *warnings);

/* help.c */
void help_all(FILE *to, const struct screen *s);
void help_command(FILE *to, const struct screen *s, const struct command *c);
/* Every command with this first word, printed unless `to` is NULL; false when there is none. */
bool help_group(FILE *to, const struct screen *s, const char *first_word);

/* suggest.c: what was probably meant; NULL when nothing is near. */
const char *suggest_command(struct arena *a, struct str first, struct str second);
const char *suggest_option(const struct command *c, struct str typed);

/* complete.c: prints what may stand where the last of these words stands, one a line.  `words` are
 * those after "authctl".  Values that only the daemon knows are asked for there. */
void complete(FILE *to, struct arena *a, int n, char **words);
/* The script that makes bash ask. */
void complete_script(FILE *to);

/* ask.c: where the daemon listens, said or from its configuration; one command asked of it. */
CHECKED enum err ask_socket_path(struct arena *a, const struct request *r, const char **out);
CHECKED enum err ask_daemon(struct arena *a, const struct request *r, json_t **result,
                            bool *reached);

/* The request as it is sent. */
json_t *ask_request(struct arena *a, const struct request *r);

/* local.c: what authctl does itself, though it may ask the daemon; *reached is false when it had to
 * and could not. */
bool local_is(const struct request *r);
CHECKED enum err local_run(struct arena *a, const struct request *r, json_t **result,
                           bool *reached);
/* erasures.c */
CHECKED enum err local_erasures_check(struct arena *a, const struct request *r, json_t **result);
CHECKED enum err local_erasures_replay(struct arena *a, const struct request *r, json_t **result);
/* import.c, generate.c */
CHECKED enum err local_import(struct arena *a, const struct request *r, json_t **result);
CHECKED enum err local_generate(struct arena *a, const struct request *r, json_t **result);
/* migrate.c, doctor.c */
CHECKED enum err local_doctor(struct arena *a, const struct request *r, json_t **result);
CHECKED enum err local_migrate(struct arena *a, const struct request *r, json_t **result);

#endif
