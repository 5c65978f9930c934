/* A client of libgearman: client PORT VERB ARGUMENT...
 * It prints what it hears, a line each, bytes in hexadecimal.  Workloads are the contents of files. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libgearman/gearman.h>

#define LARGEST (4 << 20)

static gearman_client_st *client;
static char workload[LARGEST];

static size_t read_workload(const char *path)
{
    FILE *file = fopen(path, "rb");
    size_t size = fread(workload, 1, LARGEST, file);
    fclose(file);
    return size;
}

static gearman_return_t say(const char *word, const void *data, size_t size)
{
    printf("%s", word);
    for (size_t i = 0; i < size; i++)
        printf("%s%02x", i ? "" : " ", ((const unsigned char *)data)[i]);
    printf("\n");
    return GEARMAN_SUCCESS;
}

static gearman_return_t say_data(const char *word, gearman_task_st *task)
{
    return say(word, gearman_task_data(task), gearman_task_data_size(task));
}

static gearman_return_t on_status(gearman_task_st *task)
{
    printf("status %u/%u\n", gearman_task_numerator(task), gearman_task_denominator(task));
    return GEARMAN_SUCCESS;
}

static gearman_return_t on_data(gearman_task_st *task) { return say_data("data", task); }
static gearman_return_t on_warning(gearman_task_st *task) { return say_data("warning", task); }
static gearman_return_t on_exception(gearman_task_st *task) { return say_data("exception", task); }
static gearman_return_t on_complete(gearman_task_st *task) { return say_data("complete", task); }
static gearman_return_t on_fail(gearman_task_st *task) { return say("fail", task, 0); }

/* FUNCTION FILE UNIQUE PRIORITY EXCEPTIONS */
static void run(char **argument)
{
    gearman_return_t result;
    size_t size = read_workload(argument[1]);
    const char *unique = *argument[2] ? argument[2] : NULL;
    if (*argument[4])
        gearman_client_set_server_option(client, "exceptions", strlen("exceptions"));
    gearman_client_set_status_fn(client, on_status);
    gearman_client_set_data_fn(client, on_data);
    gearman_client_set_warning_fn(client, on_warning);
    gearman_client_set_exception_fn(client, on_exception);
    gearman_client_set_fail_fn(client, on_fail);
    gearman_client_set_complete_fn(client, on_complete);
    if (strcmp(argument[3], "high") == 0)
        gearman_client_add_task_high(client, NULL, NULL, argument[0], unique, workload, size, &result);
    else if (strcmp(argument[3], "low") == 0)
        gearman_client_add_task_low(client, NULL, NULL, argument[0], unique, workload, size, &result);
    else
        gearman_client_add_task(client, NULL, NULL, argument[0], unique, workload, size, &result);
    gearman_client_run_tasks(client);
}

/* FUNCTION FILE */
static void call(char **argument)
{
    gearman_return_t result;
    size_t size = read_workload(argument[1]);
    void *made = gearman_client_do(client, argument[0], NULL, workload, size, &size, &result);
    say(result == GEARMAN_SUCCESS ? "complete" : "fail", made, size);
    free(made);
}

/* FUNCTION FILE UNIQUE PRIORITY */
static void background(char **argument)
{
    gearman_job_handle_t handle;
    size_t size = read_workload(argument[1]);
    const char *unique = *argument[2] ? argument[2] : NULL;
    if (strcmp(argument[3], "high") == 0)
        gearman_client_do_high_background(client, argument[0], unique, workload, size, handle);
    else if (strcmp(argument[3], "low") == 0)
        gearman_client_do_low_background(client, argument[0], unique, workload, size, handle);
    else
        gearman_client_do_background(client, argument[0], unique, workload, size, handle);
    printf("%s\n", handle);
}

static void status(char **argument)
{
    bool known, running;
    uint32_t numerator, denominator;
    gearman_client_job_status(client, argument[0], &known, &running, &numerator, &denominator);
    printf("%d %d %u %u\n", known, running, numerator, denominator);
}

static void unique(char **argument)
{
    gearman_status_t found = gearman_client_unique_status(client, argument[0], strlen(argument[0]));
    printf("%d %d %u %u\n", gearman_status_is_known(found), gearman_status_is_running(found),
           gearman_status_numerator(found), gearman_status_denominator(found));
}

static void ping(char **argument)
{
    (void)argument;
    printf("%s\n", gearman_strerror(gearman_client_echo(client, "still\0there?", 12)));
}

static const struct { const char *name; void (*does)(char **); } verbs[] = {
    {"run", run}, {"call", call}, {"background", background},
    {"status", status}, {"unique", unique}, {"ping", ping},
};

int main(int count, char **argument)
{
    (void)count;
    client = gearman_client_create(NULL);
    gearman_client_add_server(client, "127.0.0.1", (in_port_t)atoi(argument[1]));
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (strcmp(verbs[i].name, argument[2]) == 0)
            verbs[i].does(argument + 3);
    gearman_client_free(client);
    return 0;
}
