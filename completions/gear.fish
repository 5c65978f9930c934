# Completion of gear in fish 3.4 and newer.
# Made by `python -m completions` from the command line itself: change that, or completions/templates.

# At which word of the line a command's own name stands, if it is the command on the line.  Options
# may stand before each of its words: those of a group take no value.
function __gear_place
    set -l words (commandline -opc)
    set -l place 1
    for wanted in $argv
        set place (math $place + 1)
        while string match -q -- '-*' "$words[$place]"
            set place (math $place + 1)
        end
        test "$words[$place]" = "$wanted"; or return
    end
    echo $place
end

# Whether these words are the command on the line; with -- at the end, whether its own command is still missing.
function __gear_at
    set -l command $argv
    test "$argv[-1]" = --; and set -e command[-1]
    set -l place (__gear_place $command); or return
    test "$argv[-1]" = --; or return 0
    set -l words (commandline -opc)
    set -e words[1..$place]
    for word in $words
        string match -q -- '-*' $word; or return
    end
    return 0
end

# Whether the word to be completed is an argument of a command: the first (1), or any from the first on (1+).
function __gear_argument
    __gear_at $argv[2..]; or return
    set -l before (count (__gear_arguments $argv[2..]))
    switch $argv[1]
        case '*+'
            test (math 1 + $before) -ge (string replace + '' -- $argv[1])
        case '*'
            test (math 1 + $before) -eq $argv[1]
    end
end

# The arguments of a command that stand on the line already.
function __gear_arguments
    set -l words (commandline -opc)
    set -e words[1..(__gear_place $argv)]
    set -l values (__gear_values "$argv")
    set -l arguments
    set -l waiting
    set -l dashes
    for word in $words
        if test -n "$waiting"
            set waiting
        else if test -n "$dashes"; or test "$word" = -; or not string match -q -- '-*' $word
            set -a arguments $word
        else if test "$word" = --
            set dashes 1
        else if string match -q -- '--*' $word
            contains -- $word $values; and set waiting 1
        else
            set -l letters (string split '' -- (string sub -s 2 -- $word))
            for i in (seq (count $letters))
                if contains -- -$letters[$i] $values
                    test $i -eq (count $letters); and set waiting 1
                    break
                end
            end
        end
    end
    test -n "$arguments"; and printf '%s\n' $arguments
    return 0
end

# Starts what answers for gear, without the quarter of its time that Python's module site takes.
set -g __gear_start 'import posix
import sys
script, *words = sys.argv[1:]
place = script
try:
    while True:
        link = posix.readlink(place)
        place = link if link.startswith("/") else place[:place.rfind("/") + 1] + link
except OSError:
    pass
prefix = place.removesuffix("/bin/gear")
version = sys.version_info
sys.path.append(f"{prefix}/lib/python{version.major}.{version.minor}/site-packages")
try:
    from gearcli.cli.completing import answer
except ImportError:
    posix.execv(script, [script, "__complete", *words])
answer(words)'

# The Python that the first line of a script gear names: COMMAND FILE; none if it is anything else.
function __gear_python
    functions -q -- $argv[1]; and return 1
    test -f "$argv[2]" -a -r "$argv[2]"; and read -l line <$argv[2]; or return
    set -l python (string replace -rf '^#!(/\S*/python[0-9.]*)$' '$1' -- $line); or return
    test -x $python; and echo $python
end

# What gear knows: functions, handles, servers, contexts; each with what it is, and ended by a NUL.
# Fish takes a tab in a value for its end, so that values with one are left out.
function __gear_live
    set -l words (commandline -opc)
    set -l before
    if test $argv[1] = servers
        # What stands before the last comma of a list stays.
        set -l token (string replace -ra '[\'"]' '' -- (commandline -ct))
        set before (string match -r -- '^(?:--[^=]*=|-[^-]*?[sH])?(.*,)' $token)[2]
    end
    set -l gear $words[1]
    string match -qr '^(~|\$HOME)/' -- $gear; and set gear "$HOME"/(string split -m 1 / -- $gear)[2]
    # Fish says on the terminal what it cannot find or start, whatever the redirections.
    set -l file (command -s -- $gear)
    set -l helper /bin/sh -c 'exec "$0" "$@"' $file __complete
    functions -q -- $gear; and set helper $gear __complete
    or test -n "$file"; or return
    set -l python (__gear_python $gear "$file" 2>/dev/null)
    and set helper $python -I -S -c $__gear_start $file
    set -l pairs ($helper $argv[1] $words[2..] 2>/dev/null </dev/null | string split0)
    for i in (seq 1 2 (count $pairs))
        string match -q -- '*'\t'*' $pairs[$i]; and continue
        if test "$argv[2]" = plain; and not contains -- -- $words
            # A name like an option would be taken for one, unless it stands after --.
            string match -q -- '-*' $pairs[$i]; and continue
        end
        printf '%s\t%s\0' "$before$pairs[$i]" "$pairs[$(math $i + 1)]"
    end
end

# Files after a short option in the same word, which fish would take for a part of the name.
function __gear_attached
    set -l value (string replace -rf -- "^-[^-]*?$argv[1]" '' (commandline -ct)); or return
    complete -C "'' $value"
end

# What the command of a worker would be completed to if it stood alone.
function __gear_command
    set -l begun (__gear_arguments $argv)
    set -l line (string escape -- $begun) (commandline -ct)
    complete -C "$line"
end

complete -c gear -f

