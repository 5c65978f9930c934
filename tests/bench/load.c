/* Loads a Gearman server on loopback, so that the server is what is measured.
 *
 *     load PORT WORKLOAD [jobs=N] [clients=N] [workers=N] [window=N] [size=BYTES] [function=NAME] [grab=TYPE]
 *
 * One thread, one epoll; packets are made once.  Clients keep `window` packets
 * on their way, workers have one job at a time.  Workloads:
 *
 *     echo      clients: ECHO_REQ; counted are the answers
 *     submit    clients: SUBMIT_JOB_BG; counted are the JOB_CREATED; nobody works
 *     drain     workers: take and complete `jobs` jobs that wait already
 *     cycle     clients: SUBMIT_JOB; workers complete them; counted are the results
 *     register  workers: `jobs` different CAN_DO each; counted by the NO_JOB behind them
 *     idle      workers: fall asleep; then the line "asleep", and nothing until killed
 *
 * Before the clock starts, every worker sleeps: it has been answered a GET_STATUS
 * that it sent behind its PRE_SLEEP.  (Not an ECHO_REQ, which not every server
 * knows.)  Workers ask by GRAB_JOB, or by the packet `grab`: 30 is GRAB_JOB_UNIQ.  The result is a line: packets or jobs,
 * seconds, and with window=1 the 50th, 99th and 99.9th percentile in microseconds.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    CAN_DO = 1, PRE_SLEEP = 4, NOOP = 6, SUBMIT_JOB = 7, JOB_CREATED = 8, GRAB_JOB = 9, NO_JOB = 10, JOB_ASSIGN = 11, WORK_COMPLETE = 13,
    WORK_FAIL = 14, GET_STATUS = 15, ECHO_REQ = 16, ECHO_RES = 17, SUBMIT_JOB_BG = 18, ERROR = 19,
    STATUS_RES = 20, JOB_ASSIGN_UNIQ = 31,
};
enum { HEADER = 12, CHUNK = 1 << 18 };

struct buffer { char *bytes; size_t used, sent, room; };

struct link {
    int socket;
    bool works, wants_room;
    struct buffer in, out;
    long flying;         /* packets of a client that are not answered */
    double since;        /* when its last packet left; with window=1 */
};

static struct { long jobs, clients, workers, window, size, grab; } want = {
    .jobs = 30000, .clients = 4, .workers = 4, .window = 64, .size = 64, .grab = GRAB_JOB,
};
static const char *workload, *function = "bench";
static uint32_t asks, counts;    /* what clients send, and what answers it */
static char *packet;             /* the one packet that clients send */
static size_t packet_size;
static long sent, counted, asleep;
static bool begun;
static double *times;
static int poller;

static void fail(const char *what) { perror(what); exit(2); }

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

static bool is(const char *name) { return !strcmp(workload, name); }

/* -- packets ------------------------------------------------------------------- */

static char *make_room(struct buffer *buffer, size_t size)
{
    if (buffer->used + size > buffer->room) {
        buffer->room = 2 * (buffer->used + size);
        if (!(buffer->bytes = realloc(buffer->bytes, buffer->room))) fail("realloc");
    }
    return buffer->bytes + buffer->used;
}

static void head(char *at, uint32_t type, uint32_t size)
{
    uint32_t words[2] = { htonl(type), htonl(size) };
    memcpy(at, "\0REQ", 4);
    memcpy(at + 4, words, 8);
}

static void say(struct link *link, uint32_t type, const void *body, size_t size)
{
    char *at = make_room(&link->out, HEADER + size);
    head(at, type, size);
    if (size) memcpy(at + HEADER, body, size);
    link->out.used += HEADER + size;
}

static void make_packet(void)
{
    size_t names = is("echo") ? 0 : strlen(function) + 2; /* the function, NUL, no unique, NUL */
    packet_size = HEADER + names + want.size;
    packet = calloc(1, packet_size);
    head(packet, asks, packet_size - HEADER);
    if (names) strcpy(packet + HEADER, function);
    memset(packet + HEADER + names, 'x', want.size);
}

/* -- what each side says -------------------------------------------------------- */

static void keep_asking(struct link *link)
{
    for (; asks && link->flying < want.window && sent < want.jobs; link->flying++, sent++) {
        memcpy(make_room(&link->out, packet_size), packet, packet_size);
        link->out.used += packet_size;
        link->since = want.window == 1 ? now() : 0;
    }
}

static void heard_by_client(struct link *link, uint32_t type)
{
    if (type == WORK_FAIL || type == ERROR) {
        fprintf(stderr, "load: the server answered with packet type %u\n", type);
        exit(3);
    }
    if (type != counts) return;
    if (want.window == 1) times[counted] = now() - link->since;
    link->flying--;
    counted++;
}

static void heard_by_worker(struct link *link, uint32_t type, const char *body)
{
    char report[128];
    size_t handle;
    switch (type) {
    case NOOP:
        say(link, want.grab, 0, 0);
        break;
    case NO_JOB:
        if (is("register")) counted += want.jobs;
        say(link, PRE_SLEEP, 0, 0);
        if (!begun) say(link, GET_STATUS, "none", 4);
        break;
    case STATUS_RES:
        asleep++;
        break;
    case JOB_ASSIGN: case JOB_ASSIGN_UNIQ:
        handle = strnlen(body, 64) + 1;
        memcpy(report, body, handle);
        memcpy(report + handle, "ok", 2);
        say(link, WORK_COMPLETE, report, handle + 2);
        say(link, want.grab, 0, 0);
        counted += is("drain");
        break;
    }
}

