/* A worker of libgearman: worker PORT PREFIX TIMEOUT
 * It prints every job that it takes: the function, and the workload in hexadecimal. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libgearman/gearman.h>

static gearman_return_t complete(gearman_job_st *job, const char *result, size_t size)
{
    return gearman_job_send_complete(job, result, size);
}

static gearman_return_t upper(gearman_job_st *job)
{
    size_t size = gearman_job_workload_size(job);
    const char *workload = gearman_job_workload(job);
    char *made = malloc(size + 1);
    for (size_t i = 0; i < size; i++)
        made[i] = (char)toupper((unsigned char)workload[i]);
    gearman_return_t result = complete(job, made, size);
    free(made);
    return result;
}

static gearman_return_t talk(gearman_job_st *job)
{
    gearman_job_send_status(job, 1, 2);
    gearman_job_send_data(job, "da\0ta", 5);
    gearman_job_send_warning(job, "careful", 7);
    return complete(job, "done", 4);
}

static gearman_return_t nothing(gearman_job_st *job)
{
    return complete(job, NULL, 0);
}

static gearman_return_t fail(gearman_job_st *job)
{
    return gearman_job_send_fail(job);
}

static gearman_return_t raise_exception(gearman_job_st *job)
{
    return gearman_job_send_exception(job, "no such image", 13);
}

/* Say how far it is, and go on when a line arrives in the named pipe that the workload names. */
static gearman_return_t wait_for_line(gearman_job_st *job)
{
    char path[4096] = "", line[16];
    memcpy(path, gearman_job_workload(job), gearman_job_workload_size(job));
    gearman_job_send_status(job, 3, 10);
    FILE *pipe = fopen(path, "r");
    if (fgets(line, sizeof line, pipe) == NULL)
        line[0] = 0;
    fclose(pipe);
    return complete(job, "waited", 6);
}

static const struct function { const char *name; gearman_return_t (*does)(gearman_job_st *); } functions[] = {
    {"upper", upper}, {"talk", talk}, {"nothing", nothing},
    {"fail", fail}, {"raise", raise_exception}, {"wait", wait_for_line},
};

static gearman_return_t run(gearman_job_st *job, void *context)
{
    const unsigned char *workload = gearman_job_workload(job);
    printf("%s ", gearman_job_function_name(job));
    for (size_t i = 0; i < gearman_job_workload_size(job); i++)
        printf("%02x", workload[i]);
    printf("\n");
    return ((const struct function *)context)->does(job);
}

int main(int count, char **argument)
{
    gearman_worker_st *worker = gearman_worker_create(NULL);
    (void)count;
    setvbuf(stdout, NULL, _IOLBF, 0);
    gearman_worker_add_server(worker, "127.0.0.1", (in_port_t)atoi(argument[1]));
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s%s", argument[2], functions[i].name);
        gearman_worker_define_function(worker, name, strlen(name), gearman_function_create(run),
                                       (uint32_t)atoi(argument[3]), (void *)&functions[i]);
    }
    while (gearman_success(gearman_worker_work(worker)))
        ;
    return 1;
}