# The options of a command that take a value.
function __gear_values
    switch $argv[1]
        case 'submit'
            printf '%s\n' -s --server -u --unique -p --priority --in --at -f --file --delimiter -j --jobs --timeout --retries --halt --joblog --results --progress --context --connect-timeout --ca --cert --key
        case 'run'
            printf '%s\n' -j --jobs --delimiter --file -s --server -f --function --retries --halt --joblog --results --progress --timeout --kill-after -I --replace --max-output --workdir --env --limit --context --connect-timeout --ca --cert --key
        case 'worker'
            printf '%s\n' -f --function --config -s --server --context -j --jobs --timeout --kill-after --stderr --on-failure --retries --retry-delay --retry-exit -I --replace --max-output --workdir --env --limit --backoff -c --count --max-idle --max-lifetime --splay --grace --name --pidfile --log-format --metrics --connect-timeout --ca --cert --key
        case 'report'
            printf '%s\n' --warn
        case 'serve'
            printf '%s\n' -L --listen -p --port --ca --cert --key --role --socket-mode -b --backlog --keepalive-idle --keepalive-interval --keepalive-count --store -j --job-retries -w --worker-wakeup --job-handle-prefix --lease --keep-results --max-packet --max-connections --max-queue --max-memory --idle-timeout --grace -P --pid-file -u --user -t --threads -f --file-descriptors --metrics -l --log-file --verbose
        case 'store import'
            printf '%s\n' --table
        case 'store check'
            printf '%s\n' --salvage
        case 'status'
            printf '%s\n' -s --server --context --format -i --interval --sort --connect-timeout --ca --cert --key
        case 'top'
            printf '%s\n' -s --server --context -i --interval -n --count --sort --connect-timeout --ca --cert --key
        case 'job'
            printf '%s\n' --unique -i --interval -s --server --context --connect-timeout --ca --cert --key
        case 'wait'
            printf '%s\n' --timeout -s --server --context --connect-timeout --ca --cert --key
        case 'result'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'jobs'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'workers'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'clients'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'cancel'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'purge'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'pause'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'resume'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'retry'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin version'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin getpid'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin verbose'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin maxqueue'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin create'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin drop'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin cancel'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin show'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin status'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin prioritystatus'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin workers'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin shutdown'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'admin raw'
            printf '%s\n' -s --server --context --connect-timeout --ca --cert --key
        case 'ping'
            printf '%s\n' -s --server --context -c --count -i --interval --connect-timeout --ca --cert --key
        case 'check'
            printf '%s\n' -s --server -H --context -q --queue -t --timeout -w -c -W -C --min-workers --max-age --dead --send -e --expect -u --unique --connect-timeout --ca --cert --key
        case 'metrics'
            printf '%s\n' -s --server --context --listen -o --output -i --interval --connect-timeout --ca --cert --key
        case 'doctor'
            printf '%s\n' -s --server --context -i --interval --connect-timeout --ca --cert --key
        case 'bench'
            printf '%s\n' -s --server --context -n --jobs -c --connections -w --workers --window --size -f --function --timeout --connect-timeout --ca --cert --key
        case 'certs'
            printf '%s\n' --host --client --days
    end
end


# gear
complete -c gear -n '__gear_at  --' -a submit -d 'Submit a job and print its result.'
complete -c gear -n '__gear_at  --' -a run -d 'Run every record of the input through a command, several at a time.'
complete -c gear -n '__gear_at  --' -a worker -d 'Run a command for every job of a function.'
complete -c gear -n '__gear_at  --' -a report -d 'Say how far a job is, from within the command that works on it.'
complete -c gear -n '__gear_at  --' -a serve -d 'Run a Gearman job server.'
complete -c gear -n '__gear_at  --' -a store -d 'Look after the file of `gear serve --store`.'
complete -c gear -n '__gear_at  --' -a status -d 'Show functions with their waiting and running jobs and their workers.'
complete -c gear -n '__gear_at  --' -a top -d 'Watch functions live: jobs, workers, rates in and out, the time until a queue is empty.'
complete -c gear -n '__gear_at  --' -a job -d 'Show whether jobs wait or run, and how far they are.'
complete -c gear -n '__gear_at  --' -a wait -d 'Wait until the server knows background jobs no longer; progress goes to standard error.'
complete -c gear -n '__gear_at  --' -a result -d 'Print the result of a background job, from a server started with `gear serve --keep-results 1h`.'
complete -c gear -n '__gear_at  --' -a jobs -d 'Show jobs that wait and run, in the order of their submission.'
complete -c gear -n '__gear_at  --' -a workers -d 'Show workers: address, client id, what they do, their functions.'
complete -c gear -n '__gear_at  --' -a clients -d 'Show all connections: address, client id, what they do, their functions.'
complete -c gear -n '__gear_at  --' -a cancel -d 'Cancel jobs: those that wait will not run, and who waits for them hears that they failed.'
complete -c gear -n '__gear_at  --' -a purge -d 'Throw away the waiting jobs of functions (gear server).'
complete -c gear -n '__gear_at  --' -a pause -d 'Give out no more jobs of functions until `gear resume` (gear server).'
complete -c gear -n '__gear_at  --' -a resume -d 'Give out jobs of functions again (gear server).'
complete -c gear -n '__gear_at  --' -a retry -d 'Queue dead jobs again, as if they had never been tried (gear server).'
complete -c gear -n '__gear_at  --' -a admin -d 'Send a server one of gearmand\'s text commands.'
complete -c gear -n '__gear_at  --' -a ping -d 'Measure round trips to a server; exit status 69 when none answers.'
complete -c gear -n '__gear_at  --' -a check -d 'Check servers as a monitoring plugin: exit status 0 ok, 1 warning, 2 critical, 3 unknown.'
complete -c gear -n '__gear_at  --' -a metrics -d 'Print figures of functions in Prometheus\'s format, under gearman-exporter\'s names.'
complete -c gear -n '__gear_at  --' -a doctor -d 'Look for what is wrong: queues without workers, misspelt functions, workers that hang, and more.'
complete -c gear -n '__gear_at  --' -a bench -d 'Measure how many jobs a second a server bears, and how fast it is.'
complete -c gear -n '__gear_at  --' -a certs -d 'Make certificates for a try of TLS: an authority, a server and clients.'
complete -c gear -n '__gear_at  --' -a completion -d 'Print the script that completes command lines of gear in a shell.'
complete -c gear -n '__gear_at  --' -s V -l version -d 'Show the version.'
complete -c gear -n '__gear_at  --' -l man -d 'Show the manual; --man COMMAND: its page.'
complete -c gear -n '__gear_at  --' -s h -l help -d 'Show this message and exit.'

