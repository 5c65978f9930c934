# Completion of gear in bash 4.2 and newer, with or without the package bash-completion.
# Made by `python -m completions` from the command line itself: change that, or completions/templates.

# -- what gear understands -----------------------------------------------------------------

# Sets commands, options and ending: whether options of our own end at the first argument.
_gear_command() {
    commands='' options='' ending=''
    case $1 in
    'gear')
        commands='submit run worker report serve store status top job wait result jobs workers clients cancel purge pause resume retry admin ping check metrics doctor bench certs completion'
        options='-V --version --man -h --help'
        ;;
    'gear submit')
        options='-s --server -b --background -u --unique -p --priority --in --at -f --file -n --lines -0 --null --delimiter --jsonl -j --jobs -k --keep-order --raw --tag --timeout --retries --halt --joblog --resume --resume-failed --results --require-worker --dry-run --progress --json --context --connect-timeout -q --quiet -v --verbose --tls --ca --cert --key -h --help'
        ;;
    'gear run')
        options='-j --jobs -0 --null --delimiter --whole --file --chop --keep-order --no-keep-order --raw -s --server -f --function --tag --retries --halt --joblog --resume --resume-failed --results --progress --json --timeout --kill-after --persistent -I --replace --max-output --workdir --env --clean-env --limit --context --connect-timeout -q --quiet -v --verbose --tls --ca --cert --key -h --help'
        ending=1
        ;;
    'gear worker')
        options='-f --function --config --check -s --server --context -j --jobs --stream --timeout --kill-after --stderr --on-failure --retries --retry-delay --retry-exit --persistent -0 --null -I --replace --max-output --workdir --env --clean-env --limit --backoff -c --count --burst --max-idle --max-lifetime --splay --grace --name --pidfile --log-format --metrics --insecure-listen --connect-timeout -q --quiet -v --verbose --tls --ca --cert --key -h --help'
        ending=1
        ;;
    'gear report')
        options='--data --warn -h --help'
        ;;
    'gear serve')
        options='-L --listen -p --port --insecure-listen --tls --ca --cert --key --role --socket-mode -b --backlog --keepalive --no-keepalive --keepalive-idle --keepalive-interval --keepalive-count --store -j --job-retries -w --worker-wakeup -R --round-robin --exceptions --job-handle-prefix --lease --keep-results --max-packet --max-connections --max-queue --max-memory --idle-timeout --grace -d --daemon -P --pid-file -u --user -t --threads -f --file-descriptors --metrics -l --log-file --syslog -v --verbose -q --quiet -h --help'
        ;;
    'gear store')
        commands='import export check compact'
        options='-h --help'
        ;;
    'gear store import')
        options='--table -h --help'
        ;;
    'gear store export')
        options='-h --help'
        ;;
    'gear store check')
        options='--salvage -h --help'
        ;;
    'gear store compact')
        options='-h --help'
        ;;
    'gear status')
        options='-s --server --context --format --json --watch -i --interval --sort --hide-empty --total --per-server --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear top')
        options='-s --server --context -i --interval -b --batch -n --count --sort --hide-empty --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear job')
        options='--unique --watch -i --interval --peek -s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear wait')
        options='--timeout -s --server --context --connect-timeout -q --quiet --tls --ca --cert --key -h --help'
        ;;
    'gear result')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear jobs')
        options='--dead -s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear workers')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear clients')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear cancel')
        options='-y --yes -s --server --context --json --connect-timeout -q --quiet --tls --ca --cert --key -h --help'
        ;;
    'gear purge')
        options='--all --dead -y --yes -s --server --context --json --connect-timeout -q --quiet --tls --ca --cert --key -h --help'
        ;;
    'gear pause')
        options='-s --server --context --json --connect-timeout -q --quiet --tls --ca --cert --key -h --help'
        ;;
    'gear resume')
        options='-s --server --context --json --connect-timeout -q --quiet --tls --ca --cert --key -h --help'
        ;;
    'gear retry')
        options='-s --server --context --json --connect-timeout -q --quiet --tls --ca --cert --key -h --help'
        ;;
    'gear admin')
        commands='version getpid verbose maxqueue create drop cancel show status prioritystatus workers shutdown raw'
        options='-h --help'
        ;;
    'gear admin version')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin getpid')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin verbose')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin maxqueue')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin create')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin drop')
        options='-y --yes -s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin cancel')
        options='-y --yes -s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin show')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin status')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin prioritystatus')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin workers')
        options='-s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin shutdown')
        options='--graceful -y --yes -s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear admin raw')
        options='-y --yes -s --server --context --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear ping')
        options='-s --server --context -c --count -i --interval --json -q --quiet --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear check')
        options='-s --server -H --context -q --queue -t --timeout -w -c -W -C -x --min-workers --max-age --dead --send -e --expect -u --unique -a --async --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear metrics')
        options='-s --server --context --listen --insecure-listen -o --output -i --interval --legacy-names --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear doctor')
        options='-s --server --context -i --interval --json --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear bench')
        options='-s --server --context -n --jobs -c --connections -w --workers --window --size -f --function --timeout --json -q --quiet --connect-timeout --tls --ca --cert --key -h --help'
        ;;
    'gear certs')
        options='--host --client --days -q --quiet -h --help'
        ;;
    'gear completion')
        options='--install -h --help'
        ;;
    esac
}

