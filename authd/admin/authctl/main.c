/* authctl: commands for the administrator of authd.  See authctl(8).
 *
 * Exit status: 0 done, 1 refused or failed, 2 wrong usage, 3 the daemon cannot be reached. */
#include <stdlib.h>
#include <string.h>

#include "authctl/authctl.h"

static int complain(struct arena *a, enum authctl_exit status)
{
    struct str why = screen_clean(a, str_from(err_reason()), true);
    fprintf(stderr, "authctl: %.*s\n", STR_FMT(why));
    return (int)status;
}

static int run(struct arena *a, const struct request *r)
{
    struct screen screen = screen_of(stdout);
    json_t *result = NULL;
    bool reached = false;
    enum err e =
        local_is(r) ? local_run(a, r, &result, &reached) : ask_daemon(a, r, &result, &reached);
    progress_end();
    if (e != OK) {
        return complain(a, reached ? EXIT_REFUSED : EXIT_UNREACHABLE);
    }
    if (result) { /* what wrote its answer itself gives none */
        print_answer(stdout, &screen, r->command, result, r->json);
    }
    bool found = json_is_false(json_object_get(result, "healthy")) ||
                 json_integer_value(json_object_get(result, "set_aside")) > 0;
    return found ? EXIT_REFUSED : EXIT_DONE;
}

/* Names what will happen and asks. */
static int confirmed(struct arena *a, const struct request *r, bool *out)
{
    bool said = r->command->danger_option && !input_can_ask(); /* "--force" of a script */
    bool yes = r->yes || said || !command_is_dangerous(r->command, r->arguments);
    if (!yes && input_confirm(r->command->danger, &yes) != OK) {
        return complain(a, EXIT_REFUSED);
    }
    if (!yes) {
        fprintf(stderr, "authctl: nothing was done\n");
    }
    *out = yes;
    return EXIT_REFUSED;
}

static int help(const struct request *r)
{
    struct screen screen = screen_of(stdout);
    if (r->command) {
        help_command(stdout, &screen, r->command);
    } else if (r->group) {
        help_group(stdout, &screen, r->group);
    } else {
        help_all(stdout, &screen);
    }
    return EXIT_DONE;
}

static int with_arena(struct arena *a, int argc, char **argv)
{
    struct request r;
    if (argc > 1 && !strcmp(argv[1], "__complete")) { /* asked by the completion script */
        complete(stdout, a, argc - 2, argv + 2);
        return EXIT_DONE;
    }
    if (authctl_parse(a, argc, argv, &r) != OK) {
        complain(a, EXIT_USAGE);
        fprintf(stderr, "authctl --help shows all commands, authctl COMMAND --help one of them\n");
        return EXIT_USAGE;
    }
    if (r.version) {
        printf("authctl %s\n", AUTHD_VERSION);
        return EXIT_DONE;
    }
    if (r.help) {
        return help(&r);
    }
    bool yes = false;
    int status = confirmed(a, &r, &yes);
    if (!yes) {
        return status;
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