# gear submit
complete -c gear -n '__gear_at submit' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at submit' -s b -l background -d 'Do not wait; print the job\'s handle.'
complete -c gear -n '__gear_at submit' -s u -l unique -x -d 'Identical jobs run once; \'-\': the workload is the key.'
complete -c gear -n '__gear_at submit' -s p -l priority -x -a 'high normal low' -d 'Before or after others.'
complete -c gear -n '__gear_at submit' -l in -x -d 'Not before so long has passed; in the background.'
complete -c gear -n '__gear_at submit' -l at -x -d 'Not before \'2030-01-31 08:00\', \'08:00\' or @SECONDS; in the background.'
complete -c gear -n '__gear_at submit' -s f -l file -r -F -a '(__gear_attached f)' -d 'Workload, or records, from a file; repeatable.'
complete -c gear -n '__gear_at submit' -s n -l lines -d 'One job per line.'
complete -c gear -n '__gear_at submit' -s 0 -l null -d 'One job per NUL-terminated record.'
complete -c gear -n '__gear_at submit' -l delimiter -x -d 'One job per record that ends with S; \\t, \\n, \\x1e and the like are understood.'
complete -c gear -n '__gear_at submit' -l jsonl -d 'One job per line, a JSON object: function, workload or workload_base64, unique, priority, background, at.'
complete -c gear -n '__gear_at submit' -s j -l jobs -x -d 'At most N jobs in flight.'
complete -c gear -n '__gear_at submit' -s k -l keep-order -d 'Results in the order of the input.'
complete -c gear -n '__gear_at submit' -l raw -d 'Add nothing between results.'
complete -c gear -n '__gear_at submit' -l tag -d 'Put the record and a TAB before each line of its result.'
complete -c gear -n '__gear_at submit' -l timeout -x -d 'How long a job may take.'
complete -c gear -n '__gear_at submit' -l retries -x -d 'Submit again what failed, so often.'
complete -c gear -n '__gear_at submit' -l halt -x -a 'now,fail=1 soon,fail=1' -d 'Stop early: at once, or when the running jobs are done. Also success=N, done=N, fail=N%.'
complete -c gear -n '__gear_at submit' -l joblog -r -F -d 'Write a line per job, in GNU parallel\'s columns.'
complete -c gear -n '__gear_at submit' -l resume -d 'Leave out the records that --joblog has.'
complete -c gear -n '__gear_at submit' -l resume-failed -d 'The same, but try those again that failed.'
complete -c gear -n '__gear_at submit' -l results -x -a '(__fish_complete_directories)' -d 'Also write each result into a file named after its record\'s number.'
complete -c gear -n '__gear_at submit' -l require-worker -d 'Exit 75 rather than queue for nobody.'
complete -c gear -n '__gear_at submit' -l dry-run -d 'Show what would be submitted; connect to nothing.'
complete -c gear -n '__gear_at submit' -l progress -x -a 'auto bar plain json none' -d 'How progress is shown, on standard error.'
complete -c gear -n '__gear_at submit' -l json -d 'A JSON object per job instead of its result.'
complete -c gear -n '__gear_at submit' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at submit' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at submit' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at submit' -s v -l verbose -d 'Say more; repeatable.'
complete -c gear -n '__gear_at submit' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at submit' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at submit' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at submit' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at submit' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 submit' -a '(__gear_live functions plain | string split0)'

# gear run
complete -c gear -n '__gear_argument 1 run' -s j -l jobs -x -d 'Commands at a time.'
complete -c gear -n '__gear_argument 1 run' -s 0 -l null -d 'One job per NUL-terminated record.'
complete -c gear -n '__gear_argument 1 run' -l delimiter -x -d 'One job per record that ends with S; \\t, \\n, \\x1e and the like are understood.'
complete -c gear -n '__gear_argument 1 run' -l whole -d 'The whole input is one record.'
complete -c gear -n '__gear_argument 1 run' -l file -r -F -d 'Read this instead of standard input; repeatable.'
complete -c gear -n '__gear_argument 1 run' -l chop -d 'Records go to the command without their delimiter.'
complete -c gear -n '__gear_argument 1 run' -l keep-order -d 'Results in the order of the input.'
complete -c gear -n '__gear_argument 1 run' -l no-keep-order -d 'Results in the order of the input.'
complete -c gear -n '__gear_argument 1 run' -l raw -d 'Add nothing between results.'
complete -c gear -n '__gear_argument 1 run' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Use this server instead of a private one.'
complete -c gear -n '__gear_argument 1 run' -s f -l function -x -a '(__gear_live functions | string split0)' -d 'With -s or --context: under which name other machines can join.'
complete -c gear -n '__gear_argument 1 run' -l tag -d 'Put the record and a TAB before each line of its result.'
complete -c gear -n '__gear_argument 1 run' -l retries -x -d 'Submit again what failed, so often.'
complete -c gear -n '__gear_argument 1 run' -l halt -x -a 'now,fail=1 soon,fail=1' -d 'Stop early: at once, or when the running jobs are done. Also success=N, done=N, fail=N%.'
complete -c gear -n '__gear_argument 1 run' -l joblog -r -F -d 'Write a line per job, in GNU parallel\'s columns.'
complete -c gear -n '__gear_argument 1 run' -l resume -d 'Leave out the records that --joblog has.'
complete -c gear -n '__gear_argument 1 run' -l resume-failed -d 'The same, but try those again that failed.'
complete -c gear -n '__gear_argument 1 run' -l results -x -a '(__fish_complete_directories)' -d 'Also write each result into a file named after its record\'s number.'
complete -c gear -n '__gear_argument 1 run' -l progress -x -a 'auto bar plain json none' -d 'How progress is shown, on standard error.'
complete -c gear -n '__gear_argument 1 run' -l json -d 'A JSON object per record instead of its result.'
complete -c gear -n '__gear_argument 1 run' -l timeout -x -d 'End a command that takes longer: TERM to all it started, then KILL.'
complete -c gear -n '__gear_argument 1 run' -l kill-after -x -d 'From TERM to KILL. Default: 5s.'
complete -c gear -n '__gear_argument 1 run' -l persistent -d 'Keep the command running: for each job a line in and a line out.'
complete -c gear -n '__gear_argument 1 run' -s I -l replace -x -d 'Put the workload where REPL stands in the arguments, instead of on standard input.'
complete -c gear -n '__gear_argument 1 run' -l max-output -x -d 'A longer result is a failure. Default: 256M.'
complete -c gear -n '__gear_argument 1 run' -l workdir -x -a 'tmp (__fish_complete_directories)' -d 'Folder of the command; tmp: a fresh one each time it is started.'
complete -c gear -n '__gear_argument 1 run' -l env -x -a '(set -nx)' -d 'Set a variable, or keep it; repeatable.'
complete -c gear -n '__gear_argument 1 run' -l clean-env -d 'No variables but PATH, --env\'s and the job\'s.'
complete -c gear -n '__gear_argument 1 run' -l limit -x -d 'Limits for each process of a command: cpu=10s, memory=512M, file=1G, files=64, core=0; processes=100 counts all of the user\'s; repeatable.'
complete -c gear -n '__gear_argument 1 run' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use the servers of [context.NAME] of the config file instead of a private one.'
complete -c gear -n '__gear_argument 1 run' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_argument 1 run' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_argument 1 run' -s v -l verbose -d 'Say more; repeatable.'
complete -c gear -n '__gear_argument 1 run' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_argument 1 run' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_argument 1 run' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_argument 1 run' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_argument 1 run' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ run' -a '(__gear_command run)'

