# Completion of gear in bash 4.2 and newer, with or without the package bash-completion.
# Made by `python -m completions` from the command line itself: change that, or completions/templates.

# -- what gear understands -----------------------------------------------------------------

@OUTLINE@

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
_gear_start='@START@'

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