/* -- bytes ------------------------------------------------------------------------ */

static void flush(struct link *link)
{
    struct buffer *out = &link->out;
    while (out->sent < out->used) {
        ssize_t size = send(link->socket, out->bytes + out->sent, out->used - out->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0 && errno == EAGAIN) break;
        if (size < 0) fail("send");
        out->sent += size;
    }
    if (out->sent == out->used) out->sent = out->used = 0;
    bool wants = out->used > 0;
    if (wants != link->wants_room) {
        struct epoll_event event = { .events = EPOLLIN | (wants ? EPOLLOUT : 0), .data.ptr = link };
        epoll_ctl(poller, EPOLL_CTL_MOD, link->socket, &event);
        link->wants_room = wants;
    }
}

static void receive(struct link *link)
{
    struct buffer *in = &link->in;
    char *at = make_room(in, CHUNK);
    ssize_t size = recv(link->socket, at, CHUNK, MSG_DONTWAIT);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) fail(size ? "recv" : (errno = ECONNRESET, "load"));
    in->used += size;
    size_t start = 0;
    while (in->used - start >= HEADER) {
        uint32_t words[2];
        memcpy(words, in->bytes + start + 4, 8);
        size_t end = start + HEADER + ntohl(words[1]);
        if (end > in->used) break;
        if (link->works) heard_by_worker(link, ntohl(words[0]), in->bytes + start + HEADER);
        else heard_by_client(link, ntohl(words[0]));
        start = end;
    }
    memmove(in->bytes, in->bytes + start, in->used -= start);
    if (begun && !link->works) keep_asking(link);
}

static struct link *dial(uint16_t port, bool works)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    struct link *link = calloc(1, sizeof *link);
    struct epoll_event event = { .events = EPOLLIN, .data.ptr = link };
    int yes = 1;
    link->works = works;
    link->socket = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(link->socket, (void *)&address, sizeof address)) fail("connect");
    setsockopt(link->socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    epoll_ctl(poller, EPOLL_CTL_ADD, link->socket, &event);
    return link;
}

/* Move bytes until the number reaches the goal; 20 seconds without anything are the end. */
static void until(const long *number, long goal)
{
    struct epoll_event events[256];
    while (*number < goal) {
        int ready = epoll_wait(poller, events, 256, 20000);
        if (ready <= 0) fail(ready ? "epoll_wait" : (errno = ETIMEDOUT, "load"));
        for (int i = 0; i < ready; i++) {
            struct link *link = events[i].data.ptr;
            if (events[i].events & ~EPOLLOUT) receive(link);
            if (link->out.used) flush(link);
        }
    }
}

/* -- one run ------------------------------------------------------------------------ */

static void introduce(struct link *link, long number)
{
    char name[64];
    if (is("register"))
        for (long i = 0; i < want.jobs; i++) say(link, CAN_DO, name, sprintf(name, "bench-%ld-%ld", number, i));
    else
        say(link, CAN_DO, function, strlen(function));
    say(link, want.grab, 0, 0);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void print_result(double seconds)
{
    printf("%ld %.6f", counted, seconds);
    if (want.window == 1) {
        qsort(times, counted, sizeof *times, ascending);
        const double shares[] = { .5, .99, .999 };
        for (int i = 0; i < 3; i++) printf(" %.1f", 1e6 * times[(long)(shares[i] * (counted - 1))]);
    }
    printf("\n");
}

static void read_wants(char **words)
{
    const struct { const char *name; long *number; } known[] = {
        { "jobs", &want.jobs }, { "clients", &want.clients }, { "workers", &want.workers },
        { "window", &want.window }, { "size", &want.size }, { "grab", &want.grab },
    };
    for (; *words; words++) {
        if (!strncmp(*words, "function=", 9)) function = *words + 9;
        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (!strncmp(*words, known[i].name, strlen(known[i].name)))
                *known[i].number = atol(*words + strlen(known[i].name) + 1);
    }
}

int main(int count, char **words)
{
    if (count < 3) return fprintf(stderr, "usage: load PORT WORKLOAD [jobs=N] ...\n"), 2;
    uint16_t port = atoi(words[1]);
    workload = words[2];
    read_wants(words + 3);
    asks = is("echo") ? ECHO_REQ : is("submit") ? SUBMIT_JOB_BG : is("cycle") ? SUBMIT_JOB : 0;
    counts = is("echo") ? ECHO_RES : is("submit") ? JOB_CREATED : WORK_COMPLETE;
    long workers = is("echo") || is("submit") ? 0 : want.workers, clients = asks ? want.clients : 0;
    bool at_once = is("drain") || is("register"); /* what the workers say first is the load */

    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    poller = epoll_create1(0);
    times = calloc(want.jobs + 1, sizeof *times);
    make_packet();

    struct link **links = calloc(workers + clients, sizeof *links);
    for (long i = 0; i < workers + clients; i++) {
        links[i] = dial(port, i < workers);
        if (i < workers) introduce(links[i], i);
        if (i < workers && !at_once) flush(links[i]);
    }
    if (!at_once) until(&asleep, workers);
    if (is("idle")) {
        printf("asleep\n");
        fflush(stdout);
        return pause(), 0;
    }
    begun = true;
    double start = now();
    for (long i = 0; i < workers + clients; i++) {
        if (!links[i]->works) keep_asking(links[i]);
        flush(links[i]);
    }
    until(&counted, is("register") ? want.jobs * workers : want.jobs);
    print_result(now() - start);
    return 0;
}