# gear worker
complete -c gear -n '__gear_argument 1 worker' -s f -l function -x -a '(__gear_live functions | string split0)' -d 'What to take jobs of; repeatable.'
complete -c gear -n '__gear_argument 1 worker' -l config -r -F -d 'Many functions, each with its own command, from a file such as workers.toml; HUP reads it again.'
complete -c gear -n '__gear_argument 1 worker' -l check -d 'Only see whether the file is right.'
complete -c gear -n '__gear_argument 1 worker' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_argument 1 worker' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_argument 1 worker' -s j -l jobs -x -d 'Jobs at a time; with two numbers as many as there is work for. Default: 1.'
complete -c gear -n '__gear_argument 1 worker' -l stream -d 'Send the output on as it comes, as data of the job.'
complete -c gear -n '__gear_argument 1 worker' -l timeout -x -d 'End a command that takes longer: TERM to all it started, then KILL.'
complete -c gear -n '__gear_argument 1 worker' -l kill-after -x -d 'From TERM to KILL. Default: 5s.'
complete -c gear -n '__gear_argument 1 worker' -l stderr -x -a 'both local warning' -d 'Where the command\'s standard error goes: here, its end to the submitter, both. Default: both.'
complete -c gear -n '__gear_argument 1 worker' -l on-failure -x -a 'fail exception requeue' -d 'What a failed job becomes; with requeue it may be offered again for ever. Default: fail.'
complete -c gear -n '__gear_argument 1 worker' -l retries -x -d 'Try a failed job again here, so often. Default: 0.'
complete -c gear -n '__gear_argument 1 worker' -l retry-delay -x -d 'Pause before that. Default: 1s.'
complete -c gear -n '__gear_argument 1 worker' -l retry-exit -x -d 'Try again only after this exit status (124: timed out, 128+N: signal N); repeatable.'
complete -c gear -n '__gear_argument 1 worker' -l persistent -d 'Keep the command running: for each job a line in and a line out.'
complete -c gear -n '__gear_argument 1 worker' -s 0 -l null -d 'With --persistent: NUL-terminated records.'
complete -c gear -n '__gear_argument 1 worker' -s I -l replace -x -d 'Put the workload where REPL stands in the arguments, instead of on standard input.'
complete -c gear -n '__gear_argument 1 worker' -l max-output -x -d 'A longer result is a failure. Default: 256M.'
complete -c gear -n '__gear_argument 1 worker' -l workdir -x -a 'tmp (__fish_complete_directories)' -d 'Folder of the command; tmp: a fresh one each time it is started.'
complete -c gear -n '__gear_argument 1 worker' -l env -x -a '(set -nx)' -d 'Set a variable, or keep it; repeatable.'
complete -c gear -n '__gear_argument 1 worker' -l clean-env -d 'No variables but PATH, --env\'s and the job\'s.'
complete -c gear -n '__gear_argument 1 worker' -l limit -x -d 'Limits for each process of a command: cpu=10s, memory=512M, file=1G, files=64, core=0; processes=100 counts all of the user\'s; repeatable.'
complete -c gear -n '__gear_argument 1 worker' -l backoff -x -d 'Longest pause between jobs while the command fails again and again; 0 for none. Default: 10s.'
complete -c gear -n '__gear_argument 1 worker' -s c -l count -x -d 'After so many jobs.'
complete -c gear -n '__gear_argument 1 worker' -l burst -d 'When no jobs are left.'
complete -c gear -n '__gear_argument 1 worker' -l max-idle -x -d 'When there was no job for so long.'
complete -c gear -n '__gear_argument 1 worker' -l max-lifetime -x -d 'After so long; running jobs are finished.'
complete -c gear -n '__gear_argument 1 worker' -l splay -x -d 'Up to so much later, at random. Default: 0.'
complete -c gear -n '__gear_argument 1 worker' -l grace -x -d 'How long TERM, INT and HUP wait for running jobs. Default: 25s.'
complete -c gear -n '__gear_argument 1 worker' -l name -x -d 'Client id that `workers` shows.'
complete -c gear -n '__gear_argument 1 worker' -l pidfile -r -F -d 'A file with the process id, for signals.'
complete -c gear -n '__gear_argument 1 worker' -l log-format -x -a 'text json' -d 'Messages in words, or a JSON object a line.'
complete -c gear -n '__gear_argument 1 worker' -l metrics -x -d 'Serve Prometheus metrics there, at /metrics, and /healthz.'
complete -c gear -n '__gear_argument 1 worker' -l insecure-listen -d 'Allow metrics at an address that other machines can reach.'
complete -c gear -n '__gear_argument 1 worker' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_argument 1 worker' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_argument 1 worker' -s v -l verbose -d 'Say more; repeatable.'
complete -c gear -n '__gear_argument 1 worker' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_argument 1 worker' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_argument 1 worker' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_argument 1 worker' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_argument 1 worker' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ worker' -a '(__gear_command worker)'

