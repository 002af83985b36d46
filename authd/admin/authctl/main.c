/* authctl: commands for the administrator of authd.  See authctl(8).
 *
 * Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the daemon cannot be reached. */
#include <stdlib.h>
#include <string.h>

#include "authctl/authctl.h"
#include "base/buf.h"
#include "config/config.h"

#ifndef AUTHD_VERSION
#define AUTHD_VERSION "unknown"
#endif

static int complain(enum authctl_exit status)
{
    fprintf(stderr, "authctl: %s\n", err_reason());
    return (int)status;
}

/* Where the daemon listens: said, or from its configuration. */
static enum err socket_path(struct arena *a, const struct request *r, const char **out)
{
    if (r->socket_path[0]) {
        *out = r->socket_path;
        return OK;
    }
    struct config *config;
    TRY(config_read(r->config_path, &config));
    *out = str_z(a, str_fmt(a, "%s/authctl.sock", config->run_dir));
    config_free(config);
    return OK;
}

static json_t *request_line(struct arena *a, const struct request *r)
{
    json_t *line = json_own(a, json_object());
    json_object_set_new(line, "command", json_string(r->command->words));
    json_object_set(line, "arguments", r->arguments);
    const char *user = getenv("SUDO_USER"); /* a claim, kept beside what the kernel says */
    if (user && user[0] && str_utf8(str_from(user))) {
        json_object_set_new(line, "operator", json_string(user));
    }
    return line;
}

static int run(struct arena *a, const struct request *r)
{
    json_t *result = NULL;
    if (r->command->local) {
        if (local_migrate(a, r, &result) != OK) {
            return complain(EXIT_REFUSED);
        }
        print_answer(stdout, r->command, result, r->json);
        return EXIT_DONE;
    }
    const char *path;
    if (socket_path(a, r, &path) != OK) {
        return complain(EXIT_UNREACHABLE);
    }
    bool reached = false;
    enum err e = socket_ask(a, path, request_line(a, r), &result, &reached);
    progress_end();
    if (e != OK) {
        return complain(reached ? EXIT_REFUSED : EXIT_UNREACHABLE);
    }
    print_answer(stdout, r->command, result, r->json);
    return EXIT_DONE;
}

static int with_arena(struct arena *a, int argc, char **argv)
{
    struct request r;
    if (authctl_parse(a, argc, argv, &r) != OK) {
        complain(EXIT_USAGE);
        fprintf(stderr, "authctl --help shows all commands, authctl COMMAND --help one of them\n");
        return EXIT_USAGE;
    }
    if (r.version) {
        printf("authctl %s\n", AUTHD_VERSION);
        return EXIT_DONE;
    }
    if (r.help) {
        if (r.command) {
            help_command(stdout, r.command);
        } else if (r.group) {
            help_group(stdout, r.group);
        } else {
            help_all(stdout);
        }
        return EXIT_DONE;
    }
    if (r.command->danger && !r.yes && !input_confirm(r.command->danger)) {
        fprintf(stderr, "authctl: nothing was done\n");
        return EXIT_REFUSED;
    }
    return run(a, &r);
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new(0);
    if (!a) {
        fprintf(stderr, "authctl: out of memory\n");
        return EXIT_REFUSED;
    }
    int status = with_arena(a, argc, argv);
    arena_free(a); /* wipes what was typed */
    return fflush(stdout) == 0 ? status : EXIT_REFUSED;
}