# Sets kind and choices of an option's value; kind is empty if it takes none.
_gear_option() {
    kind='' choices=''
    case $1 in
    'gear submit')
        case $2 in
        -s | --server) kind=server ;;
        -u | --unique | --at | --delimiter) kind=text ;;
        -p | --priority) kind=choice choices='high normal low' ;;
        --in | --timeout | --connect-timeout) kind=duration ;;
        -f | --file | --joblog | --ca | --cert | --key) kind=file ;;
        -j | --jobs | --retries) kind=number ;;
        --halt) kind=text choices='now,fail=1 soon,fail=1' ;;
        --results) kind=folder ;;
        --progress) kind=choice choices='auto bar plain json none' ;;
        --context) kind=context ;;
        esac
        ;;
    'gear run')
        case $2 in
        -j | --jobs | --retries) kind=number ;;
        --delimiter | -I | --replace | --limit) kind=text ;;
        --file | --joblog | --ca | --cert | --key) kind=file ;;
        -s | --server) kind=server ;;
        -f | --function) kind=function ;;
        --halt) kind=text choices='now,fail=1 soon,fail=1' ;;
        --results) kind=folder ;;
        --progress) kind=choice choices='auto bar plain json none' ;;
        --timeout | --kill-after | --connect-timeout) kind=duration ;;
        --max-output) kind=size ;;
        --workdir) kind=folder choices='tmp' ;;
        --env) kind=variable ;;
        --context) kind=context ;;
        esac
        ;;
    'gear worker')
        case $2 in
        -f | --function) kind=function ;;
        --config | --pidfile | --ca | --cert | --key) kind=file ;;
        -s | --server) kind=server ;;
        --context) kind=context ;;
        -j | --jobs | --retries | --retry-exit | -c | --count) kind=number ;;
        --timeout | --kill-after | --retry-delay | --backoff | --max-idle | --max-lifetime | --splay | --grace | --connect-timeout) kind=duration ;;
        --stderr) kind=choice choices='both local warning' ;;
        --on-failure) kind=choice choices='fail exception requeue' ;;
        -I | --replace | --limit | --name) kind=text ;;
        --max-output) kind=size ;;
        --workdir) kind=folder choices='tmp' ;;
        --env) kind=variable ;;
        --log-format) kind=choice choices='text json' ;;
        --metrics) kind=address ;;
        esac
        ;;
    'gear report')
        case $2 in
        --warn) kind=text ;;
        esac
        ;;
    'gear serve')
        case $2 in
        -L | --listen | --metrics) kind=address ;;
        -p | --port | -b | --backlog | --keepalive-idle | --keepalive-interval | --keepalive-count | -j | --job-retries | -w | --worker-wakeup | --max-connections | --max-queue | -t | --threads | -f | --file-descriptors) kind=number ;;
        --ca | --cert | --key | -P | --pid-file) kind=file ;;
        --role | --socket-mode | --job-handle-prefix) kind=text ;;
        --store) kind=file choices='none' ;;
        --lease | --keep-results | --idle-timeout | --grace) kind=duration ;;
        --max-packet | --max-memory) kind=size ;;
        -u | --user) kind=user ;;
        -l | --log-file) kind=file choices='stderr none' ;;
        --verbose) kind=choice choices='FATAL ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG' ;;
        esac
        ;;
    'gear store import')
        case $2 in
        --table) kind=text ;;
        esac
        ;;
    'gear store check')
        case $2 in
        --salvage) kind=file ;;
        esac
        ;;
    'gear status')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --format) kind=choice choices='table plain json csv prometheus' ;;
        -i | --interval | --connect-timeout) kind=duration ;;
        --sort) kind=choice choices='function queued running workers total oldest' ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear top')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        -i | --interval | --connect-timeout) kind=duration ;;
        -n | --count) kind=number ;;
        --sort) kind=choice choices='queued running workers in out eta oldest function' ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear job')
        case $2 in
        --unique) kind=text ;;
        -i | --interval | --connect-timeout) kind=duration ;;
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear wait')
        case $2 in
        --timeout | --connect-timeout) kind=duration ;;
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear result')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear jobs')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear workers')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear clients')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear cancel')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear purge')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear pause')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear resume')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear retry')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin version')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin getpid')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin verbose')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin maxqueue')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin create')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin drop')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin cancel')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin show')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin status')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin prioritystatus')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin workers')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin shutdown')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear admin raw')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear ping')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        -c | --count) kind=number ;;
        -i | --interval | --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear check')
        case $2 in
        -s | --server | -H) kind=server ;;
        --context) kind=context ;;
        -q | --queue) kind=function ;;
        -t | --timeout | --max-age | --connect-timeout) kind=duration ;;
        -w | -c | -W | -C | --min-workers | --dead) kind=number ;;
        --send | -e | --expect | -u | --unique) kind=text ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear metrics')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        --listen) kind=address ;;
        -o | --output | --ca | --cert | --key) kind=file ;;
        -i | --interval | --connect-timeout) kind=duration ;;
        esac
        ;;
    'gear doctor')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        -i | --interval | --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear bench')
        case $2 in
        -s | --server) kind=server ;;
        --context) kind=context ;;
        -n | --jobs | -c | --connections | -w | --workers | --window) kind=number ;;
        --size) kind=size ;;
        -f | --function) kind=text ;;
        --timeout | --connect-timeout) kind=duration ;;
        --ca | --cert | --key) kind=file ;;
        esac
        ;;
    'gear certs')
        case $2 in
        --host | --client) kind=text ;;
        --days) kind=number ;;
        esac
        ;;
    esac
}