# gear report
complete -c gear -n '__gear_at report' -l data -d 'Standard input is a part of the result that is there already.'
complete -c gear -n '__gear_at report' -l warn -x -d 'Warn whoever submitted the job.'
complete -c gear -n '__gear_at report' -s h -l help -d 'Show this message and exit.'

# gear serve
complete -c gear -n '__gear_at serve' -s L -l listen -x -d 'Where to listen: host, host:port, [::1]:port, unix:/path; repeatable. Default: 127.0.0.1.'
complete -c gear -n '__gear_at serve' -s p -l port -x -d 'Port of addresses that name none; 0 picks a free one.'
complete -c gear -n '__gear_at serve' -l insecure-listen -d 'Allow addresses that other machines can reach.'
complete -c gear -n '__gear_at serve' -l tls -d 'Speak TLS on TCP; to name one of its files says so too. Unix sockets stay as they are.'
complete -c gear -n '__gear_at serve' -l ca -r -F -d 'Let in only clients with a certificate of these authorities.'
complete -c gear -n '__gear_at serve' -l cert -r -F -d 'The server\'s certificate, in PEM; HUP reads it again.'
complete -c gear -n '__gear_at serve' -l key -r -F -d 'The key of the certificate, if it is not in the same file.'
complete -c gear -n '__gear_at serve' -l role -x -d 'What who has a certificate of this name may do (user:NAME on a Unix socket): submit or work, for functions that match, or admin; repeatable. Without any: everything.'
complete -c gear -n '__gear_at serve' -l socket-mode -x -d 'Who may use Unix sockets, in octal.'
complete -c gear -n '__gear_at serve' -s b -l backlog -x -d 'Connections that may wait to be accepted.'
complete -c gear -n '__gear_at serve' -l keepalive -d 'Notice TCP peers that went away without a word.'
complete -c gear -n '__gear_at serve' -l no-keepalive -d 'Notice TCP peers that went away without a word.'
complete -c gear -n '__gear_at serve' -l keepalive-idle -x -d 'Seconds of silence before a peer is asked; -1: as the system does.'
complete -c gear -n '__gear_at serve' -l keepalive-interval -x -d 'Seconds between questions; -1: as the system does.'
complete -c gear -n '__gear_at serve' -l keepalive-count -x -d 'Questions without an answer; -1: as the system does.'
complete -c gear -n '__gear_at serve' -l store -r -F -a 'none' -d 'Keep background jobs in this SQLite file: once acknowledged they survive crashes and restarts.'
complete -c gear -n '__gear_at serve' -s j -l job-retries -x -d 'How often a job is offered again after its worker was lost, before it fails; -1: always.'
complete -c gear -n '__gear_at serve' -s w -l worker-wakeup -x -d 'Workers woken for a new job; 0: as few as will do.'
complete -c gear -n '__gear_at serve' -s R -l round-robin -d 'Changes nothing: functions always take turns.'
complete -c gear -n '__gear_at serve' -l exceptions -d 'Every client hears the words of exceptions, asked for or not.'
complete -c gear -n '__gear_at serve' -l job-handle-prefix -x -d 'What job handles begin with. Default: H:HOSTNAME.'
complete -c gear -n '__gear_at serve' -l lease -x -d 'A job whose worker is silent that long is offered again; 0: never.'
complete -c gear -n '__gear_at serve' -l keep-results -x -d 'How long `gear result` can show what became of background jobs; 0: not at all. The newest 64 MiB are kept.'
complete -c gear -n '__gear_at serve' -l max-packet -x -d 'The largest packet taken: a workload or a result with its names.'
complete -c gear -n '__gear_at serve' -l max-connections -x -d 'Connections at a time; more wait until one ends. Default: 4096, or as many as files may be open.'
complete -c gear -n '__gear_at serve' -l max-queue -x -d 'Jobs that a function may have, where `maxqueue` says nothing else; 0: any number.'
complete -c gear -n '__gear_at serve' -l max-memory -x -d 'What all queued jobs, packets in progress and unread answers may take; from three quarters of it on no new jobs are taken.'
complete -c gear -n '__gear_at serve' -l idle-timeout -x -d 'Who stops in the middle of a packet that long, or reads no answers, is closed; 0: never. Who only waits may wait for ever.'
complete -c gear -n '__gear_at serve' -l grace -x -d 'How long TERM and INT wait for running jobs.'
complete -c gear -n '__gear_at serve' -s d -l daemon -d 'Go into the background once connections are accepted.'
complete -c gear -n '__gear_at serve' -s P -l pid-file -r -F -a '(__gear_attached P)' -d 'Holds the process id, from when connections are accepted to the end.'
complete -c gear -n '__gear_at serve' -s u -l user -x -a '(__fish_complete_users)' -d 'Become this user once the addresses are bound.'
complete -c gear -n '__gear_at serve' -s t -l threads -x -d 'Changes nothing: one thread serves all.'
complete -c gear -n '__gear_at serve' -s f -l file-descriptors -x -d 'How many files and connections may be open. Default: what the system allows.'
complete -c gear -n '__gear_at serve' -l metrics -x -d 'Serve Prometheus metrics there, at /metrics, /healthz, and a page for people at /.'
complete -c gear -n '__gear_at serve' -s l -l log-file -r -F -a 'stderr none (__gear_attached l)' -d 'Where the log goes; HUP opens the file again. Default: stderr.'
complete -c gear -n '__gear_at serve' -l syslog -d 'Log to the system\'s log.'
complete -c gear -n '__gear_at serve' -s v -d 'Say more: -v connections, -vv jobs, -vvv every packet in words.'
complete -c gear -n '__gear_at serve' -l verbose -x -a 'FATAL ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG' -d 'The same by gearmand\'s names, FATAL to DEBUG.'
complete -c gear -n '__gear_at serve' -s q -l quiet -d 'Do not say how jobs are kept; where the log goes elsewhere, standard error stays empty.'
complete -c gear -n '__gear_at serve' -s h -l help -d 'Show this message and exit.'

