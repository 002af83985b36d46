/* rooms: command base */
/* Lines on the control socket: whatever is let through has only arguments of the table, of their
 * types. */
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "command/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_t *request = NULL;
    if (json_read(str_of(data, size), CONTROL_LINE_MAX, &request) != OK) {
        return 0;
    }
    const struct command *c = command_find(json_member(request, "command"));
    const json_t *arguments = json_object_get(request, "arguments");
    if (c != NULL && arguments != NULL && command_arguments_check(c, arguments) == OK) {
        const char *name;
        json_t *value;
        json_object_foreach((json_t *)(uintptr_t)arguments, name, value)
        {
            const struct command_option *o = command_option_find(c, name);
            if (o == NULL || (o->type == COMMAND_TEXT && json_string_length(value) == 0)) {
                abort();
            }
        }
    }
    json_decref(request);
    return 0;
}
