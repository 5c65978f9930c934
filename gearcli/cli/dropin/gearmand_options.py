"""The options of gearmand 1.1.20, in the groups of its help."""

from __future__ import annotations

from gearcli.cli.dropin.help_text import Group
from gearcli.cli.dropin.long_options import Option, number
from gearcli.protocol.address import DEFAULT_PORT

CONFIG_FILE = "/etc/gearmand.conf"
LOG_FILE = "/var/log/gearmand.log"
PID_FILE = "/var/gearmand.pid"
TABLE = "gearman_queue"

_KEEPALIVE = (
    "If keepalive is enabled, set the value for {} for systems that support it. A value of -1 means that "
    "either the system does not support it or an error occurred when trying to retrieve the default value."
)

_GENERAL = (
    Option("backlog", "b", "Number of backlog connections for listen.", number, "32"),
    Option("daemon", "d", "Daemon, detach and run in the background."),
    Option("exceptions", "", "Enable protocol exceptions by default."),
    Option(
        "file-descriptors",
        "f",
        "Number of file descriptors to allow for the process (total connections will be slightly less). "
        "Default is max allowed for user.",
        number,
    ),
    Option("help", "h", "Print this help menu."),
    Option(
        "job-retries",
        "j",
        "Number of attempts to run the job before the job server removes it. This is helpful to ensure a bad "
        "job does not crash all available workers. Default is no limit.",
        number,
        "0",
    ),
    Option(
        "job-handle-prefix",
        "",
        'Prefix used to generate a job handle string. If not provided, the default "H:<host_name>" is used.',
        str,
    ),
    Option(
        "hashtable-buckets",
        "",
        "Number of buckets in the internal job hash tables. The default of 991 works well for about three "
        "million jobs in queue. If the number of jobs in the queue at any time will exceed three million, "
        "use proportionally larger values (991 * # of jobs / 3M). For example, to accommodate 2^32 jobs, use "
        "1733003. This will consume ~26MB of extra memory. Gearmand cannot support more than 2^32 jobs in "
        "queue at this time.",
        number,
        "991",
    ),
    Option("keepalive", "", "Enable keepalive on sockets."),
    Option("keepalive-idle", "", _KEEPALIVE.format("TCP_KEEPIDLE"), number, "-1"),
    Option("keepalive-interval", "", _KEEPALIVE.format("TCP_KEEPINTVL"), number, "-1"),
    Option("keepalive-count", "", _KEEPALIVE.format("TCP_KEEPCNT"), number, "-1"),
    Option(
        "log-file",
        "l",
        "Log file to write errors and information to. If the log-file parameter is specified as 'stderr', "
        "then output will go to stderr. If 'none', then no logfile will be generated.",
        str,
        LOG_FILE,
    ),
    Option("listen", "L", "Address the server should listen on. Default is INADDR_ANY.", str),
    Option("pid-file", "P", "File to write process ID out to.", str, PID_FILE),
    Option("protocol", "r", "Load protocol module.", str),
    Option(
        "round-robin",
        "R",
        "Assign work in round-robin order per worker connection. The default is to assign work in the order "
        "of functions added by the worker.",
    ),
    Option("queue-type", "q", "Persistent queue type to use.", str, "builtin"),
    Option("config-file", "", "Can be specified with '@name', too", str, CONFIG_FILE),
    Option("syslog", "", "Use syslog."),
    Option("coredump", "", "Whether to create a core dump for uncaught signals."),
    Option(
        "threads",
        "t",
        "Number of I/O threads to use, 0 means that gearmand will try to guess the maximum number it can "
        "use. Default=4.",
        number,
        "4",
    ),
    Option("user", "u", "Switch to given user after startup.", str),
    Option(
        "verbose",
        "",
        "Set verbose level (FATAL, ALERT, CRITICAL, ERROR, WARNING, NOTICE, INFO, DEBUG).",
        str,
        "ERROR",
    ),
    Option("version", "V", "Display the version of gearmand and exit."),
    Option(
        "worker-wakeup",
        "w",
        "Number of workers to wakeup for each job received. The default is to wakeup all available workers.",
        number,
        "0",
    ),
    Option("check-args", "", "", secret=True),
)

_GEAR = (
    Option("port", "p", "Port the server should listen on.", str, str(DEFAULT_PORT)),
    Option("ssl", "", "Enable ssl connections."),
    Option("ssl-ca-file", "", "CA file.", str),
    Option("ssl-certificate", "", "SSL certificate.", str),
    Option("ssl-key", "", "SSL key for certificate.", str),
)

_SQLITE = (
    Option("libsqlite3-db", "", "Database file to use.", str),
    Option("store-queue-on-shutdown", "", "Store queue on shutdown."),
    Option("libsqlite3-table", "", "Table to use.", str, TABLE),
)

_MEMCACHED = (
    Option("libmemcached-servers", "", "List of Memcached servers to use.", str),
    Option("libmemcached-prefix", "", "Prefix to use in memcached keys", str, "gear_"),
)

_POSTGRES = (
    Option("libpq-conninfo", "", "PostgreSQL connection information string.", str),
    Option("libpq-table", "", "Table to use.", str, "queue"),
)

_REDIS = (
    Option("redis-server", "", "Redis server", str),
    Option("redis-port", "", "Redis server port/service", str),
    Option("redis-password", "", "Redis server password/service", str),
    Option("redis-prefix", "", "Prefix to use in redis keys", str),
)

_MYSQL = (
    Option("mysql-host", "", "MySQL host.", str, "localhost"),
    Option("mysql-port", "", "Port of server. (by default 3306)", str, "3306"),
    Option("mysql-user", "", "MySQL user.", str),
    Option("mysql-password", "", "MySQL user password.", str),
    Option("mysql-db", "", "MySQL database.", str),
    Option("mysql-table", "", "MySQL table name.", str, TABLE),
)

GROUPS: tuple[Group, ...] = (
    ("General options", _GENERAL),
    ("HTTP", (Option("http-port", "", "Port to listen on.", str, "8080"),)),
    ("Gear", _GEAR),
    ("builtin", ()),
    ("libmemcached", _MEMCACHED),
    ("libsqlite3", _SQLITE),
    ("Postgres", _POSTGRES),
    ("redis", _REDIS),
    ("MySQL", _MYSQL),
)

OPTIONS = tuple(option for _, options in GROUPS for option in options)

QUEUES = ("libmemcached", "Postgres", "redis", "MySQL", "drizzle", "TokyoCabinet")
"""Queue types of gearmand's that this server has not; `builtin` and `libsqlite3` it has."""