# gear store
complete -c gear -n '__gear_at store --' -a import -d 'Copy the queue of gearmand\'s libsqlite3 into FILE, which is made if it is not there.'
complete -c gear -n '__gear_at store --' -a export -d 'Print the jobs as `gear submit --jsonl` takes them: an object a line.'
complete -c gear -n '__gear_at store --' -a check -d 'Say whether every job is there unchanged, and count: FUNCTION, jobs, of which due later, dead jobs.'
complete -c gear -n '__gear_at store --' -a compact -d 'Give back the room that FILE no longer needs.'
complete -c gear -n '__gear_at store --' -s h -l help -d 'Show this message and exit.'

# gear store import
complete -c gear -n '__gear_at store import' -l table -x -d 'As --libsqlite3-table.'
complete -c gear -n '__gear_at store import' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 store import' -F
complete -c gear -n '__gear_argument 2 store import' -F

# gear store export
complete -c gear -n '__gear_at store export' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 store export' -F

# gear store check
complete -c gear -n '__gear_at store check' -l salvage -r -F -d 'Put what can be read into this new file.'
complete -c gear -n '__gear_at store check' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 store check' -F

# gear store compact
complete -c gear -n '__gear_at store compact' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 store compact' -F

# gear status
complete -c gear -n '__gear_at status' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at status' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at status' -l format -x -a 'table plain json csv prometheus' -d 'Default: table on a terminal, plain elsewhere.'
complete -c gear -n '__gear_at status' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at status' -l watch -d 'Show it again and again.'
complete -c gear -n '__gear_at status' -s i -l interval -x -d 'How often --watch asks. Default: 2s.'
complete -c gear -n '__gear_at status' -l sort -x -a 'function queued running workers total oldest' -d 'Numbers go down, names go up.'
complete -c gear -n '__gear_at status' -l hide-empty -d 'Leave out functions without jobs.'
complete -c gear -n '__gear_at status' -l total -d 'Add the sum of all; in plain and csv it has no name.'
complete -c gear -n '__gear_at status' -l per-server -d 'A row for each server instead of sums.'
complete -c gear -n '__gear_at status' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at status' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at status' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at status' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at status' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at status' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ status' -a '(__gear_live functions plain | string split0)'

# gear top
complete -c gear -n '__gear_at top' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at top' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at top' -s i -l interval -x -d 'How often servers are asked. Default: 2s; -b without it prints once.'
complete -c gear -n '__gear_at top' -s b -l batch -d 'Print what gearman_top -b does, and go on with -i.'
complete -c gear -n '__gear_at top' -s n -l count -x -d 'How often -b prints.'
complete -c gear -n '__gear_at top' -l sort -x -a 'queued running workers in out eta oldest function' -d 'Numbers go down, names go up.'
complete -c gear -n '__gear_at top' -l hide-empty -d 'Leave out functions without jobs.'
complete -c gear -n '__gear_at top' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at top' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at top' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at top' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at top' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at top' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 top' -a '(__gear_live functions plain | string split0)'

# gear job
complete -c gear -n '__gear_at job' -l unique -x -d 'Ask by unique; repeatable.'
complete -c gear -n '__gear_at job' -l watch -d 'Show each change, until the server knows the jobs no longer.'
complete -c gear -n '__gear_at job' -s i -l interval -x -d 'How often --watch asks.'
complete -c gear -n '__gear_at job' -l peek -d 'Print the job\'s workload and nothing else (gear server).'
complete -c gear -n '__gear_at job' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at job' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at job' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at job' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at job' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at job' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at job' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at job' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at job' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ job' -a '(__gear_live handles plain | string split0)'

# gear wait
complete -c gear -n '__gear_at wait' -l timeout -x -d 'How long to wait; the jobs go on.'
complete -c gear -n '__gear_at wait' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at wait' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at wait' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at wait' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at wait' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at wait' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at wait' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at wait' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at wait' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ wait' -a '(__gear_live handles plain | string split0)'

# gear result
complete -c gear -n '__gear_at result' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at result' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at result' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at result' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at result' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at result' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at result' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at result' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at result' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 result' -a '(__gear_live handles plain | string split0)'

# gear jobs
complete -c gear -n '__gear_at jobs' -l dead -d 'Those that have lost their worker too often (gear server).'
complete -c gear -n '__gear_at jobs' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at jobs' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at jobs' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at jobs' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at jobs' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at jobs' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at jobs' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at jobs' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at jobs' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 jobs' -a '(__gear_live functions plain | string split0)'

# gear workers
complete -c gear -n '__gear_at workers' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at workers' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at workers' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at workers' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at workers' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at workers' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at workers' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at workers' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at workers' -s h -l help -d 'Show this message and exit.'

# gear clients
complete -c gear -n '__gear_at clients' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at clients' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at clients' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at clients' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at clients' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at clients' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at clients' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at clients' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at clients' -s h -l help -d 'Show this message and exit.'

# gear cancel
complete -c gear -n '__gear_at cancel' -s y -l yes -d 'Do not ask.'
complete -c gear -n '__gear_at cancel' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at cancel' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at cancel' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at cancel' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at cancel' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at cancel' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at cancel' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at cancel' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at cancel' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at cancel' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ cancel' -a '(__gear_live handles plain | string split0)'

# gear purge
complete -c gear -n '__gear_at purge' -l all -d 'All functions that have such jobs.'
complete -c gear -n '__gear_at purge' -l dead -d 'Their dead jobs instead; see `gear jobs --dead`.'
complete -c gear -n '__gear_at purge' -s y -l yes -d 'Do not ask.'
complete -c gear -n '__gear_at purge' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at purge' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at purge' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at purge' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at purge' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at purge' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at purge' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at purge' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at purge' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at purge' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ purge' -a '(__gear_live functions plain | string split0)'

# gear pause
complete -c gear -n '__gear_at pause' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at pause' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at pause' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at pause' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at pause' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at pause' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at pause' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at pause' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at pause' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at pause' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ pause' -a '(__gear_live functions plain | string split0)'

