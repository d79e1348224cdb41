/*
 * Files for commentary-play. The first byte chooses the format: c CSV, j JSON lines, d the demo's.
 * Whatever the bytes are, each step that is there without a complaint can be played.
 */
#include "fuzz.h"

#include "play/csv.h"
#include "play/demo.h"
#include "play/jsonl.h"
#include "play/script.h"

static const char *const pairs[] = {"Minute=minute", "Text=message", "Id="};
static const struct csv_map map = {pairs, 3};

static void check_row(const struct row *row, bool (*is_column)(const char *name))
{
    for (int i = 0; i < row->count; i++)
        fuzz_expect(is_column(row->cells[i].name) || strcmp(row->cells[i].name, "client_ref") == 0);
}

static void check(const struct script *script)
{
    for (size_t i = 0; i < script->count; i++) {
        const struct step *step = &script->steps[i];

        check_row(&step->entry, row_is_entry);
        check_row(&step->state, row_is_match);
        fuzz_expect(step->name != NULL);
        fuzz_expect(script->errors > 0 ||
                    (step->ref != NULL) == (step->op == STEP_AMEND || step->op == STEP_RETRACT));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct script script = {.file = "fuzz"};
    long long speed = 1;
    char *text;

    if (size == 0 || memchr(data, '\0', size))
        return 0; /* the program refuses a byte 0 before it parses */
    text = fuzz_text(data + 1, size - 1);
    if (data[0] == 'c')
        csv_read(&script, text, size - 1, &map);
    else if (data[0] == 'j')
        jsonl_read(&script, text, size - 1);
    else
        demo_read(&script, text, &speed);
    script_finish(&script);
    check(&script);
    script_free(&script);
    free(text);
    return 0;
}