# Sets kind and choices of an argument, of which the first is 1.
_gear_argument() {
    kind='' choices=''
    case $1 in
    'gear submit')
        case $2 in
        1) kind=function ;;
        *) kind=text ;;
        esac
        ;;
    'gear run')
        case $2 in
        *) kind=command ;;
        esac
        ;;
    'gear worker')
        case $2 in
        *) kind=command ;;
        esac
        ;;
    'gear report')
        case $2 in
        *) kind=text ;;
        esac
        ;;
    'gear store import')
        case $2 in
        1) kind=file ;;
        2) kind=file ;;
        esac
        ;;
    'gear store export')
        case $2 in
        1) kind=file ;;
        esac
        ;;
    'gear store check')
        case $2 in
        1) kind=file ;;
        esac
        ;;
    'gear store compact')
        case $2 in
        1) kind=file ;;
        esac
        ;;
    'gear status')
        case $2 in
        *) kind=function ;;
        esac
        ;;
    'gear top')
        case $2 in
        1) kind=function ;;
        esac
        ;;
    'gear job')
        case $2 in
        *) kind=handle ;;
        esac
        ;;
    'gear wait')
        case $2 in
        *) kind=handle ;;
        esac
        ;;
    'gear result')
        case $2 in
        1) kind=handle ;;
        esac
        ;;
    'gear jobs')
        case $2 in
        1) kind=function ;;
        esac
        ;;
    'gear cancel')
        case $2 in
        *) kind=handle ;;
        esac
        ;;
    'gear purge')
        case $2 in
        *) kind=function ;;
        esac
        ;;
    'gear pause')
        case $2 in
        *) kind=function ;;
        esac
        ;;
    'gear resume')
        case $2 in
        *) kind=function ;;
        esac
        ;;
    'gear retry')
        case $2 in
        *) kind=handle ;;
        esac
        ;;
    'gear admin verbose')
        case $2 in
        1) kind=choice choices='FATAL ALERT CRITICAL ERROR WARNING NOTICE INFO DEBUG' ;;
        esac
        ;;
    'gear admin maxqueue')
        case $2 in
        1) kind=function ;;
        *) kind=text ;;
        esac
        ;;
    'gear admin create')
        case $2 in
        1) kind=function ;;
        esac
        ;;
    'gear admin drop')
        case $2 in
        1) kind=function ;;
        esac
        ;;
    'gear admin cancel')
        case $2 in
        1) kind=handle ;;
        esac
        ;;
    'gear admin show')
        case $2 in
        *) kind=choice choices='jobs unique' ;;
        esac
        ;;
    'gear admin raw')
        case $2 in
        *) kind=text ;;
        esac
        ;;
    'gear bench')
        case $2 in
        *) kind=choice choices='submit drain cycle latency' ;;
        esac
        ;;
    'gear certs')
        case $2 in
        1) kind=folder ;;
        esac
        ;;
    'gear completion')
        case $2 in
        1) kind=choice choices='bash zsh fish' ;;
        esac
        ;;
    esac
}