# gear resume
complete -c gear -n '__gear_at resume' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at resume' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at resume' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at resume' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at resume' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at resume' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at resume' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at resume' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at resume' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at resume' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ resume' -a '(__gear_live functions plain | string split0)'

# gear retry
complete -c gear -n '__gear_at retry' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at retry' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at retry' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at retry' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at retry' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at retry' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at retry' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at retry' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at retry' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at retry' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ retry' -a '(__gear_live handles plain | string split0)'

# gear admin
complete -c gear -n '__gear_at admin --' -a version -d 'Show the server\'s version.'
complete -c gear -n '__gear_at admin --' -a getpid -d 'Show the server\'s process id.'
complete -c gear -n '__gear_at admin --' -a verbose -d 'Show the level at which the server logs: FATAL ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG.'
complete -c gear -n '__gear_at admin --' -a maxqueue -d 'Limit the jobs that a function may have.'
complete -c gear -n '__gear_at admin --' -a create -d 'Let the server know a function before anybody uses it.'
complete -c gear -n '__gear_at admin --' -a drop -d 'Let the server forget a function.'
complete -c gear -n '__gear_at admin --' -a cancel -d 'Cancel a job; `gear cancel` takes several, and finds the server that knows each.'
complete -c gear -n '__gear_at admin --' -a show -d 'Show all jobs, or the unique of each.'
complete -c gear -n '__gear_at admin --' -a status -d 'Show functions: jobs, running jobs, workers. `gear status` shows more.'
complete -c gear -n '__gear_at admin --' -a prioritystatus -d 'Show functions: jobs without a worker of high, normal and low priority, workers.'
complete -c gear -n '__gear_at admin --' -a workers -d 'Show connections: descriptor, host, client id, functions. `gear workers` shows more.'
complete -c gear -n '__gear_at admin --' -a shutdown -d 'Stop the server (gear server): as TERM does, or once no job is left.'
complete -c gear -n '__gear_at admin --' -a raw -d 'Send any command line, and show what is answered.'
complete -c gear -n '__gear_at admin --' -s h -l help -d 'Show this message and exit.'

# gear admin version
complete -c gear -n '__gear_at admin version' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin version' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin version' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin version' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin version' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin version' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin version' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin version' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin version' -s h -l help -d 'Show this message and exit.'

# gear admin getpid
complete -c gear -n '__gear_at admin getpid' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin getpid' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin getpid' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin getpid' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin getpid' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin getpid' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin getpid' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin getpid' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin getpid' -s h -l help -d 'Show this message and exit.'

# gear admin verbose
complete -c gear -n '__gear_at admin verbose' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin verbose' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin verbose' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin verbose' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin verbose' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin verbose' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin verbose' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin verbose' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin verbose' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 admin verbose' -a 'FATAL ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG'

# gear admin maxqueue
complete -c gear -n '__gear_at admin maxqueue' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin maxqueue' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin maxqueue' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin maxqueue' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin maxqueue' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin maxqueue' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin maxqueue' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin maxqueue' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin maxqueue' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 admin maxqueue' -a '(__gear_live functions plain | string split0)'

# gear admin create
complete -c gear -n '__gear_at admin create' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin create' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin create' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin create' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin create' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin create' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin create' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin create' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin create' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 admin create' -a '(__gear_live functions plain | string split0)'

# gear admin drop
complete -c gear -n '__gear_at admin drop' -s y -l yes -d 'Do not ask.'
complete -c gear -n '__gear_at admin drop' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin drop' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin drop' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin drop' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin drop' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin drop' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin drop' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin drop' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin drop' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 admin drop' -a '(__gear_live functions plain | string split0)'

# gear admin cancel
complete -c gear -n '__gear_at admin cancel' -s y -l yes -d 'Do not ask.'
complete -c gear -n '__gear_at admin cancel' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin cancel' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin cancel' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin cancel' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin cancel' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin cancel' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin cancel' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin cancel' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin cancel' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 admin cancel' -a '(__gear_live handles plain | string split0)'

# gear admin show
complete -c gear -n '__gear_at admin show' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin show' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin show' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin show' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin show' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin show' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin show' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin show' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin show' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ admin show' -a 'jobs unique'

# gear admin status
complete -c gear -n '__gear_at admin status' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin status' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin status' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin status' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin status' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin status' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin status' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin status' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin status' -s h -l help -d 'Show this message and exit.'

# gear admin prioritystatus
complete -c gear -n '__gear_at admin prioritystatus' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin prioritystatus' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin prioritystatus' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin prioritystatus' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin prioritystatus' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin prioritystatus' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin prioritystatus' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin prioritystatus' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin prioritystatus' -s h -l help -d 'Show this message and exit.'

# gear admin workers
complete -c gear -n '__gear_at admin workers' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin workers' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin workers' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin workers' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin workers' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin workers' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin workers' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin workers' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin workers' -s h -l help -d 'Show this message and exit.'

# gear admin shutdown
complete -c gear -n '__gear_at admin shutdown' -l graceful -d 'Wait until no job is left.'
complete -c gear -n '__gear_at admin shutdown' -s y -l yes -d 'Do not ask.'
complete -c gear -n '__gear_at admin shutdown' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin shutdown' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin shutdown' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin shutdown' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin shutdown' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin shutdown' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin shutdown' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin shutdown' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin shutdown' -s h -l help -d 'Show this message and exit.'

# gear admin raw
complete -c gear -n '__gear_at admin raw' -s y -l yes -d 'Do not ask.'
complete -c gear -n '__gear_at admin raw' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at admin raw' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at admin raw' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at admin raw' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at admin raw' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at admin raw' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at admin raw' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at admin raw' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at admin raw' -s h -l help -d 'Show this message and exit.'

# gear ping
complete -c gear -n '__gear_at ping' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at ping' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at ping' -s c -l count -x -d 'Round trips.'
complete -c gear -n '__gear_at ping' -s i -l interval -x -d 'Pause between them.'
complete -c gear -n '__gear_at ping' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at ping' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at ping' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at ping' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at ping' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at ping' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at ping' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at ping' -s h -l help -d 'Show this message and exit.'

