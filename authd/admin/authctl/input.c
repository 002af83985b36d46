/* What authctl reads: files, standard input, a line typed without echo, a yes. */
#include "authctl/authctl.h"

#include <errno.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/ct.h"

#define FILE_MAX ((size_t)200 * 1024)
#define LINE_SIZE 1024

enum err input_read(struct arena *a, const char *path, struct str *out)
{
    bool standard = !strcmp(path, "-");
    FILE *from = standard ? stdin : fopen(path, "re");
    if (!from) {
        return fail(ERR_NOT_FOUND, "%s: cannot be opened: %s", path, strerror(errno));
    }
    char *bytes = arena_alloc(a, FILE_MAX + 1);
    size_t n = fread(bytes, 1, FILE_MAX + 1, from);
    bool broken = ferror(from) != 0;
    if (!standard) {
        fclose(from);
    }
    if (broken) {
        return fail(ERR_INPUT, "%s: cannot be read", path);
    }
    if (n > FILE_MAX) {
        return fail(ERR_LIMIT, "%s: longer than %zu bytes", path, FILE_MAX);
    }
    *out = str_of(bytes, n);
    return OK;
}

static enum err one_line(struct arena *a, struct str *out)
{
    char line[LINE_SIZE];
    if (!fgets(line, sizeof line, stdin)) {
        return fail(ERR_INPUT, "nothing on standard input, where a line was expected");
    }
    size_t n = strcspn(line, "\r\n");
    bool whole = line[n] != '\0' || feof(stdin);
    *out = str_dup(a, str_of(line, n));
    ct_wipe(line, sizeof line);
    if (!whole || !n) {
        return fail(ERR_INPUT, n ? "the line on standard input is too long"
                                 : "the line on standard input is empty");
    }
    return str_utf8(*out) ? OK : fail(ERR_INPUT, "the line on standard input is not UTF-8");
}

static enum err typed(struct arena *a, const char *what, const char *how, struct str *out)
{
    struct termios before, silent;
    if (tcgetattr(STDIN_FILENO, &before) != 0) {
        return fail(ERR_INPUT, "the terminal cannot be asked");
    }
    silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(STDIN_FILENO, TCSAFLUSH,
              &silent); /* first: what is typed at once must not be shown */
    fprintf(stderr, "%s%s: ", what, how);
    enum err e = one_line(a, out);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    fputc('\n', stderr);
    return e;
}

enum err input_secret(struct arena *a, const char *what, struct str *out)
{
    if (!isatty(STDIN_FILENO)) {
        return one_line(a, out);
    }
    struct str first, second;
    TRY(typed(a, what, "", &first));
    TRY(typed(a, what, " again", &second));
    if (!ct_str_equal(first, second)) {
        return fail(ERR_INPUT, "%s: what was typed twice is not the same", what);
    }
    *out = first;
    return OK;
}

bool input_can_ask(void)
{
    return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

enum err input_confirm(const char *effect, bool *out)
{
    if (!input_can_ask()) {
        return fail(ERR_DENIED, "%s  Nobody can be asked here: add --yes to do it", effect);
    }
    char line[16];
    fprintf(stderr, "%s\nGo on? [y/N] ", effect);
    *out = fgets(line, sizeof line, stdin) && (line[0] == 'y' || line[0] == 'Y');
    return OK;
}