# -- the words of the line -------------------------------------------------------------------

# Words as the shell will understand them.  Bash also cuts at ':' and '=', where completion must
# not: pieces without a space between them are one word.  Sets words, raw, starts (the index in
# COMP_WORDS where each word begins), and kept: what of the last word stands before the piece that
# is to be completed, and stays as it is.
_gear_read_words() {
    local line=${COMP_LINE:0:COMP_POINT} piece rest i last before=''
    line=${line#*"${COMP_WORDS[0]}"}
    raw=("${COMP_WORDS[0]}") starts=(0) words=()
    for ((i = 1; i <= COMP_CWORD; i++)); do
        piece=${COMP_WORDS[i]}
        rest=${line#"${line%%[![:space:]]*}"}
        ((i < COMP_CWORD)) || piece=$rest
        last=$((${#raw[@]} - 1))
        if [[ $rest == "$line" && $piece != [\<\>]* && ${raw[last]} != [\<\>]* ]] && ((last)); then
            before=${raw[last]}
            raw[last]+=$piece
            [[ $piece != [:=]* ]] || before=${raw[last]}
        else
            before=''
            raw+=("$piece") starts+=("$i")
        fi
        line=${rest#"$piece"}
    done
    for piece in "${raw[@]}"; do
        _gear_unquote "$piece"
        words+=("$plain")
    done
    _gear_unquote "$before"
    kept=$plain
}

# Sets plain to what a word means, quote to the quote that it leaves open, and outside to what
# stands before that.  Nothing is expanded.
_gear_unquote() {
    local text=$1 char i
    plain='' quote='' outside=''
    for ((i = 0; i < ${#text}; i++)); do
        char=${text:i:1}
        case $quote$char in
        '\' | "\$'\\" | '"\')
            ((++i))
            if [[ $quote == "\$'" && ${text:i:1} != [\'\"] ]]; then
                _gear_escape "${text:i}"
            elif [[ $quote == '"' && ${text:i:1} != [\\\"\$\`] ]]; then
                plain+=\\${text:i:1}
            else
                plain+=${text:i:1}
            fi
            ;;
        "'" | '"') quote=$char outside=$plain ;;
        '$')
            if [[ ${text:i+1:1} == "'" ]]; then
                quote="\$'" outside=$plain
                ((++i))
            else
                plain+=$char
            fi
            ;;
        "''" | '""' | "\$''") quote='' ;;
        *) plain+=$char ;;
        esac
    done
}

# Adds to plain what an escape of $'…' stands for, and moves i to its last character.
_gear_escape() {
    local digits=$1 value
    if [[ $1 =~ ^([0-7]{1,3}|x[[:xdigit:]]{1,2}|u[[:xdigit:]]{1,4}|U[[:xdigit:]]{1,8}|[a-zA-Z\\]) ]]; then
        digits=${BASH_REMATCH[1]}
        printf -v value '%b' "\\$digits."
        plain+=${value%.}
        i=$((i + ${#digits} - 1))
    else
        plain+=${1:0:1}
    fi
}

# -- what may be written ----------------------------------------------------------------------

# Offer those of the values that begin like the word, quoted as the word is.
_gear_offer() {
    local value common='' quoted begun left=()
    for value; do
        value=$prefix$value
        [[ $value == "$current"* ]] || continue
        ((${#left[@]})) || common=$value
        left+=("$value")
        while [[ $value != "$common"* ]]; do common=${common%?}; done
    done
    if ((${#left[@]} == 1)) || [[ $common && $common != "$current" ]]; then
        # One step: as far as all agree, whatever their quoting looks like.
        _gear_quote "${common#"$kept"}"
        COMPREPLY=("$quoted")
        if ((${#left[@]} == 1)); then
            # Bash takes such a character at the end for the end of the quote.
            [[ ! $open || $quoted != *"${open: -1}" ]] || COMPREPLY=("$quoted${open: -1}")
            return
        fi
        compopt -o nospace
        [[ $open ]] || return 0
        # Bash would close the quote after the only one.
        begun=$quoted
        for value in "${left[@]}"; do
            _gear_escape_all "${value#"$common"}"
            [[ $value == "$common" ]] || COMPREPLY+=("$begun$quoted")
        done
        return
    fi
    ((${#left[@]})) || return 0
    for value in "${left[@]}"; do
        _gear_escape_all "${value#"$kept"}"
        COMPREPLY+=("$quoted")
    done
    COMPREPLY+=(' ') # so that no common beginning of the quoted values replaces what was typed
}

# Sets quoted to a value as it is written where the quote `open` has begun.
_gear_quote() {
    local single="'\\''"
    quoted=$1
    case $open in
    "'") quoted=${quoted//\'/$single} ;;
    "\$'")
        quoted=${quoted//\\/\\\\}
        quoted=${quoted//\'/\\\'}
        ;;
    '"')
        quoted=${quoted//\\/\\\\}
        quoted=${quoted//\"/\\\"}
        quoted=${quoted//\$/\\\$}
        quoted=${quoted//\`/\\\`}
        ;;
    *) [[ ! $1 ]] || _gear_escape_all "$1" ;;
    esac
}

# Sets quoted to a value as it is written without an open quote; commas need no escape without braces.
_gear_escape_all() {
    printf -v quoted '%q' "$1"
    [[ $quoted == \$* ]] || quoted=${quoted//\\,/,}
}

# Starts what answers for gear, without the quarter of its time that Python's module site takes.
_gear_start='import posix
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

# Sets helper to the words that start what answers for gear: that, with the Python of a script gear, which
# its first line names; gear itself if it is anything else.
_gear_helper() {
    local line='' file=$1 python='^#!(/[^[:space:]]*/python[0-9.]*)$'
    helper=("$1" __complete)
    ! declare -F -- "$1" >/dev/null || return 0
    if [[ $file != */* ]]; then
        # A name alone is nothing of the current folder, and what bash remembers for it stays.
        [[ -f ${BASH_CMDS[$file]-} ]] || hash -- "$file" || return 0
        file=${BASH_CMDS[$file]-}
    fi
    [[ -f $file && -x $file ]] || return 0
    IFS= read -r line <"$file" || : # where it fails, `set -e` would end the shell
    [[ ! $line =~ $python ]] || helper=("${BASH_REMATCH[1]}" -I -S -c "$_gear_start" "$file")
} 2>/dev/null

# Adds to values what gear knows: functions, handles, servers, contexts.
_gear_live() {
    local gear=${words[0]} name help helper
    [[ $gear != @(\~|\$HOME)/* ]] || gear=${HOME-}/${gear#*/}
    _gear_helper "$gear"
    # Byte by byte: in UTF-8 bash takes the NUL for a part of the letter that a byte before it begins.
    # It warns each time when it gets back to a locale that is not installed.
    while IFS= LC_ALL=C read -r -d '' name && IFS= LC_ALL=C read -r -d '' help; do
        [[ $name == -* && $2 == argument && ! $dashes ]] || values+=("$name")
    done < <("${helper[@]}" "$1" "${words[@]:1:${#words[@]}-2}" 2>/dev/null </dev/null) 2>/dev/null
}

# Files or folders are bash's own affair, unless something that bash takes for a part of the name
# stands before them in the same word.
_gear_files() { # ACTION OPTION: as compgen and compopt call them
    local name
    if [[ $kept == "$prefix" ]]; then
        compopt -o "$2"
        return
    fi
    while IFS= read -r name; do
        [[ ! -d $name ]] || name+=/
        values+=("$name")
    done < <(compgen -A "$1" -- "${current#"$prefix"}")
    ((${#values[@]} != 1)) || [[ ${values[0]} != */ ]] || compopt -o nospace
}

_gear_value() { # KIND CHOICES: of an option or (with a third word) an argument
    local choices=() values=() prefix=$prefix before
    IFS=' ' read -ra choices <<<"$2"
    case $1 in
    server)
        before=${current#"$prefix"}
        [[ $before != *,* ]] || prefix+=${before%,*},
        _gear_live servers "${3-}"
        ;;
    function | handle | context) _gear_live "$1s" "${3-}" ;;
    file) _gear_files file default ;;
    folder) _gear_files directory dirnames ;;
    user) mapfile -t values < <(compgen -u) ;;
    variable) mapfile -t values < <(compgen -e) ;;
    esac
    # Before bash 4.4 an empty array counts as unset.
    _gear_offer ${values[@]+"${values[@]}"} ${choices[@]+"${choices[@]}"}
}

# The command of a worker, as if it stood alone.
_gear_of_command() { # INDEX: of its first word in words
    local start=${starts[$1]}
    if declare -F _comp_command_offset >/dev/null; then
        _comp_command_offset "$start"
    elif declare -F _command_offset >/dev/null; then
        _command_offset "$start"
    elif (($1 == ${#words[@]} - 1)); then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -c -- "$current")
    else
        _gear_as_registered "${words[$1]}" "$start"
    fi
}

# What `complete` was told of a command, in a bash without its package; files if that is nothing.
_gear_as_registered() { # COMMAND INDEX: of its word in COMP_WORDS
    local spec line=$COMP_LINE i parts
    if ! spec=$({ complete -p -- "$1" || complete -p -- "${1##*/}"; } 2>/dev/null); then
        compopt -o default
        return
    fi
    for ((i = 0; i < $2; i++)); do line=${line#*"${COMP_WORDS[i]}"}; done
    line=${line#"${line%%[![:space:]]*}"}
    COMP_POINT=$((COMP_POINT - ${#COMP_LINE} + ${#line}))
    COMP_LINE=$line
    COMP_WORDS=("${COMP_WORDS[@]:$2}")
    COMP_CWORD=$((COMP_CWORD - $2))
    spec=${spec#complete }
    spec=${spec% *}
    if [[ " $spec " =~ ' -F '([^ ]+)' ' ]] && declare -F -- "${BASH_REMATCH[1]}" >/dev/null; then
        "${BASH_REMATCH[1]}" "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" || :
    else
        # Bash takes these for names of files, and compgen does not say so.
        [[ ! " $spec " =~ ' -'([df]|A' '(file|directory)|o' '[a-z]*(default|dir)[a-z]*)' ' ]] || compopt -o filenames
        mapfile -t COMPREPLY < <(eval "compgen $spec -- \"\${COMP_WORDS[COMP_CWORD]}\"" 2>/dev/null)
    fi
    read -ra parts <<<"$spec"
    for ((i = 1; i < ${#parts[@]}; i++)); do
        [[ ${parts[i - 1]} != -o ]] || compopt -o "${parts[i]}" 2>/dev/null || :
    done
}

_gear() {
    local words raw starts kept plain quote outside command=gear kind='' choices='' i word
    local current open prefix='' dashes='' count=0 waiting='' attached='' commands options ending first=''
    local IFS=$' \t\n' # the user's own may be anything
    COMPREPLY=()
    _gear_read_words
    current=${words[-1]}
    _gear_unquote "${raw[-1]}"
    open=$quote
    [[ ! $open ]] || kept=$outside
    if [[ ${raw[-2]} == [\<\>]* ]]; then
        compopt -o default
        return
    fi
    _gear_command "$command"
    for ((i = 1; i < ${#words[@]} - 1; i++)); do
        word=${words[i]}
        if [[ $waiting ]]; then
            waiting=''
        elif [[ $dashes || $word == - || $word != -* ]]; then
            if [[ $commands ]]; then
                command+=" $word"
                _gear_command "$command"
                [[ $commands || $options ]] || return 0
            else
                ((count++)) || first=$i
                [[ ! $ending ]] || break
            fi
        elif [[ $word == -- ]]; then
            dashes=1
        elif [[ $word == --*=* ]]; then
            :
        elif [[ $word == --* ]]; then
            _gear_option "$command" "$word"
            [[ ! $kind ]] || waiting=$word
        else
            _gear_cluster "$word"
            [[ $attached != "$word" ]] || waiting=-${word: -1}
        fi
    done
    _gear_here
}

# Sets attached to the beginning of a word such as -bp or -bphigh as far as its first option with a
# value, whose kind and choices are set too; empty if there is none.
_gear_cluster() {
    local at
    attached=''
    for ((at = 1; at < ${#1}; at++)); do
        _gear_option "$command" "-${1:at:1}"
        if [[ $kind ]]; then
            attached=${1:0:at+1}
            return
        fi
    done
}

# Complete the last word, now that it is known where it stands.
_gear_here() {
    if [[ $waiting ]]; then
        _gear_option "$command" "$waiting"
        _gear_value "$kind" "$choices"
    elif [[ $dashes || ($ending && $count -gt 0) || $current != -* ]]; then
        _gear_bare
    elif [[ $current == --*=* ]]; then
        _gear_option "$command" "${current%%=*}"
        prefix=${current%%=*}=
        [[ ! $kind ]] || _gear_value "$kind" "$choices"
    elif [[ $current == --* ]]; then
        _gear_offer $options
    else
        _gear_cluster "$current"
        if [[ $attached && $attached != "$current" ]]; then
            prefix=$attached
            _gear_value "$kind" "$choices"
        else
            _gear_offer $options
        fi
    fi
}

# Complete a word that is no option: a command or an argument.
_gear_bare() {
    if [[ $commands ]]; then
        _gear_offer $commands
    else
        _gear_argument "$command" "$((count + 1))"
        if [[ $kind == command ]]; then
            _gear_of_command "${first:-$((${#words[@]} - 1))}"
        else
            _gear_value "$kind" "$choices" argument
        fi
    fi
}

complete -F _gear gear