# gear check
complete -c gear -n '__gear_at check' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at check' -s H -x -a '(__gear_live servers | string split0)' -d 'A server, as check_gearman has it; beside it -s is --send.'
complete -c gear -n '__gear_at check' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at check' -s q -l queue -x -a '(__gear_live functions | string split0)' -d 'Only this one; repeatable. Default: all.'
complete -c gear -n '__gear_at check' -s t -l timeout -x -d 'For all; then critical.'
complete -c gear -n '__gear_at check' -s w -x -d 'Waiting jobs: warning. 0: never.'
complete -c gear -n '__gear_at check' -s c -x -d 'Waiting jobs: critical. 0: never.'
complete -c gear -n '__gear_at check' -s W -x -d 'Workers: warning. 0: never.'
complete -c gear -n '__gear_at check' -s C -x -d 'Workers: critical. 0: never.'
complete -c gear -n '__gear_at check' -s x -d 'No worker is critical.'
complete -c gear -n '__gear_at check' -l min-workers -x -d 'Fewer are critical.'
complete -c gear -n '__gear_at check' -l max-age -x -d 'A job that waits longer is critical (gear servers).'
complete -c gear -n '__gear_at check' -l dead -x -d 'Dead jobs: warning, and critical. 0: never (gear servers).'
complete -c gear -n '__gear_at check' -l send -x -d 'Send a job to the function of -q instead.'
complete -c gear -n '__gear_at check' -s e -l expect -x -d 'Critical unless its result holds this.'
complete -c gear -n '__gear_at check' -s u -l unique -x -d 'Its unique.'
complete -c gear -n '__gear_at check' -s a -l async -d 'Do not wait for its result.'
complete -c gear -n '__gear_at check' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at check' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at check' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at check' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at check' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at check' -s h -l help -d 'Show this message and exit.'

# gear metrics
complete -c gear -n '__gear_at metrics' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at metrics' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at metrics' -l listen -x -d 'Serve them at /metrics, and /healthz: host, :port, host:port. Default port: 9418.'
complete -c gear -n '__gear_at metrics' -l insecure-listen -d 'Allow an address that other machines can reach.'
complete -c gear -n '__gear_at metrics' -s o -l output -r -F -a '(__gear_attached o)' -d 'Write them into a file, whole at any time; -: print them.'
complete -c gear -n '__gear_at metrics' -s i -l interval -x -d 'Write the file again and again.'
complete -c gear -n '__gear_at metrics' -l legacy-names -d 'Also the names of gearman-exporter\'s first versions.'
complete -c gear -n '__gear_at metrics' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at metrics' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at metrics' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at metrics' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at metrics' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at metrics' -s h -l help -d 'Show this message and exit.'

# gear doctor
complete -c gear -n '__gear_at doctor' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at doctor' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at doctor' -s i -l interval -x -d 'Time between two looks; in a longer one growth shows better.'
complete -c gear -n '__gear_at doctor' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at doctor' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at doctor' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at doctor' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at doctor' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at doctor' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at doctor' -s h -l help -d 'Show this message and exit.'

# gear bench
complete -c gear -n '__gear_at bench' -s s -l server -x -a '(__gear_live servers | string split0)' -d 'Server: host, host:port, [::1]:port or unix:/path; repeatable, commas allowed. Default: $GEARMAN_SERVERS, $GEARMAN_SERVER, the config file, localhost:4730.'
complete -c gear -n '__gear_at bench' -l context -x -a '(__gear_live contexts | string split0)' -d 'Use [context.NAME] of the config file, before $GEARMAN_SERVERS. Default: $GEAR_CONTEXT.'
complete -c gear -n '__gear_at bench' -s n -l jobs -x -d 'Jobs of a workload; latency: a tenth.'
complete -c gear -n '__gear_at bench' -s c -l connections -x -d 'Clients.'
complete -c gear -n '__gear_at bench' -s w -l workers -x -d 'Workers.'
complete -c gear -n '__gear_at bench' -l window -x -d 'Jobs in flight for each client.'
complete -c gear -n '__gear_at bench' -l size -x -d 'Bytes of each job\'s workload.'
complete -c gear -n '__gear_at bench' -s f -l function -x -d 'Function of the jobs; nobody else may use it. Default: a random name.'
complete -c gear -n '__gear_at bench' -l timeout -x -d 'How long each workload may take.'
complete -c gear -n '__gear_at bench' -l json -d 'Print JSON.'
complete -c gear -n '__gear_at bench' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at bench' -l connect-timeout -x -d 'How long connecting may take. Default: 5s.'
complete -c gear -n '__gear_at bench' -l tls -d 'Speak TLS; to name one of its files says so too.'
complete -c gear -n '__gear_at bench' -l ca -r -F -d 'Authorities that vouch for the server. Default: $GEARMAND_CA_CERTIFICATE.'
complete -c gear -n '__gear_at bench' -l cert -r -F -d 'Our certificate. Default: $GEARMAN_CLIENT_PEM.'
complete -c gear -n '__gear_at bench' -l key -r -F -d 'Its key, if that is not in the same file. Default: $GEARMAN_CLIENT_KEY.'
complete -c gear -n '__gear_at bench' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1+ bench' -a 'submit drain cycle latency'

# gear certs
complete -c gear -n '__gear_at certs' -l host -x -d 'A name or address by which the server is reached; repeatable. Default: localhost, 127.0.0.1, ::1.'
complete -c gear -n '__gear_at certs' -l client -x -d 'A client\'s certificate, as NAME.pem; repeatable. Default: client.'
complete -c gear -n '__gear_at certs' -l days -x -d 'How long they are valid.'
complete -c gear -n '__gear_at certs' -s q -l quiet -d 'Say nothing but errors.'
complete -c gear -n '__gear_at certs' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 certs' -a '(__fish_complete_directories)'

# gear completion
complete -c gear -n '__gear_at completion' -l install -d 'Put it where the shell looks, and say where that is.'
complete -c gear -n '__gear_at completion' -s h -l help -d 'Show this message and exit.'
complete -c gear -n '__gear_argument 1 completion' -a 'bash zsh fish'
